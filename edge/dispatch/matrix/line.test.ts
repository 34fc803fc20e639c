import fc from "fast-check";
import { expect, test } from "vitest";
import type { Place } from "../../../contracts/instant.ts";
import type { TravelConnector } from "../../../contracts/scenario.ts";
import { greatCircle } from "../travel.ts";
import { askOsrm, askValhalla, PLAIN, wayOf, type Country } from "./fixture/roads.ts";
import { cellOf, placeOf, type Cell } from "./grid.ts";
import { hoursAt, nextHoursAt } from "./hour.ts";
import { PLACES_MAX, startKnown, UNREACHABLE, type Known } from "./known.ts";
import { FIRST, openLine, type Line, type Reply } from "./line.ts";
import { osrm } from "./osrm.ts";
import { packTable, unpackTable } from "./pack.ts";
import { routed } from "./routed.ts";
import type { Request } from "./server.ts";
import type { Need } from "./tile.ts";
import { valhalla } from "./valhalla.ts";

const ZONE = "Asia/Shanghai";
const START = Date.parse("2026-03-02T02:00:00Z");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OSRM: TravelConnector = { kind: "osrm", url: "http://osrm.test/base/?key=k" };
const VALHALLA: TravelConnector = { kind: "valhalla", url: "http://valhalla.test" };

const cells = (count: number, first = 0): Cell[] =>
  Array.from({ length: count }, (_, i) => cellOf({ lat: 28 + ((first + i) % 40) / 100, lon: 113 + Math.floor((first + i) / 40) / 100 }));

type Set = { readonly line: Line; readonly known: Known; readonly requests: Request[]; run(now: number, answer?: (request: Request) => Reply): number | null };

function open(connector: TravelConnector, country: Country = PLAIN, verbose = false): Set {
  const known = startKnown();
  const server = connector.kind === "osrm" ? osrm : valhalla;
  const line = openLine({ connector, server, timeZone: ZONE, known, state: FIRST });
  const requests: Request[] = [];
  const answered = (request: Request): Reply => {
    const { status, body } = request.body === undefined ? askOsrm(country, request.url) : askValhalla(country, request.body, verbose);
    return { type: "answer", status, text: JSON.stringify(body) };
  };
  return {
    line,
    known,
    requests,
    run: (now, answer = answered) => {
      for (let i = 0; i < 3_000; i++) {
        const turn = line.next(now);
        if ("wait" in turn) return turn.wait;
        requests.push(turn.send);
        line.ended(turn.job, turn.round, answer(turn.send), now);
      }
      throw new Error("it asks without end");
    },
  };
}

const travelOf = ({ known }: Set, connector: TravelConnector, now: number) =>
  routed({ known, connector, timeZone: ZONE, now: () => now, otherwise: () => greatCircle({ speedKmh: 40, detour: 1.3 }) });

const pairsOf = ({ active, ahead }: Need): (readonly [Cell, Cell])[] =>
  [...active, ...ahead].flatMap((from, i) => (i < active.length ? [...active, ...ahead] : active).flatMap((to) => (from === to ? [] : [[from, to] as const])));

test("TV1 the grid: a place is in the cell whose middle is nearest, and the middle is in its own cell", () => {
  fc.assert(
    fc.property(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }), (lat, lon) => {
      const middle = placeOf(cellOf({ lat, lon }));
      expect(cellOf(middle)).toBe(cellOf({ lat, lon }));
      expect(Math.abs(middle.lat - lat)).toBeLessThanOrEqual(0.00051);
      expect(Math.min(Math.abs(middle.lon - lon), 360 - Math.abs(middle.lon - lon))).toBeLessThanOrEqual(0.00051);
    }),
  );
});

