/** Who is called at home, and for what: asked of dispatch itself. */
import { expect, test } from "vitest";
import type { Engineer } from "../../contracts/engineer.ts";
import type { TicketId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Priority } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, scenarioOf, stage, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { startRandom } from "../sim/random.ts";
import { commit } from "../sim/world.ts";
import { FIRST_RESPONSE_MS } from "./call.ts";
import { acceptShifts, proposeRoster } from "./roster/unit-roster.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const scenario = scenarioOf(pumpVibration, { connectors: {} });
const daily = (from: number, to: number) => [{ days: [1, 2, 3, 4, 5, 6, 7], from: from * 60, to: to * 60 }];
const call = (from: number, until: number) => ({ shifts: [], extraShifts: [{ from: START + from * HOUR, until: START + until * HOUR, kind: "on-call" }] });

function opened(people: readonly Engineer[], priority: Priority, at = START): Stage {
  const set = stage(scenario, people);
  const said = set.say(at, {
    type: "open",
    ticket: "job" as TicketId,
    by: "desk",
    asset: "pump" as never,
    words: "x",
    faultMode: "loosening" as never,
    priority,
  });
  if (isRefusal(said)) throw new Error(said.rule);
  return set;
}
/** Lets timers run until somebody is asked; when that was, or null where nobody was within `ms`. */
function askedAt(set: Stage, from: number, ms: number): number | null {
  const { timers } = set.world.kept;
  for (;;) {
    const [offer] = set.all("offer");
    if (offer !== undefined) return offer.madeAt;
    const [next] = Object.entries(timers).toSorted(([, a], [, b]) => a.at - b.at);
    if (next === undefined || next[1].at > from + ms) return null;
    delete (timers as Record<string, unknown>)[next[0]];
    set.due(next[1].at, next[1].due);
  }
}
const whom = (set: Stage): readonly string[] => set.all("offer").map((one) => one.engineer);

test.each(["p2", "p3"] as const)(
  "P25 an ordinary job (%s) waits for whoever comes to work in time, and is whoever's on call otherwise, at once",
  (priority) => {
    expect(whom(opened([engineer("home", 1, call(-1, 3)), engineer("early", 2, { shifts: daily(11, 19) })], priority))).toEqual([]);
    const late = opened([engineer("home", 1, call(-1, 12)), engineer("late", 2, { shifts: daily(17, 23) })], priority);
    expect(whom(late)).toEqual(["home"]);
    expect(isRefusal(late.say(START + 1, accept(late.openOffer())))).toBe(false);
  },
);

test("P25 whoever is at work goes, whoever is on call stays at home; and not where they are full, away or do not go there", () => {
  const home = engineer("home", 1, call(-1, 12));
  const out = (more: object) => whom(opened([home, engineer("out", 30, more)], "p3"));
  expect(out({})).toEqual(["out"]);
  expect(out({ shifts: daily(8, 9), overtimeMin: 0 })).toEqual(["home"]);
  expect(out({ absences: [{ from: START, until: START + DAY }] })).toEqual(["home"]);
  expect(out({ territory: [{ center: { lat: 0, lon: 0 }, radiusM: 1_000 }] })).toEqual(["home"]);
  expect(out({ skills: ["electrical"] })).toEqual(["home"]);
});

test("P25 a call that begins later is waited for, where nobody at work would come in time", () => {
  const people = [engineer("home", 1, call(2, 12)), engineer("late", 2, { shifts: daily(20, 23) })];
  expect(askedAt(opened(people, "p3"), START, DAY)).toBe(START + 2 * HOUR);
  const soon = [engineer("home", 1, call(2, 12)), engineer("soon", 2, { shifts: daily(14, 23) })];
  expect(askedAt(opened(soon, "p3"), START, DAY)).toBe(START + 6 * HOUR);
});

const office = [{ days: [1, 2, 3, 4, 5], from: 480, to: 960 }];
const around = ["Asia/Shanghai", "Europe/Berlin", "America/New_York"];
test.each([
  ["on call around an office week", [1, 2, 3, 4, 5].map((n) => engineer(`e${n}`, n, { shifts: office, roster: { onCall: true } }))],
  [
    "around the world, with nothing on the roster yet",
    around.flatMap((timeZone, i) => [1, 2].map((n) => engineer(`e${i}${n}`, n, { shifts: [], roster: { timeZone } }))),
  ],
  [
    "one of six is away for half a week",
    [1, 2, 3, 4, 5, 6].map((n) =>
      engineer(`e${n}`, n, { shifts: office, roster: { onCall: true }, ...(n === 1 ? { absences: [{ from: START + 3 * DAY, until: START + 7 * DAY }] } : {}) }),
    ),
  ],
])("RO20 any job at any hour that the roster says is answered is somebody's within eight hours, as dispatch has it: %s", (_what, people) => {
  const set = stage(scenario, people);
  const steps = proposeRoster(set.world.view, 14, START);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  const roster = step.value;
  if (isRefusal(roster)) throw new Error(roster.rule);
  expect(roster.before.gaps.length).toBeGreaterThan(0);
  expect(roster.after.gaps).toEqual([]);
  const taken = acceptShifts(set.world.view, { shifts: roster.proposals.map(({ id: _id, ...shift }) => shift) }, "desk", START);
  if (isRefusal(taken)) throw new Error(taken.rule);
  commit(set.world, taken);
  const staff = set.all("engineer");
  const random = startRandom(7);
  let kept = 0;
  for (let n = 0; n < 90; n++) {
    const at = roster.from + Math.floor(random.next() * (roster.until - roster.from));
    const priority = random.pick(["p1", "p2", "p3"] as const);
    const one = stage(scenario, staff);
    const faultMode = random.pick(["bearing-wear", "cavitation", "loosening"]) as never;
    one.say(at, { type: "open", ticket: "job" as TicketId, by: "desk", asset: "pump" as never, words: "x", faultMode, priority });
    const asked = askedAt(one, at, 5 * DAY);
    expect
      .soft([
        priority,
        faultMode,
        new Date(at).toISOString(),
        asked === null ? null : (asked - at) / HOUR <= FIRST_RESPONSE_MS / HOUR ? "in time" : (asked - at) / HOUR,
      ])
      .toEqual([priority, faultMode, new Date(at).toISOString(), "in time"]);
    const [offer] = one.all("offer");
    if (offer !== undefined && asked !== null && !isRefusal(one.say(asked + 1, accept(offer)))) kept++;
  }
  expect(kept).toBe(90);
});
