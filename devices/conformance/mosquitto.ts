/**
 * mosquitto's own broker tests (`test/broker` of its source, EPL and EDL, so not in this repository), as far as they need no configuration file:
 * each starts a broker on a port, which here is a stand-in that passes everything on to the broker that is tried, as if that knew nothing yet.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { usage } from "../cli/outcome.ts";
import { freePort } from "./peer.ts";
import { answerOf } from "./python.ts";
import type { Outcome, Trial } from "./suite.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const TEST_MS = 45_000;
/** What they ask of their broker beside a port: then they need its configuration, its log or its signals. One is written for Python 2. */
const OWN_BROKER = /\bQueue\b|use_conf\s*=\s*True|write_config|cmd\s*=\s*\[|start_client|mosquitto_passwd|conf_file/;
const NAME = /^(?:0[1-7]|1[1-3])-.*\.py$/;

/** `dir`: mosquitto's source. Its tests are copied to `work`, where a stand-in is put in the broker's place. */
export function mosquittoTrials(dir: string, work: string): readonly Trial[] {
  const source = join(dir, "test");
  if (!existsSync(join(source, "broker", "mosq_test_helper.py"))) throw usage(`--mosquitto ${dir}: no test/broker in it; give mosquitto's source folder`);
  cpSync(source, join(work, "test"), { recursive: true });
  mkdirSync(join(work, "src"), { recursive: true });
  const standIn = join(work, "src", "mosquitto");
  cpSync(join(HERE, "stand-in.py"), standIn);
  chmodSync(standIn, 0o755);
  const folder = join(work, "test", "broker");
  const files = readdirSync(folder).filter(
    (file) => NAME.test(file) && !file.endsWith("-helper.py") && !OWN_BROKER.test(readFileSync(join(folder, file), "utf8")),
  );
  return files.toSorted().map((file) => ({ suite: "mosquitto", test: file.replace(/\.py$/, ""), run: (port) => run(folder, file, port) }));
}

async function run(folder: string, file: string, port: number): Promise<Outcome> {
  const { code, complaint, out } = await answerOf([join(HERE, "mosquitto-run.py"), file, String(await freePort())], {
    cwd: folder,
    withinMs: TEST_MS,
    env: { BROKER_PORT: String(port) },
  });
  const passed = code === 0;
  return { suite: "mosquitto", test: file.replace(/\.py$/, ""), passed, reason: passed ? "" : reasonOf(out, complaint) };
}

/** What it complained of first, in at most three lines. */
function reasonOf(out: string, complaint: string): string {
  const lines = out.split("\n");
  const at = lines.findIndex((one) => one.startsWith("FAIL"));
  const told = at === -1 ? [] : lines.slice(at, at + 3);
  return (told.length > 0 ? told.join(" | ") : (complaint.split("\n").at(-1) ?? "")).slice(0, 300) || "it failed and does not say why";
}
