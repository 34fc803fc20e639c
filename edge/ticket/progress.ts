/** What engineers report about a job: how far it is, what is ticked, photographs, why it stands still; and that people saw its alarm. */
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { KitId, NewId, RepairId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import type { Ticket, TicketEvent } from "../../contracts/ticket.ts";
import { acknowledge } from "./alarm.ts";
import { isHelper } from "./condition.ts";
import { watchTicket } from "./escalation.ts";
import { faultModeById, faultModeOf } from "./fault-mode.ts";
import { alarmsOf, watchRepair } from "./proof.ts";
import { jobOf } from "./job.ts";
import { tellTicket } from "./told.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;
type Resolved = Extract<Ticket, { state: "resolved" }>;

/** What followed besides the step: another job to be dispatched. */
export type Progressed = { readonly followUp: Ticket | null; readonly over: boolean };

/**
 * Work done becomes part of the asset's history and a label of its alarms. Refuses `unknown-ticket`, and as `advance` does; the same tap again
 * changes nothing. Whoever comes along reports only that they are there.
 */
export function progressStep(draft: Draft, answer: Taken<"progress">, cause: Cause, newId: NewId): Progressed | Refusal {
  const nothing = { followUp: null, over: false };
  const before = draft.view.get("ticket", answer.ticket);
  if (before === undefined) return unknownTicket();
  const unknown = answer.to === "resolved" ? unknownCause(draft, answer.causeCode) : null;
  if (unknown !== null) return unknown;
  const along = isHelper(before, answer.by) && answer.to !== "resolved";
  if (along && answer.to === "travelling") return nothing;
  const ticket = draft.advance(before, along ? { type: "helper-arrived", ...engineerSays(cause) } : eventOf(answer, cause));
  if (isRefusal(ticket)) return ticket;
  if (ticket === before) return nothing;
  const followUp = ticket.state === "resolved" ? finish(draft, ticket, answer, cause, newId) : null;
  const outcome = along ? "helper-arrived" : ticket.state;
  draft.tell(cause, "progress", ticket.id, { outcome, reasons: [{ code: "reported", about: { from: before.state } }] });
  return { followUp, over: ticket.state === "resolved" };
}

/** Refuses `unknown-ticket`, and as `advance` does. */
export function pauseStep(draft: Draft, { ticket: id, as, reason, note, until }: Taken<"pause">, cause: Cause): Refusal | null {
  const said = { type: "paused", reason, ...(note === undefined ? {} : { note }), ...(until === undefined ? {} : { until }) } as const;
  return amend(draft, id, { ...said, at: cause.at, by: cause.actor, as }, cause, "progress", (ticket) => {
    if (until !== undefined) draft.time({ set: `pause:${id}`, at: until, due: { type: "pause-ends", ticket: id } });
    return { outcome: ticket.state, reasons: [{ code: "paused-for", about: { reason, ...(until === undefined ? {} : { until }) } }] };
  });
}

/** What the job waited for is there. Refuses as `pauseStep`. */
export function resumeStep(draft: Draft, id: TicketId, as: "engineer" | "dispatcher" | "unit", cause: Cause): Refusal | null {
  draft.time({ cancel: `pause:${id}` });
  const before = draft.view.get("ticket", id);
  const about = before?.state === "paused" ? { reason: before.pause.reason, ms: cause.at - before.pausedAt } : {};
  return amend(draft, id, { type: "resumed", at: cause.at, by: cause.actor, as }, cause, as === "unit" ? "timer" : "progress", () => ({
    outcome: "resumed",
    reasons: [{ code: as === "unit" ? "pause-over" : "resumed", about }],
  }));
}

/** A pause's time is over. One that was ended, or given another end, is left alone. */
export function pauseEndsStep(draft: Draft, id: TicketId, cause: Cause): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket?.state !== "paused" || ticket.pause.until === undefined) return;
  if (cause.at < ticket.pause.until) draft.time({ set: `pause:${id}`, at: ticket.pause.until, due: { type: "pause-ends", ticket: id } });
  else resumeStep(draft, id, "unit", cause);
}

export function tickStep(draft: Draft, { ticket, step, done }: Taken<"tick">, cause: Cause): Refusal | null {
  return amend(draft, ticket, { type: "ticked", step, done, ...engineerSays(cause) }, cause, "progress", () => ({
    outcome: done ? "ticked" : "unticked",
    reasons: [{ code: "step", about: { step } }],
  }));
}

export function photographStep(draft: Draft, { ticket, photo }: Taken<"photograph">, cause: Cause): Refusal | null {
  return amend(draft, ticket, { type: "photographed", photo, ...engineerSays(cause) }, cause, "progress", () => ({
    outcome: "photographed",
    reasons: [{ code: "photo", about: { photo: photo.id, bytes: photo.bytes, sha256: photo.sha256 } }],
  }));
}

