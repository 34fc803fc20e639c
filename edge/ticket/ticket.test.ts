import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { EngineerId, OfferId } from "../../contracts/ids.ts";
import { Ticket, type TicketEvent, type TicketState } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { advance } from "./ticket.ts";

const every = {
  id: "t",
  asset: "pump",
  alarm: "a",
  episode: "e",
  faultMode: "bearing-wear",
  severity: "high",
  priority: "p1",
  skills: [],
  repairs: [],
  kit: "k",
  openedAt: 1,
  respondBy: 2,
  resolveBy: 3,
  asked: ["other"],
  round: 1,
};
const assigned = { ...every, to: "anna", offer: "o", acceptedAt: 10 };
const TICKETS = {
  open: Ticket.parse({ ...every, state: "open", escalatedAt: 5, needsPerson: true }),
  offered: Ticket.parse({ ...every, state: "offered", to: "anna", offer: "o", expiresAt: 100 }),
  assigned: Ticket.parse({ ...assigned, state: "assigned" }),
  travelling: Ticket.parse({ ...assigned, state: "travelling", leftAt: 20 }),
  working: Ticket.parse({ ...assigned, state: "working", leftAt: 20, arrivedAt: 30 }),
  resolved: Ticket.parse({ ...assigned, state: "resolved", leftAt: 20, arrivedAt: 30, resolvedAt: 40, cause: "", action: "", partsUsed: [] }),
  cancelled: Ticket.parse({ ...every, state: "cancelled", cancelledAt: 50, why: "" }),
} satisfies Record<TicketState, Ticket>;

const by = EngineerId.parse("anna");
const bob = EngineerId.parse("bob");
const offer = OfferId.parse("o");
const EVENTS = {
  offered: { type: "offered", to: by, offer: OfferId.parse("o2"), expiresAt: 200 },
  accepted: { type: "accepted", by, offer, at: 100 },
  declined: { type: "declined", by, offer },
  expired: { type: "expired", offer, at: 100 },
  travelling: { type: "travelling", by, at: 100 },
  working: { type: "working", by, at: 100 },
  resolved: { type: "resolved", by, at: 100, cause: "worn", action: "replaced", partsUsed: [] },
  cancelled: { type: "cancelled", at: 100, why: "sold" },
  escalated: { type: "escalated", at: 100 },
  held: { type: "held" },
  "round-begun": { type: "round-begun" },
  withdrawn: { type: "withdrawn", offer },
  promised: { type: "promised", respondBy: 7, resolveBy: 8 },
} satisfies { readonly [T in TicketEvent["type"]]: Extract<TicketEvent, { type: T }> };

/** The state afterwards, `same` for the very same ticket, or the refusal. */
const TABLE: Record<TicketState, Record<TicketEvent["type"], string>> = {
  open: {
    offered: "offered",
    accepted: "too-late",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "wrong-state",
    working: "wrong-state",
    resolved: "wrong-state",
    cancelled: "cancelled",
    escalated: "same",
    held: "open",
    "round-begun": "open",
    withdrawn: "wrong-state",
    promised: "open",
  },
  offered: {
    offered: "wrong-state",
    accepted: "assigned",
    declined: "open",
    expired: "open",
    travelling: "wrong-state",
    working: "wrong-state",
    resolved: "wrong-state",
    cancelled: "cancelled",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "open",
    promised: "offered",
  },
  assigned: {
    offered: "wrong-state",
    accepted: "same",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "travelling",
    working: "working",
    resolved: "wrong-state",
    cancelled: "cancelled",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "wrong-state",
    promised: "assigned",
  },
  travelling: {
    offered: "wrong-state",
    accepted: "same",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "same",
    working: "working",
    resolved: "wrong-state",
    cancelled: "cancelled",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "wrong-state",
    promised: "travelling",
  },
  working: {
    offered: "wrong-state",
    accepted: "same",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "wrong-state",
    working: "same",
    resolved: "resolved",
    cancelled: "wrong-state",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "wrong-state",
    promised: "working",
  },
  resolved: {
    offered: "wrong-state",
    accepted: "same",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "wrong-state",
    working: "wrong-state",
    resolved: "same",
    cancelled: "wrong-state",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "wrong-state",
    promised: "wrong-state",
  },
  cancelled: {
    offered: "wrong-state",
    accepted: "too-late",
    declined: "wrong-state",
    expired: "wrong-state",
    travelling: "wrong-state",
    working: "wrong-state",
    resolved: "wrong-state",
    cancelled: "same",
    escalated: "wrong-state",
    held: "wrong-state",
    "round-begun": "wrong-state",
    withdrawn: "wrong-state",
    promised: "wrong-state",
  },
};

const pairs = Object.entries(TABLE).flatMap(([state, row]) =>
  Object.entries(row).map(([event, expected]) => ({ state: state as TicketState, event: event as TicketEvent["type"], expected })),
);

test.each(pairs)("T5 a ticket that is $state, $event: $expected", ({ state, event, expected }) => {
  const before = TICKETS[state];
  const after = advance(before, EVENTS[event]);
  if (isRefusal(after)) return expect(after.refused).toBe(expected);
  expect(after === before ? "same" : after.state).toBe(expected);
  // A state holds exactly the fields it has.
  expect(Ticket.parse(after)).toEqual(after);
});

