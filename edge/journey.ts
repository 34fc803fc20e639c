/**
 * The stages in the order in which a sample passes them, once:
 *
 *   onTelemetry  bytes → readings → place in the window → queue    (Intake)
 *   nextAsk      queue → one row per device → model                (asked: awaited by the shell)
 *   onScores     scores → judge → transitions                      (Intake)
 *   onVerdicts   transition → alarm → ticket → kit → dispatch      (Unit)
 *   onAnswer     engineers, the desk, the WMS: what follows        (Unit)
 *   onHeard      what a CRM wrote back                             (Unit)
 *   onProposal   what the planner found, if the plan is still the one it was asked about (Unit)
 *   onDue        offers that nobody answered, jobs to try again, repairs that mended nothing (Unit)
 *
 * Deterministic given the log: per device, the same messages with the same arrivals give the same transitions, however they are cut
 * into calls, batched into asks, or interrupted by a checkpoint. Between devices the order of transitions is not promised.
 */
import { UNIT, type Answer, type Cause, type Decided, type Draft, type Due } from "../contracts/effect.ts";
import type { Alarm } from "../contracts/alarm.ts";
import type { UnitView } from "../contracts/entity.ts";
import type { EngineerId, NewId, TicketId } from "../contracts/ids.ts";
import type { Millis } from "../contracts/instant.ts";
import { sliceOf } from "../contracts/object-name.ts";
import { isRefusal, type Refusal, refuse } from "../contracts/refusal.ts";
import type { Ticket } from "../contracts/ticket.ts";
import type { Verdict } from "../contracts/verdict.ts";
import type { Heard as HeardWrite } from "./delta/pull.ts";
import { forgetPositionStep, keepPosition, positionStep } from "./dispatch/position.ts";
import { presentStep } from "./dispatch/absence.ts";
import { crewStep, lacksHelper, uncrewStep, unhelpStep } from "./dispatch/crew.ts";
import { movedStep } from "./dispatch/delay.ts";
import { joinRouteStep } from "./dispatch/order.ts";
import { acceptStep, confirmOfferStep, declineStep, dispatchAgainStep, dispatchStep, expireStep, freedStep, withdrawStep } from "./dispatch/steps.ts";
import { adoptStep } from "./dispatch/replan/adopt.ts";
import { confirmMoveStep, declineMoveStep } from "./dispatch/replan/moves.ts";
import type { Proposal } from "./dispatch/replan/ask.ts";
import { readTelemetry, REFUSED_TOLD_MAX } from "./ingest/sample.ts";
import { hear, quarantine } from "./ingest/sample-tail.ts";
import { escalationNoticeStep, fanOutStep } from "./journey/fan-out.ts";
import { joinChecklist } from "./journey/grouped.ts";
import { askAgainStep, confirmKitStep, kitStep, rekitStep, settleJob, settleKits, wmsStep } from "./journey/kit.ts";
import { readVerdict } from "./journey/knowledge.ts";
import { absent, changed, goesOn, late, overruns } from "./journey/plan.ts";
import { startOnClock } from "./journey/sla.ts";
import { nextRow, onReading, onScore, refuseMessage } from "./journey/sampling.ts";
import type { Found, Logged, Track, Tracks } from "./journey/track.ts";
import { coverageStep } from "./ticket/coverage.ts";
import { closeStep, complainStep, leaveStep, openWantedStep, placeStep, reopenStep, resizeStep, returnStep, ticketClosesStep } from "./ticket/desk.ts";
import { alarmUnseenStep, ticketUntakenStep } from "./ticket/escalation.ts";
import { groupStep } from "./ticket/group.ts";
import { HEARD, heardStep } from "./ticket/heard.ts";
import { isOverState } from "./ticket/life.ts";
import { acknowledgeStep, pauseEndsStep, pauseStep, photographStep, progressStep, resumeStep, tickStep } from "./ticket/progress.ts";
import { unprovedStep } from "./ticket/proof.ts";
import { shelveStep, unshelveStep } from "./ticket/shelf.ts";
import { alarmStep, cancelStep, clearedStep, ticketStep, withdrawOffers } from "./ticket/steps.ts";
import { closeWindowStep, openWindowStep, windowEndsStep } from "./ticket/suppression.ts";
import { agreedStep } from "./ticket/agreed.ts";
import { wishStep } from "./ticket/wish.ts";
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
  const draft = startOnClock(view, now, newId);
  for (const told of verdicts) {
    const { verdict, diagnosis } = readVerdict(draft.view, told);
    const cause: Cause = { at: now, type: "verdict", ref: verdict.episode, actor: UNIT };
    const found = alarmStep(draft, verdict, cause, newId, diagnosis);
    if (found?.ticketDue === true) openJob(draft, found.alarm, cause, newId);
    if (found?.outcome === "cleared") clearedStep(draft, found.alarm, cause);
  }
  return settled(draft, causeOf("verdict", "", now));
}

