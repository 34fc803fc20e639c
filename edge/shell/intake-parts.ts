/** A value larger than a row: cut into parts of one row each, and put together again. */

/** Bytes of one part, half of what the platform lets a row hold (2 MB): keys and the row's own layout take some of it. */
export const PART_BYTES_MAX = 1024 * 1024;

/** At least one part, so that an empty value is a value too. Views: the caller copies what it binds. */
export function partsOf(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.max(1, Math.ceil(bytes.byteLength / PART_BYTES_MAX)) }, (_, part) =>
    bytes.subarray(part * PART_BYTES_MAX, (part + 1) * PART_BYTES_MAX),
  );
}

export function wholeOf(parts: readonly ArrayBuffer[]): Uint8Array<ArrayBuffer> {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return new Uint8Array(only);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole;
}
