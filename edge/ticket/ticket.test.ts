import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { EngineerId } from "../../contracts/ids.ts";
import { HISTORY_MAX, Ticket, TICKET_STATES, type TicketEvent, type TicketEventName, type TicketState } from "../../contracts/ticket.ts";
import { PHOTOS_MAX } from "../../contracts/visit.ts";
import { LIFE } from "./life.ts";
import { advance } from "./ticket.ts";

const step = { title: { en: "Lock out", zh: "上锁" } };
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
  crew: 3,
  helpers: [
    { engineer: "hans", offer: "h1", acceptedAt: 11, arrivedAt: 12 },
    { engineer: "ida", offer: "h2", acceptedAt: 11, arrivedAt: 12 },
  ],
  checklist: [{ ...step, id: "lockout", before: "working", doneAt: 5, doneBy: "anna" }],
};
const assigned = { ...every, to: "anna", offer: "o", acceptedAt: 10 };
const report = { resolvedAt: 40, cause: "", action: "", partsUsed: [] };
const TICKETS = {
  open: Ticket.parse({ ...every, state: "open", escalatedAt: 5, needsPerson: true }),
  offered: Ticket.parse({ ...every, state: "offered", to: "anna", offer: "o", expiresAt: 100 }),
  assigned: Ticket.parse({ ...assigned, state: "assigned" }),
  travelling: Ticket.parse({ ...assigned, state: "travelling", leftAt: 20 }),
  working: Ticket.parse({ ...assigned, state: "working", leftAt: 20, arrivedAt: 30 }),
  paused: Ticket.parse({ ...assigned, state: "paused", leftAt: 20, arrivedAt: 30, pausedAt: 35, pause: { reason: "parts", until: 90 } }),
  resolved: Ticket.parse({ ...assigned, state: "resolved", leftAt: 20, arrivedAt: 30, ...report }),
  closed: Ticket.parse({ ...assigned, state: "closed", leftAt: 20, arrivedAt: 30, ...report, closedAt: 45, closedBy: "desk" }),
  cancelled: Ticket.parse({ ...every, state: "cancelled", cancelledAt: 50, why: "" }),
  reopened: Ticket.parse({ ...every, state: "reopened", reopened: { times: 1, at: 60 }, escalatedAt: 61 }),
} satisfies Record<TicketState, Ticket>;

const engineerSays = { by: "anna", as: "engineer", at: 100 } as const;
const unitSays = { by: "unit", as: "unit", at: 100 } as const;
const deskSays = { by: "desk", as: "dispatcher", at: 100 } as const;
const offer = "o" as Extract<TicketEvent, { type: "accepted" }>["offer"];
const photo = { id: "ab".repeat(16), takenAt: 90, sha256: "cd".repeat(32), bytes: 10, type: "image/jpeg", by: EngineerId.parse("anna") } as const;
type EventOf<T extends TicketEventName> = Extract<TicketEvent, { type: T }>;
const EVENTS = {
  offered: { type: "offered", to: EngineerId.parse("bob"), offer: "o2" as typeof offer, expiresAt: 200, ...unitSays },
  accepted: { type: "accepted", offer, ...engineerSays },
  declined: { type: "declined", offer, ...engineerSays },
  expired: { type: "expired", offer, ...unitSays },
  withdrawn: { type: "withdrawn", offer, ...unitSays },
  escalated: { type: "escalated", ...unitSays },
  raised: { type: "raised", level: 1, ...unitSays },
  held: { type: "held", ...unitSays },
  "round-begun": { type: "round-begun", ...unitSays },
  travelling: { type: "travelling", ...engineerSays },
  working: { type: "working", ...engineerSays },
  paused: { type: "paused", reason: "access", ...engineerSays },
  resumed: { type: "resumed", ...engineerSays },
  resolved: { type: "resolved", cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [], ...engineerSays },
  closed: { type: "closed", ...deskSays },
  reopened: { type: "reopened", why: "drips again", kit: "k2" as Ticket["kit"], until: 100, ...deskSays },
  returned: { type: "returned", why: "ill", ...deskSays },
  cancelled: { type: "cancelled", why: "sold", ...deskSays },
  promised: { type: "promised", respondBy: 7, resolveBy: 8, ...unitSays, as: "crm" },
  joined: { type: "joined", alarm: "a2" as EventOf<"joined">["alarm"], skills: [], priority: "p1", severity: "high", ...unitSays },
  complained: { type: "complained", complaint: { id: "c", at: 99, words: "loud", alarms: [] }, ...deskSays, as: "customer" },
  placed: { type: "placed", parent: "p" as Ticket["id"], ...deskSays },
  crewed: { type: "crewed", crew: 4, ...deskSays },
  ticked: { type: "ticked", step: "lockout", done: false, ...engineerSays },
  photographed: { type: "photographed", photo, ...engineerSays },
  "helper-joined": { type: "helper-joined", offer: "h3" as typeof offer, ...engineerSays, by: "hans" },
  "helper-arrived": { type: "helper-arrived", ...engineerSays, by: "hans" },
  "helper-left": { type: "helper-left", engineer: EngineerId.parse("hans"), ...deskSays },
} satisfies { readonly [T in TicketEventName]: EventOf<T> };

