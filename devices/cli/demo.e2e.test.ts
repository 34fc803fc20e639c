import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { Board, Phone } from "../../contracts/board.ts";
import { FeedPage } from "../../contracts/delta/operation.ts";
import type { FeedItem } from "../../contracts/delta/operation.ts";
import { build } from "../server/build.ts";
import { findServer } from "../server/folder.ts";
import { ROOT } from "../server/paths.ts";
import { gone, portIsFree } from "../server/processes.ts";
import type { Api } from "./api.ts";
import { startClosing } from "./closing.ts";
import type { Journey } from "./demo/once.ts";
import { UNIT } from "./demo/parts.ts";
import { setScene } from "./demo/scene.ts";
import { runCli, startCli } from "./run-cli.ts";

const ONCE = ["demo", "--once", "--json", "--port", "0", "--mqtt-port", "0"];
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function until<T>(look: () => Promise<T | null | undefined | false>, withinMs = 60_000): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("it never came");
}

test("L40 one fault becomes one accepted ticket with its repairs and its kit, and the CRM hears of it, in the order of the journey", async () => {
  const { code, out, err } = await runCli(ONCE);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  const journey = JSON.parse(out.trim().split("\n").at(-1) ?? "") as Journey;
  const { faultAt, sampleAt, alarmAt, ticketAt, offeredAt, acceptedAt, wmsReservedAt, feedAt } = journey;
  const instants = [faultAt, sampleAt, alarmAt, ticketAt, offeredAt, acceptedAt, feedAt];
  expect(instants).toEqual(instants.toSorted((a, b) => a - b));
  expect(wmsReservedAt).toBeGreaterThanOrEqual(ticketAt);
  expect(offeredAt - alarmAt).toBeLessThanOrEqual(5_000);
  expect(feedAt - acceptedAt).toBeLessThanOrEqual(3_000);
  expect(journey).toMatchObject({ tickets: 1, hubCalls: 0 });
  for (const count of [journey.absorbed, journey.repairs, journey.kitLines]) expect(count).toBeGreaterThan(0);
});

test("L41 with a model that always answers 0 there is no ticket: exit 1 and one line that says so", async () => {
  const { code, out, err } = await runCli([...ONCE, "--model", join(ROOT, "edge", "verdict", "fixtures", "constant.onnx")]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/\noutpost: no ticket within \d+ s of the fault\n$/);
});

test("L42 a model that does not exist is bad usage", async () => {
  const { code, err } = await runCli([...ONCE, "--model", "/nowhere.onnx"]);
  expect([code, err.trim().split("\n").at(-1)]).toEqual([2, "outpost: --model: no file /nowhere.onnx"]);
});

