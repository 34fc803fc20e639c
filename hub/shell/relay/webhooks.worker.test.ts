import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { isRefusal } from "../../../contracts/refusal.ts";
import { readCursor, writeCursor } from "../../feed/cursor.ts";
import { Hub } from "../../hub.ts";
import type { Operation } from "../../../contracts/delta/operation.ts";
import { operationOf, operations } from "../../merge/fixture/unit.ts";
import { BEHIND_OPERATIONS_MAX } from "../../relay/delivery.ts";
import {
  ask,
  due,
  eventsOf,
  heard,
  heardBy,
  hook,
  idle,
  never,
  newToken,
  newUnit,
  outgoing,
  push,
  shown,
  status,
  until,
  useWorld,
  world,
} from "./fixture/outside.ts";
import { wakeOutgoing } from "./outgoing-object.ts";

useWorld();

test("O7 endpoints that never answer, or answer without end, hold up nobody else", async () => {
  const unit = await newUnit();
  const slow = await Promise.all(Array.from({ length: 4 }, () => hook(unit)));
  const drip = await hook(unit);
  for (const { host } of slow) world.behave.set(host, never);
  // A body without end: the answer counts by its status, and nobody reads on.
  let cancelled = false;
  const endless = (): ReadableStream => new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)), cancel: () => void (cancelled = true) });
  world.behave.set(drip.host, () => new Response(endless(), { headers: Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`x-${i}`, "y"])) }));
  const healthy = await hook(unit);
  await push(unit, operations(unit, 1, 30));
  await heard(healthy.host, 30);
  await heard(drip.host, 30);
  expect(cancelled).toBe(true);
  for (const { host } of slow) expect(heardBy(host)).toHaveLength(1);
  // They hold their places for the length of one attempt at most; here it is cut short.
  await runInDurableObject(outgoing(), (_, state) => state.abort("the test is over")).catch(() => undefined);
});

test("O19 personal values go only to whom the contract's purpose allows it, and of who was erased nothing is sent or kept", async () => {
  const unit = await newUnit();
  const id = `c-${unit}`;
  const payload = "operation";
  const [visits, others, nudged] = [
    await hook(unit, { payload, purposes: ["arranging a visit"] }),
    await hook(unit, { payload, purposes: ["billing"] }),
    await hook(unit, { purposes: ["arranging a visit"] }),
  ];
  const all = [visits, others, nudged];
  const customer = (seq: number, attr: string, value: unknown): Operation =>
    operationOf(unit, seq, { stream: "customers", entity: "customer", id, attr, value: value as never });
  await push(unit, [customer(1, "name", "Works"), customer(2, "contact", { person: "Ms Zhou" })], "customers");
  for (const { host } of all) await heard(host, 2);
  const told = (host: string): unknown => eventsOf(host).map(({ data }) => [data["attr"], data["value"], data["personalOmitted"]]);
  expect(told(visits.host)).toEqual([
    ["name", "Works", undefined],
    ["contact", { person: "Ms Zhou" }, undefined],
  ]);
  expect(told(others.host)).toEqual([
    ["name", "Works", undefined],
    ["contact", undefined, true],
  ]);
  expect(await shown(visits)).toMatchObject({ purposes: ["arranging a visit"] });
  expect(JSON.stringify([heardBy(others.host), heardBy(nudged.host)])).not.toContain("Zhou");

  // What waits at a connector, was given up there, and was answered by it.
  const admin = await newToken("root", undefined, "admin");
  await ask(admin, "POST", "/api/hub/connectors", { id: "erp", kind: "erp", url: "https://erp.example.com/api" });
  const call = (asked: Record<string, unknown>) => ask(admin, "POST", "/api/hub/connectors/erp/call", asked);
  world.behave.set("erp.example.com", () => Response.json({ customer: id, person: "Ms Zhou" }));
  await call({ path: `/customers?id=${id}` });
  world.behave.set("erp.example.com", status(422));
  await call({ method: "POST", path: "/customers", body: { id, person: "Ms Zhou" } });
  world.behave.set("erp.example.com", status(503));
  await call({ method: "POST", path: "/customers", body: { id, person: "Ms Zhou" } });
  await call({ method: "POST", path: "/orders", body: { part: "seal", for: `${id}0` }, key: "order" });
  const kept = (): Promise<string> =>
    runInDurableObject(outgoing(), (_, { storage }) =>
      ["endpoint", "dead", "answer", "queued"].map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray())).join("\n"),
    );
  expect((await kept()).match(/Ms Zhou/g)).toHaveLength(3);
  for (const one of all) await idle(one);
  await ask(admin, "POST", "/api/hub/subjects/erase", { entity: "customer", id, key: "e-1" });
  expect(await kept()).not.toContain("Zhou");
  expect((await ask(admin, "GET", "/api/hub/connectors/erp/queue")).body).toMatchObject({
    waiting: [{ key: "order", dead: null }],
    dead: [{ dead: "its subject was erased" }, { dead: "its subject was erased" }],
  });
  world.heard = [];
  for (const one of all) await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, { from: "start" });
  for (const { host } of all) await heard(host, 3);
  expect(JSON.stringify(world.heard)).not.toContain("Zhou");
  expect(eventsOf(visits.host)[1]?.data).toMatchObject({ attr: "contact", erased: true });
  expect(eventsOf(others.host)[1]?.data).toMatchObject({ attr: "contact", erased: true });
});

