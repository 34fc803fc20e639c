import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { expect, test, vi } from "vitest";
import type { Board } from "../../contracts/board.ts";
import { StreamName } from "../../contracts/delta/operation.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import type { ModelsView } from "../../contracts/models-view.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { verdictAt } from "../fixture/site.ts";
import { ownDigests } from "../delta/repair.ts";
import v0 from "./migrations/unit/golden/0000.sql";
import v1 from "./migrations/unit/golden/0001.sql";
import v2 from "./migrations/unit/golden/0002.sql";
import v3 from "./migrations/unit/golden/0003.sql";
import v4 from "./migrations/unit/golden/0004.sql";
import { countParts, readReleases } from "./release-store.ts";
import { sqliteReplica } from "./replica-store.ts";

/** Databases as each migration's code left them: a unit with one fault, its ticket offered. Added for each migration, never edited. */
const GOLDEN: readonly (readonly [string, string])[] = [
  ["0000", v0],
  ["0002", v2],
  ["0003", v3],
  ["0004", v4],
];

test.each(GOLDEN)("U14 the unit's database of migration %s opens with today's code and goes on", async (version, dump) => {
  const stub = env.UNIT.getByName(`default/golden-${version}/unit`);
  await runInDurableObject(stub, (__, state) => {
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") state.storage.sql.exec(statement);
  });
  await evictDurableObject(stub);
  const board = (await stub.board()) as Board;
  // Its offer ran out long ago: opening serves the timer, and the next engineer is asked.
  expect(board.tickets).toMatchObject([{ state: "offered", to: "wang-fang", repairs: [{ id: "r-1" }] }]);
  expect(board.offers.map((o) => [o.engineer, o.state])).toEqual([
    ["li-wei", "expired"],
    ["wang-fang", "open"],
  ]);
  await runInDurableObject(stub, (__, state) => {
    for (const row of state.storage.sql.exec("SELECT family, body FROM entity"))
      FAMILIES[String(row["family"]) as Family].parse(JSON.parse(String(row["body"])));
  });
  // The slice goes on where it was: its first transition is a repeat, its second is new.
  expect(await stub.applyVerdicts({ unit: "golden", slice: 0, from: 1, verdicts: [verdictAt(1_763_750_000_000)] })).toEqual({ through: 1 });
  expect(
    await stub.applyVerdicts({
      unit: "golden",
      slice: 0,
      from: 2,
      verdicts: [verdictAt(1_763_750_060_000, { episode: "dev-1@1763750000000", state: "normal" })],
    }),
  ).toEqual({ through: 2 });
  expect(((await stub.board()) as Board).tickets).toHaveLength(1);
  if (version < "0002") return;
  const photo = await stub.photo(board.tickets[0]?.id ?? "", "ab".repeat(16), { role: "dispatcher", subject: "desk" });
  expect(photo).toMatchObject({ type: "image/jpeg", bytes: new Uint8Array([0xff, 0xd8, 0xff, 0]) });
  if (version < "0003") return;
  const { profiles, models } = (await stub.models()) as ModelsView;
  expect(profiles[0]?.binding).toMatchObject({ profile: "pump", live: "a".repeat(64), candidate: { hash: "b".repeat(64), stage: "canary", share: 0.1 } });
  expect(models.find(({ hash }) => hash === "b".repeat(64))).toMatchObject({ name: "other", version: 2, ships: false });
  if (version < "0004") return;
  await runInDurableObject(stub, (__, { storage }) => {
    const db = drizzle(storage);
    expect(readReleases(db)).toMatchObject([{ release: { id: "other-2-pump", by: "lin" }, state: { state: "fetching", fetched: 3 }, asks: [] }]);
    expect(countParts(db, "c".repeat(64))).toEqual({ parts: 1, bytes: 3 });
  });
});

/**
 * As the code of migration 0001 left it: a unit that has talked with its hub. It had heard a priority and an erasure from there, all but its
 * last two operations were acknowledged, and no backup held any.
 */
test("U14 the replica of migration 0001 opens with today's code, says what was pending, and comes to the same as a hub that has nothing of it", async () => {
  const stub = env.UNIT.getByName("default/golden-replica/unit");
  await runInDurableObject(stub, (_, { storage }) => {
    for (const statement of v1.split(";\n")) if (statement.trim() !== "") storage.sql.exec(statement);
    const replica = sqliteReplica(drizzle(storage), (count) => new Uint8Array(count));
    const pending = replica.listOutboxes().map(({ stream, from, last, through, stable }) => [stream, from, last, through, stable]);
    expect(pending.toSorted()).toEqual([
      ["assets", 1, 20, 20, 0],
      ["customers", 1, 10, 8, 0],
      ["people", 1, 12, 12, 0],
      ["tickets", 1, 47, 47, 0],
    ]);
    const [origin] = replica.listOutboxes().map((outbox) => outbox.origin);
    expect(replica.operationsAfter(origin ?? "", "customers", 8, 9).map(({ attr, value }) => [attr, value])).toEqual([
      ["contact", { person: "Ms c-1", phone: "+86 731 5555 0199" }],
      ["name", "Works, renamed"],
    ]);
    expect(replica.erasedSubjects(9)).toEqual([{ entity: "customer", id: "golden.c-2" }]);
    expect(replica.operationsOn(origin ?? "", "customers", "customer", "golden.c-2", 0).map(({ attr, op }) => `${op} ${attr}`)).toEqual([
      "unset contact",
      "set id",
      "set name",
    ]);
    const [ticket] = storage.sql.exec("SELECT id, body FROM entity WHERE family = 'ticket'").toArray();
    expect(JSON.parse(String(ticket?.["body"]))).toMatchObject({ priority: "p1" });
    expect(replica.readBase("ticket", String(ticket?.["id"]))?.record.cells["priority"]).toMatchObject({ value: "p1", origin: "hub@1" });
    expect(replica.readInbox("tickets")).toMatchObject({ epoch: 1, repair: null, rewrites: false });
  });
  await evictDurableObject(stub);
  const board = async (): Promise<Board> => (await stub.board()) as Board;
  expect((await board()).tickets).toHaveLength(1);
  await vi.waitUntil(async () => (await board()).hub.state === "up" && (await board()).hub.pending === 0, { timeout: 20_000 });
  const [ours, ask] = await runInDurableObject(stub, (_, { storage }) => {
    const replica = sqliteReplica(drizzle(storage), (count) => new Uint8Array(count));
    const [key] = storage.sql.exec("SELECT value FROM meta WHERE key = 'key'").toArray();
    const origin = replica.listOutboxes()[0]?.origin ?? "";
    return [StreamName.options.map((stream) => Object.fromEntries(ownDigests(replica, stream))), { origin, key: String(key?.["value"]) }] as const;
  });
  const theirs = await Promise.all(
    StreamName.options.map(async (stream) => {
      const reply = await env.HUB.digest({ ...ask, stream } as never);
      return isRefusal(reply) ? reply : reply.digests;
    }),
  );
  expect(ours).toEqual(theirs);
  expect(Object.keys(ours[2] ?? {})).toEqual(["customer"]);
});
