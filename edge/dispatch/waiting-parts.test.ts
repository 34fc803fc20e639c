import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Movement } from "../../contracts/stock.ts";
import { onMovements } from "../journey/stock.ts";
import { engineer, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";

const PARTS = ["BRG-6308", "SEAL-45", "GREASE-EP2"];
/** At START it is evening at the site. */
const SHIFT = { days: [1, 2, 3, 4, 5, 6, 7], from: 60, to: 61 };
const scenario = scenarioOf(pumpVibration, { connectors: {} });

function receive({ world }: Stage, place: string, parts: readonly string[], at: number): readonly unknown[] {
  const movements = parts.map((part) => Movement.parse({ id: `${place}-${part}-${at}`, at, by: "desk", place, part, type: "receive", quantity: 5 }));
  const decided = onMovements(world.view, movements, "desk", at);
  if (isRefusal(decided)) throw new Error(decided.rule);
  commit(world, decided);
  return decided.timers;
}

test("P27 a job that waits for parts is tried again when they are booked in, and nobody without them is waited for", () => {
  const set = stage(scenario, [engineer("near", 1), engineer("later", 2, { shifts: [SHIFT] })]);
  receive(set, "van:elsewhere", PARTS, START);
  set.hear(START, verdict());
  const ticket = set.only("ticket");
  expect(ticket).toMatchObject({ state: "open", escalatedAt: START });
  expect(set.world.kept.timers[`dispatch:${ticket.id}`]).toBeUndefined();
  expect(receive(set, "van:near", ["FAN-132"], START + 1)).toEqual([]);
  expect(receive(set, "van:near", PARTS, START + 2)).toEqual([
    { set: `dispatch:${ticket.id}`, at: START + 2, due: { type: "dispatch-again", ticket: ticket.id } },
  ]);
  set.due(START + 2, { type: "dispatch-again", ticket: ticket.id });
  expect(set.openOffer()).toMatchObject({ engineer: "near" });
});

test("P27 somebody off shift who has the parts is waited for", () => {
  const set = stage(scenario, [engineer("near", 1), engineer("later", 2, { shifts: [SHIFT] })]);
  receive(set, "van:later", PARTS, START);
  set.hear(START, verdict());
  const due = set.world.kept.timers[`dispatch:${set.only("ticket").id}`];
  expect(due?.at).toBeGreaterThan(START);
});
