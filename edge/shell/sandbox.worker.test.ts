import { env, exports } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import type { Board } from "../../contracts/board.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";
import { makeSandbox, type Sandbox } from "./sandbox.ts";

const call = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
  exports.default.fetch(new Request(`http://unit.test${path}`, { ...init, headers: { authorization: `Bearer ${token}` } }));
const unit = (name: string) => env.UNIT.getByName(`default/${name}/unit`);

/** The return code of CONNACK, MQTT 3.1.1: 0 is a welcome. */
async function connect(name: string, device: string, password: string): Promise<number> {
  const answer = await exports.default.fetch(
    new Request(`http://unit.test/mqtt/${name}`, { headers: { upgrade: "websocket", "sec-websocket-protocol": "mqtt" } }),
  );
  const socket = answer.webSocket;
  if (socket === null) throw new Error(`no socket: ${answer.status}`);
  socket.binaryType = "arraybuffer";
  socket.accept();
  const connack = new Promise<number>((resolve) =>
    socket.addEventListener("message", (e) => resolve(new Uint8Array(e.data as ArrayBuffer)[3] ?? -1), { once: true }),
  );
  socket.send(
    generate({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clientId: device,
      clean: true,
      keepalive: 60,
      username: device,
      password: password as never,
    }),
  );
  const code = await connack;
  socket.close();
  return code;
}

async function sourceAndSandbox(name: string): Promise<{ readonly password: string; readonly sandbox: Sandbox }> {
  await unit(name).create(name, { ...pumpVibration, connectors: { wms: { url: "http://127.0.0.1:9" } } });
  await unit(name).putEntities(SITE, "test");
  const { password } = (await unit(name).addDevice({ device: "dev-1" as never }, "test")) as { password: string };
  await unit(name).applyVerdicts({ unit: name, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const sandbox = await makeSandbox(env, name, `${name}-copy`);
  if ("refused" in sandbox) throw new Error(sandbox.rule);
  return { password, sandbox };
}

test("U12 a sandbox has the state of its source: scenario, assets, tickets, offers and timers, people under pseudonyms", async () => {
  const { sandbox } = await sourceAndSandbox("full");
  const board = (await unit(sandbox.unit).board()) as Board;
  const source = (await unit("full").board()) as Board;
  expect(board.tickets).toEqual(source.tickets);
  expect(board.assets).toEqual(source.assets);
  expect(board.engineers.map((e) => e.name)).toEqual(["Simulated li-wei", "Simulated wang-fang"]);
  expect(board.hub.state).toBe("off");
  expect(await unit(sandbox.unit).scenario()).toMatchObject({ kind: "sandbox", connectors: {} });
  await runInDurableObject(unit(sandbox.unit), (_, state) =>
    expect(state.storage.sql.exec("SELECT count(*) AS n FROM timer WHERE key LIKE 'offer:%'").one()["n"]).toBe(1),
  );
});

test("U12 what happens in a sandbox stays there, and writes no operation and no ask", async () => {
  const { sandbox } = await sourceAndSandbox("apart");
  const before = await unit("apart").board();
  const second = verdictAt(Date.now(), { device: "dev-1", episode: "dev-1@2", faultMode: "cavitation" });
  expect(await unit(sandbox.unit).applyVerdicts({ unit: sandbox.unit, slice: 0, from: 1, verdicts: [second] })).toEqual({ through: 1 });
  // What one machine says within half an hour is one job, by the template's grouping.
  const after = (await unit(sandbox.unit).board()) as Board;
  expect([after.alarms.map(({ faultMode }) => faultMode).sort(), after.tickets.length]).toEqual([["bearing-wear", "cavitation"], 1]);
  expect(await unit("apart").board()).toEqual({ ...before, now: expect.any(Number), hub: expect.anything() });
  await runInDurableObject(unit(sandbox.unit), (_, state) => {
    expect(state.storage.sql.exec("SELECT count(*) AS n FROM operation").one()["n"]).toBe(0);
    expect(state.storage.sql.exec("SELECT count(*) AS n FROM ask").one()["n"]).toBe(0);
  });
});

test("U12 over MQTT neither side's devices get into the other", async () => {
  const { sandbox, password } = await sourceAndSandbox("wire");
  const own = sandbox.devices.find((d) => d.device === "dev-1")?.password ?? "";
  expect(await connect("wire", "dev-1", password)).toBe(0);
  expect(await connect(sandbox.unit, "dev-1", own)).toBe(0);
  expect(await connect("wire", "dev-1", own)).not.toBe(0);
  expect(await connect(sandbox.unit, "dev-1", password)).not.toBe(0);
});

test("U12 over HTTP a sandbox's tokens open nothing of the source", async () => {
  const { sandbox } = await sourceAndSandbox("web");
  for (const role of ["operations", "dispatcher"] as const) {
    const { token } = (await unit(sandbox.unit).addToken(role, "ops")) as { token: string };
    expect((await call(`/api/u/${sandbox.unit}/board`, token)).status).toBe(200);
    expect((await call("/api/u/web/board", token)).status).toBe(401);
    expect((await call("/api/u/web/entities", token, { method: "POST", body: "{}" })).status).toBe(401);
    expect((await call("/api/feed", token)).status).toBe(401);
  }
});

test("U12 over RPC the source refuses a sandbox's verdicts and state, and the hub its operations", async () => {
  const { sandbox } = await sourceAndSandbox("calls");
  expect(await unit("calls").applyVerdicts({ unit: sandbox.unit, slice: 0, from: 2, verdicts: [verdictAt(Date.now())] })).toMatchObject({
    refused: "wrong-unit",
  });
  const copy = await unit(sandbox.unit).exportUnit(0);
  if (!("chunk" in copy)) throw new Error("no copy");
  expect(await unit("calls").importUnit(copy.chunk, {})).toMatchObject({ refused: "not-permitted" });
  const { origin, key } = await runInDurableObject(unit(sandbox.unit), (_, state) => {
    const meta = (name: string): string => String(state.storage.sql.exec("SELECT value FROM meta WHERE key = ?", name).one()["value"]);
    return { origin: `${sandbox.unit}@${meta("incarnation")}`, key: meta("key") };
  });
  const operation = {
    origin,
    stream: "tickets",
    seq: 1,
    txId: "t",
    entity: "ticket",
    id: "t-1",
    attr: "state",
    op: "set",
    value: "open",
    hlc: "00000000001-0000",
    baseVersion: 0,
    actor: "x",
    reason: "x",
    contract: "ticket@1",
    at: 1,
  };
  expect(await env.HUB.push({ origin, stream: "tickets", key, operations: [operation] } as never)).toMatchObject({ refused: "unknown-origin" });
});

test("U12 a sandbox's integrator reads nothing of its source from the feed", async () => {
  const { sandbox } = await sourceAndSandbox("fed");
  const { makeSecret, hashSecret } = await import("./guard.ts");
  const [mine, theirs] = [makeSecret(), makeSecret()];
  const registry = env.HUB_OBJECT.getByName("default/hub/registry");
  await registry.addToken(hashSecret(theirs), { role: "integrator", subject: "crm", unit: "fed" });
  await registry.addToken(hashSecret(mine), { role: "integrator", subject: "crm", unit: sandbox.unit });
  const read = async (token: string): Promise<readonly { operation: { origin: string } }[]> =>
    ((await (await call("/api/feed?wait=2", token)).json()) as { items: [] }).items;
  expect((await read(theirs)).length).toBeGreaterThan(0);
  expect(await read(mine)).toEqual([]);
});
