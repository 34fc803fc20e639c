/**
 * The stages in the order in which a sample passes them, once:
 *
 *   onTelemetry  bytes → readings → place in the window → queue    (Intake)
 *   nextAsk      queue → one row per device → model                (asked: awaited by the shell)
 *   onScores     scores → judge → transitions                      (Intake)
 *   onVerdicts   transition → alarm → ticket → kit → dispatch      (Unit)
 *   onAnswer     engineers, the desk, the WMS: what follows        (Unit)
 *   onHeard      what a CRM wrote back                             (Unit)
 *   onDue        offers that nobody answered, jobs to try again, repairs that mended nothing (Unit)
 *
 * Deterministic given the log: per device, the same messages with the same arrivals give the same transitions, however they are cut
 * into calls, batched into asks, or interrupted by a checkpoint. Between devices the order of transitions is not promised.
 */
import { UNIT, type Answer, type Cause, type Decided, type Draft, type Due } from "../contracts/effect.ts";
import type { Alarm } from "../contracts/alarm.ts";
import type { UnitView } from "../contracts/entity.ts";
import type { NewId, TicketId } from "../contracts/ids.ts";
import type { Millis } from "../contracts/instant.ts";
import { sliceOf } from "../contracts/object-name.ts";
import { isRefusal, type Refusal, refuse } from "../contracts/refusal.ts";
import type { Verdict } from "../contracts/verdict.ts";
import { startDraft } from "./decision/draft.ts";
import type { Heard as HeardWrite } from "./delta/pull.ts";
import { forgetPositionStep, positionStep } from "./dispatch/position.ts";
import { acceptStep, confirmOfferStep, declineStep, dispatchAgainStep, dispatchStep, expireStep, freedStep, withdrawStep } from "./dispatch/steps.ts";
import { readTelemetry, REFUSED_TOLD_MAX } from "./ingest/sample.ts";
import { hear, quarantine } from "./ingest/sample-tail.ts";
import { nextRow, onReading, onScore, refuseMessage } from "./journey/sampling.ts";
import type { Found, Logged, Track, Tracks } from "./journey/track.ts";
import { HEARD, heardStep } from "./ticket/heard.ts";
import { acknowledgeStep, progressStep } from "./ticket/progress.ts";
import { unprovedStep } from "./ticket/proof.ts";
import { alarmStep, cancelStep, clearedStep, confirmKitStep, kitStep, reservationStep, ticketStep } from "./ticket/steps.ts";
import { advance } from "./ticket/ticket.ts";
import { askOf, type Row } from "./verdict/ask.ts";
import { SCORE_BATCH_MAX, type ScoreAsk, type Scores } from "./verdict/scorer.ts";

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
    const read = readTelemetry(message.payload, track.profile, tracks.plan.scenario.judge, message.arrivedAt);
    const clashes = read.readings.flatMap((reading) => onReading(tracks, track, reading));
    hear(tracks.tail, message.device, message.payload, message.arrivedAt, clashes.slice(0, REFUSED_TOLD_MAX));
    const told = [...read.refused, ...clashes].slice(0, REFUSED_TOLD_MAX);
    for (const refusal of told) quarantine(tracks.quarantine, message.device, refusal, message.payload, message.arrivedAt);
    tracks.counters.refused += read.refusedCount + clashes.length;
    tracks.dirty.add(sliceOf(message.device));
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
    tracks.dirty.add(sliceOf(id));
    tracks.ready.add(id);
  }
  const { found } = tracks;
  tracks.found = { verdicts: [], learnt: [] };
  return found;
}

// ─── Unit: alarm → ticket → kit → dispatch ───

/** Transitions from the Intake, in its order. Never refuses: what can't be acted on is recorded. */
export function onVerdicts(view: UnitView, verdicts: readonly Verdict[], now: Millis, newId: NewId): Decided {
  const draft = startDraft(view, advance);
  for (const verdict of verdicts) {
    const cause: Cause = { at: now, type: "verdict", ref: verdict.episode, actor: UNIT };
    const found = alarmStep(draft, verdict, cause, newId);
    if (found?.ticketDue === true) openJob(draft, found.alarm, cause, newId);
    if (found?.outcome === "cleared") clearedStep(draft, found.alarm, cause);
  }
  return draft.done();
}

/** What people and the WMS say. An answer that was taken before changes nothing; a refusal says what to do instead. */
export function onAnswer(view: UnitView, answer: Answer, now: Millis, newId: NewId): Decided | Refusal {
  const draft = startDraft(view, advance);
  return take(draft, answer, now, newId) ?? draft.done();
}

