import { env, exports } from "cloudflare:workers";
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { ROUTES } from "../contracts/permission.ts";
import { Refusal } from "../contracts/refusal.ts";
import type { Ticket } from "../contracts/ticket.ts";
import hubApp from "../hub/worker.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { readBytes } from "./shell/answer.ts";
import { guard, hashSecret } from "./shell/guard.ts";
import { SITE, verdictAt } from "./fixture/site.ts";
import edgeApp, { makeEdgeApp } from "./worker.ts";

const call = (path: string, init?: RequestInit): Promise<Response> =>
  exports.default.fetch(new Request(`http://unit.test${path}`, { redirect: "manual", ...init }));
const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

async function unitWith(name: string): Promise<(role: "operations" | "dispatcher" | "engineer", subject?: string) => Promise<string>> {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, pumpVibration);
  await stub.putEntities(SITE, "test");
  return async (role, subject = role) => ((await stub.addToken(role, subject)) as { token: string }).token;
}

test("A6 every route of the running Workers is a row of the permission table, and every row is a route", () => {
  for (const [at, app] of [
    ["edge", edgeApp],
    ["hub", hubApp],
  ] as const) {
    const routes = app.routes.filter((r) => r.method !== "ALL").map((r) => `${r.method} ${r.path}`);
    const rows = ROUTES.filter((r) => r.at === at).map((r) => `${r.method} ${r.path}`);
    expect([...new Set(routes)].toSorted()).toEqual(rows.toSorted());
  }
});

test("A7 a route without a row, or declared for somebody else, can't be made", () => {
  const route = guard(makeEdgeApp(), "edge", async () => ({ role: "operations", subject: "x" }));
  expect(() => route.open("GET", "/api/secret", (c) => c.json({}))).toThrow("no permission is declared");
  expect(() => route.open("GET", "/api/u/:unit/board", (c) => c.json({}))).toThrow("needs a signed-in role");
  expect(() => route.signed("GET", "/api/health", (c) => c.json({}))).toThrow("is declared public");
});

test("A8 nobody unknown gets in: every route with roles refuses no token, a wrong one, and one of another unit", async () => {
  const token = await unitWith("closed");
  const elsewhere = await (await unitWith("elsewhere"))("operations");
  await token("operations");
  for (const row of ROUTES.filter((r) => typeof r.who !== "string")) {
    const path = row.path.replace(":unit", "closed").replaceAll(/:\w+/g, "x");
    const init = { method: row.method, ...(row.method === "GET" ? {} : { body: "{}" }) };
    expect([row.path, (await call(path, init)).status]).toEqual([row.path, 401]);
    expect([row.path, (await call(path, { ...init, ...bearer("A".repeat(22)) })).status]).toSatisfy(([, s]) => s === 401 || s === 403);
    const other = (await call(path, { ...init, ...bearer(elsewhere) })).status;
    expect([row.path, other]).toSatisfy(([, s]) => s === 401 || s === 403);
  }
});

test("A9 a role does what its row says and no more", async () => {
  const token = await unitWith("roles");
  const desk = await token("dispatcher");
  const engineer = await token("engineer", "li-wei");
  expect((await call("/api/u/roles/board", bearer(desk))).status).toBe(200);
  expect((await call("/api/u/roles/board", bearer(engineer))).status).toBe(403);
  expect((await call("/api/u/roles/phone", bearer(engineer))).status).toBe(200);
  expect((await call("/api/u/roles/phone", bearer(desk))).status).toBe(403);
  expect((await call("/api/u/roles/tokens", { method: "POST", body: "{}", ...bearer(desk) })).status).toBe(403);
});

