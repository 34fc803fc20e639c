/**
 * Who may do what: one row for each route and each topic. A route that is not here answers 404, and a test fails on it;
 * the shell looks the row up before any code of the route runs.
 */
import { z } from "zod";

/** `customer`: the owner of machines, and only of those. */
export const Role = z.enum(["admin", "operations", "dispatcher", "engineer", "integrator", "unit", "customer"]);
export type Role = z.infer<typeof Role>;

/** A browser may hold two sessions of a unit at once, one for each of its pages: each in a cookie of its own. */
export type PageSide = "desk" | "phone";

/** `public`: anyone · `device`: the CONNECT packet decides · otherwise the roles that may; `admin` may everything in its unit. */
export type Who = "public" | "device" | readonly Role[];

export type RoutePermission = { readonly method: "GET" | "POST" | "PUT" | "DELETE"; readonly path: string; readonly who: Who; readonly at: "edge" | "hub" };

const desk = ["operations", "dispatcher"] as const;
const people = ["operations", "dispatcher", "engineer"] as const;
/** The desk, and a CRM by a token of its own; and customers, about their own machines. */
const office = [...desk, "integrator"] as const;
const callers = [...office, "customer"] as const;
/** At the hub: who looks contracts up, and who answers for them. */
const readers = ["integrator", "operations"] as const;
const stewards = ["operations"] as const;