test("T4 an offer can be accepted up to its last millisecond; an expired offer is refused as too-late", () => {
  expect(advance(TICKETS.offered, { ...EVENTS.accepted, at: 100 })).toMatchObject({ state: "assigned", acceptedAt: 100 });
  expect(advance(TICKETS.offered, { ...EVENTS.accepted, at: 101 })).toMatchObject({ refused: "too-late" });
  expect(advance(TICKETS.offered, { ...EVENTS.expired, at: 99 })).toMatchObject({ refused: "wrong-state" });
});

test.each(["accepted", "declined"] as const)("T5 an offer that was %s by somebody else is refused as not-yours, another offer as too-late", (type) => {
  expect(advance(TICKETS.offered, { ...EVENTS[type], by: bob })).toMatchObject({ refused: "not-yours" });
  expect(advance(TICKETS.offered, { ...EVENTS[type], offer: OfferId.parse("o0") })).toMatchObject({ refused: "too-late" });
});

test.each(["travelling", "working", "resolved"] as const)("T5 only the engineer of the ticket reports %s", (type) => {
  for (const state of ["assigned", "travelling", "working", "resolved"] as const)
    expect(advance(TICKETS[state], { ...EVENTS[type], by: bob })).toMatchObject({ refused: "not-yours" });
  expect(advance(TICKETS.assigned, { ...EVENTS.accepted, by: bob })).toMatchObject({ refused: "not-yours" });
});

test("T5 what is known stays: who was asked, when they left, how often everybody was asked", () => {
  expect(advance(TICKETS.offered, EVENTS.declined)).toMatchObject({ asked: ["other", "anna"], round: 1 });
  expect(advance(TICKETS.offered, EVENTS.expired)).toMatchObject({ asked: ["other", "anna"], round: 1 });
  expect(advance(TICKETS.open, EVENTS["round-begun"])).toMatchObject({ asked: [], round: 2 });
  expect(advance(TICKETS.travelling, EVENTS.working)).toMatchObject({ leftAt: 20, arrivedAt: 100, acceptedAt: 10 });
  expect(advance(TICKETS.working, EVENTS.resolved)).toMatchObject({ leftAt: 20, arrivedAt: 30, resolvedAt: 100, cause: "worn" });
  expect(advance(TICKETS.open, EVENTS.escalated)).toMatchObject({ escalatedAt: 5 });
});

const repair = (n: number, more: object = {}) => ({
  id: `r${n}`,
  asset: "pump",
  faultMode: "bearing-wear",
  cause: "",
  action: "",
  parts: [],
  doneAt: n,
  ...more,
});

test("T8 a ticket carries the promise of its priority, the skills of its fault and the five latest repairs of its asset, newest first", () => {
  const { hear, only } = stage(scenarioOf(pumpVibration), [], [...[3, 1, 2, 7, 5, 6].map((n) => repair(n)), repair(9, { asset: "other" })]);
  hear(START, verdict());
  expect(only("ticket")).toMatchObject({
    priority: "p1",
    severity: "high",
    skills: ["mechanical", "bearings"],
    openedAt: START,
    respondBy: START + 2 * 3_600_000,
    resolveBy: START + 8 * 3_600_000,
  });
  expect(only("ticket").repairs.map(({ id }) => id)).toEqual(["r7", "r6", "r5", "r3", "r2"]);
});

test("T6 every tap may be repeated: the same result, no second change", () => {
  const { hear, say, only, all, openOffer } = stage(scenarioOf(pumpVibration), [engineer("anna", 1)]);
  hear(START, verdict());
  const offer = openOffer();
  const nothing = { changes: [], asks: [], timers: [], because: [] };
  const taps = [
    accept(offer),
    ...(["travelling", "working", "resolved"] as const).map(
      (to) => ({ type: "progress", ticket: offer.ticket, by: offer.engineer, to, cause: "worn" }) as const,
    ),
  ];
  taps.forEach((tap, i) => {
    say(START + i, tap);
    for (const again of taps.slice(0, i + 1)) {
      const repeated = say(START + 500_000, again);
      if (again === tap || again.type === "accept") expect(repeated).toEqual(nothing);
      else expect(repeated).toMatchObject({ refused: "wrong-state" });
    }
  });
  expect(only("ticket")).toMatchObject({ state: "resolved", acceptedAt: START, leftAt: START + 1, arrivedAt: START + 2, resolvedAt: START + 3 });
  expect(all("repair")).toHaveLength(1);
});

test("T11 what was resolved becomes the asset's history; the assignment stays, and the alarm until a verdict clears it", () => {
  const { hear, say, only, openOffer } = stage(scenarioOf(pumpVibration), [engineer("anna", 1)]);
  hear(START, verdict());
  const { ticket, engineer: by, id } = openOffer();
  say(START, accept(openOffer()));
  expect(only("assignment")).toEqual({ id: ticket, engineer: by, offer: id, acceptedAt: START });
  say(START + 1, { type: "progress", ticket, by, to: "working" });
  const parts = [{ part: "BRG-6308", quantity: 1 }] as Extract<Ticket, { state: "resolved" }>["partsUsed"];
  say(START + 2, { type: "progress", ticket, by, to: "resolved", cause: "worn", action: "replaced", partsUsed: parts });
  expect(only("repair")).toMatchObject({
    asset: "pump",
    ticket,
    faultMode: "bearing-wear",
    cause: "worn",
    action: "replaced",
    parts,
    engineer: by,
    doneAt: START + 2,
  });
  only("assignment");
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  expect(say(START, { type: "progress", ticket: "none" as typeof ticket, by, to: "working" })).toMatchObject({ refused: "unknown-ticket" });
});
