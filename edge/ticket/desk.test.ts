/** What the desk, a program and a customer say of jobs, and what engineers say besides how far they are. */
import { expect, test } from "vitest";
import type { Answer } from "../../contracts/effect.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { policyOf } from "../../contracts/ticket-policy.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, REPORT, scenarioOf, stage, verdict, type Stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { PARENTS_MAX } from "./desk.ts";

const scenario = scenarioOf(pumpVibration);
const HOUR_MS = 3_600_000;
const { reopenMs, closeMs, complaintMs } = policyOf(scenario);

const wanted = (more: object = {}): Answer => ({ type: "open", by: "desk", asset: "pump" as Ticket["asset"], words: "change the oil", ...more });
const complaint = (more: object = {}): Answer => ({ type: "complain", by: "crm", asset: "pump" as Ticket["asset"], words: "it howls at night", ...more });
const byId = (set: Stage, id: string) => set.world.view.get("ticket", id);

/** A job as far as resolved, by whoever is asked. */
function resolved(set: Stage, at: number, more: object = {}): Ticket {
  const offer = set.openOffer();
  const { ticket, engineer: by } = offer;
  set.say(at, accept(offer));
  for (const to of ["working", "resolved"] as const) set.say(at + 1, { type: "progress", ticket, by, to, ...REPORT, ...(to === "resolved" ? more : {}) });
  return byId(set, ticket) ?? set.only("ticket");
}

test("T30 a person opens a ticket with kit and dispatch like any other; the same id again is the same ticket", () => {
  const set = stage(scenario);
  const one = wanted({ ticket: "wish-1", faultMode: "cavitation", priority: "p3" });
  set.say(START, one);
  expect(set.only("ticket")).toMatchObject({
    id: "wish-1",
    state: "offered",
    source: "person",
    words: "change the oil",
    faultMode: "cavitation",
    priority: "p3",
    respondBy: START + scenario.sla.p3.respondMs,
    history: [
      { to: "open", by: "desk", as: "dispatcher", at: START },
      { from: "open", to: "offered", as: "unit" },
    ],
  });
  expect(set.only("ticket")).not.toHaveProperty("alarm");
  expect(set.only("kit")).toMatchObject({ ticket: "wish-1", state: "proposed" });
  expect(set.say(START + 5, one)).toMatchObject({ changes: [] });
  expect(resolved(set, START + 9)).toMatchObject({ state: "resolved" });
  expect(set.only("repair")).toMatchObject({ ticket: "wish-1", causeCode: "wear" });
});

test("T30 what a ticket can't be is refused by field", () => {
  const set = stage(scenario);
  for (const [more, refused, field] of [
    [{ asset: "none" }, "unknown-asset", "asset"],
    [{ faultMode: "none" }, "malformed", "faultMode"],
    [{ parent: "none" }, "unknown-ticket", "parent"],
    [{ follows: "none" }, "unknown-ticket", "follows"],
  ] as const)
    expect(set.say(START, wanted(more))).toMatchObject({ refused, field });
  expect(set.all("ticket")).toEqual([]);
});

test("T30 a job that has parts is closed after them, also by itself; no job is part of itself, nor too deep", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  const say = (answer: Answer, at = START) => set.say(at, answer);
  say(wanted({ ticket: "whole" }));
  const done = resolved(set, START + 1);
  expect(say(wanted({ ticket: "late", parent: done.id }))).toMatchObject({ refused: "wrong-state" });
  say({ type: "reopen", ticket: done.id, by: "desk", why: "another bearing" });
  say(wanted({ ticket: "part", parent: "whole" }));
  const place = (ticket: string, parent: string | null): Answer => ({
    type: "place",
    ticket: ticket as Ticket["id"],
    parent: parent as Ticket["id"] | null,
    by: "desk",
  });
  expect(say(place("whole", "part"))).toMatchObject({ refused: "malformed", field: "parent" });
  expect(say(place("part", "part"))).toMatchObject({ refused: "malformed", field: "parent" });
  resolved(set, START + 5);
  expect(say({ type: "close", ticket: "whole" as Ticket["id"], by: "desk" })).toMatchObject({
    refused: "children-open",
    rule: expect.stringContaining("part"),
  });
  set.due(START + 6 + closeMs, { type: "ticket-closes", ticket: "whole" as Ticket["id"] });
  expect(byId(set, "whole")?.state).toBe("resolved");
  say(place("part", null));
  expect(byId(set, "part")).not.toHaveProperty("parent");
  say({ type: "close", ticket: "whole" as Ticket["id"], by: "desk" });
  expect(byId(set, "whole")).toMatchObject({ state: "closed", closedBy: "desk" });
  const deep = stage(scenario, []);
  for (let i = 0; i <= PARENTS_MAX; i++) {
    const answer = deep.say(START, wanted({ ticket: `t${i}`, ...(i === 0 ? {} : { parent: `t${i - 1}` }) }));
    expect(answer).not.toHaveProperty("refused");
  }
  expect(deep.say(START, wanted({ parent: `t${PARENTS_MAX}` }))).toMatchObject({ refused: "malformed", field: "parent" });
});

