import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { describe, test } from "vitest";
import { STORE_CASES } from "../merge/store.case.ts";
import { sqliteStream } from "./stream-store.ts";

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