test.each([
  ["osrm", OSRM, false],
  ["valhalla", VALHALLA, false],
  ["valhalla, an object for each pair", VALHALLA, true],
] as const)(
  "TV2 what is looked up is what %s answered, whatever is asked for and whatever it takes at once; only what is needed is asked for",
  (_, connector, verbose) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.integer({ min: 0, max: 60 }),
        fc.constantFrom(16, 30, 100, 2_500),
        fc.integer({ min: 3, max: 9 }),
        (a, b, pairsMax, island) => {
          const country: Country = { ...PLAIN, pairsMax, isIsland: (cell) => cell % island === 0 };
          const made = open(connector, country, verbose);
          const need: Need = { active: cells(a), ahead: cells(b, a) };
          made.line.wants(need);
          made.run(START);
          const travel = travelOf(made, connector, START + 1_500);
          const other = pairsOf(need).filter(([from, to]) => {
            const way = wayOf(country, from, to);
            const { ms, m, source, ageMs } = travel.leg(placeOf(from), placeOf(to));
            const isTime = ms === (way === null ? Infinity : way.s * 1_000);
            return !isTime || source !== connector.kind || ageMs !== 1_500 || !(Math.abs(m - (way?.m ?? m)) <= 1);
          });
          expect(other).toEqual([]);
          const asked = made.requests.length;
          made.run(START + MINUTE_MS);
          expect(made.requests).toHaveLength(asked);
        },
      ),
      { numRuns: 15 },
    );
  },
);

test("TV3 ways there and back go together: a small plan is one request, and one place more costs two narrow ones", () => {
  const made = open(OSRM);
  made.line.wants({ active: cells(20), ahead: [] });
  made.run(START);
  expect(made.requests).toHaveLength(1);
  expect(made.requests[0]?.url).toMatch(/^http:\/\/osrm\.test\/base\/table\/v1\/driving\/[\d.,;]+\?key=k&annotations=duration,distance/);
  made.line.wants({ active: cells(20), ahead: cells(60, 20) });
  made.run(START);
  const before = made.requests.length;
  made.line.wants({ active: cells(21, 0).with(20, cellOf({ lat: 29, lon: 114 })), ahead: cells(60, 20) });
  made.run(START + MINUTE_MS);
  expect(made.requests.length - before).toBe(2);
});

test("TV4 a place without a road spoils nothing: the rest is answered, and its own ways are reckoned and say so", () => {
  for (const connector of [OSRM, VALHALLA]) {
    const need: Need = { active: cells(30), ahead: [] };
    const [bad] = need.active.slice(17);
    const made = open(connector, { ...PLAIN, isOffRoad: (cell) => cell === bad });
    made.line.wants(need);
    made.run(START);
    expect(made.requests.length).toBeLessThan(60);
    const travel = travelOf(made, connector, START);
    const sources = pairsOf(need).map(([from, to]) => [from === bad || to === bad, travel.leg(placeOf(from), placeOf(to)).source] as const);
    expect(sources.filter(([isBad, source]) => isBad && source !== "great-circle")).toEqual([]);
    const good = sources.filter(([isBad]) => !isBad);
    expect(good.filter(([, source]) => source === connector.kind).length / good.length).toBe(1);
    // Asked again some day, not now.
    const asked = made.requests.length;
    made.run(START + HOUR_MS);
    expect(made.requests).toHaveLength(asked);
  }
});

test("TV4 a server with another country's map ends in bounded requests, and travel is reckoned", () => {
  for (const connector of [OSRM, VALHALLA]) {
    const made = open(connector, { ...PLAIN, isOffRoad: () => true });
    made.line.wants({ active: cells(60), ahead: cells(100, 60) });
    made.run(START);
    expect(made.requests.length).toBeLessThan(1_000);
    expect(travelOf(made, connector, START).leg(placeOf(cells(1)[0] ?? 0), placeOf(cells(1, 5)[0] ?? 0))).toMatchObject({ source: "great-circle" });
  }
});

test("TV5 three time-outs in a row open the breaker: nothing is sent until its time is up, probes close it again", () => {
  const made = open(OSRM);
  made.line.wants({ active: cells(5), ahead: [] });
  let now = START;
  for (let i = 0; i < 3; i++) now = made.run(now, () => ({ type: "timeout" })) ?? now;
  expect(made.requests).toHaveLength(3);
  expect(made.line.state().breaker).toMatchObject({ state: "open", why: "3 time-outs in a row" });
  const until = made.run(now);
  expect(made.requests).toHaveLength(3);
  expect(until).toBeGreaterThan(now);
  made.run(until ?? now);
  expect(made.requests.length).toBeGreaterThan(3);
  expect(made.line.state()).toMatchObject({ failures: 0 });
  expect(["half-open", "closed"]).toContain(made.line.state().breaker.state);
  expect(travelOf(made, OSRM, until ?? now).leg(placeOf(cells(5)[0] ?? 0), placeOf(cells(5)[1] ?? 0)).source).toBe("osrm");
});

