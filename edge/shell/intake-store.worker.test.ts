/** A full unit in the worst moment: what a checkpoint writes fits into the platform's rows, and reads back. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { Device } from "../../contracts/device.ts";
import type { TenantId, UnitId } from "../../contracts/ids.ts";
import { intakeObject } from "../../contracts/object-name.ts";
import type { IntakePlan } from "../../contracts/rpc.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Logged } from "../ingest/log.ts";
import { onTelemetry } from "../journey.ts";
import { startTracks } from "../journey/start.ts";
import { saveTracks } from "../journey/saved.ts";
import { PART_BYTES_MAX, partsOf, wholeOf } from "./intake-parts.ts";
import { intakeStore, migrateIntake } from "./intake-store.ts";
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

test(`I23 a plan and a checkpoint of ${DEVICES_MAX} devices in commissioning fit into rows of 2 MB, and read back`, async () => {
  const [profile] = pumpVibration.profiles;
  if (profile === undefined) throw new Error("the template has a profile");
  const flat = (value: number): number[] => profile.channels.map(() => value + 1 / 3);
  // Half of them commissioned: a baseline is what makes a plan large, commissioning what makes a track large.
  const learnt = { mean: flat(20), scale: flat(1), floor: flat(1), rows: 400, learntAt: T0 };
  const devices = Array.from({ length: DEVICES_MAX }, (_, i) =>
    Device.parse({
      id: `pump-of-a-long-name-${i}`,
      asset: `asset-of-a-long-name-${i}`,
      profile: profile.id,
      name: `Circulation pump ${i} in hall ${i % 40}, line ${i % 7}`,
      addedAt: T0,
      ...(i % 2 === 0 ? { baseline: learnt } : {}),
    }),
  );
  const plan: IntakePlan = { unit: "full", version: 1, scenario: pumpVibration, devices, openAccess: false };
  await runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, "full" as UnitId, 0)), async (_, { storage }) => {
    await migrateIntake(storage);
    const store = intakeStore(storage);
    const hash = modelHashOf(profile);
    if (hash === null) throw new Error("no model");
    const tracks = startTracks(plan, () => hash, []);
    for (const [s] of Array.from({ length: pumpVibration.commissioningRows - 1 }).entries()) {
      const payload = new TextEncoder().encode(
        JSON.stringify({ ts: T0 + s * 1_000, channels: Object.fromEntries(profile.channels.map(({ id }, c) => [id, c + s / 400])) }),
      );
      // Every eighth commissioning device has all its rows: slices are judged by their largest.
      const messages = devices.filter((__, i) => i % 16 === 1).map(({ id }): Logged => ({ device: id, payload, arrivedAt: T0 + s * 1_000 }));
      onTelemetry(tracks, messages);
    }
    const saved = saveTracks(tracks);
    store.transaction(() => {
      store.writePlan(plan);
      store.writeTracks(saved, 0);
    });
    const largest = (table: string): number => storage.sql.exec<{ n: number }>(`SELECT max(length(bytes)) AS n FROM ${table}`).one().n;
    expect(Math.max(largest("plan"), largest("track"))).toBeLessThan(ROW_MAX);
    expect(storage.sql.exec("SELECT key FROM meta WHERE length(value) > 10000").toArray()).toEqual([]);
    expect(store.readPlan()).toEqual(plan);
    const read = new Map(store.readTracks().map(({ slice, bytes }) => [slice, bytes]));
    for (const { slice, bytes } of saved)
      expect([slice, read.get(slice)?.byteLength, read.get(slice)?.at(-1)]).toEqual([slice, bytes.byteLength, bytes.at(-1)]);
    // A smaller one leaves nothing of the larger behind.
    store.writePlan({ ...plan, devices: devices.slice(0, 1) });
    store.writeTracks([{ slice: 0, bytes: Uint8Array.of(1, 2) }], 0);
    expect(store.readPlan()?.devices).toHaveLength(1);
    expect(store.readTracks().find(({ slice }) => slice === 0)?.bytes).toEqual(Uint8Array.of(1, 2));
  });
});

test("I23 a slice larger than a row is kept in several, and is whole again", async () => {
  await runInDurableObject(env.INTAKE.getByName(intakeObject("default" as TenantId, "wide" as UnitId, 0)), async (_, { storage }) => {
    await migrateIntake(storage);
    const store = intakeStore(storage);
    const bytes = Uint8Array.from({ length: 4_300_000 }, (__, i) => i % 251);
    store.writeTracks(
      [
        { slice: 5, bytes },
        { slice: 64, bytes: Uint8Array.of(9) },
      ],
      7,
    );
    expect(storage.sql.exec<{ n: number }>("SELECT max(length(bytes)) AS n FROM track").one().n).toBeLessThan(ROW_MAX);
    expect(store.readTracks()).toEqual([
      { slice: 5, bytes },
      { slice: 64, bytes: Uint8Array.of(9) },
    ]);
  });
});
