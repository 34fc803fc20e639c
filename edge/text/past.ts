/**
 * A unit's earlier jobs by their words: which are like one at hand, and which faults come again and again. What was said (complaints, the desk's words)
 * and what was found (cause, action) are two notes, since a new complaint is like the old complaint, and a finding like a finding.
 */
import {
  EXCERPT_MAX,
  type Recurring,
  RECURRING_MAX,
  RECURRING_TICKETS_MAX,
  type RecurringFault,
  SIMILAR_TICKETS_MAX,
  type SimilarTicket,
  type SimilarTickets,
} from "../../contracts/past.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { CLUSTERED_MAX, clusterOf, likenessOf } from "./cluster.ts";
import { CHARACTERS_MAX } from "./plain.ts";
import type { Vectors } from "./vector.ts";

/** Jobs of a unit that are looked through, the latest: a year of a busy plant. Two notes each are 600 vectors, 2.4 MB. */
export const PAST_MAX = CLUSTERED_MAX;
/** Two may be chance. */
export const RECURRING_MIN = 3;

/** `said` or `done` is "" where nobody wrote anything. */
export type Notes = { readonly said: string; readonly done: string };
/** A job with the vectors of its notes; null where there is no note. */
export type Noted = { readonly ticket: Ticket; readonly said: Vectors | null; readonly done: Vectors | null };

export function notesOf(ticket: Ticket): Notes {
  const said = [...(ticket.complaints ?? []).map(({ words }) => words), ticket.words ?? ""];
  const done = "cause" in ticket ? [ticket.cause, ticket.action] : [];
  const joined = (lines: readonly string[]): string => [...new Set(lines.map((line) => line.trim()))].filter((line) => line !== "").join("\n");
  return { said: joined(said).slice(0, CHARACTERS_MAX), done: joined(done).slice(0, CHARACTERS_MAX) };
}

/** Whether a job tells anything to later ones: it was done. */
export function isPast(ticket: Ticket): boolean {
  return ticket.state === "closed" || ticket.state === "resolved";
}

/** Earlier jobs whose words are like the words of `one`, the likest first; none less like than `likenessMin`. */
export function similarTickets(one: Noted, others: readonly Noted[], likenessMin: number): SimilarTickets {
  const mine = nearOf(one);
  const past = others.filter(({ ticket }) => ticket.id !== one.ticket.id && isPast(ticket)).slice(0, PAST_MAX);
  const tickets = past
    .map(({ ticket, ...notes }) => ({ ticket, likeness: likestOf(mine, nearOf({ ticket, ...notes })) }))
    .filter(({ likeness }) => likeness >= likenessMin)
    .toSorted((a, b) => b.likeness - a.likeness || b.ticket.openedAt - a.ticket.openedAt || (a.ticket.id < b.ticket.id ? 1 : -1))
    .slice(0, SIMILAR_TICKETS_MAX)
    .map(({ ticket, likeness }) => shown(ticket, likeness));
  return { read: past.length, tickets };
}

/** Groups of at least RECURRING_MIN jobs that are alike, the largest first. `noted`: the latest jobs of the unit, called-off ones left out. */
export function recurringOf(noted: readonly Noted[], likenessMin: number): Recurring {
  const told = noted.flatMap(({ ticket, said, done }) => (said === null && done === null ? [] : [{ ticket, vectors: done ?? said }])).slice(0, PAST_MAX);
  const vectors = told.flatMap((one) => one.vectors?.group ?? []);
  const groups = clusterOf(vectors, likenessMin)
    .filter((group) => group.length >= RECURRING_MIN)
    .slice(0, RECURRING_MAX)
    .map((group): RecurringFault => {
      const tickets = group.flatMap((i) => told[i]?.ticket ?? []).toSorted((a, b) => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1));
      const ats = tickets.map(({ openedAt }) => openedAt);
      const middle = told[middleOf(group, vectors)]?.ticket;
      const { said, done } = middle === undefined ? { said: "", done: "" } : notesOf(middle);
      return {
        tickets: tickets.slice(0, RECURRING_TICKETS_MAX).map(({ id }) => id),
        count: tickets.length,
        assets: [...new Set(tickets.map(({ asset }) => asset))].slice(0, RECURRING_TICKETS_MAX),
        faultMode: mostOf(tickets.map(({ faultMode }) => faultMode)),
        words: excerptOf(done === "" ? said : done),
        firstAt: Math.min(...ats),
        lastAt: Math.max(...ats),
      };
    });
  return { read: told.length, groups };
}

function nearOf({ said, done }: Noted): readonly Float32Array[] {
  return [said, done].flatMap((vectors) => vectors?.near ?? []);
}

/** The likest pair of their notes, in [0, 1]: opposite words are no more unlike than other words. */
function likestOf(mine: readonly Float32Array[], theirs: readonly Float32Array[]): number {
  let likest = 0;
  for (const a of mine) for (const b of theirs) likest = Math.max(likest, likenessOf(a, b));
  return Math.min(1, likest);
}

function shown(ticket: Ticket, likeness: number): SimilarTicket {
  const { said } = notesOf(ticket);
  const at = "resolvedAt" in ticket ? ticket.resolvedAt : ticket.openedAt;
  return {
    ticket: ticket.id,
    asset: ticket.asset,
    faultMode: ticket.faultMode,
    state: ticket.state,
    at,
    likeness,
    ...(said === "" ? {} : { said: excerptOf(said) }),
    ...("cause" in ticket && ticket.cause !== "" ? { cause: excerptOf(ticket.cause) } : {}),
    ...("action" in ticket && ticket.action !== "" ? { action: excerptOf(ticket.action) } : {}),
  };
}

/** One line; a character is never cut in two. */
function excerptOf(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= EXCERPT_MAX) return line;
  let short = "";
  for (const character of line) {
    if (short.length + character.length >= EXCERPT_MAX) break;
    short += character;
  }
  return `${short}…`;
}

function middleOf(group: readonly number[], vectors: readonly Float32Array[]): number {
  const closeness = (i: number): number => {
    const own = vectors[i];
    return own === undefined ? 0 : group.reduce((sum, j) => sum + likenessOf(own, vectors[j] ?? own), 0);
  };
  const close = group.map((i) => ({ i, closeness: closeness(i) }));
  return close.reduce((best, one) => (one.closeness > best.closeness ? one : best), close[0] ?? { i: -1, closeness: 0 }).i;
}

function mostOf<T extends string>(values: readonly T[]): T {
  const [first] = [...Map.groupBy(values, (value) => value)].toSorted((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1));
  if (first === undefined) throw new Error("a group has members");
  return first[0];
}
