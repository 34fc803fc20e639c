/** What a planner is asked and what it proposes: plain values that travel between objects, and are kept as they are for a replay. */
import type { EngineerId, TicketId } from "../../../contracts/ids.ts";
import type { Millis, Place } from "../../../contracts/instant.ts";
import type { Problem, Routes } from "../route/problem.ts";

/** How long ways take: by the great circle; or, where a routing service says so, a table in ms, `[from * places + to]`, −1 for what can't be reached. */
export type Ways = { readonly speedKmh: number; readonly detour: number; readonly factor: number } | { readonly table: Int32Array };

/** Jobs and vehicles of the problem are tickets and engineers, by index. */
export type Snapshot = {
  /** Of the plan: a proposal that comes when it is another one is refused. */
  readonly version: string;
  readonly at: Millis;
  readonly problem: Pick<Problem, "jobs" | "vehicles" | "fairness">;
  readonly tickets: readonly TicketId[];
  readonly engineers: readonly EngineerId[];
  readonly places: readonly Place[];
  readonly ways: Ways;
  /** Routes as they are. */
  readonly routes: Routes;
};

export type Tour = { readonly engineer: EngineerId; readonly tickets: readonly TicketId[] };

/** `warm`: what was proposed for an earlier version and came too late. */
export type PlanAsk = { readonly snapshot: Snapshot; readonly seed: number; readonly iterations: number; readonly warm?: readonly Tour[] };

/** What routes would be best. Costs in ms of travel, as the weights of the unit have it; of the routes as they are, and as proposed. */
export type Proposal = {
  readonly version: string;
  readonly seed: number;
  readonly iterations: number;
  readonly tours: readonly Tour[];
  /** In nobody's route. */
  readonly left: readonly TicketId[];
  readonly costBefore: number;
  readonly costAfter: number;
};
