/**
 * The kit of a job from its opening to its end: listed, asked of the warehouse, laid aside for whoever goes, used or free again. The kit that pages
 * and the CRM see says what its reservation says.
 */
import type { PartCount } from "../../contracts/asset.ts";
import { sameJson } from "../../contracts/delta/json.ts";
import type { Answer, Cause, Decided, Draft } from "../../contracts/effect.ts";
import type { View } from "../../contracts/entity.ts";
import type { EngineerId, KitId, TicketId } from "../../contracts/ids.ts";
import type { Kit } from "../../contracts/kit.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type ReservationRow, reservationStateOf } from "../../contracts/reservation.ts";
import type { Movement } from "../../contracts/stock.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { advanceReservation, keyOf, type ReservationEvent, type ReservationStep, startReservation } from "../kit/reservation.ts";
import { move } from "../kit/stock.ts";
import { keepFor, letGo, linesToAsk } from "../kit/take.ts";
import { settleUse } from "../kit/use.ts";
import { isOverState } from "../ticket/life.ts";
import { tellKit } from "../ticket/told.ts";
import { faultsOf, joinParts } from "./grouped.ts";
import { adviceFor } from "./knowledge.ts";
import { hasWms, preflightFor, stockView } from "./preflight.ts";

/** What the warehouse lacks it is asked for again after so long, then after twice as long, up to the last: nobody announces a delivery here. */
const SHORT_AGAIN_MS = [15 * 60_000, 2 * 3_600_000] as const;

export type WmsAnswer = Extract<Answer, { type: "reserved" | "short" | "unreachable" | "rejected" | "released" }>;

/** Lists what the job needs, with why, and asks for it unless there is nothing to ask, nobody to ask, or a person to wait for. */
export function kitStep(draft: Draft, ticket: Ticket, cause: Cause): void {
  const { view } = draft;
  const advice = adviceFor(view, ticket, cause.at);
  if (advice !== null) draft.put({ family: "advice", id: ticket.id, after: advice });
  const lines = advice?.lines.map(({ part, quantity }) => ({ part, quantity })) ?? [...joinParts(view, faultsOf(view, ticket))];
  const asks = lines.length > 0 && hasWms(view.scenario);
  const isHeld = asks && view.scenario.autonomy.reserve !== "act";
  const kit: Kit = { id: ticket.kit, ticket: ticket.id, lines, state: "proposed", attempts: 0 };
  const begun = startReservation({ kit: kit.id, ticket: ticket.id, lines: asks ? lines : [], needsPerson: isHeld }, decisionOf(cause));
  put(draft, kit, { ...begun, row: { id: kit.id, ...begun.reservation } }, { outcome: asks ? (isHeld ? "held" : "asked") : "none", step: "kit", cause });
}

/** Another fault joined the job: its kit is for all of them now. What is there already stays laid aside, and the warehouse is asked for the whole. */
export function rekitStep(draft: Draft, ticket: Ticket, cause: Cause): void {
  const { view } = draft;
  const before = view.get("kit", ticket.kit);
  const row = before === undefined ? undefined : rowOf(view, before);
  if (before === undefined || row === undefined || !row.wanted || row.used === true) return;
  const advice = adviceFor(view, ticket, cause.at);
  if (advice !== null) draft.put({ family: "advice", id: ticket.id, after: advice });
  const lines = [...(advice?.lines.map(({ part, quantity }) => ({ part, quantity })) ?? joinParts(view, faultsOf(view, ticket)))];
  if (sameJson(lines, before.lines)) return;
  const kit: Kit = { ...before, lines };
  draft.put({ family: "kit", id: kit.id, after: kit });
  draft.tell(cause, "kit", ticket.id, {
    ...tellKit("joined", kit, view.scenario.autonomy.reserve),
    reasons: faultsOf(view, ticket).map((faultMode) => ({ code: "kit-for", about: { faultMode, lines: lines.length } })),
  });
  if ("acceptedAt" in ticket && row.engineer === ticket.to) layAside(draft, ticket, ticket.to, kit, row, cause);
  else change(draft, kit, lines, cause);
}

