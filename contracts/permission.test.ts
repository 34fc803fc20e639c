import { expect, test } from "vitest";
import { ROUTES, TOPICS } from "./permission.ts";

test("A1 a route is declared once, and its place is the hub only below /api/hub, /api/feed, /api/writes, /api/snapshot and, for its pages, /hub", () => {
  const keys = ROUTES.map((r) => `${r.method} ${r.path}`);
  expect(new Set(keys).size).toBe(keys.length);
  for (const row of ROUTES) expect(row.at === "hub").toBe(/^(\/api\/(hub|feed|writes|snapshot)|\/hub)(\/|$)/.test(row.path));
});

test("A2 only pages, health, sign-in and MQTT are open; what changes anything needs a role", () => {
  const open = ROUTES.filter((r) => typeof r.who === "string");
  expect(open.filter((r) => r.method !== "GET").map((r) => r.path)).toEqual(["/enter/:unit/:code", "/hub/enter/:code"]);
  expect(open.filter((r) => r.path.startsWith("/api/")).map((r) => r.path)).toEqual(["/api/health", "/api/hub/health"]);
  for (const row of ROUTES) if (typeof row.who !== "string") expect(row.who.length).toBeGreaterThan(0);
});

test("A3 a device speaks for itself only: every topic below u/ that isn't its own is closed", () => {
  const below = TOPICS.filter((t) => t.filter.startsWith("u/"));
  for (const row of below) expect(row.filter.includes("{device}")).toBe(row.publish === "device");
  expect(TOPICS.findIndex((t) => t.filter === "u/#")).toBeLessThan(TOPICS.findIndex((t) => t.filter === "#"));
});
