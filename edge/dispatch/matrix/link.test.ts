/** The shell's side of the line, with servers on loopback: what is sent, what comes back in every bad way, what outlives a restart. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { UnitView } from "../../../contracts/entity.ts";
import type { Place } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import { pumpVibration } from "../../../hub/catalogue/pump-vibration.ts";
import { engineer, PLACE, scenarioOf, stage } from "../../sim/cast.ts";
import { START } from "../../sim/plant.ts";
import { askOsrm, askValhalla, PLAIN, wayOf } from "./fixture/roads.ts";
import { cellOf } from "./grid.ts";
import { startKnown, type Table } from "./known.ts";
import { FIRST, type Reply } from "./line.ts";
import { packTable } from "./pack.ts";
import type { TravelLink, TravelLinkParts, TravelStore, Values } from "./port.ts";
import type { Request } from "./server.ts";

/** The shell is no part of the tests' own program: what it must be is said by the ports. */
const shell = async (name: string): Promise<unknown> => await import(`../../shell/travel-${name}.ts`);
const { travelLink } = (await shell("link")) as { readonly travelLink: (parts: TravelLinkParts) => TravelLink };
const { sendRequest } = (await shell("send")) as { readonly sendRequest: (request: Request, callMs: number) => Promise<Reply> };
const { travelStore, PAGES_MAX } = (await shell("store")) as { readonly travelStore: (values: Values) => TravelStore; readonly PAGES_MAX: number };

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;
type Server = { readonly url: string; readonly seen: { readonly url: string; readonly body: string }[]; answer: Handler };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(answer: Handler): Promise<Server> {
  const server: Server & { url: string } = { url: "", seen: [], answer };
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      server.seen.push({ url: request.url ?? "", body });
      server.answer(request, body, response);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        http.closeAllConnections();
        http.close(() => resolve());
      }),
  );
  server.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return server;
}

const osrmHandler: Handler = (request, _, response) => reply(response, askOsrm(PLAIN, request.url ?? ""));
const valhallaHandler: Handler = (_, body, response) => reply(response, askValhalla(PLAIN, body, false));
function reply(response: ServerResponse, { status, body }: { readonly status: number; readonly body: object }): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function memory(): Values & { readonly held: Map<string, unknown> } {
  const held = new Map<string, unknown>();
  return {
    held,
    get: (key) => structuredClone(held.get(key)),
    put: (key, value) => void held.set(key, structuredClone(value)),
    delete: (key) => held.delete(key),
    list: ({ prefix }) => [...held].filter(([key]) => key.startsWith(prefix)).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  };
}

const LATE = "no answer in time";
const HOME: Place = { lat: PLACE.lat + 0.1, lon: PLACE.lon };
/** A pump and two engineers, one of them somewhere exactly. */
function world(connector: TravelConnector): UnitView {
  const exact = { lat: 28.123_456_7, lon: 113.765_432_1 };
  return stage(scenarioOf(pumpVibration, { connectors: { travel: connector } }), [engineer("li-wei", 0, { home: exact }), engineer("b", 0, { home: HOME })])
    .world.view;
}

function open(connector: TravelConnector, values: Values = memory(), callMs = 20_000) {
  const view = world(connector);
  let now = START;
  const work: Promise<void>[] = [];
  const news: number[] = [];
  const link = travelLink({
    view,
    connector,
    store: travelStore(values),
    send: async (request) => sendRequest(request, callMs),
    transact: (body) => body(),
    until: (one) => void work.push(one),
    sleep: async () => {},
    now: () => now,
    rested: (count) => void news.push(count),
  });
  const rest = async () => {
    while (work.length > 0) await work.shift();
  };
  return {
    link,
    news,
    at: (ms: number) => (now = ms),
    ask: async () => {
      link.ask("plan");
      await rest();
    },
    /** On to when the line wants attention. */
    wake: async () => {
      now = Math.max(now, link.dueAt() ?? now);
      link.wake();
      await rest();
      return now;
    },
    leg: () => link.travel.leg(HOME, PLACE),
  };
}

test.each([
  ["osrm", osrmHandler],
  ["valhalla", valhallaHandler],
] as const)(
  "TV1 TV2 %s is asked over HTTP, sees rounded places and no names, and what it said is looked up at once and after a restart",
  async (kind, handler) => {
    const server = await serve(handler);
    const values = memory();
    const made = open({ kind, url: server.url }, values);
    expect(made.leg().source).toBe("great-circle");
    await made.ask();
    const way = wayOf(PLAIN, cellOf(HOME), cellOf(PLACE));
    expect(made.leg()).toMatchObject({ source: kind, ms: (way?.s ?? 0) * 1_000, ageMs: 0 });
    const sent = decodeURIComponent(server.seen.map(({ url, body }) => url + body).join("\n"));
    expect(sent).toContain("113.765");
    expect(sent).not.toMatch(/\d\.\d{4}|li-wei|Name/);
    const calls = server.seen.length;
    await made.ask();
    expect(server.seen).toHaveLength(calls);
    const again = open({ kind, url: server.url }, values);
    again.at(START + 60_000);
    expect(again.leg()).toMatchObject({ source: kind, ageMs: 60_000 });
    await again.ask();
    expect(server.seen).toHaveLength(calls);
    // Another server: what the old one said is no longer used.
    expect(open({ kind, url: `${server.url}/other` }, values).leg().source).toBe("great-circle");
  },
);

