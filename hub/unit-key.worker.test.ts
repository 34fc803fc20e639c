/** Two units with devices of the same name, at one hub: what is theirs stays two, what is the tenant's stays one. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { beforeAll, expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { type StreamName, StreamName as StreamNames } from "../contracts/delta/operation.ts";
import { DeviceId } from "../contracts/ids.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { verdictAt } from "../edge/fixture/site.ts";
import { ownDigests } from "../edge/delta/repair.ts";
import { sqliteReplica } from "../edge/shell/replica-store.ts";
import type { Unit } from "../edge/unit.ts";
import { pumpVibration } from "./catalogue/pump-vibration.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";

const NAMES = ["north", "south"].map((name) => `${name}-${crypto.randomUUID().slice(0, 8)}`);
const PUMP = DeviceId.parse("pump-1");
const C_7 = { family: "customer" as const, entity: { id: `c-7-${NAMES[0]}`, name: "Mills of Xiang" } };
let admin: Client;

const unitOf = (name: string): DurableObjectStub<Unit> => env.UNIT.getByName(`default/${name}/unit`);
const boardOf = async (name: string): Promise<Board> => {
  const board = await unitOf(name).board();
  if (isRefusal(board)) throw new Error(board.rule);
  return board as Board;
};
/** Everything that a unit wrote is at the hub. */
const settled = (name: string): Promise<unknown> => vi.waitUntil(async () => (await boardOf(name)).hub.pending === 0, { timeout: 20_000, interval: 50 });
const linesOf = async (entity: string): Promise<readonly Record<string, unknown>[]> => {
  const found: Record<string, unknown>[] = [];
  for (const name of NAMES) {
    const page = await admin.json<{ items: { operation: Record<string, unknown> }[] }>("GET", `/api/feed?limit=500&unit=${name}`);
    found.push(...page.items.map(({ operation }) => operation).filter((one) => one["entity"] === entity));
  }
  return found;
};
const attributeOf = async (entity: string, attr: string): Promise<readonly unknown[]> =>
  [...new Set((await linesOf(entity)).filter((one) => one["attr"] === attr).map((one) => one["value"]))].toSorted();
const entityAt = (entity: string, id: string): Promise<{ units?: readonly string[]; attributes: Record<string, { value?: unknown }> }> =>
  admin.json("GET", `/api/hub/entities/${entity}/${id}`);
/** Both sides' digests of what a unit sees, by family. */
const digestsOf = async (name: string, stream: StreamName): Promise<readonly unknown[]> => {
  const [ours, proof] = await runInDurableObject(unitOf(name), (_, state) => {
    const replica = sqliteReplica(drizzle(state.storage), () => new Uint8Array());
    const meta = Object.fromEntries(
      state.storage.sql
        .exec<{ key: string; value: string }>("SELECT key, value FROM meta")
        .toArray()
        .map((r) => [r.key, r.value]),
    );
    return [Object.fromEntries(ownDigests(replica, stream)), { origin: `${name}@${meta["incarnation"]}`, key: meta["key"] ?? "" }] as const;
  });
  const reply = await env.HUB.digest({ ...proof, stream } as never);
  return [ours, isRefusal(reply) ? reply : reply.digests];
};

beforeAll(async () => {
  admin = await clientFor("admin");
  for (const name of NAMES) {
    await unitOf(name).create(name, pumpVibration);
    expect(await unitOf(name).putEntities({ entities: [C_7] }, "test")).toEqual({ written: 1 });
    expect(await unitOf(name).addDevice({ device: PUMP }, "test")).toMatchObject({ device: "pump-1" });
    await settled(name);
  }
});

test("U35 two units that both have a pump-1 are two devices, two assets and two sites at the hub, and one imported customer", async () => {
  const both = (id: string): readonly string[] => NAMES.map((name) => `${name}.${id}`).toSorted();
  expect(await attributeOf("device", "id")).toEqual(both("pump-1"));
  expect(await attributeOf("device", "asset")).toEqual(both("pump-1"));
  expect(await attributeOf("asset", "id")).toEqual(both("pump-1"));
  expect(await attributeOf("asset", "customer")).toEqual(both("own"));
  expect(await attributeOf("customer", "id")).toEqual([...both("own"), C_7.entity.id].toSorted());
  for (const name of NAMES) {
    const { devices, assets } = await boardOf(name);
    expect([devices.map(({ id, asset }) => [id, asset]), assets.map(({ id }) => id)]).toEqual([[["pump-1", `${name}.pump-1`]], [`${name}.pump-1`]]);
    // Names that could not be told apart at the hub.
    for (const device of [`${name}.pump-2`, "x".repeat(64 - name.length)])
      expect(await unitOf(name).addDevice({ device: DeviceId.parse(device) }, "test")).toMatchObject({ refused: "malformed", field: "device" });
  }
});

test("U35 an alarm names its device so that it is found at the hub, and by its own name at the unit; a write to one unit's asset is not the other's", async () => {
  const [north = "", south = ""] = NAMES;
  const verdict = verdictAt(Date.now(), { device: "pump-1", asset: `${north}.pump-1`, episode: `pump-1@${Date.now()}` });
  expect(await unitOf(north).applyVerdicts({ unit: north, slice: 0, from: 1, verdicts: [verdict] })).toEqual({ through: 1 });
  await settled(north);
  const [named] = await attributeOf("alarm", "device");
  expect(named).toBe(`${north}.pump-1`);
  expect(await entityAt("device", String(named))).toMatchObject({ attributes: { name: { value: "pump-1" } } });
  expect((await boardOf(north)).alarms).toMatchObject([{ device: "pump-1" }]);
  await admin.json("POST", "/api/writes", { key: crypto.randomUUID(), entity: "asset", id: `${north}.pump-1`, changes: { name: "Old pump" }, reason: "named" });
  await vi.waitUntil(async () => (await boardOf(north)).assets[0]?.name === "Old pump", { timeout: 20_000, interval: 50 });
  expect((await boardOf(south)).assets).toMatchObject([{ name: "pump-1" }]);
});

test("D5 both sides reckon the same digests of what a unit calls otherwise than the hub; a unit that forgot hears its own devices under its own names", async () => {
  const [north = ""] = NAMES;
  for (const name of NAMES) {
    for (const stream of StreamNames.options) {
      const [ours, theirs] = await digestsOf(name, stream);
      expect([stream, ours]).toEqual([stream, theirs]);
    }
  }
  // Everything that it heard or sent is lost, and its device too: it loads the stream anew.
  await runInDurableObject(unitOf(north), (_, { storage }) => {
    for (const table of ["base", "operation", "inbox"]) storage.sql.exec(`DELETE FROM ${table} WHERE stream = 'assets'`);
    storage.sql.exec("UPDATE outbox SET first = last + 1 WHERE stream = 'assets'");
    storage.sql.exec("DELETE FROM entity WHERE family = 'device'");
  });
  await evictDurableObject(unitOf(north));
  await unitOf(north).nudge("assets");
  await vi.waitUntil(async () => (await boardOf(north)).devices.length > 0, { timeout: 20_000, interval: 50 });
  expect((await boardOf(north)).devices).toMatchObject([{ id: "pump-1", asset: `${north}.pump-1` }]);
  // And what it writes of it from now on is of the same device there.
  await unitOf(north).learnt("pump-1", { mean: [], scale: [], floor: [], rows: 400, learntAt: 1 });
  await settled(north);
  expect(await entityAt("device", `${north}.pump-1`)).toMatchObject({ attributes: { baseline: { value: { rows: 400 } } } });
  expect(await attributeOf("device", "id")).toHaveLength(2);
});