test.each([
  ["a fault", { type: "answer", status: 500, text: "no" }],
  ["no JSON", { type: "answer", status: 200, text: "<html>" }],
  ["half a table", { type: "answer", status: 200, text: '{"code":"Ok","durations":[[0]],"distances":[[0]]}' }],
  ["a negative time", { type: "answer", status: 200, text: '{"code":"Ok","durations":[[0,-1],[1,0]],"distances":[[0,1],[1,0]]}' }],
  ["words for numbers", { type: "answer", status: 200, text: '{"code":"Ok","durations":[["a",1],[1,0]],"distances":[[0,1],[1,0]]}' }],
  ["no lengths", { type: "answer", status: 200, text: '{"code":"Ok","durations":[[0,1],[1,0]]}' }],
  ["no connection", { type: "failed", why: "refused" }],
] as const)("TV5 of %s nothing is used; it counts against the server", (_, reply) => {
  const made = open(OSRM);
  made.line.wants({ active: cells(2), ahead: [] });
  const wait = made.run(START, () => reply);
  expect(wait).toBe(START + 1_000);
  expect(made.line.state()).toMatchObject({ failures: 1, breaker: { state: "closed", calls: [[START, 1]] } });
  expect(made.known.size()).toBe(0);
  made.run(wait ?? 0);
  expect(made.line.state()).toMatchObject({ failures: 0 });
  expect(made.known.size()).toBe(2);
});

test("TV5 a server that doesn't let us in is left alone for a while, and waited for as long as it asks", () => {
  const made = open(OSRM);
  made.line.wants({ active: cells(2), ahead: [] });
  expect(made.run(START, () => ({ type: "answer", status: 302, text: "" }))).toBe(START + 5 * MINUTE_MS);
  expect(made.line.state()).toMatchObject({ breaker: { state: "closed" }, why: "302: redirects" });
  const later = START + 5 * MINUTE_MS;
  expect(made.run(later, () => ({ type: "answer", status: 429, text: "", retryAfterMs: 90_000 }))).toBe(later + 90_000);
});

test("TV6 answers are renewed before they are old, are stale when they could not be, and are forgotten after a week", () => {
  const made = open(OSRM);
  const need: Need = { active: cells(3), ahead: [] };
  made.line.wants(need);
  expect(made.run(START)).toBe(START + 18 * HOUR_MS);
  const [a, b] = [placeOf(need.active[0] ?? 0), placeOf(need.active[1] ?? 0)];
  const legAt = (now: number) => travelOf(made, OSRM, now).leg(a, b);
  expect(legAt(START + 24 * HOUR_MS)).toMatchObject({ source: "osrm", ageMs: 24 * HOUR_MS });
  expect(legAt(START + 24 * HOUR_MS)).not.toHaveProperty("stale");
  expect(legAt(START + 25 * HOUR_MS)).toMatchObject({ source: "osrm", stale: true, ageMs: 25 * HOUR_MS });
  expect(legAt(START + 169 * HOUR_MS)).toMatchObject({ source: "great-circle" });
  made.run(START + 18 * HOUR_MS);
  expect(made.requests).toHaveLength(2);
  expect(legAt(START + 25 * HOUR_MS)).toMatchObject({ ageMs: 7 * HOUR_MS });
});

