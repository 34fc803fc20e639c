import type { Api } from "./api.ts";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Board, Phone, Trace } from "../../contracts/board.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { launchBrowser } from "../../edge/web/browser.ts";
import { build } from "../server/build.ts";
import { boardOf, connectPump, makePlant, offeredTicket, openPhone, signIn, until } from "../server/fixture/plant.ts";
import { findServer } from "../server/folder.ts";
import { ROOT } from "../server/paths.ts";
import { gone, isAlive, portIsFree } from "../server/processes.ts";
import { startClosing } from "./closing.ts";
import type { Journey } from "./demo/once.ts";
import { UNIT } from "./demo/parts.ts";
import { setScene } from "./demo/scene.ts";
import { expectOnceInOrder, statesOf, wholeFeed } from "./fixture/feed.ts";
import { runCli, startCli } from "./run-cli.ts";

const ONCE = ["demo", "--once", "--json", "--port", "0", "--mqtt-port", "0"];
const CONSTANT = join(ROOT, "edge", "verdict", "fixtures", "constant.onnx");
/** How long the hub is away. */
const OUTAGE_MS = 60_000;

// The tests wait far more than they work, so they wait together; each has its own servers, ports and folder.
const recordings = mkdtempSync(join(tmpdir(), "outpost-recordings-"));
beforeAll(() => build(["web", "embedded", "edge", "hub"], () => undefined), 300_000);
afterAll(() => rmSync(recordings, { recursive: true, force: true }));

test.concurrent("L40 one fault becomes one accepted ticket with its repairs and its kit, and the CRM hears of it, in the order of the journey", async () => {
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
  expect(journey.model).toBe((await replayed()).model);
});

test.concurrent("L41 with a model that always answers 0 there is no ticket: exit 1 and one line that says so", async () => {
  const { code, out, err } = await runCli([...ONCE, "--model", CONSTANT]);
  expect([code, out]).toEqual([1, ""]);
  expect(err).toMatch(/\noutpost: no ticket within \d+ s of the fault\n$/);
  // The same file silences `replay`: neither takes its scores from elsewhere.
  const [live, silent] = [await replayed(), await replayed("--model", CONSTANT)];
  expect([live.alarmEdges > 0, silent.alarmEdges, silent.model === live.model]).toEqual([true, 0, false]);
});

test.concurrent("L42 a model that does not exist is bad usage", async () => {
  const { code, err } = await runCli([...ONCE, "--model", "/nowhere.onnx"]);
  expect([code, err.trim().split("\n").at(-1)]).toEqual([2, "outpost: --model: no file /nowhere.onnx"]);
});

