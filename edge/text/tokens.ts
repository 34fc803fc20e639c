/**
 * A note → the numbers that the encoder reads, as `train/words.py` does it: Chinese characters one by one, Latin words by the longest pieces of
 * the vocabulary (WordPiece: Schuster and Nakajima 2012), all digits in a row as one 0. Everything else only parts words.
 */
import { isDigit, isHan, isLetter, plainOf } from "./plain.ts";

/** Tokens of one note; the encoder has no more places. Notes of the corpus have 25, and what is wrong is said at the beginning. */
export const TOKENS_MAX = 96;
const UNKNOWN = 1;
const PIECE_MAX = 12;

/** Number of each piece, in the order of `models/vocabulary.json`. */
export type Vocabulary = ReadonlyMap<string, number>;

export function vocabularyOf(pieces: readonly string[]): Vocabulary {
  return new Map(pieces.map((piece, i) => [piece, i]));
}

/** Pieces that mean something by themselves: Chinese characters, and two Latin letters or more. */
export function tellingIn(vocabulary: Vocabulary): ReadonlySet<number> {
  const letters = (piece: string): number => [...piece].filter((character) => isLetter(character.codePointAt(0) ?? 0)).length;
  const isTelling = (piece: string): boolean => isHan(piece.codePointAt(0) ?? 0) || letters(piece) > 1;
  return new Set([...vocabulary].flatMap(([piece, id]) => (id > UNKNOWN && isTelling(piece) ? [id] : [])));
}

/** At least one number, at most TOKENS_MAX: a note in which nothing can be read is one unknown token. Never throws. */
export function tokensOf(text: string, vocabulary: Vocabulary): readonly number[] {
  const ids: number[] = [];
  for (const word of wordsOf(text)) {
    if (ids.length >= TOKENS_MAX) break;
    if (isHan(word.codePointAt(0) ?? 0)) ids.push(vocabulary.get(word) ?? UNKNOWN);
    else ids.push(...piecesOf(word, vocabulary));
  }
  return ids.length === 0 ? [UNKNOWN] : ids.slice(0, TOKENS_MAX);
}

/** Chinese characters and runs of a to z and 0, in order. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  let run = "";
  let afterDigit = false;
  for (const character of plainOf(text)) {
    const code = character.codePointAt(0) ?? 0;
    if (isDigit(code)) {
      if (!afterDigit) run += "0";
      afterDigit = true;
      continue;
    }
    afterDigit = false;
    if (isLetter(code)) {
      run += character;
      continue;
    }
    if (run !== "") words.push(run);
    run = "";
    if (isHan(code)) words.push(character);
  }
  if (run !== "") words.push(run);
  return words;
}

function piecesOf(word: string, vocabulary: Vocabulary): readonly number[] {
  const ids: number[] = [];
  for (let at = 0; at < word.length;) {
    let end = Math.min(word.length, at + PIECE_MAX);
    let id = vocabulary.get(named(word, at, end));
    while (id === undefined && --end > at) id = vocabulary.get(named(word, at, end));
    if (id === undefined) return [UNKNOWN];
    ids.push(id);
    at = end;
  }
  return ids;
}

/** A piece that is not the first of its word is another one. */
function named(word: string, from: number, to: number): string {
  return (from === 0 ? "" : "##") + word.slice(from, to);
}
