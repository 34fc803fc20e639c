import { expect, test } from "vitest";
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { EngineerId, TicketId } from "../../contracts/ids.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { scenarioOf } from "../sim/cast.ts";
import { drawCrowd, MORNING } from "../sim/crowd.ts";
import { startRandom } from "../sim/random.ts";
import { startWorld } from "../sim/world.ts";
import { whyNot } from "./why-not.ts";

const SCENARIO = scenarioOf(pumpVibration, { connectors: {} });
const HOUR_MS = 3_600_000;

/** A crowd of whom many are away, will be, have breaks ahead, or are known to be somewhere on their way. */
function drawDay(seed: number): readonly Change[] {
  const random = startRandom(seed);
  const { changes } = drawCrowd(seed, SCENARIO, { engineers: 8, tickets: 14, waiting: 4 });
  return changes.flatMap((change): Change[] => {
    if (change.family === "ticket" && change.after?.state === "open" && random.chance(0.3)) {
      const asked = changes.flatMap((one) => (one.family === "engineer" && random.chance(0.2) ? [one.id as EngineerId] : []));
      return [{ ...change, after: { ...change.after, asked } }];
    }
    if (change.family !== "engineer" || change.after === null) return [change];
    const away = MORNING + random.between(-60, 300) * 60_000;
    const after = {
      ...change.after,
      locatable: random.chance(0.5),
      ...(random.chance(0.5) ? { absences: [{ from: away, until: away + random.between(1, 5) * HOUR_MS }] } : {}),
      ...(random.chance(0.4)
        ? {
            breaks: [
              { from: 690, to: 700, minutes: 60 },
              { from: 1_200, to: 1_230, minutes: 30 },
            ],
          }
        : {}),
      ...(random.chance(0.4) ? { shifts: [{ days: [1], from: 360, to: 600 + random.between(1, 8) * 30 }] } : {}),
      ...(random.chance(0.15) ? { shifts: [] } : {}),
      ...(random.chance(0.3) ? { overtimeMin: 0 } : {}),
    };
    const place = { lat: after.home.lat + 0.2, lon: after.home.lon };
    return [{ ...change, after }, ...(after.locatable ? [{ family: "position", id: after.id, after: { id: after.id, at: MORNING, place } } as const] : [])];
  });
}

/** What somebody would do about it, done to the records; null for what stands in none. */
function done(view: UnitView, ticket: TicketId, who: EngineerId, what: WhatIf): Change | null {
  const engineer = view.get("engineer", who);
  const wanted = view.get("ticket", ticket);
  if (engineer === undefined || wanted === undefined) throw new Error("nobody");
  const { absences: _away, territory: _areas, ...plain } = engineer;
  const be = (after: typeof engineer): Change => ({ family: "engineer", id: who, after });
  switch (what.change) {
    case "shift-until":
    case "on-shift":
      return be({ ...engineer, extraShifts: [{ from: MORNING, until: what.until, kind: "duty" }] });
    case "present":
      return be({ ...plain, ...(engineer.territory === undefined ? {} : { territory: engineer.territory }) });
    case "territory":
      return be({ ...plain, ...(engineer.absences === undefined ? {} : { absences: engineer.absences }) });
    case "skill":
      return be({ ...engineer, skills: [...engineer.skills, what.skill] });
    case "break-moved":
      return be({ ...engineer, breaks: (engineer.breaks ?? []).map((one) => ({ ...one, from: 0, to: 1_440 })) });
    case "not-asked-yet":
      return { family: "ticket", id: ticket, after: { ...wanted, asked: wanted.asked.filter((one) => one !== who) } };
    case "priority":
      return { family: "ticket", id: ticket, after: { ...wanted, priority: what.priority } };
    case "job-gone":
      return { family: "ticket", id: what.ticket, after: inNobodysHands(view.get("ticket", what.ticket)) };
    case "preferred": {
      const asset = view.get("asset", wanted.asset);
      return asset === undefined ? null : { family: "asset", id: asset.id, after: { ...asset, preferred: [...(asset.preferred ?? []), who] } };
    }
    case "closer":
    case "part":
    case "offer-answered":
      return null;
  }
}

function inNobodysHands(ticket: Ticket | undefined): Ticket {
  const hands = new Set(["to", "offer", "acceptedAt", "leftAt", "arrivedAt", "helpers"]);
  return Ticket.parse({ ...Object.fromEntries(Object.entries(ticket ?? {}).filter(([attr]) => !hands.has(attr))), state: "open" });
}

test("P13 what is answered, done to the records of the engineer and the ticket, does have them chosen", () => {
  const tried = new Map<string, number>();
  for (let seed = 1; seed <= 30; seed++) {
    const changes = drawDay(seed);
    const { view } = startWorld(SCENARIO, changes);
    for (const { id } of view.list("ticket", { state: "open" }).slice(0, 3)) {
      for (const { id: who } of view.list("engineer")) {
        const answer = whyNot(view, id, who, MORNING);
        if (isRefusal(answer)) throw new Error(answer.rule);
        if (answer.outcome !== "change") continue;
        for (const what of [answer.what, ...answer.others]) {
          const change = done(view, id, who, what);
          if (change === null) continue;
          tried.set(what.change, (tried.get(what.change) ?? 0) + 1);
          const { view: then } = startWorld(SCENARIO, [...changes, change]);
          expect(whyNot(then, id, who, MORNING), `${seed} ${id} ${who} ${JSON.stringify(what)}`).toMatchObject({ outcome: "would-be-chosen" });
        }
      }
    }
  }
  for (const change of ["present", "shift-until", "on-shift", "job-gone", "not-asked-yet", "skill", "territory", "break-moved"])
    expect(tried.get(change) ?? 0, `${change} of ${JSON.stringify([...tried])}`).toBeGreaterThan(0);
});
