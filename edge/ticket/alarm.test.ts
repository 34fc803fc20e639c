import fc from "fast-check";
import { expect, test } from "vitest";
import { JOINED_MAX } from "../../contracts/alarm.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { REPORT, accept, scenarioOf, stage, verdict } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { faultModeOf } from "./fault-mode.ts";

const scenario = scenarioOf(pumpVibration);

test("T1 an episode raises one alarm and opens one ticket; its repeats are counted on the alarm", () => {
  const { hear, only, all } = stage(scenario);
  hear(START, verdict({ absorbed: 2 }));
  hear(START + 1_000, verdict({ absorbed: 5 }), verdict({ absorbed: 4 }));
  expect(only("alarm")).toMatchObject({
    episode: "d1:1",
    faultMode: "bearing-wear",
    severity: "high",
    raisedAt: START,
    sampleAt: START,
    repeats: 2,
    absorbed: 5,
  });
  expect(only("alarm").ticket).toBe(only("ticket").id);
  expect(all("offer")).toHaveLength(1);
});

test("VP13 an alarm is as bad as the worst of its fault mode and of what its verdicts said, and so is its job when it opens", () => {
  const { hear, only } = stage(scenario);
  hear(START, verdict({ severity: "low" }));
  expect([only("alarm").severity, only("ticket").severity]).toEqual(["high", "high"]);
  hear(START + 1, verdict({ severity: "critical", rule: "limit" }));
  hear(START + 2, verdict({ severity: "medium", rule: "zone" }));
  expect(only("alarm").severity).toBe("critical");
  const worst = stage(scenario);
  worst.hear(START, verdict({ severity: "critical", rule: "limit" }));
  expect([worst.only("alarm").severity, worst.only("ticket").severity]).toEqual(["critical", "critical"]);
});

test("VP26 a job rises with its alarm: as bad, as urgent, with the sooner promise; once, and it does not fall; not where the work is over", () => {
  const { hear, only, last } = stage(scenario);
  const mild = { evidence: [{ channel: "flow", share: 1 }] };
  hear(START, verdict({ ...mild, score: 0.6, severity: "low" }));
  expect(only("ticket")).toMatchObject({ faultMode: "cavitation", severity: "medium", priority: "p2", state: "offered" });
  const { respondBy } = only("ticket");
  hear(START + 1_000, verdict({ ...mild, severity: "critical", rule: "limit", at: START + 1_000 }));
  expect(only("ticket")).toMatchObject({ severity: "critical", priority: "p1" });
  expect(only("ticket").respondBy).toBeLessThan(respondBy);
  expect(only("ticket").alarms).toBe(undefined);
  expect(last().because.find(({ outcome }) => outcome === "risen")?.reasons[0]).toMatchObject({
    code: "alarm-worse",
    about: { from: "medium", severity: "critical", priority: "p1" },
  });
  const risen = only("ticket");
  hear(START + 2_000, verdict({ ...mild, severity: "low", at: START + 2_000 }), verdict({ ...mild, severity: "critical", rule: "limit", at: START + 3_000 }));
  expect(only("ticket")).toEqual(risen);
  expect(last().because.some(({ outcome }) => outcome === "risen")).toBe(false);
  const atOnce = stage(scenario);
  atOnce.hear(START, verdict({ ...mild, severity: "critical", rule: "limit" }));
  expect(atOnce.only("ticket")).toMatchObject({ severity: "critical", priority: "p1" });
  const over = stage(scenario);
  over.hear(START, verdict({ ...mild, severity: "low" }));
  over.say(START + 1, { type: "cancel", ticket: over.only("ticket").id, by: "desk", why: "no" });
  over.hear(START + 2, verdict({ ...mild, severity: "critical", arrivedAt: START - 1, at: START }));
  expect(over.only("ticket")).toMatchObject({ state: "cancelled", severity: "medium" });
});

test("T1 an episode that returns after its clearing is raised again, wants to be seen again, and keeps its ticket", () => {
  const { hear, say, only } = stage(scenario);
  hear(START, verdict());
  say(START + 1, { type: "acknowledge", alarm: only("alarm").id, by: "desk" });
  hear(START + 2, verdict({ state: "normal" }));
  expect(only("alarm")).toMatchObject({ clearedAt: START + 2, acknowledgedAt: START + 1 });
  hear(START + 3, verdict());
  expect(only("alarm")).toMatchObject({ repeats: 1 });
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  expect(only("alarm")).not.toHaveProperty("acknowledgedAt");
  only("ticket");
});

