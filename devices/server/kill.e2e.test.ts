/** The real bundles as Workers in processes of their own, killed and broken in the middle of what they do. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Chain, Glances, Trace } from "../../contracts/board.ts";
import { startWms } from "../../hub/peers/wms/server.ts";
import { apiOf } from "../cli/api.ts";
import { expectOnceInOrder, statesOf, wholeFeed } from "../cli/fixture/feed.ts";
import { startApart } from "./apart.ts";
import type { Apart } from "./apart.ts";
import { build } from "./build.ts";
import { BREAKDOWN_SAMPLES, boardOf, connectPump, makePlant, offeredTicket, openPhone, until } from "./fixture/plant.ts";
import type { Pump } from "./fixture/plant.ts";
import { digestOfToken, makeToken } from "./folder.ts";
import { ROOT } from "./paths.ts";
import { isAlive, portIsFree } from "./processes.ts";

const host = "127.0.0.1";
const token = makeToken();
const vars = { ADMIN_TOKEN_SHA256: digestOfToken(token) };
const ENGINEERS = ["engineer-1", "engineer-2", "engineer-3"];
/** Long enough to see the offer and to kill what made it, short enough to pass while it is dead. */
const OFFER_MS = 6_000;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
beforeAll(() => build(["web", "edge", "hub"], () => undefined), 300_000);

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "outpost-kill-"));
  ends.push(() => rmSync(made, { recursive: true, force: true, maxRetries: 5 }));
  return made;
}

async function start(order: Omit<Parameters<typeof startApart>[0], "host" | "vars">): Promise<Apart> {
  const started = await startApart({ ...order, host, vars });
  ends.push(() => started.kill());
  return started;
}

/** Kills the process and its workerd, and looks for itself that neither they nor their port are left. */
async function killForSure(one: Apart): Promise<void> {
  await one.kill();
  expect([isAlive(one.pid), isAlive(one.workerdPid), await portIsFree(host, one.port)]).toEqual([false, false, true]);
}

/** Speaks until its connection ends, and always has a few messages on the way, so that a kill finds some unacknowledged. */
function chatter(pump: Pump, counts: { published: number }): Promise<unknown> {
  const speaker = async (): Promise<void> => {
    do counts.published += 1;
    while (await pump.say());
  };
  return Promise.all([speaker(), speaker(), speaker()]);
}

test("L36 kill -9 of hub and edge in the middle: messages, offer and its timer, ticket, assignment, asks and outbox are all there afterwards", async () => {
  const dir = folder();
  const registry = join(dir, "registry");
  const outOfOrder = await brokenWms();
  const hubOrder = { layout: "hub", dataDir: join(dir, "hub"), registry, port: 0 } as const;
  const firstHub = await start(hubOrder);
  const first = await start({ layout: "edge", dataDir: join(dir, "edge"), registry, port: 0 });
  const firstApi = apiOf(first.url, token);
  const plant = { unit: "plant", template: "pump-vibration", wms: outOfOrder.url, offerMs: OFFER_MS };
  const passwords = await makePlant(firstApi, plant, ["pump-1", "pump-2", "pump-3"], ENGINEERS);
  const connect = (server: Apart, id: string, begin = 0) => connectPump(server.url, "plant", id, passwords.get(id) ?? "", begin);
  await until(async () => (await boardOf(firstApi, "plant")).hub.pending === 0);

  // The hub dies first, so that the outbox has what nobody has heard. The WMS is out of order, so asks wait too.
  await killForSure(firstHub);
  const talker = await connect(first, "pump-3");
  const counts = { published: 0 };
  const talk = chatter(talker, counts);
  await (await connect(first, "pump-1")).breakDown();
  const accepted = await offeredTicket(firstApi, "plant", "pump-1");
  await (await openPhone(firstApi, first.url, "plant", accepted.to)).accept(accepted.id);
  await (await connect(first, "pump-2")).breakDown();
  const offered = await offeredTicket(firstApi, "plant", "pump-2");
  await until(async () => talker.acknowledged.length > 200);
  const before = await boardOf(firstApi, "plant");
  await killForSure(first);
  await talk;
  const killedAt = Date.now();
  const assigned = before.tickets.find((one) => one.id === accepted.id);
  expect([assigned?.state, before.hub.pending > 0, before.kits.filter((kit) => kit.state !== "reserved").length]).toEqual(["assigned", true, 2]);
  expect(killedAt).toBeLessThan(offered.expiresAt);
  // Its instant passes while nobody is there to serve it.
  await until(async () => Date.now() > offered.expiresAt);

  const again = await start({ layout: "edge", dataDir: join(dir, "edge"), registry, port: first.port });
  const api = apiOf(again.url, token);
  const board = await boardOf(api, "plant");
  expect(board.tickets.find((one) => one.id === accepted.id)).toEqual(assigned);
  expect(board.hub.pending).toBeGreaterThanOrEqual(before.hub.pending);
  const asked = await until(async () => {
    const ticket = (await boardOf(api, "plant")).tickets.find((one) => one.id === offered.id);
    return ticket?.state === "offered" && ticket.offer !== offered.offer ? ticket : null;
  });
  expect(asked.to).not.toBe(offered.to);
  const expired = (await api.ask<Chain>("GET", `/api/u/plant/tickets/${offered.id}/chain`)).offers.find((one) => one.id === offered.offer);
  expect(expired).toMatchObject({ state: "expired", engineer: offered.to });
  await (await openPhone(api, again.url, "plant", asked.to)).accept(asked.id);

  // Instant by instant: what the client has a PUBACK for is in the unit's trace, once, and nothing is that was never sent.
  const acknowledged = talker.acknowledged;
  const kept = await until(async () => {
    const trace = await api.ask<Trace>("GET", "/api/u/plant/devices/pump-3/trace");
    const instants = (trace.columns[0] ?? []).flatMap((ts) => ts ?? []);
    return instants.length >= acknowledged.length ? instants : null;
  });
  expect(acknowledged.filter((ts) => !kept.includes(ts))).toEqual([]);
  expect(kept.length).toBeLessThanOrEqual(counts.published);
  const { counters } = await api.ask<Glances>("GET", "/api/u/plant/devices");
  const broken = 2 * BREAKDOWN_SAMPLES;
  expect([counters.samples, counters.duplicates]).toEqual([kept.length + broken, 0]);
  const speaks = await connect(again, "pump-3", acknowledged.at(-1));
  expect(await speaks.say()).toBe(true);

  await outOfOrder.close();
  const wms = await startWms({ databasePath: join(dir, "wms.sqlite"), host, port: outOfOrder.port });
  ends.push(() => wms.close());
  const hub = await start({ ...hubOrder, port: firstHub.port });
  const end = await until(async () => {
    const now = await boardOf(api, "plant");
    return now.hub.pending === 0 && now.kits.every((kit) => kit.state === "reserved") ? now : null;
  });
  // Once each; which comes first is the retries' affair.
  expect(
    wms
      .reservations()
      .map((one) => one.ref)
      .toSorted(),
  ).toEqual(end.tickets.map((ticket) => ticket.id).toSorted());
  const items = await wholeFeed(hub.url, await apiOf(hub.url, token).addIntegratorToken("plant"));
  expectOnceInOrder(items);
  expect(statesOf(items, accepted.id)).toEqual(["offered", "assigned"]);
  expect(statesOf(items, offered.id).at(-1)).toBe("assigned");
  for (const link of [talker.link, speaks.link]) await link.endAsync(true);
});

