/**
 * Records that are one thing, before a person: which of them survives, which value of each attribute, and what names the others. What the
 * person decides becomes plain writes, an alias for each old id, and the way back.
 */
import { type Json, sameJson } from "../../contracts/delta/json.ts";
import { FAMILIES } from "../../contracts/entity.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import type { Alias } from "./alias.ts";
import { type AsOf, type Provenance, recordOf } from "./as-of.ts";
import { pairKey } from "./identity.ts";
import type { Attributes, MasterFamily } from "./profile.ts";
import { type EntityWrite, writesBetween } from "./write.ts";

/** Records of one review, as many as a cluster may have. */
export const MEMBERS_MAX = 20;

/** One value that an attribute has among the members, and who holds it. `by` is missing where it was put together from several. */
export type Choice = { readonly value: Json; readonly from: readonly string[]; readonly by?: Provenance };
/** `proposed`: the place of the choice that is put forward. `open`: the members differ, so a person should look. */
export type AttributeReview = { readonly attr: string; readonly choices: readonly Choice[]; readonly proposed: number; readonly open: boolean };
/** An attribute of another entity that holds the id of one of the members. */
export type Reference = { readonly entity: string; readonly id: string; readonly attr: string; readonly value: string };

export type Review = {
  readonly family: MasterFamily;
  readonly survivor: string;
  /** With the version that was seen: what has changed since is not decided on. */
  readonly members: readonly { readonly id: string; readonly version: number }[];
  readonly attributes: readonly AttributeReview[];
  readonly references: readonly Reference[];
};

/** What a person says. `values`: by attribute, the place of a choice, or null for none of them; those not named are as proposed. */
export type Verdict =
  | { readonly is: "same"; readonly survivor: string; readonly values: Readonly<Record<string, number | null>> }
  /** None of them is another: never brought up again. */
  | { readonly is: "apart" };

/** `writes` and `aliases` belong into one transaction; `undo` and taking the aliases away restore what was, for as long as nobody wrote in between. */
export type Decided =
  | {
      readonly is: "same";
      readonly survivor: string;
      readonly writes: readonly EntityWrite[];
      readonly aliases: readonly Alias[];
      readonly undo: readonly EntityWrite[];
    }
  | { readonly is: "apart"; readonly pairs: readonly string[] };

/**
 * The survivor is the record with most attributes, then the oldest, then the lesser id. Of values that differ the latest written is put forward,
 * unless their parts agree and complete each other. Refuses `wrong-state` (a member is gone), `too-many` and `malformed` (fewer than two).
 */
export function proposeMerge(family: MasterFamily, members: readonly AsOf[], references: readonly Reference[]): Review | Refusal {
  if (new Set(members.map(({ id }) => id)).size < 2) return refuse("malformed", "a review has two records or more", "name them", "members");
  if (members.length > MEMBERS_MAX) return refuse("too-many", `a review has at most ${MEMBERS_MAX} records`, "review them in parts", "members");
  const gone = members.find((member) => recordOf(member) === null);
  if (gone !== undefined) return refuse("wrong-state", `${gone.id} is not there any more`, "look at the others", "members");
  const ranked = members.toSorted((a, b) => sizeOf(b) - sizeOf(a) || birthOf(a) - birthOf(b) || (a.id < b.id ? -1 : 1));
  const attrs = [...new Set(ranked.flatMap(({ attributes }) => Object.keys(attributes)))].filter((attr) => attr !== "id").toSorted();
  const ids = new Set(members.map(({ id }) => id));
  return {
    family,
    survivor: ranked[0]?.id ?? "",
    members: ranked.map(({ id, version }) => ({ id, version })),
    attributes: attrs.map((attr) => reviewOf(attr, ranked)),
    references: references.filter(({ value }) => ids.has(value)),
  };
}

