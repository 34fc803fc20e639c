/**
 * What is to be planned: jobs for vehicles (an engineer's shift is a vehicle). Plain facts, without tickets and file formats, so that the unit,
 * the simulator and `outpost plan` state their problems alike. Jobs, vehicles and places are named by their index.
 *
 * Times are whole numbers on one clock (seconds of a day, or milliseconds since the epoch) and one clock only; a cost is worth what one unit
 * of travel time costs unless a vehicle says otherwise.
 *
 * The cost of a plan, all of it:
 *   for each vehicle that has a job  fixedCost + Σ legs + overtimeCost × time after overtimeFrom + fairness × load² ÷ shift
 *   for each job that is planned     vehicleCost + reassignCost + moveCost × |start − told| + lateCost × time after due + waitCost × time since release
 *   for each job that is not         dropCost
 * where `load` is all the vehicle's travel, setup and service. A job starts as early as its route allows.
 */

/** Instants from which and until which something may begin; both count. */
export type Window = readonly [from: number, to: number];

export type Skill = string | number;

/** What people were told already. */
export type Told = {
  readonly vehicle: number;
  /** Giving it to another vehicle. */
  readonly reassignCost?: number;
  readonly at?: number;
  /** For each unit of time away from `at`. */
  readonly moveCost?: number;
};

export type Job = {
  readonly place: number;
  readonly service?: number;
  /** Before the service, unless the step before was at the same place. */
  readonly setup?: number;
  /** In order and apart; it begins (with its setup) inside one of them. Absent: at any time. */
  readonly windows?: readonly Window[];
  /** Not begun before. Waiting is counted from here. */
  readonly release?: number;
  /** By dimension: on board from the start of the route until here, such as parts from the van's stock. */
  readonly delivery?: readonly number[];
  /** By dimension: on board from here to the end. */
  readonly pickup?: readonly number[];
  readonly skills?: readonly Skill[];
  /** Vehicles that may have it; absent: all. One alone pins the job to it. */
  readonly only?: readonly number[];
  /** Vehicles that may not, such as those of engineers who declined. */
  readonly not?: readonly number[];
  readonly vehicleCost?: ReadonlyMap<number, number>;
  readonly told?: Told;
  readonly due?: number;
  readonly lateCost?: number;
  readonly waitCost?: number;
  /** 0 to 100. Among jobs without a `dropCost` higher priorities are planned first, whatever the travel. */
  readonly priority?: number;
  /** What leaving it out costs; absent: more than any travel. */
  readonly dropCost?: number;
};

export type Break = { readonly service: number; readonly windows: readonly Window[] };

export type Vehicle = {
  /** Absent: the route begins, or ends, at its first or last job. */
  readonly start?: number;
  readonly end?: number;
  /** It leaves no earlier and has ended no later. */
  readonly window?: Window;
  /** Which of the problem's profiles it travels by; the first when absent. */
  readonly profile?: number;
  readonly skills?: readonly Skill[];
  /** By dimension: what fits in, or the stock there is. Absent: no limit. */
  readonly capacity?: readonly number[];
  /** In the order in which they are taken. All of them are, if it has a job at all; travel may go on before and after. */
  readonly breaks?: readonly Break[];
  /** Jobs that stay at the beginning of its route, in this order: they are facts, so their windows, skills and amounts keep nobody from them. */
  readonly pinned?: readonly number[];
  readonly jobsMax?: number;
  readonly travelMax?: number;
  readonly distanceMax?: number;
  readonly fixedCost?: number;
  /** For each unit of travel time; 1 when absent. */
  readonly timeCost?: number;
  /** For each unit of distance; nothing when absent. */
  readonly distanceCost?: number;
  readonly overtimeFrom?: number;
  readonly overtimeCost?: number;
};

/** From place to place. What is not finite, or negative, can't be reached. */
export type Leg = (from: number, to: number) => number;

export type Profile = {
  readonly time: Leg;
  readonly distance?: Leg;
  /** Instead of what a vehicle's `timeCost` and `distanceCost` make of a leg. */
  readonly cost?: Leg;
};

export type Problem = {
  readonly places: number;
  readonly profiles: readonly Profile[];
  readonly jobs: readonly Job[];
  readonly vehicles: readonly Vehicle[];
  /** What is picked up by the first job (its `pickup`) and brought by the second, by one vehicle in this order. */
  readonly pairs?: readonly (readonly [pickup: number, delivery: number])[];
  /** Weight of an even load; nothing when absent. */
  readonly fairness?: number;
};

/** A step of a route: a job, or a break of its vehicle by index. */
export type Step = { readonly job: number } | { readonly break: number };

/** By vehicle, in order. Jobs in none of them are left out; so are the breaks of a vehicle without a job. */
export type Routes = readonly (readonly Step[])[];

export function isJob(step: Step): step is { readonly job: number } {
  return "job" in step;
}

/** A plan as it is told: when each step begins. */
export type Stop = Step & { readonly startAt: number; readonly endAt: number };
export type Tour = { readonly vehicle: number; readonly leaveAt: number; readonly stops: readonly Stop[]; readonly endAt: number };
export type Timetable = { readonly tours: readonly Tour[]; readonly left: readonly number[] };

/** A span of times in one problem: 11 days in milliseconds, 31 years in seconds. Sums of two stay within 32 bits. */
export const SPAN_MAX = 1_000_000_000;
