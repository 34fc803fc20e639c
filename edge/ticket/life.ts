/**
 * The life of a ticket as one table: who may take which step, and where it leads from each state.
 *
 *   open ⇄ offered → assigned → travelling → working → resolved → closed
 *    ▲▲                 │ ▲         │  ▲        │ ▲        │         │
 *    ││                 ▼ └─resumed─┤  │        ▼ │        │         │
 *    ││                 └────────▶ paused ◀───────┘        │         │
 *    │└───────returned──(assigned, travelling, working, paused)      │
 *    └ as reopened ◀──────(resolved, closed, cancelled)────┴─────────┘
 *   cancelled ◀── all but working, resolved, closed
 *
 * `waits`: open, or reopened for a ticket that was · `stays`: the state remains, something of the ticket changes · `same`: taken before, the
 * very same ticket · absent: refused with `otherwise`, or `wrong-state`.
 */
import type { RefusalCode } from "../../contracts/refusal.ts";
import type { Actor, TicketEventName, TicketState } from "../../contracts/ticket.ts";

export type Move = TicketState | "waits" | "stays" | "same";
export type Row = {
  readonly who: readonly Actor[];
  readonly moves: Readonly<Partial<Record<TicketState, Move>>>;
  readonly otherwise?: RefusalCode;
  /** Which engineer: who holds the job, or also those who come along. Said of steps of engineers only. */
  readonly whose?: "lead" | "crew";
};

const waiting = (move: Move) => ({ open: move, reopened: move }) as const;
const held = (move: Move) => ({ assigned: move, travelling: move, working: move, paused: move }) as const;
const done = (move: Move) => ({ resolved: move, closed: move }) as const;
const before = (move: Move) => ({ ...waiting(move), offered: move }) as const;

export const LIFE: Readonly<Record<TicketEventName, Row>> = {
  offered: { who: ["unit"], moves: waiting("offered") },
  accepted: { who: ["engineer"], moves: { offered: "assigned", ...held("same"), ...done("same") }, otherwise: "too-late" },
  declined: { who: ["engineer"], moves: { offered: "waits" } },
  expired: { who: ["unit"], moves: { offered: "waits" } },
  withdrawn: { who: ["unit", "dispatcher", "crm"], moves: { offered: "waits" } },
  escalated: { who: ["unit"], moves: waiting("stays") },
  raised: { who: ["unit"], moves: before("stays") },
  held: { who: ["unit"], moves: waiting("stays") },
  "round-begun": { who: ["unit", "dispatcher"], moves: waiting("stays") },

  travelling: { who: ["engineer"], whose: "lead", moves: { assigned: "travelling", travelling: "same", paused: "travelling" } },
  working: { who: ["engineer"], whose: "lead", moves: { assigned: "working", travelling: "working", paused: "working", working: "same" } },
  paused: { who: ["engineer", "dispatcher"], whose: "lead", moves: { assigned: "paused", travelling: "paused", working: "paused", paused: "same" } },
  resumed: { who: ["engineer", "dispatcher", "unit"], whose: "lead", moves: { paused: "assigned", assigned: "same" } },
  resolved: { who: ["engineer"], whose: "lead", moves: { working: "resolved", ...done("same") } },
  closed: { who: ["dispatcher", "unit"], moves: { resolved: "closed", closed: "same" } },
  reopened: { who: ["dispatcher", "customer", "crm", "unit"], moves: { ...done("reopened"), cancelled: "reopened", reopened: "same" } },
  returned: { who: ["dispatcher", "unit"], moves: held("waits") },
  cancelled: {
    who: ["dispatcher", "crm"],
    moves: { ...before("cancelled"), assigned: "cancelled", travelling: "cancelled", paused: "cancelled", cancelled: "same" },
  },

  promised: { who: ["crm", "dispatcher", "unit"], moves: { ...before("stays"), ...held("stays") } },
  joined: { who: ["unit"], moves: { ...before("stays"), ...held("stays"), resolved: "stays" } },
  complained: { who: ["customer", "dispatcher"], moves: { ...before("stays"), ...held("stays") } },
  placed: { who: ["dispatcher"], moves: { ...before("stays"), ...held("stays"), resolved: "stays" } },
  crewed: { who: ["dispatcher"], moves: { ...before("stays"), assigned: "stays", travelling: "stays", paused: "stays" } },
  ticked: { who: ["engineer"], whose: "crew", moves: held("stays") },
  photographed: { who: ["engineer"], whose: "crew", moves: { ...held("stays"), resolved: "stays" } },
  "helper-joined": { who: ["engineer"], moves: held("stays"), otherwise: "too-late" },
  "helper-arrived": { who: ["engineer"], whose: "crew", moves: held("stays") },
  "helper-left": { who: ["engineer", "dispatcher", "unit"], moves: held("stays") },
};

/** Nobody holds it and nobody is asked. */
export function isWaitingState(state: TicketState): state is "open" | "reopened" {
  return state === "open" || state === "reopened";
}

/** Over for now: done, closed or called off. */
export function isOverState(state: TicketState): state is "resolved" | "closed" | "cancelled" {
  return state === "resolved" || state === "closed" || state === "cancelled";
}

/** States in which there is something to do, in the order of a job. */
export const ACTIVE = ["open", "reopened", "offered", "assigned", "travelling", "working", "paused"] as const satisfies readonly TicketState[];
export const FINISHED = ["resolved", "closed", "cancelled"] as const satisfies readonly TicketState[];
