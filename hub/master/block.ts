/**
 * Which pairs are worth comparing at all: those that share a key in any of several passes. A slip breaks one key, hardly all of them.
 * A block that grows too large is not dropped but walked by the sorted neighbourhood method (Hernández & Stolfo 1995): its members in order
 * of name, each compared with the next few.
 */
import type { MasterFamily, Profile } from "./profile.ts";

/** Members up to which a block is compared all with all: 780 pairs. */
export const BLOCK_MAX = 40;
/** Neighbours that a member of a larger block is compared with. */
export const WINDOW = 12;

const NAME_PREFIX = 4;
const PHONE_SUFFIX = 7;
/** Side of a cell, about 1.1 km; each record lies in four that overlap, so that any two within half a side share one. */
const CELL_DEG = 0.01;

export type Pairs = { readonly pairs: readonly (readonly [Profile, Profile])[]; readonly blocks: number; readonly largest: number };

/** Each pair once, the lesser id first, in order. `fresh`: only pairs with one of these. Independent of the order of `profiles`. */
export function candidatePairs(family: MasterFamily, profiles: readonly Profile[], fresh?: ReadonlySet<string>): Pairs {
  const blocks = new Map<string, Profile[]>();
  for (const profile of profiles) {
    for (const key of new Set(keysOf(family, profile))) {
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, [profile]);
      else block.push(profile);
    }
  }
  const pairs = new Map<string, readonly [Profile, Profile]>();
  let largest = 0;
  for (const block of blocks.values()) {
    largest = Math.max(largest, block.length);
    if (block.length < 2) continue;
    const members = block.toSorted((a, b) => order(a.name.text, b.name.text) || order(a.id, b.id));
    const reach = members.length <= BLOCK_MAX ? members.length : WINDOW;
    for (const [i, one] of members.entries()) {
      for (const other of members.slice(i + 1, i + 1 + reach)) {
        if (fresh !== undefined && !fresh.has(one.id) && !fresh.has(other.id)) continue;
        const pair = one.id < other.id ? ([one, other] as const) : ([other, one] as const);
        pairs.set(`${pair[0].id}\n${pair[1].id}`, pair);
      }
    }
  }
  const inOrder = [...pairs].toSorted(([a], [b]) => order(a, b)).map(([, pair]) => pair);
  return { pairs: inOrder, blocks: blocks.size, largest };
}

/** Keys of all passes; each begins with the name of its pass. */
export function keysOf(family: MasterFamily, profile: Profile): readonly string[] {
  const { name, person, phone, model, owner, place } = profile;
  const letters = [...name.text.replaceAll(" ", "")];
  const count = name.labels.join(",");
  const keys = [
    `begin ${letters.slice(0, NAME_PREFIX).join("")}`,
    `end ${letters.slice(-NAME_PREFIX).join("")}`,
    ...name.tokens.filter((token) => token.length >= NAME_PREFIX).map((token) => `token ${token.slice(0, 6)}`),
    ...middlesOf(letters),
  ];
  if (phone !== undefined) keys.push(`phone ${phone.slice(-PHONE_SUFFIX)}`, `phone- ${phone.slice(0, -3)}`);
  if (person !== undefined) keys.push(`person ${person.sorted}`);
  if (place !== undefined) keys.push(...cellsOf(place).flatMap((cell) => (family === "asset" ? [`cell ${cell} ${count}`, `cell ${cell}`] : [`cell ${cell}`])));
  if (model !== undefined && owner !== undefined) keys.push(`fleet ${owner} ${model.text}`, `count ${owner} ${count}`);
  if (model !== undefined) keys.push(`model ${model.text} ${count}`);
  return keys;
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

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
