import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadTrace, loadWindow, saveTrace, saveWindow } from "./window-saved.ts";
import { addPoint, columnsOf, MINUTE_POINTS, MINUTES_RECALLED, MINUTES_WAITING_MAX, openTrace, readMinute, settle, writeMinute } from "./window-trace.ts";
import { absorbed, openWindow, place, RECENT_MAX } from "./window.ts";

describe("window", () => {
  test("N8 each instant is scored once, in order: repeats and stragglers are absorbed and counted", () => {
    const window = openWindow();
    expect([1_000, 2_000, 2_000, 1_500, 1_500, 1_000, 3_000].map((ts) => place(window, ts))).toEqual([
      "next",
      "next",
      "repeat",
      "reordered",
      "repeat",
      "repeat",
      "next",
    ]);
    expect([window.reordered, absorbed(window), window.last]).toEqual([1, 1, 3_000]);
  });
  test("N8 a repeated batch of the largest size is recognised whole", () => {
    const window = openWindow();
    const batch = Array.from({ length: RECENT_MAX }, (_, i) => i * 1_000);
    expect(new Set(batch.map((ts) => place(window, ts)))).toEqual(new Set(["next"]));
    expect(new Set(batch.map((ts) => place(window, ts)))).toEqual(new Set(["repeat"]));
  });
  test("N8 whatever the order, every instant is next at most once and the ones that are next rise", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (instants) => {
        const window = openWindow();
        const placed = instants.map((ts) => place(window, ts));
        const next = instants.filter((_, i) => placed[i] === "next");
        expect(next).toEqual([...new Set(next)].sort((a, b) => a - b));
        expect(next.length + window.reordered + placed.filter((one) => one === "repeat").length).toBe(instants.length);
        expect(window.reordered + next.length).toBe(new Set(instants).size);
      }),
    );
  });
  test("N9 a saved window goes on as if nothing had happened, at any cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { maxLength: 1_500 }), fc.nat(), (instants, at) => {
        const [whole, cut] = [openWindow(), openWindow()];
        const k = instants.length === 0 ? 0 : at % instants.length;
        for (const ts of instants.slice(0, k)) place(cut, ts);
        const loaded = loadWindow(saveWindow(cut));
        const after = instants.slice(k).map((ts) => place(loaded, ts));
        expect(after).toEqual(instants.map((ts) => place(whole, ts)).slice(k));
      }),
      { numRuns: 50 },
    );
  });
});

describe("trace", () => {
  const values = (v: number): Float32Array => Float32Array.of(v, Number.NaN);

  test("N10 a minute is handed out once, when it is full and every point of it is settled", () => {
    const trace = openTrace(2);
    const spots = Array.from({ length: MINUTE_POINTS }, (_, i) => addPoint(trace, i, values(i)));
    for (const spot of spots.slice(1)) settle(trace, spot, 0.25);
    expect(trace.finished).toHaveLength(0);
    const [first] = spots;
    if (first !== undefined) settle(trace, first, null);
    expect(trace.finished).toHaveLength(1);
  });
  test("N10 memory keeps a few minutes, and a store that never comes loses the oldest, counted", () => {
    const trace = openTrace(2);
    for (let i = 0; i < MINUTE_POINTS * (MINUTES_WAITING_MAX + 3); i++) settle(trace, addPoint(trace, i, values(i)), 0);
    expect([trace.minutes.length, trace.finished.length, trace.lost]).toEqual([MINUTES_RECALLED, MINUTES_WAITING_MAX, 3]);
  });
  test("N11 a row reads back what was written, gaps and missing scores included; other bytes are refused", () => {
    const trace = openTrace(2);
    for (let i = 0; i < MINUTE_POINTS; i++) settle(trace, addPoint(trace, 1_700_000_000_000 + i, values(i)), i % 3 === 0 ? null : i / 100);
    const [minute] = trace.finished;
    if (minute === undefined) throw new Error("a minute is finished");
    const bytes = writeMinute(minute, 2);
    expect(columnsOf([readMinute(bytes)?.minute ?? minute], 2, 0)).toEqual(columnsOf([minute], 2, 0));
    for (const size of [0, 7, 8, bytes.byteLength - 1]) expect(readMinute(bytes.subarray(0, size))).toBeNull();
  });
  test("N11 columns are in order of event time, each instant once, after the instant asked for", () => {
    const trace = openTrace(2);
    for (const ts of [5, 7, 6, 9]) addPoint(trace, ts, values(ts));
    const columns = columnsOf([...trace.minutes, ...trace.minutes], 2, 5);
    expect(columns).toEqual([
      [6, 7, 9],
      [null, null, null],
      [6, 7, 9],
      [null, null, null],
    ]);
  });
  test("N9 a saved trace keeps its unfinished points, and those that can be told more", () => {
    const trace = openTrace(2);
    for (let i = 0; i < 2 * MINUTE_POINTS + 7; i++) settle(trace, addPoint(trace, i, values(i)), 0.5);
    expect(columnsOf(loadTrace(saveTrace(trace)).minutes, 2, -1)[0]).toEqual(Array.from({ length: MINUTE_POINTS + 7 }, (_, i) => MINUTE_POINTS + i));
  });
});
