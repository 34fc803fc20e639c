import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { Operation } from "../contracts/delta/operation.ts";
import type { ReceiptSummary } from "../contracts/receipt.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { HubMe, OperationsAnswer, ReceiptsAnswer } from "./api/pages.ts";
import { breaches } from "./api/fixture/held.ts";
import type { OpenApi } from "./api/openapi.ts";
import { readCursor } from "./feed/cursor.ts";
import { type LinkHealth, LinksAnswer } from "./health/link-health.ts";
import { KEY, batchOf, operationOf, operations, originOf } from "./merge/fixture/unit.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { type Client, clientFor, newUnit } from "./shell/fixture/client.ts";
import { heldFetch } from "./shell/fixture/held-fetch.ts";

const hub = exports.HubRpc;
let admin: Client;
let desk: Client;
let crm: Client;
let api: OpenApi;
beforeAll(async () => {
  admin = await clientFor("admin");
  desk = await clientFor("operations");
  crm = await clientFor("integrator", undefined, "crm");
  api = await desk.json<OpenApi>("GET", "/api/hub/openapi.json");
});
/** Held against the description that the hub serves. */
const get = async (client: Client, path: string): Promise<unknown> => {
  const got = await client.json("GET", path);
  expect(breaches(api, { method: "GET", path, status: 200, got })).toEqual([]);
  return got;
};
const fetched = (path: string, init: RequestInit = {}): Promise<Response> => heldFetch(new Request(`http://hub.test${path}`, { redirect: "manual", ...init }));
const person = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

