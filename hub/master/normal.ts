/**
 * Texts as people write them, brought to one form before they are compared: width and case, punctuation, legal forms, what tells one
 * branch or machine from its neighbour, phone numbers. What two spellings of one thing share must survive, what differs by habit must go.
 */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { edits } from "./compare.ts";

/** A name taken apart. `labels`: numbers, letters, directions and branch places, which tell siblings apart whatever else they share. */
export type Name = {
  readonly text: string;
  readonly tokens: readonly string[];
  /** The tokens in alphabetical order: equal for the same words in any order. */
  readonly sorted: string;
  readonly labels: readonly string[];
};

/** Letters of a name that are looked at: more than any contract allows. */
const NAME_CHARS_MAX = 240;

/** Letters from which a legal form is known although one of them is wrong. */
const LEGAL_FUZZY = 6;
const LEGAL_LAST_FUZZY = 3;
const LEGAL_HAN_FUZZY = 4;

const HAN = /\p{Script=Han}/u;
/** Longest first. */
const LEGAL_HAN = ["集团股份有限公司", "集团有限责任公司", "股份有限公司", "有限责任公司", "集团有限公司", "集团公司", "有限公司", "总公司", "集团", "公司"];
const BRANCH_HAN = /分公司|分厂|分店|分院|分部|支行|办事处|营业部|项目部/;
/** Places of a branch stand before it, two characters or so, where no legal form divides them from the name. */
const PLACED_BRANCH_HAN = new RegExp(`(\\p{Script=Han}{2})(?:${BRANCH_HAN.source})$`, "u");
const REGION_HAN = /[省市县区]|特别行政|自治/g;
const DIRECTIONS_HAN: Readonly<Record<string, string>> = { 东: "east", 西: "west", 南: "south", 北: "north" };
const DIRECTED_HAN = /([东西南北])(?=[区厂站院门泵]|$)/g;
const NUMERALS_HAN = "零一二三四五六七八九十";
const NUMBERED_HAN = /第([一二三四五六七八九十]+)|([一二三四五六七八九十]+)(?=[号期分厂区站泵])/g;
const TITLES_HAN = /先生|女士|小姐|经理|总经理|主任|工程师|老师|师傅/g;

/** A number and the letter that may follow it. In a company's name a digit within a word is a misread letter. */
const COUNTED = /0*(\d+)[\s-]?([a-z])?(?![a-z\d])/g;
const COUNTED_APART = /(?<![a-z]\d*)0*(\d+)[\s-]?([a-z])?(?![a-z\d])/g;

const words = (list: string): ReadonlySet<string> => new Set(list.split(" "));
const LEGAL = words(
  "ltd limited gmbh mbh ag kg kgaa ohg ev eg se co inc incorporated corp corporation company llc llp lp plc sa sas sarl srl spa bv nv oy oyj ab as aps pte pty bhd sdn kk group holding holdings the and und et of",
);
const BRANCH = words("branch plant site works depot office division niederlassung werk filiale standort");
/** Neither is part of a company's name proper. */
const NO_NAME = new Set([...LEGAL, ...BRANCH]);
const TITLES = words("mr mrs ms miss dr prof herr frau ing dipl");
const DIRECTIONS = words("north south east west nord sued ost upper lower left right");
const ROMAN: Readonly<Record<string, string>> = { ii: "2", iii: "3", iv: "4", vi: "6", vii: "7", viii: "8", ix: "9" };

/** Width, case, accents, punctuation and blanks. A point joins what it stands in ("G.m.b.H."), other marks divide. */
export function fold(text: string): string {
  return text
    .slice(0, NAME_CHARS_MAX)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .normalize("NFC")
    .replaceAll(/['’.]/g, "")
    .replaceAll(/[\p{P}\p{S}\s]+/gu, " ")
    .trim();
}

/** A company's or customer's name: legal form taken off, branch and numbers taken out as labels. */
export function companyName(raw: string): Name {
  const wide = raw.normalize("NFKC").toLowerCase();
  const labels: string[] = [];
  // A place in brackets, or behind the name proper, tells a branch.
  const open = wide.replaceAll(/[([【]([^)\]】]*)[)\]】]/g, (_, inner: string) => {
    labels.push(...labelsOf(withoutBranchWord(inner)));
    return " ";
  });
  const [body, behind] = cutBranch(open);
  labels.push(...labelsOf(behind));
  const { text, found } = takeLabels(body, COUNTED_APART);
  return nameOf(withoutLegalHan(text).replace(/^(\p{Script=Han}{2})[省市]/u, "$1"), [...labels, ...found], NO_NAME);
}

/** The name of a machine: numbers and letters that count it are labels; `P-007`, `p7` and `7#泵` agree. */
export function machineName(raw: string): Name {
  const { text, found } = takeLabels(raw.normalize("NFKC").toLowerCase());
  return nameOf(text, found, new Set(["no", "nr", "the"]));
}

/** A person's name: titles taken off; the order of its parts does not count. */
export function personName(raw: string): Name {
  return nameOf(raw.normalize("NFKC").toLowerCase().replaceAll(".", " ").replaceAll(TITLES_HAN, ""), [], TITLES);
}

/** Letters and digits only: model designations, which differ by blanks and dashes. */
export function compact(text: string): string {
  return fold(text).replaceAll(" ", "");
}