test("T2 of more episodes than an alarm remembers those that are over are forgotten first: it does not clear while one of them stands", () => {
  const { hear, only } = stage(scenario);
  hear(START, verdict());
  for (let i = 1; i <= JOINED_MAX + 1; i++) {
    hear(START + 2 * i, verdict({ device: "d2", episode: `d2:${i}`, at: START + 2 * i }));
    if (i <= JOINED_MAX) hear(START + 2 * i + 1, verdict({ device: "d2", episode: `d2:${i}`, state: "normal", at: START + 2 * i + 1 }));
  }
  expect(only("alarm").joined?.at(-1)).toMatchObject({ episode: `d2:${JOINED_MAX + 1}` });
  expect(only("alarm").joined?.[0]).toMatchObject({ episode: "d2:2" });
  hear(START + 100, verdict({ state: "normal", at: START + 100 }));
  expect(only("alarm").clearedAt).toBeUndefined();
  hear(START + 101, verdict({ device: "d2", episode: `d2:${JOINED_MAX + 1}`, state: "normal", at: START + 101 }));
  expect(only("alarm").clearedAt).toBe(START + 101);
});

test("T2 where more episodes stand at once than an alarm remembers, the next has an alarm of its own, and the same job", () => {
  const { hear, all, only } = stage(scenario);
  hear(START, verdict());
  for (let i = 2; i <= JOINED_MAX + 3; i++) hear(START + i, verdict({ device: `d${i}`, episode: `d${i}:1`, at: START + i }));
  expect(all("alarm").map(({ joined = [] }) => joined.length)).toEqual([JOINED_MAX, 1]);
  expect(new Set(all("alarm").map(({ ticket }) => ticket))).toEqual(new Set([only("ticket").id]));
  for (let i = 1; i <= JOINED_MAX + 1; i++) hear(START + 100, verdict({ device: `d${i}`, episode: `d${i}:1`, state: "normal", at: START + 100 }));
  expect(all("alarm").map(({ clearedAt }) => clearedAt)).toEqual([START + 100, undefined]);
});

test("T2 another device of the asset with the same fault joins: no second ticket, and the alarm clears when both have", () => {
  const { hear, only } = stage(scenario);
  hear(START, verdict({ absorbed: 3 }), verdict({ device: "d2", episode: "d2:1", absorbed: 4 }));
  expect(only("alarm")).toMatchObject({ episode: "d1:1", repeats: 1, absorbed: 7, joined: [{ episode: "d2:1", absorbed: 4 }] });
  only("ticket");
  hear(START + 1, verdict({ state: "normal", absorbed: 6 }));
  expect(only("alarm")).toMatchObject({ settledAt: START + 1, absorbed: 10 });
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START + 2, verdict({ device: "d2", episode: "d2:1", state: "normal", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ clearedAt: START + 2, absorbed: 15 });
  hear(START + 3, verdict({ device: "d2", episode: "d2:1", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ settledAt: START + 2, joined: [{ episode: "d2:1", absorbed: 9 }] });
  expect(only("alarm").joined?.[0]).not.toHaveProperty("settledAt");
  only("ticket");
});

test("T2 the joined one clears first, comes back, and is waited for", () => {
  const { hear, only } = stage(scenario);
  const second = { device: "d2", episode: "d2:1" };
  hear(START, verdict(), verdict(second), verdict({ ...second, state: "normal" }), verdict(second), verdict({ state: "normal" }));
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START, verdict(), verdict({ ...second, state: "normal" }));
  expect(only("alarm")).not.toHaveProperty("clearedAt");
  hear(START + 1, verdict({ state: "normal" }));
  expect(only("alarm").clearedAt).toBe(START + 1);
});