test("O10 an endpoint too far behind is told once to read the feed instead, and goes on from the end of the log", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, status(503));
  await push(unit, operations(unit, 1, 2));
  await until(
    () => shown(one),
    (row) => row["failures"] === 1,
  );
  const { cursor } = await shown(one);
  const far = vi.spyOn(Hub.prototype, "head").mockReturnValue({ epoch: 1, position: BEHIND_OPERATIONS_MAX + 1_000, tag: "" });
  await due(one);
  const why = `more than ${BEHIND_OPERATIONS_MAX} operations behind`;
  expect(
    await until(
      () => shown(one),
      (row) => row["state"] === "behind",
    ),
  ).toMatchObject({ cursor, why });
  far.mockRestore();
  world.behave.delete(one.host);
  await due(one);
  const resync = await until(
    () => eventsOf(one.host).at(-1),
    (event) => event?.type === "outpost.resync.v1",
  );
  expect(resync?.data).toMatchObject({ from: cursor, why });
  await until(
    () => shown(one),
    (row) => row["state"] === "active",
  );
  expect(await shown(one)).toMatchObject({ resyncs: 1, failures: 0, cursor: resync?.data["to"] });
  await push(unit, operations(unit, 3, 3));
  const next = await until(
    () => eventsOf(one.host).at(-1),
    (event) => event?.type === "outpost.operation.v1",
  );
  expect(next?.data["version"]).toBe(3);
});

test("O10 where the hub was put back from a backup its place is another log's: it is told from where to read again", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  await push(unit, operations(unit, 1, 2));
  await heard(one.host, 2);
  await idle(one);
  const at = readCursor(eventsOf(one.host)[1]?.cursor ?? "");
  if (isRefusal(at)) throw new Error(at.rule);
  const lost = writeCursor({ ...at, tickets: { ...at.tickets, tag: "0123456789ab" } });
  await runInDurableObject(outgoing(), (_, state) => void state.storage.sql.exec("UPDATE endpoint SET cursor = ? WHERE id = ?", lost, one.id));
  await outgoing().wake();
  const resync = await until(
    () => eventsOf(one.host).at(-1),
    (event) => event?.type === "outpost.resync.v1",
  );
  expect(resync?.data).toMatchObject({ why: "the hub was put back from a backup" });
  await until(
    () => shown(one),
    (row) => row["state"] === "active",
  );
  // It is a place of this log.
  const again = await ask(one.token, "GET", `/api/feed?after=${String(resync?.data["from"])}`);
  expect(again).toMatchObject({ status: 200 });
  expect(again.body["rewound"]).toBeUndefined();
});

