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
export const LENSES: Lenses = {};

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