test("TV7 where answers know traffic they are kept by the time of day, asked for before it comes, and those of another stand in as stale", () => {
  const connector: TravelConnector = { ...VALHALLA, traffic: true };
  const made = open(connector);
  const need: Need = { active: cells(60), ahead: cells(30, 60) };
  // Monday, 10:00 in Shanghai.
  made.line.wants(need);
  expect(made.run(START)).toBe(START + 45 * MINUTE_MS);
  expect(made.requests.every(({ body }) => body?.includes('"2026-03-02T10:00"') === true)).toBe(true);
  const [a, b] = [placeOf(need.active[0] ?? 0), placeOf(need.active[70 - 60] ?? 0)];
  const evening = Date.parse("2026-03-02T16:00:00+08:00");
  expect(travelOf(made, connector, evening).leg(a, b)).toMatchObject({ source: "valhalla", stale: true, ageMs: 6 * HOUR_MS });
  made.run(evening - 10 * MINUTE_MS);
  expect(made.requests.some(({ body }) => body?.includes('"2026-03-02T16:00"') === true)).toBe(true);
  const leg = travelOf(made, connector, evening).leg(a, b);
  expect(leg).toMatchObject({ ageMs: 10 * MINUTE_MS });
  expect(leg).not.toHaveProperty("stale");
});

test("TV7 hours are those of the site's clock, through the change of it too", () => {
  const zone = "Europe/Berlin";
  expect(
    ["2026-03-27T06:29", "2026-03-27T06:30", "2026-03-27T12:00", "2026-03-27T19:29", "2026-03-27T23:00"].map((at) =>
      hoursAt(Date.parse(`${at}:00+01:00`), zone),
    ),
  ).toEqual(["night", "morning", "day", "evening", "night"]);
  // Saturday night; the clock leaps on Sunday at two.
  const night = Date.parse("2026-03-28T22:30:00+01:00");
  expect(hoursAt(night, zone)).toBe("night");
  expect(nextHoursAt(night, zone)).toBe(Date.parse("2026-03-29T07:00:00+02:00"));
});

test("TV8 what is kept is bounded: places that are not wanted any more make room, those that are stay", () => {
  const known = startKnown();
  const need = new Set(cells(400));
  const told = (from: readonly Cell[], to: readonly Cell[]) =>
    known.take(
      {
        hours: "any",
        from,
        to,
        ms: new Int32Array(from.length * to.length).fill(5),
        m: new Int32Array(from.length * to.length),
        at: new Uint32Array(from.length * to.length).fill(9),
      },
      need,
    );
  told([...need], [...need].slice(0, 2));
  for (let i = 0; i < 3_000; i++) told([cellOf({ lat: 40, lon: i / 100 })], [...need].slice(0, 3));
  expect(known.size()).toBe(PLACES_MAX);
  const [first = 0, second = 0] = need;
  expect([...need].every((from) => from === first || known.way("any", from, first)?.ms === 5)).toBe(true);
  expect(known.way("any", cellOf({ lat: 40, lon: 29.99 }), second)?.ms).toBe(5);
  expect(known.way("any", cellOf({ lat: 40, lon: 0 }), second)).toBeUndefined();
});

test("TV8 tables come back from their bytes as they were, and half of one does not", () => {
  const made = open(OSRM, { ...PLAIN, isIsland: (cell) => cell % 3 === 0, isOffRoad: (cell) => cell % 7 === 0 });
  const need: Need = { active: cells(70), ahead: [] };
  made.line.wants(need);
  made.run(START);
  const again = startKnown();
  for (const table of made.known.tables(16)) {
    const bytes = packTable(table);
    expect(unpackTable(bytes.slice(0, -1))).toBeNull();
    again.take(unpackTable(bytes) ?? table, new Set());
  }
  for (const [from, to] of pairsOf(need)) expect(again.way("any", from, to)).toEqual(made.known.way("any", from, to));
  expect(pairsOf(need).some(([from, to]) => again.way("any", from, to)?.ms === UNREACHABLE)).toBe(true);
});

test("TV9 two places in one cell, and places nobody asked about, are reckoned by the great circle, which says so", () => {
  const made = open(OSRM);
  made.line.wants({ active: cells(2), ahead: [] });
  made.run(START);
  const travel = travelOf(made, OSRM, START);
  const near: readonly [Place, Place] = [
    { lat: 28.0001, lon: 113 },
    { lat: 27.9999, lon: 113 },
  ];
  expect(travel.leg(...near)).toEqual(greatCircle({ speedKmh: 40, detour: 1.3 }).leg(...near));
  expect(travel.leg(near[0], { lat: 10, lon: 10 }).source).toBe("great-circle");
});
