/**
 * Runs seeds of the sync simulator over shipped files with a bug in one of them. A mutant has a module graph of its own: every file of ours
 * that is imported from a file with `?mutant=` gets the same mark, and the one that the mutant names is patched as it is loaded.
 */
import { registerHooks } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Mutant, patch } from "../../hub/sim/mutant.ts";
import { MUTANTS } from "../../hub/sim/mutants.ts";
import { runSeed } from "../../hub/sim/run.ts";
import { ROOT } from "../server/paths.ts";

const MARK = "mutant";
const HOME = pathToFileURL(join(ROOT, sep)).href;

const patched = new Set<string>();

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const name = context.parentURL === undefined ? null : markOf(context.parentURL);
    if (name === null || !found.url.startsWith(HOME) || found.url.includes("/node_modules/")) return found;
    const url = new URL(found.url);
    url.searchParams.set(MARK, name);
    return { ...found, url: url.href };
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const name = markOf(url);
    const mutant = name === null ? undefined : MUTANTS.find((one) => one.name === name);
    if (mutant === undefined || relative(ROOT, fileURLToPath(url)).replaceAll(sep, "/") !== mutant.file) return loaded;
    const { source } = loaded;
    patched.add(mutant.name);
    return { ...loaded, source: patch(typeof source === "string" ? source : new TextDecoder().decode(source), mutant) };
  },
});

/** `seed` null: it survived. `rule`: the promise that was found broken first. */
export type Killed = { readonly mutant: string; readonly seed: number | null; readonly rule: string; readonly violation: string; readonly tried: number };

/** Its own seed first, then those of the range; only a promise that is broken counts, and only in a seed without violations when nothing is planted. */
export async function kill(mutant: Mutant, [from, to]: readonly [number, number]): Promise<Killed> {
  const run = await plant(mutant);
  const { name } = mutant;
  let tried = 0;
  for (let seed = from - 1; seed <= to; seed++) {
    const one = seed < from ? mutant.seed : seed;
    if (seed >= from && one === mutant.seed) continue;
    tried += 1;
    const [violation = ""] = run(one).violations;
    const [, rule] = /^(D\d+): /.exec(violation) ?? [];
    if (rule === undefined || runSeed(one).violations.length > 0) continue;
    return { mutant: name, seed: one, rule, violation, tried };
  }
  return { mutant: name, seed: null, rule: "", violation: "", tried };
}

/** The simulator with a bug in it. Throws when the bug was not planted, or when what was planted does not even load. */
async function plant({ name, file }: Mutant): Promise<typeof runSeed> {
  const url = pathToFileURL(join(ROOT, "hub", "sim", "run.ts"));
  url.searchParams.set(MARK, name);
  const run = (await import(url.href)) as { readonly runSeed: typeof runSeed };
  if (!patched.has(name)) throw new Error(`mutant ${name}: the simulator does not run ${file}`);
  return run.runSeed;
}

function markOf(url: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get(MARK) : null;
}
