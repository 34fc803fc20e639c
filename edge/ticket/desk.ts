/** What the desk, a program and a customer say of jobs: a new one, a complaint, closed, reopened, given to somebody else, part of another. */
import type { Alarm } from "../../contracts/alarm.ts";
import type { Answer, Cause, Draft } from "../../contracts/effect.ts";
import type { UnitView, View } from "../../contracts/entity.ts";
import type { EngineerId, KitId, NewId, TicketId } from "../../contracts/ids.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import type { Actor, Ticket } from "../../contracts/ticket.ts";
import { LINKED_MAX, type Complaint } from "../../contracts/visit.ts";
import { hasSaid, overSince } from "./condition.ts";
import { goOnStep } from "./again.ts";
import { watchTicket } from "./escalation.ts";
import { faultModeById, faultModeOf } from "./fault-mode.ts";
import { ACTIVE, isOverState } from "./life.ts";
import { amend, followUpStep, unknownTicket } from "./progress.ts";
import { jobOf } from "./job.ts";
import { tellTicket } from "./told.ts";

type Taken<T extends Answer["type"]> = Extract<Answer, { type: T }>;

/** Jobs within jobs within jobs: deeper ones nobody oversees. */
export const PARENTS_MAX = 5;
/** Jobs that are part of one. */
export const CHILDREN_MAX = 50;

/** The new job; null when that very one was opened before. Refuses `unknown-asset`, `unknown-ticket`, `malformed`, `too-many`. */
export function openWantedStep(draft: Draft, wanted: Taken<"open">, cause: Cause, newId: NewId): Ticket | Refusal | null {
  const { view } = draft;
  if (wanted.ticket !== undefined && view.get("ticket", wanted.ticket) !== undefined) return null;
  if (view.get("asset", wanted.asset) === undefined) return unknownAsset();
  const mode = wanted.faultMode === undefined ? faultModeOf(view.scenario, { evidence: [] }) : faultModeById(view.scenario, wanted.faultMode);
  if (mode === undefined)
    return refuse(
      "malformed",
      `one of ${view.scenario.faultModes.map(({ id }) => id).join(", ")}`,
      "choose a fault mode of the scenario, or none",
      "faultMode",
    );
  const no = wanted.parent === undefined ? null : mayBePart(view, null, wanted.parent);
  if (no !== null) return no;
  if (wanted.follows !== undefined && view.get("ticket", wanted.follows) === undefined) return { ...unknownTicket(), field: "follows" };
  const { words, priority, crew, parent, follows } = wanted;
  return put(
    draft,
    jobOf(view, {
      asset: wanted.asset,
      mode,
      ids: { ticket: wanted.ticket ?? (newId() as TicketId), kit: newId() as KitId },
      opener: { at: cause.at, by: cause.actor, as: wanted.as ?? "dispatcher" },
      source: "person",
      words,
      ...(priority === undefined ? {} : { priority }),
      ...(crew === undefined ? {} : { crew }),
      ...(parent === undefined ? {} : { parent }),
      ...(follows === undefined ? {} : { follows }),
    }),
    cause,
  );
}

/** `opened`: a job to be dispatched, null where the complaint joined one that is under way, or was heard before. */
export type Complained = { readonly ticket: TicketId; readonly opened: Ticket | null };

/**
 * A complaint names the alarms of its asset that came before it, and joins the newest job there, or opens one for the fault that the newest of
 * them named. Refuses `unknown-asset`, `too-many`, `malformed`.
 */
