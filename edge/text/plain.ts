/** What people write, made plain before anything reads it: one form of each letter, lower case, nothing that is not to be seen. Never throws. */

/** Characters of one note that are read. A complaint has at most 1,000, a cause or an action 500; whatever is longer was pasted. */
export const CHARACTERS_MAX = 2_000;

const MARK_FIRST = 0x0300;
const MARK_LAST = 0x036f;

/** Compatibility forms unfolded (ＡＢＣ, ㎜, ①), accents taken off, lower case. Unpaired surrogates stay what they are: no letter. */
export function plainOf(text: string): string {
  const first = [];
  for (const character of text) {
    if (first.length === CHARACTERS_MAX) break;
    first.push(character);
  }
  let plain = "";
  for (const character of first.join("").normalize("NFKD").toLowerCase()) {
    const code = character.codePointAt(0) ?? 0;
    if (code < MARK_FIRST || code > MARK_LAST) plain += character;
  }
  return plain;
}

/** Characters that are words by themselves. */
export function isHan(code: number): boolean {
  return (code >= 0x3400 && code <= 0x9fff) || (code >= 0xf900 && code <= 0xfaff) || (code >= 0x20000 && code <= 0x3ffff);
}

export function isLetter(code: number): boolean {
  return code >= 0x61 && code <= 0x7a;
}

export function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