test.concurrent("L43 the hub's process is killed for a minute: tickets are opened, offered, accepted and worked on meanwhile, and survive the edge's workerd; then the feed has every change once, in order", async ({
  onTestFinished,
}) => {
  const dir = mkdtempSync(join(tmpdir(), "outpost-apart-"));
  const closing = startClosing();
  onTestFinished(async () => {
    await closing.close();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  const scene = await setScene({ dir, host: "127.0.0.1", port: 0, mqttPort: 0, apart: true, publicHost: "127.0.0.1", closing });
  const { api, plug, server } = scene;
  if (plug === null) throw new Error("hub and edge are apart");
  const setHub = (plugged: boolean) => api.ask<{ readonly hub: string }>("POST", `/api/u/${UNIT}/demo/hub`, { plugged });
  const board = () => api.ask<Board>("GET", `/api/u/${UNIT}/board`);
  const fail = (device: string, mode: string) => api.ask("POST", `/api/u/${UNIT}/demo/fault`, { device, mode });
  const assetOf = (device: string) => scene.site.devices.find((one) => one.id === device)?.asset ?? "";
  const ticketOf = async (id: string): Promise<Ticket | undefined> => (await board()).tickets.find((ticket) => ticket.id === id);
  for (const engineer of scene.site.engineers) scene.play(engineer.id);

  // Plugged in for the first part, so that the kill comes in the middle of a run.
  expect((await setHub(true)).hub).toBe("plugged");
  await until(async () => (await board()).hub.pending === 0);
  await Promise.all([fail("pump-101", "bearing-wear"), fail("pump-105", "supply")]);
  const hub = plug.pids();
  expect([hub.length, hub.every(isAlive)]).toEqual([2, true]);
  expect((await setHub(false)).hub).toBe("unplugged");
  const killedAt = Date.now();
  expect([hub.some(isAlive), await portIsFree("127.0.0.1", Number(new URL(plug.url).port))]).toEqual([false, true]);

  // One job from its offer to its end; the other is accepted when workerd dies under it.
  const [first, second] = await Promise.all([offeredTicket(api, UNIT, assetOf("pump-101")), offeredTicket(api, UNIT, assetOf("pump-105"))]);
  for (const ticket of [first, second]) expect(ticket.openedAt).toBeGreaterThanOrEqual(killedAt);
  const phone = await openPhone(api, server.url, UNIT, first.to);
  await phone.accept(first.id);
  for (const to of ["travelling", "working", "resolved"] as const) await phone.progress(first.id, to);
  // Whoever is asked by now: with the first job done somebody nearer may be free.
  const other = await openPhone(api, server.url, UNIT, (await offeredTicket(api, UNIT, assetOf("pump-105"))).to);
  await other.accept(second.id);
  const accepted = await ticketOf(second.id);

  const workerd = server.workerdPid();
  process.kill(workerd, "SIGKILL");
  expect(await gone(workerd, 5_000)).toBe(true);
  // `server.json` names the new one once it is ready.
  await until(async () => ![workerd, undefined].includes(findServer(dir)?.workerdPid));
  expect(await ticketOf(second.id)).toEqual(accepted);
  expect([server.workerdPid() === workerd, isAlive(server.workerdPid())]).toEqual([false, true]);
  await other.progress(second.id, "travelling");
  // From the machines through the gateway to a third ticket, all in the new workerd.
  await fail("pump-103", "cavitation");
  const third = await offeredTicket(api, UNIT, assetOf("pump-103"));
  await (await openPhone(api, server.url, UNIT, third.to)).accept(third.id);
  await confirmedTicket(api, server.url);
  await until(async () => Date.now() - killedAt >= OUTAGE_MS);

  const away = await board();
  expect([away.hub.state, away.hub.pending > 0, away.kpis.hubCalls, plug.isIn()]).toEqual(["down", true, 0, false]);
  expect(scene.crm.entities("ticket")).toEqual([]);
  expect((await setHub(true)).hub).toBe("plugged");
  await until(async () => (await board()).hub.pending === 0);
  // Of both units: the hub's numbers run through what all of them wrote.
  const all = await wholeFeed(plug.url, await api.addIntegratorToken());
  expectOnceInOrder(all);
  const items = all.filter(({ operation }) => operation.origin.startsWith(`${UNIT}@`));
  // Shortly before shifts change a job may wait a moment for somebody with time for it, and an offer may move.
  const courseOf = (id: string) =>
    statesOf(items, id).filter((state, i, all) => state !== "open" && state !== all.slice(0, i).findLast((one) => one !== "open"));
  expect(courseOf(first.id)).toEqual(["offered", "assigned", "travelling", "working", "resolved"]);
  expect(courseOf(second.id)).toEqual(["offered", "assigned", "travelling"]);
  expect(courseOf(third.id)).toEqual(["offered", "assigned"]);
  const held = await scene.crm.until((crm) => crm.totals().items >= items.length && crm.entities("ticket"), 60_000);
  const unit = (await board()).tickets.map(({ id, ...attributes }) => ({ id, attributes }));
  expect(held).toMatchObject(unit.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  expect(scene.crm.totals()).toMatchObject({ dead: 0, skipped: 0, repeated: 0 });
});

/** A unit that asks before it acts, made while the hub is away: nothing is offered until a dispatcher, who signs in now, confirms. */
async function confirmedTicket(api: Api, server: string): Promise<void> {
  const unit = "careful";
  const passwords = await makePlant(api, { unit, template: "pump-vibration", autonomy: { offer: "confirm" } }, ["pump-1"], ["ann"]);
  const pump = await connectPump(server, unit, "pump-1", passwords.get("pump-1") ?? "");
  await pump.breakDown();
  await pump.link.endAsync();
  const waiting = await until(async () => {
    const [ticket] = (await boardOf(api, unit)).tickets;
    return ticket?.state === "open" && ticket.needsPerson === true ? ticket : null;
  });
  expect((await boardOf(api, unit)).offers).toEqual([]);
  const cookie = await signIn(server, await api.addLink(unit, "dispatcher", "desk"));
  const confirmed = await fetch(`${server}/api/u/${unit}/tickets/${waiting.id}/confirm`, { method: "POST", headers: { cookie }, body: "{}" });
  expect(confirmed.status).toBe(200);
  const offered = await offeredTicket(api, unit, "pump-1");
  await (await openPhone(api, server, unit, offered.to)).accept(offered.id);
}

test.concurrent("L44 a demo for a person, in a browser: the hub unplugged, links that open once, a ticket that appears, is accepted on the phone that rings, and changes on the board; Ctrl-C leaves nothing behind", async ({
  onTestFinished,
}) => {
  const run = startCli(["demo", "--port", "0", "--mqtt-port", "0"]);
  onTestFinished(async () => {
    run.child.kill("SIGINT");
    await run.ended;
  });
  const browser = await launchBrowser();
  onTestFinished(() => browser.close());
  await run.line(/^ready /);
  const [, link = ""] = / board {3}(\S+) /.exec(await run.line(/^ {2}board /)) ?? [];
  const board = await (await browser.newContext({ locale: "en-US", viewport: { width: 1440, height: 900 } })).newPage();
  const [, hubLink = ""] = / hub {5}(\S+) /.exec(await run.line(/^ {2}hub /)) ?? [];
  expect(new URL(hubLink).pathname).toMatch(/^\/hub\/enter\//);
  await board.goto(link);
  expect(new URL(board.url()).pathname).toBe("/u/demo");
  await board.getByText("simulated", { exact: true }).waitFor();
  expect(await asked(board, "/api/u/demo/demo")).toMatchObject({ simulated: true, hub: "unplugged" });
  expect((await fetch(link, { method: "POST", redirect: "manual" })).status).toBe(401);

  const [, name = "", phoneLink = ""] = /^☎ (.+) is asked: (\S+)$/.exec(await run.line(/^☎ .* is asked: http:\/\/localhost:\d+\/enter\/demo\//)) ?? [];
  await board.locator("#ticket-title").waitFor();
  const phone = await (await browser.newContext({ locale: "en-US", viewport: { width: 390, height: 844 } })).newPage();
  await phone.goto(phoneLink);
  expect(((await asked(phone, "/api/u/demo/phone")) as Phone).engineer.name).toBe(name);
  await phone.getByRole("button", { name: "Accept" }).click();
  await phone.getByRole("button", { name: "I am on my way" }).waitFor();
  await board.locator(".ticket-head .step", { hasText: "accepted" }).waitFor();
  const { tickets, kpis } = (await asked(board, "/api/u/demo/board")) as Board;
  expect([tickets.map((ticket) => ticket.state), kpis.hubCalls]).toEqual([["assigned"], 0]);
  const { model } = (await asked(board, "/api/u/demo/devices/pump-101/trace")) as Trace;
  expect(model).toBe((await replayed()).model);
  await browser.close();

  const at = findServer(join(ROOT, ".outpost-demo"));
  if (at === null) throw new Error("no server.json");
  run.child.kill("SIGINT");
  expect((await run.ended).code).toBe(0);
  expect([await gone(at.workerdPid, 5_000), await portIsFree("127.0.0.1", Number(new URL(at.url).port), 5_000)]).toEqual([true, true]);
});

/** What the page itself gets, with its own cookie. */
async function asked(page: Page, path: string): Promise<unknown> {
  return await (await page.request.get(new URL(path, page.url()).href)).json();
}

/** `replay --json` of a machine that goes bad, under the demo's template. */
async function replayed(...more: readonly string[]): Promise<{ readonly model: string; readonly alarmEdges: number }> {
  const wave = (i: number, c: number) => 20 + Math.sin(i * (0.7 + 0.31 * c)) + 0.5 * Math.sin(i * 1.93 + c) + (c === 0 && i >= 500 ? 15 : 0);
  const rows = Array.from({ length: 600 }, (_, i) => [new Date(i * 1_000).toISOString(), ...Array.from({ length: 8 }, (_, c) => wave(i, c))].join(";"));
  writeFileSync(join(recordings, "pump.csv"), ["time;a;b;c;d;e;f;g;h", ...rows].join("\n"));
  const { code, out, err } = await runCli(["replay", "--data", recordings, "--template", "pump-vibration", "--out", "/dev/null", "--json", ...more]);
  expect([code, code === 0 ? "" : err]).toEqual([0, ""]);
  return JSON.parse(out.trim().split("\n").at(-1) ?? "") as Awaited<ReturnType<typeof replayed>>;
}
