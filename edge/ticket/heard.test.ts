import { expect, test } from "vitest";
import { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { onHeard } from "../journey.ts";
import { accept, scenarioOf, stage, type Stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { commit } from "../sim/world.ts";
import { APPOINTMENT_LEAD_MS } from "../dispatch/offer.ts";

const HOUR = 3_600_000;
const scenario = scenarioOf(pumpVibration);

/** The CRM's attributes are laid into the ticket, as the shell does, and the stages are told. */
function crmWrites(set: Stage, at: number, attrs: Readonly<Record<string, unknown>>): void {
  const before = set.only("ticket");
  const after = Ticket.parse({ ...before, ...attrs });
  commit(set.world, { changes: [{ family: "ticket", id: after.id, after }], asks: [], timers: [], because: [] });
  const heard = Object.keys(attrs).map((attr) => ({ entity: "ticket", id: after.id, attr, actor: "crm", reason: "customer called", erased: false }));
  commit(set.world, onHeard(set.world.view, heard, at, set.world.newId));
}

function offered(): Stage {
  const set = stage(scenario);
  set.hear(START, verdict());
  return set;
}

test("T17 another priority from the CRM is another promise, reckoned from the opening; finished work keeps its own", () => {
  const set = offered();
  expect(set.only("ticket").priority).toBe("p1");
  crmWrites(set, START + 1_000, { priority: "p3" });
  const { respondMs, resolveMs } = scenario.sla.p3;
  expect(set.only("ticket")).toMatchObject({ state: "offered", respondBy: START + respondMs, resolveBy: START + resolveMs });
  set.say(START + 2_000, accept(set.openOffer()));
  for (const to of ["travelling", "working", "resolved"] as const)
    set.say(START + 3_000, {
      type: "progress",
      ticket: set.only("ticket").id,
      by: set.all("assignment")[0]?.engineer as never,
      to,
      cause: "c",
      causeCode: "wear",
      action: "a",
      partsUsed: [],
    });
  const finished = set.only("ticket");
  crmWrites(set, START + 4_000, { priority: "p1" });
  expect(set.only("ticket")).toEqual({ ...finished, priority: "p1" });
});

test("T18 a customer's hold takes the open offer back and nobody is asked until it ends; an accepted job goes on", () => {
  const set = offered();
  const first = set.openOffer();
  crmWrites(set, START + 1_000, { hold: { reason: "the hall is locked", until: START + HOUR } });
  expect(set.only("ticket")).toMatchObject({ state: "open", hold: { until: START + HOUR }, asked: [] });
  expect(set.all("offer").map(({ id, state }) => [id, state])).toEqual([[first.id, "withdrawn"]]);
  expect(set.say(START + 2_000, accept(first))).toMatchObject({ refused: "too-late" });
  expect(set.world.kept.timers[`dispatch:${first.ticket}`]).toMatchObject({ at: START + HOUR });
  set.due(START + HOUR, { type: "dispatch-again", ticket: first.ticket });
  expect(set.openOffer().engineer).toBe(first.engineer);
  set.say(START + HOUR + 1, accept(set.openOffer()));
  crmWrites(set, START + HOUR + 2, { hold: { reason: "again" } });
  expect(set.only("ticket")).toMatchObject({ state: "assigned", hold: { reason: "again" } });
});

test("T18 a hold without an end waits for the CRM to lift it", () => {
  const set = offered();
  const { ticket } = set.openOffer();
  crmWrites(set, START + 1_000, { hold: { reason: "out of budget" } });
  expect(set.world.kept.timers[`dispatch:${ticket}`]).toBeUndefined();
  crmWrites(set, START + 2_000, { hold: undefined });
  expect(set.openOffer().ticket).toBe(ticket);
});

test("P10 for an appointment an engineer is looked for shortly before; the promise is its end", () => {
  const set = stage(scenario, []);
  set.hear(START, verdict());
  const [from, to] = [START + 10 * HOUR, START + 12 * HOUR];
  crmWrites(set, START + 1_000, { appointment: { from, to } });
  const { id, respondBy } = set.only("ticket");
  expect(respondBy).toBe(to);
  expect(set.world.kept.timers[`dispatch:${id}`]).toMatchObject({ at: from - APPOINTMENT_LEAD_MS });
});

test("T36 the CRM has a job called off, reopened and complained about by the hub: once for its key, answered on the ticket, a refusal in words", () => {
  const set = offered();
  const { id } = set.only("ticket");
  const wish = (key: string, want: string, at: number) => crmWrites(set, at, { wish: { key, want, words: `because ${key}` } });
  wish("w-1", "reopen", START + 1);
  expect(set.only("ticket")).toMatchObject({
    state: "offered",
    wished: { key: "w-1", refused: "wrong-state", rule: expect.any(String), mend: expect.any(String) },
  });
  wish("w-2", "complain", START + 2);
  expect(set.only("ticket")).toMatchObject({ complaints: [{ id: "w-2", words: "because w-2" }], wished: { key: "w-2", at: START + 2 } });
  const offer = set.openOffer();
  wish("w-3", "cancel", START + 3);
  expect(set.only("ticket")).toMatchObject({ state: "cancelled", why: "because w-3", wished: { key: "w-3" } });
  expect(set.only("ticket").history?.at(-1)).toMatchObject({ as: "crm", by: "crm", why: "because w-3" });
  expect(set.world.view.get("offer", offer.id)?.state).toBe("withdrawn");
  wish("w-4", "reopen", START + 4);
  expect(set.only("ticket")).toMatchObject({ state: "offered", reopened: { times: 1 }, wished: { key: "w-4" } });
  // Heard again, after whatever happened since: it was done.
  set.say(START + 5, { type: "cancel", ticket: id, by: "desk", why: "sold" });
  wish("w-4", "reopen", START + 6);
  expect(set.only("ticket")).toMatchObject({ state: "cancelled", wished: { key: "w-4", at: START + 4 } });
  // Too late to go on: another one follows, and the answer names it.
  const late = START + 8 * 24 * HOUR;
  wish("w-5", "reopen", late);
  const next = set.all("ticket").find(({ follows }) => follows === id);
  expect(set.world.view.get("ticket", id)).toMatchObject({ state: "cancelled", wished: { key: "w-5", ticket: next?.id } });
  expect(next).toMatchObject({ state: "offered", source: "follow-up" });
});
