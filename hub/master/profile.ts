/**
 * A record as the matcher sees it: each field in its normal form, read once, and how two records agree in one field.
 * What is missing on either side says nothing.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { edits, jaccard, jaroWinkler, tokenLikeness } from "./compare.ts";
import { type Name, companyName, compact, machineName, personName, phoneNumber } from "./normal.ts";

/** Families that other systems also keep, and so bring twice. */
export type MasterFamily = "customer" | "asset" | "engineer";

/** How well two values agree. `part`: one side says less. */
export type Level = "equal" | "close" | "akin" | "part" | "none" | "apart";
export type Field = "name" | "label" | "person" | "phone" | "model" | "owner" | "place" | "installed" | "skills";
export type Levels = Readonly<Partial<Record<Field, Level>>>;

export const FIELDS: Readonly<Record<MasterFamily, readonly Field[]>> = {
  customer: ["name", "label", "person", "phone"],
  asset: ["name", "label", "model", "owner", "place", "installed"],
  engineer: ["name", "place", "skills"],
};

type Place = { readonly lat: number; readonly lon: number };

/** A designation without blanks and marks, and its numbers. */
type Model = { readonly text: string; readonly numbers: string };

export type Profile = {
  readonly id: string;
  readonly name: Name;
  readonly person?: Name;
  readonly phone?: string;
  readonly model?: Model;
  readonly owner?: string;
  readonly place?: Place;
  readonly installed?: number;
  readonly skills?: ReadonlySet<string>;
};

export type Attributes = Readonly<Record<string, Json>>;

const DAY_MS = 86_400_000;
const EARTH_M = 6_371_000;
/** One machine by two receivers; one site; one town. */
const SPOT_M = 50;
const SITE_M = 700;
const TOWN_M = 5_000;
/** Letters from which two slips are still one name. */
const LONG_NAME = 12;
/** Letters from which a name that lies within another is a short form of it. */
const CONTAINED_MIN = 3;
/** Two names as wholes: some letters are different, the beginning is not. */
const AKIN_LIKENESS = 0.9;
/** Two words are one misspelt. */
const PARTNER_LIKENESS = 0.86;
/** Letters from which a designation that ends another one is the same without the maker's name. */
const DESIGNATION_MIN = 4;
/** A date that was told by the month. */
const MONTH_DAYS = 31;

/** `country`: of phone numbers without a prefix, such as `CN`. */
export function profileOf(family: MasterFamily, id: string, attributes: Attributes, country: string): Profile {
  const name = textOf(attributes["name"]) ?? "";
  switch (family) {
    case "customer": {
      const contact = objectOf(attributes["contact"]);
      const [person, phone] = [textOf(contact["person"]), textOf(contact["phone"])];
      const number = phone === undefined ? null : phoneNumber(phone, country);
      return { id, name: companyName(name), ...(person === undefined ? {} : { person: personName(person) }), ...(number === null ? {} : { phone: number }) };
    }
    case "asset": {
      const [model, owner, installed] = [textOf(attributes["model"]), textOf(attributes["customer"]), attributes["installedAt"]];
      // A machine that moves is wherever it was seen last.
      const place = attributes["moves"] === true ? undefined : placeOf(attributes["position"]);
      return {
        id,
        name: machineName(name),
        ...(model === undefined ? {} : { model: { text: compact(model), numbers: (model.match(/\d+/g) ?? []).join(" ") } }),
        ...(owner === undefined ? {} : { owner }),
        ...(place === undefined ? {} : { place }),
        ...(typeof installed === "number" ? { installed } : {}),
      };
    }
    case "engineer": {
      const [place, skills] = [placeOf(attributes["home"]), attributes["skills"]];
      return {
        id,
        name: personName(name),
        ...(place === undefined ? {} : { place }),
        ...(Array.isArray(skills) ? { skills: new Set(skills.filter((skill) => typeof skill === "string")) } : {}),
      };
    }
  }
}

/** Field by field; the same both ways. A field that either record lacks is left out. */
export function compareProfiles(family: MasterFamily, a: Profile, b: Profile): Levels {
  const levels: Partial<Record<Field, Level>> = {};
  for (const field of FIELDS[family]) {
    const level = compareField(family, field, a, b);
    if (level !== null) levels[field] = level;
  }
  return levels;
}

function compareField(family: MasterFamily, field: Field, a: Profile, b: Profile): Level | null {
  switch (field) {
    case "name":
      return family === "engineer" ? comparePeople(a.name, b.name) : compareNames(a.name, b.name);
    case "label":
      return compareLabels(a.name.labels, b.name.labels);
    case "person":
      return a.person === undefined || b.person === undefined ? null : comparePeople(a.person, b.person);
    case "phone":
      return a.phone === undefined || b.phone === undefined ? null : comparePhones(a.phone, b.phone);
    case "model":
      return a.model === undefined || b.model === undefined ? null : compareModels(a.model, b.model);
    case "owner":
      return a.owner === undefined || b.owner === undefined ? null : a.owner === b.owner ? "equal" : "apart";
    case "place":
      return a.place === undefined || b.place === undefined ? null : compareMetres(metresBetween(a.place, b.place));
    case "installed":
      return a.installed === undefined || b.installed === undefined ? null : compareDays(Math.abs(a.installed - b.installed) / DAY_MS);
    case "skills":
      return a.skills === undefined || b.skills === undefined ? null : compareSkills(a.skills, b.skills);
  }
}