/** What people and the WMS say. An answer that was taken before changes nothing; a refusal says what to do instead. */
export function onAnswer(view: UnitView, answer: Answer, now: Millis, newId: NewId): Decided | Refusal {
  const draft = startOnClock(view, now, newId);
  return take(draft, answer, now, newId) ?? settled(draft, { at: now, type: answer.type, actor: "by" in answer ? answer.by : UNIT });
}

/** A timer came due, perhaps twice or late: what is no longer so is left alone. */
export function onDue(view: UnitView, due: Due, now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId, due.type === "promise-looks" ? [due.ticket] : []);
  switch (due.type) {
    case "offer-expires": {
      const cause: Cause = { at: now, type: due.type, ref: due.offer, actor: UNIT };
      const silent = expireStep(draft, due.offer, cause, newId);
      const job = draft.view.get("offer", due.offer)?.ticket;
      if (silent !== null && job !== undefined) crewStep(draft, job, cause, newId);
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
    case "crew-again":
      crewStep(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "ticket-closes":
      ticketClosesStep(draft, due.ticket, causeOf(due.type, due.ticket, now));
      break;
    case "pause-ends":
      pauseEndsStep(draft, due.ticket, causeOf(due.type, due.ticket, now));
      goesOn(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "ticket-untaken":
      escalationNoticeStep(draft, ticketUntakenStep(draft, due.ticket, causeOf(due.type, due.ticket, now)), now, newId);
      break;
    case "alarm-unseen":
      escalationNoticeStep(draft, alarmUnseenStep(draft, due.alarm, causeOf(due.type, due.alarm, now)), now, newId);
      break;
    case "shelf-ends": {
      const cause = causeOf(due.type, due.alarm, now);
      const standing = unshelveStep(draft, due.alarm, cause);
      if (standing !== null && !isRefusal(standing)) openJob(draft, standing, cause, newId);
      break;
    }
    case "suppression-ends": {
      const cause = causeOf(due.type, due.suppression, now);
      for (const alarm of windowEndsStep(draft, due.suppression, cause)) openJob(draft, alarm, cause, newId);
      break;
    }
    case "work-overruns":
      overruns(draft, due.ticket, causeOf(due.type, due.ticket, now), newId);
      break;
    case "promise-looks":
      break;
    case "coverage-changes":
      coverageStep(draft, due.ticket, now);
      break;
    case "position-ends":
      forgetPositionStep(draft, due.engineer, { at: now, type: due.type, ref: due.engineer, actor: UNIT });
      break;
  }
  return settled(draft, causeOf(due.type, "", now));
}

/** What others wrote at the hub, already laid into the unit's entities. */
export function onHeard(view: UnitView, heard: readonly HeardWrite[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  if (heard.some(({ entity }) => entity === "agreement" || entity === "calendar")) agreedStep(draft, now);
  const byTicket = Map.groupBy(
    heard.filter(({ entity, attr }) => entity === "ticket" && HEARD.some((one) => one === attr)),
    ({ id }) => id,
  );
  for (const [id, writes] of byTicket) {
    const before = draft.view.get("ticket", id);
    if (before === undefined || isOverState(before.state)) continue;
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
  for (const { entity, id, attr, actor } of heard) {
    if (entity !== "ticket" || attr !== "wish") continue;
    const cause: Cause = { at: now, type: "heard", ref: id, actor };
    const made = wishStep(draft, id, cause, newId);
    if (made !== null && made.send !== null) sendJob(draft, made.send, cause, newId);
    free(draft, made?.freed ?? [], cause, newId);
  }
  for (const { id, actor } of new Map(heard.flatMap((one) => (one.entity === "engineer" ? [[one.id, one] as const] : []))).values())
    changed(draft, id as EngineerId, { at: now, type: "heard", ref: id, actor }, newId);
  return settled(draft, causeOf("heard", "", now));
}

/** Engineers came in whole and are others than they were, or are not there any more. */
export function onPeople(view: UnitView, engineers: readonly string[], now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  for (const id of engineers) changed(draft, id as EngineerId, causeOf("people", id, now), newId);
  return settled(draft, causeOf("people", "", now));
}

/** Agreements or calendars are others now: what they promise of jobs that are not done is reckoned again. */
export function onAgreed(view: UnitView, now: Millis, newId: NewId): Decided {
  const draft = startOnClock(view, now, newId);
  agreedStep(draft, now);
  return draft.done();
}

/** A better plan. Refuses `stale-version`: it is a start for the next ask. */
export function onProposal(view: UnitView, proposal: Proposal, now: Millis, newId: NewId): Decided | Refusal {
  const draft = startOnClock(view, now, newId);
  return adoptStep(draft, proposal, { at: now, type: "proposal", ref: proposal.version, actor: UNIT }, newId) ?? settled(draft, causeOf("proposal", "", now));
}

/** All that one input concluded; what it did to jobs is done to their parts. */
function settled(draft: Draft & { done(): Decided }, cause: Omit<Cause, "ref">): Decided {
  settleKits(draft, cause);
  return draft.done();
}

/** An alarm asks for a job: it joins one that is under way, or gets its own. A ticket that waits for a person stops here. */
function openJob(draft: Draft, alarm: Alarm, cause: Cause, newId: NewId): void {
  const job = groupStep(draft, alarm, cause);
  if (job !== null) {
    prepareAnew(draft, job, alarm, cause, newId);
    return fanOutStep(draft, alarm, job, cause, newId);
  }
  const ticket = ticketStep(draft, alarm, cause, newId);
  if (ticket === null) return;
  sendJob(draft, ticket, cause, newId);
  fanOutStep(draft, alarm, ticket, cause, newId);
}

/** An alarm joined the job: it is prepared for that fault too, by as many as that needs. */
function prepareAnew(draft: Draft, job: Ticket, alarm: Alarm, cause: Cause, newId: NewId): void {
  joinChecklist(draft, job, alarm.faultMode, cause);
  rekitStep(draft, draft.view.get("ticket", job.id) ?? job, cause);
  crewStep(draft, job.id, cause, newId);
}

/** The order of a job, written once: the ticket, its kit, and whoever is there first. */
function sendJob(draft: Draft, ticket: Ticket, cause: Cause, newId: NewId): void {
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
      const job = draft.view.get("offer", answer.offer)?.ticket;
      if (taken === "taken" && job !== undefined && answer.type === "accept") {
        joinRouteStep(draft, job, answer.by, cause);
        // Its parts are nobody else's from here on: what is offered next does without them.
        settleJob(draft, job, cause);
      }
      if (taken === "taken" && job !== undefined) crewStep(draft, job, cause, newId);
      if (taken === "taken") freedStep(draft, answer.by, cause, newId);
      return null;
    }
    case "progress": {
      const cause = saidOf(answer, answer.ticket, now);
      const before = draft.view.get("ticket", answer.ticket);
      const progressed = progressStep(draft, answer, cause, newId);
      if (isRefusal(progressed)) return progressed;
      if (before !== undefined) movedStep(draft, before, answer.by, cause);
      if (progressed.followUp !== null) sendJob(draft, progressed.followUp, cause, newId);
      if (progressed.over) free(draft, [...withdrawOffers(draft, answer.ticket, cause), answer.by], cause, newId);
      return null;
    }
    case "late":
      return late(draft, answer, saidOf(answer, answer.ticket, now), newId);
    case "absent":
      return absent(draft, answer, saidOf(answer, answer.engineer, now), newId);
    case "present": {
      const cause = saidOf(answer, answer.engineer, now);
      const no = presentStep(draft, answer.engineer, cause);
      if (no === null) freedStep(draft, answer.engineer, cause, newId);
      return no;
    }
    case "move": {
      const cause = saidOf(answer, answer.ticket, now);
      const before = draft.view.get("ticket", answer.ticket);
      const no = confirmMoveStep(draft, answer, cause, newId);
      if (no === null && before !== undefined && "to" in before) freedStep(draft, before.to, cause, newId);
      return no;
    }
    case "keep":
      return declineMoveStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "tick":
      return tickStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "photograph":
      return photographStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "pause":
      return pauseStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "resume": {
      const cause = saidOf(answer, answer.ticket, now);
      const no = resumeStep(draft, answer.ticket, answer.as, cause);
      if (no === null) goesOn(draft, answer.ticket, cause, newId);
      return no;
    }
    case "open": {
      const cause = saidOf(answer, answer.asset, now);
      const ticket = openWantedStep(draft, answer, cause, newId);
      if (isRefusal(ticket)) return ticket;
      if (ticket !== null) sendJob(draft, ticket, cause, newId);
      return null;
    }
    case "complain": {
      const cause = saidOf(answer, answer.asset, now);
      const complained = complainStep(draft, answer, cause, newId);
      if (isRefusal(complained)) return complained;
      if (complained.opened !== null) sendJob(draft, complained.opened, cause, newId);
      return null;
    }
    case "close":
      return closeStep(draft, answer.ticket, "dispatcher", saidOf(answer, answer.ticket, now));
    case "reopen": {
      const cause = saidOf(answer, answer.ticket, now);
      const ticket = reopenStep(draft, answer.ticket, answer.why, answer.as ?? "dispatcher", cause, newId);
      if (isRefusal(ticket)) return ticket;
      if (ticket !== null) sendJob(draft, ticket, cause, newId);
      return null;
    }
    case "return": {
      const cause = saidOf(answer, answer.ticket, now);
      const returned = returnStep(draft, answer.ticket, answer.why, cause);
      if (isRefusal(returned)) return returned;
      const freed = withdrawOffers(draft, answer.ticket, cause);
      dispatchStep(draft, returned.ticket, cause, newId);
      free(draft, [returned.from, ...freed], cause, newId);
      return null;
    }
    case "place":
      return placeStep(draft, answer, saidOf(answer, answer.ticket, now));
    case "crew":
    case "leave": {
      const cause = saidOf(answer, answer.ticket, now);
      const no = answer.type === "crew" ? resizeStep(draft, answer, cause) : leaveStep(draft, answer, cause);
      if (no !== null) return no;
      if (answer.type === "crew") free(draft, uncrewStep(draft, answer.ticket, cause), cause, newId);
      else unhelpStep(draft, answer.ticket, answer.engineer, answer.as, cause);
      crewStep(draft, answer.ticket, cause, newId, answer.type === "leave" ? answer.engineer : undefined);
      return null;
    }
    case "shelve":
      return shelveStep(draft, answer, saidOf(answer, answer.alarm, now));
    case "unshelve": {
      const cause = saidOf(answer, answer.alarm, now);
      const standing = unshelveStep(draft, answer.alarm, cause);
      if (isRefusal(standing)) return standing;
      if (standing !== null) openJob(draft, standing, cause, newId);
      return null;
    }
    case "suppress":
      return openWindowStep(draft, answer, saidOf(answer, answer.asset ?? answer.device ?? "site", now), newId);
    case "unsuppress": {
      const cause = saidOf(answer, answer.suppression, now);
      const standing = closeWindowStep(draft, answer.suppression, cause);
      if (isRefusal(standing)) return standing;
      for (const alarm of standing) openJob(draft, alarm, cause, newId);
      return null;
    }
    case "acknowledge":
      return acknowledgeStep(draft, answer, { at: now, type: answer.type, ref: answer.alarm, actor: answer.by });
    case "confirm":
      return confirm(draft, answer.ticket, { at: now, type: answer.type, ref: answer.ticket, actor: answer.by }, newId);
    case "cancel": {
      const cause: Cause = { at: now, type: answer.type, ref: answer.ticket, actor: answer.by };
      const cancelled = cancelStep(draft, answer.ticket, answer.why, cause, answer.as);
      if (isRefusal(cancelled)) return cancelled;
      free(draft, cancelled.freed, cause, newId);
      return null;
    }
    case "position":
      return positionStep(draft, answer, now);
    case "reserved":
    case "short":
    case "unreachable":
    case "rejected":
    case "released":
      wmsStep(draft, answer, { at: now, type: answer.type, ref: answer.kit, actor: UNIT });
      return null;
    case "ask-again": {
      const ticket = draft.view.get("ticket", answer.ticket);
      if (ticket === undefined) return refuse("unknown-ticket", "the ticket must exist", "load the board again", "ticket");
      const asks = askAgainStep(draft, ticket, saidOf(answer, answer.ticket, now));
      return asks ? null : refuse("wrong-state", "nothing of this kit is short", "load the ticket again", "ticket");
    }
  }
}

function free(draft: Draft, engineers: readonly EngineerId[], cause: Cause, newId: NewId): void {
  for (const engineer of engineers) {
    keepPosition(draft, engineer, cause.at);
    freedStep(draft, engineer, cause, newId);
  }
}

function saidOf({ type, by }: { readonly type: string; readonly by: string }, ref: string, at: Millis): Cause {
  return { at, type, ref, actor: by };
}

function causeOf(type: string, ref: string, at: Millis): Cause {
  return { at, type, ref, actor: UNIT };
}

/** One word of a person lets one thing run: the proposed ticket, or what the ticket waits for. Refuses `needs-person`, `unknown-ticket`, `wrong-state`. */
function confirm(draft: Draft, id: TicketId, cause: Cause, newId: NewId): Refusal | null {
  if (cause.actor.trim() === "" || cause.actor === UNIT) return refuse("needs-person", "only a person confirms", "sign in and confirm", "by");
  const ticket = draft.view.get("ticket", id);
  // Proposed is a new job, or one that was done and whose fault is back.
  const isThere = ticket !== undefined && !isOverState(ticket.state);
  const alarm = isThere ? undefined : draft.view.list("alarm", { state: "active" }).find((active) => active.proposed === id);
  if (ticket === undefined && alarm === undefined)
    return refuse("unknown-ticket", "the ticket must exist, or be proposed by an alarm that is active", "load the board again", "ticket");
  draft.tell(cause, "answer", id, { outcome: "confirmed" });
  if (alarm !== undefined) openJob(draft, alarm, { ...cause, allows: "ticket" }, newId);
  if (alarm !== undefined || ticket === undefined) return null;
  const reserves = confirmKitStep(draft, ticket, cause);
  const helps = lacksHelper(draft, ticket);
  if (helps) crewStep(draft, ticket.id, { ...cause, allows: "offer" }, newId);
  const offers = confirmOfferStep(draft, ticket, { ...cause, allows: "offer" }, newId) || helps;
  return reserves || offers ? null : refuse("wrong-state", "nothing of this ticket waits for a person", "load the ticket again");
}
