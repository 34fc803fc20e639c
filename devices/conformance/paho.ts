/**
 * Eclipse Paho's interoperability suites (github.com/eclipse/paho.mqtt.testing, folder `interoperability`; EPL and EDL, so not in this repository):
 * `client_test.py` for 3.1.1, ten tests, and `client_test5.py` for 5.0, twenty-seven. They need Python 3 and nothing else.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { usage } from "../cli/outcome.ts";
import { answerOf } from "./python.ts";
import type { Trial } from "./suite.ts";

const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), "paho-run.py");
const SUITES = [
  { suite: "paho 3.1.1", file: "client_test" },
  { suite: "paho 5.0", file: "client_test5" },
] as const;
/** The longest of them sleeps for 35 s, after 8 s of tidying up. */
const TEST_SECONDS = 75;
/** To begin Python, on a busy machine. */
const SPARE_MS = 15_000;

const Ended = z.object({ passed: z.boolean(), reason: z.string() });

/** The suites' tests, in their order. `dir`: the folder with `client_test5.py`, or one above it. */
export async function pahoTrials(dir: string): Promise<readonly Trial[]> {
  const folder = [dir, join(dir, "interoperability")].find((one) => existsSync(join(one, "client_test5.py")));
  if (folder === undefined) throw usage(`--paho ${dir}: no client_test5.py in it; give the folder interoperability of Eclipse Paho's paho.mqtt.testing`);
  const trials: Trial[] = [];
  for (const { suite, file } of SUITES) {
    if (!existsSync(join(folder, `${file}.py`))) continue;
    const listed = await answerOf([PROGRAM, file], { cwd: folder, withinMs: SPARE_MS });
    if (listed.line === null) throw usage(`--paho ${dir}: ${file}.py does not load: ${listed.complaint}`);
    for (const test of z.array(z.string()).parse(JSON.parse(listed.line))) trials.push({ suite, test, run: (port) => run(folder, suite, file, test, port) });
  }
  return trials;
}

async function run(folder: string, suite: string, file: string, test: string, port: number): ReturnType<Trial["run"]> {
  const argv = [PROGRAM, file, String(port), String(TEST_SECONDS), test];
  const { line, complaint } = await answerOf(argv, { cwd: folder, withinMs: TEST_SECONDS * 1_000 + SPARE_MS });
  return { suite, test, ...(line === null ? { passed: false, reason: complaint } : Ended.parse(JSON.parse(line))) };
}