test("T20 what is done is closed by the unit in time; reopened it goes on as the same ticket with another kit, and somebody is asked", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  const before = resolved(set, START + 1);
  const closes = set.world.kept.timers[`close:${before.id}`];
  expect(closes?.at).toBe(START + 2 + closeMs);
  set.due(START + 2, { type: "ticket-closes", ticket: before.id });
  expect(set.only("ticket").state).toBe("resolved");
  set.due(START + 2 + closeMs, { type: "ticket-closes", ticket: before.id });
  expect(set.only("ticket")).toMatchObject({ state: "closed", closedBy: "unit" });
  expect(set.last().because).toMatchObject([{ step: "timer", outcome: "closed", reasons: [{ code: "time-over", about: { ms: closeMs } }] }]);
  const at = START + 2 + reopenMs;
  set.say(at, { type: "reopen", ticket: before.id, by: "desk", why: "leaks again" });
  const after = set.only("ticket");
  expect(after).toMatchObject({ id: before.id, state: "offered", reopened: { times: 1 }, repairs: before.repairs });
  expect(after.kit).not.toBe(before.kit);
  expect(set.all("kit")).toHaveLength(2);
  expect(set.all("assignment")).toEqual([]);
  expect(after.history?.map(({ to }) => to)).toEqual(["open", "offered", "assigned", "working", "resolved", "closed", "reopened", "offered"]);
  set.say(at, { type: "decline", offer: set.openOffer().id, by: "a" as EngineerId, reason: "" });
  expect(set.only("ticket").state).toBe("reopened");
  resolvedAgain(set, at);
  expect(set.all("repair")).toHaveLength(2);
});

function resolvedAgain(set: Stage, at: number): void {
  set.due(at + 60_000, { type: "dispatch-again", ticket: set.only("ticket").id });
  expect(resolved(set, at + 60_000)).toMatchObject({ state: "resolved" });
}

test("T20 after its time another ticket follows, with the same fault; and none while one does", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict(), verdict({ state: "normal", at: START + 1 }));
  const before = resolved(set, START + 1);
  const late = START + 3 + reopenMs;
  set.say(late, { type: "reopen", ticket: before.id, by: "desk", why: "leaks again" });
  const [first, next] = set.all("ticket");
  expect(first).toEqual(before);
  expect(next).toMatchObject({ follows: before.id, source: "follow-up", faultMode: before.faultMode, state: "offered", words: "leaks again" });
  expect(next).not.toHaveProperty("alarm");
  expect(set.say(late, { type: "reopen", ticket: before.id, by: "desk", why: "again" })).toMatchObject({ refused: "wrong-state" });
  expect(set.say(late, { type: "reopen", ticket: next?.id ?? before.id, by: "desk", why: "again" })).toMatchObject({ refused: "wrong-state" });
});

test("T32 a visit that needs another one is followed by it, under the alarm that still stands", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  const before = resolved(set, START + 1, { followUp: "the impeller is on order" });
  const next = set.all("ticket").find(({ id }) => id !== before.id);
  expect(next).toMatchObject({ follows: before.id, words: "the impeller is on order", state: "offered", alarm: before.alarm });
  expect(set.only("alarm").ticket).toBe(next?.id);
  expect(set.all("kit")).toHaveLength(2);
});

test("T22 what the visit found is a label of its alarms and stands with the repair", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START, verdict());
  const { id } = resolved(set, START + 1, { finding: "false-alarm", causeCode: "sensor" });
  expect(set.only("alarm").label).toEqual({ finding: "false-alarm", ticket: id, at: START + 2 });
  expect(set.only("repair")).toMatchObject({ finding: "false-alarm", causeCode: "sensor" });
});

