import { expect, test } from "vitest";
import type { Answer } from "../../../contracts/effect.ts";
import type { Engineer } from "../../../contracts/engineer.ts";
import { EngineerId } from "../../../contracts/ids.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { Plan } from "../../../contracts/plan.ts";
import type { Travel } from "../../../contracts/travel.ts";
import { onHeard, onVerdicts } from "../../journey.ts";
import { commit } from "../../sim/world.ts";
import { accept, engineer, PLACE, scenarioOf, stage, verdict } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { POSITION_KEEP_MS } from "../position.ts";
import { readFacts } from "../facts.ts";
import { planOf } from "../plan.ts";
import { greatCircle } from "../travel.ts";
import { cellOf } from "./grid.ts";
import { needOf } from "./need.ts";

const BY = EngineerId.parse("li-wei");
const HOUR_MS = 3_600_000;
const here = (at: number): Answer => ({ type: "position", by: BY, place: { lat: PLACE.lat + 0.5, lon: PLACE.lon }, at });
const open = (more: Partial<Record<keyof Engineer, unknown>> = {}) => stage(scenarioOf(pumpVibration), [engineer(BY, 1, more)]);

test("TV12 a position is forgotten eight hours after it was told, on a shift that never ends too", () => {
  const set = open();
  set.say(START, here(START));
  expect(set.world.kept.timers[`position:${BY}`]).toEqual({ at: START + POSITION_KEEP_MS, due: { type: "position-ends", engineer: BY } });
  set.say(START + HOUR_MS, here(START + HOUR_MS));
  expect(set.world.kept.timers[`position:${BY}`]?.at).toBe(START + HOUR_MS + POSITION_KEEP_MS);
  set.due(START + HOUR_MS + POSITION_KEEP_MS, { type: "position-ends", engineer: BY });
  expect(set.all("position")).toEqual([]);
  set.say(START + 20 * HOUR_MS, here(START + 2 * HOUR_MS));
  expect(set.all("position")).toEqual([]);
});

test("TV12 whoever goes away is forgotten at once, whoever will at that time", () => {
  const set = open();
  set.say(START, here(START));
  set.say(START + 1, { type: "absent", engineer: BY, by: "desk", from: START + HOUR_MS, until: START + 2 * HOUR_MS });
  expect(set.all("position")).toHaveLength(1);
  expect(set.world.kept.timers[`position:${BY}`]?.at).toBe(START + HOUR_MS);
  set.say(START + 2, { type: "absent", engineer: BY, by: "desk", from: START, until: START + HOUR_MS });
  expect(set.all("position")).toEqual([]);
  expect(set.world.kept.timers).toEqual({});
});

test("TV12 who does not agree any more, by word of the hub, is forgotten at once", () => {
  const set = open();
  set.say(START, here(START));
  const [before] = set.all("engineer");
  if (before === undefined) throw new Error("nobody");
  commit(set.world, { changes: [{ family: "engineer", id: BY, after: { ...before, locatable: false } }], asks: [], timers: [], because: [] });
  commit(set.world, onHeard(set.world.view, [{ entity: "engineer", id: BY, attr: "locatable", actor: "crm" } as never], START + 1, set.world.newId));
  expect(set.all("position")).toEqual([]);
});

test.each(["assigned", "travelling"] as const)(
  "TV13 a job that is %s is reached somehow, though the server says that there is no way; another one is not offered",
  (state) => {
    const set = stage(scenarioOf(pumpVibration), [engineer(BY, 1)]);
    set.hear(START, verdict());
    const offer = set.openOffer();
    set.say(START + 1, accept(offer));
    if (state === "travelling") set.say(START + 2, { type: "progress", ticket: offer.ticket, by: BY, to: state });
    const plain = greatCircle(set.world.view.scenario.dispatch);
    const travel: Travel = {
      leg: (from, to) => ({ ...plain.leg(from, to), ms: Infinity, otherwiseMs: plain.leg(from, to).ms, source: "osrm" }),
    };
    const view = { ...set.world.view, travel };
    const plan = Plan.parse(planOf(view, START + 60_000));
    expect(plan.tours[0]?.stops).toMatchObject([{ ticket: offer.ticket, travelMs: plain.leg(set.all("engineer")[0]?.home ?? PLACE, PLACE).ms }]);
    const other = onVerdicts({ ...stage(scenarioOf(pumpVibration), [engineer(BY, 1)]).world.view, travel }, [verdict()], START, set.world.newId);
    expect(other.changes.some(({ family }) => family === "offer")).toBe(false);
  },
);

test("TV10 asked about are places of who is there, of what waits and may fail; nobody's who is off for long", () => {
  const set = stage(scenarioOf(pumpVibration), [
    engineer(BY, 1),
    engineer("off", 30, { shifts: [{ days: [7], from: 0, to: 60 }] }),
    engineer("soon", 50, { shifts: [{ days: [1], from: 9 * 60, to: 600 }] }),
  ]);
  set.say(START, here(START));
  const { active, ahead } = needOf(set.world.view, readFacts(set.world.view, START));
  const homes = set.all("engineer").map(({ home }) => cellOf(home));
  expect(new Set(active)).toEqual(new Set([cellOf({ lat: PLACE.lat + 0.5, lon: PLACE.lon }), ...homes.filter((_, i) => set.all("engineer")[i]?.id !== "off")]));
  expect(ahead).toEqual([cellOf(PLACE)]);
  const nobody = stage(scenarioOf(pumpVibration), []);
  expect(needOf(nobody.world.view, readFacts(nobody.world.view, START))).toEqual({ active: [], ahead: [] });
});
