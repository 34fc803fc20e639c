/** What the hub refuses to write in its own name. */
import { expect, test } from "vitest";
import type { Json } from "../../contracts/delta/json.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { NOW, random } from "./fixture/lives.ts";
import { memoryStream } from "./memory-store.ts";
import { type OwnWrite, writeOwn } from "./own.ts";

const write = (entity: "ticket" | "engineer", changes: Readonly<Record<string, Json>>) => {
  const [meaning, hub] = [meaningOf(entity), memoryStream()];
  if (meaning === undefined) throw new Error(`no family ${entity}`);
  const own: OwnWrite = { key: "w", stream: meaning.stream, entity, id: "a", changes, units: ["u"], actor: "crm", reason: "r" };
  return { hub, answer: hub.transact(() => writeOwn(hub, own, meaning, NOW, random)) };
};

test.each<["ticket" | "engineer", Readonly<Record<string, Json>>, string]>([
  ["ticket", { priority: "p1", appointment: { from: 5, to: 4 } }, "changes.appointment.to"],
  ["engineer", { name: "A", absences: [{ from: 5, until: 4 }] }, "changes.absences.0.until"],
  ["engineer", { extraShifts: [{ from: 5, until: 5, kind: "duty" }] }, "changes.extraShifts.0.until"],
])("D32 a span of a %s that ends before it begins is refused with its field, and nothing is taken", (entity, changes, field) => {
  const { hub, answer } = write(entity, changes);
  expect(answer).toMatchObject({ refused: "breaks-contract", field, rule: expect.stringContaining("ends after it begins"), mend: expect.any(String) });
  expect(hub.readRow(entity, "a")).toBeUndefined();
});

test("D32 what can be, and what is removed, is written", () => {
  expect(isRefusal(write("ticket", { appointment: { from: 4, to: 5 } }).answer)).toBe(false);
  expect(isRefusal(write("ticket", { appointment: null }).answer)).toBe(false);
});
