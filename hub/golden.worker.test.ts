import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { EntityRecord } from "../contracts/delta/merge.ts";
import { FeedItem } from "../contracts/delta/operation.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { KEY, batchOf, operationOf, originOf, registrationOf } from "./merge/fixture/unit.ts";
import v0 from "./shell/migrations/golden/0000.sql";
import v1 from "./shell/migrations/golden/0001.sql";
import { streamObject } from "./shell/feed-reader.ts";

/** Databases as each migration's code left them: one stream with a unit that had pushed five operations, and its registry's rows. Added for each migration, never edited. With it: consumers of the feed, and how far they had come. */
const GOLDEN: readonly (readonly [string, string, number, number])[] = [
  ["0000", v0, 0, 0],
  ["0001", v1, 1, 3],
];

test.each(GOLDEN)("G6 the database of migration %s is opened, read and written on", async (_, dump, consumers, through) => {
  for (const name of ["tickets", "registry"] as const) {
    await runInDurableObject(streamObject(env, name), (__, state) => {
      const tables = state.storage.sql
        .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
        .toArray();
      for (const table of tables) state.storage.sql.exec(`DROP TABLE "${String(table["name"])}"`);
      for (const statement of dump.split(";\n")) if (statement.trim() !== "") state.storage.sql.exec(statement);
    });
    await evictDurableObject(streamObject(env, name));
  }
  const before = linesOf(await streamObject(env, "tickets").read({ epoch: 1, position: 0 }, 100));
  expect(before.map(({ seq, outcome }) => [seq, outcome])).toEqual([
    [1, "applied"],
    [2, "applied"],
    [3, "lost"],
    [4, "dead"],
    [5, "applied"],
  ]);
  expect(EntityRecord.parse(JSON.parse((await streamObject(env, "tickets").record("kit", "golden-kit")) ?? ""))).toMatchObject({
    version: 2,
    cells: { attempts: { value: 4 } },
  });

  expect(await streamObject(env, "registry").whoIs(hashSecret("golden-token"))).toEqual({ role: "integrator", subject: "crm" });
  expect(await exports.HubRpc.register(registrationOf("golden"))).toMatchObject({ epoch: 1 });
  expect(await exports.HubRpc.register(registrationOf("golden", { key: "another-key-of-22-characters" }))).toMatchObject({ refused: "exists" });
  expect(await exports.HubRpc.heard({ origin: originOf("golden"), key: KEY })).toMatchObject({ consumers, through: { tickets: through } });
  const again = [4, 5, 6].map((seq) => operationOf("golden", seq, seq === 4 ? { entity: "spaceship" } : {}));
  expect(await exports.HubRpc.push(batchOf("golden", again))).toMatchObject({ through: 6, dead: [{ seq: 4, reason: "unknown-entity" }] });
  const after = await streamObject(env, "tickets").read({ epoch: 1, position: 5 }, 100);
  expect(linesOf(after).map((line) => line.hubSeq)).toEqual([6]);
});

function linesOf(page: string | null): readonly FeedItem["operation"][] {
  return page === null ? [] : (JSON.parse(page) as { operations: readonly unknown[] }).operations.map((line) => FeedItem.shape.operation.parse(line));
}
