/**
 * Tables as CSV: cut into rows with the line on which each begins, and written so that a spreadsheet shows every cell as the text it is.
 * RFC 4180 with what is met in the wild: `;` or tab for `,`, a byte-order mark, Excel's `sep=` line, any line end.
 */
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { CutOptions } from "./cut.d.ts";
import { CsvError, parse } from "./cut.js";

/** One import. 5,000 machines with ten columns are less than one MB. */
export const CSV_BYTES_MAX = 4 * 1024 * 1024;
/** Rows of one import: matched against 20,000 entities they take some seconds, and stay within the memory of an object. */
export const ROWS_MAX = 5_000;
/** Columns of a table; exports of asset systems have a hundred. */
export const COLUMNS_MAX = 200;
/** Characters of one cell, the longest text of a contract with room to be told that it is too long. */
export const CELL_CHARS_MAX = 4_000;
/** Characters of one row: more is a quote that was never closed. */
const ROW_CHARS_MAX = 64 * 1024;
/** A header lies within this; so much is looked at to find the delimiter. */
const HEADER_CHARS_MAX = 64 * 1024;

const [LF, CR] = [10, 13];
const DELIMITERS = [",", ";", "\t"] as const;

/** What a spreadsheet takes for a formula (OWASP, CSV injection), full-width forms too; an apostrophe before it makes it a text. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/;
const ESCAPED = /^'+[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** `cells` by column, as many as the row has. `line`: where the row begins, the header on line 1; in a list the place, from 1. */
export type Row<Cell = unknown> = { readonly line: number; readonly cells: readonly Cell[] };
export type Table<Cell = unknown> = { readonly columns: readonly string[]; readonly rows: readonly Row<Cell>[] };

/** UTF-8, or what `encoding` names (`gb18030`, `windows-1252`). Refuses `too-large` and `malformed`. */
export function readText(bytes: Uint8Array, encoding = "utf-8"): string | Refusal {
  if (bytes.byteLength > CSV_BYTES_MAX) return refuse("too-large", `a file has at most ${CSV_BYTES_MAX} bytes`, "split it into several", "file");
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return refuse("malformed", `the file is not ${encoding}`, "save it as CSV UTF-8, or name its encoding, such as gb18030", "encoding");
  }
}

/** `wanted`: columns that the mapping names, by which the delimiter is known. Refuses `malformed` with the line, `too-large` and `too-many`. */
export function readCsv(text: string, wanted: readonly string[]): Table<string> | Refusal {
  const { body, delimiter, line } = readHead(text, wanted);
  const bytes = new TextEncoder().encode(body);
  if (bytes.byteLength > CSV_BYTES_MAX) return refuse("too-large", `a file has at most ${CSV_BYTES_MAX} bytes`, "split it into several", "file");
  const [rows, fault] = cutRows(bytes, delimiter, line);
  if (fault !== null) return fault;
  const [header, ...rest] = rows;
  if (header === undefined) return refuse("malformed", "a file has a header", "put the names of the columns on the first line", "file");
  if (rest.length > ROWS_MAX) return refuse("too-many", `a file has at most ${ROWS_MAX} rows`, "split it into several", "file");
  if (header.cells.length > COLUMNS_MAX) return refuse("too-many", `a file has at most ${COLUMNS_MAX} columns`, "leave out those that are not mapped", "file");
  const columns = header.cells.map((name) => name.trim());
  const twice = columns.find((name, i) => name !== "" && columns.indexOf(name) < i);
  if (twice !== undefined) return refuse("malformed", `two columns are called ${twice}`, "name each column otherwise", twice);
  return { columns, rows: rest };
}

/** Cells escaped, quoted where need be, lines ended by CRLF, a byte-order mark in front: without it Excel takes UTF-8 for something else. */
export function writeCsv(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\uFEFF${[columns, ...rows].map((cells) => `${cells.map(writeCell).join(",")}\r\n`).join("")}`;
}

function writeCell(text: string): string {
  const safe = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",;\t\r\n]|^\s|\s$/.test(safe) || safe === "" ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The other direction: one apostrophe before what looks like a formula was put there by whoever wrote the file. */
function unescape(cell: string): string {
  return ESCAPED.test(cell) ? cell.slice(1) : cell;
}

/** Byte-order mark and `sep=` line taken off; the delimiter is the one by which the header names most of what is wanted, then the one that cuts most. */
function readHead(text: string, wanted: readonly string[]): { readonly body: string; readonly delimiter: string; readonly line: number } {
  const plain = text.startsWith("\uFEFF") ? text.slice(1) : text;
  const told = /^sep=([,;\t])(?:\r\n|\r|\n)/.exec(plain);
  if (told !== null) return { body: plain.slice(told[0].length), delimiter: told[1] ?? ",", line: 2 };
  const head = new TextEncoder().encode(plain.slice(0, HEADER_CHARS_MAX));
  const tries = DELIMITERS.map((delimiter) => {
    const names = (cutRows(head, delimiter, 1, 1)[0][0]?.cells ?? []).map((name) => name.trim());
    return { delimiter, found: wanted.filter((name) => names.includes(name)).length, cut: names.length };
  });
  const best = tries.reduce((a, b) => (b.found > a.found || (b.found === a.found && b.cut > a.cut) ? b : a));
  return { body: plain, delimiter: best.delimiter, line: 1 };
}

/** Rows up to the first fault; `to` ends after so many. */
function cutRows(bytes: Uint8Array, delimiter: string, firstLine: number, to = ROWS_MAX + 2): readonly [readonly Row<string>[], Refusal | null] {
  const rows: Row<string>[] = [];
  let [at, line] = [0, firstLine];
  const goTo = (end: number): void => {
    for (; at < end; at++) if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) line++;
  };
  // Behind empty lines, and behind the second half of a line end.
  const beginOfRow = (): number => {
    let begin = at;
    while (bytes[begin] === LF || bytes[begin] === CR) begin++;
    return begin;
  };
  const options: CutOptions = {
    delimiter,
    // Files that several programs have written to have several.
    record_delimiter: ["\r\n", "\n", "\r"],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: ROW_CHARS_MAX,
    // One row more than is allowed, so that too many are seen as such.
    to,
    on_record: (cells, { bytes: end }) => {
      goTo(beginOfRow());
      rows.push({ line, cells: cells.map(unescape) });
      goTo(end);
      return null;
    },
  };
  try {
    parse(bytes, options);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const [rule, mend] = COMPLAINTS[error.code] ?? ["CSV as in RFC 4180", error.message.slice(0, 120)];
    goTo(beginOfRow());
    return [rows, refuse("malformed", rule, `in the row that begins on line ${line}: ${mend}`, `line ${line}`)];
  }
  return [rows, null];
}

const COMPLAINTS: Readonly<Record<string, readonly [rule: string, mend: string]>> = {
  CSV_QUOTE_NOT_CLOSED: ["a quoted cell ends with its quote", "close the quote that was opened"],
  CSV_INVALID_CLOSING_QUOTE: ["after a closing quote comes the next cell", "double the quotes inside a quoted cell"],
  INVALID_OPENING_QUOTE: ["a quote begins a cell", "quote the whole cell"],
  CSV_MAX_RECORD_SIZE: [`a row has at most ${ROW_CHARS_MAX} characters`, "a quote that was opened is missing its end"],
};
