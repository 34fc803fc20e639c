/**
 * The models of a unit: what each profile runs, what people and the hub ask of them, what the Intakes tell, and what follows by itself. A step is
 * one input: the binding, its decision and the plan for the Intake together.
 */
import { NOTHING, UNIT } from "../../contracts/effect.ts";
import type { UnitView, View } from "../../contracts/entity.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Candidate, ModelBinding, ModelCard, ModelRecord, ModelStage, ModelsView, ProfileModels, StartShadow, Trial } from "../../contracts/model.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { IntakePlan, PlannedModels, Watched, WatchReport } from "../../contracts/rpc.ts";
import type { DeviceProfile, Scenario } from "../../contracts/scenario.ts";
import { record } from "../decision/record.ts";
import {
  advance,
  driftReason,
  driftStep,
  type Facts,
  parkedStep,
  plannedOf,
  promote,
  rollBack,
  startCanary,
  startShadow,
  type Step,
  stop,
} from "../journey/model.ts";
import { alarmsBy, historyOf, jobsOf, judgedOf, outcomesOf } from "../journey/model-facts.ts";
import { calibrate, type Calibration, chanceOf, countedVisits, priorOf } from "../verdict/calibrate.ts";
import { BOUNDS, compare } from "../verdict/trial/compare.ts";
import { CANARY_DAYS_MIN, compareGroups, type Group } from "../verdict/trial/rates.ts";
import { shownModels } from "./model-shown.ts";
import {
  minus,
  plus,
  readBindings,
  readCards,
  readEpisodes,
  readSeen,
  readSeenBefore,
  readWatched,
  type Seen,
  writeBinding,
  writeCard,
  writeReport,
  writeSeen,
  writeSeenBefore,
} from "./model-store.ts";
import { bundledCard, modelHashOf } from "./models.ts";
import type { Write } from "./write.ts";
import type { Db } from "./unit-tables.ts";

