import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { Phone } from "../../contracts/board.ts";
import { nextAct, startMind, type Act, type Delays } from "./engineer.ts";
import { startEngineers, type EngineersOptions } from "./engineers.ts";
import { randomOf } from "./random.ts";
import { distanceM } from "./route.ts";
import { bareSite } from "./site.ts";

const NOW = 1_763_750_000_000;
const soon = { timeout: 20_000, interval: 5 };
const site = bareSite(1, NOW);
const SLOW: Delays = {
  lookMs: 1_000,
  thinkMs: [2_000, 6_000],
  packMs: [3_000, 6_000],
  workMs: [15_000, 30_000],
  driveMps: 250,
  positionEveryMs: 2_000,
  declines: 0,
};
const FAST: Delays = { lookMs: 2, thinkMs: [1, 3], packMs: [1, 3], workMs: [1, 3], driveMps: 10_000_000, positionEveryMs: 1, declines: 0 };

const every = {
  id: "t1",
  asset: "P-103",
  alarm: "a1",
  episode: "e1",
  faultMode: "bearing-wear",
  severity: "high",
  priority: "p1",
  skills: [],
  repairs: [],
  kit: "k1",
  openedAt: NOW,
  respondBy: NOW + 1,
  resolveBy: NOW + 2,
  asked: [],
  round: 0,
};
const taken = { ...every, to: "li-wei", offer: "o1", acceptedAt: NOW };
const offer = {
  id: "o1",
  ticket: "t1",
  engineer: "li-wei",
  state: "open",
  madeAt: NOW,
  expiresAt: NOW + 120_000,
  because: { distanceM: 1, travelMs: 1, queueMs: 0, skills: [] },
  notChosen: [],
};

function phone(parts: { readonly offers?: readonly unknown[]; readonly tickets?: readonly unknown[] }): Phone {
  return Phone.parse({
    engineer: site.engineers[0],
    offers: [],
    tickets: [],
    assets: site.assets,
    kits: [{ id: "k1", ticket: "t1", lines: [{ part: "BRG-6308", quantity: 2 }], state: "reserved", attempts: 1 }],
    names: {},
    now: NOW,
    ...parts,
  });
}

test("M15 an offer is thought about for as long as a person does, then accepted", () => {
  const random = randomOf(1, "e");
  let mind = startMind();
  const acts: { readonly act: Act; readonly afterMs: number }[] = [];
  for (let ms = 0; ms <= 10_000 && acts.length === 0; ms += 1_000) {
    const next = nextAct(mind, phone({ offers: [offer] }), NOW + ms, SLOW, random);
    mind = next.mind;
    if (next.act !== null) acts.push({ act: next.act, afterMs: ms });
  }
  expect(acts).toEqual([{ act: { type: "accept", offer: "o1" }, afterMs: expect.any(Number) }]);
  expect(acts[0]?.afterMs).toBeGreaterThanOrEqual(2_000);
  expect(acts[0]?.afterMs).toBeLessThanOrEqual(7_000);
});

test("M15 some offers are declined, with a reason", () => {
  const random = randomOf(1, "e");
  const answers = Array.from({ length: 400 }, () => {
    const first = nextAct(startMind(), phone({ offers: [offer] }), NOW, { ...SLOW, declines: 0.25 }, random);
    return nextAct(first.mind, phone({ offers: [offer] }), NOW + 10_000, { ...SLOW, declines: 0.25 }, random).act;
  });
  const declined = answers.filter((act) => act?.type === "decline");
  expect(declined.length).toBeGreaterThan(60);
  expect(declined.length).toBeLessThan(140);
  expect(declined.every((act) => act?.type === "decline" && act.reason.length > 0)).toBe(true);
});

