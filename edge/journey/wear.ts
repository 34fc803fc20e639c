/**
 * Slow wear becomes planned maintenance: one job for each course that is warned of, due when the trend at its earliest meets the limit. A month
 * ahead its parts are laid aside and a person says when somebody goes; a fortnight ahead somebody is asked.
 */
import { UNIT, type Cause, type Draft } from "../../contracts/effect.ts";
import type { KitId, NewId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Reason } from "../../contracts/decision.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Wear, WearSeen } from "../../contracts/wear.ts";
import { dispatchStep } from "../dispatch/steps.ts";
import { promisedOf } from "../ticket/entitled.ts";
import { faultModeOf } from "../ticket/fault-mode.ts";
import { jobOf } from "../ticket/job.ts";
import { isOverState } from "../ticket/life.ts";
import { tellTicket } from "../ticket/told.ts";
import { kitStep } from "./kit.ts";

const DAY_MS = 86_400_000;
/** A forecast that has moved by less is the same: it is made four times a day. */
const SAME_MS = DAY_MS;
/** When somebody is near. */
const PRIORITY = "p3";

/** What an Intake tells of one course, again and again: what is known changes nothing. */
export function wearStep(draft: Draft, seen: WearSeen, now: Millis, newId: NewId): void {
  const { view } = draft;
  if (view.get("asset", seen.asset) === undefined) return;
  const cause: Cause = { at: now, type: "wear", ref: `${seen.device} ${seen.channel ?? "model"}`, actor: UNIT };
  const planned = view.list("ticket", { asset: seen.asset }).filter(({ wear }) => wear !== undefined && isOf(wear, seen));
  // A course that was taken back and is there again goes on in the job that is planned already.
  const known = planned.find(({ wear }) => wear?.since === seen.warnedAt) ?? planned.find(({ state }) => !isOverState(state));
  if (known === undefined) open(draft, seen, cause, newId);
  else if (!isOverState(known.state)) follow(draft, known, seen, cause, newId);
}

function isOf({ device, channel }: Wear, seen: WearSeen): boolean {
  return device === seen.device && channel === seen.channel;
}

function open(draft: Draft, seen: WearSeen, cause: Cause, newId: NewId): void {
  const { view } = draft;
  const mode = faultModeOf(view.scenario, { evidence: seen.channel === undefined ? [] : [{ channel: seen.channel, share: 1 }] });
  const ids = { ticket: newId() as TicketId, kit: newId() as KitId };
  const asked = { asset: seen.asset, faultMode: mode.id, priority: PRIORITY, at: cause.at } as const;
  const { payer, resolveBy } = promisedOf(view, asked);
  const {
    sla: _clock,
    agreement: _whose,
    ...job
  } = jobOf(view, { asset: seen.asset, mode, ids, opener: { at: cause.at, by: UNIT, as: "unit" }, source: "wear", priority: PRIORITY });
  const due = Math.max(resolveBy, seen.earliestAt);
  const ticket: Ticket = { ...job, severity: "low", payer, wear: wearOf(seen), respondBy: due, resolveBy: due };
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  const told = tellTicket("opened", ticket, view.scenario.autonomy.ticket, [reasonOf(seen, cause.at)]);
  draft.tell(cause, "ticket", ticket.id, { ...told, snapshot: { ...told.snapshot, wear: ticket.wear } });
  kitStep(draft, ticket, cause);
  send(draft, ticket, seen, cause, newId);
}

/** A month ahead nobody is asked before a person says so; nor later, where a person opens jobs. */
function send(draft: Draft, ticket: Ticket, seen: WearSeen, cause: Cause, newId: NewId): void {
  if (seen.days === 14 && draft.view.scenario.autonomy.ticket === "act") return dispatchStep(draft, ticket, cause, newId);
  draft.advance(ticket, { type: "held", at: cause.at, by: UNIT, as: "unit" });
  draft.tell(cause, "offer", ticket.id, { outcome: "held", autonomy: "confirm", reasons: [reasonOf(seen, cause.at)] });
}

function follow(draft: Draft, before: Ticket, seen: WearSeen, cause: Cause, newId: NewId): void {
  const wear = wearOf(seen);
  const isNearer = before.wear?.stage === "plan" && wear.stage === "due";
  const isMoved = Math.abs((before.wear?.reachAt ?? 0) - wear.reachAt) >= SAME_MS;
  if (!isNearer && !isMoved && before.wear?.since === wear.since) return;
  const due = Math.max(cause.at, seen.earliestAt);
  // A clock that it got since, by an appointment say, says when it is due.
  const ticket: Ticket = { ...before, wear, ...(before.sla === undefined && before.appointment === undefined ? { respondBy: due, resolveBy: due } : {}) };
  draft.put({ family: "ticket", id: ticket.id, after: ticket });
  if (!isNearer) return;
  const waits = (ticket.state === "open" || ticket.state === "reopened") && ticket.needsPerson === true;
  draft.tell(cause, "ticket", ticket.id, { outcome: "wear-due", reasons: [reasonOf(seen, cause.at)] });
  if (!waits || draft.view.scenario.autonomy.ticket !== "act") return;
  const { needsPerson: _asked, ...free } = ticket;
  draft.put({ family: "ticket", id: ticket.id, after: free });
  dispatchStep(draft, free, cause, newId);
}

function wearOf({ device, channel, reachAt, earliestAt, latestAt, days, warnedAt }: WearSeen): Wear {
  const stage = days === 14 ? "due" : "plan";
  return { device, ...(channel === undefined ? {} : { channel }), reachAt, earliestAt, latestAt, since: warnedAt, stage };
}

function reasonOf({ channel, reachAt, earliestAt, latestAt }: WearSeen, now: Millis): Reason {
  const days = (at: Millis): number => Math.max(0, Math.round((at - now) / DAY_MS));
  return {
    code: "wear-foreseen",
    about: { ...(channel === undefined ? {} : { channel }), inDays: days(reachAt), inDaysMin: days(earliestAt), inDaysMax: days(latestAt) },
  };
}