describe("signing in", () => {
  const linkFor = async (role: "operations" | "integrator"): Promise<string> =>
    (await admin.json<{ path: string }>("POST", "/api/hub/links", { role }, 201)).path;
  const enter = async (role: "operations" | "integrator"): Promise<string> => {
    const entered = await fetched(await linkFor(role), { method: "POST" });
    return (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
  };

  test("HP4 a link signs one browser in, once; looking at it uses nothing up, and its cookie is no script's and no other site's", async () => {
    const path = await linkFor("operations");
    for (const init of [{}, { method: "HEAD" }, { headers: { ...person, "sec-purpose": "prefetch" } }]) {
      const looked = await fetched(path, init);
      expect([looked.status, looked.headers.get("set-cookie")]).toEqual([200, null]);
    }
    const entered = await fetched(path, { headers: person });
    expect([entered.status, entered.headers.get("location")]).toEqual([302, "/hub"]);
    expect(entered.headers.get("set-cookie")).toMatch(/^outpost-hub=[\w-]{22}; Max-Age=604800; Path=\/; HttpOnly; SameSite=Strict$/);
    const cookie = (entered.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    const me = await fetched("/api/hub/me", { headers: { cookie } });
    expect(HubMe.parse(await me.json())).toMatchObject({ role: "operations", subject: "operations", tenant: "default" });
    expect((await fetched(path, { method: "POST" })).status).toBe(401);
    // Whoever is signed in already comes to the page, and gets no second session.
    const again = await fetched(path, { headers: { ...person, cookie } });
    expect([again.status, again.headers.get("location"), again.headers.get("set-cookie")]).toEqual([302, "/hub", null]);
    expect((await fetched("/hub/enter/not-a-code", { method: "POST" })).status).toBe(401);

    const out = await fetched("/api/hub/sign-out", { method: "POST", headers: { cookie } });
    expect([out.status, out.headers.get("set-cookie")]).toMatchObject([200, expect.stringMatching(/^outpost-hub=; Max-Age=0/) as string]);
    expect((await fetched("/api/hub/me", { headers: { cookie } })).status).toBe(401);
  });

  test("HP4 a session may what its role may: an integrator looks and erases nobody; neither makes links", async () => {
    const [operations, integrator] = [await enter("operations"), await enter("integrator")];
    const status = async (cookie: string, path: string, body?: object): Promise<number> =>
      (await fetched(path, { headers: { cookie }, ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }) })).status;
    for (const cookie of [operations, integrator])
      expect([await status(cookie, "/api/hub/health/links"), await status(cookie, "/api/hub/links", { role: "operations" })]).toEqual([200, 403]);
    const erase = { entity: "customer", id: "nobody", key: crypto.randomUUID() };
    expect([await status(operations, "/api/hub/quarantine"), await status(integrator, "/api/hub/quarantine")]).toEqual([200, 403]);
    expect([await status(operations, "/api/hub/subjects/erase", erase), await status(integrator, "/api/hub/subjects/erase", erase)]).toEqual([200, 403]);
    expect((await admin.ask("POST", "/api/hub/links", { role: "admin" })).status).toBe(400);
    expect((await desk.ask("POST", "/api/hub/links", { role: "operations" })).status).toBe(403);
  });

  test("HP4 a page of another origin changes nothing with this one's cookie; a session is no token, and a link's code no session", async () => {
    const cookie = await enter("operations");
    const erase = (origin: string): Promise<Response> =>
      fetched("/api/hub/subjects/erase", {
        method: "POST",
        headers: { cookie, origin, host: "hub.test", "content-type": "text/plain" },
        body: JSON.stringify({ entity: "customer", id: "nobody", key: crypto.randomUUID() }),
      });
    for (const origin of ["http://hub.test:9999", "https://evil.test", "null"]) expect((await erase(origin)).status).toBe(403);
    expect((await erase("http://hub.test")).status).toBe(200);
    const bearer = (secret: string): Promise<Response> => fetched("/api/hub/me", { headers: { authorization: `Bearer ${secret}` } });
    expect((await bearer(cookie.split("=")[1] ?? "")).status).toBe(401);
    expect((await fetched("/api/hub/me", { headers: { cookie: `outpost-hub=${desk.secret}` } })).status).toBe(401);
    const code = (await linkFor("operations")).split("/").at(-1) ?? "";
    expect((await fetched("/api/hub/me", { headers: { cookie: `outpost-hub=${code}` } })).status).toBe(401);
  });

  test("HP4 sessions end by themselves, their number is bounded, and only hashes are kept", async () => {
    const registry = streamObject(env, "registry");
    const cookie = await enter("operations");
    const rows = await runInDurableObject(registry, (_, { storage }) => JSON.stringify(storage.sql.exec("SELECT * FROM visit").toArray()));
    expect(rows).not.toContain(cookie.split("=")[1]);
    await runInDurableObject(registry, (_, { storage }) => storage.sql.exec("UPDATE visit SET until = until - ?", 8 * 86_400_000));
    expect((await fetched("/api/hub/me", { headers: { cookie } })).status).toBe(401);
    await runInDurableObject(registry, (_, { storage }) =>
      storage.sql.exec(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO visit SELECT 'h' || i, 'session', 'operations', 'x', ? FROM n",
        Date.now() + 60_000,
      ),
    );
    expect(await (await admin.ask("POST", "/api/hub/links", { role: "operations" })).json()).toMatchObject({ refused: "quota-exceeded" });
    await runInDurableObject(registry, (_, { storage }) => storage.sql.exec("UPDATE visit SET until = 1"));
    expect((await admin.ask("POST", "/api/hub/links", { role: "operations" })).status).toBe(201);
  });
});

