/** A full unit in the worst moment: what a checkpoint writes fits into the platform's rows, and reads back. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import type { TenantId, UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Entry } from "../ingest/entry.ts";
import type { Logged } from "../ingest/log.ts";
import { nextAsk, onTelemetry } from "../journey.ts";
import { startTracks } from "../journey/start.ts";
import { reachedAll } from "../journey/reached.ts";
import { saveTracks } from "../journey/saved.ts";
import { takeTrace } from "../journey/view.ts";
import { PART_BYTES_MAX, partsOf, wholeOf } from "./intake-parts.ts";
import { type IntakeStore, intakeStore, migrateIntake } from "./intake-store.ts";
import { modelHashOf } from "./models.ts";
import { DEVICES_MAX } from "./unit-import.ts";

const T0 = 1_763_750_000_000;
/** The platform's. */
const ROW_MAX = 2_000_000;

test("I23 parts are whole again, whatever the size", () => {
  for (const size of [0, 1, PART_BYTES_MAX - 1, PART_BYTES_MAX, PART_BYTES_MAX + 1, 3 * PART_BYTES_MAX + 7]) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
    const parts = partsOf(bytes).map((part) => part.slice().buffer);
    expect(parts.every((part) => part.byteLength <= PART_BYTES_MAX)).toBe(true);
    expect(wholeOf(parts)).toEqual(bytes);
  }
});

const [profile] = pumpVibration.profiles;
if (profile === undefined) throw new Error("the template has a profile");
const flat = (value: number): number[] => profile.channels.map(() => value + 1 / 3);
const baseline = { mean: flat(20), scale: flat(1), floor: flat(1), rows: 400, learntAt: T0 };
const deviceOf = (i: number): Device =>
  Device.parse({ id: `pump-${i}`, asset: `asset-${i}`, profile: profile.id, name: `Circulation pump ${i} in hall ${i % 40}, line ${i % 7}`, addedAt: T0 });

function inStore(name: string, body: (store: IntakeStore, storage: DurableObjectStorage) => void): Promise<void> {
  return runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, name as UnitId, 0)), async (_, { storage }) => {
    await migrateIntake(storage);
    body(intakeStore(storage), storage);
  });
}

const largest = (storage: DurableObjectStorage, table: "plan" | "track"): number =>
  storage.sql.exec<{ n: number }>(`SELECT max(length(bytes)) AS n FROM ${table}`).one().n;

test("I23 a plan of megabytes fits into rows of the platform, and reads back", async () => {
  const devices = Array.from({ length: 7_350 }, (_, i) => ({ ...deviceOf(i), baseline }));
  const plan: IntakePlan = { unit: "large", version: 1, scenario: pumpVibration, devices, openAccess: false };
  expect(JSON.stringify(plan).length).toBeGreaterThan(ROW_MAX);
  await inStore("large", (store, storage) => {
    store.writePlan(plan);
    expect(largest(storage, "plan")).toBeLessThan(ROW_MAX);
    expect(store.readPlan()).toEqual(plan);
    // A smaller one leaves nothing of the larger behind.
    store.writePlan({ ...plan, devices: devices.slice(0, 1) });
    expect(store.readPlan()?.devices).toHaveLength(1);
  });
});

test(`I23 a checkpoint of ${DEVICES_MAX} devices at the end of commissioning fits into rows of the platform, and reads back`, async () => {
  const devices = Array.from({ length: DEVICES_MAX }, (_, i) => deviceOf(i));
  const plan: IntakePlan = { unit: "full", version: 1, scenario: pumpVibration, devices, openAccess: false };
  const hash = modelHashOf(profile);
  if (hash === null) throw new Error("no model");
  const tracks = startTracks(plan, () => hash, []);
  const rows = pumpVibration.commissioningRows - 1;
  for (let s = 0; s < rows; s++) {
    const values = Object.fromEntries(profile.channels.map(({ id }, c) => [id, c + s / 400]));
    const payload = new TextEncoder().encode(JSON.stringify({ ts: T0 + s * 1_000, channels: values }));
    onTelemetry(
      tracks,
      devices.map(({ id }): Logged => ({ device: id, payload, arrivedAt: T0 + s * 1_000 })),
    );
    expect(nextAsk(tracks)).toBeNull();
    takeTrace(tracks);
  }
  const saved = saveTracks(tracks);
  await inStore("full", (store, storage) => {
    store.writeTracks(saved, reachedAll(0));
    expect(largest(storage, "track")).toBeLessThan(ROW_MAX);
    const again = startTracks(plan, () => hash, store.readTracks());
    expect(again.counters).toMatchObject({ samples: rows * DEVICES_MAX });
    for (const { watch } of again.byDevice.values()) expect(watch.learning?.count).toBe(rows);
  });
});