/**
 * One row for each event, one column for each state. A state: where it leads · `.` the state stays and something changes · `=` the very same
 * ticket · `-` wrong-state · `late` too-late.
 */
const COLUMNS = "open offered assigned travelling working paused resolved closed cancelled reopened";
const TABLE: Record<TicketEventName, string> = {
  offered: "offered - - - - - - - - offered",
  accepted: "late assigned = = = = = = late late",
  declined: "- open - - - - - - - -",
  expired: "- open - - - - - - - -",
  withdrawn: "- open - - - - - - - -",
  escalated: "= - - - - - - - - =",
  raised: ". . - - - - - - - .",
  held: ". - - - - - - - - .",
  "round-begun": ". - - - - - - - - .",
  travelling: "- - travelling = - travelling - - - -",
  working: "- - working working = working - - - -",
  paused: "- - paused paused paused = - - - -",
  resumed: "- - = - - assigned - - - -",
  resolved: "- - - - resolved - = = - -",
  closed: "- - - - - - closed = - -",
  reopened: "- - - - - - reopened reopened reopened =",
  returned: "- - open open open open - - - -",
  cancelled: "cancelled cancelled cancelled cancelled - cancelled - - = cancelled",
  promised: ". . . . . . - - - .",
  joined: ". . . . . . . - - .",
  complained: ". . . . . . - - - .",
  placed: ". . . . . . . - - .",
  crewed: ". . . . - . - - - .",
  ticked: "- - . . . . - - - -",
  photographed: "- - . . . . . - - -",
  "helper-joined": "late late = = = = late late late late",
  "helper-arrived": "- - = = = = - - - -",
  "helper-left": "- - . . . . - - - -",
};

const pairs = (Object.keys(EVENTS) as TicketEventName[]).flatMap((event) =>
  TABLE[event].split(" ").map((expected, i) => ({ event, state: COLUMNS.split(" ")[i] as TicketState, expected })),
);

test("T5 the table has every state and every event", () => {
  expect(COLUMNS.split(" ")).toEqual([...TICKET_STATES]);
  expect(Object.keys(EVENTS).toSorted()).toEqual(Object.keys(LIFE).toSorted());
  expect(pairs).toHaveLength(TICKET_STATES.length * Object.keys(LIFE).length);
});

test.each(pairs)("T5 a ticket that is $state, $event: $expected", ({ state, event, expected }) => {
  const before = TICKETS[state];
  const kept = structuredClone(before);
  const after = advance(before, EVENTS[event]);
  expect(before).toEqual(kept);
  if (isRefusal(after)) return expect({ "wrong-state": "-", "too-late": "late" }[after.refused as string]).toBe(expected);
  expect(after === before ? "=" : after.state === before.state ? "." : after.state).toBe(expected);
  // A state holds exactly the fields it has, and a transition enters the history with who, when, why.
  expect(Ticket.parse(after)).toEqual(after);
  const { by, as, at } = EVENTS[event];
  const noted = after.state === before.state ? [] : [{ at, by, as, from: state, to: after.state, why: expect.stringMatching(/./) as string }];
  expect(after.history ?? []).toEqual(noted);
  expect(advance(before, EVENTS[event])).toEqual(after);
});

