/** What a day was like: for the customers (response, breaches, first-visit fix), on the road, and for the engineers (what was changed after they were told). */
import type { Day, Visit } from "./day.ts";
import { MINUTE_MS } from "./town.ts";
import { Priority } from "../../../contracts/ticket.ts";

/** Of one day. Shares are in [0, 1]; a job that nobody came to breaks its promise. */
export type Figures = {
  readonly jobs: number;
  /** Of faults that were not foreseen. */
  readonly breach: Readonly<Record<Priority, number>>;
  /** From the opening to the arrival, of those that were reached. */
  readonly responseMin: Readonly<Record<Priority, number>>;
  /** Agreed visits that were begun after their window, or never. */
  readonly appointmentsMissed: number;
  readonly travelMinPerJob: number;
  readonly unserved: number;
  /** Jobs taken from an engineer who had accepted, and offers withdrawn for another engineer's sake, per job. Declines and silence are not among them. */
  readonly reassignmentsPerJob: number;
  readonly firstVisitFix: number;
  /** Of the assignments (accepted offers) that the policy made by itself: those whose engineer came. */
  readonly kept: number;
  /** Of the offers: those accepted and kept; declined and unanswered ones count as lost. */
  readonly offersKept: number;
  /** Of the shifts: driving and at work. */
  readonly busy: number;
};

/** `withdrawn`: offers taken back for another engineer's sake. */
export function figuresOf(day: Day, withdrawn: number): Figures {
  const visits = [...day.records.values()];
  const firsts = visits.filter(({ job }) => job.follows === undefined);
  const faults = firsts.filter(({ job }) => job.appointment === undefined);
  const agreed = firsts.filter(({ job }) => job.appointment !== undefined);
  const accepted = visits.flatMap(({ history, by }) =>
    history.filter(({ why }) => why === "accepted").map(({ engineer }, i, all) => engineer === by && i === all.length - 1),
  );
  const given = visits.flatMap(({ history }) => history.filter(({ why }) => why !== "accepted"));
  const shiftMs = day.town.crew.reduce((sum, { shiftFrom, shiftTo }) => sum + shiftTo - shiftFrom, 0);
  const by = (reckon: (some: readonly Visit[]) => number): Record<Priority, number> =>
    Object.fromEntries(Priority.options.map((priority) => [priority, reckon(faults.filter(({ job }) => job.priority === priority))])) as Record<
      Priority,
      number
    >;
  return {
    jobs: firsts.length,
    breach: by((some) => share(some, isLate)),
    responseMin: by((some) => mean(some.flatMap(({ job, arrivedAt }) => (arrivedAt === undefined ? [] : [(arrivedAt - job.openedAt) / MINUTE_MS])))),
    appointmentsMissed: share(agreed, isLate),
    travelMinPerJob: visits.reduce((sum, { travelMs }) => sum + travelMs, 0) / MINUTE_MS / visits.filter(({ doneAt }) => doneAt !== undefined).length,
    unserved: firsts.filter(({ arrivedAt }) => arrivedAt === undefined).length,
    reassignmentsPerJob: (given.length + withdrawn) / visits.length,
    firstVisitFix: share(
      firsts.filter(({ doneAt }) => doneAt !== undefined),
      ({ mended }) => mended === true,
    ),
    kept: share(accepted, (one) => one),
    offersKept: accepted.filter((one) => one).length / visits.reduce((sum, { asked }) => sum + asked.length, 0),
    busy: [...day.people.values()].reduce((sum, { busyMs }) => sum + busyMs, 0) / shiftMs,
  };
}

function isLate({ job, arrivedAt }: Visit): boolean {
  return arrivedAt === undefined || arrivedAt > job.respondBy;
}

function share<T>(list: readonly T[], holds: (one: T) => boolean): number {
  return list.length === 0 ? 0 : list.filter(holds).length / list.length;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
