import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { QUEUED_MAX } from "./connector-tables.ts";
import { type Behave, type Answer, ask, heardBy, newToken, outgoing, status, until, useWorld, world } from "./fixture/outside.ts";

useWorld();

type System = {
  readonly id: string;
  readonly host: string;
  call(asked: Record<string, unknown>): Promise<Answer>;
  shown(): Promise<Record<string, unknown>>;
};
let admin = "";
const system = async (kind: "crm" | "erp" | "wms" = "wms", over: Record<string, unknown> = {}): Promise<System> => {
  admin = await newToken("root", undefined, "admin");
  const id = `s-${crypto.randomUUID().slice(0, 8)}`;
  const host = `${id}.example.com`;
  expect(await ask(admin, "POST", "/api/hub/connectors", { id, kind, url: `https://${host}/api`, ...over })).toMatchObject({ status: 201 });
  return {
    id,
    host,
    call: (asked) => ask(admin, "POST", `/api/hub/connectors/${id}/call`, asked),
    shown: async () => ((await ask(admin, "GET", "/api/hub/connectors")).body["connectors"] as Record<string, unknown>[]).find((one) => one["id"] === id) ?? {},
  };
};
const timesOut: Behave = () => {
  throw new DOMException("no answer in time", "TimeoutError");
};
/** The breaker's time is over. */
const patient = (id: string): Promise<void> =>
  runInDurableObject(outgoing(), async (object, state) => {
    const breaker = JSON.parse(String(state.storage.sql.exec("SELECT breaker FROM connector WHERE id = ?", id).one()["breaker"])) as Record<string, unknown>;
    state.storage.sql.exec(
      "UPDATE connector SET breaker = ?, next_at = 0 WHERE id = ?",
      JSON.stringify({ ...breaker, ...("until" in breaker ? { until: 0 } : {}) }),
      id,
    );
    await object.alarm();
  });

test("O14 O15 three time-outs open the breaker, which survives the object; reads get the last good answer meanwhile, marked stale", async () => {
  const wms = await system();
  world.behave.set(wms.host, () => Response.json({ stock: 5 }));
  expect((await wms.call({ path: "/stock?part=seal" })).body).toEqual({ status: 200, body: { stock: 5 }, stale: false });
  world.behave.set(wms.host, timesOut);
  for (let i = 0; i < 3; i++) expect((await wms.call({ path: "/stock?part=seal" })).body).toMatchObject({ stale: true, body: { stock: 5 } });
  expect(await wms.shown()).toMatchObject({
    breaker: "open",
    why: "3 time-outs in a row",
    timeouts: 3,
    calls: 4,
    stale: 3,
    lastError: "no answer within 5000 ms",
  });
  await evictDurableObject(outgoing());
  const calls = world.heard.length;
  expect((await wms.call({ path: "/stock?part=seal" })).body).toMatchObject({
    status: 200,
    body: { stock: 5 },
    stale: true,
    ageMs: expect.any(Number) as number,
  });
  expect(await wms.call({ path: "/stock?part=pump" })).toMatchObject({ status: 503, body: { refused: "unavailable" } });
  expect(world.heard).toHaveLength(calls);
  expect(await outgoing().links()).toMatchObject([{ kind: "connector", id: wms.id, name: "wms", state: "open", breaker: "open" }]);

  // Half-open: a probe that fails opens it again, two that go well close it.
  await patient(wms.id);
  await wms.call({ path: "/stock?part=seal" });
  expect(await wms.shown()).toMatchObject({ breaker: "open", why: "the probe timed out" });
  world.behave.set(wms.host, () => Response.json({ stock: 4 }));
  await patient(wms.id);
  expect((await wms.call({ path: "/stock?part=seal" })).body).toMatchObject({ stale: false, body: { stock: 4 } });
  expect(await wms.shown()).toMatchObject({ breaker: "half-open" });
  await evictDurableObject(outgoing());
  await wms.call({ path: "/stock?part=seal" });
  expect(await wms.shown()).toMatchObject({ breaker: "closed", lastError: null });
});

test("O14 more than 5 % of errors open it; refusals of a single request do not", async () => {
  const crm = await system("crm");
  let n = 0;
  world.behave.set(crm.host, () => new Response("{}", { status: (n += 1) % 10 === 0 ? 500 : 404 }));
  for (let i = 0; i < 19; i++) await crm.call({ path: "/accounts/1" });
  expect(await crm.shown()).toMatchObject({ breaker: "closed", bad: 1 });
  await crm.call({ path: "/accounts/1" });
  expect(await crm.shown()).toMatchObject({ breaker: "open", bad: 2, why: "2 of the last 20 calls failed" });
});

