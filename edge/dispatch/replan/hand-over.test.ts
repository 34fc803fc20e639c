import { expect, test } from "vitest";
import { UNIT } from "../../../contracts/effect.ts";
import type { EngineerId } from "../../../contracts/ids.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { startDraft } from "../../decision/draft.ts";
import { accept, engineer, scenarioOf, stage, verdict } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { advance } from "../../ticket/ticket.ts";
import { moveStep } from "./hand-over.ts";

const MINUTE = 60_000;
/** As the crow flies, 40 km at 40 km/h: an hour and more. */
const [near, far] = [engineer("near", 1), engineer("far", 40)];

test.each([
  ["in time", 240 * MINUTE, UNIT, true],
  ["too late", 30 * MINUTE, UNIT, false],
  ["too late, and a person says so", 30 * MINUTE, "desk", true],
])("PL27 an accepted job that would come %s", (_what, respondMs, actor, moves) => {
  const sla = Object.fromEntries(Object.entries(pumpVibration.sla).map(([name, one]) => [name, { ...one, respondMs }])) as typeof pumpVibration.sla;
  const set = stage(scenarioOf(pumpVibration, { connectors: {}, sla }), [near, far]);
  set.hear(START, verdict());
  expect(set.openOffer().engineer).toBe("near");
  set.say(START + 1, accept(set.openOffer()));
  const ticket = set.only("ticket");
  if (ticket.state !== "assigned") throw new Error(ticket.state);
  const draft = startDraft(set.world.view, advance);
  const cause = { at: START + MINUTE, type: "proposal", ref: "v", actor, allows: "offer" } as const;
  expect(moveStep(draft, ticket, "far" as EngineerId, cause, set.world.newId)).toBe(moves);
  expect(draft.view.get("ticket", ticket.id)).toMatchObject(moves ? { state: "offered", to: "far" } : { state: "assigned", to: "near" });
});
