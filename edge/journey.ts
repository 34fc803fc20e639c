/**
 * The stages in the order in which a sample passes them, once:
 *
 *   onTelemetry  bytes → readings → place in the window → queue    (Intake)
 *   nextAsk      queue → one row per device → model                (asked: awaited by the shell)
 *   onScores     scores → judge → transitions                      (Intake)
 *   onVerdicts   transition → alarm → ticket → kit → dispatch      (Unit)
 *   onWear       slow wear that was warned of → planned job → kit   (Unit)
 *   onAnswer     engineers, the desk, the WMS: what follows        (Unit)
 *   onHeard      what a CRM wrote back                             (Unit)
 *   onProposal   what the planner found, if the plan is still the one it was asked about (Unit; `onAdoption`: piece by piece)
 *   onDue        offers that nobody answered, jobs to try again, repairs that mended nothing (Unit)
 *
 * Deterministic given the log: per device, the same messages with the same arrivals give the same transitions, however they are cut
 * into calls, batched into asks, or interrupted by a checkpoint. Between devices the order of transitions is not promised.
 */
import { UNIT, type Answer, type Cause, type Decided, type Draft, type Due } from "../contracts/effect.ts";
import type { UnitView } from "../contracts/entity.ts";
import type { EngineerId, NewId } from "../contracts/ids.ts";
import type { Millis } from "../contracts/instant.ts";
import { isRefusal, type Refusal, refuse } from "../contracts/refusal.ts";
import type { Verdict } from "../contracts/verdict.ts";
import type { WearSeen } from "../contracts/wear.ts";
import type { Heard as HeardWrite } from "./delta/pull.ts";
import { adoptStep, beginAdoption, restOf, type Adoption, type Share } from "./dispatch/replan/adopt.ts";
import type { Proposal } from "./dispatch/replan/ask.ts";
import { peopleStep } from "./dispatch/steps.ts";
import { type Read, readTelemetry, REFUSED_TOLD_MAX } from "./ingest/sample.ts";
import { hear, hearBurst, quarantine } from "./ingest/sample-tail.ts";
import { readBurst } from "./journey/burst.ts";
import { readMapped } from "./journey/foreign.ts";
import { settleKits } from "./journey/kit.ts";
import { readVerdict } from "./journey/knowledge.ts";
import { changed } from "./journey/plan.ts";
import { startOnClock } from "./journey/sla.ts";
import { nextRow } from "./journey/next-row.ts";
import { onReading, refuseMessage } from "./journey/sampling.ts";
import { onScore } from "./journey/scoring.ts";
import type { Found, Logged, Track, Tracks } from "./journey/track.ts";
import { alarmStep, clearedStep } from "./ticket/steps.ts";
import { agreedStep } from "./ticket/agreed.ts";
import { askOf, type Row } from "./verdict/ask.ts";
import { SCORE_BATCH_MAX, type ScoreAsk, type Scores } from "./verdict/scorer.ts";
import { takeAnswer } from "./journey/answers.ts";
import { takeDue } from "./journey/dues.ts";
import { takeComplaints, takeHeard } from "./journey/heard.ts";
import { openJob, riseJob } from "./journey/jobs.ts";
import { wearStep } from "./journey/wear.ts";

const encoder = new TextEncoder();

/** Folds logged messages in. Nothing is dropped for want of room: fold at most one log blob, then score until `nextAsk` is null. */
export function onTelemetry(tracks: Tracks, messages: readonly Logged[]): void {
  for (const message of messages) {
    tracks.counters.messages++;
    const track = tracks.byDevice.get(message.device);
    if (track === undefined) {
      hear(tracks.tail, message.device, message.payload, message.arrivedAt);
      refuseMessage(
        tracks,
        message,
        refuse("unknown-device", "a device that the unit knows", `add it: outpost device add ${message.device} --unit ${tracks.plan.unit}`),
      );
      continue;
    }
    const read: Read =
      message.burst === true
        ? readBurst(tracks, track, message)
        : message.topic === undefined
          ? readTelemetry(message.payload, track.profile, tracks.plan.scenario.judge, message.arrivedAt)
          : readMapped(tracks, track, message, message.topic);
    const clashes = read.readings.flatMap((reading) => onReading(tracks, track, reading));
    const { shown } = read;
    const told = [...read.refused, ...clashes].slice(0, REFUSED_TOLD_MAX);
    if (shown === undefined) hear(tracks.tail, message.device, message.payload, message.arrivedAt, clashes.slice(0, REFUSED_TOLD_MAX), message.topic);
    else hearBurst(tracks.tail, message.device, message.arrivedAt, shown, told);
    // Of a waveform people are shown what it says of itself.
    const sample = read.sample ?? (shown === undefined ? message.payload : encoder.encode(shown.map(({ field, value }) => `${field} ${value}`).join(", ")));
    for (const refusal of told) quarantine(tracks.quarantine, message.device, refusal, sample, message.arrivedAt);
    tracks.counters.refused += read.refusedCount + clashes.length;
    track.meter.received++;
    track.meter.refused += read.refusedCount + clashes.length;
    tracks.dirty.add(track.slice);
    if (track.queue.length > 0 && track.asked === null) tracks.ready.add(message.device);
  }
}

/**
 * The next rows for a model: at most one sample per device, at most SCORE_BATCH_MAX rows, all of one profile. Null when nothing waits.
 * Several asks may be out at once. An ask without rows carries no work: give it to `onScores` with `NO_SCORES` to fetch what was found.
 */
