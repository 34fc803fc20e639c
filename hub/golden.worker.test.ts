import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { expect, test } from "vitest";
import { FeedItem } from "../contracts/delta/operation.ts";
import { bucketOf, digestOf, recordDigest } from "../contracts/delta/record.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { EntityAnswer } from "./feed/view.ts";
import { KEY, batchOf, operationOf, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { NOWHERE, type Place, writeUnitCursor } from "./merge/place.ts";
import v0 from "./shell/migrations/golden/0000.sql";
import v1 from "./shell/migrations/golden/0001.sql";
import v2 from "./shell/migrations/golden/0002.sql";
import v3 from "./shell/migrations/golden/0003.sql";
import v4 from "./shell/migrations/golden/0004.sql";
import v5 from "./shell/migrations/golden/0005.sql";
import v6 from "./shell/migrations/golden/0006.sql";
import v7 from "./shell/migrations/golden/0007.sql";
import v8 from "./shell/migrations/golden/0008.sql";
import v9 from "./shell/migrations/golden/0009.sql";
import { streamObject } from "./shell/feed-reader.ts";
import { readBaselines } from "./shell/quality/baseline-tables.ts";
import { readKept } from "./shell/quality/period-tables.ts";
import { sqliteStream } from "./shell/stream-store.ts";

/** Databases as each migration's code left them: one stream with a unit that had pushed five operations, and its registry's rows. Added for each migration, never edited. With it: consumers of the feed, how far they had come, and what the poison was called. */
const GOLDEN: readonly (readonly [string, string, number, number, string])[] = [
  ["0000", v0, 0, 0, "unknown-entity"],
  ["0001", v1, 1, 3, "unknown-entity"],
  ["0002", v2, 1, 3, "not-registered"],
  ["0003", v3, 1, 3, "not-registered"],
  ["0004", v4, 1, 3, "not-registered"],
  ["0005", v5, 1, 3, "not-registered"],
  ["0006", v6, 1, 3, "not-registered"],
  ["0007", v7, 1, 3, "not-registered"],
  ["0008", v8, 1, 3, "not-registered"],
  ["0009", v9, 1, 3, "not-registered"],
];

test("G6 who was signed in stays so, and what units said of themselves is remembered", async () => {
  await restore(v3);
  const registry = streamObject(env, "registry");
  expect(await registry.whoVisits(hashSecret("golden-session"))).toEqual({ role: "operations", subject: "operations" });
  const { words } = JSON.parse(await registry.words()) as { readonly words: unknown };
  expect(words).toMatchObject([{ unit: "golden", verified: { equal: true }, receipt: { operations: 47, drill: true } }]);
  const { consumers } = JSON.parse(await streamObject(env, "tickets").reach()) as { readonly consumers: unknown };
  expect(consumers).toMatchObject([{ position: 3, delayMs: 412 }]);
});

test("G6 what was counted, and what it is compared with, is read on", async () => {
  await restore(v4);
  await runInDurableObject(streamObject(env, "tickets"), (_, state) => {
    const db = drizzle(state.storage);
    const [kept] = readKept(db, "kit", 0, "attempts");
    expect(kept).toMatchObject({ period: { span: "day" }, counts: { received: 4, usable: 3 }, sketch: { count: 3, numbers: { min: 1, max: 4 } } });
    expect(readBaselines(db, "kit").get("attempts")).toMatchObject({ setBy: "lin", why: "the first quiet day", ordinary: 0.05, sketch: { count: 3 } });
  });
});

test("G6 F13 a write that was taken once stays taken", async () => {
  await restore(v6);
  const tickets = streamObject(env, "tickets");
  const { position } = await tickets.head();
  const write = { key: "crm/golden-write", entity: "kit", id: "golden-kit", changes: { attempts: 9 }, actor: "crm", reason: "again" };
  const { answer } = await tickets.writeOwn(JSON.stringify(write));
  expect(JSON.parse(isRefusal(answer) ? answer.rule : answer)).toMatchObject({ position: 2 });
  expect((await tickets.writeOwn(JSON.stringify({ ...write, id: "another" }))).answer).toMatchObject({ refused: "stale-version", field: "key" });
  expect((await tickets.head()).position).toBe(position);
});

test("G6 F21 what came of a consumer's last comparison is remembered", async () => {
  await restore(v7);
  const { compared } = JSON.parse(await streamObject(env, "registry").words()) as { readonly compared: unknown };
  expect(compared).toEqual([{ token: hashSecret("golden-token"), at: 1795328261000, equal: false, apart: ["kit"] }]);
});

test("G6 D14 what numbers stood for whose lines are gone is remembered", async () => {
  await restore(v9);
  await runInDurableObject(streamObject(env, "tickets"), (_, { storage }) => {
    const tags = sqliteStream(drizzle(storage), storage.sql).spentTags("golden-past@1", 1, 9);
    expect([...tags]).toEqual([[1, 3_735_928_559]]);
  });
});

test.each(GOLDEN)("G6 the database of migration %s is opened, read and written on", async (migration, dump, consumers, through, poison) => {
  await restore(dump);
  const tickets = streamObject(env, "tickets");
  const before = linesOf(await tickets.read(NOWHERE, 100));
  expect(before.map(({ seq, outcome }) => [seq, outcome])).toEqual([
    [1, "applied"],
    [2, "applied"],
    [3, "lost"],
    [4, "dead"],
    [5, "applied"],
  ]);
  expect(await entity("kit", "golden-kit")).toMatchObject({ version: 2, attributes: { attempts: { value: 4, version: 2 } } });

  expect(await streamObject(env, "registry").whoIs(hashSecret("golden-token"))).toEqual({ role: "integrator", subject: "crm" });
  // Contracts were not kept with the origin before: it has to say again what it speaks.
  const compared = await exports.HubRpc.digest({ origin: originOf("golden"), stream: "tickets", key: KEY });
  expect(compared).toMatchObject(migration < "0002" ? { refused: "unknown-origin" } : { epoch: 1 });
  expect(await exports.HubRpc.register(registrationOf("golden"))).toMatchObject({ epoch: 1 });
  expect(await exports.HubRpc.register(registrationOf("golden", { key: "another-key-of-22-characters" }))).toMatchObject({ refused: "exists" });
  expect(await exports.HubRpc.heard({ origin: originOf("golden"), key: KEY })).toMatchObject({ consumers, through: { tickets: through } });
  const again = [4, 5, 6].map((seq) => operationOf("golden", seq, seq === 4 ? { entity: "spaceship" } : {}));
  expect(await exports.HubRpc.push(batchOf("golden", again))).toMatchObject({ through: 6, dead: [{ seq: 4, reason: poison }] });
  const { looked } = JSON.parse(await tickets.read(NOWHERE, 5)) as { readonly looked: Place };
  expect(linesOf(await tickets.read(looked, 100)).map((line) => line.hubSeq)).toEqual([6]);
  // The chain holds, or begins where the old log ended; what was there before has digests now, and is seen by whoever wrote it.
  expect(await tickets.walk(null, 100)).toMatchObject({ lines: 6, done: true, head: expect.stringMatching(/^(?!0{64})[0-9a-f]{64}$/) as string });
  expect(await tickets.walk(null, 100)).not.toHaveProperty("brokenAt");
  const cursor = writeUnitCursor(looked);
  const ask = { origin: originOf("golden"), stream: "tickets", key: KEY } as const;
  expect(await exports.HubRpc.pull({ ...ask, after: cursor, limit: 9 })).toMatchObject({ epoch: 1, lines: [], more: false });
  const loaded = await exports.HubRpc.load({ ...ask, limit: 9 });
  if (isRefusal(loaded)) throw new Error(loaded.rule);
  expect(loaded.rows.map(({ entity: of, id, at }) => `${of}/${id} ${at}`)).toEqual(["assignment/ticket-golden 6", "kit/golden-kit 2"]);
  const digests = await exports.HubRpc.digest({ ...ask, entity: "kit" });
  expect(digests).toMatchObject({
    digests: {
      [bucketOf("golden-kit")]: digestOf(loaded.rows.flatMap(({ entity: of, id, record }) => (of === "kit" ? [[id, recordDigest(record)] as const] : []))),
    },
  });
});

async function entity(name: string, id: string): Promise<unknown> {
  const answer = await streamObject(env, "tickets").entityAt(name, id);
  return EntityAnswer.omit({ stream: true }).parse(JSON.parse(typeof answer === "string" ? answer : ""));
}

function linesOf(page: string): readonly FeedItem["operation"][] {
  return (JSON.parse(page) as { operations: readonly unknown[] }).operations.map((line) => FeedItem.shape.operation.parse(line));
}

async function restore(dump: string): Promise<void> {
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
}
