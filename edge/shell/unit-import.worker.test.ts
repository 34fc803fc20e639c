import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { DeviceId } from "../../contracts/ids.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { DEVICES_MAX, IMPORT_MAX, type Import } from "./unit-import.ts";

test("I48 a unit has at most so many devices, imported or added; known ones and other entities still come in", async () => {
  const unit = env.UNIT.getByName("default/crowded/unit");
  await unit.create("crowded", pumpVibration);
  const [profile] = pumpVibration.profiles;
  const asset = { name: "Hall", kind: "other", model: "unknown", customer: "own", position: pumpVibration.site.place, moves: false, installedAt: 1 };
  const hall = (id: string): Import["entities"][number] => ({ family: "asset", entity: { id, ...asset } });
  const device = (i: number): Import["entities"][number] => ({
    family: "device",
    entity: { id: `d-${i}`, asset: "a-1", profile: profile?.id, name: `d-${i}`, addedAt: 1 },
  });
  const isIn = async (entities: Import["entities"]): Promise<boolean> => !isRefusal(await unit.putEntities({ entities }, "test"));
  const some = (from: number, to: number): Import["entities"] => Array.from({ length: to - from }, (_, i) => device(from + i));
  expect(await isIn([hall("a-1")])).toBe(true);
  for (let from = 0; from < DEVICES_MAX - 1; from += IMPORT_MAX / 2)
    expect(await isIn(some(from, Math.min(from + IMPORT_MAX / 2, DEVICES_MAX - 1)))).toBe(true);
  expect(await unit.putEntities({ entities: some(DEVICES_MAX - 2, DEVICES_MAX + 1) }, "test")).toMatchObject({ refused: "quota-exceeded" });
  expect(await isIn(some(DEVICES_MAX - 2, DEVICES_MAX))).toBe(true);
  expect(await unit.addDevice({ device: DeviceId.parse("d-more") }, "test")).toMatchObject({ refused: "quota-exceeded" });
  expect(await isIn([hall("a-2"), device(0)])).toBe(true);
});

test("D32 an engineer with an absence or a shift that ends before it begins is refused with the field, and nobody of that import comes in", async () => {
  const unit = env.UNIT.getByName("default/windows/unit");
  await unit.create("windows", pumpVibration);
  const engineer = (id: string, more = {}): Import["entities"][number] => ({
    family: "engineer",
    entity: { id, name: id, skills: [], shifts: [], home: pumpVibration.site.place, locatable: false, ...more },
  });
  const absent = engineer("b", { absences: [{ from: 5_000, until: 1_000 }] });
  expect(await unit.putEntities({ entities: [engineer("a"), absent] }, "test")).toMatchObject({
    refused: "malformed",
    field: "entities.1.entity.absences.0.until",
    mend: expect.any(String),
  });
  expect(await unit.putEntities({ entities: [engineer("c", { extraShifts: [{ from: 9, until: 9, kind: "duty" }] })] }, "test")).toMatchObject({
    field: "entities.0.entity.extraShifts.0.until",
  });
  expect(await unit.putEntities({ entities: [engineer("d", { absences: [{ from: 1_000, until: 5_000 }] })] }, "test")).not.toHaveProperty("refused");
});
