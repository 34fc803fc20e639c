import { expect, test } from "vitest";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import type { DeviceProfile } from "../../../contracts/scenario.ts";
import { numbersOf } from "../fixtures/ask.ts";
import { pack, unpack } from "../pack.ts";
import { BIN_MS, BINS_MAX } from "./course.ts";
import { loadWears, openWears, rewear, type SavedLevel, saveOpen, saveWears, wearBy, wearByScore, wornOf, type Wears } from "./wear-levels.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const [pump] = pumpVibration.profiles;
if (pump === undefined) throw new Error("no profile");
/** Vibration may rise to 2 g, flow may fall to 60 L/min; of nothing else the limits are known. */
const limits = { "vibration.a.rms": { warnHigh: 1.5, tripHigh: 2 }, flow: { warnLow: 60 } } as const;
const profile: DeviceProfile = {
  ...pump,
  channels: pump.channels.map(({ limits: _own, zones: _zones, ...channel }) => ({
    ...channel,
    ...(channel.id in limits ? { limits: limits[channel.id as keyof typeof limits] } : {}),
  })),
};
const none: DeviceProfile = { ...profile, channels: profile.channels.map(({ limits: _own, ...channel }) => channel) };
const at = (id: string): number => profile.channels.findIndex((channel) => channel.id === id);

/** A pump whose bearing comes to 2 g after `wears` days, hour by hour, noisy, now and then at a stand. */
function live(wears: Wears, [from, to]: readonly [number, number], wearsIn: number, seed = from): string[] {
  const next = numbersOf(seed);
  const told: string[] = [];
  let last = "";
  for (let hour = from; hour < to; hour++) {
    const values = new Float32Array(profile.channels.length).fill(1);
    values[at("vibration.a.rms")] = next() < 0.02 ? 0.01 : 0.6 + (1.4 * hour) / 24 / wearsIn + 0.1 * (next() - 0.5);
    values[at("flow")] = next() < 0.05 ? Number.NaN : 120 + 4 * (next() - 0.5);
    wearBy(wears, profile, hour * HOUR_MS, values);
    const now = wornOf(wears, profile)
      .map(({ channel, days }) => `${channel ?? ""} ${days}`)
      .join();
    if (now !== last) told.push(now);
    last = now;
  }
  return told;
}

test("VP19 a channel that has a limit is warned of a month and a fortnight before it meets it, once each, with the day in the interval", () => {
  const wears = openWears(profile, 0.3);
  expect(live(wears, [0, 68 * 24], 80)).toEqual(["vibration.a.rms 30", "vibration.a.rms 14"]);
  const [seen] = wornOf(wears, profile);
  expect(seen?.earliestAt).toBeLessThan(80 * DAY_MS);
  expect(seen?.latestAt).toBeGreaterThan(80 * DAY_MS);
  expect(Math.abs((seen?.reachAt ?? 0) / DAY_MS - 80)).toBeLessThan(3);
  expect((seen?.warnedAt ?? 0) / DAY_MS).toBeGreaterThan(45);
  expect((seen?.warnedAt ?? 0) / DAY_MS).toBeLessThan(55);
});

test("VP19 what falls to its limit is warned of as what rises to it; a well machine, and a profile without limits, of nothing", () => {
  const falling = openWears(profile, 0);
  const row = new Float32Array(profile.channels.length).fill(1);
  for (let hour = 0; hour < 40 * 24; hour++) {
    row[at("flow")] = 120 - 1.3 * (hour / 24) + numbersOf(hour)();
    wearBy(falling, profile, hour * HOUR_MS, row);
  }
  expect(wornOf(falling, profile)).toMatchObject([{ channel: "flow", days: 14 }]);
  expect(live(openWears(profile, 0.7), [0, 50 * 24], 1e9)).toEqual([]);
  const bare = openWears(none, 0);
  wearBy(bare, none, HOUR_MS, row);
  expect([bare.levels.length, bare.openAt]).toEqual([0, -1]);
});

test("VP20 a course that is saved at any hour, also before there were such, goes on bit for bit; another profile keeps the lines that it has too", () => {
  for (const half of [1, 25 * 24 + 5]) {
    const whole = openWears(profile, 0.3);
    live(whole, [0, half], 40);
    const kept = { open: unpack(pack(saveOpen(whole))) as Float64Array, levels: unpack(pack(saveWears(whole, profile))) as readonly SavedLevel[] };
    const back = loadWears(profile, 0.3, kept.open, kept.levels);
    expect({ ...back, changed: whole.changed }).toEqual(whole);
    expect(live(back, [half, 30 * 24], 40)).toEqual(live(whole, [half, 30 * 24], 40));
    expect(back.levels).toEqual(whole.levels);
    const flowOnly: DeviceProfile = {
      ...profile,
      channels: profile.channels.map((channel) => (channel.id === "flow" ? channel : { ...channel, limits: undefined })),
    };
    expect(rewear(whole, profile, flowOnly).levels).toEqual([whole.levels[1]]);
  }
  expect(loadWears(profile, 0.3, undefined, [])).toEqual(openWears(profile, 0.3));
});

