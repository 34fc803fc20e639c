/** The planner beside its unit: asked by RPC, in slices that let others in, refused when the plan has moved on. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import type { Plan } from "../contracts/plan.ts";
import type { PlannerWork } from "../contracts/planner.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import type { PlanAsk } from "./dispatch/replan/ask.ts";
import { solve } from "./dispatch/replan/solve.ts";
import { onProposal } from "./journey.ts";

const HOME = { lat: 28.2, lon: 112.9 };
const KM = 1 / 111.195;
const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];

/** Jobs scattered over a town, and engineers who have them in the order in which they came. */
function askOf(jobs: number, engineers: number, iterations: number): PlanAsk {
  const places = Array.from({ length: jobs + engineers }, (_, i) => ({ lat: HOME.lat + ((i * 7) % 23) * KM, lon: HOME.lon + ((i * 11) % 19) * KM }));
  return {
    seed: 7,
    iterations,
    snapshot: {
      version: "v",
      at: 0,
      problem: {
        jobs: Array.from({ length: jobs }, (_, place) => ({ place, service: 1_800_000, waitCost: 1, due: 7_200_000, lateCost: 5 })),
        vehicles: Array.from({ length: engineers }, (_, i) => ({ start: jobs + i, window: [0, 36_000_000] as const })),
      },
      tickets: Array.from({ length: jobs }, (_, i) => `t${i}` as never),
      engineers: Array.from({ length: engineers }, (_, i) => `e${i}` as never),
      places,
      ways: { speedKmh: 40, detour: 1.3, factor: 1 },
      routes: Array.from({ length: engineers }, (_, i) => Array.from({ length: jobs }, (_, job) => ({ job })).filter(({ job }) => job % engineers === i)),
    },
  };
}

test("PL11 a planner asked by RPC answers as it would here, in many slices, and others have their turn in between", async () => {
  const ask = askOf(40, 6, 2_000);
  let turns = 0;
  let isOver = false;
  const others = (async () => {
    while (!isOver) {
      await scheduler.wait(0);
      turns++;
    }
  })();
  const planned = await exports.Planner.propose(ask);
  isOver = true;
  await others;
  expect(structuredClone(planned.proposal)).toEqual(solve(ask));
  expect(planned.proposal.costAfter).toBeLessThan(planned.proposal.costBefore);
  expect(planned.slices).toBeGreaterThan(20);
  expect(turns).toBeGreaterThan(20);
});

test("PL12 a unit asks its planner by itself, and what it finds is an input of its own: whoever is nearer is asked instead", async () => {
  const stub = env.UNIT.getByName("default/planned/unit");
  expect(await stub.create("planned", pumpVibration)).toEqual({ unit: "planned" });
  const asset = { id: "p0", name: "Pump", kind: "pump", model: "P-180", customer: "acme", position: HOME, moves: false, installedAt: 0 };
  const engineer = (id: string, km: number) => ({
    family: "engineer" as const,
    entity: { id, name: id, skills: ["mechanical"], shifts: ALWAYS, home: { ...HOME, lat: HOME.lat + km * KM }, locatable: false },
  });
  const site = [{ family: "customer" as const, entity: { id: "acme", name: "Acme" } }, { family: "asset" as const, entity: asset }, engineer("far", 40)];
  expect(await stub.putEntities({ entities: site }, "test")).toMatchObject({ written: 3 });
  const wanted = { type: "open", ticket: "t0", by: "desk", asset: "p0", words: "look", faultMode: "loosening", priority: "p1" } as never;
  expect(isRefusal(await stub.answer(wanted))).toBe(false);
  expect(((await stub.board()) as Board).offers).toMatchObject([{ engineer: "far", state: "open" }]);
  expect(await stub.putEntities({ entities: [engineer("near", 1)] }, "test")).toMatchObject({ written: 1 });
  await vi.waitFor(
    async () => {
      const { offers } = (await stub.board()) as Board;
      expect(offers.filter(({ state }) => state === "open")).toMatchObject([{ engineer: "near", ticket: "t0" }]);
    },
    { timeout: 30_000, interval: 100 },
  );
  const decided = await stub.decisions("");
  if (isRefusal(decided)) throw new Error(decided.rule);
  expect(decided.filter(({ trigger }) => trigger.type === "proposal").map(({ outcome }) => outcome)).toEqual(["offered", "replanned"]);
});

test("PL13 a proposal that comes when the plan is another one changes nothing", async () => {
  const stub = env.UNIT.getByName("default/planned/unit");
  const before = (await stub.plan()) as Plan;
  const ask = { ...askOf(2, 1, 50), seed: 1 };
  const { proposal } = structuredClone(await exports.Planner.propose(ask));
  expect(proposal.version).not.toBe(before.version);
  const view = { scenario: pumpVibration, get: () => undefined, list: () => [] };
  expect(onProposal(view, proposal, 0, () => "x")).toMatchObject({ refused: "stale-version" });
  expect(await stub.plan()).toMatchObject({ version: before.version });
});

test("PL26 a unit that ends with a proposal half adopted goes on where it was, or drops it where the plan is another one by now", async () => {
  const stub = env.UNIT.getByName("default/planned/unit");
  const asked = async () => ((await stub.board()) as Board).offers.flatMap(({ state, engineer }) => (state === "open" ? [engineer as string] : []));
  expect(await asked()).toEqual(["near"]);
  await vi.waitFor(async () => expect(((await stub.plannerWork()) as PlannerWork).resting).toBe(true), { timeout: 10_000, interval: 50 });
  const row = () => runInDurableObject(stub, (_, { storage }) => storage.sql.exec("SELECT value FROM meta WHERE key = 'planAdoption'").toArray()[0]?.["value"]);
  const leave = async (version: string) => {
    const tours = [{ engineer: "far", tickets: ["t0"] }];
    const proposal = { version: "before", seed: 1, iterations: 1, tours, left: [], costBefore: 9e6, costAfter: 1e6 };
    const rest = JSON.stringify({ proposal, version, next: 1, moves: 0, made: 1 });
    await runInDurableObject(stub, (_, { storage }) => void storage.sql.exec("INSERT OR REPLACE INTO meta (key, value) VALUES ('planAdoption', ?)", rest));
    await evictDurableObject(stub);
    await stub.board();
    await vi.waitFor(async () => expect(await row()).toBe(""), { timeout: 10_000, interval: 50 });
  };
  await leave("another");
  expect(await asked()).toEqual(["near"]);
  await vi.waitFor(async () => expect(((await stub.plannerWork()) as PlannerWork).resting).toBe(true), { timeout: 10_000, interval: 50 });
  await leave(((await stub.plan()) as Plan).version);
  expect(await asked()).toEqual(["far"]);
});