/** `now`: the members as they are. Refuses `stale-version`, `malformed` (unknown survivor or choice) and `breaks-contract` with the attribute. */
export function decideReview(review: Review, verdict: Verdict, now: readonly AsOf[]): Decided | Refusal {
  const ids = review.members.map(({ id }) => id);
  if (verdict.is === "apart") return { is: "apart", pairs: ids.flatMap((a, i) => ids.slice(i + 1).map((b) => pairKey(a, b))).toSorted() };
  const records = new Map(now.map((member) => [member.id, member]));
  const stale = review.members.find(({ id, version }) => records.get(id)?.version !== version);
  if (stale !== undefined) return refuse("stale-version", `${stale.id} has changed since`, "look again before you decide", "members");
  const { survivor } = verdict;
  if (!ids.includes(survivor)) return refuse("malformed", `${survivor} is none of the records`, `choose one of ${ids.join(", ")}`, "survivor");
  const chosen = choose(review, verdict);
  if (isRefusal(chosen)) return chosen;
  const before = new Map(ids.map((id) => [id, attributesOf(records.get(id))]));
  const after: Attributes = { ...chosen, id: survivor };
  const broken = judge(review.family, after);
  if (broken !== null) return broken;
  const others = ids.filter((id) => id !== survivor);
  const references = review.references.filter(({ value }) => value !== survivor);
  const point = (to: (one: Reference) => string): readonly EntityWrite[] =>
    references.map((one) => ({ entity: one.entity, id: one.id, attr: one.attr, op: "set", value: to(one) }));
  return {
    is: "same",
    survivor,
    writes: [
      ...writesBetween(review.family, survivor, before.get(survivor), after),
      ...point(() => survivor),
      // Last, so that at no time a reference leads nowhere.
      ...others.flatMap((id) => writesBetween(review.family, id, before.get(id), null)),
    ],
    aliases: others.map((from) => ({ entity: review.family, from, to: survivor })),
    undo: [
      ...others.flatMap((id) => writesBetween(review.family, id, undefined, before.get(id) ?? null)),
      ...point(({ value }) => value),
      ...writesBetween(review.family, survivor, after, before.get(survivor) ?? null),
    ],
  };
}

function reviewOf(attr: string, members: readonly AsOf[]): AttributeReview {
  const choices: Choice[] = [];
  for (const { id, attributes } of members) {
    const held = Object.hasOwn(attributes, attr) ? attributes[attr] : undefined;
    if (held?.value === undefined) continue;
    const { value, erased: _, held: __, ...by } = held;
    const at = choices.findIndex((one) => sameJson(one.value, value));
    const known = choices[at];
    if (known === undefined) choices.push({ value, from: [id], by });
    else choices[at] = { value, from: [...known.from, id], by: (known.by?.writtenAt ?? 0) >= by.writtenAt ? (known.by ?? by) : by };
  }
  const whole = choices.length > 1 ? combine(choices.map(({ value }) => value)) : null;
  const same = whole === null ? -1 : choices.findIndex(({ value }) => sameJson(value, whole));
  if (whole !== null && same < 0) choices.push({ value: whole, from: members.map(({ id }) => id) });
  const latest = choices.reduce((best, { by }, i) => ((by?.writtenAt ?? 0) > (choices[best]?.by?.writtenAt ?? 0) ? i : best), 0);
  const proposed = whole === null ? latest : same < 0 ? choices.length - 1 : same;
  return { attr, choices, proposed, open: choices.length > 1 && whole === null };
}

/** Objects whose common parts agree complete each other: one knows the person, the other the phone. */
function combine(values: readonly Json[]): Json | null {
  const whole = new Map<string, Json>();
  for (const value of values) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
    for (const [part, one] of Object.entries(value)) {
      if (whole.has(part) && !sameJson(whole.get(part), one)) return null;
      whole.set(part, one);
    }
  }
  return Object.fromEntries(whole);
}

function choose({ attributes }: Review, { values }: Extract<Verdict, { is: "same" }>): Attributes | Refusal {
  const unknown = Object.keys(values).find((attr) => !attributes.some((one) => one.attr === attr));
  if (unknown !== undefined) return refuse("malformed", `none of the records has ${unknown}`, "choose among the attributes shown", `values.${unknown}`);
  const chosen: Record<string, Json> = {};
  for (const { attr, choices, proposed } of attributes) {
    const place = Object.hasOwn(values, attr) ? values[attr] : proposed;
    if (place === null || (choices.length === 0 && place === proposed)) continue;
    const choice = choices[place ?? proposed];
    if (choice === undefined) return refuse("malformed", `there is no choice ${place}`, `name one of 0 to ${choices.length - 1}, or null`, `values.${attr}`);
    chosen[attr] = choice.value;
  }
  return chosen;
}

/** By the contract, as far as it knows the attributes. */
function judge(family: MasterFamily, after: Attributes): Refusal | null {
  const schema = FAMILIES[family];
  const parsed = schema.safeParse(Object.fromEntries(Object.entries(after).filter(([attr]) => Object.hasOwn(schema.shape, attr))));
  if (parsed.success) return null;
  const { field, rule } = malformed(parsed.error, "");
  return refuse("breaks-contract", rule, "choose a value that the contract allows", `values.${field ?? ""}`);
}

function attributesOf(member: AsOf | undefined): Attributes | undefined {
  return member === undefined ? undefined : recordOf(member)?.attributes;
}

function sizeOf({ attributes }: AsOf): number {
  return Object.values(attributes).filter(({ value }) => value !== undefined).length;
}

function birthOf({ attributes }: AsOf): number {
  return Object.values(attributes).reduce((least, { writtenAt }) => Math.min(least, writtenAt), Number.POSITIVE_INFINITY);
}
