/**
 * The models of a unit: what each profile runs, what people and the hub ask of them, what the Intakes tell, and what follows by itself. A step is
 * one input: the binding, its decision and the plan for the Intake together.
 */
import { NOTHING, UNIT } from "../../contracts/effect.ts";
import type { UnitView, View } from "../../contracts/entity.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { ModelRecord, Trial } from "../../contracts/model-record.ts";
import type { ModelsView, ProfileModels, StartShadow } from "../../contracts/models-view.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { IntakePlan, PlannedModels, WatchReport } from "../../contracts/rpc.ts";
import type { DeviceProfile, Scenario } from "../../contracts/scenario.ts";
import { record } from "../decision/record.ts";
import { advance, driftReason, driftStep, parkedStep, plannedOf, promote, rollBack, startCanary, startShadow, type Step, stop } from "../journey/model.ts";
import { modelChances } from "./model-chances.ts";
import { modelEvidence } from "./model-evidence.ts";
import { modelRecords } from "./model-records.ts";
import { shownModels } from "./model-shown.ts";
import { readBindings, readCards, writeBinding, writeCard, writeReport } from "./model-store.ts";
import { bundledCard, modelHashOf } from "./models.ts";
import type { Write } from "./write.ts";
import type { Db } from "./unit-tables.ts";

/** Comparisons that nobody asked for read every job of a profile: so often is enough for what changes with visits. */
const LOOK_MS = 60_000;

export type ModelAsk =
  | ({ readonly type: "shadow"; readonly release?: string } & StartShadow)
  | { readonly type: "canary"; readonly share?: number }
  | { readonly type: "roll-back"; readonly release?: string }
  | { readonly type: "promote" | "stop" };

export type ModelDesk = {
  readonly planned: () => readonly PlannedModels[];
  readonly bindings: () => readonly ModelBinding[];
  /** What the cards of the models that may run ask of the judge. */
  readonly judges: () => NonNullable<IntakePlan["judges"]>;
  /** Why the word of a model is not acted on without a person; null: it is. */
  readonly adrift: (model: ModelHash) => Reason | null;
  /** By what visits found out, and before that by the model's card. Null for a device that is not known. */
  readonly chanceOf: NonNullable<UnitView["chanceOf"]>;
  /** A visit found something out, or nothing. */
  readonly visited: () => void;
  /** Refuses as the steps of `journey/model.ts`, and `unknown-entity` for a profile that the scenario has not. `also`: in the same transaction. */
  readonly ask: (profile: string, ask: ModelAsk, by: string, now: Millis, also?: () => void) => ProfileModels | Refusal;
  readonly report: (report: WatchReport, now: Millis) => void;
  readonly putCard: (card: ModelCard, now: Millis) => void;
  readonly view: (held: readonly string[], now: Millis) => ModelsView;
  /** What a hub hears of the models here. */
  readonly told: (now: Millis) => { readonly bindings: readonly ModelBinding[]; readonly records: readonly ModelRecord[]; readonly trials: readonly Trial[] };
};

export type ModelDeps = {
  readonly db: Db;
  readonly view: View;
  readonly unit: string;
  readonly scenario: Scenario;
  readonly input: (body: (write: Write) => void, now: Millis) => void;
  /** What the Intake works by is another. Inside an input. */
  readonly planChanged: () => void;
  /** A step was taken: whoever follows the models hears of it. */
  readonly stepped: () => void;
};

