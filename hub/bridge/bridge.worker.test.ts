/** The library that reads expressions, and the one that reads instants, on the real runtime, which forbids to generate code. */
import { expect, test } from "vitest";
import { contractOf } from "../../contracts/contract.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { check, publishable } from "./check.ts";
import { dynamics365 } from "./packs/dynamics365.ts";
import { samplesOf } from "./sample.ts";
import { toTheirs } from "./translate.ts";

test("B8 a pack is checked and evaluated in workerd", () => {
  const contracts = [contractOf("ticket"), contractOf("asset")];
  const [bridge] = dynamics365.bridges;
  const [ticket] = contracts;
  if (bridge === undefined || ticket === undefined) throw new Error("the pack is empty");
  expect(publishable(check(bridge, ticket, dynamics365.objects[bridge.theirs.object], contracts))).toBe(true);
  const made = samplesOf(ticket.schema).map((entity) => toTheirs(bridge, entity));
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter(isRefusal)).toEqual([]);
});
