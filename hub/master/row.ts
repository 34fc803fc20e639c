/** One row as attributes of an entity, or why not. */
import type { z } from "zod";
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import { FAMILIES } from "../../contracts/entity.ts";
import { CELL_CHARS_MAX, type Row } from "./csv.ts";
import type { Field, Plan } from "./mapping.ts";
import type { Attributes, MasterFamily } from "./profile.ts";
import { readValue } from "./value.ts";

/** One thing that is wrong with one row; a row may have several. */
export type Reject = { readonly line: number; readonly column: string; readonly value: string; readonly rule: string; readonly mend: string };

/** What a row says of an attribute (or part): a value, or that there is none. What it does not say is not here. */
export type Said = ReadonlyMap<Field, Json | undefined>;

/** Characters of a cell that is complained of. */
const SHOWN_CHARS = 80;

/** Cells read by type. A cell that is not there (in a list: a member that is not there) says nothing. */
export function readRow(
  { line, cells }: Row,
  columns: readonly string[],
  { mapping, fields }: Plan,
): { readonly said: Said; readonly rejects: readonly Reject[] } {
  const said = new Map<Field, Json | undefined>();
  const rejects: Reject[] = [];
  if (cells.length !== columns.length) {
    const rule = `a row has ${columns.length} cells, as the header`;
    return { said, rejects: [{ line, column: "", value: `${cells.length} cells`, rule, mend: "complete the row, or quote the cell that holds a delimiter" }] };
  }
  for (const field of fields) {
    const { from, path, schema, none, words } = field;
    if ("constant" in from) {
      said.set(field, from.constant);
      continue;
    }
    const cell = cells[from.at] as Json | undefined;
    if (cell === undefined) continue;
    if (typeof cell === "string" && cell.length > CELL_CHARS_MAX) {
      rejects.push({ line, column: from.column, value: shown(cell), rule: `at most ${CELL_CHARS_MAX} characters`, mend: "shorten the text" });
      continue;
    }
    const read = readValue(cell, path, schema, { decimal: mapping.decimal, zone: mapping.zone, words, none });
    if ("rule" in read) rejects.push({ line, column: from.column, value: shown(cell), ...read });
    else said.set(field, "value" in read ? read.value : undefined);
  }
  return { said, rejects };
}

/** What stands, with what the row says laid over it. Parts of an attribute that the row does not say stay as they are. */
export function layOver(before: Attributes | undefined, id: string, said: Said): Attributes {
  const after: Record<string, Json> = { ...before, id };
  for (const [{ parts }, value] of said) {
    const [attr = "", ...inner] = parts;
    if (attr === "id") continue;
    const whole = setAt(Object.hasOwn(after, attr) ? after[attr] : undefined, inner, value);
    if (whole === undefined) delete after[attr];
    else after[attr] = whole;
  }
  return after;
}

/** Judged by the contract, without attributes that only others know. `columns` are named where one is at fault. */
export function judgeRow(family: MasterFamily, line: number, after: Attributes, fields: readonly Field[]): readonly Reject[] {
  const schema: z.ZodObject = FAMILIES[family];
  const known = Object.fromEntries(Object.entries(after).filter(([attr]) => Object.hasOwn(schema.shape, attr)));
  const parsed = schema.safeParse(known);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join(".");
    const field = fields.find((one) => path === one.path || path.startsWith(`${one.path}.`)) ?? fields.find((one) => one.path.startsWith(`${path}.`));
    const value = issue.path.reduce<unknown>((at, part) => (typeof at === "object" && at !== null ? Reflect.get(at, part) : undefined), known);
    const column = field === undefined ? path : "column" in field.from ? field.from.column : path;
    const [rule, mend] =
      value === undefined && issue.code === "invalid_type"
        ? [`${path} is needed`, field === undefined ? `map a column or a constant to ${path}` : "fill the cell"]
        : [issue.message, `give ${path} a value that its contract allows`];
    return { line, column, value: shown(value), rule, mend };
  });
}

export function shown(value: unknown): string {
  const text = typeof value === "string" ? value : value === undefined ? "" : (JSON.stringify(value) ?? "");
  return text.slice(0, SHOWN_CHARS);
}

/** An object that loses its last part is gone. */
function setAt(whole: Json | undefined, path: readonly string[], value: Json | undefined): Json | undefined {
  const [part, ...inner] = path;
  if (part === undefined) return value;
  const { [part]: was, ...rest } = typeof whole === "object" && whole !== null && !Array.isArray(whole) ? whole : {};
  const is = setAt(was, inner, value);
  if (is !== undefined) return sameJson(was, is) ? whole : { ...rest, [part]: is };
  return Object.keys(rest).length === 0 ? undefined : rest;
}
