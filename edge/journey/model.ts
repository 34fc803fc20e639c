/**
 * The life of a model on one profile of a unit, as steps from one binding to the next. A stage is reached by proof: on the unit's own jobs for the
 * canary, on the canary's devices for all of them. What gets worse goes back by itself.
 *
 *   shadow ─ compare ─▶ canary ─ rates ─▶ live, the one before it kept warm
 *      │                  │                 │
 *      └──── stop ────────┴─ worse, parked ─┴─ roll back ──▶ ended, with how and why
 */
import type { Reason } from "../../contracts/decision.ts";
import type { Told } from "../../contracts/effect.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Candidate, Drift, Ended, ModelBinding, Parked } from "../../contracts/model-binding.ts";
import type { CanaryState, Comparison } from "../../contracts/model-record.ts";
import type { StartShadow } from "../../contracts/models-view.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { PlannedModels } from "../../contracts/rpc.ts";

/** A canary's share where nobody names another: small enough that a bad model wakes few, large enough to see it within a week. */
export const SHARE = 0.1;
/** The one before the live one scores on so long, so that going back is not cold: as long as a new model's first faults take to be visited. */
export const WARM_MS = 7 * 86_400_000;
/** Models of a profile that are shown as parked. */
const PARKED_MAX = 4;

export type Step = { readonly binding: ModelBinding; readonly told: Told };
/** What is known of the candidate when a step is asked for. `worse`: why it has to go back now. `learning`: devices on which its floor is not learnt. */
export type Facts = {
  readonly comparison: Comparison | null;
  readonly canary: { readonly state: CanaryState; readonly worse: readonly Reason[] } | null;
  readonly learning: number;
};

/** What the Intake runs by. */
export function plannedOf(binding: ModelBinding, now: Millis): PlannedModels {
  const { profile, live, liveSince, candidate, previous, warmUntil } = binding;
  if (candidate !== undefined) {
    const other = { hash: candidate.hash, share: candidate.stage === "canary" ? candidate.share : 0 };
    return { profile, since: Math.max(candidate.stageSince, liveSince), live, other, ...(previous === undefined ? {} : { previous }) };
  }
  const warm = previous !== undefined && warmUntil !== undefined && warmUntil > now;
  return { profile, since: liveSince, live, ...(warm ? { other: { hash: previous, share: 0 } } : {}), ...(previous === undefined ? {} : { previous }) };
}

/** Refuses `wrong-state` while another candidate is tried, and for the live model itself. The file was tried at the door. */
export function startShadow(binding: ModelBinding, ask: StartShadow & { readonly by: string; readonly release?: string }, now: Millis): Step | Refusal {
  const { candidate } = binding;
  if (ask.hash === binding.live) return refuse("wrong-state", "a candidate is another model than the live one", "it is live already", "hash");
  if (candidate !== undefined)
    return refuse(
      "wrong-state",
      `one candidate at a time: ${candidate.hash.slice(0, 8)} is a ${candidate.stage}`,
      "end that one first, or wait for it",
      "hash",
    );
  const next: Candidate = {
    hash: ask.hash,
    stage: "shadow",
    share: ask.share ?? SHARE,
    since: now,
    stageSince: now,
    wanted: ask.wanted ?? "shadow",
    ...(ask.bounds === undefined ? {} : { bounds: ask.bounds }),
    by: ask.by,
    ...(ask.release === undefined ? {} : { release: ask.release }),
  };
  const { parked, ...rest } = binding;
  return step(
    { ...rest, candidate: next, ...left(parked, ask.hash) },
    "shadow-started",
    [{ code: "candidate", about: { model: ask.hash, wanted: next.wanted } }],
    ask.hash,
  );
}

/** Refuses `wrong-state`, and `not-better` with each reason while the comparison is against it. */
export function startCanary(binding: ModelBinding, facts: Facts, share: number | undefined, now: Millis): Step | Refusal {
  const { candidate } = binding;
  if (candidate?.stage !== "shadow")
    return refuse("wrong-state", "only a shadow becomes a canary", candidate === undefined ? "start a shadow first" : "it is one already");
  const no = notYet(facts);
  if (no !== null) return no;
  const next: Candidate = { ...candidate, stage: "canary", stageSince: now, share: share ?? candidate.share };
  return step({ ...binding, candidate: next }, "canary-started", [shareOf(next), ...figuresOf(facts.comparison)], candidate.hash);
}

