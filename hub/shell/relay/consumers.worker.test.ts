import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import type { Operation } from "../../../contracts/delta/operation.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { START, writeCursor } from "../../feed/cursor.ts";
import { KEY, operationOf, operations, originOf } from "../../merge/fixture/unit.ts";
import { Hub } from "../../hub.ts";
import { streamObject } from "../feed-reader.ts";
import { ask, newToken, newUnit, outgoing, push, until, useWorld } from "./fixture/outside.ts";

useWorld();

const feed = async (token: string, name: string, query = ""): Promise<{ readonly items: readonly Item[]; readonly next: string }> =>
  (await ask(token, "GET", `/api/hub/consumers/${name}/feed${query}`)).body as never;
type Item = { readonly cursor: string; readonly operation: { readonly seq: number; readonly attr: string } };
const name = (): string => `c-${crypto.randomUUID().slice(0, 8)}`;
const seqs = (page: { readonly items: readonly Item[] }): readonly number[] => page.items.map(({ operation }) => operation.seq);
const alarm = (unit: string, seq: number): Operation =>
  operationOf(unit, seq, { entity: "alarm", id: `alarm-${unit}`, attr: "repeats", value: seq, contract: "alarm@1" });

test("O12 reads from the cursor that it committed, filtered, in pages of any size; reading moves nothing", async () => {
  const [unit, id] = [await newUnit(), name()];
  const token = await newToken("erp", unit);
  expect(await ask(token, "POST", "/api/hub/consumers", { name: id, entities: ["alarm"], from: "now" })).toMatchObject({ status: 201, body: { id } });
  const list = Array.from({ length: 20 }, (_, i) => (i % 3 === 0 ? alarm(unit, i + 1) : operationOf(unit, i + 1)));
  await push(unit, list);
  const all = [1, 4, 7, 10, 13, 16, 19];
  expect(seqs(await feed(token, id))).toEqual(all);
  expect(seqs(await feed(token, id))).toEqual(all);
  for (const limit of [1, 2, 3, 5, 100]) {
    const read: number[] = [];
    for (let after = ""; ;) {
      const page = await feed(token, id, `?limit=${limit}${after}`);
      if (page.items.length === 0) break;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      read.push(...seqs(page));
      after = `&after=${page.next}`;
    }
    expect(read).toEqual(all);
  }
  const page = await feed(token, id, "?limit=3");
  expect(await ask(token, "POST", `/api/hub/consumers/${id}/commit`, { cursor: page.next })).toMatchObject({ status: 200, body: { cursor: page.next } });
  await evictDurableObject(outgoing());
  expect(seqs(await feed(token, id))).toEqual([10, 13, 16, 19]);
  // Going back to a backup is believed.
  await ask(token, "POST", `/api/hub/consumers/${id}/commit`, { cursor: page.items[0]?.cursor });
  expect(seqs(await feed(token, id))).toEqual([4, 7, 10, 13, 16, 19]);
});

test("O12 a long-poll waits for what passes the filter, whatever else comes by", async () => {
  const [unit, id] = [await newUnit(), name()];
  const token = await newToken("erp", unit);
  await ask(token, "POST", "/api/hub/consumers", { name: id, attrs: ["alarm.repeats"], from: "now" });
  const asked = vi.spyOn(Hub.prototype, "waitPast");
  const waiting = feed(token, id, "?wait=20");
  await until(
    () => asked.mock.calls.length,
    (calls) => calls > 0,
  );
  asked.mockRestore();
  await push(unit, operations(unit, 1, 5));
  await push(unit, [alarm(unit, 6)]);
  expect(seqs(await waiting)).toEqual([6]);
});

test("O12 O13 its lag is known in lines and in age, units hear of it, and a removed one is heard of no more", async () => {
  const [unit, id] = [await newUnit(), name()];
  const token = await newToken("erp", unit);
  for (const stream of ["tickets", "assets", "customers", "people"] as const)
    await runInDurableObject(streamObject(env, stream), (_, state) => void state.storage.sql.exec("DELETE FROM consumer"));
  await ask(token, "POST", "/api/hub/consumers", { name: id, from: "now" });
  await push(unit, operations(unit, 1, 4));
  const ofMine = async (): Promise<Record<string, unknown>> =>
    ((await ask(token, "GET", "/api/hub/consumers")).body["consumers"] as Record<string, unknown>[])[0] ?? {};
  expect(await ofMine()).toMatchObject({ id, unit, lagOperations: 4, committedAt: null, oldestAgeMs: expect.any(Number) as number });
  const page = await feed(token, id, "?limit=3");
  await ask(token, "POST", `/api/hub/consumers/${id}/commit`, { cursor: page.next });
  expect(await ofMine()).toMatchObject({ lagOperations: 1 });
  expect(await outgoing().links()).toMatchObject([{ kind: "consumer", id, unit, state: "reading", lagOperations: 1, deadLetters: 0 }]);
  const hears = async (): Promise<readonly [number, number]> => {
    const heard = await exports.HubRpc.heard({ origin: originOf(unit), key: KEY });
    if (isRefusal(heard)) throw new Error(heard.rule);
    return [heard.consumers, heard.through.tickets];
  };
  expect(await hears()).toEqual([1, 3]);
  const rest = await feed(token, id);
  await ask(token, "POST", `/api/hub/consumers/${id}/commit`, { cursor: rest.next });
  expect(await hears()).toEqual([1, 4]);
  expect((await ofMine())["oldestAgeMs"]).toBeUndefined();
  expect(await ask(token, "DELETE", `/api/hub/consumers/${id}`)).toMatchObject({ status: 200 });
  expect(await hears()).toEqual([0, 0]);
  expect((await ask(token, "GET", `/api/hub/consumers/${id}/feed`)).status).toBe(404);
});

test("O11 a name is given once, others' consumers are nobody's business, and a cursor that is none moves nothing", async () => {
  const [unit, id] = [await newUnit(), name()];
  const [token, stranger] = [await newToken("erp", unit), await newToken("mallory")];
  expect((await ask(token, "POST", "/api/hub/consumers", { name: id })).status).toBe(201);
  expect(await ask(stranger, "POST", "/api/hub/consumers", { name: id })).toMatchObject({ status: 409, body: { refused: "exists", field: "name" } });
  for (const [method, path] of [
    ["GET", "/feed"],
    ["POST", "/commit"],
    ["DELETE", ""],
  ] as const)
    expect(await ask(stranger, method, `/api/hub/consumers/${id}${path}`, method === "POST" ? { cursor: "x" } : undefined)).toMatchObject({ status: 404 });
  for (const cursor of ["nonsense", writeCursor({ ...START, tickets: { ...START.tickets, epoch: 1, position: 99_999_999 } })])
    expect(await ask(token, "POST", `/api/hub/consumers/${id}/commit`, { cursor })).toMatchObject({
      status: 400,
      body: { refused: "bad-cursor", field: "cursor" },
    });
  for (const bad of ["Upper", "", "x".repeat(64), "a/b"])
    expect(await ask(token, "POST", "/api/hub/consumers", { name: bad })).toMatchObject({ status: 400, body: { field: "name" } });
});