/** A person lets the reservation run; false when none is held, or the job is over. */
export function confirmKitStep(draft: Draft, ticket: Ticket, cause: Cause): boolean {
  const kit = isOverState(ticket.state) ? undefined : draft.view.get("kit", ticket.kit);
  return kit !== undefined && advance(draft, kit, { type: "allow", lines: kit.lines }, { outcome: () => "asked", step: "kit", cause });
}

/** The same lines are asked for once more: what was short may be there now. False where nothing is short. */
export function askAgainStep(draft: Draft, ticket: Ticket, cause: Cause): boolean {
  const kit = isOverState(ticket.state) ? undefined : draft.view.get("kit", ticket.kit);
  return kit !== undefined && advance(draft, kit, { type: "again", decision: decisionOf(cause) }, { outcome: () => "asked", step: "kit", cause });
}

/** The same, by itself; what was refused is left to a person. */
export function shortAgainStep(draft: Draft, id: TicketId, cause: Cause): void {
  const ticket = draft.view.get("ticket", id);
  if (ticket !== undefined && draft.view.get("kit", ticket.kit)?.state === "short") askAgainStep(draft, ticket, cause);
}

/** An answer about a kit that is not ours, or that tells nothing new, changes nothing; false then. */
export function wmsStep(draft: Draft, answer: WmsAnswer, cause: Cause): boolean {
  const kit = draft.view.get("kit", answer.kit);
  if (kit === undefined) return false;
  const row = rowOf(draft.view, kit);
  // Asks of earlier releases carry the kit's own id.
  const key = answer.key === kit.id ? keyOf(row, 1) : answer.key;
  return advance(draft, kit, { ...answer, key }, { outcome: (step) => outcomeOf(answer, row, step), step: "reservation", cause });
}

/** What became of the jobs that one input touched, for their parts: given to somebody, taken back, over. Nothing where it is as it was. */
export function settleKits(draft: Draft & { done(): Decided }, cause: Omit<Cause, "ref">): void {
  for (const change of draft.done().changes) {
    if (change.family !== "ticket" || change.after === null) continue;
    const kit = draft.view.get("kit", change.after.kit);
    if (kit !== undefined) settleKit(draft, change.after, kit, { ...cause, ref: change.id });
  }
}

/** The same for one job, before anything else of the input asks what there is. */
export function settleJob(draft: Draft, id: TicketId, cause: Cause): void {
  const ticket = draft.view.get("ticket", id);
  const kit = ticket === undefined ? undefined : draft.view.get("kit", ticket.kit);
  if (ticket !== undefined && kit !== undefined) settleKit(draft, ticket, kit, { ...cause, ref: id });
}

/** Some of what was kept for it is not there: found elsewhere, or asked of the warehouse. */
export function layAgain(draft: Draft, id: KitId, cause: Cause): void {
  const kit = draft.view.get("kit", id);
  const ticket = kit === undefined ? undefined : draft.view.get("ticket", kit.ticket);
  if (kit === undefined || ticket === undefined || !("acceptedAt" in ticket) || isOverState(ticket.state)) return;
  layAside(draft, ticket, ticket.to, kit, rowOf(draft.view, kit), { ...cause, ref: ticket.id });
}

function settleKit(draft: Draft, ticket: Ticket, kit: Kit, cause: Cause): void {
  const row = rowOf(draft.view, kit);
  if (!row.wanted || row.used === true) return;
  if (ticket.state === "cancelled") {
    layBack(draft, row, cause);
    advance(
      draft,
      kit,
      { type: "cancel" },
      { outcome: ({ asks }) => (asks.length > 0 ? "released" : kit.needsPerson === true ? "none" : "called-off"), step: "kit", cause },
    );
  } else if ("resolvedAt" in ticket) {
    use(draft, ticket, row, cause);
    advance(draft, kit, { type: "use" }, { outcome: () => "used", step: "kit", cause });
  } else if ("acceptedAt" in ticket) {
    if (row.engineer !== ticket.to) layAside(draft, ticket, ticket.to, kit, row, cause);
  } else if (row.engineer !== undefined) {
    const { engineer: _gone, ...rest } = row;
    layBack(draft, row, cause);
    draft.put({ family: "reservation", id: row.id, after: rest });
    change(draft, kit, kit.lines, cause);
  }
}

