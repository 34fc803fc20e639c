/** Engineers who accept, and then are not heard of. */
import { expect, test } from "vitest";
import type { EngineerId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, confirm, engineer, PLACE, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { startRandom } from "../sim/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const base = scenarioOf(pumpVibration, { connectors: {} });
const GONE = "gone" as EngineerId;

/** Timers as they come due, and whoever else is asked says yes. */
function run(set: Stage, until: number): void {
  const timers: Record<string, (typeof set.world.kept.timers)[string]> = set.world.kept.timers;
  for (;;) {
    const offer = set.world.view.list("offer", { state: "open" })[0];
    if (offer !== undefined && offer.engineer !== GONE) set.say(offer.madeAt + 1, accept(offer));
    const [next] = Object.entries(timers).toSorted(([, a], [, b]) => a.at - b.at);
    if (next === undefined || next[1].at > until) return;
    delete timers[next[0]];
    set.due(next[1].at, next[1].due);
  }
}

function accepted(offer: "act" | "confirm" = "act", km = 1): Stage {
  const set = stage({ ...base, autonomy: { ...base.autonomy, offer } }, [engineer("gone", km), engineer("there", 40)]);
  set.hear(START, verdict());
  if (offer === "confirm") set.say(START, confirm(set.only("ticket").id));
  const said = set.say(START + MINUTE, accept(set.openOffer()));
  if (isRefusal(said)) throw new Error(said.rule);
  return set;
}
const progress = (set: Stage, at: number, to: "travelling" | "working"): unknown =>
  set.say(at, { type: "progress", ticket: set.only("ticket").id, by: GONE, to });
const told = ({ world }: Stage, ...codes: readonly string[]): readonly unknown[] =>
  world.kept.decisions
    .filter(({ reasons: [why] }) => codes.includes(why?.code ?? "") && why?.about["engineer"] === GONE)
    .map(({ step, outcome }) => `${step} ${outcome}`);

test("P28 whoever accepts and does not set out is told to the desk once; half an hour later the job is whoever's there", () => {
  const set = accepted();
  set.say(START + 2 * MINUTE, { type: "position", by: GONE, place: PLACE, at: START + 2 * MINUTE });
  run(set, START + 50 * MINUTE);
  expect(told(set, "not-set-out")).toEqual(["escalation at-risk"]);
  expect(set.only("ticket")).toMatchObject({ state: "assigned", to: "gone" });
  expect(set.world.kept.decisions.findLast(({ outcome }) => outcome === "at-risk")?.reasons[0]?.about).toMatchObject({
    engineer: "gone",
    positionAgeMs: expect.any(Number),
  });
  run(set, START + 24 * HOUR);
  expect(told(set, "not-set-out")).toEqual(["escalation at-risk", "offer given-away"]);
  expect(set.all("offer").map(({ engineer: id, state }) => [id, state])).toContainEqual(["there", "accepted"]);
});

test("P28 a trip that does not end: the same, and whoever is seen on the road is on the road", () => {
  const set = accepted();
  progress(set, START + 2 * MINUTE, "travelling");
  run(set, START + 3 * HOUR);
  expect(told(set, "not-arrived")).toEqual(["escalation at-risk", "offer given-away"]);
  expect(set.only("ticket")).toMatchObject({ to: "there" });
  const seen = accepted();
  progress(seen, START + 2 * MINUTE, "travelling");
  for (let at = START + 5 * MINUTE; at < START + 3 * HOUR; at += 5 * MINUTE) {
    seen.say(at, { type: "position", by: GONE, place: { ...PLACE, lat: PLACE.lat + 0.1 }, at });
    run(seen, at);
  }
  expect(told(seen, "not-arrived")).toEqual([]);
  expect(seen.only("ticket")).toMatchObject({ state: "travelling", to: "gone" });
});

test("P28 P7 where a person has the say on offers, the desk is told who could come, once, and the job stays", () => {
  const set = accepted("confirm");
  run(set, START + 24 * HOUR);
  expect(told(set, "not-set-out")).toEqual(["escalation at-risk", "escalation at-risk"]);
  expect(set.world.kept.decisions.findLast(({ reasons }) => reasons[0]?.code === "not-set-out")?.reasons[0]?.about).toMatchObject({ better: "there" });
  expect(set.only("ticket")).toMatchObject({ state: "assigned", to: "gone" });
});

test("P28 whoever is heard of keeps the job, and the desk has been told; a word of theirs counts", () => {
  const set = accepted();
  for (let at = START + 2 * MINUTE; at < START + 2 * HOUR; at += 5 * MINUTE) {
    set.say(at, { type: "position", by: GONE, place: PLACE, at });
    run(set, at);
  }
  expect(told(set, "not-set-out")).toEqual(["escalation at-risk"]);
  expect(set.only("ticket")).toMatchObject({ to: "gone" });
  const late = accepted();
  late.say(START + 5 * MINUTE, { type: "late", ticket: late.only("ticket").id, by: GONE, arriveAt: START + 90 * MINUTE });
  run(late, START + 100 * MINUTE);
  expect(told(late, "not-set-out")).toEqual([]);
});

test("P28 P15 silent at work: told at a quarter, and each time that it is over by twice as much", () => {
  const set = accepted();
  progress(set, START + 3 * MINUTE, "working");
  run(set, START + 72 * HOUR);
  const overruns = set.world.kept.decisions.filter(({ outcome }) => outcome === "overruns");
  expect(overruns.map(({ at }) => Math.round((at - START - 3 * MINUTE) / MINUTE - 120))).toEqual([30, 60, 120, 240, 480, 960, 1_920, 3_840]);
  expect(set.only("ticket")).toMatchObject({ state: "working", to: "gone" });
});

test("P28 whenever and wherever somebody vanishes, the job is somebody else's within a trip and an hour and a half, and nobody who goes on loses it", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = startRandom(seed);
    const set = accepted("act", random.between(1, 30));
    const vanishes = random.chance(0.6);
    const leavesAt = START + random.between(2, 25) * MINUTE;
    const isOnTheWay = random.chance(0.5);
    const trip = set.all("offer")[0]?.because.travelMs ?? 0;
    run(set, leavesAt);
    if (isOnTheWay || !vanishes) progress(set, leavesAt, "travelling");
    if (!vanishes) {
      run(set, leavesAt + 1.5 * trip);
      progress(set, leavesAt + 1.5 * trip, "working");
    }
    run(set, leavesAt + 90 * MINUTE + 2 * trip);
    expect(set.only("ticket"), `seed ${seed}`).toMatchObject({ to: vanishes ? "there" : "gone" });
    expect(told(set, "not-set-out", "not-arrived").length, `seed ${seed}`).toBe(vanishes ? 2 : 0);
  }
});