/** Who takes which step: e engineer, d dispatcher, u unit, m CRM, c customer. */
const WHO: Record<TicketEventName, string> = {
  offered: "u",
  accepted: "e",
  declined: "e",
  expired: "u",
  withdrawn: "dum",
  escalated: "u",
  raised: "u",
  held: "u",
  "round-begun": "du",
  travelling: "e",
  working: "e",
  paused: "ed",
  resumed: "edu",
  resolved: "e",
  closed: "du",
  reopened: "dumc",
  returned: "du",
  cancelled: "dm",
  promised: "dum",
  joined: "u",
  complained: "dc",
  placed: "d",
  crewed: "d",
  ticked: "e",
  photographed: "e",
  "helper-joined": "e",
  "helper-arrived": "e",
  "helper-left": "edu",
};
const LETTER = { engineer: "e", dispatcher: "d", unit: "u", crm: "m", customer: "c" } as const;
const asked = (Object.keys(WHO) as TicketEventName[]).flatMap((event) =>
  (["engineer", "dispatcher", "unit", "crm", "customer"] as const).map((as) => ({ event, as, may: WHO[event].includes(LETTER[as]) })),
);
test.each(asked)("T5 $event by $as: $may", ({ event, as, may }) => {
  for (const ticket of Object.values(TICKETS)) {
    const after = advance(ticket, { ...EVENTS[event], as });
    expect(isRefusal(after) && after.refused === "not-permitted").toBe(!may);
  }
});

test("T4 an offer can be accepted up to its last millisecond; an expired offer is refused as too-late", () => {
  expect(advance(TICKETS.offered, { ...EVENTS.accepted, at: 100 })).toMatchObject({ state: "assigned", acceptedAt: 100 });
  expect(advance(TICKETS.offered, { ...EVENTS.accepted, at: 101 })).toMatchObject({ refused: "too-late" });
  expect(advance(TICKETS.offered, { ...EVENTS.expired, at: 99 })).toMatchObject({ refused: "wrong-state" });
});

test.each(["accepted", "declined"] as const)("T5 an offer that was %s by somebody else is refused as not-yours, another offer as too-late", (type) => {
  expect(advance(TICKETS.offered, { ...EVENTS[type], by: "bob" })).toMatchObject({ refused: "not-yours" });
  expect(advance(TICKETS.offered, { ...EVENTS[type], offer: "o0" as typeof offer })).toMatchObject({ refused: "too-late" });
});

test.each(["travelling", "working", "paused", "resumed", "resolved"] as const)("T5 only the engineer of the ticket reports %s", (type) => {
  for (const state of ["assigned", "travelling", "working", "paused", "resolved", "closed"] as const)
    for (const by of ["bob", "hans"]) expect(advance(TICKETS[state], { ...EVENTS[type], by })).toMatchObject({ refused: "not-yours" });
  expect(advance(TICKETS.assigned, { ...EVENTS.accepted, by: "bob" })).toMatchObject({ refused: "not-yours" });
});

test("T5 what is known stays: who was asked, when they left and first arrived, how often everybody was asked", () => {
  expect(advance(TICKETS.offered, EVENTS.declined)).toMatchObject({ asked: ["other", "anna"], round: 1 });
  expect(advance(TICKETS.offered, EVENTS.expired)).toMatchObject({ asked: ["other", "anna"], round: 1 });
  expect(advance(TICKETS.open, EVENTS["round-begun"])).toMatchObject({ asked: [], round: 2 });
  expect(advance(TICKETS.travelling, EVENTS.working)).toMatchObject({ leftAt: 20, arrivedAt: 100, acceptedAt: 10 });
  expect(advance(TICKETS.working, EVENTS.resolved)).toMatchObject({ leftAt: 20, arrivedAt: 30, resolvedAt: 100, cause: "worn" });
  expect(advance(TICKETS.open, EVENTS.escalated)).toMatchObject({ escalatedAt: 5 });
  expect(advance(TICKETS.paused, EVENTS.working)).toMatchObject({ arrivedAt: 30, pauses: [{ from: 35, to: 100, reason: "parts" }] });
});

