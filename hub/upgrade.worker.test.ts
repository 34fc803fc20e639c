/** A breaking change of a contract over a stream that is full and in use: the real hub, a unit that stays at the older major, one that comes with the newer. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test, vi } from "vitest";
import { fingerprint } from "../contracts/contract.ts";
import { HLC_ZERO, tick } from "../contracts/delta/clock.ts";
import type { Json } from "../contracts/delta/json.ts";
import { type Lens, recordThrough } from "../contracts/delta/lens.ts";
import { entityOf } from "../contracts/delta/merge.ts";
import type { Operation } from "../contracts/delta/operation.ts";
import { digestOf, recordDigest } from "../contracts/delta/record.ts";
import type { RowState } from "../contracts/delta/sync.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { KEY, batchOf, operationOf, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { UPGRADE_ROWS } from "./merge/upgrade.ts";
import { documentOf } from "./registry/fixture/document.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";
import { streamObject } from "./shell/feed-reader.ts";

const SUBJECT = "chamber";
const ROWS = UPGRADE_ROWS + 100;
const OLDER = documentOf({}, { "x-stream": "customers" });
const NEWER = documentOf(
  { title: { type: "string", maxLength: 100 }, temperature: { type: "number", "x-uom": "K" } },
  { "x-stream": "customers", required: ["id", "title", "temperature", "door"] },
);
delete (NEWER["properties"] as Record<string, Json>)["name"];
const LENS: Lens = [
  { step: "rename", from: "name", to: "title" },
  { step: "scale", attr: "temperature", factor: 1, offset: 273.15 },
  { step: "restate", attr: "temperature", why: "whole kelvins, which come back as they went" },
];
const contractAt = (version: number, schema: Json) => ({ subject: SUBJECT, version, schema, fingerprint: fingerprint(schema) });
const stream = "customers" as const;
const [north, south] = ["north", "south"].map((name) => `${name}-${crypto.randomUUID().slice(0, 8)}`) as [string, string];
const idOf = (i: number): string => `c-${String(i).padStart(4, "0")}`;
let steward: Client;
let seqs = new Map<string, number>();

const say = (unit: string, id: string, attr: string, value: Json, major: number, baseVersion = 0): Operation => {
  const seq = (seqs.get(unit) ?? 0) + 1;
  seqs.set(unit, seq);
  const at = Date.now();
  const hlc = tick(HLC_ZERO, at + seq);
  return operationOf(unit, seq, { stream, entity: SUBJECT, id, attr, value, contract: `${SUBJECT}@${major}`, baseVersion, hlc, at });
};
const push = async (unit: string, operations: readonly Operation[]) => {
  const reply = await exports.HubRpc.push(batchOf(unit, operations, stream));
  if (isRefusal(reply)) throw new Error(`${reply.refused}: ${reply.rule}`);
  expect(reply.dead).toEqual([]);
  return reply;
};
const ask = (unit: string) => ({ origin: originOf(unit), stream, key: KEY, entity: SUBJECT }) as const;
const loaded = async (unit: string): Promise<readonly RowState[]> => {
  const rows: RowState[] = [];
  for (let after = ""; ;) {
    const page = await exports.HubRpc.load({ ...ask(unit), limit: 256, ...(after === "" ? {} : { after }) });
    if (isRefusal(page)) throw new Error(page.rule);
    rows.push(...page.rows);
    if (page.next === null) return rows;
    after = page.next;
  }
};
const digestsOf = async (unit: string): Promise<unknown> => {
  const { entity: _, ...all } = ask(unit);
  const reply = await exports.HubRpc.digest(all);
  return isRefusal(reply) ? reply.refused : reply.digests[SUBJECT];
};
const register = (unit: string, major: number, schema: Json): Promise<unknown> =>
  exports.HubRpc.register(registrationOf(unit, { contracts: [...registrationOf(unit).contracts, contractAt(major, schema)] }));
const publish = (body: object): Promise<unknown> => steward.json("POST", "/api/hub/contracts", { subject: SUBJECT, why: "kelvin everywhere", ...body }, 201);

beforeAll(async () => {
  steward = await clientFor("operations");
  seqs = new Map();
  await publish({ schema: OLDER });
  expect(await register(north, 1, OLDER)).toMatchObject({ epoch: 1 });
  for (let from = 0; from < ROWS; from += 100)
    await push(
      north,
      Array.from({ length: 100 }, (_, i) => idOf(from + i)).flatMap((id, i) => [
        say(north, id, "name", `hall ${from + i}`, 1),
        say(north, id, "temperature", -20, 1),
      ]),
    );
});

test("D11 D5 a full stream is put into the words of a new major while it is used, an eviction in between included; the older unit's copy stays what it is", async () => {
  const [rows, before] = [await loaded(north), await digestsOf(north)];
  expect(rows).toHaveLength(ROWS);
  const { position } = await streamObject(env, stream).head();
  await publish({ schema: NEWER, major: 2, lens: LENS });
  // The first turn is done, and the object goes in the middle of the others.
  await evictDurableObject(streamObject(env, stream));
  await vi.waitUntil(async () => (await digestsOf(north)) === before, { timeout: 20_000, interval: 20 });
  await runInDurableObject(streamObject(env, stream), (_, { storage }) => {
    expect(storage.sql.exec(`SELECT major, after FROM upgrade WHERE subject = '${SUBJECT}'`).toArray()).toEqual([{ major: 2, after: null }]);
    const lines = storage.sql.exec("SELECT count(*) AS n, count(DISTINCT seq) AS seqs FROM log WHERE hub_seq > ? AND entity = ?", position, SUBJECT).one();
    expect(lines).toEqual({ n: ROWS * 3, seqs: ROWS * 3 });
  });
  // The older unit hears nothing of it, and what it holds is what the hub holds for it.
  expect((await loaded(north)).map(({ id, record }) => [id, record])).toEqual(rows.map(({ id, record }) => [id, record]));
  expect(await streamObject(env, stream).walk(null, 10_000)).toMatchObject({ done: true });
  expect(await streamObject(env, stream).walk(null, 10_000)).not.toHaveProperty("brokenAt");
  // As it was known before, and as it is.
  const at = async (moment?: { readonly hubSeq: number }) => JSON.parse(String(await streamObject(env, stream).entityAt(SUBJECT, idOf(7), moment))) as object;
  expect(await at({ hubSeq: position })).toMatchObject({ version: 2, attributes: { name: { value: "hall 7" }, temperature: { value: -20 } } });
  expect(await at()).toMatchObject({ version: 2, attributes: { title: { value: "hall 7" }, temperature: { value: 253.15 } } });
  expect(await at()).not.toHaveProperty("attributes.name");
});

test("D11 D5 units at both majors write to the same rows, each in its words, and both hold what the hub holds", async () => {
  expect(await register(south, 2, NEWER)).toMatchObject({ epoch: 1 });
  const start = await exports.HubRpc.load({ ...ask(north), limit: 1 });
  if (isRefusal(start)) throw new Error(start.rule);
  await push(south, [say(south, idOf(1), "title", "the south's", 2, 2), say(south, idOf(1), "temperature", 300.15, 2, 2)]);
  await push(north, [say(north, idOf(2), "name", "the north's", 1, 1)]);
  await push(south, [say(south, idOf(2), "door", "open", 2)]);
  const heard = await exports.HubRpc.pull({ origin: originOf(north), stream, key: KEY, after: start.start, limit: 500 });
  if (isRefusal(heard)) throw new Error(heard.rule);
  expect(heard.lines.map(({ id, attr, cell }) => [id, attr, cell?.value])).toEqual([
    [idOf(1), "name", "the south's"],
    [idOf(1), "temperature", 27],
    [idOf(2), "door", "open"],
  ]);
  const [northern, southern] = [await loaded(north), await loaded(south)];
  expect(southern.map(({ id }) => id)).toEqual([idOf(1), idOf(2)]);
  expect(southern.map(({ record }) => entityOf(record))).toMatchObject([
    { title: "the south's", temperature: 300.15 },
    { title: "the north's", door: "open", temperature: 253.15 },
  ]);
  for (const { id, record } of southern) expect(northern.find((row) => row.id === id)?.record).toEqual(recordThrough(LENS, record, "down"));
  for (const [unit, rows] of [
    [north, northern],
    [south, southern],
  ] as const)
    expect(await digestsOf(unit)).toBe(digestOf(rows.map(({ id, record }) => [id, recordDigest(record)] as const)));
});