test("T22 a kind of cause that the scenario does not name is refused, where it names them", () => {
  const causes = [{ code: "seal", title: { en: "Seal", zh: "密封" } }];
  const set = stage(scenarioOf(pumpVibration, { tickets: { causes } }), [engineer("a", 1)]);
  set.hear(START, verdict());
  const { ticket, engineer: by } = set.openOffer();
  set.say(START, accept(set.openOffer()));
  set.say(START, { type: "progress", ticket, by, to: "working" });
  expect(set.say(START, { type: "progress", ticket, by, to: "resolved", ...REPORT })).toMatchObject({
    refused: "malformed",
    field: "causeCode",
    rule: "one of seal",
  });
  set.say(START, { type: "progress", ticket, by, to: "resolved", ...REPORT, causeCode: "seal" });
  expect(byId(set, ticket)).toMatchObject({ state: "resolved", causeCode: "seal" });
});

test("T25 a paused job keeps its engineer, who goes on; at its time it waits for them; the desk gives it to somebody else", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 2)]);
  set.hear(START, verdict());
  const { ticket, engineer: by } = set.openOffer();
  set.say(START + 1, accept(set.openOffer()));
  set.say(START + 2, { type: "progress", ticket, by, to: "working" });
  const pause = (until?: number): Answer => ({ type: "pause", ticket, by, as: "engineer", reason: "parts", ...(until === undefined ? {} : { until }) });
  expect(set.say(START + 3, pause(START + 3))).toMatchObject({ refused: "malformed", field: "until" });
  set.say(START + 3, pause(START + HOUR_MS));
  expect(set.say(START + 4, pause())).toMatchObject({ changes: [] });
  expect(set.only("ticket")).toMatchObject({ state: "paused", to: by, pausedAt: START + 3, pause: { reason: "parts", until: START + HOUR_MS } });
  set.due(START + 5, { type: "pause-ends", ticket });
  expect(set.only("ticket").state).toBe("paused");
  set.due(START + HOUR_MS, { type: "pause-ends", ticket });
  expect(set.only("ticket")).toMatchObject({ state: "assigned", to: by, pauses: [{ from: START + 3, to: START + HOUR_MS, reason: "parts" }] });
  expect(set.last().because).toMatchObject([{ step: "timer", outcome: "resumed", reasons: [{ code: "pause-over", about: { reason: "parts" } }] }]);
  expect(set.only("ticket").history?.at(-1)).toMatchObject({ by: "unit", why: "pause-over" });
  set.say(START + HOUR_MS, { type: "progress", ticket, by, to: "working" });
  set.say(START + HOUR_MS, pause());
  set.say(START + HOUR_MS, { type: "resume", ticket, by: "desk", as: "dispatcher" });
  expect(set.only("ticket").state).toBe("assigned");
  set.say(START + HOUR_MS + 1, { type: "return", ticket, by: "desk", why: "ill" });
  expect(set.only("ticket")).toMatchObject({ state: "offered", to: "b", asked: ["a"] });
  expect(set.all("assignment")).toEqual([]);
  expect(set.only("ticket").history?.slice(-2)).toMatchObject([
    { from: "assigned", to: "open", by: "desk", as: "dispatcher", why: "ill" },
    { from: "open", to: "offered" },
  ]);
});

test("T31 a complaint names the alarms before it, opens a ticket for their fault, and joins the job that is there", () => {
  const set = stage(scenario, [engineer("a", 1)]);
  set.hear(START - complaintMs - 2, verdict({ episode: "d1:0", fresh: false }), verdict({ episode: "d1:0", state: "normal" }));
  set.hear(START - 9, verdict({ episode: "d1:1", faultMode: "cavitation", fresh: false }));
  const [old, recent] = set.all("alarm");
  set.say(START, complaint({ id: "c-1" }));
  expect(set.only("ticket")).toMatchObject({
    source: "complaint",
    words: "it howls at night",
    faultMode: "cavitation",
    alarm: recent?.id,
    complaints: [{ id: "c-1", at: START, alarms: [recent?.id] }],
    history: [{ to: "open", as: "customer" }, {}],
  });
  expect(set.world.view.get("alarm", recent?.id ?? "")?.ticket).toBe(set.only("ticket").id);
  expect(old?.ticket).toBeUndefined();
  expect(set.say(START + 1, complaint({ id: "c-1" }))).toMatchObject({ changes: [] });
  set.say(START + 2, complaint({ words: "still howling" }));
  expect(set.only("ticket").complaints?.map(({ words }) => words)).toEqual(["it howls at night", "still howling"]);
  expect(set.say(START, complaint({ asset: "none" }))).toMatchObject({ refused: "unknown-asset" });
  expect(set.say(START, complaint({ at: START + 9 }))).toMatchObject({ refused: "malformed", field: "at" });
});