describe("the health of links", () => {
  const links = async (): Promise<readonly LinkHealth[]> => LinksAnswer.parse(await get(desk, "/api/hub/health/links")).links;
  const linkOf = async (kind: string, name: string): Promise<LinkHealth | undefined> =>
    (await links()).find((link) => link.kind === kind && link.name === name);
  const ticket = (unit: string, id: string, from: number, priority: string): Operation[] =>
    Object.entries({ state: "open", priority, respondBy: Date.now() + 9e6, resolveBy: Date.now() + 9e7 }).map(([attr, value], i) =>
      operationOf(unit, from + i, { entity: "ticket", id, attr, value, at: Date.now() - 700 }),
    );

  test("HP1 a unit's numbers are those of its streams and its own words", async () => {
    const unit = await newUnit("health");
    await hub.push(batchOf(unit, ticket(unit, `t-${unit}`, 1, "p1")));
    const fresh = await linkOf("unit", unit);
    expect(fresh).toMatchObject({ state: "ok", confirmed: 4, known: 4, dead: 0, impact: { atStake: { p1: 1, p2: 0, p3: 0 }, score: 0 } });
    expect(fresh).not.toHaveProperty("compared");
    expect(fresh).not.toHaveProperty("depth");
    expect(fresh?.delayMs).toBeGreaterThanOrEqual(700);
    expect(Date.now() - (fresh?.lastAt ?? 0)).toBeLessThan(60_000);

    const verified = { at: Date.now(), equal: false };
    await hub.heard({ origin: originOf(unit), key: KEY, verified });
    await hub.push(batchOf(unit, [operationOf(unit, 5, { entity: "spaceship", at: Date.now() })]));
    const worse = await linkOf("unit", unit);
    expect(worse).toMatchObject({ state: "broken", compared: verified, dead: 1, confirmed: 4, known: 5 });
    expect(worse?.findings.map(({ code }) => code)).toEqual(["unequal", "dead-letters"]);
    // What a unit does not say stays as it was.
    await hub.heard({ origin: originOf(unit), key: KEY });
    expect((await linkOf("unit", unit))?.compared).toEqual(verified);
    await hub.heard({ origin: originOf(unit), key: KEY, verified: { ...verified, equal: true } });
    expect((await linkOf("unit", unit))?.state).toBe("behind");
  });

  test("HP3 a unit that is not heard of stands first, with its open tickets, and closed ones count no more", async () => {
    const unit = await newUnit("silent");
    await hub.push(batchOf(unit, [...ticket(unit, `a-${unit}`, 1, "p1"), ...ticket(unit, `b-${unit}`, 5, "p2")]));
    await runInDurableObject(streamObject(env, "tickets"), (_, { storage }) =>
      storage.sql.exec("UPDATE log SET operation = json_set(operation, '$.appliedAt', ?) WHERE unit = ?", Date.now() - 3_600_000, unit),
    );
    expect((await links())[0]).toMatchObject({ name: unit, state: "broken", findings: [{ code: "silent" }], impact: { waiting: { p1: 1, p2: 1 }, score: 36 } });
    await hub.push(batchOf(unit, [operationOf(unit, 9, { entity: "ticket", id: `a-${unit}`, attr: "state", value: "resolved" })]));
    expect((await linkOf("unit", unit))?.impact.atStake).toEqual({ p1: 0, p2: 1, p3: 0 });
    // What is kept between two looks is what another life of the object finds.
    await evictDurableObject(streamObject(env, "tickets"));
    expect((await linkOf("unit", unit))?.impact.atStake).toEqual({ p1: 0, p2: 1, p3: 0 });
    await hub.push(batchOf(unit, [operationOf(unit, 10, { entity: "ticket", id: `b-${unit}`, attr: "", op: "delete" })]));
    expect((await linkOf("unit", unit))?.impact.atStake).toEqual({ p1: 0, p2: 0, p3: 0 });
    await hub.push(batchOf(unit, ticket(unit, `c-${unit}`, 11, "p3")));
    expect((await linkOf("unit", unit))?.impact.atStake).toEqual({ p1: 0, p2: 0, p3: 1 });
  });

  test("HP1 a consumer of the feed: where it stands, and how long its last page took to be confirmed; looking on is consuming nothing", async () => {
    const unit = await newUnit("read");
    await hub.push(batchOf(unit, operations(unit, 1, 3)));
    const reader = await clientFor("integrator", undefined, `reader-${unit}`);
    const { next } = await reader.json<{ next: string }>("GET", "/api/feed?limit=500");
    expect(await linkOf("feed", `reader-${unit}`)).toMatchObject({ confirmed: 0 });
    await reader.json("GET", `/api/feed?after=${next}&limit=500`);
    const [link] = (await links()).filter(({ name }) => name === `reader-${unit}`);
    expect(link).toMatchObject({ kind: "feed", state: "ok", depth: 0, confirmed: link?.known });
    expect(link?.delayMs).toBeLessThan(60_000);
    await hub.push(batchOf(unit, operations(unit, 4, 5)));
    expect(await linkOf("feed", `reader-${unit}`)).toMatchObject({ depth: 2 });
    const before = (await links()).length;
    await get(crm, "/api/hub/operations");
    expect((await links()).length).toBe(before);
  });

  test("HP1 webhooks, named consumers and connectors stand among them; who is good for one unit only is not shown the others", async () => {
    const name = `named-${crypto.randomUUID().slice(0, 8)}`;
    await crm.json("POST", "/api/hub/consumers", { name }, 201);
    expect(await linkOf("consumer", name)).toMatchObject({ confirmed: 0, dead: 0 });
    const scoped = await clientFor("operations", await newUnit());
    expect((await scoped.ask("GET", "/api/hub/health/links")).status).toBe(403);
    expect((await scoped.ask("GET", "/api/hub/receipts")).status).toBe(403);
  });
});