test("O8 the hub sends to public addresses only, judged when it is given and again when it is used", async () => {
  const unit = await newUnit();
  const token = await newToken("mallory");
  for (const url of [
    "http://hooks.example.com/",
    "https://127.0.0.1/",
    "https://169.254.169.254/latest",
    "https://0x7f000001/",
    "https://[::ffff:10.0.0.1]/",
    "https://localhost/",
    "https://a:b@hooks.example.com/",
    "https://db.internal/",
  ])
    expect(await ask(token, "POST", "/api/hub/webhooks", { url })).toMatchObject({ status: 422, body: { refused: "forbidden-address", field: "url" } });
  const one = await hook(unit);
  await runInDurableObject(outgoing(), (_, state) => void state.storage.sql.exec("UPDATE endpoint SET url = 'https://10.0.0.1/' WHERE id = ?", one.id));
  await push(unit, operations(unit, 1, 1));
  expect(
    await until(
      () => shown(one),
      (row) => row["failures"] === 1,
    ),
  ).toMatchObject({ lastError: "not reached: the hub does not send there: a public IPv4 address" });
  expect(world.heard).toEqual([]);
  // A redirect is an answer, not an order.
  const two = await hook(unit, { from: "start" });
  world.behave.set(two.host, status(302, { location: "http://169.254.169.254/" }));
  await until(
    () => shown(two),
    (row) => row["failures"] === 1,
  );
  expect(world.heard.map(({ host }) => host)).toEqual([two.host]);
  expect(await shown(two)).toMatchObject({ lastError: "answered 302: redirects are not followed" });
});

test("O11 a party sees and changes what it made itself, and an administrator everything", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  const [stranger, wider, admin] = [await newToken("somebody-else", unit), await newToken(`party-${one.host}`), await newToken("root", undefined, "admin")];
  for (const [method, path] of [
    ["DELETE", ""],
    ["POST", "/rotate"],
    ["POST", "/resume"],
    ["POST", "/redeliver"],
    ["GET", "/dead"],
  ] as const)
    expect(await ask(stranger, method, `/api/hub/webhooks/${one.id}${path}`)).toMatchObject({ status: 404, body: { refused: "unknown-link" } });
  expect((await ask(stranger, "GET", "/api/hub/webhooks")).body).toEqual({ webhooks: [] });
  expect((await ask(wider, "GET", "/api/hub/webhooks")).body["webhooks"]).toHaveLength(1);
  expect((await ask(admin, "GET", "/api/hub/webhooks")).body["webhooks"]).toHaveLength(1);
  expect((await ask(stranger, "GET", "/api/hub/connectors")).status).toBe(403);
  expect(await ask(one.token, "DELETE", `/api/hub/webhooks/${one.id}`)).toMatchObject({ status: 200 });
  await push(unit, operations(unit, 1, 1));
  await outgoing().wake();
  expect(world.heard).toEqual([]);
  const left = await runInDurableObject(outgoing(), (_, state) => state.storage.sql.exec("SELECT * FROM secret").toArray());
  expect(left).toEqual([]);
});

test("O11 bad input is refused with its field", async () => {
  const token = await newToken("party");
  const url = "https://hooks.example.com/";
  for (const [body, field] of [
    [{ url, types: [] }, "types"],
    [{ url, types: ["outpost.everything"] }, "types.0"],
    [{ url, payload: "everything" }, "payload"],
    [{ url, streams: ["nothing"] }, "streams.0"],
    [{ url, attrs: Array.from({ length: 101 }, () => "a") }, "attrs"],
    [{}, "url"],
  ] as const)
    expect(await ask(token, "POST", "/api/hub/webhooks", body)).toMatchObject({ status: 400, body: { refused: "malformed", field } });
  expect(await ask(token, "POST", "/api/hub/webhooks", { url, from: "nonsense" })).toMatchObject({
    status: 400,
    body: { refused: "bad-cursor", field: "from" },
  });
  expect(await ask(token, "POST", "/api/hub/webhooks", { url, name: "x".repeat(40_000) })).toMatchObject({ status: 413 });
});
test("O16 a push waits for nothing that goes out, and where nobody is told anything nobody is called", async () => {
  const unit = await newUnit();
  await outgoing().wake();
  await until(
    () => wakeOutgoing(env) === null,
    (quiet) => quiet,
  );
  expect(wakeOutgoing(env)).toBeNull();
  // An endpoint that is added here is told at once all the same.
  const one = await hook(unit);
  world.behave.set(one.host, never);
  await push(unit, operations(unit, 1, 1));
  await heard(one.host, 1);
  // Its receiver holds on; the next push is answered meanwhile.
  await push(unit, operations(unit, 2, 2));
  await runInDurableObject(outgoing(), (_, state) => state.abort("the test is over")).catch(() => undefined);
});