test("A10 a link becomes an HttpOnly cookie that works for its own unit, once", async () => {
  await unitWith("linked");
  const { code } = (await env.UNIT.getByName("default/linked/unit").addLink("operations", "ops")) as { code: string };
  // A preview, a prefetch and a HEAD look at it; nothing is used up.
  for (const init of [{}, { method: "HEAD" }, { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "sec-purpose": "prefetch" } }]) {
    const looked = await call(`/enter/linked/${code}`, init);
    expect([looked.status, looked.headers.get("set-cookie")]).toEqual([200, null]);
  }
  const entered = await call(`/enter/linked/${code}`, { method: "POST" });
  expect([entered.status, entered.headers.get("location")]).toEqual([302, "/u/linked"]);
  const cookie = entered.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/^outpost-linked=[\w-]{22};.*HttpOnly.*SameSite=Strict/i);
  const headers = { cookie: cookie.split(";")[0] ?? "" };
  expect(await (await call("/api/u/linked/me", { headers })).json()).toMatchObject({ role: "operations", unit: "linked" });
  expect((await call(`/enter/linked/${code}`, { method: "POST" })).status).toBe(401);
});

test("A11 a name that can't be a unit reaches no object, and bad bodies are refused with field, rule and mend", async () => {
  const token = await unitWith("strict");
  expect((await call("/api/u/Not%20A%20Unit/board", bearer("x"))).status).toBe(404);
  const engineer = bearer(await token("engineer", "li-wei"));
  const answer = await call("/api/u/strict/tickets/t-1/progress", { ...engineer, method: "POST", body: JSON.stringify({ to: "moon" }) });
  expect([answer.status, await answer.json()]).toMatchObject([400, { refused: "malformed", field: "to" }]);
  expect((await call("/api/u/strict/tickets/t-1/progress", { ...engineer, method: "POST", body: "{" })).status).toBe(400);
  expect((await call("/api/u/strict/tickets/t-1/progress", { ...engineer, method: "POST", body: "x".repeat(20_000) })).status).toBe(413);
  // Bytes are counted, not characters.
  const wide = { ...engineer, method: "POST", body: JSON.stringify({ to: "泵".repeat(6_000) }) };
  expect((await call("/api/u/strict/tickets/t-1/progress", wide)).status).toBe(413);
  expect((await call("/api/nothing")).status).toBe(400);
});

test("A12 the live socket tells a page what changed, and refuses a page of another site", async () => {
  const token = await unitWith("watched");
  const desk = await token("operations");
  const join = (headers: Record<string, string>): Promise<Response> =>
    call("/api/u/watched/live", { headers: { upgrade: "websocket", authorization: `Bearer ${desk}`, ...headers } });
  for (const origin of ["http://evil.test", "http://unit.test:81", "null"]) expect((await join({ origin })).status).toBe(403);
  const joined = await join({ origin: "http://unit.test", host: "unit.test" });
  const socket = joined.webSocket;
  if (socket === null) throw new Error(`no socket: ${joined.status}`);
  socket.accept();
  const heard = new Promise<string>((resolve) => socket.addEventListener("message", (event) => resolve(String(event.data)), { once: true }));
  await env.UNIT.getByName("default/watched/unit").addDevice({ device: "dev-2" as never }, "test");
  expect(JSON.parse(await heard)).toMatchObject({ type: "changes", seq: expect.any(Number), changes: [{ family: "device", entity: { id: "dev-2" } }] });
  socket.close();
});

