/** A created unit as its desks and lines know it: what they may read, and how they write. `unit-runner.ts` is the one that runs it. */
import type { Nudge } from "../../contracts/delta/frame.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { PlannerWork } from "../../contracts/planner.ts";
import type { HubPort } from "./hub-port.ts";
import type { KnowledgeStore } from "./knowledge-store.ts";
import type { ModelDesk } from "./model-desk.ts";
import type { Desk } from "./unit-desk.ts";
import type { UnitState } from "./unit-state.ts";
import type { Write } from "./write.ts";

export type Runner = {
  readonly state: () => UnitState;
  readonly view: UnitView;
  readonly desk: Desk;
  readonly knowledge: KnowledgeStore;
  /** One input: everything that `body` writes is one transaction, then what follows from it is performed. */
  readonly input: (body: (write: Write) => void, now: Millis) => void;
  /** How many inputs this object has taken since it was opened. */
  readonly inputs: () => number;
  /** The runner for what has arrived now: calls to the hub that are begun between this and the commit are in the decisions. */
  readonly arrived: () => Runner;
  readonly plannerWork: () => PlannerWork;
  readonly models: ModelDesk;
  /** Null in a sandbox. Nothing that an engineer waits for needs it; what does, is counted. */
  readonly hub: HubPort | null;
  /** What the Intake works by has changed. Inside a transaction. */
  readonly planChanged: () => void;
  /** There is something at the hub that concerns this unit. */
  readonly nudge: (of: Nudge) => void;
  /** Another runner takes over: the line to a hub elsewhere ends. */
  readonly close: () => void;
  /** An outage on purpose, for so long. Null in a sandbox. */
  readonly drill: ((ms: Millis) => void) | null;
  /** The platform's alarm rang, or the object has just been opened. */
  readonly wake: () => Promise<void>;
};
