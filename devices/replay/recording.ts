/** Recordings as CSV files (RFC 4180, quoted fields too) with a header, `;` or `,`: first a time, then the channels in the order of the profile. Columns of labels are not even looked at. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";

/** Never read, wherever they stand. */
const LABELS: ReadonlySet<string> = new Set(["anomaly", "changepoint"]);
/** Rows of one recording: a week at 1 Hz. */
export const ROWS_MAX = 604_800;
/** A time and a hundred channels with room; more is a quote that was never closed. */
const RECORD_CHARS_MAX = 16_384;
/** Of a cell that is complained of. */
const SHOWN_CHARS = 40;
const NO_VALUE = /^(?:|-|null|none|n\/?a|[+-]?nan|[+-]?inf(?:inity)?)$/i;

/** `series` is the path below the folder, with `/`. Values are what the file says, or null. */
export type Recording = { readonly series: string; readonly rows: readonly RecordedRow[] };
export type RecordedRow = { readonly at: number; readonly values: readonly (number | null)[] };

/** Paths of all recordings below `folder`, sorted. */
export async function listRecordings(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".csv"))
    .map((name) => join(folder, name))
    .sort();
}

/** Refuses `malformed` with the line at fault, and `too-large`. `channels`: how many columns after the time are measurements. */
export async function readRecording(folder: string, path: string, channels: number): Promise<Recording | Refusal> {
  return parseRecording(relative(folder, path).split(sep).join("/"), await readFile(path, "utf8"), channels);
}

export function parseRecording(series: string, text: string, channels: number): Recording | Refusal {
  const lines = cut(series, text);
  if (isRefusal(lines)) return lines;
  const [header, ...body] = lines;
  if (header === undefined) return refuse("malformed", "a recording has a header", "add one: time, then the channels", series);
  if (body.length > ROWS_MAX) return refuse("too-large", `at most ${ROWS_MAX} rows in a recording`, "split it", series);
  const columns = header.record.map((name) => name.toLowerCase());
  const measured = columns.flatMap((name, i) => (i === 0 || LABELS.has(name) ? [] : [i]));
  if (measured.length < channels) return refuse("malformed", `a time and ${channels} channels`, `it has ${measured.length} columns of values`, series);
  const rows: RecordedRow[] = [];
  for (const { record, line } of body) {
    const at = instantOf(record[0] ?? "");
    if (at === null) return refuse("malformed", "the first column is a time", `line ${line} says ${shown(record[0])}`, series);
    const values = measured.slice(0, channels).map((column) => numberOf(record[column] ?? ""));
    const wrong = values.indexOf(undefined);
    if (wrong >= 0) {
      const column = measured[wrong] ?? 0;
      return refuse(
        "malformed",
        "a value is a number with a decimal point, or left out",
        `line ${line}, ${columns[column] ?? ""}: ${shown(record[column])}`,
        series,
      );
    }
    rows.push({ at, values: values.map((value) => value ?? null) });
  }
  return { series, rows };
}

type Line = { readonly record: readonly string[]; readonly line: number };

/** Rows with the line on which each ends; every row as wide as the header. */
function cut(series: string, text: string): readonly Line[] | Refusal {
  const lines: Line[] = [];
  try {
    parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      trim: true,
      skip_empty_lines: true,
      max_record_size: RECORD_CHARS_MAX,
      // One more than is allowed, so that too many are seen as such.
      to: ROWS_MAX + 2,
      on_record: (record: readonly string[], { lines: line }) => {
        lines.push({ record, line });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const [rule, mend] = COMPLAINTS[error.code] ?? ["CSV as in RFC 4180", error.message.slice(0, 120)];
    return refuse("malformed", rule, `line ${String(error["lines"])}: ${mend}`, series);
  }
  return lines;
}

const COMPLAINTS: Readonly<Record<string, readonly [rule: string, mend: string]>> = {
  CSV_RECORD_INCONSISTENT_FIELDS_LENGTH: ["every row has as many columns as the header", "complete the row or take it out"],
  CSV_QUOTE_NOT_CLOSED: ["a quoted field ends with its quote", "close the quote that was opened before the end of the file"],
  CSV_INVALID_CLOSING_QUOTE: ["after a closing quote comes the next field", "double the quotes inside a quoted field"],
  INVALID_OPENING_QUOTE: ["a quote begins a field", "quote the whole field"],
  CSV_MAX_RECORD_SIZE: [`a row has at most ${RECORD_CHARS_MAX} characters`, "a quote that was opened is missing its end"],
};

/** What stands outside of quotes in the header decides. */
function delimiterOf(text: string): ";" | "," {
  const header = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  return header.replaceAll(/"[^"]*"/g, "").includes(";") ? ";" : ",";
}

function shown(cell: string | undefined): string {
  return (cell ?? "").slice(0, SHOWN_CHARS);
}

/** `2020-03-09 10:14:33` (taken as UTC), RFC 3339, seconds or milliseconds since the epoch. */
function instantOf(cell: string): number | null {
  const text = cell;
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * (Number(text) < 1e11 ? 1_000 : 1));
  const zoned = /[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned.replace(" ", "T"));
  return Number.isNaN(at) ? null : at;
}

/** Null for what loggers write when there is no value; undefined for what is no number. */
function numberOf(text: string): number | null | undefined {
  if (NO_VALUE.test(text)) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