export function modelDesk({ db, view, unit, scenario, input, planChanged, stepped }: ModelDeps): ModelDesk {
  let known: ReadonlyMap<string, ModelBinding> | null = null;
  const lookedAt = new Map<string, Millis>();
  const cardOf = (model: ModelHash): ModelCard | undefined => bundledCard(model) ?? readCards(db).find(({ sha256 }) => sha256 === model);
  const evidence = modelEvidence(db, view);
  const records = modelRecords(view, evidence);
  const chances = modelChances(view, cardOf);

  function stored(): ReadonlyMap<string, ModelBinding> {
    known ??= new Map(readBindings(db).map((binding) => [binding.profile, binding]));
    return known;
  }

  const profileOf = (id: string): DeviceProfile | undefined => scenario.profiles.find((one) => one.id === id);

  function bindingOf(profile: DeviceProfile): ModelBinding | null {
    const live = modelHashOf(profile);
    return stored().get(profile.id) ?? (live === null ? null : { profile: profile.id, live, liveSince: 0 });
  }

  function take(binding: ModelBinding, step: Step, by: string, now: Millis, also?: () => void): void {
    const { profile } = binding;
    const before = plannedOf(binding, now);
    const after = plannedOf(step.binding, now);
    const isOther = JSON.stringify(before) !== JSON.stringify(after);
    input((write) => {
      if (isOther) evidence.closeCounts(profile, before.since);
      evidence.beginTrial(step.binding, binding.candidate);
      writeBinding(db, step.binding);
      const cause = { at: now, type: "model", ref: profile, actor: by };
      write({ ...NOTHING, because: [record(cause, "model", `model:${profile}`, { ...step.told, snapshot: { before: binding } })] }, by, "model");
      if (isOther) planChanged();
      also?.();
      known = null;
      stepped();
    }, now);
  }

  function follow(profile: DeviceProfile, now: Millis): void {
    for (;;) {
      const binding = bindingOf(profile);
      if (binding === null) return;
      const next = advance(binding, evidence.factsOf(binding, now), UNIT, now);
      if (next === null) return;
      take(binding, next, UNIT, now);
    }
  }

  function stepOf(binding: ModelBinding, ask: ModelAsk, by: string, now: Millis): Step | Refusal {
    switch (ask.type) {
      case "shadow":
        return startShadow(binding, { ...ask, by }, now);
      case "canary":
        return startCanary(binding, evidence.factsOf(binding, now), ask.share, now);
      case "promote":
        return promote(binding, evidence.factsOf(binding, now), now);
      case "roll-back":
        return rollBack(binding, [], "rolled-back", by, now, ask.release);
      case "stop":
        return stop(binding, [], by, now);
    }
  }

  return {
    planned: () => [...stored().values()].filter(({ profile }) => profileOf(profile) !== undefined).map((binding) => plannedOf(binding, Date.now())),
    judges: () => {
      const running = scenario.profiles.flatMap((profile) => {
        const { live, candidate, previous } = bindingOf(profile) ?? {};
        return [live, candidate?.hash, previous].filter((hash) => hash !== undefined);
      });
      return [...new Set(running)].flatMap((model) => {
        const judge = cardOf(model)?.judge;
        return judge === undefined ? [] : [{ model, judge }];
      });
    },
    bindings: () => scenario.profiles.flatMap((profile) => bindingOf(profile) ?? []),
    adrift: (model) => {
      for (const { live, drift } of stored().values()) if (live === model && drift !== undefined) return driftReason(model, drift);
      return null;
    },
    chanceOf: chances.chanceOf,
    visited: chances.visited,
    ask: (id, ask, by, now, also) => {
      const profile = profileOf(id);
      const binding = profile === undefined ? null : bindingOf(profile);
      if (profile === undefined || binding === null)
        return refuse("unknown-entity", "a profile of this unit's scenario that a model scores", "look at the list of models", "profile");
      const step = stepOf(binding, ask, by, now);
      if (isRefusal(step)) return step;
      take(binding, step, by, now, also);
      return records.shownOf(step.binding, profile, now);
    },
    report: (report, now) => {
      input(() => writeReport(db, report, now), now);
      for (const profile of scenario.profiles) {
        const binding = bindingOf(profile);
        if (binding === null) continue;
        const parked = report.parked.filter((one) => one.profile === profile.id).map(({ profile: _of, ...one }) => one);
        const stuck = parkedStep(binding, parked, UNIT, now);
        if (stuck !== null) take(binding, stuck, UNIT, now);
        const found = bindingOf(profile) ?? binding;
        const drift = report.drift.find((one) => one.profile === profile.id)?.drift ?? null;
        const moved = driftStep(found, drift);
        if (moved !== null) take(found, moved, UNIT, now);
        if ((found.candidate === undefined && found.warmUntil === undefined) || now - (lookedAt.get(profile.id) ?? 0) < LOOK_MS) continue;
        lookedAt.set(profile.id, now);
        follow(profile, now);
      }
    },
    putCard: (card, now) =>
      input(() => {
        writeCard(db, card, now);
        if (card.judge !== undefined) planChanged();
      }, now),
    view: (held, now) => ({
      unit,
      now,
      profiles: scenario.profiles.flatMap((profile) => {
        const binding = bindingOf(profile);
        return binding === null ? [] : [records.shownOf(binding, profile, now)];
      }),
      models: shownModels(readCards(db), held, [...stored().values()]),
    }),
    told: (now) => {
      const bindings = scenario.profiles.flatMap((profile) => bindingOf(profile) ?? []);
      return { bindings, records: bindings.flatMap((binding) => records.recordsOf(binding, now)), trials: records.trialsOf(bindings, now) };
    },
  };
}