test("L4 two scenarios are two Workers in two processes: one gets a broken bundle, the other takes MQTT and opens a ticket; a good deploy brings the first back with its state", async () => {
  const dir = folder();
  const order = (name: string) =>
    ({ layout: "edge", name: `outpost-unit-${name}`, dataDir: join(dir, name), registry: join(dir, "registry"), port: 0 }) as const;
  const [north, south] = await Promise.all([start(order("north")), start(order("south"))]);
  expect(new Set([north.pid, south.pid, north.workerdPid, south.workerdPid]).size).toBe(4);
  const [northApi, southApi] = [apiOf(north.url, token), apiOf(south.url, token)];
  const northPasswords = await makePlant(northApi, { unit: "north", template: "pump-vibration" }, ["pump-1"], ENGINEERS);
  const southPasswords = await makePlant(southApi, { unit: "south", template: "pump-vibration" }, ["pump-1", "pump-2"], ENGINEERS);
  const northPump = await connectPump(north.url, "north", "pump-1", northPasswords.get("pump-1") ?? "");
  await northPump.breakDown();
  const kept = await offeredTicket(northApi, "north", "pump-1");
  const [southPump, failing] = await Promise.all(["pump-1", "pump-2"].map((id) => connectPump(south.url, "south", id, southPasswords.get(id) ?? "")));

  await killForSure(north);
  const broken = { ...order("north"), port: north.port, bundle: join(ROOT, "devices", "server", "fixture", "broken") };
  await expect(startApart({ ...broken, host, vars })).rejects.toThrow(/ended/);
  expect(await portIsFree(host, north.port)).toBe(true);

  expect(await southPump?.say()).toBe(true);
  await failing?.breakDown();
  const opened = await offeredTicket(southApi, "south", "pump-2");
  await (await openPhone(southApi, south.url, "south", opened.to)).accept(opened.id);
  expect((await boardOf(southApi, "south")).tickets).toMatchObject([{ id: opened.id, state: "assigned" }]);

  const mended = await start({ ...order("north"), port: north.port });
  expect((await boardOf(apiOf(mended.url, token), "north")).tickets).toEqual([kept]);
  const back = await connectPump(mended.url, "north", "pump-1", northPasswords.get("pump-1") ?? "", northPump.acknowledged.at(-1));
  expect(await back.say()).toBe(true);
  for (const pump of [southPump, failing, back]) await pump?.link.endAsync(true);
});

/** Answers every reservation with 503 until it is closed; then its port is free for a better one. */
async function brokenWms(): Promise<{ readonly url: string; readonly port: number; close(): Promise<void> }> {
  const server = createServer((_, response) => response.writeHead(503).end());
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  ends.push(close);
  return { url: `http://${host}:${port}`, port, close };
}