export function complainStep(draft: Draft, said: Taken<"complain">, cause: Cause, newId: NewId): Complained | Refusal {
  const { view } = draft;
  if (view.get("asset", said.asset) === undefined || !isTheirs(view, said.asset, said.as, cause)) return unknownAsset();
  const at = said.at ?? cause.at;
  if (at > cause.at) return refuse("malformed", "a complaint is of the past", "give the instant at which it was said, or none", "at");
  const jobs = view.list("ticket", { asset: said.asset });
  const heard = said.id === undefined ? undefined : jobs.find((ticket) => hasSaid(ticket, said.id ?? ""));
  if (heard !== undefined) return { ticket: heard.id, opened: null };
  const before = alarmsBefore(view, said.asset, at);
  const complaint: Complaint = { id: said.id ?? newId(), at, words: said.words, alarms: before.map(({ id }) => id) };
  const told = { outcome: "complained", reasons: [{ code: "complaint", about: { alarms: before.length, length: said.words.length } }] } as const;
  const active = jobs.findLast(({ state }) => !isOverState(state));
  if (active !== undefined) {
    const no = amend(draft, active.id, { type: "complained", complaint, at: cause.at, by: cause.actor, as: "customer" }, cause, "answer", () => told);
    return no ?? { ticket: active.id, opened: null };
  }
  const [newest] = before;
  const standing = before.find((alarm) => alarm.clearedAt === undefined && alarm.ticket === undefined && alarm.proposed === undefined);
  const ticket = jobOf(view, {
    asset: said.asset,
    mode: (newest === undefined ? undefined : faultModeById(view.scenario, newest.faultMode)) ?? faultModeOf(view.scenario, { evidence: [] }),
    ids: { ticket: newId() as TicketId, kit: newId() as KitId },
    opener: { at: cause.at, by: cause.actor, as: "customer" },
    source: "complaint",
    words: said.words,
    complaint,
    ...(said.priority === undefined ? {} : { priority: said.priority }),
    ...(standing === undefined ? {} : { alarm: standing }),
  });
  if (standing !== undefined) draft.put({ family: "alarm", id: standing.id, after: { ...standing, ticket: ticket.id } });
  draft.tell(cause, "answer", ticket.id, told);
  return { ticket: ticket.id, opened: put(draft, ticket, cause) };
}

/** Of a machine that is not theirs a customer learns nothing, not even that it is there. */
function isTheirs(view: View, asset: Alarm["asset"], as: Actor | undefined, { actor }: Cause): boolean {
  return as !== "customer" || view.get("asset", asset)?.customer === actor;
}

function unknownAsset(): Refusal {
  return refuse("unknown-asset", "the asset must exist", "choose one of the board", "asset");
}

/** Refuses `children-open`, naming them, and as `advance` does. */
export function closeStep(draft: Draft, id: TicketId, as: "dispatcher" | "unit", cause: Cause): Refusal | null {
  const open = childrenOf(draft.view, id).map((child) => child.id);
  if (open.length > 0)
    return refuse("children-open", `closed after the jobs that are part of it: ${open.join(", ")}`, "finish or cancel these first", "ticket");
  return amend(draft, id, { type: "closed", at: cause.at, by: cause.actor, as }, cause, as === "unit" ? "timer" : "answer", (ticket) => {
    draft.time({ cancel: `close:${id}` });
    const ms = cause.at - (overSince(ticket) ?? cause.at);
    return { outcome: "closed", reasons: [{ code: as === "unit" ? "time-over" : "closed-by-person", about: { ms } }] };
  });
}

/** Nobody said anything more: closed, or looked at again later while parts of it are open. */
export function ticketClosesStep(draft: Draft, id: TicketId, cause: Cause): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket?.state !== "resolved") return;
  const { closeMs } = policyOf(draft.view.scenario);
  const again = (at: number): void => draft.time({ set: `close:${id}`, at, due: { type: "ticket-closes", ticket: id } });
  if (cause.at < ticket.resolvedAt + closeMs) return again(ticket.resolvedAt + closeMs);
  if (closeStep(draft, id, "unit", cause) !== null) again(cause.at + Math.max(closeMs, 3_600_000));
}

/**
 * The job goes on as the same ticket, with a new kit; after the scenario's `reopenMs` another one follows it. The ticket to be dispatched; null
 * when it is reopened already. Refuses `unknown-ticket`, and `wrong-state` where it is not over or another one follows it.
 */
export function reopenStep(draft: Draft, id: TicketId, why: string, as: Actor, cause: Cause, newId: NewId): Ticket | Refusal | null {
  const before = draft.view.get("ticket", id);
  if (before === undefined || !isTheirs(draft.view, before.asset, as, cause)) return unknownTicket();
  const ticket = goOnStep(draft, before, why, as, cause, newId);
  if (isRefusal(ticket)) return ticket.refused === "too-late" ? followUpStep(draft, before, why, cause, newId) : ticket;
  return ticket === before ? null : ticket;
}

/** The job to be dispatched to somebody else, whom it was taken from, and as it was before. Refuses `unknown-ticket`, `wrong-state`. */
export function returnStep(
  draft: Draft,
  id: TicketId,
  why: string,
  cause: Cause,
  as: "dispatcher" | "unit" = "dispatcher",
): { readonly ticket: Ticket; readonly from: EngineerId; readonly before: Ticket } | Refusal {
  const before = draft.view.get("ticket", id);
  if (before === undefined) return unknownTicket();
  const ticket = draft.advance(before, { type: "returned", why, at: cause.at, by: cause.actor, as });
  if (isRefusal(ticket)) return ticket;
  if (!("to" in before)) throw new Error(`nobody holds ${id}`);
  draft.put({ family: "assignment", id, after: null });
  draft.time({ cancel: `pause:${id}` });
  draft.tell(cause, "answer", id, { outcome: "returned", reasons: [{ code: "taken-from", about: { engineer: before.to, from: before.state } }] });
  return { ticket, from: before.to, before };
}

