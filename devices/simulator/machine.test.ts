import fc from "fast-check";
import { expect, test } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { CHANNELS } from "./baseline.ts";
import { FAULT_MODES, type FaultName } from "./fault.ts";
import { startMachine, step, type Channels } from "./machine.ts";
import { CALM_NETWORK, MISCHIEF, NO_MISCHIEF, pass } from "./network.ts";
import { randomOf } from "./random.ts";

const channels = pumpVibration.profiles[0]?.channels ?? [];

test("M1 every value is one that its sensor can give, healthy or not", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom("pump", "pump-truck"), fc.option(fc.constantFrom(...FAULT_MODES)), (seed, kind, mode) => {
      for (const row of run("x", kind, seed, 200, mode)) {
        for (const channel of channels) {
          const value = row[channel.id];
          expect(value === null || (value !== undefined && value >= channel.min && value <= channel.max), `${channel.id} ${value}`).toBe(true);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test("M2 the same seed gives the same machine, another seed another run of it", () => {
  expect(run("pump-101", "pump", 5, 300)).toEqual(run("pump-101", "pump", 5, 300));
  expect(run("pump-101", "pump", 6, 300)).not.toEqual(run("pump-101", "pump", 5, 300));
});

test("M3 one load moves flow, pressure, current and vibration together", () => {
  const all = run("pump-101", "pump", 1, 600);
  // Starts apart: their resonance and their soft starter are not the load's.
  const rows = all.filter((_, i) => all.slice(Math.max(0, i - 5), i + 1).every((row) => row["flow"] !== null));
  for (const channel of ["pressure", "current", "vibration.a.rms", "vibration.b.rms"]) expect(correlation(rows, "flow", channel), channel).toBeGreaterThan(0.8);
  expect(correlation(rows, "current", "voltage")).toBeLessThan(-0.8);
});

test("M3 the motor follows the load with a lag", () => {
  const rows = run("pump-101", "pump", 1, 1_200).filter((row) => row["flow"] !== null);
  const lagged = (rowsLater: number): number =>
    correlation(
      rows.slice(rowsLater).map((row, i) => ({ later: row["temperature.motor"] ?? 0, flow: rows[i]?.["flow"] ?? 0 })),
      "flow",
      "later",
    );
  expect(lagged(6)).toBeGreaterThan(lagged(0));
});

test("M4 a resting machine has no shaft to measure; after the rest it runs again, with more current than its load needs", () => {
  const rows = run("pump-101", "pump", 1, 600);
  const rests = rows.filter((row) => row["flow"] === null);
  expect(rests.length).toBeGreaterThan(20);
  for (const row of rests)
    expect(row).toMatchObject({ "vibration.a.rms": null, current: null, voltage: expect.any(Number), "temperature.motor": expect.any(Number) });
  const starts = rows.flatMap((row, i) => (row["flow"] !== null && rows[i - 1]?.["flow"] === null ? [row] : []));
  expect(starts.length).toBeGreaterThan(3);
});

test.each([
  ["bearing-wear", ["vibration.a.rms", "vibration.b.rms"], 1],
  ["cavitation", ["flow", "pressure"], -1],
  ["loosening", ["vibration.b.rms"], 1],
  ["overheating", ["temperature.motor", "temperature.fluid"], 1],
  ["supply", ["voltage"], -1],
] as const)("M5 %s moves %j and leaves the rest within a tenth", (mode, moved, sign) => {
  const healthy = means("pump-101", null);
  const faulty = means("pump-101", mode);
  for (const channel of CHANNELS) {
    const change = ((faulty[channel] ?? 0) / (healthy[channel] ?? 1) - 1) * sign;
    if (moved.some((each) => each === channel)) expect(change, channel).toBeGreaterThan(channel === "voltage" ? 0.1 : 0.3);
    // The supply's voltage drives the current, and friction warms the motor.
    else if (!(mode === "supply" && channel === "current")) expect(Math.abs(change), channel).toBeLessThan(0.15);
  }
});

test("M5 a fault grows: each second of its first six is worse than the one before", () => {
  const random = () => 0.5;
  let machine = { ...startMachine("pump-101", "pump", randomOf(1, "x")), fault: { mode: "bearing-wear" as const, ageMs: 0 } };
  const vibration: number[] = [];
  for (let s = 0; s < 6; s++) {
    const next = step(machine, 1_000, random);
    machine = { ...next.machine, fault: { mode: "bearing-wear", ageMs: next.machine.fault?.ageMs ?? 0 } };
    vibration.push(next.channels["vibration.a.rms"] ?? 0);
  }
  expect(vibration).toEqual(vibration.toSorted((a, b) => a - b));
  expect((vibration[5] ?? 0) / (vibration[0] ?? 1)).toBeGreaterThan(4);
});

test("M11 the network doubles, delays, holds back and loses, counts each, and invents nothing", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const random = randomOf(seed, "network");
      let network = CALM_NETWORK;
      const out: number[] = [];
      for (let seq = 0; seq < 2_000; seq++) {
        const next = pass(
          network,
          { ts: 1_000_000 + seq * 1_000, channels: { current: 1 }, seq },
          { ...MISCHIEF, duplicate: 0.1, reorder: 0.1, lose: 0.1, outage: 0.01 },
          random,
        );
        network = next.network;
        out.push(...next.out.map((telemetry) => telemetry.seq ?? -1));
      }
      const inside = network.waiting.length + (network.held === null ? 0 : 1);
      const { duplicates, reordered, lost, outages } = network.counts;
      expect(out.length + inside).toBe(2_000 - lost + duplicates);
      expect(new Set(out).size + new Set([...network.waiting.map((t) => t.seq), network.held?.seq].filter((s) => s !== undefined)).size).toBeGreaterThanOrEqual(
        2_000 - lost,
      );
      const swaps = out.filter((seq, i) => seq < (out[i - 1] ?? -1)).length;
      expect(Math.abs(swaps - reordered)).toBeLessThanOrEqual(reordered * 0.15 + 2);
      for (const count of [duplicates, reordered, lost, outages]) expect(count).toBeGreaterThan(0);
    }),
    { numRuns: 30 },
  );
});

