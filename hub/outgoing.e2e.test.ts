/** Real receivers on real sockets: one that verifies and is killed half-way, and those that mean harm. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { type AddressInfo, type Socket, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isRefusal } from "../contracts/refusal.ts";
import { type Apart, startApart } from "../devices/server/apart.ts";
import { build } from "../devices/server/build.ts";
import { ROOT } from "../devices/server/paths.ts";
import { startServer } from "../devices/server/server.ts";
import { batchOf, operations, registrationOf } from "./merge/fixture/unit.ts";

const host = "127.0.0.1";
const ADMIN = "the-administrator-of-this-test";
const SEEN_MS = 60_000;
const ends: (() => unknown)[] = [];
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outpost-outgoing-"));
  await build(["hub"], () => undefined);
}, 300_000);
afterAll(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

type Event = { readonly id: string; readonly hubseq: number };
/** As the README shows it: verify, keep the id, answer. */
const receiver = { secret: "", taken: [] as Event[], repeats: 0, forged: 0 };
const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};
const startReceiver = async (port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      try {
        const event = new Webhook(receiver.secret).verify(body, request.headers as Record<string, string>) as Event;
        if (receiver.taken.some(({ id }) => id === event.id)) receiver.repeats += 1;
        else receiver.taken.push(event);
        response.writeHead(204).end();
      } catch {
        receiver.forged += 1;
        response.writeHead(401).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return server;
};
const kill = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};
/** A raw socket server that does what it likes with a request. */
const startHostile = async (act: (socket: Socket) => void): Promise<{ readonly url: string; readonly asked: () => number; readonly cut: () => number }> => {
  let [asked, cut] = [0, 0];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => (cut += 1));
    socket.once("data", () => {
      asked += 1;
      act(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://${host}:${(server.address() as AddressInfo).port}`, asked: () => asked, cut: () => cut };
};
const OK = "HTTP/1.1 200 OK\r\n";
/** Writes for as long as the other side listens. */
const pour = (socket: Socket, chunk: string, everyMs: number): void => {
  const timer = setInterval(() => socket.write(chunk), everyMs);
  socket.on("close", () => clearInterval(timer));
};

test("O1 O4 O6 O7 with the receiver killed half-way, the hub killed after it, and hostile receivers beside it, each event is taken, verified, in order", async () => {
  const registry = join(folder, "registry");
  const startHub = (port: number): Promise<Apart> =>
    startApart({
      layout: "hub",
      host,
      port,
      dataDir: join(folder, "hub"),
      registry,
      vars: { ADMIN_TOKEN_SHA256: createHash("sha256").update(ADMIN).digest("hex"), WEBHOOKS_LOCAL: "1" },
    });
  let hub = await startHub(0);
  ends.push(() => hub.kill());
  const unit = await startServer({
    layout: "edge",
    host,
    port: 0,
    dataDir: join(folder, "unit"),
    registry,
    vars: {},
    bundle: join(ROOT, "hub", "peers", "fixture", "pusher"),
  });
  ends.push(() => unit.dispose());
  const tell = async (name: "register" | "push", argument: unknown): Promise<void> => {
    for (const until = Date.now() + SEEN_MS; Date.now() < until; await wait(50)) {
      const response = await fetch(unit.url, { method: "POST", body: JSON.stringify({ call: name, argument }) }).catch(() => null);
      const reply: unknown = response === null || !response.ok ? null : await response.json();
      if (isRefusal(reply)) throw new Error(reply.rule);
      if (reply !== null) return;
    }
    throw new Error("the hub never answered");
  };
  const ask = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const init = { method, headers: { authorization: `Bearer ${ADMIN}` }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return (await (await fetch(`${hub.url}${path}`, init)).json()) as Record<string, unknown>;
  };
  const until = async <T>(look: () => T | Promise<T>, fits: (found: T) => boolean): Promise<T> => {
    for (const end = Date.now() + SEEN_MS; Date.now() < end; await wait(20)) {
      const found = await look();
      if (fits(found)) return found;
    }
    throw new Error(`it never came: ${JSON.stringify(await look())}`);
  };
  const webhooks = async (): Promise<readonly Record<string, unknown>[]> => (await ask("GET", "/api/hub/webhooks"))["webhooks"] as Record<string, unknown>[];

  await tell("register", registrationOf("plant"));
  const hostile = {
    silent: await startHostile(() => undefined),
    drip: await startHostile((socket) => pour(socket, "H", 500)),
    headers: await startHostile((socket) =>
      socket.write(OK + Array.from({ length: 10_000 }, (_, i) => `x-header-${i}: ${"y".repeat(50)}\r\n`).join("") + "content-length: 0\r\n\r\n"),
    ),
    endless: await startHostile((socket) => {
      socket.write(`${OK}content-length: 99999999999\r\n\r\n`);
      pour(socket, "z".repeat(65_536), 1);
    }),
  };
  for (const [name, { url }] of Object.entries(hostile)) expect(await ask("POST", "/api/hub/webhooks", { url, name })).toHaveProperty("secret");
  let server = await startReceiver(0);
  ends.push(() => kill(server));
  const { port } = server.address() as AddressInfo;
  const made = await ask("POST", "/api/hub/webhooks", { url: `http://${host}:${port}/hook`, name: "crm" });
  receiver.secret = String(made["secret"]);

  await tell("push", batchOf("plant", operations("plant", 1, 20)));
  await until(
    () => receiver.taken.length,
    (count) => count === 20,
  );
  // Meanwhile two connectors: one whose system is silent, one whose answer never ends in time.
  const dripping = await startHostile((socket) => {
    socket.write(`${OK}content-length: 1000000\r\n\r\n`);
    pour(socket, "1", 200);
  });
  for (const [id, { url }] of Object.entries({ silent: hostile.silent, dripping })) await ask("POST", "/api/hub/connectors", { id, kind: "erp", url });
  const timedOut = ["silent", "dripping"].map((id) => ask("POST", `/api/hub/connectors/${id}/call`, { path: "/" }));

  await kill(server);
  await tell("push", batchOf("plant", operations("plant", 21, 40)));
  await until(webhooks, (list) => list.some((one) => one["name"] === "crm" && Number(one["failures"]) > 0));
  server = await startReceiver(port);
  await tell("push", batchOf("plant", operations("plant", 41, 60)));
  // Five seconds later, at the second attempt.
  await until(
    () => receiver.taken.length,
    (count) => count >= 45,
  );
  for (const answer of await Promise.all(timedOut)) expect(answer).toMatchObject({ refused: "unavailable", rule: "no answer within 5000 ms" });

  await hub.kill();
  hub = await startHub(Number(new URL(hub.url).port));
  await tell("push", batchOf("plant", operations("plant", 61, 80)));
  await until(
    () => receiver.taken.length,
    (count) => count === 80,
  );
  const seqs = receiver.taken.map(({ hubseq }) => hubseq);
  expect(seqs).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
  expect(receiver.forged).toBe(0);
  // What was under way when something died may come twice, under its id, and no more than that.
  expect(receiver.repeats).toBeLessThanOrEqual(2);

  // Nobody read on behind the endless answer's status: its connections are cut, one for each event.
  expect(hostile.endless.asked()).toBeGreaterThan(1);
  await until(hostile.endless.cut, (cut) => cut >= hostile.endless.asked() - 1);
  expect(hostile.silent.asked()).toBeGreaterThanOrEqual(1);
  expect(hostile.drip.asked()).toBeGreaterThanOrEqual(1);
  const crm = (await webhooks()).find((one) => one["name"] === "crm");
  expect(crm).toMatchObject({ state: "active", failures: 0, deadLetters: 0 });
});
