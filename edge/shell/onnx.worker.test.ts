import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { bearingVibration } from "../../hub/catalogue/bearing-vibration.ts";
import { pumpSequence } from "../../hub/catalogue/pump-sequence.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import type { Logged } from "../journey/track.ts";
import { traceOf } from "../journey/view.ts";
import { bitsOf, GOLDEN, scoreSteps, widthOf } from "../verdict/fixtures/ask.ts";
import { bytesOfLogged, LOGGED_GOLDEN, loggedPlan, loggedRows, type LoggedScores, replayAlone, wordsOf } from "../verdict/fixtures/logged.ts";
import { intakeModels } from "./intake-models.ts";
import { openPipeline } from "./intake-pipeline.ts";
import { entryOf, intakeStore, migrateIntake } from "./intake-store.ts";
import { MODELS, bundledModel, modelHashOf } from "./models.ts";
import { openModel, warmUp } from "./onnx.ts";

test("V7 in workerd the models that ship give the same bits as in Node", async () => {
  await warmUp();
  expect(MODELS.map((model) => model.name).sort()).toEqual(Object.keys(GOLDEN).sort());
  for (const model of MODELS) {
    const scorer = await openModel(model.bytes);
    if (isRefusal(scorer)) throw new Error(scorer.rule);
    expect(scorer.hash).toBe(model.hash);
    expect([model.name, bytesToHex(sha256(bitsOf(await scoreSteps(scorer, 5, widthOf(model.name), 20, 7))))]).toEqual([model.name, GOLDEN[model.name]]);
  }
});

test("V9 in workerd a wrong model is refused, and the runtime goes on", async () => {
  expect(await openModel(Uint8Array.of(1, 2, 3))).toMatchObject({ refused: "bad-model" });
  const opened = await Promise.all(MODELS.map((model) => openModel(model.bytes)));
  expect(opened.some(isRefusal)).toBe(false);
});

test("V10 every profile of every template names a model that ships", () => {
  for (const profile of [...pumpVibration.profiles, ...pumpSequence.profiles, ...bearingVibration.profiles]) {
    const hash = modelHashOf(profile);
    expect(hash === null ? null : bundledModel(hash)?.name).toBe(profile.model);
  }
});

const plan = loggedPlan(pumpVibration);

test("VM17 what a unit scored is scored again from its log, bit for bit: from the middle by another fold, and from the beginning alone and in Node", async () => {
  await runInDurableObject(env.INTAKE.getByName("default/logged/intake-0"), async (_, { storage }) => {
    await migrateIntake(storage);
    const store = intakeStore(storage);
    store.writePlan(plan);
    const models = intakeModels(store);
    const rows = loggedRows(plan);
    const open = () =>
      openPipeline({
        store,
        models,
        clock: { now: () => rows.at(-1)?.at(-1)?.arrivedAt ?? 0, wakeBy: () => {} },
        plan,
        part: 0,
        onProgress: () => {},
        onPlan: () => {},
        unit: {
          intakePlan: async () => plan,
          admitDevice: async () => refuse("not-permitted", "", ""),
          learnt: async () => {},
          watched: async () => {},
          applyVerdicts: async ({ from, verdicts }) => ({ through: from + verdicts.length - 1 }),
        },
      });
    const scored = ({ fold }: ReturnType<typeof open>): LoggedScores => ({
      scores: plan.devices.flatMap(({ id }) => {
        const trace = traceOf(fold.tracks(), id, 0, store.readTrace(id, 0, 100));
        return isRefusal(trace) ? [] : (trace.columns[1] ?? []).map((score) => score ?? Number.NaN);
      }),
      told: store.readTransitions(1, 1_000).map(({ verdict }) => wordsOf(verdict)),
    });
    const live = open();
    for (const [s, messages] of rows.entries()) {
      const n = live.head();
      store.transaction(() => store.appendRow(n, messages.map(entryOf), messages[0]?.arrivedAt ?? 0));
      live.appended({ n, end: n + messages.length, messages });
      // Calls of the model are cut by chance here: some seconds are scored together.
      if (s % 3 === 0) await live.work();
      if (s === 130) live.checkpoint();
    }
    await live.work();
    const told = scored(live);
    expect(told.scores.length).toBeGreaterThan(1_000);
    expect(told.told.length).toBeGreaterThanOrEqual(3);
    const again = open();
    await again.work();
    expect(scored(again)).toEqual(told);
    const logged: (readonly Logged[])[] = [];
    for (let row = store.readRow(0); row !== null; row = store.readRow(row.end)) logged.push(row.messages);
    const scorer = await models.scorer(live.fold.tracks().hashOf("pump"));
    if (isRefusal(scorer)) throw new Error(scorer.rule);
    const alone = bytesOfLogged(await replayAlone(plan, logged, scorer));
    expect(alone).toEqual(bytesOfLogged(told));
    expect(bytesToHex(sha256(alone))).toBe(LOGGED_GOLDEN);
  });
});