test("T2 another fault mode, or another asset, has an alarm and a ticket of its own", () => {
  const { hear, all } = stage(scenario);
  hear(
    START,
    verdict(),
    verdict({ device: "d2", episode: "d2:1", evidence: [{ channel: "flow", share: 1 }] }),
    verdict({ device: "d3", episode: "d3:1", asset: "other" }),
  );
  expect(all("alarm").map((alarm) => [alarm.asset, alarm.faultMode])).toEqual([
    ["pump", "bearing-wear"],
    ["pump", "cavitation"],
    ["other", "bearing-wear"],
  ]);
  expect(all("ticket")).toHaveLength(3);
});

test("T2 a new fault after the repair is a new alarm, although the old one has not cleared", () => {
  const { hear, say, only, all, openOffer } = stage(scenario);
  hear(START, verdict());
  const { engineer: by, ticket } = openOffer();
  say(START, accept(openOffer()));
  for (const to of ["travelling", "working", "resolved"] as const) say(START, { type: "progress", ticket, by, to, ...REPORT });
  hear(START + 1, verdict());
  only("ticket");
  // Heard of another device from before the repair was done: the job stands for it, and it is looked at again.
  hear(START + 2, verdict({ device: "d2", episode: "d2:1" }));
  expect(all("alarm").map((alarm) => alarm.ticket)).toEqual([ticket, ticket]);
  expect(only("ticket")).toMatchObject({ state: "resolved", alarms: [all("alarm")[1]?.id] });
  hear(START + 3, verdict({ device: "d3", episode: "d3:1", arrivedAt: START + 3 }));
  expect(all("alarm")).toHaveLength(3);
  expect(only("ticket")).toMatchObject({
    id: ticket,
    state: "offered",
    reopened: { times: 1 },
    alarms: all("alarm")
      .slice(1)
      .map(({ id }) => id),
  });
});

test("T1 the next episode of a fault joins the job that is not done, although the alarm before it has cleared; what a person opened is another job", () => {
  const set = stage(scenario);
  set.say(START, { type: "open", by: "desk", asset: "pump" as never, words: "paint it", faultMode: "bearing-wear" as never });
  set.hear(START, verdict());
  set.hear(START + 1, verdict({ at: START + 1, arrivedAt: START + 1, state: "normal" }));
  const [, job] = set.all("ticket");
  set.hear(START + 60_000, verdict({ at: START + 60_000, arrivedAt: START + 60_000, episode: "d1:2" }));
  const [first, second] = set.all("alarm");
  expect([first?.ticket, second?.ticket, set.all("ticket").length]).toEqual([job?.id, job?.id, 2]);
  expect(set.world.view.get("ticket", job?.id ?? "")).toMatchObject({ alarm: first?.id, alarms: [second?.id] });
  expect(set.last().because.map(({ outcome, reasons }) => [outcome, reasons?.[0]?.code])).toContainEqual(["grouped", "same-fault"]);
});

test("T3 a suspect verdict raises nothing; on a known alarm it counts what was absorbed", () => {
  const { hear, all, only, last } = stage(scenario);
  hear(START, verdict({ state: "suspect" }));
  expect(last()).toEqual({ changes: [], asks: [], timers: [], because: [] });
  expect(all("alarm")).toEqual([]);
  hear(START, verdict());
  hear(START, verdict({ state: "suspect", absorbed: 9 }));
  expect(only("alarm")).toMatchObject({ absorbed: 9, repeats: 0 });
});

test("T3 a verdict from a backlog raises an alarm without a ticket; the next fresh one opens it", () => {
  const { hear, all, only } = stage(scenario);
  hear(START, verdict({ fresh: false }));
  hear(START, verdict({ fresh: false }));
  only("alarm");
  expect(all("ticket")).toEqual([]);
  expect(all("kit")).toEqual([]);
  hear(START + 1, verdict());
  expect(only("ticket").openedAt).toBe(START + 1);
});

test("T3 a backlog that says the fault has passed leaves a cleared alarm and no ticket", () => {
  const { hear, all, only } = stage(scenario);
  hear(START, verdict({ fresh: false }), verdict({ fresh: false, state: "normal" }));
  expect(only("alarm").clearedAt).toBe(START);
  expect(all("ticket")).toEqual([]);
});