describe("the inspector", () => {
  const look = async (query: string, client = desk): Promise<OperationsAnswer> => OperationsAnswer.parse(await get(client, `/api/hub/operations?${query}`));
  const seqs = ({ operations: list }: OperationsAnswer): readonly number[] => list.map(({ seq }) => seq);

  test("HP5 every operation with its outcome, what was sent where it did not hold, and both its instants", async () => {
    const unit = await newUnit("looked");
    await hub.push(batchOf(unit, [...operations(unit, 1, 2), operationOf(unit, 3, { entity: "spaceship", id: "x-1" })]));
    await hub.push(batchOf(unit, [operationOf(unit, 4, { value: "engineer-late", hlc: operationOf(unit, 1).hlc })]));
    const { operations: list } = await look(`unit=${unit}`);
    expect(list.map(({ seq, outcome, reason, value }) => [seq, outcome, reason, value])).toMatchObject([
      [1, "applied", "test", "engineer-1"],
      [2, "applied", "test", "engineer-2"],
      [3, "dead", "not-registered", undefined],
      [4, "applied", "test", "engineer-late"],
    ]);
    expect(list[0]).toMatchObject({ stream: "tickets", unit, at: 1_000_001, actor: "test", contract: "assignment@1" });
    expect(seqs(await look(`unit=${unit}&outcome=dead`))).toEqual([3]);
    expect(seqs(await look(`unit=${unit}&entity=assignment&id=ticket-${unit}`))).toEqual([1, 2, 4]);
  });

  test("HP5 pages lead back to the beginning and on from any cursor, across streams, without a gap or a repeat", async () => {
    const unit = await newUnit("paged");
    const start = (await look("limit=1")).newer;
    for (let i = 0; i < 4; i++) {
      await hub.push(batchOf(unit, operations(unit, i * 3 + 1, i * 3 + 3)));
      await hub.push(
        batchOf(unit, [operationOf(unit, i + 1, { stream: "customers", entity: "customer", id: `c-${unit}`, attr: "name", value: `Works ${i}` })], "customers"),
      );
    }
    const named = (answer: OperationsAnswer): readonly string[] => answer.operations.map(({ stream, hubSeq }) => `${stream} ${hubSeq}`);
    const all = named(await look(`unit=${unit}&limit=500`));
    expect(all).toHaveLength(16);
    const back: string[] = [];
    for (let page = await look(`unit=${unit}&limit=3`), i = 0; i < 50; i++) {
      back.unshift(...named(page));
      if (page.older === null) break;
      page = await look(`unit=${unit}&limit=3&before=${page.older}`);
    }
    expect(back).toEqual(all);
    const on: string[] = [];
    for (let page = await look(`limit=5&after=${start}`); page.operations.length > 0; page = await look(`limit=5&after=${page.newer}`)) on.push(...named(page));
    expect(on).toEqual(all);
    expect(isRefusal(readCursor(start))).toBe(false);
    // The older page of a page of newer ones is what stood before its cursor.
    const newer = await look(`limit=5&after=${start}`);
    const older = named(await look(`limit=500&before=${newer.older ?? ""}`));
    expect([older.length > 0, older.filter((one) => all.includes(one))]).toEqual([true, []]);
  });

  test("HP5 values of people stay sealed; a token of one unit sees that unit's", async () => {
    const [unit, other] = [await newUnit("private"), await newUnit("other")];
    const contact = { person: "Ms Qian", phone: "+86 731 5555 0777" };
    const write = (seq: number, attr: string, value: object | string): Operation =>
      operationOf(unit, seq, { stream: "customers", entity: "customer", id: `c-${unit}`, attr, value: value as never });
    await hub.push(batchOf(unit, [write(1, "name", "Works"), write(2, "contact", contact)], "customers"));
    const { operations: list } = await look(`unit=${unit}`);
    expect(list.map(({ attr, value, personal }) => [attr, value, personal])).toEqual([
      ["name", "Works", undefined],
      ["contact", undefined, true],
    ]);
    expect(JSON.stringify(list)).not.toMatch(/Qian|0777|sealed/);
    const scoped = await clientFor("integrator", other);
    expect((await look(`unit=${unit}`, scoped)).operations).toEqual([]);
  });

  test.each([
    ["limit=501", "limit"],
    ["limit=0", "limit"],
    ["outcome=maybe", "outcome"],
    ["id=x", "entity"],
    ["after=a&before=b", "before"],
    ["stream=boats", "stream"],
    ["after=nonsense", "after"],
  ])("HP5 %s is refused with its field", async (query, field) => {
    const answer = await desk.ask("GET", `/api/hub/operations?${query}`);
    expect([answer.status, await answer.json()]).toMatchObject([400, { field }]);
  });
});