const DAY_MS = 86_400_000;
/** Comparisons that nobody asked for read every job of a profile: so often is enough for what changes with visits. */
const LOOK_MS = 60_000;
/** A calibration without a new visit changes by what fades in this time: a thousandth. */
const CALIBRATED_MS = 3_600_000;

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
  const calibrated = new Map<string, { readonly at: Millis; readonly calibration: Calibration; readonly visits: number }>();

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
      if (isOther) closeCounts(profile, before.since);
      beginTrial(step.binding, binding.candidate);
      writeBinding(db, step.binding);
      const cause = { at: now, type: "model", ref: profile, actor: by };
      write({ ...NOTHING, because: [record(cause, "model", `model:${profile}`, { ...step.told, snapshot: { before: binding } })] }, by, "model");
      if (isOther) planChanged();
      also?.();
      known = null;
      stepped();
    }, now);
  }

  /** What was seen in an arrangement that is over is added to what each model has seen before. */
  function closeCounts(profile: string, since: Millis): void {
    for (const one of watchedIn(profile, since)) writeSeen(db, profile, one.model, plus(readSeen(db, profile, one.model), one));
  }

  /** A model on trial again is judged by what it sees from now on. */
  function beginTrial({ profile, candidate }: ModelBinding, before: Candidate | undefined): void {
    if (candidate === undefined || (candidate.hash === before?.hash && candidate.since === before.since)) return;
    writeSeenBefore(db, profile, candidate.hash, candidate.since, readSeen(db, profile, candidate.hash));
  }

  function watchedIn(profile: string, since: Millis): readonly Watched[] {
    return readWatched(db).filter((one) => one.profile === profile && one.since === since);
  }

  function seenBy(binding: ModelBinding, model: ModelHash, now: Millis): Seen {
    const present = watchedIn(binding.profile, plannedOf(binding, now).since).filter((one) => one.model === model);
    return present.reduce<Seen>(plus, readSeen(db, binding.profile, model));
  }

  function factsOf(binding: ModelBinding, now: Millis): Facts {
    const { candidate, profile, live } = binding;
    if (candidate === undefined) return { comparison: null, canary: null, learning: 0 };
    const present = watchedIn(profile, plannedOf(binding, now).since);
    const learning = present.filter((one) => one.model === candidate.hash).reduce((sum, one) => sum + one.learning, 0);
    return { comparison: comparisonOf(binding, candidate, now), canary: candidate.stage === "canary" ? ratesOf(candidate, live, present) : null, learning };
  }

  function comparisonOf(binding: ModelBinding, { hash, since, bounds }: Candidate, now: Millis): Facts["comparison"] {
    const { profile, live } = binding;
    const seen = minus(seenBy(binding, hash, now), readSeenBefore(db, profile, hash, since));
    if (seen.rows === 0) return null;
    const history = historyOf(view, profile);
    const of = (model: ModelHash) => [...alarmsBy(history, model, since), ...readEpisodes(db, profile, model)];
    const trial = { from: since, to: now, assetDays: seen.watchedMs / DAY_MS, jobs: jobsOf(history), live: of(live), candidate: of(hash) };
    return compare(trial, { ticketsMin: bounds?.ticketsMin ?? BOUNDS.ticketsMin, assetDaysMin: bounds?.assetDaysMin ?? BOUNDS.assetDaysMin });
  }

  function ratesOf({ hash, bounds }: Candidate, live: ModelHash, present: readonly Watched[]): Facts["canary"] {
    const group = (model: ModelHash): Group => groupOf(present.filter((one) => one.as === "live" && one.model === model));
    return compareGroups(group(hash), group(live), bounds?.canaryDaysMin ?? CANARY_DAYS_MIN);
  }

  function follow(profile: DeviceProfile, now: Millis): void {
    for (;;) {
      const binding = bindingOf(profile);
      if (binding === null) return;
      const next = advance(binding, factsOf(binding, now), UNIT, now);
      if (next === null) return;
      take(binding, next, UNIT, now);
    }
  }

  const cardOf = (model: ModelHash): ModelCard | undefined => bundledCard(model) ?? readCards(db).find(({ sha256 }) => sha256 === model);

  /** Made anew after a visit, and when it is an hour old since evidence fades: it reads every alarm that the unit has. */
  function calibratedFor(profile: string, model: ModelHash, now: Millis): { readonly calibration: Calibration; readonly visits: number } {
    const key = `${profile} ${model}`;
    const last = calibrated.get(key);
    if (last !== undefined && Math.abs(now - last.at) < CALIBRATED_MS) return last;
    const outcomes = outcomesOf(view, profile, model);
    const made = { at: now, calibration: calibrate(outcomes, priorOf(cardOf(model)), now), visits: countedVisits(outcomes, now) };
    calibrated.set(key, made);
    return made;
  }

  function shownOf(binding: ModelBinding, profile: DeviceProfile, now: Millis): ProfileModels {
    const { comparison, canary } = factsOf(binding, now);
    return {
      binding,
      title: profile.title,
      channels: profile.channels.length,
      devices: view.list("device").filter((device) => device.profile === profile.id).length,
      records: recordsOf(binding, now),
      ...(comparison === null ? {} : { comparison }),
      ...(canary === null ? {} : { canary: canary.state }),
    };
  }

  function recordsOf(binding: ModelBinding, now: Millis): ModelRecord[] {
    const { profile, live, liveSince, previous, candidate } = binding;
    const history = historyOf(view, profile);
    const present = watchedIn(profile, plannedOf(binding, now).since);
    const recordOf = (model: ModelHash, stage: ModelStage, since: Millis): ModelRecord => {
      const seen = seenBy(binding, model, now);
      const now_ = present.filter((one) => one.model === model);
      const rowUs = now_.find((one) => one.rowUs !== undefined)?.rowUs;
      return {
        model,
        profile,
        stage,
        since,
        devices: now_.reduce((sum, one) => sum + one.devices, 0),
        assetDays: seen.watchedMs / DAY_MS,
        rows: seen.rows,
        failures: seen.failures,
        ...(rowUs === undefined ? {} : { rowUs }),
        verdicts: seen.episodes,
        ...judgedOf(history, model),
        at: now,
      };
    };
    return [
      recordOf(live, "live", liveSince),
      ...(candidate === undefined ? [] : [recordOf(candidate.hash, candidate.stage, candidate.since)]),
      ...(previous === undefined ? [] : [recordOf(previous, "retired", liveSince)]),
    ];
  }

  function stepOf(binding: ModelBinding, ask: ModelAsk, by: string, now: Millis): Step | Refusal {
    switch (ask.type) {
      case "shadow":
        return startShadow(binding, { ...ask, by }, now);
      case "canary":
        return startCanary(binding, factsOf(binding, now), ask.share, now);
      case "promote":
        return promote(binding, factsOf(binding, now), now);
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
    chanceOf: ({ device, model, score }, now) => {
      const profile = view.get("device", device)?.profile;
      if (profile === undefined) return null;
      const { calibration, visits } = calibratedFor(profile, model, now);
      return { fault: Number(chanceOf(calibration, score).toFixed(3)), visits };
    },
    visited: () => calibrated.clear(),
    ask: (id, ask, by, now, also) => {
      const profile = profileOf(id);
      const binding = profile === undefined ? null : bindingOf(profile);
      if (profile === undefined || binding === null)
        return refuse("unknown-entity", "a profile of this unit's scenario that a model scores", "look at the list of models", "profile");
      const step = stepOf(binding, ask, by, now);
      if (isRefusal(step)) return step;
      take(binding, step, by, now, also);
      return shownOf(step.binding, profile, now);
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
        return binding === null ? [] : [shownOf(binding, profile, now)];
      }),
      models: shownModels(readCards(db), held, [...stored().values()]),
    }),
    told: (now) => {
      const bindings = scenario.profiles.flatMap((profile) => bindingOf(profile) ?? []);
      const trials = bindings.flatMap((binding): Trial[] => {
        if (binding.candidate === undefined) return [];
        const { comparison, canary } = factsOf(binding, now);
        return [{ profile: binding.profile, ...(comparison === null ? {} : { comparison }), ...(canary === null ? {} : { canary: canary.state }) }];
      });
      return { bindings, records: bindings.flatMap((binding) => recordsOf(binding, now)), trials };
    },
  };
}

function groupOf(watched: readonly Watched[]): Group {
  const sum = (read: (one: Watched) => number): number => watched.reduce((all, one) => all + read(one), 0);
  const rowUs = watched.find((one) => one.rowUs !== undefined)?.rowUs;
  return {
    devices: sum((one) => one.devices),
    assetDays: sum((one) => one.watchedMs) / DAY_MS,
    alarms: sum((one) => one.episodes),
    failures: sum((one) => one.failures),
    rows: sum((one) => one.rows),
    ...(rowUs === undefined ? {} : { rowUs }),
  };
}
