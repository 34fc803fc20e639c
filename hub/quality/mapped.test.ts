import { expect, test } from "vitest";
import { Bridge, type BridgeInput } from "../bridge/bridge.ts";
import { salesforce } from "../bridge/packs/salesforce.ts";
import { isMapped, mappingsOf } from "./mapped.ts";

const bridgeOf = (fields: BridgeInput["fields"], over: Partial<BridgeInput> = {}): Bridge =>
  Bridge.parse({ id: "erp-meter", version: 1, system: "erp", ours: { subject: "meter", major: 1 }, theirs: { object: "Meter" }, fields, ...over });
const state = (...pairs: readonly (readonly [string, "both" | "out" | "in"])[]) => ({
  rule: "state" as const,
  pairs: pairs.map(([ours, way]) => ({ ours, theirs: ours, way, relation: "equivalent" as const })),
});

test("Q22 what a bridge lists outwards, or leaves out by name, has a counterpart; what only comes in has none", () => {
  const bridge = bridgeOf(
    [
      { ours: "state", theirs: "Status", by: state(["on", "both"], ["off", "out"], ["gone", "in"]) },
      { ours: "kind", theirs: "Kind", by: { rule: "look-up", pairs: [{ ours: 3, theirs: "C" }] } },
      { ours: "size", theirs: "Size", by: { rule: "look-up", pairs: [{ ours: "s", theirs: "S" }], otherwise: { theirs: "?" } } },
      { ours: "heard", theirs: "Heard", way: "in", by: { rule: "look-up", pairs: [{ ours: "s", theirs: "S" }] } },
      { ours: "place.zone", theirs: "Zone", by: { rule: "look-up", pairs: [{ ours: "s", theirs: "S" }] } },
      { ours: "reading", theirs: "Reading", by: { rule: "same" } },
    ],
    { only: { attr: "state", values: ["on", "off"], not: ["lost"] } },
  );
  expect(mappingsOf(bridge)).toEqual([
    { bridge: "erp-meter", subject: "meter", attr: "state", mapped: ['"on"', '"off"', '"lost"'] },
    { bridge: "erp-meter", subject: "meter", attr: "kind", mapped: ["3"] },
  ]);
});

test("Q22 a value must have a counterpart across every bridge; no value, and no bridge, asks for none", () => {
  const [one, two] = [new Set(['"on"', '"off"', "3"]), new Set(['"on"'])];
  expect([isMapped([one, two], "on"), isMapped([one, two], "off"), isMapped([one], 3), isMapped([one], "3")]).toEqual([true, false, true, false]);
  expect([isMapped([], "x"), isMapped([two], null), isMapped([two], undefined)]).toEqual([true, true, true]);
});

test("Q22 every state of a ticket has a counterpart in the ready packs", () => {
  const tickets = salesforce.bridges.flatMap(mappingsOf).filter(({ subject, attr }) => subject === "ticket" && attr === "state");
  expect(tickets.length).toBeGreaterThan(0);
  for (const { mapped } of tickets) for (const value of ["open", "assigned", "resolved", "cancelled"]) expect(mapped).toContain(JSON.stringify(value));
});
