/** Base64url of ASCII, for what is opaque to its holder; pure code has no `btoa`. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export function toText(ascii: string): string {
  let [bits, count, out] = [0, 0, ""];
  for (let i = 0; i < ascii.length; i++) {
    bits = ((bits & 0xff) << 8) | ascii.charCodeAt(i);
    for (count += 8; count >= 6; count -= 6) out += DIGITS.charAt((bits >> (count - 6)) & 63);
  }
  return count === 0 ? out : out + DIGITS.charAt((bits << (6 - count)) & 63);
}

/** Null for a character that is no digit, and for anything that `toText` would have written otherwise. */
export function fromText(text: string): string | null {
  let [bits, count, out] = [0, 0, ""];
  for (let i = 0; i < text.length; i++) {
    const digit = DIGITS.indexOf(text.charAt(i));
    if (digit < 0) return null;
    bits = ((bits & 0xff) << 6) | digit;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += String.fromCharCode((bits >> count) & 0xff);
    }
  }
  return toText(out) === text ? out : null;
}

/** FNV-1a, 32 bits: finds what was cut or mistyped, and keeps nobody out. */
export function checkSum(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}
