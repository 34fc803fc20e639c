import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { describe, expect, test } from "vitest";
import type { Operation } from "../../contracts/delta/operation.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBatch } from "../merge/batch.ts";
import { batchOf, operations, originOf } from "../merge/fixture/unit.ts";
import { push } from "../merge/push.ts";
import { STORE_CASES } from "../merge/store.case.ts";
import type { KnownOrigin } from "../merge/store.ts";
import { sqliteStream } from "./stream-store.ts";

/** Rows written are what the platform bills. */
test("D2 a push writes three rows an operation (its line and the two ways to find it), and three more at most", async () => {
  await runInDurableObject(env.HUB_OBJECT.getByName(`case/hub/${crypto.randomUUID()}`), (_, { storage }) => {
    let rows = 0;
    const exec = (...given: Parameters<SqlStorage["exec"]>): ReturnType<SqlStorage["exec"]> => {
      const cursor = storage.sql.exec(...given);
      rows += cursor.rowsWritten;
      return cursor;
    };
    const counting = { sql: { exec }, transactionSync: <T>(body: () => T) => storage.transactionSync(body) };
    const store = sqliteStream(drizzle(counting as DurableObjectStorage), storage.sql);
    const origin: KnownOrigin = { origin: originOf("a"), unit: "a", keyHash: "", admitted: "[]", through: 0, stable: 0, dead: 0 };
    const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));
    const written = (list: readonly Operation[]): number => {
      const batch = readBatch(batchOf("a", list));
      if (isRefusal(batch)) throw new Error(batch.rule);
      rows = 0;
      const reply = store.transact(() => push(store, batch, store.readOrigin(originOf("a")) ?? origin, { meaningOf }, 500, 2_000_000, random));
      expect(reply).toMatchObject({ dead: [] });
      return rows;
    };
    written(operations("a", 1, 1));
    // The line twice indexed, the entity, where the stream and the origin stand.
    expect(written(operations("a", 2, 2))).toBe(6);
    expect(written(operations("a", 3, 502))).toBe(3 * 500 + 3);
  });
});

describe("a stream's store in SQLite", () => {
  for (const [name, run] of Object.entries(STORE_CASES))
    test(`D2 ${name}`, async () => {
      const stub = env.HUB_OBJECT.getByName(`case/hub/${crypto.randomUUID()}`);
      await runInDurableObject(stub, (_, { storage }) => {
        const store = sqliteStream(drizzle(storage), storage.sql);
        run({ store, transact: store.transact });
      });
    });
});