test("L43 the hub's process is killed: tickets are opened, offered, accepted and worked on meanwhile; then the feed has every change once, in order", async () => {
  await build(["web", "edge", "hub"], () => undefined);
  const dir = mkdtempSync(join(tmpdir(), "outpost-apart-"));
  const closing = startClosing();
  ends.push(async () => {
    await closing.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const scene = await setScene({ dir, host: "127.0.0.1", port: 0, mqttPort: 0, apart: true, publicHost: "127.0.0.1", closing });
  const { api, plug } = scene;
  if (plug === null) throw new Error("hub and edge are apart");
  const demo = (plugged: boolean) => api.ask<{ readonly hub: string }>("POST", `/api/u/${UNIT}/demo/hub`, { plugged });
  const board = () => api.ask<Board>("GET", `/api/u/${UNIT}/board`);
  for (const engineer of scene.site.engineers) scene.play(engineer.id);

  // Plugged in for the first part, so that the kill comes in the middle of a run.
  expect((await demo(true)).hub).toBe("plugged");
  await until(async () => (await board()).hub.pending === 0);
  expect((await demo(false)).hub).toBe("unplugged");
  const killedAt = Date.now();
  expect(await portIsFree("127.0.0.1", Number(new URL(plug.url).port), 5_000)).toBe(true);

  for (const [device, mode] of [
    ["pump-101", "bearing-wear"],
    ["pump-105", "supply"],
  ] as const) {
    await api.ask("POST", `/api/u/${UNIT}/demo/fault`, { device, mode });
    const asset = scene.site.devices.find((one) => one.id === device)?.asset;
    const offered = await until(async () => (await board()).tickets.find((ticket) => ticket.asset === asset && ticket.state === "offered"));
    if (offered.state !== "offered") throw new Error("narrowed above");
    await work(api, scene.server.url, offered.to, offered.id);
  }
  const away = await board();
  expect(away.tickets.map((ticket) => ticket.state)).toEqual(["resolved", "resolved"]);
  expect([away.hub.state, away.hub.pending > 0, away.kpis.hubCalls]).toEqual(["down", true, 0]);
  expect(scene.crm.entities("ticket")).toEqual([]);
  expect(Date.now() - killedAt).toBeGreaterThan(10_000);

  expect((await demo(true)).hub).toBe("plugged");
  await until(async () => (await board()).hub.pending === 0);
  const items = await wholeFeed(plug.url, await api.addIntegratorToken(UNIT));
  expectOnceInOrder(items);
  for (const ticket of away.tickets) {
    const states = items
      .filter(({ operation }) => operation.entity === "ticket" && operation.id === ticket.id && operation.attr === "state")
      .map(({ operation }) => operation.value);
    expect(states).toEqual(["offered", "assigned", "travelling", "working", "resolved"]);
  }
  await until(async () => scene.crm.entities("ticket").filter((ticket) => ticket.attributes["state"] === "resolved").length === 2);
  expect(scene.crm.totals()).toMatchObject({ dead: 0, skipped: 0 });
});

/** What a person does on the phone page, over the same routes, signed in by a link. */
async function work(api: Api, url: string, engineer: string, ticket: string): Promise<void> {
  const entered = await fetch(url + (await api.addLink(UNIT, "engineer", engineer)), { redirect: "manual" });
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const ask = async (method: "GET" | "POST", path: string, body?: object) => {
    const response = await fetch(`${url}/api/u/${UNIT}/${path}`, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect([path, response.status]).toEqual([path, 200]);
    return await response.json();
  };
  const phone = (await ask("GET", "phone")) as Phone;
  const offer = phone.offers.find((one) => one.ticket === ticket && one.state === "open");
  await ask("POST", `offers/${offer?.id ?? "none"}/accept`, {});
  for (const to of ["travelling", "working"]) await ask("POST", `tickets/${ticket}/progress`, { to });
  await ask("POST", `tickets/${ticket}/progress`, { to: "resolved", cause: "worn", action: "replaced", partsUsed: [] });
}

async function wholeFeed(hub: string, token: string): Promise<readonly FeedItem[]> {
  const items: FeedItem[] = [];
  for (let after: string | null = null; ;) {
    const response: Response = await fetch(`${hub}/api/feed?limit=100${after === null ? "" : `&after=${encodeURIComponent(after)}`}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const page = FeedPage.parse(await response.json());
    if (page.items.length === 0) return items;
    items.push(...page.items);
    after = page.next;
  }
}

/** Gapless from 1 in each stream: nothing twice, nothing left out, nothing before what it follows. */
function expectOnceInOrder(items: readonly FeedItem[]): void {
  for (const stream of ["tickets", "assets", "customers", "people"]) {
    const seqs = items.filter((item) => item.stream === stream).map(({ operation }) => operation.seq);
    expect(seqs.length).toBeGreaterThan(0);
    expect([stream, seqs]).toEqual([stream, seqs.map((_, i) => i + 1)]);
  }
}

test("L44 a demo for a person: the hub unplugged, links that work, the phone that rings; Ctrl-C leaves nothing behind", async () => {
  const run = startCli(["demo", "--port", "0", "--mqtt-port", "0"]);
  ends.push(async () => {
    run.child.kill("SIGINT");
    await run.ended;
  });
  await run.line(/^ready /);
  const [, board = ""] = / board {3}(\S+) /.exec(await run.line(/^ {2}board /)) ?? [];
  const entered = await fetch(board, { redirect: "manual" });
  expect([entered.status, entered.headers.get("location")]).toEqual([302, "/u/demo"]);
  const cookie = entered.headers.get("set-cookie")?.split(";")[0] ?? "";
  const demo = await fetch(new URL("/api/u/demo/demo", board), { headers: { cookie } });
  expect(await demo.json()).toMatchObject({ simulated: true, hub: "unplugged" });
  expect((await fetch(board, { redirect: "manual" })).status).toBe(401);
  await run.line(/^☎ .* is asked: http:\/\/localhost:\d+\/enter\/demo\//);

  const at = findServer(join(ROOT, ".outpost-demo"));
  if (at === null) throw new Error("no server.json");
  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(0);
  expect([await gone(at.workerdPid, 5_000), await portIsFree("127.0.0.1", Number(new URL(at.url).port), 5_000)]).toEqual([true, true]);
});
