import { expect, test } from "vitest";
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { NEVER_SEEN, merge } from "../../contracts/delta/merge.ts";
import { type Operation, Origin } from "../../contracts/delta/operation.ts";
import { tenantKey, unitIdOf } from "../../contracts/unit-key.ts";
import { memoryReplica } from "./memory-store.ts";
import { type Naming, namingOf } from "./naming.ts";
import { putOperations, readPen } from "./outbox.ts";
import { type Grammar, write } from "./write.ts";

const ORIGIN = Origin.parse("plant-a@1");
const alarm = { id: "al-1", asset: "pump-1", device: "pump-1", episode: "pump-1@5", severity: "high" };

function unit(): { readonly naming: Naming; readonly again: () => Naming; readonly replica: ReturnType<typeof memoryReplica>; readonly here: Set<string> } {
  const replica = memoryReplica();
  const here = new Set<string>();
  const again = (): Naming => namingOf("plant-a", replica, (family, id) => here.has(`${family} ${id}`));
  return { naming: again(), again, replica, here };
}

/** As a release before this one wrote it: under the unit's own id. */
function writeAsBefore(replica: ReturnType<typeof memoryReplica>, id: string): readonly Operation[] {
  const grammar: Grammar = { streamOf: () => "assets", contractOf: () => "device@1", ruleOf: () => "lww", epochOf: () => 1 };
  const written = { entity: "device", id, before: undefined, after: { id }, base: undefined };
  const { pen, operations } = write(readPen(replica, ORIGIN), [written], grammar, { txId: "t", actor: "test", reason: "test", now: 1 });
  replica.transact(() => putOperations(replica, pen, operations));
  return operations;
}

test("U35 a device and whatever names it leave under the unit's name and come back under their own; what the tenant names stays as it is", () => {
  const { naming } = unit();
  expect(naming.outward("device", "pump-1")).toBe("plant-a.pump-1");
  expect(naming.outwardAttrs("device", { id: "pump-1", asset: "pump-1" })).toEqual({ id: "plant-a.pump-1", asset: "pump-1" });
  expect(naming.outwardAttrs("alarm", alarm)).toEqual({ ...alarm, device: "plant-a.pump-1" });
  expect(naming.inwardAttrs("alarm", naming.outwardAttrs("alarm", alarm))).toEqual(alarm);
  expect(naming.inward("device", "plant-a.pump-1")).toBe("pump-1");
  for (const family of ["asset", "customer", "engineer", "ticket", "repair", "unheard-of"]) {
    expect([naming.outward(family, "c-7"), naming.inward(family, "plant-a.c-7")]).toEqual(["c-7", "plant-a.c-7"]);
    expect(naming.outwardAttrs(family, { id: "c-7", device: 7 })).toEqual({ id: "c-7", device: 7 });
  }
});

test("U35 another unit's device is not taken for one of this unit's, however names begin", () => {
  const { naming } = unit();
  for (const key of ["plant-b.pump-1", "plant-ab.pump-1", "plant-a", "plant"]) expect(naming.inward("device", key)).toBe(key);
  expect([tenantKey("plant-a", "x".repeat(57)), unitIdOf("plant-a", "plant-a.b.c")]).toEqual([null, "b.c"]);
  expect(tenantKey("plant-a", "x".repeat(56))).toHaveLength(64);
});

test("U36 a device that was sent under its bare id goes on under it, pending or heard; later ones do not", () => {
  const { again, replica } = unit();
  const [operation] = writeAsBefore(replica, "old");
  expect(again().outward("device", "old")).toBe("old");
  if (operation === undefined) throw new Error("nothing was written");
  // Acknowledged, pruned, and known from the hub.
  const { record } = merge(NEVER_SEEN, { ...operation, hlc: HLC_ZERO }, "lww");
  replica.transact(() => {
    replica.writeBase("assets", "device", "old", { record, at: 1 });
    replica.prune(ORIGIN, "assets", 1);
  });
  const naming = again();
  expect([naming.outward("device", "old"), naming.inward("device", "old"), naming.outward("device", "new")]).toEqual(["old", "old", "plant-a.new"]);
  expect(naming.outwardAttrs("alarm", { ...alarm, device: "old" })).toMatchObject({ device: "old" });
  // One that was called like this before names had a meaning.
  const odd = unit();
  writeAsBefore(odd.replica, "plant-a.pump-2");
  odd.here.add("device plant-a.pump-2");
  expect([odd.again().outward("device", "plant-a.pump-2"), odd.again().inward("device", "plant-a.pump-2")]).toEqual(["plant-a.pump-2", "plant-a.pump-2"]);
});
