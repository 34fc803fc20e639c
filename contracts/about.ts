/** What our own contracts say of each family as a whole: its key, owner, relations, who writes which attribute, and what quality is promised. */
import type { DocumentAnnotations, Writers } from "./annotation.ts";
import type { Family } from "./entity.ts";

type About = {
  /** What ids of this name are unique in: `within`. The key attribute is `id` everywhere. */
  readonly namespace: string;
  /** Absent: the tenant, one id is one thing in all its units. `unit`: two units may use one id for two things; see unit-key.ts. */
  readonly within?: "unit";
  readonly owner: string;
  /** Whom an entity belongs to. Absent: the tenant; a unit that says something of it sees it from then on. `unit`: the one that made it. */
  readonly belongsTo?: "unit";
  /** Attribute → subject that it points to. */
  readonly relations?: Readonly<Record<string, Family>>;
  readonly writers: { readonly otherwise: Writers; readonly attrs?: Readonly<Record<string, Writers>> };
  readonly quality: NonNullable<DocumentAnnotations["x-quality"]>;
};

const MINUTE_MS = 60_000;
/** Facts of a job reach the hub as they happen; a unit that was away is late, and says so. */
const JOB = { freshnessMs: 5 * MINUTE_MS, completeness: 0.99, validity: 0.999 };
/** Master data changes rarely; what counts is that it is filled in. */
const MASTER = { completeness: 0.95, validity: 0.99 };

/** What a unit opens, it writes. The CRM changes a ticket's priority, and writes complaints; master data is written on both sides. */
export const ABOUT: Readonly<Record<Family, About>> = {
  asset: { namespace: "asset", owner: "master-data", relations: { customer: "customer" }, writers: { otherwise: "any" }, quality: MASTER },
  device: {
    namespace: "device",
    within: "unit",
    owner: "operations",
    belongsTo: "unit",
    relations: { asset: "asset" },
    writers: { otherwise: "unit" },
    quality: MASTER,
  },
  customer: { namespace: "customer", owner: "master-data", writers: { otherwise: "any" }, quality: MASTER },
  agreement: { namespace: "agreement", owner: "service", writers: { otherwise: "any" }, quality: MASTER },
  calendar: { namespace: "calendar", owner: "service", writers: { otherwise: "any" }, quality: MASTER },
  engineer: { namespace: "engineer", owner: "operations", writers: { otherwise: "any" }, quality: MASTER },
  position: {
    namespace: "engineer",
    owner: "operations",
    relations: { id: "engineer" },
    writers: { otherwise: "unit" },
    quality: { freshnessMs: 15 * MINUTE_MS },
  },
  repair: {
    namespace: "repair",
    owner: "service",
    belongsTo: "unit",
    relations: { asset: "asset", ticket: "ticket", engineer: "engineer" },
    writers: { otherwise: "unit" },
    quality: JOB,
  },
  alarm: {
    namespace: "alarm",
    owner: "operations",
    belongsTo: "unit",
    relations: { asset: "asset", device: "device", ticket: "ticket" },
    writers: { otherwise: "unit" },
    quality: JOB,
  },
  ticket: {
    namespace: "ticket",
    owner: "service",
    belongsTo: "unit",
    relations: { asset: "asset", alarm: "alarm", kit: "kit", to: "engineer", offer: "offer", follows: "ticket", parent: "ticket", agreement: "agreement" },
    writers: { otherwise: "unit", attrs: { priority: "any", hold: "hub", appointment: "hub", wish: "hub" } },
    quality: JOB,
  },
  complaint: {
    namespace: "complaint",
    owner: "service",
    relations: { asset: "asset", ticket: "ticket" },
    writers: { otherwise: "hub", attrs: { ticket: "unit", answer: "unit" } },
    quality: JOB,
  },
  offer: {
    namespace: "offer",
    owner: "service",
    belongsTo: "unit",
    relations: { ticket: "ticket", engineer: "engineer" },
    writers: { otherwise: "unit" },
    quality: JOB,
  },
  assignment: {
    namespace: "ticket",
    owner: "service",
    belongsTo: "unit",
    relations: { id: "ticket", engineer: "engineer", offer: "offer" },
    writers: { otherwise: "unit" },
    quality: JOB,
  },
  kit: { namespace: "kit", owner: "warehouse", belongsTo: "unit", relations: { ticket: "ticket" }, writers: { otherwise: "unit" }, quality: JOB },
  suppression: {
    namespace: "suppression",
    owner: "operations",
    belongsTo: "unit",
    relations: { asset: "asset", device: "device" },
    writers: { otherwise: "unit" },
    quality: {},
  },
  route: { namespace: "engineer", owner: "operations", belongsTo: "unit", relations: { id: "engineer" }, writers: { otherwise: "unit" }, quality: {} },
  move: {
    namespace: "ticket",
    owner: "operations",
    belongsTo: "unit",
    relations: { id: "ticket", from: "engineer", to: "engineer" },
    writers: { otherwise: "unit" },
    quality: {},
  },
  calibration: { namespace: "calibration", within: "unit", owner: "operations", belongsTo: "unit", writers: { otherwise: "unit" }, quality: {} },
  knowledge: { namespace: "knowledge", within: "unit", owner: "product", belongsTo: "unit", writers: { otherwise: "unit" }, quality: {} },
  advice: { namespace: "ticket", owner: "service", belongsTo: "unit", relations: { ticket: "ticket" }, writers: { otherwise: "unit" }, quality: {} },
  depot: { namespace: "depot", within: "unit", owner: "warehouse", belongsTo: "unit", writers: { otherwise: "unit" }, quality: {} },
  stock: { namespace: "stock", within: "unit", owner: "warehouse", belongsTo: "unit", writers: { otherwise: "unit" }, quality: {} },
  movement: { namespace: "movement", within: "unit", owner: "warehouse", belongsTo: "unit", writers: { otherwise: "unit" }, quality: {} },
  reservation: { namespace: "kit", owner: "warehouse", belongsTo: "unit", relations: { ticket: "ticket" }, writers: { otherwise: "unit" }, quality: {} },
  action: {
    namespace: "action",
    within: "unit",
    owner: "service",
    belongsTo: "unit",
    relations: { ticket: "ticket" },
    writers: { otherwise: "unit" },
    quality: {},
  },
};