/** The van's parts are kept for the kit, depots' too where the unit minds them itself; a warehouse is asked for the rest. */
function layAside(draft: Draft, ticket: Ticket, engineer: EngineerId, kit: Kit, before: ReservationRow, cause: Cause): void {
  const { view } = draft;
  if (kit.lines.length === 0 || (view.list("stock", { engineer }).length === 0 && view.list("depot").length === 0 && before.engineer === undefined)) return;
  layBack(draft, before, cause);
  const ready = preflightFor(view, ticket, engineer, cause.at);
  if (isRefusal(ready)) return;
  const wms = hasWms(view.scenario);
  const taken = (before.taken ?? 0) + 1;
  draft.put({ family: "reservation", id: before.id, after: { ...before, engineer, taken } });
  makeMovements(draft, keepFor(stockView(view), { kit: kit.id, version: taken }, ready.sources, engineer, cause.at, wms));
  const from = (place: string): number => ready.sources.filter((source) => source.from === place).reduce((sum, { quantity }) => sum + quantity, 0);
  draft.tell(cause, "kit", ticket.id, {
    outcome: "laid-aside",
    snapshot: { kit: kit.id, engineer, sources: ready.sources, stops: ready.stops },
    reasons: [{ code: "parts-from", about: { van: from("van"), depot: from("depot"), order: from("order") } }],
  });
  if (wms) change(draft, kit, linesToAsk(ready.sources), cause);
}

/** All that is kept for the kit on shelves is free again. */
function layBack(draft: Draft, { id: kit, taken = 0 }: ReservationRow, cause: Cause): void {
  const held = draft.view.list("stock", { state: "held" }).filter(({ holds }) => holds.some((hold) => hold.kit === kit));
  makeMovements(draft, letGo(stockView(draft.view), { kit, version: taken }, held, cause.actor, cause.at));
}

/** Where nobody keeps books on the engineer's van, a report of parts used opens none. */
function use(draft: Draft, ticket: Extract<Ticket, { state: "resolved" | "closed" }>, row: ReservationRow, cause: Cause): void {
  const van = draft.view.list("stock", { engineer: ticket.to });
  if (van.length === 0) return layBack(draft, row, cause);
  const held = van.filter(({ holds }) => holds.some((hold) => hold.kit === ticket.kit));
  const visit = { ticket: ticket.id, kit: ticket.kit, engineer: ticket.to, used: ticket.partsUsed };
  makeMovements(draft, settleUse(stockView(draft.view), visit, held, cause.at));
  layBack(draft, row, cause);
}

function makeMovements(draft: Draft, movements: readonly Movement[]): void {
  for (const movement of movements) {
    const moved = move(stockView(draft.view), movement);
    // Somebody else was quicker: the kit's pre-flight shows what is missing.
    if (isRefusal(moved)) continue;
    draft.put({ family: "movement", id: movement.id, after: movement }, ...moved.levels.map((after) => ({ family: "stock", id: after.id, after }) as const));
  }
}

function change(draft: Draft, kit: Kit, lines: readonly PartCount[], cause: Cause): void {
  const now = draft.view.get("kit", kit.id) ?? kit;
  if (!hasWms(draft.view.scenario)) return;
  const needsPerson = draft.view.scenario.autonomy.reserve !== "act";
  advance(
    draft,
    now,
    { type: "change", lines, decision: decisionOf(cause), needsPerson },
    { outcome: ({ reservation }) => (reservation.needsPerson === true ? "held" : "changed"), step: "kit", cause },
  );
}

type Told = { readonly step: "kit" | "reservation"; readonly cause: Cause };

/** False when the event told nothing new. */
function advance(draft: Draft, kit: Kit, event: ReservationEvent, told: Told & { readonly outcome: (step: ReservationStep) => string }): boolean {
  const row = rowOf(draft.view, kit);
  const step = advanceReservation(row, event);
  if (step === null) return false;
  // What a row has besides goes through: each step is a copy of what it was given.
  put(draft, kit, { asks: step.asks, row: step.reservation as ReservationRow }, { ...told, outcome: told.outcome(step) });
  if (event.type === "short" && reservationStateOf(step.reservation) === "short") {
    const [first, most] = SHORT_AGAIN_MS;
    const at = told.cause.at + Math.min(most, first * 2 ** (row.version - 1));
    draft.time({ set: `kit:${kit.id}`, at, due: { type: "kit-again", ticket: kit.ticket } });
  }
  return true;
}

