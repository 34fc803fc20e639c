import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import { FeedPage } from "../contracts/delta/operation.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { Heard } from "../contracts/rpc.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { STREAMS } from "./feed/cursor.ts";
import { KEY, batchOf, operationOf, operations, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { heldFetch } from "./shell/fixture/held-fetch.ts";

const hub = exports.HubRpc;
const newUnit = async (): Promise<string> => {
  const unit = `heard-${crypto.randomUUID().slice(0, 8)}`;
  expect(await hub.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
  return unit;
};
/** A consumer that says with each read what it has, as the CRM does. */
type Reader = { readonly secret: string; after: string | undefined; read(limit?: number): Promise<FeedPage> };
const reader = async (unit?: string, role: "integrator" | "admin" = "integrator"): Promise<Reader> => {
  const secret = crypto.randomUUID();
  await streamObject(env, "registry").addToken(hashSecret(secret), { role, subject: "crm", ...(unit === undefined ? {} : { unit }) });
  const made: Reader = {
    secret,
    after: undefined,
    async read(limit = 500) {
      const query = new URLSearchParams({ limit: String(limit), ...(made.after === undefined ? {} : { after: made.after }) });
      const response = await heldFetch(new Request(`http://hub/api/feed?${query}`, { headers: { authorization: `Bearer ${secret}` } }));
      const page = FeedPage.parse(await response.json());
      made.after = page.next;
      return page;
    },
  };
  return made;
};
const heard = async (unit: string): Promise<Heard> => {
  const answer = await hub.heard({ origin: originOf(unit), key: KEY });
  if (isRefusal(answer)) throw new Error(answer.rule);
  return answer;
};
const tickets = async (unit: string): Promise<readonly [number, number]> => {
  const { consumers, through } = await heard(unit);
  return [consumers, through.tickets];
};

beforeEach(async () => {
  for (const stream of STREAMS) await runInDurableObject(streamObject(env, stream), (_, state) => void state.storage.sql.exec("DELETE FROM consumer"));
});

test("F9 a consumer has what its next read says: a page that was sent and never confirmed is behind", async () => {
  const unit = await newUnit();
  await hub.push(batchOf(unit, operations(unit, 1, 10)));
  expect(await heard(unit)).toEqual({ consumers: 0, through: { tickets: 0, assets: 0, customers: 0, people: 0 }, oldestAt: 1_000_001 });
  const crm = await reader(unit);
  expect((await crm.read(4)).items).toHaveLength(4);
  expect(await tickets(unit)).toEqual([1, 0]);
  await crm.read(4);
  expect(await heard(unit)).toMatchObject({ consumers: 1, through: { tickets: 4 }, oldestAt: 1_000_005 });
  await evictDurableObject(streamObject(env, "tickets"));
  expect(await tickets(unit)).toEqual([1, 4]);
  await crm.read();
  await crm.read();
  expect(await heard(unit)).toEqual({ consumers: 1, through: { tickets: 10, assets: 0, customers: 0, people: 0 } });
});

test("F9 a consumer that went back to a backup is believed, and a refused cursor says nothing", async () => {
  const unit = await newUnit();
  await hub.push(batchOf(unit, operations(unit, 1, 10)));
  const crm = await reader(unit);
  const backup = (await crm.read(3)).next;
  await crm.read();
  await crm.read();
  expect(await tickets(unit)).toEqual([1, 10]);
  const refused = await heldFetch(new Request(`http://hub/api/feed?after=${backup.slice(0, -4)}`, { headers: { authorization: `Bearer ${crm.secret}` } }));
  expect(refused.status).toBe(400);
  expect(await tickets(unit)).toEqual([1, 10]);
  crm.after = backup;
  await crm.read(1);
  expect(await tickets(unit)).toEqual([1, 3]);
});

test("F9 events say by Last-Event-ID what their consumer has, and sending more says nothing", async () => {
  const unit = await newUnit();
  await hub.push(batchOf(unit, operations(unit, 1, 10)));
  const crm = await reader(unit);
  const third = (await crm.read(3)).items.at(-1);
  const headers = { authorization: `Bearer ${crm.secret}`, "last-event-id": third?.cursor ?? "" };
  const stream = await heldFetch(new Request("http://hub/api/feed/stream", { headers }));
  const events = stream.body?.getReader();
  await events?.read();
  await hub.push(batchOf(unit, operations(unit, 11, 12)));
  await events?.read();
  expect(await tickets(unit)).toEqual([1, 3]);
  await events?.cancel();
});

test("F10 the slowest of those who see the unit counts, by the unit's own numbers; others' consumers and administrators do not", async () => {
  const [mine, theirs] = [await newUnit(), await newUnit()];
  for (let i = 0; i < 4; i++) {
    await hub.push(batchOf(theirs, operations(theirs, i * 5 + 1, i * 5 + 5)));
    await hub.push(batchOf(mine, operations(mine, i * 2 + 1, i * 2 + 2)));
  }
  const asset = operationOf(mine, 1, { stream: "assets", entity: "asset", id: `pump-${mine}`, attr: "name", value: "Pump" });
  await hub.push(batchOf(mine, [asset], "assets"));
  const [all, scoped, foreign, admin] = [await reader(), await reader(mine), await reader(theirs), await reader(mine, "admin")];
  for (const one of [scoped, foreign, admin]) for (let i = 0; i < 2; i++) await one.read();
  expect(await heard(mine)).toEqual({ consumers: 1, through: { tickets: 8, assets: 1, customers: 0, people: 0 } });
  await all.read(1);
  expect(await heard(mine)).toMatchObject({ consumers: 2, through: { tickets: 0, assets: 0 }, oldestAt: 1_000_001 });
  for (let page = await all.read(); page.items.length > 0;) page = await all.read();
  expect(await heard(mine)).toEqual({ consumers: 2, through: { tickets: 8, assets: 1, customers: 0, people: 0 } });
  expect(await tickets(theirs)).toEqual([2, 20]);
});

test("F10 an unknown origin, a wrong key and what is no ask are refused", async () => {
  const unit = await newUnit();
  expect(await hub.heard({ origin: originOf("stranger"), key: KEY })).toMatchObject({ refused: "unknown-origin" });
  expect(await hub.heard({ origin: originOf(unit), key: `${KEY}x` })).toMatchObject({ refused: "not-permitted", field: "key" });
  expect(await hub.heard({ origin: "nobody" as never, key: KEY })).toMatchObject({ refused: "malformed", field: "origin" });
});

test("F9 a token that has not asked for 30 days counts no more, and the table is bounded", async () => {
  const unit = await newUnit();
  await hub.push(batchOf(unit, operations(unit, 1, 2)));
  const [gone, crm] = [await reader(unit), await reader(unit)];
  await gone.read();
  for (let i = 0; i < 2; i++) await crm.read();
  expect(await tickets(unit)).toEqual([2, 0]);
  const stub = streamObject(env, "tickets");
  const month = 31 * 86_400_000;
  for (const stream of STREAMS)
    await runInDurableObject(streamObject(env, stream), (_, state) => {
      state.storage.sql.exec("UPDATE consumer SET at = at - ? WHERE token = ?", month, hashSecret(gone.secret));
    });
  expect(await tickets(unit)).toEqual([1, 2]);
  await runInDurableObject(stub, (_, state) => {
    state.storage.sql.exec(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100) INSERT INTO consumer (token, unit, position, at) SELECT 'other-' || i, 'elsewhere', 0, ? + i FROM n LIMIT 999",
      Date.now() + 1_000,
    );
  });
  await (await reader(unit)).read();
  await runInDurableObject(stub, (_, state) => {
    expect(state.storage.sql.exec("SELECT count(*) AS n, count(*) FILTER (WHERE token = ?) AS kept FROM consumer", hashSecret(gone.secret)).one()).toEqual({
      n: 1_000,
      kept: 0,
    });
  });
});