/** Refuses as `startCanary`, and while the canary has run too short or is worse than the other devices. */
export function promote(binding: ModelBinding, facts: Facts, now: Millis): Step | Refusal {
  const { candidate, live, ended: _ended, drift: _drift, previous: _previous, release: _release, ...rest } = binding;
  if (candidate?.stage !== "canary")
    return refuse("wrong-state", "a model becomes live by way of a canary", candidate === undefined ? "start a shadow first" : "start the canary first");
  const no = notYet(facts) ?? refusalOf(facts.canary?.state.refusal?.reasons);
  if (no !== null) return no;
  const next: ModelBinding = {
    ...withoutCandidate(rest),
    live: candidate.hash,
    liveSince: now,
    previous: live,
    warmUntil: now + WARM_MS,
    ...(candidate.release === undefined ? {} : { release: candidate.release }),
  };
  return step(next, "promoted", [{ code: "replaces", about: { model: live } }, ...figuresOf(facts.comparison)], candidate.hash);
}

/**
 * A canary goes back to none of the devices; without one, the model before the live one is live again. Refuses `wrong-state` when there is neither.
 * `of`: the release that is meant, where one is; a canary of another stays.
 */
export function rollBack(binding: ModelBinding, why: readonly Reason[], how: Ended["how"], by: string, now: Millis, of?: string): Step | Refusal {
  const { candidate } = binding;
  if (candidate?.stage === "canary" && (of === undefined || candidate.release === of)) return end(binding, candidate, how, why, by, now);
  return liveBack(binding, why, how, by, now);
}

/** The model before the live one is live again; a candidate is tried on beside it, from now on since nothing was seen of both together, unless it is that very model. */
function liveBack(binding: ModelBinding, why: readonly Reason[], how: Ended["how"], by: string, now: Millis): Step | Refusal {
  const { previous, live, warmUntil: _warm, drift: _drift, release, ...rest } = binding;
  if (previous === undefined) return refuse("wrong-state", "there is a model before this one", "the live model is the first one here");
  const ended: Ended = { hash: live, stage: "live", how, reasons: why.slice(0, 10), at: now, by, ...(release === undefined ? {} : { release }) };
  const { candidate } = rest;
  const tried = candidate === undefined || candidate.hash === previous ? {} : { candidate: { ...candidate, since: now, stageSince: now } };
  return step(
    { ...withoutCandidate(rest), ...tried, live: previous, liveSince: now, ended },
    "rolled-back",
    [{ code: "replaces", about: { model: live } }, ...why],
    previous,
  );
}

/** Refuses `wrong-state` where nothing is tried. */
export function stop(binding: ModelBinding, why: readonly Reason[], by: string, now: Millis): Step | Refusal {
  const { candidate } = binding;
  return candidate === undefined ? refuse("wrong-state", "a candidate is tried", "there is none") : end(binding, candidate, "stopped", why, by, now);
}

/** Models that could not be run. A candidate ends by it, a live one goes back to the one before it; without one it stays, and is shown. Null: that was known. */
export function parkedStep(binding: ModelBinding, parked: readonly Parked[], by: string, now: Millis): Step | null {
  const { candidate, live, previous } = binding;
  const known = binding.parked ?? [];
  const fresh = parked.filter((one) => !known.some(({ hash, why }) => hash === one.hash && why === one.why));
  const gone = known.filter((one) => one.hash === live && !parked.some(({ hash }) => hash === one.hash));
  if (fresh.length === 0 && gone.length === 0) return null;
  const { parked: _parked, ...rest } = binding;
  const noted: ModelBinding = {
    ...rest,
    ...some([...fresh, ...known.filter((one) => !gone.includes(one) && !fresh.some(({ hash }) => hash === one.hash))].slice(0, PARKED_MAX)),
  };
  const of = (hash: ModelHash): Parked | undefined => fresh.find((one) => one.hash === hash);
  const why = (one: Parked): readonly Reason[] => [{ code: "parked", about: { model: one.hash, why: one.why, count: one.count } }];
  const tried = candidate === undefined ? undefined : of(candidate.hash);
  if (candidate !== undefined && tried !== undefined) return end(noted, candidate, "parked", why(tried), by, now);
  const own = of(live);
  if (own === undefined) return step(noted, fresh.length === 0 ? "runs-again" : "parked", fresh.flatMap(why), fresh[0]?.hash ?? live);
  if (previous === undefined) return step(noted, "parked", why(own), live);
  // A canary does not run for it: what can't be run is the live one.
  const back = liveBack(noted, why(own), "parked", by, now);
  return "refused" in back ? null : back;
}

