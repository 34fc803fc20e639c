/**
 * Asks the runtime for what the kit says of each model (probe.py) and prints the largest difference; exit 1 beyond 1e-5.
 *
 *   npx node edge/verdict/train/check.bench.ts [MODELS [PROBES]]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRefusal } from "../../../contracts/refusal.ts";
import { openModelFile } from "../../../devices/replay/onnx-node.ts";
import { differenceOf, Probes, PROBE_DIFFERENCE_MAX } from "../fixtures/probe.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const [models = here("../models"), probes = here("../fixtures/probes.json")] = process.argv.slice(2);

const told = Probes.parse(JSON.parse(await readFile(probes, "utf8")));
for (const name of Object.keys(told.models)) {
  const scorer = await openModelFile(join(models, `${name}.onnx`));
  const difference = isRefusal(scorer) ? Number.POSITIVE_INFINITY : await differenceOf(scorer, told, name);
  process.stdout.write(`${name} ${isRefusal(scorer) ? `${scorer.rule}: ${scorer.mend}` : difference.toExponential(1)}\n`);
  if (!(difference <= PROBE_DIFFERENCE_MAX)) process.exitCode = 1;
}
