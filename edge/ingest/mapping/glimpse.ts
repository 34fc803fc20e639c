/** A foreign payload short enough to be kept beside its refusal, and whole enough to propose a mapping from: still JSON, its names and kinds of values kept. */

/** As deep as it is shown. */
const DEPTH_MAX = 6;
const TEXT_CHARS_MAX = 40;
/** Members of an object that are shown; fewer where the whole is too long. */
const MEMBERS = [64, 32, 16, 8, 4] as const;

/** JSON of at most so many bytes of UTF-8. Of an array its first item is shown. */
export function glimpseText(value: unknown, bytesMax: number): string {
  for (const members of MEMBERS) {
    const text = JSON.stringify(shorten(value, members, DEPTH_MAX)) ?? "null";
    // Three bytes at most for each character of a text in UTF-16.
    if (text.length * 3 <= bytesMax || new TextEncoder().encode(text).length <= bytesMax) return text;
  }
  return "{}";
}

/** What was kept; undefined where it was not kept so. */
export function parseGlimpse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function shorten(value: unknown, members: number, depth: number): unknown {
  if (typeof value === "string") return value.slice(0, TEXT_CHARS_MAX);
  if (typeof value !== "object" || value === null) return typeof value === "number" && !Number.isFinite(value) ? null : value;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.slice(0, 1).map((item) => shorten(item, members, depth - 1));
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, members)
      .map(([name, member]) => [name.slice(0, TEXT_CHARS_MAX), shorten(member, members, depth - 1)]),
  );
}