test("T20 a job that was reopened waits as reopened, with an empty round, another kit and its checklist to tick again", () => {
  const reopened = advance(TICKETS.closed, EVENTS.reopened);
  expect(reopened).toMatchObject({ kit: "k2", asked: [], round: 0, reopened: { times: 1, at: 100 }, checklist: [{ id: "lockout" }] });
  expect(reopened).not.toHaveProperty("helpers");
  expect((reopened as Ticket).checklist?.[0]).not.toHaveProperty("doneAt");
  const again = advance(reopened as Ticket, { ...EVENTS.offered, to: EngineerId.parse("anna"), offer });
  expect(advance(again as Ticket, EVENTS.declined)).toMatchObject({ state: "reopened", asked: ["anna"] });
  expect(advance(TICKETS.closed, { ...EVENTS.reopened, until: 99 })).toMatchObject({ refused: "too-late" });
});

test("T21 work does not begin before its safety steps are ticked and everybody who is needed has come; those missing are named", () => {
  const open = { ...TICKETS.travelling, checklist: [{ ...step, id: "lockout", before: "working" as const }] };
  expect(advance(open, EVENTS.working)).toMatchObject({ refused: "steps-open", rule: expect.stringContaining("lockout") });
  const ticked = advance(open, { ...EVENTS.ticked, done: true }) as Ticket;
  expect(ticked).toMatchObject({ checklist: [{ doneAt: 100, doneBy: "anna" }] });
  expect(advance(ticked, EVENTS.working)).toMatchObject({ state: "working" });
  const [hans, ida] = TICKETS.travelling.helpers ?? [];
  if (hans === undefined || ida === undefined) throw new Error("two helpers");
  const { arrivedAt: _not, ...late } = ida;
  const alone = { ...TICKETS.travelling, helpers: [hans, late] };
  expect(advance(alone, EVENTS.working)).toMatchObject({ refused: "crew-missing", rule: expect.stringContaining("ida") });
  expect(advance({ ...alone, helpers: [hans] }, EVENTS.working)).toMatchObject({ refused: "crew-missing", rule: expect.stringContaining("1 not found yet") });
  const here = advance(alone, { ...EVENTS["helper-arrived"], by: "ida" }) as Ticket;
  expect(advance(here, EVENTS.working)).toMatchObject({ state: "working" });
  expect(advance(alone, { ...EVENTS["helper-arrived"], by: "anna" })).toMatchObject({ refused: "not-yours" });
  expect(advance(TICKETS.travelling, { ...EVENTS.ticked, step: "none" })).toMatchObject({ refused: "malformed", field: "step" });
});

test("T21 whoever comes to the machine next, or again after they left it, makes it safe and is there anew; what else was ticked stays ticked", () => {
  const done = { ...step, id: "drained", before: "resolved" as const, doneAt: 5, doneBy: EngineerId.parse("anna") };
  const ticked = <T extends Ticket>(ticket: T): T => ({ ...ticket, checklist: [...(ticket.checklist ?? []), done] });
  const isAnew = (ticket: Ticket | { refused: string }) => {
    const { checklist = [], helpers = [] } = ticket as Ticket;
    return [checklist.map(({ doneAt }) => doneAt), helpers.filter(({ arrivedAt }) => arrivedAt !== undefined).length];
  };
  const anew = [[undefined, 5], 0];
  const kept = [[5, 5], 2];
  const { working, paused, assigned: waits } = TICKETS;
  expect(isAnew(advance(ticked(working), EVENTS.returned))).toEqual(anew);
  expect(isAnew(advance(ticked(working), { ...EVENTS.paused, reason: "end-of-shift" }))).toEqual(anew);
  expect(isAnew(advance(ticked(paused), EVENTS.resumed))).toEqual(anew);
  expect(isAnew(advance(ticked(paused), EVENTS.travelling))).toEqual(anew);
  // Who waits beside the machine has not left it.
  expect(isAnew(advance(ticked(working), EVENTS.paused))).toEqual(kept);
  expect(isAnew(advance(ticked(paused), EVENTS.working))).toEqual(kept);
  expect(isAnew(advance(ticked(waits), EVENTS.travelling))).toEqual(kept);
  const evening = advance(working, { ...EVENTS.paused, reason: "end-of-shift" }) as Ticket;
  expect(advance(evening, EVENTS.working)).toMatchObject({ refused: "steps-open", rule: expect.stringContaining("lockout") as string });
  const locked = advance(evening, { ...EVENTS.ticked, done: true }) as Ticket;
  expect(advance(locked, EVENTS.working)).toMatchObject({ refused: "crew-missing", rule: expect.stringContaining("hans, ida") as string });
});