/** Refuses `unknown-alarm`; the first acknowledgement stays. */
export function acknowledgeStep(draft: Draft, answer: Taken<"acknowledge">, cause: Cause): Refusal | null {
  const before = draft.view.get("alarm", answer.alarm);
  const alarm = acknowledge(before, answer.by, cause.at);
  if (isRefusal(alarm)) return alarm;
  if (alarm === before) return null;
  draft.put({ family: "alarm", id: alarm.id, after: alarm });
  draft.time({ cancel: `unseen:${alarm.id}` });
  draft.tell(cause, "answer", alarm.id, { outcome: "acknowledged", reasons: [{ code: "seen-after", about: { ms: cause.at - alarm.raisedAt } }] });
  return null;
}

/** One step of a ticket and its record; the same again tells nothing. Refuses `unknown-ticket`, and as `advance` does. */
export function amend(
  draft: Draft,
  id: TicketId,
  event: TicketEvent,
  cause: Cause,
  step: "progress" | "answer" | "timer",
  told: (ticket: Ticket) => Parameters<Draft["tell"]>[3],
): Refusal | null {
  const before = draft.view.get("ticket", id);
  if (before === undefined) return unknownTicket();
  const ticket = draft.advance(before, event);
  if (isRefusal(ticket)) return ticket;
  if (ticket !== before) draft.tell(cause, step, id, told(ticket));
  return null;
}

/** Another visit for the same fault, after one that is over. Its alarm goes with it while it stands. */
export function followUpStep(draft: Draft, before: Ticket, words: string, cause: Cause, newId: NewId): Ticket {
  const { view } = draft;
  const [alarm] = alarmsOf(view, before).filter(({ clearedAt }) => clearedAt === undefined);
  const ticket = jobOf(view, {
    asset: before.asset,
    mode: faultModeById(view.scenario, before.faultMode) ?? faultModeOf(view.scenario, { evidence: [] }),
    ids: { ticket: newId() as TicketId, kit: newId() as KitId },
    opener: { at: cause.at, by: cause.actor, as: "unit" },
    source: "follow-up",
    words,
    priority: before.priority,
    follows: before.id,
    ...(before.crew === undefined ? {} : { crew: before.crew }),
    ...(before.parent === undefined ? {} : { parent: before.parent }),
    ...(alarm === undefined ? {} : { alarm }),
  });
  if (alarm !== undefined) draft.put({ family: "alarm", id: alarm.id, after: { ...alarm, ticket: ticket.id } });
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  draft.tell(cause, "ticket", ticket.id, tellTicket("opened", ticket, view.scenario.autonomy.ticket));
  watchTicket(draft, ticket);
  return ticket;
}

export function unknownTicket(): Refusal {
  return refuse("unknown-ticket", "the ticket must exist", "load your tickets again", "ticket");
}

/** Where the scenario names its causes, figures and models count by them. */
function unknownCause({ view }: Draft, code: string | undefined): Refusal | null {
  const causes = view.scenario.tickets?.causes;
  if (code === undefined || causes === undefined || causes.some((cause) => cause.code === code)) return null;
  return refuse("malformed", `one of ${causes.map((cause) => cause.code).join(", ")}`, "choose a cause of the scenario", "causeCode");
}

function finish(draft: Draft, ticket: Resolved, answer: Taken<"progress">, cause: Cause, newId: NewId): Ticket | null {
  putRepair(draft, ticket, newId);
  putLabels(draft, ticket);
  draft.time({ set: `close:${ticket.id}`, at: cause.at + policyOf(draft.view.scenario).closeMs, due: { type: "ticket-closes", ticket: ticket.id } });
  const followUp = answer.followUp === undefined ? null : followUpStep(draft, ticket, answer.followUp, cause, newId);
  watchRepair(draft, ticket, cause.at);
  return followUp;
}

function eventOf(answer: Taken<"progress">, cause: Cause): TicketEvent {
  const by = engineerSays(cause);
  if (answer.to !== "resolved") return { type: answer.to, ...by };
  const { cause: words = "", causeCode = "", action = "", partsUsed, finding } = answer;
  const said = { ...(partsUsed === undefined ? {} : { partsUsed }), ...(finding === undefined ? {} : { finding }) };
  return { type: "resolved", ...by, cause: words, causeCode, action, ...said };
}

function engineerSays({ at, actor }: Cause): { readonly at: number; readonly by: string; readonly as: "engineer" } {
  return { at, by: actor, as: "engineer" };
}

function putRepair(draft: Draft, ticket: Resolved, newId: NewId): void {
  const { asset, faultMode, cause, causeCode, action, partsUsed, to, resolvedAt, finding } = ticket;
  const id = newId() as RepairId;
  const found = { ...(causeCode === undefined ? {} : { causeCode }), ...(finding === undefined ? {} : { finding }) };
  draft.put({
    family: "repair",
    id,
    after: { id, asset, ticket: ticket.id, faultMode, cause, ...found, action, parts: partsUsed, engineer: to, doneAt: resolvedAt },
  });
}

/** What was found, said of the alarms that led there: models learn from it. */
function putLabels(draft: Draft, ticket: Resolved): void {
  const { finding, resolvedAt: at } = ticket;
  if (finding === undefined) return;
  for (const alarm of alarmsOf(draft.view, ticket))
    draft.put({ family: "alarm", id: alarm.id, after: { ...alarm, label: { finding, ticket: ticket.id, at } } });
}
