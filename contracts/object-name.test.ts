import { expect, test } from "vitest";
import { TenantId, UnitId } from "./ids.ts";
import { hubObject, intakeObject, intakeParts, ONE_OBJECT, readObjectName, SLICES, sliceOf, unitObject } from "./object-name.ts";

const tenant = TenantId.parse("default");
const unit = UnitId.parse("plant");

test("A4 names of objects are for ever", () => {
  expect(unitObject(tenant, unit)).toBe("default/plant/unit");
  expect(intakeObject(tenant, unit, 0)).toBe("default/plant/intake-0");
  expect(hubObject(tenant, "tickets")).toBe("default/hub/tickets");
  expect(readObjectName("default/plant/intake-0")).toEqual({ tenant: "default", unit: "plant", part: "intake-0" });
  expect(readObjectName("default/plant")).toBeNull();
});

test("A5 a device's slice never changes, and devices spread over all slices", () => {
  expect([sliceOf("pump-1"), sliceOf("pump-2"), sliceOf("泵")]).toEqual([sliceOf("pump-1"), sliceOf("pump-2"), sliceOf("泵")]);
  const used = new Set(Array.from({ length: 2_000 }, (_, i) => sliceOf(`device-${i}`)));
  expect(used.size).toBe(SLICES);
  // Pinned: another value would send a running unit's devices to objects that do not know them.
  expect(["pump-1", "truck-07", "A.b_c"].map(sliceOf)).toEqual([57, 30, 30]);
});

test("HM6 every Intake object of a unit is named once, whatever the slices' table", () => {
  expect(intakeParts(ONE_OBJECT)).toEqual([0]);
  expect(intakeParts({ version: 2, objectOf: [2, 0, 2, 1, 0] })).toEqual([0, 1, 2]);
});
