/** `contract check`: two schemas, or a stream of pairs, by the very checker that the registry asks. */
import { createReadStream, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { z } from "zod";
import type { Json } from "../../contracts/delta/json.ts";
import { checkChange } from "../../hub/registry/change.ts";
import type { Change } from "../../hub/registry/compatibility/change.ts";
import { Mode } from "../../hub/registry/compatibility/mode.ts";
import { EXIT_FAILED, print, usage } from "./outcome.ts";

export type ContractCheck = { readonly mode: string; readonly batch?: string };

/** Whatever JSON.parse gave; the checker bounds it itself, without recursion. */
const AnyJson = z.custom<Json>((value) => value !== undefined, "is missing");

/** One pair of a batch. `old` may be a list of versions, oldest first, for the transitive modes. */
const Pair = z.object({ id: z.union([z.string(), z.number()]).optional(), mode: Mode.optional(), old: AnyJson, new: AnyJson });
type Answer = { readonly id: string | number | null; readonly compatible: boolean; readonly changes: readonly Change[] };

export async function checkContracts(oldFile: string | undefined, newFile: string | undefined, options: ContractCheck): Promise<void> {
  const mode = Mode.safeParse(options.mode);
  if (!mode.success) throw usage(`--mode: no mode ${options.mode}; use one of ${Mode.options.join(", ")}`);
  if (options.batch !== undefined) {
    if (oldFile !== undefined) throw usage("give either --batch or two files, not both");
    return await checkAll(options.batch, mode.data);
  }
  if (oldFile === undefined || newFile === undefined) throw usage("two files are needed, the old schema and the new one, or --batch with a file or -");
  const [old, next] = [schemaIn(oldFile), schemaIn(newFile)];
  const verdict = checkChange(mode.data, [old], next);
  print(JSON.stringify({ id: newFile, ...verdict } satisfies Answer));
  if (!verdict.compatible) process.exitCode = EXIT_FAILED;
}

async function checkAll(file: string, mode: Mode): Promise<void> {
  if (file !== "-" && !(await stat(file).catch(() => null))?.isFile()) throw usage(`--batch: no file ${file}`);
  const lines = createInterface({ input: file === "-" ? process.stdin : createReadStream(file), crlfDelay: Infinity });
  for await (const answer of answers(lines, mode)) if (!process.stdout.write(`${JSON.stringify(answer)}\n`)) await once(process.stdout, "drain");
}

/** One answer a line, in the order of the lines; what is no pair is answered too, so that none is lost. Empty lines are passed over. */
export async function* answers(lines: AsyncIterable<string>, mode: Mode, check: typeof checkChange = checkChange): AsyncGenerator<Answer> {
  let at = 0;
  for await (const line of lines) {
    at++;
    if (line.trim() !== "") yield answer(line, at, mode, check);
  }
}

function answer(line: string, at: number, mode: Mode, check: typeof checkChange): Answer {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return malformed(null, at, error instanceof Error ? error.message : String(error));
  }
  const id = z.object({ id: z.union([z.string(), z.number()]) }).safeParse(value);
  const named = id.success ? id.data.id : null;
  const pair = Pair.safeParse(value, { reportInput: false });
  if (!pair.success) {
    const issue = pair.error.issues[0];
    return malformed(named, at, `${issue?.path.map(String).join(".") || "the line"}: ${issue?.message ?? "not a pair"}`);
  }
  const { old, new: next } = pair.data;
  try {
    return { id: named, ...check(pair.data.mode ?? mode, Array.isArray(old) ? old : [old], next) };
  } catch (error) {
    // A mistake in the checker costs this answer its certainty, and no other answer anything.
    const why = error instanceof Error ? error.message : String(error);
    const message = `Line ${at} could not be decided, which is a mistake in the checker: ${why}.`;
    return { id: named, compatible: false, changes: [{ code: "undecidable", path: "", message, breaking: true }] };
  }
}

function malformed(id: string | number | null, at: number, why: string): Answer {
  return { id, compatible: false, changes: [{ code: "malformed", path: "", message: `Line ${at} is no { id, mode, old, new }: ${why}.`, breaking: true }] };
}

/** A JSON Schema, or a contract that carries one. */
function schemaIn(file: string): Json {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw usage(`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    const value = JSON.parse(text) as Json;
    const contract = z.object({ subject: z.string(), schema: AnyJson }).safeParse(value);
    return contract.success ? contract.data.schema : value;
  } catch (error) {
    throw usage(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