/** Refuses `unknown-ticket`, `wrong-state` for what is over, `malformed` for a circle or too many jobs within jobs, `too-many`. */
export function placeStep(draft: Draft, { ticket, parent }: Taken<"place">, cause: Cause): Refusal | null {
  const no = parent === null ? null : mayBePart(draft.view, ticket, parent);
  if (no !== null) return no;
  const event = { type: "placed", ...(parent === null ? {} : { parent }), at: cause.at, by: cause.actor, as: "dispatcher" } as const;
  return amend(draft, ticket, event, cause, "answer", () => ({
    outcome: parent === null ? "taken-out" : "placed",
    reasons: parent === null ? [] : [{ code: "part-of", about: { ticket: parent } }],
  }));
}

/** The visit needs more or fewer engineers. Refuses `unknown-ticket`, `wrong-state`, and `malformed` for fewer than are coming. */
export function resizeStep(draft: Draft, { ticket, crew }: Taken<"crew">, cause: Cause): Refusal | null {
  const coming = 1 + (draft.view.get("ticket", ticket)?.helpers ?? []).length;
  if (crew < coming) return refuse("malformed", `at least the ${coming} who are coming`, "send a helper away first", "crew");
  return amend(draft, ticket, { type: "crewed", crew, at: cause.at, by: cause.actor, as: "dispatcher" }, cause, "answer", () => ({
    outcome: "resized",
    reasons: [{ code: "crew", about: { crew } }],
  }));
}

/** A helper does not come after all, or is sent away. Refuses `unknown-ticket`, `not-yours`, `wrong-state`. */
export function leaveStep(draft: Draft, { ticket, engineer, as }: Taken<"leave">, cause: Cause): Refusal | null {
  return amend(draft, ticket, { type: "helper-left", engineer, at: cause.at, by: cause.actor, as }, cause, "answer", () => ({
    outcome: "helper-left",
    reasons: [{ code: "taken-from", about: { engineer } }],
  }));
}

/** Jobs that are part of it and not over. */
export function childrenOf(view: View, parent: TicketId): readonly Ticket[] {
  return ACTIVE.flatMap((state) => view.list("ticket", { state })).filter((ticket) => ticket.parent === parent);
}

function put(draft: Draft, ticket: Ticket, cause: Cause): Ticket {
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  draft.tell(cause, "ticket", ticket.id, tellTicket("opened", ticket, draft.view.scenario.autonomy.ticket));
  watchTicket(draft, ticket);
  return ticket;
}

function mayBePart(view: UnitView, child: TicketId | null, parent: TicketId): Refusal | null {
  const above = view.get("ticket", parent);
  if (above === undefined) return { ...unknownTicket(), field: "parent" };
  if (isOverState(above.state)) return refuse("wrong-state", `a job that is ${above.state} takes no more parts`, "reopen it first", "parent");
  if (childrenOf(view, parent).length >= CHILDREN_MAX)
    return refuse("too-many", `at most ${CHILDREN_MAX} parts of a job (CHILDREN_MAX)`, "make a job in between", "parent");
  let at: Ticket | undefined = above;
  for (let depth = 1; at !== undefined; depth++) {
    if (at.id === child) return refuse("malformed", "a job is not part of itself", "choose another", "parent");
    if (depth > PARENTS_MAX) return refuse("malformed", `jobs within jobs at most ${PARENTS_MAX} deep (PARENTS_MAX)`, "choose one further up", "parent");
    at = at.parent === undefined ? undefined : view.get("ticket", at.parent);
  }
  return null;
}

/** The newest first: those that stand, and those raised within the scenario's `complaintMs` before it. */
function alarmsBefore(view: UnitView, asset: Alarm["asset"], at: number): readonly Alarm[] {
  const { complaintMs } = policyOf(view.scenario);
  return view
    .list("alarm", { asset })
    .filter((alarm) => alarm.raisedAt <= at && (alarm.clearedAt === undefined || alarm.raisedAt >= at - complaintMs || alarm.clearedAt >= at - complaintMs))
    .toSorted((a, b) => b.raisedAt - a.raisedAt || (a.id < b.id ? 1 : -1))
    .slice(0, LINKED_MAX);
}
