/** A job as it is opened, each tap on its way, and what it leaves behind. */
import { expect, test } from "vitest";
import type { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { REPORT, accept, engineer, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";

const repair = (n: number, more: object = {}) => ({
  id: `r${n}`,
  asset: "pump",
  faultMode: "bearing-wear",
  cause: "",
  action: "",
  parts: [],
  doneAt: n,
  ...more,
});

test("T8 a ticket carries the promise of its priority, the skills of its fault and the five latest repairs of its asset, newest first", () => {
  const { hear, only } = stage(scenarioOf(pumpVibration), [], [...[3, 1, 2, 7, 5, 6].map((n) => repair(n)), repair(9, { asset: "other" })]);
  hear(START, verdict());
  expect(only("ticket")).toMatchObject({
    priority: "p1",
    severity: "high",
    skills: ["mechanical", "bearings"],
    openedAt: START,
    respondBy: START + 2 * 3_600_000,
    resolveBy: START + 8 * 3_600_000,
  });
  expect(only("ticket").repairs.map(({ id }) => id)).toEqual(["r7", "r6", "r5", "r3", "r2"]);
});

test("T6 every tap may be repeated: the same result, no second change", () => {
  const { hear, say, only, all, openOffer } = stage(scenarioOf(pumpVibration), [engineer("anna", 1)]);
  hear(START, verdict());
  const offer = openOffer();
  const nothing = { changes: [], asks: [], timers: [], because: [] };
  const taps = [
    accept(offer),
    ...(["travelling", "working", "resolved"] as const).map((to) => ({ type: "progress", ticket: offer.ticket, by: offer.engineer, to, ...REPORT }) as const),
  ];
  taps.forEach((tap, i) => {
    say(START + i, tap);
    for (const again of taps.slice(0, i + 1)) {
      const repeated = say(START + 500_000, again);
      if (again === tap || again.type === "accept") expect(repeated).toEqual(nothing);
      else expect(repeated).toMatchObject({ refused: "wrong-state" });
    }
  });
  expect(only("ticket")).toMatchObject({ state: "resolved", acceptedAt: START, leftAt: START + 1, arrivedAt: START + 2, resolvedAt: START + 3 });
  expect(all("repair")).toHaveLength(1);
});

test("T11 what was resolved becomes the asset's history; the assignment stays, and the alarm until a verdict clears it", () => {
  const { hear, say, only, openOffer } = stage(scenarioOf(pumpVibration), [engineer("anna", 1)]);
  hear(START, verdict());
  const { ticket, engineer: by, id } = openOffer();
  say(START, accept(openOffer()));
  expect(only("assignment")).toEqual({ id: ticket, engineer: by, offer: id, acceptedAt: START });
  say(START + 1, { type: "progress", ticket, by, to: "working" });
  const parts = [{ part: "BRG-6308", quantity: 1 }] as Extract<Ticket, { state: "resolved" }>["partsUsed"];
  say(START + 2, { type: "progress", ticket, by, to: "resolved", cause: "worn", action: "replaced", partsUsed: parts, causeCode: "wear" });
  expect(only("repair")).toMatchObject({
    asset: "pump",
    ticket,
    faultMode: "bearing-wear",
    cause: "worn",
    action: "replaced",
    parts,
    engineer: by,
    doneAt: START + 2,
  });
  only("assignment");
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  expect(say(START, { type: "progress", ticket: "none" as typeof ticket, by, to: "working" })).toMatchObject({ refused: "unknown-ticket" });
});