test("T31 an alarm after the complaint joins the job that it opened, where nobody knew of what and whoever is on it can do that", () => {
  const set = stage(scenario, [engineer("a", 1), engineer("b", 9)]);
  set.say(START, complaint({ id: "c-1" }));
  set.hear(START + HOUR_MS, verdict({ faultMode: "overheating", at: START + HOUR_MS, arrivedAt: START + HOUR_MS }));
  const { id } = set.only("alarm");
  expect(set.only("ticket")).toMatchObject({ source: "complaint", alarms: [id], priority: "p1" });
  expect(set.only("ticket").skills).toContain("electrical");
  const { because } = set.last();
  expect(because.find(({ outcome }) => outcome === "grouped")?.reasons).toMatchObject([{ code: "complaint" }]);
  expect([set.only("alarm").ticket, set.all("offer").length]).toEqual([set.only("ticket").id, 1]);
  // What else the machine says then is a fault of its own, where the scenario groups none.
  set.hear(START + HOUR_MS + 1, verdict({ device: "d2", episode: "d2:1", faultMode: "cavitation" }));
  expect(set.all("ticket")).toHaveLength(2);
  const unable = stage(scenario, [engineer("m", 1, { skills: ["mechanical", "bearings", "hydraulics"] }), engineer("e", 9)]);
  unable.say(START, complaint());
  expect(unable.openOffer().engineer).toBe("m");
  unable.hear(START + 1, verdict({ faultMode: "overheating" }));
  expect(unable.all("ticket")).toHaveLength(2);
});

test("T26 another fault of the asset joins the job of the last half hour, with its skills and the sooner promise", () => {
  const grouping = scenarioOf(pumpVibration, { tickets: { groupMs: 30 * 60_000 } });
  const hear = (set: Stage, at: number, mode: string, more: object = {}) =>
    set.hear(at, verdict({ device: mode, episode: `${mode}:1`, faultMode: mode, at, arrivedAt: at, ...more }));
  const set = stage(grouping, []);
  hear(set, START, "cavitation");
  hear(set, START + 60_000, "overheating");
  const ticket = set.only("ticket");
  const alarms = set.all("alarm").map(({ id }) => id);
  expect(ticket).toMatchObject({ alarm: alarms[0], alarms: [alarms[1]], priority: "p1", severity: "high", faultMode: "cavitation" });
  expect(ticket.skills).toEqual(["mechanical", "hydraulics", "electrical"]);
  expect(ticket.respondBy).toBe(START + 60_000 + scenario.sla.p1.respondMs);
  expect(set.all("alarm").map((alarm) => alarm.ticket)).toEqual([ticket.id, ticket.id]);
  hear(set, START + 31 * 60_000, "supply");
  expect(set.all("ticket")).toHaveLength(2);
  // Whoever is asked must be able to do it too.
  const limited = stage(grouping, [engineer("m", 1, { skills: ["mechanical", "hydraulics"] })]);
  hear(limited, START, "cavitation");
  hear(limited, START + 1, "overheating");
  expect(limited.all("ticket")).toHaveLength(2);
  hear(limited, START + 2, "loosening");
  expect(limited.all("ticket").map((one) => one.alarms?.length ?? 0)).toEqual([1, 0]);
  const apart = stage(scenario, []);
  hear(apart, START, "cavitation");
  hear(apart, START + 1, "overheating");
  expect(apart.all("ticket")).toHaveLength(2);
});

test("T26 T29 the pump template has one visit for what a pump says within half an hour, and names who is told when nobody takes it", () => {
  const set = stage(pumpVibration, []);
  for (const [i, mode] of ["cavitation", "overheating", "cavitation"].entries())
    set.hear(START + i, verdict({ episode: `d1:${i}`, faultMode: mode, at: START + i }));
  const ticket = set.only("ticket");
  expect([ticket.priority, ticket.alarms?.length]).toEqual(["p1", 1]);
  const { escalations } = policyOf(pumpVibration);
  for (const priority of ["p1", "p2", "p3"] as const) {
    const levels = escalations.filter(({ when, priorities }) => when === "unaccepted" && (priorities ?? [priority]).includes(priority));
    expect(levels.length).toBeGreaterThan(0);
    for (const { afterMs } of levels) expect(afterMs).toBeLessThan(pumpVibration.sla[priority].respondMs);
  }
});