test("A15 a page of another origin changes nothing with this one's cookie, and a navigation uses a link at once", async () => {
  await unitWith("crossed");
  const { code } = (await env.UNIT.getByName("default/crossed/unit").addLink("operations", "ops")) as { code: string };
  const entered = await call(`/enter/crossed/${code}`, { headers: { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" } });
  expect(entered.status).toBe(302);
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const add = (origin: string): Promise<Response> =>
    call("/api/u/crossed/devices", { method: "POST", headers: { cookie, origin, host: "unit.test", "content-type": "text/plain" }, body: '{"device":"d-9"}' });
  for (const origin of ["http://unit.test:9999", "https://evil.test", "null"]) expect((await add(origin)).status).toBe(403);
  expect((await add("http://unit.test")).status).toBe(201);
});

test("A13 the objects are the ones that wrangler.toml binds", async () => {
  await runInDurableObject(env.UNIT.getByName("default/bound/unit"), (_, state) => expect(state.id.name).toBe("default/bound/unit"));
});

test("A14 one browser holds a desk's session and an engineer's, and each route takes the one that is meant", async () => {
  const token = await unitWith("shared");
  await token("operations");
  const stub = env.UNIT.getByName("default/shared/unit");
  const jar = new Map<string, string>();
  const cookies = (): RequestInit => ({ headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; ") } });
  const visit = async (role: "operations" | "engineer", subject: string): Promise<string | null> => {
    const { code } = (await stub.addLink(role, subject)) as { code: string };
    const entered = await call(`/enter/shared/${code}`, { ...cookies(), method: "POST" });
    const [, name = "", value = ""] = /^([^=]+)=([^;]+)/.exec(entered.headers.get("set-cookie") ?? "") ?? [];
    jar.set(name, value);
    return entered.headers.get("location");
  };
  const me = async (query = ""): Promise<unknown> => (await call(`/api/u/shared/me${query}`, cookies())).json();
  expect([await visit("operations", "ops"), await visit("engineer", "li-wei")]).toEqual(["/u/shared", "/p/shared"]);
  expect([...jar.keys()]).toEqual(["outpost-shared", "outpost-shared.phone"]);
  expect(await me()).toMatchObject({ role: "operations" });
  expect(await me("?as=phone")).toMatchObject({ role: "engineer", subject: "li-wei" });
  expect((await call("/api/u/shared/board", cookies())).status).toBe(200);
  expect((await call("/api/u/shared/phone", cookies())).status).toBe(200);
  // The page does not choose where only one of the two may.
  expect((await call("/api/u/shared/board?as=phone", cookies())).status).toBe(200);
  expect((await call("/api/u/shared/tokens?as=phone", { ...cookies(), method: "POST", body: "{}" })).status).toBe(403);

  expect((await call("/api/u/shared/sign-out?as=phone", { ...cookies(), method: "POST" })).headers.get("set-cookie")).toMatch(/^outpost-shared\.phone=;/);
  expect((await call("/api/u/shared/phone", cookies())).status).toBe(401);
  expect((await call("/api/u/shared/board", cookies())).status).toBe(200);
  jar.delete("outpost-shared.phone");
  expect(await me("?as=phone")).toMatchObject({ refused: "not-signed-in" });
});

test("U15 the desk cancels a job and says why; once work has begun, or for an engineer, it is refused", async () => {
  const token = await unitWith("cancels");
  const desk = bearer(await token("dispatcher"));
  const engineer = bearer(await token("engineer", "li-wei"));
  const stub = env.UNIT.getByName("default/cancels/unit");
  const post = (who: RequestInit, path: string, body: object): Promise<Response> =>
    call(`/api/u/cancels/${path}`, { ...who, method: "POST", body: JSON.stringify(body) });
  const accepted = async (n: number): Promise<string> => {
    await stub.applyVerdicts({ unit: "cancels", slice: 0, from: n, verdicts: [verdictAt(Date.now(), { episode: `dev-1@${n}` })] });
    const tickets = (await stub.tickets()) as readonly Ticket[];
    const offered = tickets.find((ticket) => ticket.state === "offered");
    expect((await post(engineer, `offers/${offered?.offer ?? ""}/accept`, {})).status).toBe(200);
    return offered?.id ?? "";
  };
  const first = await accepted(1);
  for (const body of [{}, { why: "  " }, { why: "x".repeat(501) }, { why: "called off", by: "somebody" }])
    expect((await post(desk, `tickets/${first}/cancel`, body)).status).toBe(400);
  expect((await post(engineer, `tickets/${first}/cancel`, { why: "no time" })).status).toBe(403);
  expect((await post(desk, "tickets/t-nobody/cancel", { why: "called off" })).status).toBe(404);
  const answer = await post(desk, `tickets/${first}/cancel`, { why: " called off " });
  expect([answer.status, await answer.json()]).toMatchObject([200, { ticket: { id: first, state: "cancelled", why: "called off" } }]);
  expect((await post(engineer, `tickets/${first}/progress`, { to: "travelling" })).status).toBe(409);

  const second = await accepted(2);
  for (const to of ["travelling", "working"]) expect((await post(engineer, `tickets/${second}/progress`, { to })).status).toBe(200);
  const refused = await post(desk, `tickets/${second}/cancel`, { why: "called off" });
  expect([refused.status, await refused.json()]).toMatchObject([409, { refused: "wrong-state" }]);
});

test("I47 a page of another site is refused at MQTT, before any object is asked; devices send no Origin", async () => {
  await unitWith("loopback");
  const connect = (headers: Record<string, string>): Promise<Response> =>
    call("/mqtt/loopback", { headers: { upgrade: "websocket", "sec-websocket-protocol": "mqtt", host: "unit.test", ...headers } });
  for (const origin of ["http://evil.test", "http://unit.test:81", "null"]) {
    const refused = await connect({ origin });
    expect([refused.status, await refused.json()]).toMatchObject([403, { refused: "not-permitted" }]);
  }
  const sockets = [await connect({}), await connect({ origin: "http://unit.test" })].map((answer) => answer.webSocket);
  for (const socket of sockets) {
    socket?.accept();
    expect(socket).not.toBeNull();
    socket?.close();
  }
});

test("A16 a small body that is nested deep is refused at every route of edge and hub, as JSON", async () => {
  await unitWith("deep");
  const admin = "admin-of-this-test";
  const deep = `{"changes":{"note":${"[".repeat(2_000)}${"]".repeat(2_000)}}}`;
  const [app, deployment] = [
    { edge: edgeApp, hub: hubApp },
    { ...env, ADMIN_TOKEN_SHA256: hashSecret(admin) },
  ];
  for (const { at, method, path } of ROUTES.filter((row) => row.method !== "GET" && typeof row.who !== "string")) {
    const request = new Request(`http://unit.test${path.replace(":unit", "deep").replaceAll(/:\w+/g, "x")}`, { method, body: deep, ...bearer(admin) });
    const answer = await app[at].fetch(request, deployment, createExecutionContext());
    const got = { type: answer.headers.get("content-type") ?? "", text: await answer.text() };
    expect([method, path, got.type.split(";")[0]]).toEqual([method, path, "application/json"]);
    if (answer.status >= 400) expect([path, Refusal.safeParse(JSON.parse(got.text)).success]).toEqual([path, true]);
    // Whoever reads no body has nothing to refuse.
    expect([path, answer.status < 500 || answer.status === 503]).toEqual([path, true]);
    if (["/api/writes", "/api/hub/bridges/:id", "/api/hub/connectors/:id/call", "/api/u/:unit/entities"].includes(path))
      expect([path, answer.status, JSON.parse(got.text)]).toMatchObject([path, 400, { rule: expect.stringContaining("BODY_DEPTH_MAX") }]);
  }
});

test("A16 an endless body is cut off, and a bug is answered as a refusal that does not say what it was", async () => {
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new Uint8Array((sent += 65_536) && 65_536)) });
  expect(await readBytes(new Request("http://unit.test/", { method: "POST", body: endless }), 4_096)).toMatchObject({ refused: "too-large" });
  expect(sent).toBeLessThan(32 * 1024 * 1024);
  const log = vi.spyOn(console, "error").mockReturnValue();
  for (const app of [edgeApp, hubApp]) {
    const broken = { ...env, ADMIN_TOKEN_SHA256: hashSecret("a"), UNIT: undefined, HUB_OBJECT: undefined } as unknown;
    const path = app === edgeApp ? "/api/u/broken/board" : "/api/hub/streams";
    const answer = await app.fetch(new Request(`http://unit.test${path}`, bearer("a")), broken as Env, createExecutionContext());
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { refused: "unavailable", rule: expect.stringMatching(/^the (unit|hub) could not answer$/) },
    ]);
  }
  log.mockRestore();
});
