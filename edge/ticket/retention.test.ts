import { expect, test } from "vitest";
import type { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, REPORT, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { letGo, VISIT_COUNTS_MS } from "./retention.ts";

test("T34 a finished ticket goes with its offers, kit, assignment and alarm, and not while anything leans on it", () => {
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1)]);
  set.hear(START, verdict());
  const { view } = set.world;
  const ticket = () => view.get("ticket", id) as Ticket;
  const { ticket: id, engineer: by } = set.openOffer();
  expect(letGo(view, ticket(), START + 9)).toBe(null);
  set.say(START + 1, accept(set.openOffer()));
  for (const to of ["working", "resolved"] as const) set.say(START + 2, { type: "progress", ticket: id, by, to, ...REPORT });
  expect(letGo(view, ticket(), START + 9)).toBe(null);
  set.say(START + 3, { type: "close", ticket: id, by: "desk" });
  // Its alarm still stands.
  expect(letGo(view, ticket(), START + 9)).toBe(null);
  set.hear(START + 4, verdict({ state: "normal", at: START + 4 }));
  const gone = letGo(view, ticket(), START + 9);
  expect(gone?.map(({ family }) => family)).toEqual(["ticket", "offer", "kit", "assignment", "alarm"]);
  set.say(START + 5, { type: "open", by: "desk", asset: "pump" as never, words: "again", follows: id });
  expect(letGo(view, ticket(), START + 9)).toBe(null);
  const next = set.all("ticket").find((one) => one.follows === id);
  set.say(START + 6, { type: "cancel", ticket: next?.id ?? id, by: "desk", why: "no" });
  expect(letGo(view, ticket(), START + 9)).toEqual(gone);
});

test("T34 AG15 a visit that counts on its agreement stays as long as a year of that may hold it", () => {
  const set = stage(scenarioOf(pumpVibration), [engineer("a", 1)]);
  set.say(START, { type: "open", by: "desk", asset: "pump" as never, words: "oil" });
  const { ticket: id, engineer: by } = set.openOffer();
  set.say(START + 1, accept(set.openOffer()));
  for (const to of ["working", "resolved"] as const) set.say(START + 2, { type: "progress", ticket: id, by, to, ...REPORT });
  set.say(START + 3, { type: "close", ticket: id, by: "desk" });
  const visit = { ...set.only("ticket"), countsOn: "gold" } as Ticket;
  const later = START + VISIT_COUNTS_MS;
  expect(letGo(set.world.view, visit, later - 1)).toBe(null);
  expect(letGo(set.world.view, visit, later)).not.toBe(null);
  expect(letGo(set.world.view, set.only("ticket"), later - 1)).not.toBe(null);
});
