/** One alarm, several actions: carried out over HTTP, through lost answers and a restart, each once. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Board, Chain } from "../../contracts/board.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";

const inbox = { loses: true, seen: [] as string[], kept: new Map<string, Record<string, unknown>>() };
const through = globalThis.fetch;

beforeEach(() => {
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    if (new URL(request.url).host !== "teams.test") return through(input, init);
    const key = request.headers.get("idempotency-key") ?? "";
    inbox.seen.push(key);
    if (request.url.endsWith("/product")) return Response.json({ error: "no such team" }, { status: 404 });
    inbox.kept.set(key, await request.json());
    if (inbox.loses) throw new DOMException("no answer in time", "TimeoutError");
    return Response.json({ ref: `N-${inbox.kept.size}` });
  });
});
afterEach(() => void vi.unstubAllGlobals());

test("FO1 FO2 FO3 a fault that comes again gives a job, a notice and a report, each once under one decision; what is undeliverable says why", async () => {
  const stub = env.UNIT.getByName("default/fans-out/unit");
  const teams = { "account-owner": { url: "http://teams.test/accounts" }, "product-team": { url: "http://teams.test/product" } };
  await stub.create("fans-out", { ...pumpVibration, connectors: { teams } });
  await stub.putEntities(SITE, "test");
  const pump = { family: "asset" as const, entity: { ...(SITE.entities[1]?.entity as object), id: "pump-2" } };
  await stub.putEntities({ entities: [pump] }, "test");
  const chainOf = async (asset: string): Promise<Chain> => {
    const ticket = ((await stub.board()) as Board).tickets.find((one) => one.asset === asset);
    const chain = await stub.chain(ticket?.id ?? "");
    if (isRefusal(chain)) throw new Error(chain.rule);
    return chain;
  };
  const stateOf = async (asset: string) => Object.fromEntries(((await chainOf(asset)).actions ?? []).map(({ action, state }) => [action, state]));

  await stub.applyVerdicts({ unit: "fans-out", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  expect(await stateOf("pump-1")).toEqual({ ticket: "done", "owner-notice": "due" });
  await stub.applyVerdicts({ unit: "fans-out", slice: 0, from: 2, verdicts: [verdictAt(Date.now(), { asset: "pump-2", device: "d-2", episode: "d-2@1" })] });
  await vi.waitFor(async () => expect(await stateOf("pump-2")).toEqual({ ticket: "done", "owner-notice": "due", "quality-report": "dead" }), 10_000);

  inbox.loses = false;
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_, state) => {
    state.storage.sql.exec(`UPDATE entity SET body = json_set(body, '$.action.dueAt', 1) WHERE family = 'action' AND state = 'due'`);
  });
  await runDurableObjectAlarm(stub);
  await vi.waitFor(
    async () => expect([await stateOf("pump-1"), await stateOf("pump-2")]).toMatchObject([{ "owner-notice": "done" }, { "owner-notice": "done" }]),
    10_000,
  );
  expect(inbox.kept.size).toBe(2);

  const { ticket, actions = [], decisions } = await chainOf("pump-2");
  const decision = decisions.find(({ step, outcome }) => step === "fan-out" && outcome === "fanned-out");
  expect(new Set(actions.map((one) => one.decision))).toEqual(new Set([decision?.id]));
  expect(actions).toContainEqual(expect.objectContaining({ action: "ticket", state: "done", ref: ticket.id }));
  expect(actions).toContainEqual(
    expect.objectContaining({ action: "quality-report", why: "product-team answered 404", about: expect.objectContaining({ repeats: 2 }) as object }),
  );
  expect(JSON.stringify([...inbox.kept.values()])).not.toMatch(/Pump|Works|李伟/);

  // A person has it tried again; what was done is not done again.
  const dead = actions.find(({ state }) => state === "dead")?.key ?? "";
  const before = inbox.seen.filter((key) => key === dead).length;
  expect(await stub.sayOfAction(dead, { type: "again" }, "desk")).toMatchObject({ action: { key: dead } });
  await vi.waitFor(() => expect(inbox.seen.filter((key) => key === dead).length).toBe(before + 1), 10_000);
  expect(await stub.sayOfAction(actions.find(({ state }) => state === "done")?.key ?? "", { type: "again" }, "desk")).toMatchObject({ refused: "wrong-state" });
  expect(await stub.sayOfAction("none", { type: "drop" }, "desk")).toMatchObject({ refused: "unknown-entity" });
});

test("FO4 an inbox that is away is left alone by its breaker, through a restart; other inboxes get theirs, and it gets its own once it is back", async () => {
  const [stub, teams] = [
    env.UNIT.getByName("default/breaks/unit"),
    { "account-owner": { url: "http://teams.test/away" }, "product-team": { url: "http://teams.test/there" } },
  ];
  const calls: string[] = [];
  let isBack = false;
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const { host, pathname } = new URL(request.url);
    if (host !== "teams.test") return through(input, init);
    calls.push(pathname);
    return pathname === "/away" && !isBack ? Response.json({}, { status: 503 }) : Response.json({ ref: "N" });
  });
  const rules = [
    { action: "owner-notice" as const, to: "account-owner", autonomy: "act" as const },
    { action: "quality-report" as const, to: "product-team", autonomy: "act" as const },
  ];
  await stub.create("breaks", { ...pumpVibration, fanOut: { rules }, connectors: { teams } });
  await stub.putEntities(SITE, "test");
  await stub.applyVerdicts({ unit: "breaks", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const away = () => calls.filter((path) => path === "/away").length;
  const due = () =>
    runInDurableObject(
      stub,
      (_, { storage }) => void storage.sql.exec(`UPDATE entity SET body = json_set(body, '$.action.dueAt', 1) WHERE family = 'action' AND state = 'due'`),
    );
  // Five in a row on a quiet link.
  for (let tries = 1; tries <= 5; tries++) {
    await vi.waitFor(() => expect(away()).toBe(tries), 10_000);
    await due();
    await runDurableObjectAlarm(stub);
  }
  await vi.waitFor(async () => {
    const state = await runInDurableObject(
      stub,
      (_, { storage }) => storage.sql.exec("SELECT value FROM meta WHERE key = 'teamBreaker:account-owner'").one()["value"],
    );
    expect(JSON.parse(String(state))).toMatchObject({ state: "open", why: "5 calls failed one after another" });
  }, 10_000);
  const tried = away();
  await evictDurableObject(stub);
  await due();
  await runDurableObjectAlarm(stub);
  await stub.applyVerdicts({
    unit: "breaks",
    slice: 0,
    from: 2,
    verdicts: [verdictAt(Date.now(), { device: "d-2", episode: "d-2@1", asset: "pump-1", evidence: [{ channel: "flow", share: 1 }] })],
  });
  expect(calls.filter((path) => path === "/there").length).toBeGreaterThan(0);
  expect(away()).toBe(tried);
  // Its time is up: one probe, then all of it.
  isBack = true;
  await runInDurableObject(
    stub,
    (_, { storage }) => void storage.sql.exec("UPDATE meta SET value = json_set(value, '$.until', 1) WHERE key = 'teamBreaker:account-owner'"),
  );
  await due();
  await runDurableObjectAlarm(stub);
  await vi.waitFor(() => expect(away()).toBeGreaterThan(tried), 10_000);
  const left = () =>
    runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec("SELECT id FROM entity WHERE family = 'action' AND state = 'due' AND json_extract(body, '$.action.to') = 'account-owner'").toArray(),
    );
  await vi.waitFor(async () => expect(await left()).toEqual([]), 10_000);
});