function compareNames(a: Name, b: Name): Level | null {
  if (a.text === "" || b.text === "") return a.text === b.text ? null : "part";
  if (a.sorted === b.sorted) return "equal";
  const [x, y] = [a.text.replaceAll(" ", ""), b.text.replaceAll(" ", "")];
  const slips = edits(x, y, 2);
  if (slips <= (Math.min(x.length, y.length) >= LONG_NAME ? 2 : 1)) return "close";
  const [mine, theirs] = [isCovered(a.tokens, b.tokens), isCovered(b.tokens, a.tokens)];
  if (mine && theirs) return "close";
  // One has a word more; or Chinese, whose words have no blanks: the one contains the other.
  if (mine || theirs || (Math.min(x.length, y.length) >= CONTAINED_MIN && (x.includes(y) || y.includes(x)))) return "part";
  return slips <= 2 || jaroWinkler(x, y) >= AKIN_LIKENESS ? "akin" : "apart";
}

/** Whether every word has a partner on the other side. */
function isCovered(tokens: readonly string[], others: readonly string[]): boolean {
  return tokens.every((token) => others.some((other) => tokenLikeness(token, other) >= PARTNER_LIKENESS));
}

function comparePeople(a: Name, b: Name): Level | null {
  if (a.text === "" || b.text === "") return null;
  if (a.sorted === b.sorted) return "equal";
  // Of two or three Chinese letters one is a third of the name: brothers differ by no more.
  if (edits(a.text, b.text, 1) <= 1 || edits(a.sorted, b.sorted, 1) <= 1) return isHan(a.text) ? "akin" : "close";
  return isCovered(a.tokens, b.tokens) && isCovered(b.tokens, a.tokens) ? "close" : "apart";
}

/** `none`: neither has any, as it is with the main house; `akin`: a place misspelt, numbers equal. */
function compareLabels(a: readonly string[], b: readonly string[]): Level {
  if (a.length === 0 && b.length === 0) return "none";
  const [x, y] = [new Set(a), new Set(b)];
  const [mine, theirs] = [a.filter((label) => !y.has(label)), b.filter((label) => !x.has(label))];
  if (mine.length === 0 && theirs.length === 0) return "equal";
  if (mine.length === 0 || theirs.length === 0) return "part";
  const misspelt = mine.length === theirs.length && mine.every((label, i) => !/\d/.test(label) && label.length > 1 && edits(label, theirs[i] ?? "", 1) <= 1);
  return misspelt ? "akin" : "apart";
}

function comparePhones(a: string, b: string): Level {
  if (a === b) return "equal";
  return edits(a, b, 1) <= 1 ? "close" : "apart";
}

function compareModels(a: Model, b: Model): Level {
  if (a.text === b.text) return "equal";
  // "Grundfos CR 32-4" and "CR32-4".
  const [short, long] = a.text.length < b.text.length ? [a.text, b.text] : [b.text, a.text];
  if (short.length >= DESIGNATION_MIN && long.endsWith(short)) return "close";
  return a.numbers === b.numbers || edits(a.text, b.text, 1) <= 1 ? "akin" : "apart";
}

function compareMetres(metres: number): Level {
  if (metres <= SPOT_M) return "equal";
  if (metres <= SITE_M) return "close";
  return metres <= TOWN_M ? "akin" : "apart";
}

function compareDays(days: number): Level {
  if (days < 1) return "equal";
  return days <= MONTH_DAYS ? "close" : "apart";
}

function compareSkills(a: ReadonlySet<string>, b: ReadonlySet<string>): Level {
  const share = jaccard(a, b);
  if (share === 1) return "equal";
  const [less, more] = a.size < b.size ? [a, b] : [b, a];
  if ([...less].every((skill) => more.has(skill))) return "part";
  return share >= 0.5 ? "close" : "apart";
}

function isHan(text: string): boolean {
  return /\p{Script=Han}/u.test(text);
}

/** Equirectangular: good to a metre over the few kilometres that matter here. */
function metresBetween(a: Place, b: Place): number {
  const rad = Math.PI / 180;
  const turn = Math.abs(a.lon - b.lon);
  const x = Math.min(turn, 360 - turn) * rad * Math.cos(((a.lat + b.lat) / 2) * rad);
  return EARTH_M * Math.hypot(x, (a.lat - b.lat) * rad);
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function objectOf(value: Json | undefined): Attributes {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function placeOf(value: Json | undefined): Place | undefined {
  const { lat, lon } = objectOf(value);
  return typeof lat === "number" && typeof lon === "number" ? { lat, lon } : undefined;
}
