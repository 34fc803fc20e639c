import { expect, test } from "vitest";
import { contractsOfUnit } from "../../contracts/contract.ts";
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Lenses, lensUp } from "../../contracts/lenses.ts";
import { memoryReplica } from "./memory-store.ts";
import { putOperations, readPen } from "./outbox.ts";
import { workingOf } from "./overlay.ts";
import { openInbox } from "./push.ts";
import { type Upgraded, upgradeUnit } from "./upgrade.ts";
import { type Grammar, write } from "./write.ts";

const ORIGIN = Origin.parse("plant@1");
/** Customers were once called by a label. */
const LENSES: Lenses = { customer: { 2: [{ step: "rename", from: "label", to: "called" }], 3: [{ step: "rename", from: "called", to: "name" }] } };

test("U37 a unit whose release speaks newer majors holds its entities and the hub's in the new words; what it has not sent is read through the lens", () => {
  const replica = memoryReplica();
  const held = new Map<string, unknown>([
    ["customer c-1", { id: "c-1", label: "Mill" }],
    ["customer c-2", { id: "c-2" }],
    ["asset a-1", { id: "a-1", label: "stays" }],
  ]);
  const entities: Upgraded["entities"] = {
    list: (family) => [...held].flatMap(([key, one]) => (key.startsWith(`${family} `) ? [one as never] : [])),
    put: ({ family, id, after }) => void held.set(`${family} ${id}`, after),
  };
  const cell = { value: "Mill of old", hlc: HLC_ZERO, origin: ORIGIN, version: 2 };
  replica.transact(() => {
    replica.writeInbox({ ...openInbox("customers"), epoch: 1, cursor: "x", repair: null });
    replica.writeBase("customers", "customer", "c-1", { record: { version: 2, cells: { label: cell } }, at: 1 });
    replica.writeBase("assets", "asset", "a-1", { record: { version: 2, cells: { label: cell } }, at: 1 });
  });
  const grammar: Grammar = { streamOf: () => "customers", contractOf: () => "customer@1", ruleOf: () => "lww", epochOf: () => 1 };
  const written = { entity: "customer", id: "c-1", before: {}, after: { label: "Mill" }, base: undefined };
  const { pen, operations } = write(readPen(replica, ORIGIN), [written], grammar, { txId: "t", actor: "test", reason: "test", now: 9 });
  replica.transact(() => putOperations(replica, pen, operations));

  // What can't be said stays as it was, and is named.
  expect(upgradeUnit({ entities, replica, lenses: LENSES }, {}, { customer: 3, asset: 1 })).toEqual([{ entity: "customer", id: "c-2" }]);
  expect(Object.fromEntries(held)).toEqual({
    "customer c-1": { id: "c-1", name: "Mill" },
    "customer c-2": { id: "c-2" },
    "asset a-1": { id: "a-1", label: "stays" },
  });
  expect(replica.readBase("customer", "c-1")?.record.cells).toEqual({ name: cell });
  expect(replica.readBase("asset", "a-1")?.record.cells).toEqual({ label: cell });
  expect(replica.readInbox("customers")?.repair).toBe("digest");
  const meaning = meaningOf("customer");
  if (meaning === undefined) throw new Error("a family of ours");
  const lensOf = (contract: string) => lensUp("customer", Number(contract.slice(-1)), 3, LENSES);
  expect(workingOf(replica, meaning, "customers", "customer", "c-1", lensOf)).toEqual({ name: "Mill" });
  expect(replica.operationsAfter(ORIGIN, "customers", 0, 9)).toMatchObject([{ attr: "label", contract: "customer@1" }]);
});

test("U37 each major of ours beyond the first comes with its lens", () => {
  for (const { subject, version } of contractsOfUnit()) expect(() => lensUp(subject as never, 1, version)).not.toThrow();
  expect(() => lensUp("customer", 1, 3, { customer: { 3: [] } })).toThrow("customer@2");
});
