/**
 * The contract that the simulated tenant speaks: one family in each of two streams, every merge rule on one of its attributes, a personal
 * value, writers of both sides, and an older major that is read through a lens. What it does not allow yet is what poison is made of.
 */
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import type { Random } from "../../edge/sim/random.ts";
import type { MergeRule, StreamName } from "../../contracts/delta/operation.ts";

export const STREAMS: readonly StreamName[] = ["tickets", "assets"];
export type Major = 1 | 2;
export const NEWEST: Major = 2;

const STREAM_OF: Readonly<Record<string, StreamName>> = { job: "tickets", site: "assets", gadget: "tickets" };
/** Nobody registered it until the contract is mended. */
export const UNREGISTERED = "gadget";
export const FAMILIES: readonly string[] = ["job", "site"];

export const RULES: Readonly<Record<string, MergeRule>> = {
  title: "lww",
  phase: "lww",
  contact: "lww",
  crew: "unit-wins",
  meter: "unit-wins",
  priority: "hub-wins",
  budget: "hub-wins",
  peak: "max",
  floor: "min",
  visits: "counter",
  tags: "set-add",
  note: "manual",
  grade: "lww",
  extra: "lww",
  novel: "lww",
};
const PERSONAL = "contact";
const UNIT_ONLY = "meter";
export const HUB_ONLY = "budget";
/** Nobody knows it until the contract is mended. */
export const UNKNOWN = "novel";
/** Values above this are not allowed until the contract is mended. */
export const GRADE = "grade";
export const GRADE_MAX = 100;
/** Only the newer major has it. */
const ADDED = "extra";

/** An attribute that was named anew, as the older major has it. */
const RENAMED = { older: "name", newer: "title" } as const;
/** Values of an enum that was worded anew. */
export const PHASES = { older: ["open", "shut"], newer: ["planned", "done"] } as const;

/** From major 1 to 2: a new name, a new wording, another uom, a new attribute. */
export const LENS: Lens = [
  { step: "rename", from: RENAMED.older, to: RENAMED.newer },
  { step: "map", attr: "phase", pairs: PHASES.older.map((older, i) => ({ older, newer: PHASES.newer[i] ?? older })) },
  { step: "scale", attr: "peak", factor: 2, offset: 1 },
  { step: "scale", attr: "floor", factor: 2, offset: 1 },
  { step: "add", attr: ADDED },
];

/** Attributes as a major names them. */
export function namesOf(major: Major): readonly string[] {
  return Object.keys(RULES)
    .filter((attr) => major === NEWEST || attr !== ADDED)
    .map((attr) => inMajor(attr, major));
}

/** The newer form's name as a major says it, and the other way. Worked out here by hand, as are the values: the oracle does not ask the lens that it judges. */
export function inMajor(attr: string, major: Major): string {
  return major !== NEWEST && attr === RENAMED.newer ? RENAMED.older : attr;
}
export function asNewest(attr: string, major: Major): string {
  return major !== NEWEST && attr === RENAMED.older ? RENAMED.newer : attr;
}

/** A value as the newer major says it. */
export function valueAsNewest(attr: string, value: Json, major: Major): Json {
  return major === NEWEST ? value : said(attr, value, PHASES.older, PHASES.newer, (number) => number * 2 + 1);
}

/** The newer form's value as a major says it. */
export function valueInMajor(attr: string, value: Json, major: Major): Json {
  return major === NEWEST ? value : said(attr, value, PHASES.newer, PHASES.older, (number) => (number - 1) / 2);
}

function said(attr: string, value: Json, from: readonly Json[], to: readonly Json[], scaled: (number: number) => number): Json {
  if (attr === "phase") return to[from.indexOf(value)] ?? value;
  return (attr === "peak" || attr === "floor") && typeof value === "number" ? scaled(value) : value;
}

export function contractOf(entity: string, major: Major): string {
  return `${entity}@${major}`;
}
export function majorOf(contract: string): Major {
  return contract.endsWith("@1") ? 1 : 2;
}
export function streamOf(entity: string): StreamName | null {
  return STREAM_OF[entity] ?? null;
}
export function ruleNamed(attr: string): MergeRule | undefined {
  return Object.hasOwn(RULES, attr) ? RULES[attr] : undefined;
}
export function ruleOf(attr: string, major: Major): MergeRule {
  return RULES[asNewest(attr, major)] ?? "lww";
}

/** As the hub reads it; `mended`: what was poison is allowed now. */
export function hubMeaning(entity: string, mended: boolean): Meaning | undefined {
  const stream = STREAM_OF[entity];
  if (stream === undefined || (entity === UNREGISTERED && !mended)) return undefined;
  return {
    subject: entity,
    major: NEWEST,
    stream,
    knows: (attr) => Object.hasOwn(RULES, attr) && (attr !== UNKNOWN || mended),
    ruleOf: (attr) => RULES[attr] ?? "lww",
    writersOf: (attr) => (attr === HUB_ONLY ? "hub" : attr === UNIT_ONLY ? "unit" : "any"),
    isPersonal: (attr) => attr === PERSONAL,
    fits: (attr, value) => fits(attr, value, mended),
  };
}

/** As a unit of a major reads it: it knows everything, and would let everything pass. */
export function unitMeaning(entity: string, major: Major): Meaning {
  return {
    subject: entity,
    major,
    stream: STREAM_OF[entity] ?? "tickets",
    knows: () => true,
    ruleOf: (attr) => ruleOf(attr, major),
    writersOf: () => "any",
    isPersonal: (attr) => asNewest(attr, major) === PERSONAL,
    fits: () => true,
  };
}

function fits(attr: string, value: Json, mended: boolean): boolean {
  switch (RULES[attr]) {
    case "max":
    case "min":
    case "counter":
      return typeof value === "number";
    case "set-add":
      return Array.isArray(value);
    default:
  }
  if (attr === GRADE) return typeof value === "number" && (mended || value <= GRADE_MAX);
  if (attr === "phase") return (PHASES.newer as readonly Json[]).includes(value);
  return typeof value === "string";
}

/** Ids that are never deleted, so that sums and sets can be reckoned; and ids that come and go. */
const KEPT_IDS = 4;
const PASSING_IDS = 4;

export function pickId(random: Random): string {
  return random.chance(0.75) ? `k${random.between(0, KEPT_IDS - 1)}` : `t${random.between(0, PASSING_IDS - 1)}`;
}

export function isPassing(id: string): boolean {
  return id.startsWith("t");
}