test.each<readonly [string, Handler, string]>([
  ["slow", () => {}, LATE],
  ["broken", (_, __, response) => void response.writeHead(500).end("{}"), "500"],
  ["no JSON", (_, __, response) => void response.writeHead(200).end("<html>"), "200: no table as it was asked for"],
  ["cut off", (_, __, response) => void response.writeHead(200, { "content-length": "99" }).write("{", () => response.destroy()), ""],
  ["far too long", (_, __, response) => void response.writeHead(200).end(`"${"x".repeat(3_000_000)}"`), "more than 2000000 characters"],
])(
  "TV5 TV9 a server that is %s: travel is reckoned, it is left alone while the breaker is open, through a restart too, and used when it is back",
  async (_, handler, why) => {
    const server = await serve(handler);
    const values = memory();
    const made = open({ kind: "osrm", url: server.url }, values, why === LATE ? 100 : undefined);
    await made.ask();
    expect(made.link.state().why).toContain(why);
    let now = START;
    for (let i = 0; i < 5 && made.link.state().breaker.state !== "open"; i++) now = await made.wake();
    expect(made.link.state().breaker.state).toBe("open");
    expect(made.leg().source).toBe("great-circle");
    const calls = server.seen.length;
    expect(calls).toBeLessThanOrEqual(5);
    server.answer = osrmHandler;
    const again = open({ kind: "osrm", url: server.url }, values);
    again.at(now + 1);
    await again.ask();
    expect(again.link.state().breaker.state).toBe("open");
    expect(server.seen).toHaveLength(calls);
    for (let i = 0; i < 3 && again.link.state().breaker.state === "open"; i++) await again.wake();
    expect(again.leg()).toMatchObject({ source: "osrm" });
    expect(["half-open", "closed"]).toContain(again.link.state().breaker.state);
  },
);

test("TV5 a redirect is not followed", async () => {
  const other = await serve(osrmHandler);
  const server = await serve((_, __, response) => void response.writeHead(307, { location: `${other.url}/x` }).end());
  const made = open({ kind: "osrm", url: server.url });
  await made.ask();
  expect(server.seen).toHaveLength(1);
  expect(other.seen).toEqual([]);
  expect(made.leg().source).toBe("great-circle");
});

test("TV9 while an answer is awaited decisions go on", async () => {
  let release = (): void => {};
  const server = await serve((request, body, response) => (release = () => osrmHandler(request, body, response)));
  const made = open({ kind: "osrm", url: server.url });
  const asked = made.ask();
  while (server.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(made.leg().source).toBe("great-circle");
  release();
  await asked;
  expect(made.leg().source).toBe("osrm");
});

test("TV14 what is known to be otherwise is told when the line rests: first answers, other answers, and neither the same nor what was kept", async () => {
  let more = 0;
  const server = await serve((request, _, response) => {
    const { status, body } = askOsrm(PLAIN, request.url ?? "") as { status: number; body: { durations: (number | null)[][] } };
    reply(response, { status, body: { ...body, durations: body.durations.map((row) => row.map((s) => (s === null ? null : s + more))) } });
  });
  const values = memory();
  const made = open({ kind: "osrm", url: server.url }, values);
  await made.ask();
  expect(made.news).toEqual([6]);
  more = 59;
  await made.wake();
  expect(made.news).toEqual([6, 0]);
  more = 59 + 60;
  await made.wake();
  expect(made.news).toEqual([6, 0, 6]);
  expect(server.seen).toHaveLength(3);
  const again = open({ kind: "osrm", url: server.url }, values);
  again.at(await made.wake());
  await again.ask();
  expect(again.news).toEqual([0]);
});

test("TV8 pages are written as a whole when there are many, and nothing is lost by it", () => {
  const values = memory();
  const server = "s";
  const store = travelStore(values);
  const known = startKnown();
  for (let i = 0; i < PAGES_MAX + 50; i++) {
    const table = tableOf(i);
    known.take(table, new Set());
    store.keep(server, { ...FIRST, dueAt: i }, [table], known);
  }
  expect([...values.held.keys()].filter((key) => key.startsWith("travel/page/")).length).toBeLessThan(70);
  values.held.set("travel/page/000000000001", packTable(tableOf(1)).slice(0, 20));
  const read = startKnown();
  expect(travelStore(values).read(server, read)).toEqual({ ...FIRST, dueAt: PAGES_MAX + 49 });
  for (let i = 0; i < PAGES_MAX + 50; i++) expect(read.way("any", cellOf(PLACE), i + 1)).toEqual({ ms: i, m: 2 * i, at: 9_000 });
  expect(travelStore(values).read("another", startKnown())).toBeNull();
  expect([...values.held.keys()].filter((key) => key.startsWith("travel/page/"))).toEqual([]);
});

function tableOf(i: number): Table {
  return { hours: "any", from: [cellOf(PLACE)], to: [i + 1], ms: new Int32Array([i]), m: new Int32Array([2 * i]), at: new Uint32Array([9]) };
}