/** E.164 where the number can be read, its digits otherwise; null when there are fewer than five. `country` of a number without its own prefix. */
export function phoneNumber(raw: string, country: string): string | null {
  const text = raw.normalize("NFKC").slice(0, NAME_CHARS_MAX);
  const parsed = parsePhoneNumberFromString(text, country as CountryCode);
  if (parsed?.isPossible() === true) return parsed.number;
  const digits = text.replaceAll(/\D/g, "");
  return digits.length < 5 ? null : digits;
}

function nameOf(raw: string, labels: readonly string[], dropped: ReadonlySet<string>): Name {
  const all = fold(raw).split(" ").flatMap(divideScripts);
  const kept = all.filter((token, i) => token !== "" && !dropped.has(token) && !(dropped === NO_NAME && isLegal(token, i > 0 && i === all.length - 1)));
  // A name that is nothing but legal forms is compared as it stands.
  const tokens = kept.length > 0 ? kept : all.filter((token) => token !== "");
  return { text: tokens.join(HAN.test(raw) ? "" : " "), tokens, sorted: tokens.toSorted().join(" "), labels: [...new Set(labels)].toSorted() };
}

/** "abc水泵" is two tokens. */
function divideScripts(token: string): readonly string[] {
  return token.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? [];
}

/** The legal form at the end taken off, misspelt by a letter or not. */
function withoutLegalHan(text: string): string {
  const name = text.trimEnd();
  if (!HAN.test(name)) return text;
  for (const form of LEGAL_HAN) {
    const lengths = form.length < LEGAL_HAN_FUZZY ? [form.length] : [form.length, form.length + 1, form.length - 1];
    const found = lengths.find((length) => length < name.length && edits(name.slice(-length), form, 1) <= (form.length < LEGAL_HAN_FUZZY ? 0 : 1));
    if (found !== undefined) return name.slice(0, -found);
  }
  return text;
}

/** A legal form, misspelt by a letter where it is long or stands at the end. */
function isLegal(token: string, last: boolean): boolean {
  const least = last ? LEGAL_LAST_FUZZY : LEGAL_FUZZY;
  return LEGAL.has(token) || (token.length >= least && [...LEGAL].some((form) => form.length >= least && edits(token, form, 1) <= 1));
}

/** The name proper and what names its branch. */
function cutBranch(text: string): readonly [body: string, branch: string] {
  if (HAN.test(text)) {
    // "…有限公司长沙分公司": what follows the legal form. "集团" may also stand in the middle of a name.
    const legal = /^(.*?公司)(..+)$/.exec(text);
    if (legal !== null && !BRANCH_HAN.test(legal[1] ?? "")) return [legal[1] ?? "", withoutBranchWord(legal[2] ?? "")];
    const placed = PLACED_BRANCH_HAN.exec(text);
    return placed === null ? [text, ""] : [text.slice(0, placed.index), placed[1] ?? ""];
  }
  const dashed = /^(.+?)\s+[-–—|/]\s+(.+)$/.exec(text);
  if (dashed !== null) return [dashed[1] ?? "", withoutBranchWord(dashed[2] ?? "")];
  const tokens = fold(text).split(" ");
  if (tokens.length > 2 && BRANCH.has(tokens.at(-1) ?? "")) return [tokens.slice(0, -2).join(" "), tokens.at(-2) ?? ""];
  return [text, ""];
}

function withoutBranchWord(text: string): string {
  return fold(text)
    .replace(BRANCH_HAN, "")
    .replace(/.公司$/, "")
    .split(" ")
    .filter((token) => !BRANCH.has(token) && !LEGAL.has(token))
    .join(" ");
}

function labelsOf(text: string): readonly string[] {
  const { text: rest, found } = takeLabels(text);
  return [
    ...found,
    ...fold(rest)
      .replaceAll(REGION_HAN, "")
      .split(" ")
      .filter((token) => token !== ""),
  ];
}

/** Numbers with the letter that follows them, lone letters, Roman and Chinese numerals, directions. */
function takeLabels(raw: string, numbers = COUNTED): { readonly text: string; readonly found: readonly string[] } {
  const found: string[] = [];
  const take = (label: string): string => {
    found.push(label);
    return " ";
  };
  const text = raw
    .replaceAll(NUMBERED_HAN, (_, after: string | undefined, before: string | undefined) => take(String(numeral(after ?? before ?? ""))))
    .replaceAll(DIRECTED_HAN, (_, direction: string) => take(DIRECTIONS_HAN[direction] ?? direction))
    .replaceAll(numbers, (_, digits: string, letter: string | undefined) => take(`${digits}${letter ?? ""}`))
    .replaceAll(/(?<![\p{L}\d.&'’])([a-z])(?![\p{Script=Latin}\d.&'’])/gu, (_, letter: string) => take(letter))
    .replaceAll(/(?<!\p{L})(\p{Script=Latin}+)(?!\p{L})/gu, (word) => {
      const roman = ROMAN[word];
      if (roman !== undefined) return take(roman);
      return DIRECTIONS.has(word) ? take(word) : word;
    });
  return { text, found };
}

/** 一 to 九十九, as plants are counted. */
function numeral(text: string): number {
  const [tens, ones] = text.includes("十") ? text.split("十") : ["", text];
  const digit = (one: string | undefined, otherwise: number): number => (one === undefined || one === "" ? otherwise : NUMERALS_HAN.indexOf(one.slice(-1)));
  return (text.includes("十") ? digit(tens, 1) * 10 : 0) + digit(ones, 0);
}
