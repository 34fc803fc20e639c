/** The plan as people read it: a row for each engineer with their hours and jobs, whoever has one first. Pure. */
import type { Board } from "../../../contracts/board.ts";
import type { Absence } from "../../../contracts/engineer.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { PlanView, PlannedStop } from "../../../contracts/plan.ts";
import type { Ticket } from "../../../contracts/ticket.ts";

export type Presence =
  | { readonly state: "on"; readonly until: Millis | undefined }
  | { readonly state: "on-call"; readonly until: Millis }
  | { readonly state: "off"; readonly until: Millis | undefined }
  | { readonly state: "away"; readonly until: Millis };
export type Job = PlannedStop & { readonly ticketOf: Ticket | undefined; readonly asset: string };
export type Row = {
  readonly engineer: string;
  readonly name: string;
  readonly presence: Presence;
  readonly duty: readonly Absence[];
  readonly away: readonly Absence[];
  readonly jobs: readonly Job[];
  readonly breaks: readonly { readonly startAt: Millis; readonly endAt: Millis }[];
  readonly overtimeMs: Millis;
};

/** Hours of the site's day that are shown: from an hour before now until the day ends, and at least half a day. */
export const SHOWN_MIN_MS = 12 * 3_600_000;

export function rowsOf(plan: PlanView, board: Pick<Board, "engineers" | "tickets" | "assets">): readonly Row[] {
  const assets = new Map(board.assets.map(({ id, name }) => [id, name]));
  const tickets = new Map(board.tickets.map((ticket) => [ticket.id, ticket]));
  const tours = new Map(plan.tours.map((tour) => [tour.engineer, tour]));
  const rows = plan.duties.map(({ engineer, spans, away }): Row => {
    const tour = tours.get(engineer);
    const jobs = (tour?.stops ?? []).map((stop): Job => {
      const ticketOf = tickets.get(stop.ticket);
      return { ...stop, ticketOf, asset: ticketOf === undefined ? stop.ticket : (assets.get(ticketOf.asset) ?? ticketOf.asset) };
    });
    const name = board.engineers.find(({ id }) => id === engineer)?.name ?? engineer;
    const presence = presenceOf(spans, away, plan.at);
    return {
      engineer,
      name,
      presence,
      duty: spans.filter(({ onCall }) => onCall === undefined),
      away,
      jobs,
      breaks: tour?.breaks ?? [],
      overtimeMs: tour?.overtimeMs ?? 0,
    };
  });
  return rows.toSorted((a, b) => orderOf(a) - orderOf(b) || (a.name < b.name ? -1 : 1));
}

/** As of `at`. A shift that is told to the end of what is told has none that anybody knows. */
function presenceOf(spans: PlanView["duties"][number]["spans"], away: readonly Absence[], at: Millis): Presence {
  const gone = away.find(({ from, until }) => from <= at && at < until);
  if (gone !== undefined) return { state: "away", until: gone.until };
  const on = spans.find(({ from, until }) => from <= at && at < until);
  if (on?.onCall === true) return { state: "on-call", until: on.until };
  if (on !== undefined) return { state: "on", until: on.until - at >= FAR_MS ? undefined : on.until };
  return { state: "off", until: spans.find(({ from }) => from > at)?.from };
}

/** A shift as long as this is one without an end. */
const FAR_MS = 30 * 3_600_000;

function orderOf({ jobs, presence }: Row): number {
  if (jobs.length > 0) return 0;
  return presence.state === "on" ? 1 : presence.state === "away" ? 3 : 2;
}