test("T22 photographs of an earlier visit do not show this one; no more are asked for than there is room for", () => {
  const one = (id: string, takenAt: number) => ({ ...photo, id: id.repeat(32), takenAt });
  const again = { ...TICKETS.working, photosMin: 2, reopened: { times: 1, at: 50 }, photos: [one("1", 40), one("2", 50)] };
  expect(advance(again, EVENTS.resolved)).toMatchObject({ refused: "incomplete", field: "photos", rule: expect.stringContaining("2 more") as string });
  expect(advance({ ...again, photos: [...again.photos, one("3", 51)] }, EVENTS.resolved)).toMatchObject({ rule: expect.stringContaining("1 more") as string });
  expect(advance({ ...again, photos: [...again.photos, one("3", 51), one("4", 52)] }, EVENTS.resolved)).toMatchObject({ state: "resolved" });
  const full = { ...again, photos: Array.from({ length: PHOTOS_MAX }, () => one("1", 40)) };
  expect(advance(full, EVENTS.resolved)).toMatchObject({ state: "resolved" });
});

test("T22 a report has a cause with its code, what was done, the steps and the photographs that are asked for", () => {
  const working = { ...TICKETS.working, photosMin: 1, checklist: [{ ...step, id: "test-run", before: "resolved" as const }] };
  expect(advance(working, EVENTS.resolved)).toMatchObject({ refused: "steps-open", rule: expect.stringContaining("test-run") });
  const ticked = advance(working, { ...EVENTS.ticked, step: "test-run", done: true }) as Ticket;
  expect(advance(ticked, EVENTS.resolved)).toMatchObject({ refused: "incomplete", field: "photos" });
  const shown = advance(ticked, EVENTS.photographed) as Ticket;
  expect(advance(shown, EVENTS.photographed)).toBe(shown);
  expect(advance(shown, EVENTS.resolved)).toMatchObject({ state: "resolved", causeCode: "wear", photos: [photo] });
  for (const field of ["cause", "causeCode", "action"] as const)
    expect(advance(shown, { ...EVENTS.resolved, [field]: "" })).toMatchObject({ refused: "incomplete", field });
  const { partsUsed: _unsaid, ...said } = EVENTS.resolved;
  expect(advance(shown, said)).toMatchObject({ refused: "incomplete", field: "partsUsed" });
});

test("T23 the history keeps the first transition and the latest, and counts those in between", () => {
  let ticket: Ticket = { ...TICKETS.assigned, history: [{ at: 1, to: "open", by: "unit", as: "unit" }] };
  for (let i = 0; i < HISTORY_MAX; i++) {
    const paused = advance(ticket, { ...EVENTS.paused, at: 200 + i }) as Ticket;
    ticket = advance(paused, { ...EVENTS.resumed, at: 200 + i }) as Ticket;
  }
  expect(ticket.history).toHaveLength(HISTORY_MAX);
  expect(ticket.history?.[0]).toEqual({ at: 1, to: "open", by: "unit", as: "unit" });
  expect(ticket.history?.at(-1)).toMatchObject({ from: "paused", to: "assigned", at: 199 + HISTORY_MAX });
  expect(ticket.historyDropped).toBe(HISTORY_MAX + 1);
  expect(Ticket.parse(ticket)).toEqual(ticket);
});
