/** A warehouse that keeps its promise, one reservation for each key, over a line that does not: calls are lost on the way there and on the way back. */
import type { Answer, Ask } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Random } from "./random.ts";

export type Warehouse = {
  readonly held: Map<string, { readonly key: string; readonly kit: string }>;
  call(ask: Ask, at: Millis): { readonly answer: Answer } | { readonly failed: string };
};

/** Of the kits that are asked for; a call is answered alike each time it is repeated. */
export const SHORT = 0.15;

/** `deliveredAfter`: in ms, until what a kit lacks is there; without it each call is a new chance. */
export function startWarehouse(random: Random, deliveredAfter?: () => Millis): Warehouse {
  const held: Warehouse["held"] = new Map();
  const byKey = new Map<string, string>();
  const short = new Set<string>();
  /** Kits that were asked for, and when all of their parts are there. */
  const thereAt = new Map<string, Millis>();
  return {
    held,
    call(ask, at) {
      if (random.chance(0.25)) return { failed: "lost on the way there" };
      if (ask.type === "release") held.delete(ask.reservation);
      const answer: Answer = ask.type === "reserve" ? reserve(ask, at) : { type: "released", kit: ask.kit, key: ask.key };
      return random.chance(0.15) ? { failed: "lost on the way back" } : { answer };
    },
  };

  function reserve(ask: Extract<Ask, { type: "reserve" }>, at: Millis): Answer {
    if (!byKey.has(ask.key) && !short.has(ask.key) && lacks(ask.kit, at)) short.add(ask.key);
    if (short.has(ask.key)) return { type: "short", kit: ask.kit, key: ask.key, missing: ask.lines.slice(0, 1), at };
    const reservation = byKey.get(ask.key) ?? `R-${byKey.size + 1}`;
    if (!byKey.has(ask.key)) held.set(reservation, { key: ask.key, kit: ask.kit });
    byKey.set(ask.key, reservation);
    return { type: "reserved", kit: ask.kit, key: ask.key, reservation, depot: "main", at };
  }

  function lacks(kit: string, at: Millis): boolean {
    if (deliveredAfter === undefined) return random.chance(SHORT);
    const there = thereAt.get(kit) ?? (random.chance(SHORT) ? at + deliveredAfter() : at);
    thereAt.set(kit, there);
    return at < there;
  }
}
