/**
 * What leads from one major of a family of ours to the next, both ways. A release that raises a number in `contract.ts` brings its step here:
 * the hub publishes the major with it, and a unit that is upgraded reads by it what it holds and what it has not sent yet.
 */
import { majorOf } from "./contract.ts";
import type { Lens } from "./delta/lens.ts";
import type { Family } from "./entity.ts";
import { isFamily } from "./family-meaning.ts";

/** By family and the major that a step leads to. */
export type Lenses = Readonly<Partial<Record<Family, Readonly<Record<number, Lens>>>>>;
export const LENSES: Lenses = {
  ticket: {
    2: [
      { step: "loosen", attr: "state", why: "paused, closed and reopened are states of their own; who reads the older form sees them as they are" },
      { step: "loosen", attr: "alarm", why: "a ticket that a person opened has none" },
      { step: "loosen", attr: "episode", why: "a ticket that a person opened has none" },
      { step: "loosen", attr: "repairs", why: "a repair says the code of its cause and what was found" },
      ...news(["alarms", "source", "words", "parent", "complaints", "crew", "helpers", "checklist", "photos", "photosMin", "pauses", "history"]),
      ...news(["historyDropped", "reopened", "escalation", "pausedAt", "pause", "causeCode", "finding", "closedAt", "closedBy"]),
      ...news(["sla", "agreement", "countsOn", "payer", "risks", "wish", "wished", "chance", "wear"]),
    ],
  },
  offer: {
    2: [
      { step: "loosen", attr: "notChosen", why: "more reasons have a code; the older ones mean what they did" },
      { step: "loosen", attr: "because", why: "it says what the choice costs and what it delays" },
      { step: "loosen", attr: "because", why: "it says too when the engineer is expected, whom it delays and what the choice costs" },
      ...news(["as"]),
    ],
  },
  kit: {
    2: [{ step: "loosen", attr: "state", why: "a request that the warehouse will not take is refused, and no longer said to be short" }, ...news(["why"])],
  },
};

/** Attributes that the newer form brings and that may be absent. */
function news(attrs: readonly string[]): Lens {
  return attrs.map((attr) => ({ step: "add", attr }));
}

/** From a major of a family up to another; undefined where they are the same. Throws where a step is missing: the release forgot it. */
export function lensUp(family: Family, from: number, to: number, lenses = LENSES): Lens | undefined {
  if (from >= to) return undefined;
  return Array.from({ length: to - from }, (_, i) => from + 1 + i).flatMap((major) => {
    const step = lenses[family]?.[major];
    if (step === undefined) throw new Error(`no lens leads to ${family}@${major}`);
    return step;
  });
}

/** From the contract that an operation of ours names, such as `ticket@1`, to the major of today. */
export function lensOfContract(contract: string): Lens | undefined {
  const at = contract.indexOf("@");
  const [family, major] = [contract.slice(0, at), Number(contract.slice(at + 1))];
  return isFamily(family) ? lensUp(family, major, majorOf(family)) : undefined;
}