test("M15 on the way the place moves towards the asset at the speed given, and work begins only there", () => {
  const random = randomOf(1, "e");
  const asset = site.assets.find((each) => each.id === "P-103")?.position ?? { lat: 0, lon: 0 };
  const home = site.engineers[0]?.home ?? { lat: 0, lon: 0 };
  const travelling = phone({ tickets: [{ ...taken, state: "travelling", leftAt: NOW }] });
  let mind = startMind();
  let last = { place: home, ms: 0 };
  let arrivedMs = -1;
  for (let ms = 0; ms < 120_000 && arrivedMs < 0; ms += 1_000) {
    const next = nextAct(mind, travelling, NOW + ms, SLOW, random);
    mind = next.mind;
    if (next.act?.type === "position") {
      expect(distanceM(next.act.place, asset)).toBeLessThanOrEqual(distanceM(last.place, asset));
      expect(distanceM(next.act.place, last.place)).toBeLessThanOrEqual(((ms - last.ms) / 1_000) * SLOW.driveMps * 1.01 + 1);
      last = { place: next.act.place, ms };
    }
    if (next.act?.type === "progress") {
      expect(next.act.to).toBe("working");
      arrivedMs = ms;
    }
  }
  expect(arrivedMs / 1_000).toBeGreaterThan(distanceM(home, asset) / SLOW.driveMps - 3);
  expect(arrivedMs / 1_000).toBeLessThan(distanceM(home, asset) / SLOW.driveMps + 5);
});

test("M15 a job is finished with its cause, what was done and the parts of its kit", () => {
  const working = phone({ tickets: [{ ...taken, state: "working", arrivedAt: NOW }] });
  const first = nextAct(startMind(), working, NOW, SLOW, () => 0.5);
  expect(first.act).toBe(null);
  expect(nextAct(first.mind, working, NOW + 14_000, SLOW, () => 0.5).act).toBe(null);
  expect(nextAct(first.mind, working, NOW + 31_000, SLOW, () => 0.5).act).toEqual({
    type: "progress",
    ticket: "t1",
    asset: "P-103",
    to: "resolved",
    report: {
      cause: expect.stringContaining("bearing"),
      causeCode: "wear",
      finding: "confirmed-fault",
      action: expect.stringContaining("replaced"),
      partsUsed: [{ part: "BRG-6308", quantity: 2 }],
    },
  });
});