test("T7 the device's own code names the fault; a code that the scenario does not know is no name", () => {
  expect(faultModeOf(scenario, verdict({ faultMode: "cavitation" })).id).toBe("cavitation");
  expect(faultModeOf(scenario, verdict({ faultMode: "nobody-knows" })).id).toBe("bearing-wear");
});

test("T7 most of the evidence decides; where the difference is small, the mode with fewer channels", () => {
  const by = (evidence: unknown) => faultModeOf(scenario, verdict({ evidence })).id;
  expect(
    by([
      { channel: "vibration.a.rms", share: 0.6 },
      { channel: "vibration.b.rms", share: 0.4 },
    ]),
  ).toBe("bearing-wear");
  expect(
    by([
      { channel: "vibration.b.rms", share: 0.95 },
      { channel: "vibration.a.rms", share: 0.05 },
    ]),
  ).toBe("loosening");
  expect(by([{ channel: "vibration.b.rms", share: 1 }])).toBe("loosening");
  expect(
    by([
      { channel: "temperature.motor", share: 0.5 },
      { channel: "flow", share: 0.3 },
    ]),
  ).toBe("overheating");
  expect(by([])).toBe("unclear");
  expect(by([{ channel: "noise", share: 1 }])).toBe("unclear");
});

test("T12 an alarm that clears before anybody accepted leaves its ticket to a person, and says so", () => {
  const { hear, only, last, openOffer } = stage(scenario);
  hear(START, verdict());
  hear(START + 1, verdict({ state: "normal" }));
  expect(only("ticket").state).toBe("offered");
  openOffer();
  expect(last().because.map(({ step, outcome, subject }) => [step, outcome, subject])).toContainEqual(["ticket", "kept", only("ticket").id]);
});

test("T12 an alarm that clears after the acceptance says nothing of the ticket", () => {
  const { hear, say, last, openOffer } = stage(scenario);
  hear(START, verdict());
  say(START, accept(openOffer()));
  hear(START + 1, verdict({ state: "normal" }));
  expect(last().because.map(({ outcome }) => outcome)).toEqual(["cleared"]);
});

test("T14 the first acknowledgement stays; an alarm that is not there is refused", () => {
  const { hear, say, only } = stage(scenario);
  hear(START, verdict());
  const { id } = only("alarm");
  say(START + 1, { type: "acknowledge", alarm: id, by: "desk" });
  expect(say(START + 2, { type: "acknowledge", alarm: id, by: "other" })).toMatchObject({ changes: [], because: [] });
  expect(only("alarm")).toMatchObject({ acknowledgedAt: START + 1, acknowledgedBy: "desk" });
  expect(say(START, { type: "acknowledge", alarm: "none" as typeof id, by: "desk" })).toMatchObject({ refused: "unknown-alarm" });
});

test("T1 T13 any order and repetition of an asset's verdicts: at most one ticket for an episode, and counts that never fall", () => {
  const one = fc.record({
    state: fc.constantFrom("suspect", "anomalous", "normal"),
    device: fc.constantFrom("d1", "d2", "d3"),
    fresh: fc.boolean(),
    absorbed: fc.nat(9),
    flow: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 30 }), (verdicts) => {
      const { hear, all } = stage(scenario, []);
      const before = new Map<string, { repeats: number; absorbed: number }>();
      verdicts.forEach(({ flow, ...more }, i) => {
        hear(START + i, verdict({ ...more, episode: `${more.device}:1`, evidence: [{ channel: flow ? "flow" : "vibration.b.rms", share: 1 }] }));
        for (const alarm of all("alarm")) {
          const old = before.get(alarm.id);
          expect(alarm.repeats).toBeGreaterThanOrEqual(old?.repeats ?? 0);
          expect(alarm.absorbed).toBeGreaterThanOrEqual(old?.absorbed ?? 0);
          before.set(alarm.id, alarm);
        }
      });
      const standing = all("alarm").flatMap((alarm) => [alarm.episode, ...(alarm.joined ?? []).map((other) => other.episode)]);
      expect(new Set(standing).size).toBe(standing.length);
      // Two faults at most here: one job each, which the alarms of further episodes join.
      expect(all("ticket")).toHaveLength(new Set(all("alarm").flatMap((alarm) => (alarm.ticket === undefined ? [] : [alarm.faultMode]))).size);
    }),
  );
});
