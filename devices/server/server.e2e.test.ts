import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { startApart } from "./apart.ts";
import { ROOT } from "./paths.ts";
import { gone, isAlive, portIsFree } from "./processes.ts";
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS, startServer } from "./server.ts";
import type { Server } from "./server.ts";

const fixture = (name: string) => join(ROOT, "devices", "server", "fixture", name);
const host = "127.0.0.1";
const vars = {};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "outpost-server-"));
  ends.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function start(options: Partial<Parameters<typeof startServer>[0]> & { readonly dataDir: string }): Promise<Server> {
  const server = await startServer({ layout: "edge", host, port: 0, vars, bundle: fixture("edge"), ...options });
  ends.push(() => server.dispose());
  return server;
}

async function ask(server: Server, path: string): Promise<unknown> {
  return await (await fetch(server.url + path, { signal: AbortSignal.timeout(10_000) })).json();
}

async function until<T>(look: () => Promise<T | null>): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    const seen = await look();
    if (seen !== null) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it never came");
}

const told = async (server: Server, n: number) => ((await ask(server, `/?n=${n}`)) as { readonly told?: readonly number[] }).told ?? null;

test("L1 the local server runs the platform that is deployed to", () => {
  const toml = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  expect(toml).toContain(`compatibility_date = "${COMPATIBILITY_DATE}"`);
  expect(toml).toContain(`compatibility_flags = ${JSON.stringify(COMPATIBILITY_FLAGS)}`);
});

test("L2 hub and edge are two Workers in two processes: the edge goes on while the hub's is killed, and finds it again", async () => {
  const dir = folder();
  const registry = join(dir, "registry");
  const edge = await start({ dataDir: join(dir, "edge"), registry });
  expect(await ask(edge, "/?n=1")).toHaveProperty("away");

  const order = { layout: "hub", host, port: 0, dataDir: join(dir, "hub"), registry, vars, bundle: fixture("hub") } as const;
  const hub = await startApart(order);
  ends.push(() => hub.kill());
  const port = Number(new URL(hub.url).port);
  expect(await until(() => told(edge, 2))).toEqual([2]);

  await hub.kill();
  expect([isAlive(hub.pid), isAlive(hub.workerdPid), await portIsFree(host, port, 5_000)]).toEqual([false, false, true]);
  expect(await ask(edge, "/?n=3")).toHaveProperty("away");
  expect(await ask(edge, "/")).toEqual({ tenant: "default" });

  const again = await startApart({ ...order, port });
  ends.push(() => again.kill());
  expect(await until(() => told(edge, 4))).toEqual([2, 4]);
});

test("L3 workerd that is killed is started again on the same port with the same state, and finds its hub", async () => {
  const dir = folder();
  let restarts = 0;
  const order = { layout: "hub", host, port: 0, dataDir: join(dir, "hub"), registry: join(dir, "registry"), vars, bundle: fixture("hub") } as const;
  const hub = await startApart(order);
  ends.push(() => hub.kill());
  const edge = await start({ dataDir: join(dir, "edge"), registry: join(dir, "registry"), onRestart: () => (restarts += 1) });
  expect(await until(() => told(edge, 1))).toEqual([1]);
  const first = edge.workerdPid();
  process.kill(first, "SIGKILL");
  expect(await gone(first, 5_000)).toBe(true);
  await until(() => ask(edge, "/").catch(() => null));
  await until(async () => (restarts > 0 ? restarts : null));
  expect([restarts, edge.workerdPid() === first, isAlive(edge.workerdPid())]).toEqual([1, false, true]);
  // It finds its hub as before, the same one and one that was started again meanwhile.
  expect(await until(() => told(edge, 2))).toEqual([1, 2]);
  await hub.kill();
  const again = await startApart({ ...order, port: hub.port });
  ends.push(() => again.kill());
  expect(await until(() => told(edge, 3))).toEqual([1, 2, 3]);
});

test("L5 a server that is stopped leaves no process and no port behind", async () => {
  const server = await start({ dataDir: folder() });
  const pid = server.workerdPid();
  await server.dispose();
  expect([isAlive(pid), await portIsFree(host, server.port, 5_000)]).toEqual([false, true]);
});

test("L6 what webhooks leave by reaches no private address, whatever name leads to it", async () => {
  let heard = 0;
  const inside = createServer((_, response) => {
    heard += 1;
    response.end("inside");
  });
  await new Promise<void>((resolve) => void inside.listen(0, host, resolve));
  ends.push(() => inside.close());
  const { port } = inside.address() as AddressInfo;
  const dir = folder();
  const server = await start({ layout: "hub", dataDir: join(dir, "hub"), registry: join(dir, "registry"), bundle: fixture("sender") });
  // By name it is only known after the look-up where it leads.
  for (const name of ["127.0.0.1", "localhost"]) {
    const before = heard;
    const answer = await ask(server, `/?url=${encodeURIComponent(`http://${name}:${port}/hook`)}`);
    expect(answer).toEqual({ network: expect.stringMatching(/^Error/), plain: 200 });
    expect(heard - before).toBe(1);
  }
});