export function nextAsk(tracks: Tracks): ScoreAsk | null {
  const rows: Row[] = [];
  let first: Track | null = null;
  for (const id of tracks.ready) {
    const track = tracks.byDevice.get(id);
    if (track === undefined) continue;
    if (first !== null && (track.profile.id !== first.profile.id || track.watch.model !== first.watch.model)) continue;
    const row = nextRow(tracks, track);
    tracks.ready.delete(id);
    if (row === null) continue;
    first ??= track;
    track.asked = row.ts;
    rows.push(row);
    if (rows.length === SCORE_BATCH_MAX) break;
  }
  if (first === null) {
    const [profile] = tracks.plan.scenario.profiles;
    const nothing = tracks.found.verdicts.length + tracks.found.learnt.length === 0;
    return nothing || profile === undefined ? null : askOf([], profile, tracks.hashOf(profile.id));
  }
  return askOf(rows, first.profile, first.watch.model);
}

/** Takes the answer to an ask. Rows of devices that changed or left meanwhile are passed over, and asked again. */
export function onScores(tracks: Tracks, ask: ScoreAsk, scores: Scores): Found {
  for (const [r, id] of ask.devices.entries()) {
    const track = tracks.byDevice.get(id);
    if (track === undefined || track.asked === null || track.asked !== ask.ts[r]) continue;
    track.asked = null;
    if (track.watch.model === ask.model) onScore(tracks, track, ask.ts[r] ?? 0, r, scores);
    tracks.dirty.add(track.slice);
    tracks.ready.add(id);
  }
  const { found } = tracks;
  tracks.found = { verdicts: [], learnt: [] };
  return found;
}

// ─── Unit: alarm → ticket → kit → dispatch ───

/** Transitions from the Intake, in its order. Never refuses: what can't be acted on is recorded. */
export function onVerdicts(view: UnitView, verdicts: readonly Verdict[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  for (const told of verdicts) {
    const { verdict, diagnosis } = readVerdict(draft.view, told);
    const cause: Cause = { at: now, type: "verdict", ref: verdict.episode, actor: UNIT };
    const found = alarmStep(draft, verdict, cause, newId, diagnosis);
    if (found?.ticketDue === true) openJob(draft, found.alarm, cause, newId);
    else if (found !== null) riseJob(draft, found.alarm, cause, newId);
    if (found?.outcome === "cleared") clearedStep(draft, found.alarm, cause);
  }
  return settled(draft, causeOf("verdict", "", now));
}

/** Slow wear that an Intake has warned of; what is known changes nothing. */
export function onWear(view: UnitView, seen: readonly WearSeen[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  for (const one of seen) wearStep(draft, one, now, newId);
  return settled(draft, causeOf("wear", "", now));
}

/** What people and the WMS say. An answer that was taken before changes nothing; a refusal says what to do instead. */
export function onAnswer(view: UnitView, answer: Answer, now: Millis, newId: NewId): Decided | Refusal {
  const draft = startOnClock(view, now, newId);
  return takeAnswer(draft, answer, now, newId) ?? settled(draft, { at: now, type: answer.type, actor: "by" in answer ? answer.by : UNIT });
}

/** A timer came due, perhaps twice or late: what is no longer so is left alone. */
export function onDue(view: UnitView, due: Due, now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId, due.type === "promise-looks" ? [due.ticket] : []);
  takeDue(draft, due, now, newId);
  return settled(draft, causeOf(due.type, "", now));
}

/** What others wrote at the hub, already laid into the unit's entities. */
export function onHeard(view: UnitView, heard: readonly HeardWrite[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  takeHeard(draft, heard, now, newId);
  return settled(draft, causeOf("heard", "", now));
}

/** Complaints about machines came in, by the hub, whole or changed. */
export function onComplaints(view: UnitView, complaints: readonly string[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  takeComplaints(draft, complaints, now, newId);
  return settled(draft, causeOf("heard", "", now));
}

/** Engineers came in whole and are others than they were, or are not there any more. */
export function onPeople(view: UnitView, engineers: readonly string[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  for (const id of engineers) changed(draft, id as EngineerId, causeOf("people", id, now), newId);
  peopleStep(draft, engineers as readonly EngineerId[], causeOf("people", "", now), newId);
  return settled(draft, causeOf("people", "", now));
}

/** Agreements or calendars are others now: what they promise of jobs that are not done is reckoned again. */
export function onAgreed(view: UnitView, now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  agreedStep(draft, now);
  return draft.done();
}

/** A better plan, all of it at once. Refuses `stale-version`: it is a start for the next ask. */
export function onProposal(view: UnitView, proposal: Proposal, now: Millis, newId: NewId): Decided | Refusal {
  const adopted = onAdoption(view, beginAdoption(proposal), now, newId, "all");
  return isRefusal(adopted) ? adopted : adopted.decided;
}

/** So much of a better plan as others can wait for, and what is left of it. Refuses `stale-version` when somebody changed the plan since the piece before. */
export function onAdoption(view: UnitView, adoption: Adoption, now: Millis, newId: NewId, share: Share = "piece"): Adopted | Refusal {
  const draft = startOnClock(view, now, newId);
  const adopted = adoptStep(draft, adoption, share, { at: now, type: "proposal", ref: adoption.proposal.version, actor: UNIT }, newId);
  if (isRefusal(adopted)) return adopted;
  const decided = settled(draft, causeOf("proposal", "", now));
  return { decided, made: adopted.made, rest: restOf(draft.view, adopted, now) };
}

/** `made`: changes by this piece and those before it. */
export type Adopted = { readonly decided: Decided; readonly made: number; readonly rest: Adoption | null };

/** All that one input concluded; what it did to jobs is done to their parts. */
function settled(draft: Draft & { done(): Decided }, cause: Omit<Cause, "ref">): Decided {
  settleKits(draft, cause);
  return draft.done();
}

function causeOf(type: string, ref: string, at: Millis): Cause {
  return { at, type, ref, actor: UNIT };
}
