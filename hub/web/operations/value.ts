/** A value as a row shows it. Pure. */

/** Characters of a value in a row; the whole of it stands where the row is opened. */
const CHARS = 80;
/** Of a Date. */
const INSTANT_MAX = 8.64e15;

/** `attr`: whose value it is. */
export function shortValue(value: unknown, attr = ""): string {
  const text = isInstant(value, attr) ? new Date(value).toISOString() : textOf(value);
  return text.length > CHARS ? `${text.slice(0, CHARS - 1)}…` : text;
}

/** By our own naming: instants end in At or By, in milliseconds since the epoch. */
function isInstant(value: unknown, attr: string): value is number {
  return /(?:At|By)$/.test(attr) && typeof value === "number" && Math.abs(value) <= INSTANT_MAX;
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