test("M11 a calm network changes nothing", () => {
  const sample = { ts: 5_000, channels: { current: 1 }, seq: 3 };
  expect(pass(CALM_NETWORK, sample, NO_MISCHIEF, randomOf(1, "n"))).toEqual({ network: CALM_NETWORK, out: [sample] });
});

function run(device: string, kind: "pump" | "pump-truck", seed: number, seconds: number, mode: FaultName | null = null): readonly Channels[] {
  const random = randomOf(seed, "run");
  let machine = startMachine(device, kind, random);
  if (mode !== null) machine = { ...machine, fault: { mode, ageMs: 0 } };
  return Array.from({ length: seconds }, () => {
    const next = step(machine, 1_000, random);
    machine = next.machine;
    return next.channels;
  });
}

function means(device: string, mode: FaultName | null): Readonly<Record<string, number>> {
  const rows = run(device, "pump", 3, 330, mode).slice(30);
  return Object.fromEntries(
    CHANNELS.map((channel) => {
      const values = rows.flatMap((row) => row[channel] ?? []);
      return [channel, values.reduce((sum, value) => sum + value, 0) / values.length];
    }),
  );
}

function correlation(rows: readonly Readonly<Record<string, number | null>>[], a: string, b: string): number {
  const x = rows.map((row) => row[a] ?? 0);
  const y = rows.map((row) => row[b] ?? 0);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const sum = (of: (i: number) => number): number => x.reduce((total, _, i) => total + of(i), 0);
  const dx = (i: number): number => (x[i] ?? 0) - mx;
  const dy = (i: number): number => (y[i] ?? 0) - my;
  return sum((i) => dx(i) * dy(i)) / Math.sqrt(sum((i) => dx(i) ** 2) * sum((i) => dy(i) ** 2));
}
