/**
 * What a unit's page asks of its earlier jobs' words. Vectors are made when they are first asked for, in turns that leave the object to others, and
 * kept in memory by the words themselves: after a restart, or with another model, they are made again from the tickets, which are all that is stored.
 */
import type { Millis } from "../../contracts/instant.ts";
import type { Recurring, SimilarTickets } from "../../contracts/past.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isPast, type Noted, type Notes, notesOf, PAST_MAX, recurringOf, similarTickets } from "../text/past.ts";
import { GROUP_LIKENESS_MIN, NEAR_LIKENESS_MIN, type Vectors, vectorsOf } from "../text/vector.ts";
import { ACTIVE } from "../ticket/life.ts";
import { openEncoder } from "./text.ts";
import { type Desk, newest } from "./unit-desk.ts";

/** Vectors in memory, each about 5 KB beside its words: both notes of all the jobs that are looked through, and some of those at hand. */
const VECTORS_MAX = 2 * PAST_MAX + 100;
/** Notes between two turns of others: a note takes 1 ms or 2. */
const NOTES_A_TURN = 4;

export type TextDesk = {
  /** Earlier jobs with words like the ticket's. Refuses `unknown-ticket`. */
  similar(ticket: string): Promise<SimilarTickets | Refusal>;
  recurring(): Promise<Recurring>;
};

export function textDesk(desk: Desk, scenario: () => Scenario): TextDesk {
  let told: { readonly words: string; readonly recurring: Recurring } | null = null;
  const vectors = new Map<string, Vectors | null>();

  async function vectorsFor(text: string): Promise<Vectors | null> {
    if (text === "") return null;
    const known = vectors.get(text);
    if (known !== undefined) {
      // Asked for again: the last to go.
      vectors.delete(text);
      vectors.set(text, known);
      return known;
    }
    const made = await vectorsOf(text, await openEncoder());
    if (vectors.size >= VECTORS_MAX) vectors.delete(vectors.keys().next().value ?? "");
    vectors.set(text, made);
    return made;
  }

  async function note(tickets: readonly Ticket[], notes: (ticket: Ticket) => Notes): Promise<readonly Noted[]> {
    const noted: Noted[] = [];
    let fresh = 0;
    for (const ticket of tickets) {
      const { said, done } = notes(ticket);
      for (const text of [said, done]) if (text !== "" && !vectors.has(text) && ++fresh % NOTES_A_TURN === 0) await scheduler.wait(0);
      noted.push({ ticket, said: await vectorsFor(said), done: await vectorsFor(done) });
    }
    return noted;
  }

  /** A job that only an alarm tells of is looked for by its fault's name, in both languages. */
  function askedOf(ticket: Ticket): Notes {
    const notes = notesOf(ticket);
    if (notes.said !== "" || notes.done !== "") return notes;
    const title = scenario().faultModes.find(({ id }) => id === ticket.faultMode)?.title;
    return { said: title === undefined ? "" : `${title.zh}\n${title.en}`, done: "" };
  }

  const latest = (states: readonly Ticket["state"][]): readonly Ticket[] =>
    states
      .flatMap((state) => newest(desk.db, "ticket", state, PAST_MAX))
      .toSorted((a, b): Millis => b.openedAt - a.openedAt || (a.id < b.id ? 1 : -1))
      .slice(0, PAST_MAX);

  return {
    async similar(id) {
      const ticket = desk.entities.get("ticket", id);
      if (ticket === undefined) return refuse("unknown-ticket", "no such ticket in this unit", "check the ticket's id", "ticket");
      const [one] = await note([ticket], askedOf);
      const past = await note(latest(["closed", "resolved"]).filter(isPast), notesOf);
      return one === undefined ? { read: 0, tickets: [] } : similarTickets(one, past, NEAR_LIKENESS_MIN);
    },
    async recurring() {
      const tickets = latest([...ACTIVE, "closed", "resolved"]);
      const words = tickets.map((ticket) => `${ticket.id} ${ticket.faultMode} ${Object.values(notesOf(ticket)).join("\n")}`).join("\n");
      // Every open board asks, and nothing has changed as a rule: grouping is some 20 ms in one piece.
      if (told?.words !== words) told = { words, recurring: recurringOf(await note(tickets, notesOf), GROUP_LIKENESS_MIN) };
      return told.recurring;
    },
  };
}
