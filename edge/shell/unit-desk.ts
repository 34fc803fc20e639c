/** What pages read of a unit: put together from the store on request, bounded in length. Nothing here writes. */
import type { Board, Chain, HubLink as HubLinkView, Kpis, Phone } from "../../contracts/board.ts";
import type { Answer } from "../../contracts/effect.ts";
import type { EntityOf, Family, UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { chainOf, kpisOf } from "../decision/chain.ts";
import { hasSaid, isHelper } from "../ticket/condition.ts";
import { childrenOf } from "../ticket/desk.ts";
import { ACTIVE, FINISHED, isOverState } from "../ticket/life.ts";
import type { Entities } from "./entities.ts";
import type { CrmState, HubState } from "./hub-link.ts";
import { partsFor } from "./stock-desk.ts";
import { readUnread } from "./unit-heard.ts";
import { readReceipts } from "./unit-receipts.ts";
import { PENDING_MAX, countPending, readDecisions, readHubCalls, type Db } from "./unit-tables.ts";
import { queriesOf } from "./unit-queries.ts";

/** Finished tickets and cleared alarms that a board shows. */
const RECENT_MAX = 100;
/** Entities that this unit can't read, as a board names them; the others are counted. */
const UNREAD_SHOWN_MAX = 20;
/** Finished tickets on an engineer's phone. */
const PHONE_RECENT_MAX = 5;

export type Desk = { readonly db: Db; readonly entities: Entities; readonly unit: string; readonly hub: () => HubState | null };

export function boardOf(desk: Desk, now: Millis): Board {
  const { entities } = desk;
  const tickets = [
    ...ACTIVE.flatMap((state) => entities.list("ticket", { state })),
    ...FINISHED.flatMap((state) => newest(desk.db, "ticket", state, RECENT_MAX)),
  ];
  const offers = tickets.flatMap((ticket) => entities.list("offer", { ticket: ticket.id }));
  return {
    unit: desk.unit,
    now,
    assets: [...entities.list("asset")],
    devices: [...entities.list("device")],
    engineers: [...entities.list("engineer")],
    positions: [...entities.list("position")],
    alarms: [...entities.list("alarm", { state: "active" }), ...newest(desk.db, "alarm", "cleared", RECENT_MAX)],
    tickets,
    offers,
    kits: tickets.flatMap((ticket) => entities.list("kit", { ticket: ticket.id })),
    suppressions: [...entities.list("suppression")],
    hub: hubLinkOf(desk),
    kpis: kpisOfDesk(desk),
  };
}

export function kpisOfDesk(desk: Desk): Kpis {
  const states = [...ACTIVE, ...FINISHED];
  const tickets = states.flatMap((state) => newest(desk.db, "ticket", state, RECENT_MAX));
  const alarms = tickets.flatMap((ticket) => (ticket.alarm === undefined ? [] : (desk.entities.get("alarm", ticket.alarm) ?? [])));
  const offers = tickets.flatMap((ticket) => desk.entities.list("offer", { ticket: ticket.id }));
  return kpisOf(tickets, alarms, offers, readHubCalls(desk.db));
}

export function hubLinkOf(desk: Desk): HubLinkView {
  const { pending, oldestAt } = countPending(desk.db);
  const state = desk.hub();
  const [receipt] = readReceipts(desk.db);
  const unread = readUnread(desk.db);
  return {
    state: state === null ? "off" : state.state,
    pending,
    ...(oldestAt === null ? {} : { oldestPendingAt: oldestAt }),
    ...(state === null || state.lastAckAt === null ? {} : { lastAckAt: state.lastAckAt }),
    ...(state === null || state.verified === null ? {} : { verified: state.verified }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(state === null || state.crm === null ? {} : { crm: crmOf(state.crm, pending, oldestAt) }),
    ...(pending >= PENDING_MAX ? { full: true } : {}),
    ...(unread.length === 0 ? {} : { unread: { count: unread.length, first: unread.slice(0, UNREAD_SHOWN_MAX) } }),
  };
}

/** What waits for the hub waits for the CRM too. */
function crmOf({ consumers, behind, oldestAt }: CrmState, pending: number, pendingAt: Millis | null): NonNullable<HubLinkView["crm"]> {
  const ats = [oldestAt, pendingAt].filter((at) => at !== null);
  return { consumers, behind: behind + pending, ...(ats.length === 0 ? {} : { oldestAt: Math.min(...ats) }) };
}

export function ticketsOf(desk: Desk): readonly Ticket[] {
  return [...ACTIVE, ...FINISHED].flatMap((state) => newest(desk.db, "ticket", state, RECENT_MAX));
}

/** `view`: for what the parts of whoever was asked last stand at. */
export function chainOfTicket(desk: Desk, id: string, view: UnitView, now: Millis): Chain | Refusal {
  const { entities } = desk;
  const ticket = entities.get("ticket", id);
  if (ticket === undefined) return refuse("unknown-ticket", "no such ticket in this unit", "check the ticket's id", "ticket");
  const alarm = ticket.alarm === undefined ? undefined : entities.get("alarm", ticket.alarm);
  const others = new Set([...(ticket.alarms ?? []), ...(ticket.complaints ?? []).flatMap((complaint) => complaint.alarms)]);
  const asset = entities.get("asset", ticket.asset);
  const kit = entities.get("kit", ticket.kit);
  // Master data is deleted by the hub too; its tickets stay.
  if (asset === undefined) return refuse("unknown-asset", `the asset ${ticket.asset} was deleted`, "look the ticket up in the hub's log", "asset");
  if ((ticket.alarm !== undefined && alarm === undefined) || kit === undefined) throw new Error(`ticket ${id} has lost its alarm or kit`);
  const offers = [...entities.list("offer", { ticket: id })];
  const decisions = [...readDecisions(desk.db, [...(alarm === undefined ? [] : [alarm.id]), id, kit.id, ...offers.map((o) => o.id)])].toSorted((a, b) =>
    a.id < b.id ? -1 : 1,
  );
  const steps = chainOf(ticket, alarm, asset, offers, kit, decisions);
  const advice = entities.get("advice", id);
  const row = entities.get("reservation", kit.id);
  const { id: _row, engineer: _whose, taken: _times, ...reservation } = row ?? { id: kit.id };
  const asked = isOverState(ticket.state) || kit.lines.length === 0 ? undefined : "to" in ticket ? ticket.to : offers.at(-1)?.engineer;
  const parts = asked === undefined ? undefined : partsFor(view, ticket, asked, now);
  const actions = entities.list("action", { ticket: id }).map(({ action }) => action);
  return {
    ticket,
    ...(alarm === undefined ? {} : { alarm }),
    alarms: [...others].flatMap((other) => entities.get("alarm", other) ?? []),
    kin: kinOf(entities, ticket),
    asset,
    offers,
    kit,
    ...(advice === undefined ? {} : { advice }),
    ...(!("version" in reservation) ? {} : { reservation }),
    ...(parts === undefined || isRefusal(parts) ? {} : { parts }),
    ...(actions.length === 0 ? {} : { actions }),
    decisions,
    steps: [...steps],
    hubCalls: decisions.reduce((sum, d) => sum + d.hubCalls, 0),
  };
}

function kinOf(entities: Entities, ticket: Ticket): Ticket[] {
  const near = [ticket.parent, ticket.follows].flatMap((id) => (id === undefined ? [] : (entities.get("ticket", id) ?? [])));
  const after = entities.list("ticket", { asset: ticket.asset }).filter((one) => one.follows === ticket.id || one.parent === ticket.id);
  const parts = childrenOf(entities, ticket.id);
  return [...new Map([...near, ...after, ...parts].map((one) => [one.id, one])).values()];
}

/** What an answer was about, as it is then: where a reopened one was too old, the ticket that follows it. */
export function ticketOfAnswer(entities: Entities, answer: Answer): Ticket | undefined {
  switch (answer.type) {
    case "accept":
    case "decline": {
      const ticket = entities.get("offer", answer.offer)?.ticket;
      return ticket === undefined ? undefined : entities.get("ticket", ticket);
    }
    case "complain":
      return entities.list("ticket", { asset: answer.asset }).findLast((ticket) => answer.id !== undefined && hasSaid(ticket, answer.id));
    case "reopen": {
      const ticket = entities.get("ticket", answer.ticket);
      const next = entities.list("ticket", { asset: ticket?.asset ?? "" }).findLast(({ follows }) => follows === answer.ticket);
      return ticket !== undefined && isOverState(ticket.state) ? (next ?? ticket) : ticket;
    }
    default: {
      const id = "ticket" in answer ? answer.ticket : undefined;
      return id === undefined ? undefined : entities.get("ticket", id);
    }
  }
}

export function phoneOf(desk: Desk, engineer: string, now: Millis): Phone | Refusal {
  const { entities } = desk;
  const self = entities.get("engineer", engineer);
  if (self === undefined) return refuse("unknown-engineer", "no such engineer in this unit", "ask for a link of your own", "engineer");
  const offers = entities.list("offer", { engineer, state: "open" });
  const along = entities.list("offer", { engineer, state: "accepted" }).flatMap((o) => (o.as === "helper" ? (entities.get("ticket", o.ticket) ?? []) : []));
  const mine = [...entities.list("ticket", { engineer }), ...along.filter((t) => isHelper(t, engineer))];
  const finished = mine.filter((t) => isOverState(t.state)).slice(-PHONE_RECENT_MAX);
  // Whoever is asked to come along sees what for: that job is somebody else's.
  const asked = offers.flatMap((o) => entities.get("ticket", o.ticket) ?? []);
  const tickets = [...new Map([...mine.filter((t) => !isOverState(t.state)), ...finished, ...asked].map((t) => [t.id, t])).values()];
  const names = new Map([self, ...entities.list("engineer")].map((e) => [e.id, e.name]));
  return {
    engineer: self,
    offers: [...offers],
    tickets,
    assets: [...new Map(tickets.flatMap((t) => entities.get("asset", t.asset) ?? []).map((a) => [a.id, a])).values()],
    kits: tickets.flatMap((t) => entities.get("kit", t.kit) ?? []),
    names: Object.fromEntries(names),
    now,
  };
}

/** The latest entities of a family in a state, the newest first. */
export function newest<F extends Family>(db: Db, family: F, state: string, limit: number): readonly EntityOf<F>[] {
  return queriesOf(db)
    .newest.all({ family, state, limit })
    .map((row) => JSON.parse(row.body) as EntityOf<F>);
}