test("I23 a slice larger than a row is kept in several, and is whole again", async () => {
  await inStore("wide", (store, storage) => {
    const bytes = Uint8Array.from({ length: 4_300_000 }, (_, i) => i % 251);
    const small = Uint8Array.of(9);
    for (const first of [bytes, small]) {
      store.writeTracks(
        [
          { slice: 5, bytes: first },
          { slice: 64, bytes: small },
        ],
        reachedAll(7),
      );
      expect(largest(storage, "track")).toBeLessThan(ROW_MAX);
      expect(store.readTracks()).toEqual([
        { slice: 5, bytes: first },
        { slice: 64, bytes: small },
      ]);
    }
  });
});

const said = (text: string): Entry => ({
  kind: "message",
  payload: new TextEncoder().encode(text),
  arrivedAt: T0,
  delivery: { topic: "lines/1", qos: 1, retain: false, properties: new Uint8Array(0), expiresAt: null, from: "", to: [], only: false },
});
const told = (device: string): Entry => ({ kind: "telemetry", device, topic: null, payload: Uint8Array.of(1), arrivedAt: T0, delivery: null });

test("MD1 a row has entries of every kind; the fold reads its telemetry, a session the row that holds an index, or the next one", async () => {
  await inStore("entries", (store) => {
    const rows: readonly (readonly Entry[])[] = [[told("a"), said("x"), { kind: "released", session: "s", id: 7 }], [said("y")], [told("b"), told("c")]];
    let n = 0;
    for (const entries of rows) {
      store.appendRow(n, entries, T0);
      n += entries.length;
    }
    expect(store.readMarks().head).toBe(6);
    expect([0, 3, 4].map((at) => store.readRow(at)?.messages.map(({ device }) => device))).toEqual([["a"], [], ["b", "c"]]);
    expect([0, 2, 3, 5].map((at) => store.readEntries(at)?.n)).toEqual([0, 0, 3, 4]);
    expect([store.readEntries(2)?.entries, store.readEntries(6)]).toEqual([rows[0], null]);
    store.prune(4, T0 + 1, T0, { keepFrom: () => Infinity, wants: () => false });
    expect([store.readEntries(0)?.n, store.readMarks().head]).toEqual([4, 6]);
  });
});

test("MD2 an absent session keeps of the log what it wants and no more, and nothing that is not folded or within its retention goes", async () => {
  await inStore("thinned", (store, storage) => {
    const size = (): readonly (readonly number[])[] =>
      storage.sql
        .exec<{ n: number; count: number }>("SELECT n, count FROM log ORDER BY n")
        .toArray()
        .map(({ n, count }) => [n, count]);
    store.appendRow(0, [told("a"), said("passed")], T0);
    store.appendRow(2, [told("a"), said("x"), told("b")], T0);
    store.appendRow(5, [told("a"), told("b")], T0);
    store.appendRow(7, [said("y")], T0);
    store.appendRow(8, [told("young"), said("z")], T0 + 10);
    store.appendRow(10, [told("unfolded"), said("z")], T0);
    const wanted = { keepFrom: () => 3, wants: (index: number) => [3, 7, 9, 11].includes(index) };
    store.prune(10, T0 + 1, T0, wanted);
    expect(size()).toEqual([
      [2, 3],
      [7, 1],
      [8, 2],
      [10, 2],
    ]);
    expect(store.readEntries(2)?.entries).toEqual([{ kind: "gone" }, said("x"), { kind: "gone" }]);
    expect(store.readEntries(8)?.entries).toEqual([told("young"), said("z")]);
    expect(store.readEntries(5)?.n).toBe(7);
    store.prune(10, T0 + 1, T0, { ...wanted, keepFrom: () => 8 });
    expect(size()).toEqual([
      [8, 2],
      [10, 2],
    ]);
  });
});

test("MD3 sessions and retained messages are as they were written, each in one row", async () => {
  await inStore("kept", (store, storage) => {
    const message = { topic: "lines/1", device: "pump-1", payload: Uint8Array.of(1), qos: 2, properties: Uint8Array.of(2), expiresAt: T0 } as const;
    store.transaction(() => {
      store.writeSession({ key: "pump-1\nc", bytes: Uint8Array.of(1, 2, 3) });
      store.writeSession({ key: "pump-1\nc", bytes: Uint8Array.of(4, 5, 6).subarray(1) });
      store.writeSession({ key: "gone", bytes: Uint8Array.of(9) });
      store.writeSession({ key: "gone", bytes: null });
      store.writeRetained({ topic: "lines/1", message });
      store.writeRetained({ topic: "lines/2", message: { ...message, topic: "lines/2", expiresAt: null } });
      store.writeRetained({ topic: "lines/2", message: null });
    });
    expect(store.readSessions()).toEqual([{ key: "pump-1\nc", bytes: Uint8Array.of(5, 6) }]);
    expect(store.readRetained()).toEqual([message]);
    expect(storage.sql.exec("INSERT INTO session (key, bytes) VALUES ('one', x'00')").rowsWritten).toBe(1);
  });
});
