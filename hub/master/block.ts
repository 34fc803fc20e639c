/**
 * Which pairs are worth comparing at all: those that share a key in any of several passes. A slip breaks one key, hardly all of them.
 * A block that grows too large is not dropped but walked by the sorted neighbourhood method (Hernández & Stolfo 1995): its members in order
 * of name, each compared with the next few.
 *
 * Pairs come one record at a time, and keys are kept as numbers: a register of 25,000 records has to fit into an object beside its profiles.
 */
import type { MasterFamily, Profile } from "./profile.ts";

/** Members up to which a block is compared all with all: 780 pairs. */
export const BLOCK_MAX = 40;
/** Neighbours that a member of a larger block is compared with. */
export const WINDOW = 12;

const NAME_PREFIX = 4;
const TOKEN_PREFIX = 6;
const PHONE_SUFFIX = 7;
const PHONE_LAST = 3;
/** Side of a cell, about 1.1 km; each record lies in four that overlap, so that any two within half a side share one. */
const CELL_DEG = 0.01;
/** An entry is a key's hash and a record's place in one number: 32 bits above 21. */
const PLACES = 2 ** 21;

/** Each pair once, in an order that does not depend on that of `profiles`, whose ids are unique. `fresh`: only pairs with one of these. */
export function* candidatePairs(family: MasterFamily, profiles: readonly Profile[], fresh?: ReadonlySet<string>): Generator<readonly [Profile, Profile]> {
  // Places in order of name: within a block they are the neighbourhood.
  const members = profiles.toSorted((a, b) => order(a.name.text, b.name.text) || order(a.id, b.id));
  const entries = Float64Array.from(members.flatMap((profile, place) => keysOf(family, profile).map((key) => hash(key) * PLACES + place))).sort();
  const { endAt, placesAt, from } = indexOf(entries, members.length);
  for (const [place, one] of members.entries()) {
    const isFresh = fresh === undefined || fresh.has(one.id);
    const partners = new Set<number>();
    for (let i = from[place] ?? 0; i < (from[place + 1] ?? 0); i++) {
      const at = placesAt[i] ?? 0;
      for (let next = at + 1; next < (endAt[at] ?? 0); next++) partners.add((entries[next] ?? 0) % PLACES);
    }
    // Two keys of one record may meet in one hash.
    partners.delete(place);
    for (const partner of [...partners].sort((a, b) => a - b)) {
      const other = members[partner];
      if (other !== undefined && (isFresh || fresh.has(other.id))) yield one.id < other.id ? [one, other] : [other, one];
    }
  }
}

/** Of each entry the end of what it is compared with, and of each record its entries. */
function indexOf(entries: Float64Array, records: number): { readonly endAt: Uint32Array; readonly placesAt: Uint32Array; readonly from: Uint32Array } {
  const endAt = new Uint32Array(entries.length);
  const from = new Uint32Array(records + 1);
  for (let begin = 0; begin < entries.length;) {
    const key = Math.floor((entries[begin] ?? 0) / PLACES);
    let end = begin;
    while (end < entries.length && Math.floor((entries[end] ?? 0) / PLACES) === key) end++;
    for (let at = begin; at < end; at++) {
      endAt[at] = end - begin <= BLOCK_MAX ? end : Math.min(end, at + 1 + WINDOW);
      const place = (entries[at] ?? 0) % PLACES;
      from[place + 1] = (from[place + 1] ?? 0) + 1;
    }
    begin = end;
  }
  for (let place = 0; place < records; place++) from[place + 1] = (from[place + 1] ?? 0) + (from[place] ?? 0);
  const placesAt = new Uint32Array(entries.length);
  const filled = from.slice();
  for (let at = 0; at < entries.length; at++) {
    const place = (entries[at] ?? 0) % PLACES;
    placesAt[filled[place] ?? 0] = at;
    filled[place] = (filled[place] ?? 0) + 1;
  }
  return { endAt, placesAt, from };
}

/** Keys of all passes; each begins with the name of its pass. */
function keysOf(family: MasterFamily, profile: Profile): readonly string[] {
  const { name, person, phone, model, owner, place } = profile;
  const letters = [...name.text.replaceAll(" ", "")];
  const count = name.labels.join(",");
  const keys = [
    `begin ${letters.slice(0, NAME_PREFIX).join("")}`,
    `end ${letters.slice(-NAME_PREFIX).join("")}`,
    ...name.tokens.filter((token) => token.length >= NAME_PREFIX).map((token) => `token ${token.slice(0, TOKEN_PREFIX)}`),
    ...middlesOf(letters),
  ];
  // The last digits, and all but those: one wrong digit spoils one of the two.
  if (phone !== undefined) keys.push(`phone ${phone.slice(-PHONE_SUFFIX)}`, `line ${phone.slice(0, -PHONE_LAST)}`);
  if (person !== undefined) keys.push(`person ${person.sorted}`);
  if (place !== undefined) keys.push(...cellsOf(place).flatMap((cell) => (family === "asset" ? [`cell ${cell} ${count}`, `cell ${cell}`] : [`cell ${cell}`])));
  if (model !== undefined && owner !== undefined) keys.push(`fleet ${owner} ${model.text}`, `count ${owner} ${count}`);
  if (model !== undefined) keys.push(`model ${model.text} ${count}`);
  return [...new Set(keys)];
}

/** Chinese names begin with the city and end with the trade: what tells them apart stands between. */
function middlesOf(letters: readonly string[]): readonly string[] {
  if (!/\p{Script=Han}/u.test(letters.join(""))) return [];
  return letters.slice(1, 5).map((letter, i) => `pair ${letter}${letters[i + 2] ?? ""}`);
}

function cellsOf({ lat, lon }: { readonly lat: number; readonly lon: number }): readonly string[] {
  const half = CELL_DEG / 2;
  return [0, half].flatMap((up) =>
    [0, half].map((right) => `${Math.floor((lat + up) / CELL_DEG)}/${Math.floor((lon + right) / CELL_DEG)}/${up > 0 ? 1 : 0}${right > 0 ? 1 : 0}`),
  );
}

/** FNV-1a, 32 bits. Two keys that meet by chance bring pairs together that are then found to differ. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