/** A timer came due, perhaps twice or late: what is no longer so is left alone. */
export function onDue(view: UnitView, due: Due, now: Millis, newId: NewId): Decided {
  const draft = startDraft(view, advance);
  switch (due.type) {
    case "offer-expires": {
      const cause: Cause = { at: now, type: due.type, ref: due.offer, actor: UNIT };
      const silent = expireStep(draft, due.offer, cause, newId);
      if (silent !== null) freedStep(draft, silent, cause, newId);
      break;
    }
    case "dispatch-again":
      dispatchAgainStep(draft, due.ticket, { at: now, type: due.type, ref: due.ticket, actor: UNIT }, newId);
      break;
    case "repair-proved": {
      const cause: Cause = { at: now, type: due.type, ref: due.alarm, actor: UNIT };
      const unproved = unprovedStep(draft, due.alarm, cause);
      if (unproved !== null) openJob(draft, unproved, cause, newId);
      break;
    }
    case "position-ends":
      forgetPositionStep(draft, due.engineer, { at: now, type: due.type, ref: due.engineer, actor: UNIT });
      break;
  }
  return draft.done();
}

/** What others wrote at the hub, already laid into the unit's entities. */
export function onHeard(view: UnitView, heard: readonly HeardWrite[], now: Millis, newId: NewId): Decided {
  const draft = startDraft(view, advance);
  const byTicket = Map.groupBy(
    heard.filter(({ entity, attr }) => entity === "ticket" && HEARD.some((one) => one === attr)),
    ({ id }) => id,
  );
  for (const [id, writes] of byTicket) {
    const before = draft.view.get("ticket", id);
    if (before === undefined || before.state === "resolved" || before.state === "cancelled") continue;
    const cause: Cause = { at: now, type: "heard", ref: id, actor: writes[0]?.actor ?? UNIT };
    const ticket = heardStep(
      draft,
      before,
      writes.map(({ attr }) => attr),
      cause,
    );
    const freed = ticket.hold === undefined ? null : withdrawStep(draft, ticket, cause);
    dispatchAgainStep(draft, ticket.id, cause, newId);
    if (freed !== null) freedStep(draft, freed, cause, newId);
  }
  return draft.done();
}

/** The order of a job, written once: the ticket, its kit, and whoever is there first. A ticket that waits for a person stops here. */
function openJob(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): void {
  const ticket = ticketStep(draft, alarm, cause, newId);
  if (ticket === null) return;
  kitStep(draft, ticket, cause);
  dispatchStep(draft, ticket, cause, newId);
}

function take(draft: Draft, answer: Answer, now: Millis, newId: NewId): Refusal | null {
  switch (answer.type) {
    case "accept":
    case "decline": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.offer, actor: answer.by };
      const taken =
        answer.type === "accept" ? acceptStep(draft, answer.offer, answer.by, cause) : declineStep(draft, answer.offer, answer.by, answer.reason, cause, newId);
      if (isRefusal(taken)) return taken;
      if (taken === "taken") freedStep(draft, answer.by, cause, newId);
      return null;
    }
    case "progress":
      return progressStep(draft, answer, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "acknowledge":
      return acknowledgeStep(draft, answer, { at: now, type: answer.type, ref: answer.alarm, actor: answer.by });
    case "confirm":
      return confirm(draft, answer.ticket, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "cancel": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.ticket, actor: answer.by };
      const cancelled = cancelStep(draft, answer.ticket, answer.why, cause);
      if (isRefusal(cancelled)) return cancelled;
      if (cancelled.freed !== null) freedStep(draft, cancelled.freed, cause, newId);
      return null;
    }
    case "position":
      return positionStep(draft, answer, now);
    case "reserved":
    case "short":
    case "unreachable":
      reservationStep(draft, answer, { at: now, type: answer.type, ref: answer.kit, actor: UNIT });
      return null;
  }
}

/** One word of a person lets one thing run: the proposed ticket, or what the ticket waits for. Refuses `needs-person`, `unknown-ticket`, `wrong-state`. */
function confirm(draft: Draft, id: TicketId, cause: Cause, newId: NewId): Refusal | null {
  if (cause.actor.trim() === "" || cause.actor === UNIT) return refuse("needs-person", "only a person confirms", "sign in and confirm", "by");
  const ticket = draft.view.get("ticket", id);
  const alarm = ticket === undefined ? draft.view.list("alarm", { state: "active" }).find((active) => active.proposed === id) : undefined;
  if (ticket === undefined && alarm === undefined)
    return refuse("unknown-ticket", "the ticket must exist, or be proposed by an alarm that is active", "load the board again", "ticket");
  draft.tell(cause, "answer", id, { outcome: "confirmed" });
  if (ticket === undefined) {
    if (alarm !== undefined) openJob(draft, alarm, { ...cause, allows: "ticket" }, newId);
    return null;
  }
  const reserves = confirmKitStep(draft, ticket, cause);
  const offers = confirmOfferStep(draft, ticket, { ...cause, allows: "offer" }, newId);
  return reserves || offers ? null : refuse("wrong-state", "nothing of this ticket waits for a person", "load the ticket again");
}
