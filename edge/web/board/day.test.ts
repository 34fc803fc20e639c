import { expect, test } from "vitest";
import { PlanView } from "../../../contracts/plan.ts";
import { nearTimeOf } from "../figures.ts";
import { ENGINEERS } from "../fixture/plant.ts";
import { rowsOf } from "./day.ts";

const HOUR_MS = 3_600_000;
const AT = Date.UTC(2026, 2, 27, 10);
const span = (from: number, until: number) => ({ from: AT + from * HOUR_MS, until: AT + until * HOUR_MS });

test("W53 whoever has a job stands first, then who is there, off or on call, and away; a shift without an end has none", () => {
  const stop = { ticket: "gone", hold: "accepted", startAt: AT, endAt: AT + HOUR_MS, travelMs: 0, distanceM: 0, respondBy: AT };
  const plan = PlanView.parse({
    version: "1",
    at: AT,
    travel: { source: "great-circle" },
    tours: [{ engineer: "zhao-lei", freeAt: AT, stops: [stop], breaks: [], endAt: AT, overtimeMs: 60_000 }],
    waiting: [],
    moves: [],
    duties: [
      { engineer: "chen-jie", spans: [span(-2, 4)], away: [span(-1, 1)] },
      { engineer: "li-wei", spans: [span(-8, -1), span(14, 22)], away: [] },
      { engineer: "ma-li", spans: [{ ...span(-1, 6), onCall: true }, span(6, 14)], away: [] },
      { engineer: "sun-yan", spans: [span(-36, 36)], away: [] },
      { engineer: "wang-fang", spans: [span(-2, 4)], away: [span(2, 3)] },
      { engineer: "zhao-lei", spans: [], away: [] },
    ],
  });
  const rows = rowsOf(plan, { engineers: ENGINEERS, tickets: [], assets: [] });
  expect(rows.map(({ engineer, presence }) => [engineer, presence.state, presence.until === undefined ? null : (presence.until - AT) / HOUR_MS])).toEqual([
    ["zhao-lei", "off", null],
    ["sun-yan", "on", null],
    ["wang-fang", "on", 4],
    ["ma-li", "on-call", 6],
    ["li-wei", "off", 14],
    ["chen-jie", "away", 1],
  ]);
  expect(rows.find(({ engineer }) => engineer === "ma-li")?.duty).toEqual([span(6, 14)]);
  expect(rows[0]).toMatchObject({ jobs: [{ asset: "gone", hold: "accepted" }], overtimeMs: 60_000 });
});

test("W53 an hour of another day says which", () => {
  const zone = "Asia/Shanghai";
  expect([nearTimeOf(AT, AT, zone, "en"), nearTimeOf(AT + 12 * HOUR_MS, AT, zone, "en"), nearTimeOf(AT + 12 * HOUR_MS, AT, zone, "zh")]).toEqual([
    "18:00",
    "Sat 06:00",
    "周六 06:00",
  ]);
});