test("HP6 a unit's last absences are told, newest first, each once, and the oldest give way", async () => {
  const unit = await newUnit("receipts");
  const receiptAt = (awayAt: number, lost = 0): ReceiptSummary => ({
    awayAt,
    backAt: awayAt + 1,
    convergedAt: awayAt + 2,
    drill: true,
    operations: 47,
    heard: 3,
    conflictCount: 1,
    dead: 0,
    lost,
    digests: [{ stream: "tickets", ours: "a", theirs: "a" }],
    equal: true,
  });
  const tell = (receipt: ReceiptSummary): Promise<unknown> => hub.heard({ origin: originOf(unit), key: KEY, receipt });
  for (let i = 1; i <= 25; i++) await tell(receiptAt(1_000 * i));
  await tell(receiptAt(25_000));
  const mine = ReceiptsAnswer.parse(await get(desk, "/api/hub/receipts")).receipts.filter((one) => one.unit === unit);
  expect(mine.map(({ awayAt }) => awayAt)).toEqual(Array.from({ length: 20 }, (_, i) => 25_000 - 1_000 * i));
  expect(mine[0]).toEqual({ unit, ...receiptAt(25_000) });
  const lost = (await tell(receiptAt(26_000, 2)), LinksAnswer.parse(await get(desk, "/api/hub/health/links")).links.find((link) => link.name === unit));
  expect([lost?.state, lost?.lost]).toEqual(["broken", 2]);
  expect(await hub.heard({ origin: originOf(unit), key: `${KEY}x`, receipt: receiptAt(99_000) })).toMatchObject({ refused: "not-permitted" });
  expect(JSON.stringify(await get(desk, "/api/hub/receipts"))).not.toContain("99000");
});
