/**
 * Words of a complaint, in Chinese or English, against the words by which a symptom is known. What is said not to be so is told apart.
 * English: a phrase is there when the stems (Porter) of all its words stand close together, in any order. Chinese: as it stands; a blank
 * in the phrase stands for a few characters.
 */
import { stemmer } from "stemmer";

/** Characters of a complaint that are looked at: two pages. */
export const COMPLAINT_CHARS_MAX = 4_000;
/** Words that may stand between those of one English phrase: "oil is slowly leaking". */
const GAP_WORDS = 3;
/** Words after a negation that it still speaks of: "no more of that noise". */
const NEGATED_WORDS = 4;
/** Characters before a Chinese word in which it may be negated: 没有发现任何明显的. */
const NEGATED_CHARS = 12;
/** Characters that a blank in a Chinese phrase stands for at most: 轴承…有点…响. */
const GAP_CHARS = 6;

const NEGATIONS = new Set(["no", "not", "never", "without", "none", "nothing", "cannot"]);
const NEGATED_ZH = /(?:没有|没|不再|不是|不|无|未|并非)(?:任何|发现|出现|看到|听到|明显|什么|有|见|再|是)*$/u;
/** Where one statement ends and the next begins: a negation does not reach across. */
const CLAUSE = /[.,;:!?\n。，；：！？、]+|\b(?:but|however|though|although|and)\b|但是|但|不过|可是|而且|然而/u;

export type Complaint = { readonly clauses: readonly { readonly text: string; readonly stems: readonly string[]; readonly words: readonly string[] }[] };
/** `denied`: it is said, only ever as what is not so. */
export type Said = "said" | "denied" | "not-said";

export function readComplaint(text: string): Complaint {
  const plain = text.slice(0, COMPLAINT_CHARS_MAX).normalize("NFKC").toLowerCase().replaceAll("’", "'");
  const clauses = plain.split(CLAUSE).map((clause) => {
    const words = wordsOf(clause);
    return { text: clause, words, stems: words.map(stemmer) };
  });
  return { clauses: clauses.filter(({ text: clause }) => clause.trim() !== "") };
}

export function isSaid(complaint: Complaint, phrase: string, language: "en" | "zh"): Said {
  const hits = complaint.clauses.map((clause) => (language === "en" ? saidInEnglish(clause, phrase) : saidInChinese(clause.text, phrase)));
  return hits.includes("said") ? "said" : hits.includes("denied") ? "denied" : "not-said";
}

function wordsOf(text: string): readonly string[] {
  // "isn't" is "is" and "not".
  return text.replace(/n't\b/g, " not").match(/[a-z0-9]+/g) ?? [];
}

function saidInEnglish({ stems, words }: Complaint["clauses"][number], phrase: string): Said {
  const wanted = [...new Set(wordsOf(phrase.normalize("NFKC").toLowerCase()).map(stemmer))];
  if (wanted.length === 0) return "not-said";
  const reach = wanted.length + GAP_WORDS;
  let found: Said = "not-said";
  for (let from = 0; from < stems.length; from++) {
    const first = stems[from];
    if (first === undefined || !wanted.includes(first)) continue;
    const near = stems.slice(from, from + reach);
    if (!wanted.every((stem) => near.includes(stem))) continue;
    const end = from + Math.max(...wanted.map((stem) => near.indexOf(stem)));
    // A phrase that holds a negation of its own ("does not start") is meant as it stands.
    const before = words.slice(Math.max(0, from - NEGATED_WORDS), end).filter((word) => NEGATIONS.has(word) && !wanted.includes(stemmer(word)));
    if (before.length === 0) return "said";
    found = "denied";
  }
  return found;
}

function saidInChinese(clause: string, phrase: string): Said {
  const parts = phrase.normalize("NFKC").toLowerCase().split(/\s+/).filter(Boolean);
  const [first, ...rest] = parts;
  if (first === undefined) return "not-said";
  let found: Said = "not-said";
  for (let from = clause.indexOf(first); from >= 0; from = clause.indexOf(first, from + 1)) {
    let end = from + first.length;
    let negated = NEGATED_ZH.test(clause.slice(Math.max(0, from - NEGATED_CHARS), from));
    const isThere = rest.every((part) => {
      const gap = clause.slice(end, end + GAP_CHARS + part.length).indexOf(part);
      if (gap < 0) return false;
      negated ||= NEGATED_ZH.test(clause.slice(end, end + gap));
      end += gap + part.length;
      return true;
    });
    if (!isThere) continue;
    if (!negated) return "said";
    found = "denied";
  }
  return found;
}