test("VP20 within a quarter of a day nothing is forecast anew; what comes late changes nothing; devices' quarters end at different times", () => {
  const wears = openWears(profile, 0.5);
  live(wears, [0, 20 * 24], 80);
  const { levels } = wears;
  const row = new Float32Array(profile.channels.length).fill(1);
  const end = wears.openAt + BIN_MS;
  wearBy(wears, profile, end - 1, row);
  expect(wears.levels).toBe(levels);
  const before = saveOpen(wears);
  wearBy(wears, profile, wears.openAt - 1, row);
  expect(saveOpen(wears)).toEqual(before);
  wearBy(wears, profile, end, row);
  expect(wears.levels).not.toBe(levels);
  expect([end % BIN_MS, wears.openAt]).toEqual([BIN_MS / 2, end]);
});

test("VM13 scores of a wear model become the same two warnings; another model's score says nothing of wear", () => {
  const bearing: DeviceProfile = { ...none, model: "wear" };
  const next = numbersOf(2);
  const wears = openWears(bearing, 0);
  const told: number[] = [];
  for (let hour = 0; hour < 78 * 24; hour++) {
    wearByScore(wears, bearing, hour * HOUR_MS, next() < 0.01 ? 0.9 : 0.49 * Math.min(1, hour / 24 / 80 + 0.04 * next()));
    const days = wornOf(wears, bearing)[0]?.days;
    if (days !== undefined && days !== told.at(-1)) told.push(days);
  }
  expect(told).toEqual([30, 14]);
  expect(wornOf(wears, bearing)[0]).not.toHaveProperty("channel");
  const shift = openWears(profile, 0);
  wearByScore(shift, profile, HOUR_MS, 0.4);
  expect(shift.openAt).toBe(-1);
});

test("VP20 a course is a number for each quarter, bounded, and quarters without a word are none", () => {
  const wears = openWears(profile, 0);
  const row = new Float32Array(profile.channels.length).fill(1);
  for (const quarter of [1, 2, 5, 6]) wearBy(wears, profile, quarter * BIN_MS, row);
  expect(wears.levels[0]).toMatchObject({ first: 1 });
  expect([...(wears.levels[0]?.means ?? [])]).toEqual([1, 1, Number.NaN, Number.NaN, 1]);
  for (let quarter = 7; quarter < BINS_MAX + 40; quarter++) wearBy(wears, profile, quarter * BIN_MS, row);
  expect([wears.levels[0]?.first, wears.levels[0]?.means.length]).toEqual([39, BINS_MAX]);
  wearBy(wears, profile, 9 * BINS_MAX * BIN_MS, row);
  wearBy(wears, profile, (9 * BINS_MAX + 1) * BIN_MS, row);
  expect(wears.levels[0]?.means.length).toBe(BINS_MAX);
});

test("VP27 what is mended begins anew after a day at the level that it began with; a machine that stands for a weekend does not", () => {
  const wears = openWears(profile, 0);
  live(wears, [0, 28 * 24], 40);
  expect(wornOf(wears, profile)).toHaveLength(1);
  const row = new Float32Array(profile.channels.length).fill(1);
  const rest = (from: number, days: number, level: number): void => {
    for (let hour = 24 * from; hour < 24 * (from + days); hour++) {
      row[at("vibration.a.rms")] = level;
      row[at("flow")] = 120;
      wearBy(wears, profile, hour * HOUR_MS, row);
    }
  };
  rest(28, 2, 0);
  expect(wornOf(wears, profile)).toHaveLength(1);
  rest(30, 1.5, 0.62);
  expect(wornOf(wears, profile)).toEqual([]);
  expect([wears.levels[0]?.forecast.state, (wears.levels[0]?.means.length ?? 99) < 10, wears.levels[1]?.means.length]).toEqual([
    "learning",
    true,
    expect.any(Number),
  ]);
});

test("VP20 the same profile told again, as with every plan, ends no quarter and writes nothing anew; a line that goes takes its numbers with it", () => {
  const [told, plain] = [openWears(profile, 0.2), openWears(profile, 0.2)].map((one) => ({ ...one, changed: false }));
  if (told === undefined || plain === undefined) throw new Error("not opened");
  live(told, [0, 100], 80);
  live(plain, [0, 100], 80);
  const again = rewear({ ...told, changed: false }, profile, structuredClone(profile));
  expect(saveOpen(again)).toEqual(saveOpen(plain));
  expect(again.changed).toBe(false);
  const fewer = {
    ...profile,
    channels: profile.channels.map(({ limits: own, ...channel }) => ({ ...channel, ...(channel.id === "flow" && own !== undefined ? { limits: own } : {}) })),
  };
  const less = rewear(told, profile, fewer);
  expect([less.changed, less.openAt, less.open.length]).toEqual([true, told.openAt, 2]);
  expect([...less.open]).toEqual([...told.open].slice(2));
});

test("VP20 a device of whom nothing is known is written as such, over what one of its name has left", () => {
  expect(openWears(profile, 0).changed).toBe(true);
  expect(loadWears(profile, 0, undefined, saveWears(openWears(profile, 0), profile)).changed).toBe(false);
});
