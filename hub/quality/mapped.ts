/** Which values of a contract have a counterpart in another system, as a published bridge says. */
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { type Bridge, goesOut } from "../bridge/bridge.ts";

/** `mapped`: values of an attribute that cross the bridge, or are left out by name, as canonical JSON. */
export type Mapping = { readonly bridge: string; readonly subject: string; readonly attr: string; readonly mapped: readonly string[] };

/** Of each whole attribute whose values the bridge lists: states, and tables without an "otherwise". What lies within an attribute is not looked at. */
export function mappingsOf(bridge: Bridge): readonly Mapping[] {
  const { only } = bridge;
  return bridge.fields.filter(goesOut).flatMap(({ ours, by }): readonly Mapping[] => {
    const listed = by.rule === "state" || (by.rule === "look-up" && by.otherwise?.theirs === undefined);
    if (!listed || ours === bridge.each || /[./]/.test(ours)) return [];
    const values = by.pairs.filter(goesOut).map((pair) => pair.ours);
    const left = only?.attr === ours ? only.not : [];
    return [{ bridge: bridge.id, subject: bridge.ours.subject, attr: ours, mapped: [...new Set([...values, ...left].map((value) => canonical(value)))] }];
  });
}

/** Whether each bridge has a counterpart for a value. No value needs none. */
export function isMapped(bridges: readonly ReadonlySet<string>[], value: Json | undefined): boolean {
  if (value === undefined || value === null || bridges.length === 0) return true;
  const text = canonical(value);
  return bridges.every((mapped) => mapped.has(text));
}
