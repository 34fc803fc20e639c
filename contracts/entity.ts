/** Entity families of a unit, what a change to one is, and how stages read them. */
import type { z } from "zod";
import { Advice } from "./advice.ts";
import { Agreement } from "./agreement.ts";
import { Alarm, type Chance, Suppression } from "./alarm.ts";
import { Asset, Repair } from "./asset.ts";
import { Calendar } from "./calendar.ts";
import { HubComplaint } from "./complaint.ts";
import { Customer } from "./customer.ts";
import { Device } from "./device.ts";
import type { Reason } from "./decision.ts";
import type { StreamName } from "./delta/operation.ts";
import type { Citation, Diagnosis } from "./diagnosis.ts";
import { Engineer, Position } from "./engineer.ts";
import { ActionRow } from "./fan-out.ts";
import type { FaultModeId, ModelHash, PartId, ProfileId } from "./ids.ts";
import type { Millis } from "./instant.ts";
import { Kit } from "./kit.ts";
import { KnowledgeRow } from "./knowledge.ts";
import { Assignment, Offer } from "./offer.ts";
import { Move, type PartsFor, Route } from "./plan.ts";
import { ReservationRow } from "./reservation.ts";
import type { Scenario } from "./scenario.ts";
import { Depot, Movement, StockLevel } from "./stock.ts";
import { Ticket } from "./ticket.ts";
import { Calibration, type Travel } from "./travel.ts";
import type { Evidence, Verdict } from "./verdict.ts";

export const FAMILIES = {
  asset: Asset,
  device: Device,
  customer: Customer,
  agreement: Agreement,
  calendar: Calendar,
  engineer: Engineer,
  position: Position,
  repair: Repair,
  alarm: Alarm,
  ticket: Ticket,
  complaint: HubComplaint,
  offer: Offer,
  assignment: Assignment,
  kit: Kit,
  suppression: Suppression,
  route: Route,
  move: Move,
  calibration: Calibration,
  knowledge: KnowledgeRow,
  advice: Advice,
  depot: Depot,
  stock: StockLevel,
  movement: Movement,
  reservation: ReservationRow,
  action: ActionRow,
} as const;

export type Family = keyof typeof FAMILIES;
export type EntityOf<F extends Family> = z.infer<(typeof FAMILIES)[F]>;
export type Entity = EntityOf<Family>;

/**
 * The stream each family travels in, and where it doesn't leave the unit at all. A position is a personal value; a suppression is the desk's own,
 * as are the order of somebody's jobs and what a plan would move, what the roads take, what is known of machines, what lies in vans and what is done besides a job. A
 * kit's reservation is told by the kit.
 */
export const STREAM_OF: Readonly<Record<Family, StreamName | null>> = {
  asset: "assets",
  device: "assets",
  repair: "assets",
  customer: "customers",
  agreement: "customers",
  calendar: "customers",
  engineer: "people",
  position: null,
  alarm: "tickets",
  ticket: "tickets",
  complaint: "tickets",
  offer: "tickets",
  assignment: "tickets",
  kit: "tickets",
  suppression: null,
  route: null,
  move: null,
  calibration: null,
  knowledge: null,
  advice: null,
  depot: null,
  stock: null,
  movement: null,
  reservation: null,
  action: null,
};

/** One entity written or removed. The shell derives the field-level operations from what was stored before. */
export type Change = {
  [F in Family]: { readonly family: F; readonly id: string; readonly after: EntityOf<F> } | { readonly family: F; readonly id: string; readonly after: null };
}[Family];

/** What `list` can select by; each is an indexed column of the store. */
export type Where = { readonly state?: string; readonly asset?: string; readonly ticket?: string; readonly engineer?: string };

/** What a stage may read: the unit's truth as of this transaction, changes of the same input included. */
export type View = {
  get<F extends Family>(family: F, id: string): EntityOf<F> | undefined;
  /** In order of id (UUIDv7: of making). An alarm's `state` is `active` until cleared, then `cleared`. */
  list<F extends Family>(family: F, where?: Where): readonly EntityOf<F>[];
};

/** What is seen, sent and said of an asset; anything may be missing. `channels`: how many its device has. */
export type Observed = {
  readonly evidence?: readonly Evidence[];
  readonly channels?: number;
  readonly code?: string;
  readonly profile?: ProfileId;
  readonly complaint?: string;
};

/** What is known of machines, asked. `view`: what the unit remembers. */
export type Knows = {
  /** Null where nothing is known of any fault. */
  diagnose(view: View, asset: Asset, observed: Observed): Diagnosis | null;
  /** For a job whose fault mode is settled; `observed` tells what it follows from. */
  advise(view: View, job: { readonly asset: Asset; readonly observed?: Observed; readonly faultMode: FaultModeId }, now: Millis): Omit<Advice, "id" | "ticket">;
  /** Parts that may be built in instead. */
  substitutesOf(part: PartId): readonly { readonly part: PartId; readonly cite: Citation }[];
  /** How long an order takes; undefined: nobody knows. */
  leadMsOf(part: PartId): Millis | undefined;
  /** Whether two faults sit on one component: what it takes to open it is taken once. */
  shareComponent(a: FaultModeId, b: FaultModeId): boolean;
};

/**
 * The same with the rules that the unit runs by. `travel`: what a routing service says, as of now; without it travel is reckoned. `stockOf`: what
 * the stock of a view says, which may be the one of a decision in the making; without it parts keep nobody from a job. Without `knows` a fault is
 * what the scenario's own rule makes of the evidence.
 */
export type UnitView = View & {
  readonly scenario: Scenario;
  readonly travel?: Travel;
  readonly stockOf?: StockOf;
  readonly knows?: Knows;
  /** A ticket whose priority is another by now, with the promise that is then given; without it the promise stays. */
  readonly promised?: (view: UnitView, ticket: Ticket, now: Millis) => Ticket;
  /** Why a model's word is not acted on without a person for now; null: it is. */
  readonly adrift?: (model: ModelHash) => Reason | null;
  /** How likely an alarm of this model and score is true; null where nobody can say. */
  readonly chanceOf?: (said: Pick<Verdict, "device" | "model" | "score">, now: Millis) => Chance | null;
};
export type StockOf = (view: UnitView, travel: Travel, now: Millis) => PartsFor;

/** The indexed columns of an entity; absent where the family has no such field. A shelf: whose van it is in, and `held` where something is kept for a kit. */
export function columnsOf(
  family: Family,
  entity: Entity,
): { readonly state: string | null; readonly asset: string | null; readonly ticket: string | null; readonly engineer: string | null } {
  const e = entity as Readonly<Record<string, unknown>>;
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  if (family === "stock") {
    const isHeld = Array.isArray(e["holds"]) && e["holds"].length > 0;
    return { state: isHeld ? "held" : null, asset: null, ticket: null, engineer: /^van:(.*)$/.exec(text(e["place"]) ?? "")?.[1] ?? null };
  }
  const state = family === "alarm" ? (e["clearedAt"] === undefined ? "active" : "cleared") : text(e["state"]);
  const engineer = text(e["engineer"]) ?? text(e["to"]);
  const ticket = family === "assignment" ? text(e["id"]) : text(e["ticket"]);
  return { state, asset: text(e["asset"]), ticket, engineer };
}