/** Drift of the live model's devices begins, or is over. Null: nothing new. */
export function driftStep(binding: ModelBinding, drift: Drift | null): Step | null {
  const { drift: was, ...rest } = binding;
  if (drift === null) return was === undefined ? null : step(rest, "drift-over", [], binding.live);
  if (was !== undefined && was.since === drift.since && was.channel === drift.channel) return null;
  return step({ ...rest, drift }, "adrift", [driftReason(binding.live, drift)], binding.live);
}

export function driftReason(model: ModelHash, { of, index, limit, channel }: Drift): Reason {
  return { code: "model-adrift", about: { model, of, index: round(index), limit: round(limit), ...(channel === undefined ? {} : { channel }) } };
}

/** What follows by itself from what is known now. Null: nothing. */
export function advance(binding: ModelBinding, facts: Facts, by: string, now: Millis): Step | null {
  const { candidate, previous, warmUntil } = binding;
  const taken = (made: Step | Refusal): Step | null => ("refused" in made ? null : made);
  if (candidate?.stage === "canary" && facts.canary !== null && facts.canary.worse.length > 0)
    return taken(rollBack(binding, facts.canary.worse, "worse", by, now));
  if (candidate?.stage === "shadow" && candidate.wanted !== "shadow") return taken(startCanary(binding, facts, undefined, now));
  if (candidate?.stage === "canary" && candidate.wanted === "live") return taken(promote(binding, facts, now));
  if (candidate !== undefined || previous === undefined || warmUntil === undefined || warmUntil > now) return null;
  const { warmUntil: _warm, ...rest } = binding;
  return step(rest, "cooled", [], previous);
}

function notYet({ comparison, learning }: Facts): Refusal | null {
  const learns: readonly Reason[] = learning === 0 ? [] : [{ code: "still-learning", about: { devices: learning } }];
  const unseen: readonly Reason[] = comparison === null ? [{ code: "nothing-seen", about: {} }] : [];
  return refusalOf([...learns, ...unseen, ...(comparison?.refusal?.reasons ?? [])]);
}

/** In words that a program's log can hold; pages tell the codes in the reader's language. */
function refusalOf(reasons: readonly Reason[] | undefined): Refusal | null {
  if (reasons === undefined || reasons.length === 0) return null;
  const words = reasons.map(
    ({ code, about }) =>
      `${code} (${Object.entries(about)
        .map(([key, value]) => `${key} ${String(value)}`)
        .join(", ")})`,
  );
  return refuse("not-better", `it has to be better than the live model: ${words.join("; ")}`, "let it watch on, or end it");
}

function end(binding: ModelBinding, candidate: Candidate, how: Ended["how"], why: readonly Reason[], by: string, now: Millis): Step {
  const { hash, stage, release } = candidate;
  const ended: Ended = { hash, stage, how, reasons: why.slice(0, 10), at: now, by, ...(release === undefined ? {} : { release }) };
  const outcome = stage === "canary" && how !== "stopped" ? "canary-back" : `${stage}-ended`;
  return step({ ...withoutCandidate(binding), ended }, outcome, [{ code: "ended", about: { model: hash, how } }, ...why], hash);
}

function withoutCandidate<T extends Partial<ModelBinding>>(binding: T): Omit<T, "candidate"> {
  const { candidate: _candidate, ...rest } = binding;
  return rest;
}

function left(parked: readonly Parked[] | undefined, hash: ModelHash): { readonly parked?: Parked[] } {
  return some((parked ?? []).filter((one) => one.hash !== hash));
}

function some(parked: readonly Parked[]): { readonly parked?: Parked[] } {
  return parked.length === 0 ? {} : { parked: [...parked] };
}

function shareOf({ hash, share }: Candidate): Reason {
  return { code: "share", about: { model: hash, share } };
}

function figuresOf(comparison: Comparison | null): readonly Reason[] {
  if (comparison === null) return [];
  const { live, candidate, tickets, assetDays } = comparison;
  return [
    {
      code: "compared",
      about: { tickets, assetDays: round(assetDays), found: candidate.found, liveFound: live.found, false: candidate.false, liveFalse: live.false },
    },
  ];
}

function step(binding: ModelBinding, outcome: string, reasons: readonly Reason[], model: ModelHash): Step {
  return { binding, told: { outcome, reasons, model } };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
