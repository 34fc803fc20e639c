import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "./fixture/site.ts";

type Stub = DurableObjectStub<import("./unit.ts").Unit>;

async function unitWith(name: string): Promise<Stub> {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  expect(await stub.create(name, pumpVibration)).toEqual({ unit: name });
  expect(await stub.putEntities(SITE, "test")).toMatchObject({ written: SITE.entities.length });
  return stub;
}

async function boardOf(stub: Stub): Promise<Board> {
  const board = await stub.board();
  if (isRefusal(board)) throw new Error(board.rule);
  return board as Board;
}

test("U2 a name that nobody created stays without tables, and a name is given once", async () => {
  const stub = env.UNIT.getByName("default/nobody/unit");
  expect(await stub.board()).toMatchObject({ refused: "unknown-unit" });
  await runInDurableObject(stub, (_, state) => {
    expect(state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray()).toEqual([]);
  });
  const made = await unitWith("twice");
  expect(await made.create("twice", pumpVibration)).toMatchObject({ refused: "exists" });
});

test("U3 a verdict becomes alarm, ticket, kit and offer with their decisions, timers and operations in one transaction", async () => {
  const stub = await unitWith("one");
  expect(await stub.applyVerdicts({ unit: "one", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] })).toEqual({ through: 1 });
  const board = await boardOf(stub);
  expect(board.alarms).toHaveLength(1);
  expect(board.tickets).toMatchObject([{ state: "offered", faultMode: "bearing-wear", to: "li-wei", repairs: [{ id: "r-1" }] }]);
  expect(board.offers[0]?.notChosen).toMatchObject([{ engineer: "wang-fang", code: "later" }]);
  const chain = await stub.chain(board.tickets[0]?.id ?? "");
  expect(chain).toMatchObject({ hubCalls: 0 });
  await runInDurableObject(stub, (_, state) => {
    const count = (table: string): unknown => state.storage.sql.exec(`SELECT count(*) AS n FROM ${table}`).one()["n"];
    expect(count("timer WHERE key LIKE 'offer:%'")).toBe(1);
    expect(count("decision")).toBeGreaterThanOrEqual(3);
    const seqs = state.storage.sql
      .exec("SELECT seq FROM operation WHERE stream = 'tickets' ORDER BY seq")
      .toArray()
      .map((r) => r["seq"]);
    expect(seqs).toEqual(seqs.map((_seq, i) => i + 1));
    expect(seqs.length).toBeGreaterThan(10);
  });
});

test("U4 repeated transitions are answered again and change nothing; a gap is refused with the seq that is expected", async () => {
  const stub = await unitWith("again");
  const batch = { unit: "again", slice: 0, from: 1, verdicts: [verdictAt(Date.now()), verdictAt(Date.now(), { device: "dev-1", state: "normal" })] };
  expect(await stub.applyVerdicts(batch)).toEqual({ through: 2 });
  expect(await stub.applyVerdicts(batch)).toEqual({ through: 2 });
  expect(await stub.applyVerdicts({ ...batch, from: 5 })).toMatchObject({ refused: "gap", mend: "send from 3" });
  expect((await boardOf(stub)).tickets).toHaveLength(1);
});

test("U5 verdicts of another unit are refused", async () => {
  const stub = await unitWith("mine");
  expect(await stub.applyVerdicts({ unit: "theirs", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] })).toMatchObject({ refused: "wrong-unit" });
  expect((await boardOf(stub)).tickets).toHaveLength(0);
});

test("U6 an eviction loses no ticket, offer or timer: the offer expires and the next engineer is asked", async () => {
  const stub = await unitWith("evicted");
  await stub.applyVerdicts({ unit: "evicted", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_, state) => {
    state.storage.sql.exec("UPDATE timer SET at = 1");
    // The expiry itself is in the ticket and the offer: both have passed too.
    state.storage.sql.exec(`UPDATE entity SET body = json_set(body, '$.expiresAt', 1) WHERE family IN ('ticket', 'offer')`);
  });
  await runDurableObjectAlarm(stub);
  const board = await boardOf(stub);
  expect(board.offers.map((o) => [o.engineer, o.state])).toEqual([
    ["li-wei", "expired"],
    ["wang-fang", "open"],
  ]);
  expect(board.tickets).toMatchObject([{ state: "offered", to: "wang-fang" }]);
});

