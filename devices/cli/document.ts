/** A JSON document that is brought to a unit: read with its lines, so that what is refused is found in the file. */
import { readFileSync } from "node:fs";
import { type Node, findNodeAtLocation, parseTree, printParseErrorCode, type ParseError } from "jsonc-parser";
import { z } from "zod";
import { Refusal } from "../../contracts/refusal.ts";
import { type Where, withApi } from "./api.ts";
import { progress, refusalLine, usage } from "./outcome.ts";

/** 5,000 entries are checked in a second or two; on a loaded machine, in ten. */
const IMPORT_MS = 60_000;

const Faults = z.object({ faults: z.array(Refusal).min(1), more: z.number() });

/** What the unit says of a document that it took, or with `dryRun` would take. Bad usage where it does not: each fault with its line, the first one last. */
export async function bring<T>(file: string, path: string, taken: z.ZodType<T>, where: Where & { readonly dryRun: boolean }): Promise<T> {
  const { value, lineOf } = readDocument(file);
  const told = (fault: Refusal): string => `${file}${lineOf(fault.field)}: ${refusalLine(fault)}`;
  return withApi(where, async (api) => {
    const tried = z.union([Faults, taken]).parse(await api.ask("POST", `${path}?dry=1`, value, IMPORT_MS));
    const refused = Faults.safeParse(tried);
    if (!refused.success) return where.dryRun ? taken.parse(tried) : taken.parse(await api.ask("POST", path, value, IMPORT_MS));
    const [first, ...others] = refused.data.faults;
    for (const fault of others) progress(told(fault));
    if (refused.data.more > 0) progress(`${file}: and ${refused.data.more} more`);
    throw usage(first === undefined ? `${file}: not taken` : told(first));
  });
}

/** `lineOf`: `:7` for a field by its path, `entries.3.title`; of one that is missing, where it should be; nothing where none is named. */
export function readDocument(file: string): { readonly value: object; lineOf(field: string | undefined): string } {
  const text = textOf(file);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: true });
  const [broken] = errors;
  if (broken !== undefined) throw usage(`${file}:${lineAt(text, broken.offset)}: not JSON here: ${words(printParseErrorCode(broken.error))}`);
  const value: unknown = JSON.parse(text);
  if (tree === undefined || typeof value !== "object" || value === null || Array.isArray(value)) throw usage(`${file}: a JSON object with "format"`);
  return { value, lineOf: (field) => (field === undefined ? "" : `:${lineAt(text, nearest(tree, field.split(".")).offset)}`) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw usage(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The field itself, or the innermost one around it that is there. */
function nearest(tree: Node, path: readonly string[]): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(
      tree,
      path.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    );
    if (node !== undefined) return node;
  }
  return tree;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** `CommaExpected`: comma expected. */
function words(code: string): string {
  return code.replaceAll(/(?<!^)([A-Z])/g, " $1").toLowerCase();
}