test("O15 a write is answered at once while the system is well, and waits in order while it is not, each under one key", async () => {
  const erp = await system("erp");
  world.behave.set(erp.host, async (request) => Response.json({ took: await request.json() }, { status: 201 }));
  expect((await erp.call({ method: "POST", path: "/orders", body: { n: 0 } })).body).toEqual({ status: 201, body: { took: { n: 0 } }, stale: false });
  world.behave.set(erp.host, timesOut);
  for (let n = 1; n <= 5; n++)
    expect(await erp.call({ method: "POST", path: "/orders", body: { n }, key: `order-${n}` })).toMatchObject({
      status: 202,
      body: { queued: true, key: `order-${n}` },
    });
  // The same write once more is the same write.
  expect((await erp.call({ method: "POST", path: "/orders", body: { n: 2 }, key: "order-2" })).body).toMatchObject({ queued: true, depth: 5 });
  await until(erp.shown, (row) => row["breaker"] === "open" || Number(row["timeouts"]) > 0);
  expect(await erp.shown()).toMatchObject({ queued: 5, oldestAgeMs: expect.any(Number) as number });
  await evictDurableObject(outgoing());
  world.heard = [];
  world.behave.set(erp.host, () => new Response(null, { status: 204 }));
  await until(
    async () => {
      await patient(erp.id);
      return await erp.shown();
    },
    (row) => row["queued"] === 0,
  );
  expect(heardBy(erp.host).map(({ body, headers }) => [JSON.parse(body) as unknown, headers["idempotency-key"]])).toEqual(
    [1, 2, 3, 4, 5].map((n) => [{ n }, `order-${n}`]),
  );
  expect(await erp.shown()).toMatchObject({ breaker: "closed", deadLetters: 0 });
});

test("O15 what waits goes out as soon as a read finds the system back", async () => {
  const erp = await system("erp");
  world.behave.set(erp.host, status(503));
  expect(await erp.call({ method: "POST", path: "/orders", body: { n: 1 } })).toMatchObject({ status: 202 });
  await runInDurableObject(
    outgoing(),
    (_, state) => void state.storage.sql.exec("UPDATE connector SET next_at = ? WHERE id = ?", Date.now() + 3_600_000, erp.id),
  );
  world.behave.set(erp.host, () => Response.json([]));
  expect((await erp.call({ path: "/orders" })).body).toMatchObject({ stale: false });
  await until(erp.shown, (row) => row["queued"] === 0);
});

test("O15 a write that the system refuses is given up with its reason and holds up nothing; the queue has a bound and drops nothing", async () => {
  const erp = await system("erp");
  world.behave.set(erp.host, (request) => new Response(null, { status: request.url.endsWith("/bad") ? 422 : 200 }));
  expect((await erp.call({ method: "PUT", path: "/bad", body: {} })).body).toMatchObject({ status: 422 });
  expect((await erp.call({ method: "PUT", path: "/good", body: {} })).body).toMatchObject({ status: 200 });
  const queue = (await ask(admin, "GET", `/api/hub/connectors/${erp.id}/queue`)).body;
  expect(queue).toMatchObject({ waiting: [], dead: [{ path: "/bad", dead: "answered 422" }] });
  await runInDurableObject(outgoing(), (_, state) => {
    state.storage.sql.exec(
      "UPDATE connector SET breaker = ? WHERE id = ?",
      JSON.stringify({ state: "open", round: 1, opened: 1, until: Date.now() + 60_000, why: "test" }),
      erp.id,
    );
    for (let i = 0; i < QUEUED_MAX; i++)
      state.storage.sql.exec("INSERT INTO queued (connector, key, method, path, at, answers) VALUES (?, ?, 'POST', '/x', 1, 0)", erp.id, `k-${i}`);
  });
  expect(await erp.call({ method: "POST", path: "/x" })).toMatchObject({ status: 429, body: { refused: "quota-exceeded" } });
  expect(await erp.shown()).toMatchObject({ queued: QUEUED_MAX });
  await runInDurableObject(outgoing(), (_, state) => void state.storage.sql.exec("DELETE FROM queued"));
});

