/** Recordings as CSV files with a header, `;` or `,`: first a time, then the channels in the order of the profile. Columns of labels are not even looked at. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** Never read, wherever they stand. */
const LABELS: ReadonlySet<string> = new Set(["anomaly", "changepoint"]);
/** Rows of one recording: a week at 1 Hz. */
export const ROWS_MAX = 604_800;

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
  const lines = text.split(/\r?\n/).filter((line) => line !== "");
  const [header, ...body] = lines;
  if (header === undefined) return refuse("malformed", "a recording has a header", "add one: time, then the channels", series);
  if (body.length > ROWS_MAX) return refuse("too-large", `at most ${ROWS_MAX} rows in a recording`, "split it", series);
  const separator = header.includes(";") ? ";" : ",";
  const columns = header.split(separator).map((name) => name.trim().toLowerCase());
  const measured = columns.flatMap((name, i) => (i === 0 || LABELS.has(name) ? [] : [i]));
  if (measured.length < channels) return refuse("malformed", `a time and ${channels} channels`, `it has ${measured.length} columns of values`, series);
  const rows: RecordedRow[] = [];
  for (const [i, line] of body.entries()) {
    const cells = line.split(separator);
    const at = instantOf(cells[0] ?? "");
    if (at === null) return refuse("malformed", "the first column is a time", `line ${i + 2} says ${(cells[0] ?? "").slice(0, 40)}`, series);
    rows.push({ at, values: measured.slice(0, channels).map((column) => numberOf(cells[column])) });
  }
  return { series, rows };
}

/** `2020-03-09 10:14:33` (taken as UTC), RFC 3339, seconds or milliseconds since the epoch. */
function instantOf(cell: string): number | null {
  const text = cell.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * (Number(text) < 1e11 ? 1_000 : 1));
  const zoned = /[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`;
  const at = Date.parse(zoned.replace(" ", "T"));
  return Number.isNaN(at) ? null : at;
}

function numberOf(cell: string | undefined): number | null {
  const text = (cell ?? "").trim();
  const value = Number(text);
  return text === "" || !Number.isFinite(value) ? null : value;
}
