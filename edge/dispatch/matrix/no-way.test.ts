/** Nobody can get there, as a routing server says: what the desk is told. */
import { expect, test } from "vitest";
import type { UnitView } from "../../../contracts/entity.ts";
import type { Travel } from "../../../contracts/travel.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { engineer, PLACE, scenarioOf, stage, verdict } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { commit } from "../../sim/world.ts";
import { choose } from "../offer.ts";

/** To the pump nobody has a way; homes are joined. */
const NO_WAY: Travel = {
  leg: (_, to) => ({ ms: to.lat === PLACE.lat ? Infinity : 60_000, m: 1_000, source: "osrm", ageMs: 0, otherwiseMs: 120_000 }),
};
const AWAY = [{ center: { lat: 0, lon: 0 }, radiusM: 1_000 }];

function asked(...crew: Parameters<typeof engineer>[]): ReturnType<typeof choose> {
  const made = stage(scenarioOf(pumpVibration, { connectors: {} }), []);
  made.hear(START, verdict());
  const changes = crew.map((one) => engineer(...one)).map((after) => ({ family: "engineer", id: after.id, after }) as const);
  commit(made.world, { changes, asks: [], timers: [], because: [] });
  const view: UnitView = { ...made.world.view, travel: NO_WAY };
  return choose(view, made.only("ticket"), START, () => "id");
}

test("TV15 where every way is unreachable a person is told that, whoever else is kept by something else", () => {
  expect(asked(["a", 1], ["b", 2])).toMatchObject({ outcome: "nobody", code: "no-way", escalate: true });
  expect(asked(["a", 1, { territory: AWAY }], ["b", 2])).toMatchObject({ outcome: "nobody", code: "no-way" });
  expect(asked(["a", 1], ["b", 2, { territory: AWAY }])).toMatchObject({ outcome: "nobody", code: "no-way" });
  expect(asked(["a", 1, { territory: AWAY }], ["b", 2, { skills: ["painting"] }])).toMatchObject({ outcome: "nobody", code: "no-territory" });
});
