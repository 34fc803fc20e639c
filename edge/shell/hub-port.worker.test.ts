import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { afterEach, expect, test, vi } from "vitest";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";
import { sqliteEntities } from "./entities.ts";
import { live } from "./live.ts";
import migrations from "./migrations/unit/migrations.js";
import { importEntities } from "./unit-import.ts";
import type { Runner } from "./runner.ts";
import { runUnit } from "./unit-runner.ts";
import { createState, readState } from "./unit-state.ts";
import { readDecisionsAfter, readHubCalls } from "./unit-tables.ts";
import { applyBatch } from "./unit-verdicts.ts";

afterEach(() => vi.unstubAllGlobals());

/** A unit with a WMS that reserves at once, after `meanwhile`. Gives the calls that each kind of decision waited for, after the WMS has answered. */
async function journey(
  name: string,
  meanwhile: (runner: Runner) => Promise<unknown>,
): Promise<{ readonly bySteps: Record<string, number>; readonly kpi: number }> {
  return runInDurableObject(env.UNIT.getByName(`default/${name}/unit`), async (_, ctx) => {
    const db = drizzle(ctx.storage);
    await migrate(db, migrations);
    createState(db, name, { ...pumpVibration, connectors: { wms: { url: "http://wms.test/" } } });
    const state = readState(db);
    if (state === null) throw new Error("no state");
    const entities = sqliteEntities(db);
    const runner = runUnit({ ctx, env, db, entities, live: live(ctx, entities) }, state);
    const reserved = new Promise<void>((done) => {
      vi.stubGlobal("fetch", async () => {
        await meanwhile(runner);
        setTimeout(done, 0);
        return Response.json({ reservation: "res-1", depot: "d-1", at: Date.now() });
      });
    });
    const site = importEntities(entities, { unit: state.unit, scenario: state.scenario, given: SITE, actor: "test", now: 1 });
    if ("refused" in site) throw new Error(site.rule);
    runner.input((write) => write(site, "test", "import"), 1);
    applyBatch(runner.arrived(), db, { unit: name, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] }, Date.now());
    await reserved;
    await vi.waitUntil(() => entities.list("kit").some((kit) => kit.state === "reserved"));
    // The background link has sent everything meanwhile, and none of its calls is on anybody's way.
    await vi.waitUntil(() => (runner.hub?.calls("background") ?? 0) > 1);
    const decisions = readDecisionsAfter(db, "", 100);
    return { bySteps: Object.fromEntries(decisions.map((d) => [d.step, d.hubCalls])), kpi: readHubCalls(db) };
  });
}

test("U19 calls of the background link are in no decision", async () => {
  const { bySteps, kpi } = await journey("quiet-path", async () => undefined);
  expect([Object.keys(bySteps).length > 2, new Set(Object.values(bySteps)), kpi]).toEqual([true, new Set([0]), 0]);
});

test("U19 a hub call that an ask waits for is in the decision that follows from it", async () => {
  const planted = (runner: Runner): Promise<unknown> | undefined => runner.hub?.path.heard({ origin: "nobody@1" as never, key: "k" });
  const { bySteps, kpi } = await journey("planted-path", async (runner) => planted(runner));
  expect(kpi).toBe(1);
  expect(Object.entries(bySteps).filter(([, calls]) => calls > 0)).toEqual([["reservation", 1]]);
});

test("U19 a hub call between an input's arrival and its commit is in its decisions", async () => {
  await runInDurableObject(env.UNIT.getByName("default/waiting-path/unit"), async (_, ctx) => {
    const db = drizzle(ctx.storage);
    await migrate(db, migrations);
    createState(db, "waiting-path", pumpVibration);
    const state = readState(db);
    if (state === null) throw new Error("no state");
    const entities = sqliteEntities(db);
    const runner = runUnit({ ctx, env, db, entities, live: live(ctx, entities) }, state);
    const site = importEntities(entities, { unit: state.unit, scenario: state.scenario, given: SITE, actor: "test", now: 1 });
    if ("refused" in site) throw new Error(site.rule);
    runner.input((write) => write(site, "test", "import"), 1);
    const before = readDecisionsAfter(db, "", 100).at(-1)?.id ?? "";
    const arrived = runner.arrived();
    await runner.hub?.path.heard({ origin: "nobody@1" as never, key: "k" });
    const late = runner.arrived();
    applyBatch(arrived, db, { unit: "waiting-path", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] }, Date.now());
    expect(new Set(readDecisionsAfter(db, before, 100).map((d) => d.hubCalls))).toEqual(new Set([1]));
    const seen = readDecisionsAfter(db, "", 100).at(-1)?.id ?? "";
    applyBatch(late, db, { unit: "waiting-path", slice: 0, from: 2, verdicts: [verdictAt(Date.now() + 1)] }, Date.now());
    expect(new Set(readDecisionsAfter(db, seen, 100).map((d) => d.hubCalls))).toEqual(new Set([0]));
  });
});
