import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { describe, expect, test } from "vitest";
import { HLC_ZERO } from "../../contracts/delta/clock.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { STORE_CASES } from "../delta/store.case.ts";
import type { ReplicaStore } from "../delta/store.ts";
import migrations from "./migrations/unit/migrations.js";
import { sqliteReplica } from "./replica-store.ts";

const onReplica = (body: (store: ReplicaStore, storage: DurableObjectStorage) => void): Promise<void> =>
  runInDurableObject(env.UNIT.getByName(`case/${crypto.randomUUID()}/unit`), async (_, { storage }) => {
    const db = drizzle(storage);
    await migrate(db, migrations);
    body(
      sqliteReplica(db, (count) => crypto.getRandomValues(new Uint8Array(count))),
      storage,
    );
  });

describe("a replica in SQLite", () => {
  for (const [name, run] of Object.entries(STORE_CASES))
    test(`U40 ${name}`, () => onReplica((store, storage) => run({ store, transact: (body) => storage.transactionSync(body) })));
});

test("U40 personal values of what waits lie sealed, and after the erasure there is nothing to open them with", () =>
  onReplica((store, { sql }) => {
    const origin = Origin.parse("a@1");
    const text = (): string => ["operation", "base", "subject_key"].map((table) => JSON.stringify(sql.exec(`SELECT * FROM ${table}`).toArray())).join("\n");
    const head = { origin, stream: "customers", txId: "t", entity: "customer", id: "c", op: "set", hlc: HLC_ZERO, baseVersion: 0 } as const;
    store.appendOperation({ ...head, seq: 1, attr: "contact", value: { person: "Ms Zhou" }, actor: "a", reason: "r", contract: "customer@1", at: 1 });
    store.appendOperation({ ...head, seq: 2, attr: "name", value: "Works", actor: "a", reason: "r", contract: "customer@1", at: 1 });
    expect([text().includes("Ms Zhou"), text().includes("$sealed"), text().includes("Works")]).toEqual([false, true, true]);
    const [{ key = null } = {}] = sql.exec("SELECT key FROM subject_key WHERE subject = 'customer/c'").toArray();
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    store.eraseSubject("customer", "c");
    expect([text().includes(String(key)), sql.exec("SELECT key FROM subject_key").toArray()]).toEqual([false, [{ key: null }]]);
  }));
