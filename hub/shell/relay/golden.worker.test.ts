import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { status, useWorld, world } from "./fixture/outside.ts";
import v0 from "./migrations/golden/0000.sql";
import v1 from "./migrations/golden/0001.sql";

useWorld();

/** Databases as each migration's code left them: a webhook with a rotated secret and a dead letter, a consumer, a connector with an answer and a write that waits. Added for each migration, never edited. */
const GOLDEN: readonly (readonly [string, string, readonly string[]])[] = [
  ["0000", v0, []],
  ["0001", v1, ["dispatch"]],
];
test.each(GOLDEN)("O17 the database of migration %s is opened, read and written on", async (_, dump, purposes) => {
  const golden = env.OUTGOING.getByName("golden/hub/outgoing");
  await runInDurableObject(golden, (__, { storage: { sql } }) => {
    const tables = sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'");
    for (const { name } of tables.toArray()) sql.exec(`DROP TABLE "${String(name)}"`);
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") sql.exec(statement);
  });
  await evictDurableObject(golden);
  world.behave.set("wms.example.com", status(503));
  const crm = { role: "integrator", subject: "crm", unit: "golden" } as const;
  expect(JSON.parse(await golden.webhooks(crm))).toMatchObject([
    { name: "crm", entities: ["assignment"], delivered: 2, deadLetters: 1, unit: "golden", purposes },
  ]);
  expect(JSON.parse(String(await golden.deadLetters(crm, "golden-endpoint", 0)))).toMatchObject([
    { subject: "assignment/ticket-golden", reason: "answered 422" },
  ]);
  expect(JSON.parse(await golden.consumers(crm))).toMatchObject([{ id: "erp", attrs: ["ticket.priority"], committedAt: null }]);
  expect(JSON.parse(await golden.connectors())).toMatchObject([{ id: "wms", secretRef: "WMS", breaker: "closed", calls: 2, bad: 1, queued: 1 }]);
  expect(await golden.call("wms", { method: "GET", path: "/stock" })).toMatchObject({ stale: true, body: '{"stock":7}' });
  const rotated = await golden.rotateSecret(crm, "golden-endpoint");
  expect(isRefusal(rotated)).toBe(false);
  // The former, the present that became one, and the new.
  const secrets = await runInDurableObject(golden, (__, { storage: { sql } }) => sql.exec("SELECT until FROM secret ORDER BY n").toArray());
  expect(secrets.map(({ until }) => until === null)).toEqual([false, false, true]);
  await runInDurableObject(golden, (__, { storage }) => storage.deleteAlarm());
});