export const ROUTES: readonly RoutePermission[] = [
  { at: "edge", method: "GET", path: "/", who: "public" },
  { at: "edge", method: "GET", path: "/api/health", who: "public" },
  // Pages hold no data; what they show they ask for.
  { at: "edge", method: "GET", path: "/u/:unit", who: "public" },
  { at: "edge", method: "GET", path: "/u/:unit/tickets/:ticket", who: "public" },
  { at: "edge", method: "GET", path: "/u/:unit/plan", who: "public" },
  { at: "edge", method: "GET", path: "/p/:unit", who: "public" },
  // Looking at a link uses nothing up; entering does, by a person's navigation or the page's button.
  { at: "edge", method: "GET", path: "/enter/:unit/:code", who: "public" },
  { at: "edge", method: "POST", path: "/enter/:unit/:code", who: "public" },
  { at: "edge", method: "GET", path: "/mqtt/:unit", who: "device" },
  { at: "edge", method: "GET", path: "/mqtt/:unit/:slice", who: "device" },

  { at: "edge", method: "POST", path: "/api/units", who: ["admin"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/me", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/sign-out", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/tokens", who: ["admin"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/links", who: ["admin"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/devices", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/entities", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/models", who: desk },
  { at: "edge", method: "PUT", path: "/api/u/:unit/models/:hash", who: ["operations"] },
  { at: "edge", method: "PUT", path: "/api/u/:unit/models/:hash/card", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/shadow", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/canary", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/promote", who: ["operations"] },
  // Going back is for whoever is there: a bad model wakes engineers meanwhile.
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/roll-back", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/stop", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/models/:profile/fit", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/models/:profile/fit", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/sandboxes", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/hub", who: ["admin"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/drill", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/receipts", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/board", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/live", who: people },
  { at: "edge", method: "GET", path: "/api/u/:unit/scenario", who: people },
  { at: "edge", method: "GET", path: "/api/u/:unit/devices", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/devices/:device/trace", who: people },
  { at: "edge", method: "GET", path: "/api/u/:unit/tail", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/quarantine", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/meters", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/mappings", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/chain", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/similar", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/recurring", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/why-not/:engineer", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/promise", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/roster", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/roster/shifts", who: ["operations"] },
  { at: "edge", method: "DELETE", path: "/api/u/:unit/roster/shifts", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/plan", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/planner", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/plan/moves/:ticket/confirm", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/plan/moves/:ticket/decline", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/knowledge", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/knowledge", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/agreements", who: ["operations"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/stock", who: people },
  { at: "edge", method: "PUT", path: "/api/u/:unit/depots", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/stock/movements", who: people },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/parts/:engineer", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/kit/again", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/actions", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/decisions", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/alarms/:alarm/acknowledge", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/confirm", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/cancel", who: office },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets", who: office },
  { at: "edge", method: "POST", path: "/api/u/:unit/complaints", who: callers },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/close", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/reopen", who: callers },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/return", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/parent", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/crew", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/pause", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/resume", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/leave", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/checklist", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/photos", who: ["engineer"] },
  { at: "edge", method: "GET", path: "/api/u/:unit/tickets/:ticket/photos/:photo", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/alarms/:alarm/shelve", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/alarms/:alarm/unshelve", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/suppressions", who: desk },
  { at: "edge", method: "POST", path: "/api/u/:unit/suppressions/:suppression/end", who: desk },
  { at: "edge", method: "GET", path: "/api/u/:unit/phone", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/offers/:offer/accept", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/offers/:offer/decline", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/progress", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/tickets/:ticket/late", who: ["engineer"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/engineers/:engineer/absence", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/engineers/:engineer/presence", who: people },
  { at: "edge", method: "POST", path: "/api/u/:unit/position", who: ["engineer"] },
  // Present only where the process that runs the demo hands it in: starts and stops the hub's process.
  { at: "edge", method: "GET", path: "/api/u/:unit/demo", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/demo/hub", who: ["operations"] },
  { at: "edge", method: "POST", path: "/api/u/:unit/demo/fault", who: ["operations"] },

  // As with a unit's pages: no data in them, looking at a link uses nothing up.
  { at: "hub", method: "GET", path: "/hub", who: "public" },
  { at: "hub", method: "GET", path: "/hub/enter/:code", who: "public" },
  { at: "hub", method: "POST", path: "/hub/enter/:code", who: "public" },
  { at: "hub", method: "GET", path: "/hub/:section", who: "public" },
  { at: "hub", method: "GET", path: "/hub/:section/:item", who: "public" },
  { at: "hub", method: "POST", path: "/api/hub/links", who: ["admin"] },
  { at: "hub", method: "GET", path: "/api/hub/me", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/sign-out", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/health/links", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/operations", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/receipts", who: readers },

  { at: "hub", method: "GET", path: "/api/hub/health", who: "public" },
  { at: "hub", method: "GET", path: "/api/hub/openapi.json", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/tokens", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/units", who: ["admin"] },
  { at: "hub", method: "GET", path: "/api/hub/contracts", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/contracts", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/contracts/impact", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/contracts/:subject", who: readers },
  { at: "hub", method: "PUT", path: "/api/hub/contracts/:subject/mode", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/contracts/:subject/diff", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/contracts/:subject/drafts/:draft", who: readers },
  { at: "hub", method: "DELETE", path: "/api/hub/contracts/:subject/drafts/:draft", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/contracts/:subject/drafts/:draft/publish", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/contracts/:subject/:version", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/contracts/:subject/:version/retire", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/quarantine", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/quarantine/:id/propose", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/bridges", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/bridges/:id", who: readers },
  { at: "hub", method: "PUT", path: "/api/hub/bridges/:id", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/bridges/:id/publish", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/bridges/:id/feed", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/bridges/:id/records", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/bridges/:id/writes", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/bridges/report", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/quality", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/quality/drift", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/quality/baselines", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/quality/profiles/:subject/:attr", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/scans", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/scans", who: stewards },
  { at: "hub", method: "PUT", path: "/api/hub/scans/schedule", who: stewards },
  // A unit that is elsewhere; the token is its own.
  { at: "hub", method: "GET", path: "/api/hub/sync/:unit", who: ["unit"] },
  // What leaves the hub by itself. An integrator sees and changes what its own party made.
  { at: "hub", method: "POST", path: "/api/hub/webhooks", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/webhooks", who: ["integrator"] },
  { at: "hub", method: "DELETE", path: "/api/hub/webhooks/:id", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/webhooks/:id/rotate", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/webhooks/:id/resume", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/webhooks/:id/redeliver", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/webhooks/:id/dead", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/consumers", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/consumers", who: ["integrator"] },
  { at: "hub", method: "DELETE", path: "/api/hub/consumers/:id", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/consumers/:id/commit", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/consumers/:id/feed", who: ["integrator"] },
  // Connectors carry the deployment's secrets to the organisation's own systems.
  { at: "hub", method: "POST", path: "/api/hub/connectors", who: ["admin"] },
  { at: "hub", method: "GET", path: "/api/hub/connectors", who: ["admin"] },
  { at: "hub", method: "DELETE", path: "/api/hub/connectors/:id", who: ["admin"] },
  { at: "hub", method: "GET", path: "/api/hub/connectors/:id/queue", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/connectors/:id/redeliver", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/connectors/:id/call", who: ["admin"] },
  { at: "hub", method: "GET", path: "/api/hub/streams", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/digest", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/digest", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/hub/entities/:entity/:id", who: readers },
  { at: "hub", method: "GET", path: "/api/hub/entities/:entity/:id/history", who: readers },
  { at: "hub", method: "POST", path: "/api/hub/master/imports", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/master/imports", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/master/imports/:id", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/master/imports/:id/rejects.csv", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/master/reviews", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/master/reviews/:id", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/master/merges", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/master/merges/:id/undo", who: stewards },
  // Models run in units, and each unit decides by its own jobs: the hub only offers.
  { at: "hub", method: "GET", path: "/api/hub/models", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/models/:hash", who: stewards },
  { at: "hub", method: "PUT", path: "/api/hub/models/:hash", who: stewards },
  { at: "hub", method: "DELETE", path: "/api/hub/models/:hash", who: stewards },
  { at: "hub", method: "PUT", path: "/api/hub/models/:hash/card", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/models/:hash/file", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/releases", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/releases", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/releases/:id", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/releases/:id/asks", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/dead", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/dead/redeliver", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/dead/discard", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/audit", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/audit/verify", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/subjects/:entity/:id", who: stewards },
  { at: "hub", method: "POST", path: "/api/hub/subjects/erase", who: stewards },
  { at: "hub", method: "GET", path: "/api/hub/backup", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/backups/confirm", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/restore", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/epochs", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/hub/units/:unit/expel", who: ["admin"] },
  { at: "hub", method: "POST", path: "/api/writes", who: ["integrator"] },
  { at: "hub", method: "POST", path: "/api/hub/complaints", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/snapshot", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/feed", who: ["integrator"] },
  { at: "hub", method: "GET", path: "/api/feed/stream", who: ["integrator"] },
];

export function sideOfRole(role: Role): PageSide {
  return role === "engineer" ? "phone" : "desk";
}

/** Whose cookie a route takes. A route that both pages use takes the one of the page that asks, which says so with `?as=phone`. */
export function sideOfRoute(who: readonly Role[], as: string | undefined): PageSide {
  const sides = new Set(who.map(sideOfRole));
  if (sides.size > 1) return as === "phone" ? "phone" : "desk";
  return sides.has("phone") ? "phone" : "desk";
}

/** `refuses`: what a SUBSCRIBE hears that this row refuses; without it that its user name may not. */
export type TopicPermission = { readonly filter: string; readonly publish: Who; readonly subscribe: Who; readonly refuses?: "unspecified" };

/** `{device}` must be the user name of the connection. The first row that matches decides; no row, no permission. */
export const TOPICS: readonly TopicPermission[] = [
  { filter: "u/{unit}/d/{device}/telemetry", publish: "device", subscribe: "device" },
  // Blocks of waveforms (`burst-wire.ts`).
  { filter: "u/{unit}/d/{device}/burst", publish: "device", subscribe: "device" },
  { filter: "u/{unit}/d/{device}/#", publish: "device", subscribe: "device" },
  // Ordinary broker topics among the devices of a unit: never ingested.
  { filter: "u/#", publish: [], subscribe: [] },
  // What the broker says of itself, while somebody listens.
  { filter: "$SYS/#", publish: [], subscribe: "device" },
  { filter: "#", publish: "device", subscribe: "device" },
];
