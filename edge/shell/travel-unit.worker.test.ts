import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { Board } from "../../contracts/board.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { askOsrm, PLAIN, wayOf } from "../dispatch/matrix/fixture/roads.ts";
import { cellOf } from "../dispatch/matrix/grid.ts";
import { SITE, verdictAt } from "../fixture/site.ts";

const HOST = "http://osrm.test";
const PUMP = { lat: 28.2, lon: 112.9 };
const HOMES = [
  { lat: 28.21, lon: 112.91 },
  { lat: 28.4, lon: 113.2 },
];
const routed: Scenario = { ...pumpVibration, connectors: { travel: { kind: "osrm", url: HOST } } };

/** What the routing server was asked. */
const asked: string[] = [];
afterEach(() => vi.unstubAllGlobals());
function serve(isUp: () => boolean): void {
  asked.length = 0;
  vi.stubGlobal("fetch", async (input: RequestInfo | URL) => {
    const url = String(input instanceof Request ? input.url : input);
    if (!url.startsWith(HOST)) return new Response(null, { status: 503 });
    asked.push(url);
    if (!isUp()) throw new TypeError("nobody there");
    const { status, body } = askOsrm(PLAIN, url);
    return Response.json(body, { status });
  });
}

const pagesOf = (name: string): Promise<number> =>
  runInDurableObject(env.UNIT.getByName(`default/${name}/unit`), (_, { storage }) => [...storage.kv.list({ prefix: "travel/page/" })].length);

test("TV8 TV10 a unit asks ahead of need; woken by an alarm while the server is away it still chooses by what the server said", async () => {
  let isUp = true;
  serve(() => isUp);
  const stub = env.UNIT.getByName("default/roads/unit");
  await stub.create("roads", routed);
  await stub.putEntities(SITE, "test");
  await vi.waitFor(async () => expect(await pagesOf("roads")).toBeGreaterThan(0), 20_000);
  isUp = false;
  await evictDurableObject(stub);
  await stub.applyVerdicts({ unit: "roads", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const [offer] = ((await stub.board()) as Board).offers;
  const ways = HOMES.map((home) => wayOf(PLAIN, cellOf(home), cellOf(PUMP)));
  const nearer = (ways[0]?.s ?? 0) <= (ways[1]?.s ?? 0) ? 0 : 1;
  expect(offer).toMatchObject({ engineer: ["li-wei", "wang-fang"][nearer], because: { travelMs: (ways[nearer]?.s ?? 0) * 1_000, distanceM: ways[nearer]?.m } });
});

test("TV14 a plan that was made by the great circle is looked at again when the roads are known", async () => {
  let isUp = false;
  serve(() => isUp);
  const stub = env.UNIT.getByName("default/roads-later/unit");
  await stub.create("roads-later", routed);
  await stub.putEntities(SITE, "test");
  await stub.applyVerdicts({ unit: "roads-later", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const asks = async () => ((await stub.plannerWork()) as PlannerWork).asked;
  await vi.waitFor(async () => expect([await asks(), asked.length > 0]).toEqual([1, true]), 20_000);
  isUp = true;
  await vi.waitFor(async () => expect(await asks()).toBe(2), 20_000);
  expect(await pagesOf("roads-later")).toBeGreaterThan(0);
});

test("TV11 a sandbox asks nobody, whatever its scenario names", async () => {
  serve(() => true);
  const stub = env.UNIT.getByName("default/roads-sandbox/unit");
  await stub.create("roads-sandbox", { ...routed, kind: "sandbox" });
  await stub.putEntities(SITE, "test");
  const live = env.UNIT.getByName("default/roads-beside/unit");
  await live.create("roads-beside", routed);
  await live.putEntities(SITE, "test");
  // The one beside it, which was made after it, has its answers by now.
  await vi.waitFor(async () => expect(await pagesOf("roads-beside")).toBeGreaterThan(0), 20_000);
  expect(asked).toHaveLength(1);
  expect(await pagesOf("roads-sandbox")).toBe(0);
});
