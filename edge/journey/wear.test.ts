import { expect, test } from "vitest";
import { Glances } from "../../contracts/board.ts";
import { Device } from "../../contracts/device.ts";
import { refuse } from "../../contracts/refusal.ts";
import { WearSeen } from "../../contracts/wear.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { nextAsk, onTelemetry, onWear } from "../journey.ts";
import { confirm, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { numbersOf } from "../verdict/fixtures/ask.ts";
import { passOver } from "./scoring.ts";
import { saveCourses, type SavedTracks, saveTracks } from "./saved.ts";
import { startTracks } from "./start.ts";
import type { Tracks } from "./track.ts";
import { glancesOf, wornIn } from "./view.ts";

const DAY_MS = 86_400_000;
const seen = (more: object = {}): WearSeen =>
  WearSeen.parse({
    device: "d1",
    asset: "pump",
    channel: "vibration.a.rms",
    days: 30,
    warnedAt: START,
    reachAt: START + 28 * DAY_MS,
    earliestAt: START + 22 * DAY_MS,
    latestAt: START + 40 * DAY_MS,
    ...more,
  });

function wearing(scenario = scenarioOf(pumpVibration)): Stage & { worn: (at: number, ...all: readonly WearSeen[]) => number } {
  const set = stage(scenario);
  return {
    ...set,
    worn: (at, ...all) => {
      const decided = onWear(set.world.view, all, at, set.world.newId);
      commit(set.world, decided);
      return decided.changes.length;
    },
  };
}

test("VP21 a course of wear is one job of low priority, due when it may meet its limit; its parts are laid aside and a person says when somebody goes", () => {
  const set = wearing();
  expect(set.worn(START, seen())).toBeGreaterThan(1);
  const due = START + 22 * DAY_MS;
  expect(set.only("ticket")).toMatchObject({
    state: "open",
    source: "wear",
    priority: "p3",
    severity: "low",
    needsPerson: true,
    respondBy: due,
    resolveBy: due,
  });
  expect(set.only("ticket")).toMatchObject({ faultMode: "bearing-wear", wear: { channel: "vibration.a.rms", stage: "plan", since: START } });
  expect(set.only("ticket")).not.toHaveProperty("sla");
  expect([set.only("kit").lines.length > 0, set.all("offer"), set.all("alarm")]).toEqual([true, [], []]);
  // It is told four times a day and more: nothing is new.
  for (let i = 1; i < 5; i++) expect(set.worn(START + i, seen({ reachAt: START + 28 * DAY_MS + i * 3_600_000 }))).toBe(0);
  set.say(START + 9, confirm(set.only("ticket").id));
  expect(set.only("ticket").state).toBe("offered");
});

test("VP21 a fortnight ahead somebody is asked; a forecast that has moved by a day moves the day that it is due", () => {
  const set = wearing();
  set.worn(START, seen());
  const later = START + 15 * DAY_MS;
  set.worn(START + DAY_MS, seen({ earliestAt: START + 20 * DAY_MS, reachAt: START + 26 * DAY_MS }));
  expect(set.only("ticket").respondBy).toBe(START + 20 * DAY_MS);
  set.worn(later, seen({ days: 14, earliestAt: later + 9 * DAY_MS }));
  expect(set.only("ticket")).toMatchObject({ state: "offered", wear: { stage: "due" }, respondBy: later + 9 * DAY_MS });
  expect(set.only("ticket")).not.toHaveProperty("needsPerson");
});

test("VP21 a job that is over is not opened again for the same course, but for the next one; where a person opens jobs nobody is asked", () => {
  const set = wearing();
  set.worn(START, seen());
  set.say(START + 1, { type: "cancel", ticket: set.only("ticket").id, by: "desk", why: "replaced" });
  expect(set.worn(START + 2, seen({ days: 14 }))).toBe(0);
  set.worn(START + 90 * DAY_MS, seen({ warnedAt: START + 90 * DAY_MS, reachAt: START + 110 * DAY_MS, earliestAt: START + 100 * DAY_MS }));
  expect(set.all("ticket").map(({ state }) => state)).toEqual(["cancelled", "open"]);
  const asks = wearing(scenarioOf(pumpVibration, { autonomy: { ticket: "confirm", offer: "act", reserve: "act" } }));
  asks.worn(START, seen({ days: 14 }));
  expect(asks.only("ticket")).toMatchObject({ state: "open", needsPerson: true });
  expect(wearing().worn(START, seen({ asset: "gone" }))).toBe(0);
});

test("VP21 a course that was taken back and comes again goes on in the job that is planned", () => {
  const set = wearing();
  set.worn(START, seen());
  set.worn(START + 5 * DAY_MS, seen({ warnedAt: START + 5 * DAY_MS, reachAt: START + 33 * DAY_MS, earliestAt: START + 27 * DAY_MS }));
  expect(set.only("ticket")).toMatchObject({ wear: { since: START + 5 * DAY_MS }, respondBy: START + 27 * DAY_MS });
});

test("VP21 a fault that is there does not wait in the job that is planned: its alarm has a job of its own", () => {
  const set = wearing();
  set.worn(START, seen());
  set.hear(START + 1, verdict());
  expect(set.all("ticket").map(({ source, state }) => [source, state])).toEqual([
    ["wear", "open"],
    [undefined, "offered"],
  ]);
});

test("VP20 the fold follows what has a limit, over months and through checkpoints, without a model; pages and the unit hear of it", () => {
  const [pump] = pumpVibration.profiles;
  if (pump === undefined) throw new Error("no profile");
  const channels = pump.channels.map(({ limits: _own, ...channel }) => (channel.id === "pressure" ? { ...channel, limits: { tripHigh: 8 } } : channel));
  const scenario = { ...pumpVibration, profiles: [{ ...pump, channels }] };
  const flat = (value: number): number[] => channels.map(() => value);
  const baseline = { mean: flat(5), scale: flat(1), floor: flat(1), rows: 400, learntAt: START };
  const device = Device.parse({ id: "d1", asset: "pump", profile: pump.id, name: "d", addedAt: START, baseline });
  const plan = { unit: "plant", version: 1, scenario, devices: [device], openAccess: false };
  const model = verdict().model;
  const next = numbersOf(5);
  const hour = (tracks: Tracks, at: number): void => {
    const ts = START + at * 3_600_000;
    const row = Object.fromEntries(channels.map(({ id }) => [id, id === "pressure" ? 4 + (4 * at) / 24 / 60 + 0.2 * next() : 5 + next()]));
    onTelemetry(tracks, [{ device: "d1", payload: new TextEncoder().encode(JSON.stringify({ ts, channels: row })), arrivedAt: ts }]);
    for (let ask = nextAsk(tracks); ask !== null && ask.devices.length > 0; ask = nextAsk(tracks)) passOver(tracks, ask, refuse("bad-model", "none", "none"));
  };
  let tracks = startTracks(plan, () => model, []);
  const saved = new Map<number, SavedTracks>();
  const told: number[] = [];
  for (let at = 0; at < 56 * 24; at++) {
    hour(tracks, at);
    const days = wornIn(tracks)[0]?.days;
    if (days !== undefined && days !== told.at(-1)) told.push(days);
    if (at % (5 * 24) !== 77) continue;
    const courses = saveCourses(tracks);
    for (const one of [...saveTracks(tracks), ...courses]) saved.set(one.slice, one);
    expect([courses.length, saveCourses(tracks).length]).toEqual([1, 0]);
    const before = [wornIn(tracks), glancesOf(tracks, () => true)[0]?.wear];
    tracks = startTracks(plan, () => model, [...saved.values()]);
    expect([wornIn(tracks), glancesOf(tracks, () => true)[0]?.wear]).toEqual(before);
  }
  expect(told).toEqual([30, 14]);
  expect(wornIn(tracks)).toMatchObject([{ device: "d1", asset: "pump", channel: "pressure", days: 14 }]);
  const glances = { now: START, devices: glancesOf(tracks, () => true), counters: tracks.counters };
  expect(Glances.parse(glances).devices[0]?.wear?.channel).toBe("pressure");
});
