import fc from "fast-check";
import { expect, test } from "vitest";
import type { Trace } from "../../../contracts/board.ts";
import type { Changed } from "../../../contracts/down.ts";
import { assets } from "../fixture/plant.ts";
import { boardOf, glancesOf } from "../fixture/answers.ts";
import { advance, answer, begin, fault } from "../fixture/world.ts";
import { layOut, LINKS } from "./chain-layout.ts";
import { declutter, type Label } from "./declutter.ts";
import { patch } from "./patch.ts";
import { orderGlances, orderTickets, seeAssets } from "./picture.ts";
import { askAfter, extend, since, TRACE_ROWS_MAX } from "./trace.ts";
import { drawTrails, extendTrails, type Trails } from "./trails.ts";

const NOW = 1_763_750_000_000;

test("W2 what the live socket says, laid over the board, makes the board that the unit would answer with", () => {
  const world = begin(NOW);
  const before = boardOf(world, NOW);
  const changes: Changed[] = [...fault(world, "pump-3", NOW)];
  for (const more of [answer(world, "of-1", true, NOW + 5), advance(world, "tk-1", "travelling", "", "", NOW + 9)])
    if ("refused" in more) throw new Error(more.rule);
    else changes.push(...more);
  const after = boardOf(world, NOW);
  const patched = patch(before, changes);
  expect({ ...patched, hub: after.hub, kpis: after.kpis }).toEqual(after);
  expect(patch(patched, changes)).toEqual(patched);
});

test("W17 an asset shows its worst device; once somebody has accepted, that it is being worked on", () => {
  const world = begin(NOW);
  const stateOf = () => seeAssets(boardOf(world, NOW), glancesOf(world, NOW).devices).find(({ asset }) => asset.id === "asset-pump-3")?.state;
  expect(stateOf()).toBe("normal");
  fault(world, "pump-3", NOW);
  expect(stateOf()).toBe("anomalous");
  answer(world, "of-1", true, NOW);
  expect(stateOf()).toBe("progress");
});

test("W17 a machine that moves stands where its device says; one that does not, where it was installed", () => {
  const glances = glancesOf(begin(NOW), NOW).devices;
  const seen = seeAssets(boardOf(begin(NOW), NOW), glances);
  expect(seen.find(({ asset }) => asset.id === "asset-truck-1")?.place).toEqual(glances.find(({ device }) => device === "truck-1")?.position);
  expect(seen.find(({ asset }) => asset.id === "asset-pump-1")?.place).toEqual(assets(NOW)[0]?.position);
});

test("W17 the worst machines and the newest active tickets stand first", () => {
  const world = begin(NOW);
  fault(world, "pump-3", NOW - 9_000);
  answer(world, "of-1", true, NOW - 8_000);
  for (const to of ["travelling", "working", "resolved"]) advance(world, "tk-1", to, "worn", "replaced", NOW - 7_000);
  fault(world, "pump-4", NOW - 6_000);
  fault(world, "pump-5", NOW - 5_000);
  expect(orderTickets(boardOf(world, NOW).tickets).map(({ id }) => id)).toEqual(["tk-3", "tk-2", "tk-1"]);
  const states = orderGlances(glancesOf(world, NOW).devices).map(({ state }) => state);
  expect(states.slice(0, 4)).toEqual(["anomalous", "anomalous", "suspect", "normal"]);
});

const trace = (times: readonly number[], score: (at: number) => number | null = (at) => at): Trace => ({
  device: "pump-1" as Trace["device"],
  channels: ["flow" as Trace["channels"][number]],
  columns: [[...times], times.map(score), times.map((at) => at * 2)],
  onScore: 0.5,
  offScore: 0.4,
  model: "0".repeat(64) as Trace["model"],
});

test("W18 a trace grows by what is newer; what was asked again replaces what had no score yet", () => {
  const held = trace([1, 2, 3, 4], (at) => (at < 3 ? at : null));
  expect(extend(held, trace([3, 4, 5])).columns).toEqual(trace([1, 2, 3, 4, 5]).columns);
  expect(extend(held, trace([]))).toBe(held);
  expect(extend(null, trace([5, 4, 6, 6])).columns[0]).toEqual([5, 6]);
});

test("W18 however it is asked for, a trace rises, has no second twice, and is bounded", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 30 }), { maxLength: 8 }), (answers) => {
      const times = answers.reduce<Trace | null>((held, times) => extend(held, trace(times)), null)?.columns[0] ?? [];
      expect(times.every((at, row) => row === 0 || (at ?? 0) > (times[row - 1] ?? 0))).toBe(true);
    }),
  );
  const long = Array.from({ length: TRACE_ROWS_MAX + 50 }, (_, second) => second);
  expect(extend(trace(long.slice(0, 100)), trace(long.slice(100))).columns.map((column) => column.length)).toEqual([
    TRACE_ROWS_MAX,
    TRACE_ROWS_MAX,
    TRACE_ROWS_MAX,
  ]);
});

test("W18 the next question reaches back over the rows that may still wait for their score", () => {
  expect(askAfter(null, 7)).toBe(7);
  expect(askAfter(trace([1, 2, 3]), 0)).toBe(0);
  expect(askAfter(trace(Array.from({ length: 20 }, (_, at) => at)), -1)).toBe(11);
  expect(since(trace([1, 2, 3, 4]), 3).columns[0]).toEqual([3, 4]);
  expect(since(trace([1, 2]), 9).columns).toEqual([[], [], []]);
});

test("W19 no two labels of the map overlap, and the most important one always shows", () => {
  const label = fc.record({
    x: fc.integer({ min: 0, max: 300 }),
    y: fc.integer({ min: 0, max: 300 }),
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 20 }),
    rank: fc.integer({ min: -1, max: 140 }),
  });
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 40 }), (boxes) => {
      const labels: readonly Label[] = boxes.map((box, at) => ({ ...box, key: String(at) }));
      const shown = labels.filter(({ key }) => declutter(labels).has(key));
      for (const a of shown)
        for (const b of shown) if (a !== b) expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
      expect(Math.max(...shown.map(({ rank }) => rank))).toBe(Math.max(...labels.map(({ rank }) => rank)));
    }),
  );
});

test.each([1_120, 780, 340])("W20 the chain fits %i pixels: every step has its own place", (width) => {
  const { places, node, height } = layOut(width);
  const boxes = [...places.values()];
  expect(boxes).toHaveLength(11);
  for (const { x, y } of boxes) expect(x >= 0 && y >= 0 && x + node.width <= width && y + node.height <= height).toBe(true);
  for (const a of boxes) for (const b of boxes) if (a !== b) expect(Math.abs(a.x - b.x) >= node.width || Math.abs(a.y - b.y) >= node.height).toBe(true);
  expect(new Set(LINKS.flat())).toEqual(new Set(places.keys()));
});

test("W19 a trail holds where a mover has been, and nothing of one that stands", () => {
  const at = (lat: number) => [{ id: "truck-1", place: { lat, lon: 112 } }];
  const trails = [28, 28, 28.1, 28.2].reduce<Trails>((held, lat) => extendTrails(held, at(lat)), new Map());
  expect(drawTrails(trails).features.map(({ geometry }) => geometry.coordinates)).toEqual([
    [
      [112, 28],
      [112, 28.1],
      [112, 28.2],
    ],
  ]);
  expect(drawTrails(extendTrails(new Map(), at(28))).features).toEqual([]);
});