function put(
  draft: Draft,
  before: Kit,
  { row, asks }: { readonly row: ReservationRow; readonly asks: ReservationStep["asks"] },
  { outcome, step, cause }: Told & { readonly outcome: string },
): void {
  const kit = shownOf(before, row);
  draft.put({ family: "reservation", id: row.id, after: row }, { family: "kit", id: kit.id, after: kit });
  draft.ask(...asks);
  draft.tell(cause, step, kit.ticket, tellKit(outcome, kit, draft.view.scenario.autonomy.reserve));
}

/** The kit as others see it. */
function shownOf({ id, ticket, lines, attempts }: Kit, row: ReservationRow): Kit {
  const { asking, held, giving, gone: back, needsPerson } = row;
  const state = reservationStateOf(row);
  const number = held?.reservation ?? (row.wanted ? undefined : (giving.at(-1) ?? back.at(-1)));
  const missing = state === "short" ? row.missing?.lines : undefined;
  const why = state === "rejected" ? row.rejected?.why : undefined;
  return {
    id,
    ticket,
    lines,
    state: kitStateOf(row, state),
    attempts: Math.max(attempts, asking?.attempts ?? 0),
    ...(number === undefined ? {} : { reservation: number }),
    ...(held === undefined ? {} : { depot: held.depot, reservedAt: held.at }),
    ...(missing === undefined ? {} : { missing }),
    ...(why === undefined ? {} : { why }),
    ...(needsPerson === undefined || !row.wanted ? {} : { needsPerson }),
  };
}

function kitStateOf({ asking, lines }: ReservationRow, state: ReturnType<typeof reservationStateOf>): Kit["state"] {
  switch (state) {
    case "reserved":
    case "used":
      return "reserved";
    case "short":
      return "short";
    case "rejected":
      return "refused";
    case "unreachable":
      return "unreachable";
    case "proposed":
    case "asked":
      return lines.length === 0 && asking === undefined ? "none" : "proposed";
    case "releasing":
    case "released":
      // What was asked for has to be answered before it can go back.
      return asking === undefined ? "none" : asking.attempts > 0 ? "unreachable" : "proposed";
  }
}

function outcomeOf(answer: WmsAnswer, { wanted, held }: ReservationRow, { asks, reservation }: ReservationStep): string {
  if (answer.type === "released") return asks.length > 0 ? "asked" : "given-back";
  // What it replaced may go back with it.
  if (answer.type === "reserved" && reservation.held?.reservation === answer.reservation) return answer.type;
  if (answer.type !== "reserved" || asks.length === 0) return answer.type;
  return wanted && held !== undefined ? "extra-released" : "released";
}

/** The kit's reservation; of a kit of an earlier release, what its state says. */
function rowOf(view: View, kit: Kit): ReservationRow {
  const known = view.get("reservation", kit.id);
  if (known !== undefined) return known;
  const { id, ticket, state, reservation, needsPerson } = kit;
  const row = { id, kit: id, ticket, version: 1, lines: kit.lines, decision: "kit", wanted: true, giving: [], gone: [] };
  if (needsPerson !== undefined) return { ...row, needsPerson };
  switch (state) {
    case "none":
      return {
        ...row,
        lines: reservation === undefined ? [] : row.lines,
        wanted: reservation === undefined,
        gone: reservation === undefined ? [] : [reservation],
      };
    case "reserved":
      return { ...row, held: { version: 1, reservation: reservation ?? "", depot: kit.depot ?? "", at: kit.reservedAt ?? 0 } };
    case "short":
      return { ...row, missing: { version: 1, lines: kit.missing ?? [] } };
    case "refused":
      return { ...row, rejected: { version: 1, why: kit.why ?? "" } };
    case "proposed":
    case "unreachable":
      return { ...row, asking: { version: 1, attempts: kit.attempts } };
  }
}

/** What the lines follow from, by name. */
function decisionOf({ type, ref }: Cause): string {
  return `${type}:${ref}`.slice(0, 128);
}