test("U7 an acceptance is kept once, however often the phone retries", async () => {
  const stub = await unitWith("accepts");
  await stub.applyVerdicts({ unit: "accepts", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const offer = (await boardOf(stub)).offers[0];
  const answer = { type: "accept", offer: offer?.id, by: "li-wei" } as never;
  expect(await stub.answer(answer)).toMatchObject({ ticket: { state: "assigned" } });
  const before = await runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT count(*) AS n FROM operation").one()["n"]);
  expect(isRefusal(await stub.answer(answer))).toBe(false);
  expect(await runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT count(*) AS n FROM operation").one()["n"])).toBe(before);
});

test("U8 links open once, tokens say who they are, and a signed-out session is nobody's", async () => {
  const stub = await unitWith("doors");
  const link = (await stub.addLink("engineer", "li-wei")) as { code: string };
  expect(await stub.whois(link.code)).toMatchObject({ refused: "not-signed-in" });
  const opened = (await stub.redeem(link.code)) as { session: string };
  expect(await stub.whois(opened.session)).toEqual({ role: "engineer", subject: "li-wei", unit: "doors" });
  expect(await stub.redeem(link.code)).toMatchObject({ refused: "not-signed-in" });
  await stub.signOut(opened.session);
  expect(await stub.whois(opened.session)).toMatchObject({ refused: "not-signed-in" });
  expect(await stub.addToken("engineer", "nobody")).toMatchObject({ refused: "unknown-engineer" });
});

test("U9 a device is admitted with its own password only, and a new password ends the old one", async () => {
  const stub = await unitWith("gate");
  const first = (await stub.addDevice({ device: "dev-1" as never }, "test")) as { password: string };
  expect(first.password).toHaveLength(22);
  expect(await stub.admitDevice("dev-1", first.password)).toMatchObject({ id: "dev-1" });
  const second = (await stub.addDevice({ device: "dev-1" as never }, "test")) as { password: string };
  expect(await stub.admitDevice("dev-1", first.password)).toMatchObject({ refused: "not-permitted" });
  expect(await stub.admitDevice("dev-1", second.password)).toMatchObject({ id: "dev-1" });
  expect(await stub.admitDevice("ghost", "x")).toMatchObject({ refused: "not-permitted" });
  await runInDurableObject(stub, (_, state) => {
    expect(JSON.stringify(state.storage.sql.exec("SELECT * FROM credential").toArray())).not.toContain(second.password);
  });
});

test("U21 a device that is plugged in brings its asset, and the site as the customer once", async () => {
  const stub = env.UNIT.getByName("default/plugged/unit");
  await stub.create("plugged", pumpVibration);
  for (const device of ["pump-7", "pump-8", "pump-7"]) expect(await stub.addDevice({ device: device as never }, "test")).toMatchObject({ device });
  expect((await boardOf(stub)).assets.map((asset) => [asset.id, asset.customer])).toEqual([
    ["plugged.pump-7", "plugged.own"],
    ["plugged.pump-8", "plugged.own"],
  ]);
  await runInDurableObject(stub, (_, state) => {
    const rows = (sql: string): unknown[] => state.storage.sql.exec(sql).toArray();
    expect(rows("SELECT id, body ->> '$.name' AS name FROM entity WHERE family = 'customer'")).toEqual([{ id: "plugged.own", name: "长沙工厂" }]);
    expect(rows("SELECT 1 FROM operation WHERE stream = 'customers'").length).toBeGreaterThan(0);
  });
  const known = await unitWith("plugged-known");
  await known.addDevice({ device: "pump-9" as never }, "test");
  await runInDurableObject(known, (_, state) => {
    expect(state.storage.sql.exec("SELECT body ->> '$.name' AS name FROM entity WHERE family = 'customer' AND id = 'own'").toArray()).toEqual([
      { name: "Works" },
    ]);
  });
});

test("U10 an import that refers to nothing is refused with the field at fault, and nothing of it is written", async () => {
  const stub = await unitWith("import");
  const bad = {
    entities: [
      { family: "customer" as const, entity: { id: "c-9", name: "x" } },
      { family: "device" as const, entity: { id: "d-9", asset: "missing", profile: "pump", name: "d", addedAt: 1 } },
    ],
  };
  expect(await stub.putEntities(bad, "test")).toMatchObject({ refused: "unknown-asset", field: "entities.1.entity.asset" });
  expect(await stub.putEntities({ entities: [{ family: "asset", entity: { id: "a b" } }] }, "test")).toMatchObject({
    refused: "malformed",
    field: "entities.0.entity.id",
  });
  await runInDurableObject(stub, (_, state) => {
    expect(state.storage.sql.exec("SELECT count(*) AS n FROM entity WHERE id = 'c-9'").one()["n"]).toBe(0);
  });
});

test("U13 an ask that is not answered stays under its key and is tried again; the kit says so", async () => {
  const stub = env.UNIT.getByName("default/asks/unit");
  await stub.create("asks", { ...pumpVibration, connectors: { wms: { url: "http://127.0.0.1:9" } } });
  await stub.putEntities(SITE, "test");
  await stub.applyVerdicts({ unit: "asks", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const asks = () => runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT key, attempts, next_at FROM ask").toArray());
  await vi.waitFor(async () => expect(await asks()).toMatchObject([{ attempts: 1 }]), 10_000);
  const [first] = await asks();
  expect((await boardOf(stub)).kits).toMatchObject([{ id: String(first?.["key"]).replace(/:v1$/, ""), state: "unreachable" }]);
  await runInDurableObject(stub, (_, state) => void state.storage.sql.exec("UPDATE ask SET next_at = 1"));
  await runDurableObjectAlarm(stub);
  await vi.waitFor(async () => expect(await asks()).toMatchObject([{ key: first?.["key"], attempts: 2 }]), 10_000);
});