test("O18 writes that nobody lets in, or that are sent elsewhere, wait in order and say why; what was given up goes again when somebody asks", async () => {
  const erp = await system("erp");
  const order = (n: number): Promise<Answer> => erp.call({ method: "POST", path: "/orders", body: { n }, key: `o-${n}` });
  const queue = async (): Promise<Record<string, unknown>> => (await ask(admin, "GET", `/api/hub/connectors/${erp.id}/queue`)).body;
  for (const [code, why] of [
    [302, "answered 302: redirects are not followed"],
    [401, "answered 401: the connector is not let in"],
    [403, "answered 403: the connector is not let in"],
  ] as const) {
    world.behave.set(erp.host, status(code, { location: "https://elsewhere.example.com/" }));
    expect(await order(code)).toMatchObject({ status: 202 });
    // As if the time of each wait had come.
    const waiting = await until(
      async () => {
        await patient(erp.id);
        return await erp.shown();
      },
      (row) => row["lastError"] === why,
    );
    expect(waiting).toMatchObject({ deadLetters: 0 });
  }
  world.behave.set(erp.host, status(503, { "retry-after": "1" }));
  for (let i = 0; i < 3; i++) await patient(erp.id);
  expect(await queue()).toMatchObject({ waiting: [{ key: "o-302" }, { key: "o-401" }, { key: "o-403" }], dead: [] });
  expect(heardBy("elsewhere.example.com")).toEqual([]);

  // What is refused for its content is given up, one by one; then the other side mends its rule.
  world.behave.set(erp.host, status(422));
  await until(
    async () => {
      await patient(erp.id);
      return await erp.shown();
    },
    (row) => row["queued"] === 0,
  );
  expect(await erp.shown()).toMatchObject({ deadLetters: 3 });
  world.heard = [];
  world.behave.set(erp.host, () => new Response(null, { status: 204 }));
  const [last] = (await queue())["dead"] as { readonly n: number; readonly key: string }[];
  const again = (body: object): Promise<Answer> => ask(admin, "POST", `/api/hub/connectors/${erp.id}/redeliver`, body);
  expect(await again({ n: last?.n })).toMatchObject({ status: 202, body: { again: 1 } });
  await until(erp.shown, (row) => row["queued"] === 0);
  expect(await again({})).toMatchObject({ status: 202, body: { again: 2 } });
  await until(erp.shown, (row) => row["queued"] === 0);
  expect(heardBy(erp.host).map(({ headers }) => headers["idempotency-key"])).toEqual(["o-403", "o-302", "o-401"]);
  expect(await erp.shown()).toMatchObject({ deadLetters: 0, lastError: null });
  expect(await again({})).toMatchObject({ status: 202, body: { again: 0 } });
  expect(await ask(admin, "POST", "/api/hub/connectors/none/redeliver", {})).toMatchObject({ status: 404, body: { refused: "unknown-link" } });
});

test("O8 O11 a connector's secret goes nowhere but into its header, its path nowhere but below its URL, its answer has a bound", async () => {
  const crm = await system("crm", { secretRef: "CRM" });
  await runInDurableObject(outgoing(), (object) => Object.assign(Reflect.get(object, "env") as object, { CONNECTOR_SECRET_CRM: "s3cret" }));
  world.behave.set(crm.host, () => Response.json([]));
  await crm.call({ path: "/accounts" });
  expect(world.heard.at(-1)?.headers["authorization"]).toBe("Bearer s3cret");
  expect(JSON.stringify(await crm.shown())).not.toContain("s3cret");
  for (const path of ["/../admin", "/../api2/x", "/a/../../x", "//../../x"])
    expect(await crm.call({ path })).toMatchObject({ status: 400, body: { refused: "malformed", field: "path" } });
  for (const path of ["", "accounts", "https://evil.example.com/", "/a b"]) expect(await crm.call({ path })).toMatchObject({ status: 400 });
  world.behave.set(crm.host, () => new Response(new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) })));
  expect(await crm.call({ path: "/all" })).toMatchObject({ status: 503, body: { rule: "an answer of more than 262144 bytes" } });
  for (const url of ["http://crm.example.com/", "https://10.0.0.5/", "https://crm.internal/"])
    expect(await ask(admin, "POST", "/api/hub/connectors", { id: "x", kind: "crm", url })).toMatchObject({
      status: 422,
      body: { refused: "forbidden-address" },
    });
  for (const secretRef of ["admin", "A-B", "../X"])
    expect(await ask(admin, "POST", "/api/hub/connectors", { id: "x", kind: "crm", url: "https://crm.example.com", secretRef })).toMatchObject({
      status: 400,
      body: { field: "secretRef" },
    });
  expect(await crm.call({ method: "POST", path: "/x", body: "x".repeat(66_000) })).toMatchObject({ status: 413 });
});

test("O8 calls leave by the public network where the server hands one in, except what an administrator opened", async () => {
  const crm = await system("crm");
  const reached: string[] = [];
  const set = (given: object): Promise<unknown> => runInDurableObject(outgoing(), (object) => Object.assign(Reflect.get(object, "env") as object, given));
  const publicNetwork = {
    fetch: (url: string | URL) => {
      reached.push(new URL(url).host);
      return Promise.reject(new Error("not a public address"));
    },
  };
  world.behave.set(crm.host, () => Response.json([]));
  await set({ PUBLIC_NETWORK: publicNetwork });
  try {
    expect(await crm.call({ path: "/accounts" })).toMatchObject({ status: 503, body: { rule: "not reached: not a public address" } });
    expect([reached, heardBy(crm.host)]).toEqual([[crm.host], []]);
    await set({ CONNECTORS_LOCAL: "1" });
    expect(await crm.call({ path: "/accounts" })).toMatchObject({ status: 200 });
    expect([reached.length, heardBy(crm.host).length]).toEqual([1, 1]);
  } finally {
    await set({ PUBLIC_NETWORK: undefined, CONNECTORS_LOCAL: undefined });
  }
});
