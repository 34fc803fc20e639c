import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { expect, test } from "vitest";
import { NOTHING } from "../../contracts/effect.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onVerdicts } from "../journey.ts";
import { SITE, verdictAt } from "../fixture/site.ts";
import { sqliteEntities } from "./entities.ts";
import { live } from "./live.ts";
import migrations from "./migrations/unit/migrations.js";
import { importEntities } from "./unit-import.ts";
import { runUnit } from "./unit-runner.ts";
import { createState, readState } from "./unit-state.ts";
import { readDecisionsAfter, readThrough } from "./unit-tables.ts";
import { applyBatch } from "./unit-verdicts.ts";

test("U17 a transition that no stage can take is recorded and passed over; the others are applied", async () => {
  await runInDurableObject(env.UNIT.getByName("default/careful/unit"), async (_, ctx) => {
    const db = drizzle(ctx.storage);
    await migrate(db, migrations);
    createState(db, "careful", { ...pumpVibration, kind: "sandbox" });
    const state = readState(db);
    if (state === null) throw new Error("no state");
    const entities = sqliteEntities(db);
    const runner = runUnit({ ctx, env, db, entities, live: live(ctx, entities) }, state);
    const site = importEntities(entities, { unit: state.unit, scenario: state.scenario, given: SITE, actor: "test", now: 1 });
    if ("refused" in site) throw new Error(site.rule);
    runner.input((write) => write(site, "test", "import"), 1);
    const throwing: typeof onVerdicts = (view, verdicts, now, newId) => {
      if (verdicts.some((v) => v.episode === "dev-1@bad")) throw new Error("a bug");
      return onVerdicts(view, verdicts, now, newId);
    };
    const now = Date.now();
    const verdicts = [verdictAt(now, { episode: "dev-1@bad" }), verdictAt(now)];
    expect(applyBatch(runner, db, { unit: "careful", slice: 0, from: 1, verdicts }, now, throwing)).toEqual({ through: 2 });
    expect(readThrough(db, 0)).toBe(2);
    expect(entities.list("ticket")).toHaveLength(1);
    const failed = readDecisionsAfter(db, "", 100).filter((d) => d.outcome === "failed");
    expect(failed).toMatchObject([{ step: "verdict", reasons: [{ code: "bug", about: { why: "a bug" } }], snapshot: { verdict: { episode: "dev-1@bad" } } }]);
  });
});

test("U16 a timer that throws is recorded and passed over; the others still come due", async () => {
  await runInDurableObject(env.UNIT.getByName("default/timely/unit"), async (_, ctx) => {
    const db = drizzle(ctx.storage);
    await migrate(db, migrations);
    createState(db, "timely", { ...pumpVibration, kind: "sandbox" });
    const state = readState(db);
    if (state === null) throw new Error("no state");
    const served: string[] = [];
    const runner = runUnit({ ctx, env, db, entities: sqliteEntities(db), live: live(ctx, sqliteEntities(db)) }, state, (_view, due) => {
      if (due.type === "dispatch-again" && due.ticket === "t-bad") throw new Error("a bug");
      served.push(due.type);
      return NOTHING;
    });
    const due = (ticket: string) => ({ type: "dispatch-again" as const, ticket: ticket as never });
    runner.input(
      (write) =>
        write(
          {
            ...NOTHING,
            timers: [
              { set: "a", at: 1, due: due("t-bad") },
              { set: "c", at: 3, due: due("t-good") },
            ],
          },
          "test",
          "test",
        ),
      1,
    );
    ctx.storage.sql.exec("INSERT INTO timer VALUES ('b', 2, '{\"type\":\"from another version\"}')");
    await runner.wake();
    expect(served).toEqual(["dispatch-again"]);
    expect(ctx.storage.sql.exec("SELECT count(*) AS n FROM timer").one()["n"]).toBe(0);
    const failed = readDecisionsAfter(db, "", 100).filter((d) => d.outcome === "failed");
    expect(failed.map((d) => [d.step, d.subject])).toEqual([
      ["timer", "a"],
      ["timer", "b"],
    ]);
  });
});