test("M16 over HTTP: from the offer to the resolved job with the engineer's token, and then no more", async () => {
  const unit = await fakeUnit();
  const resolved: string[] = [];
  const engineers = start(unit.url, { onResolved: (asset) => resolved.push(asset) });
  await vi.waitUntil(() => resolved.length === 1, soon);
  expect(resolved).toEqual(["P-103"]);
  expect(unit.heard.filter((line) => !line.includes("position"))).toEqual([
    "POST /api/u/plant/offers/o1/accept {}",
    'POST /api/u/plant/tickets/t1/progress {"to":"travelling"}',
    'POST /api/u/plant/tickets/t1/progress {"to":"working"}',
    expect.stringMatching(/^POST \/api\/u\/plant\/tickets\/t1\/progress \{"to":"resolved","cause":/),
  ]);
  expect(unit.heard.some((line) => line.startsWith("POST /api/u/plant/position"))).toBe(true);
  expect(unit.tokens).toEqual(new Set(["Bearer token-li-wei"]));
  expect(engineers.stats()).toMatchObject({ accepted: 1, resolved: 1, declined: 0, refused: 0 });
  await engineers.stop();
  const { looks } = engineers.stats();
  await new Promise((resolve) => setImmediate(resolve));
  expect(engineers.stats().looks).toBe(looks);
});

test("M16 an engineer whom a person plays is left alone, until the person leaves", async () => {
  const unit = await fakeUnit();
  let played = true;
  let asked = 0;
  const engineers = start(unit.url, {
    skip: () => {
      asked += 1;
      return played;
    },
  });
  await vi.waitUntil(() => asked > 5, soon);
  expect(engineers.stats().looks).toBe(0);
  played = false;
  await vi.waitUntil(() => engineers.stats().accepted === 1, soon);
});

test("M16 a unit that is away, or answers nonsense, is asked again", async () => {
  const unit = await fakeUnit();
  unit.broken = true;
  const engineers = start(unit.url, {});
  await vi.waitUntil(() => engineers.stats().failed > 3, soon);
  unit.broken = false;
  await vi.waitUntil(() => engineers.stats().accepted === 1, soon);
});

function start(httpUrl: string, options: Partial<EngineersOptions>): ReturnType<typeof startEngineers> {
  const beganAt = performance.now();
  const engineers = startEngineers({
    httpUrl,
    unit: "plant",
    engineers: [{ id: "li-wei", token: "token-li-wei" }],
    seed: 1,
    delays: FAST,
    now: () => NOW + Math.round(performance.now() - beganAt),
    ...options,
  });
  onTestFinished(() => engineers.stop());
  return engineers;
}

/** Answers as the unit's API does for one engineer and one job. */
async function fakeUnit(): Promise<{ readonly url: string; readonly heard: string[]; readonly tokens: Set<string>; broken: boolean }> {
  const unit = { url: "", heard: [] as string[], tokens: new Set<string>(), broken: false };
  let state = "offered";
  const server = createServer((request, response) => {
    let body = "";
    request
      .on("data", (bytes: Buffer) => (body += bytes.toString()))
      .on("end", () => {
        unit.tokens.add(request.headers.authorization ?? "");
        if (unit.broken) return void response.end("<html>");
        if (request.method === "POST") {
          unit.heard.push(`${request.method} ${request.url} ${body}`);
          if (request.url?.endsWith("/accept")) state = "assigned";
          if (request.url?.endsWith("/progress")) state = /"to":"(\w+)"/.exec(body)?.[1] ?? state;
          return void response.end("{}");
        }
        const ticket =
          state === "assigned"
            ? { ...taken, state }
            : state === "travelling"
              ? { ...taken, state, leftAt: NOW }
              : state === "working"
                ? { ...taken, state, arrivedAt: NOW }
                : null;
        response.end(JSON.stringify(phone(state === "offered" ? { offers: [offer] } : { tickets: ticket === null ? [] : [ticket] })));
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  unit.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return unit;
}

test("M15 steps are ticked before what they come before, the photographs are taken first, and whoever comes along says only that they are there", () => {
  const title = { en: "Lock out", zh: "上锁" };
  const place = site.assets.find((each) => each.id === "P-103")?.position ?? { lat: 0, lon: 0 };
  const there = { ...startMind(), place };
  const actOn = (ticket: object, mind = there) => nextAct(mind, phone({ tickets: [{ ...taken, ...ticket }] }), NOW, SLOW, () => 0.5).act;
  const checklist = [
    { id: "lockout", title, before: "working" as const },
    { id: "test-run", title, before: "resolved" as const },
  ];
  const ticked = checklist.map((step) => ({ ...step, doneAt: NOW, doneBy: taken.to }));
  expect(actOn({ state: "travelling", leftAt: NOW, checklist })).toEqual({ type: "tick", ticket: "t1", step: "lockout" });
  expect(actOn({ state: "travelling", leftAt: NOW, checklist: ticked })).toMatchObject({ to: "working" });
  expect(actOn({ state: "working", arrivedAt: NOW, checklist, photosMin: 1 })).toEqual({ type: "tick", ticket: "t1", step: "test-run" });
  expect(actOn({ state: "working", arrivedAt: NOW, checklist: ticked, photosMin: 1 })).toEqual({ type: "photograph", ticket: "t1" });
  const helper = { engineer: taken.to, offer: taken.offer, acceptedAt: NOW };
  expect(actOn({ state: "assigned", to: "somebody", helpers: [helper], checklist })).toMatchObject({ type: "progress", to: "working" });
  expect(actOn({ state: "assigned", to: "somebody", helpers: [{ ...helper, arrivedAt: NOW }] })).toMatchObject({ type: "position" });
});
