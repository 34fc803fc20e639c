import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Link } from "../relay/link.ts";
import { type Inputs, healthOf } from "./health.ts";
import { isAtRisk } from "./impact.ts";
import { judge, stateOf } from "./judge.ts";
import { BEHIND_MS, BROKEN_MS, COMPARED_MS, FAILING_CALLS, PATIENCE, RISK_MS, SLOW_MS, UNIT_SILENT_MS } from "./limit.ts";
import { type LinkHealth, LinksAnswer } from "./link-health.ts";
import type { OpenTicket, StreamReach } from "./reach.ts";

const NOW = 1_763_800_000_000;
const HOUR_MS = 3_600_000;

function stream(given: Partial<StreamReach> = {}): StreamReach {
  return { stream: "tickets", position: 100, replicas: [], origins: [], consumers: [], ...given };
}
function replica(unit: string, given: Partial<StreamReach["replicas"][number]> = {}) {
  return { unit, applied: 100, at: NOW - 30_000, expelled: false, lag: 0, ...given };
}
function origin(unit: string, given: Partial<StreamReach["origins"][number]> = {}) {
  return { unit, through: 50, dead: 0, lastAt: NOW - 20_000, delaysMs: [40, 60, 900], ...given };
}
function ticket(id: string, given: Partial<OpenTicket> = {}): OpenTicket {
  return { id, units: ["plant"], priority: "p2", state: "open", respondBy: NOW + 4 * HOUR_MS, resolveBy: NOW + 9 * HOUR_MS, at: 90, ...given };
}
function webhook(id: string, given: Partial<Link> = {}): Link {
  return { kind: "webhook", id, name: id, state: "active", lagOperations: 0, ticketsAt: 100, queued: 0, deadLetters: 0, ...given };
}
function inputs(given: Partial<Inputs> = {}): Inputs {
  return { streams: [stream()], words: [], compared: [], outgoing: [], tickets: [], names: {}, ...given };
}
function only(given: Partial<Inputs>): LinkHealth {
  const [link, ...others] = healthOf(inputs(given), NOW);
  if (link === undefined || others.length > 0) throw new Error("one link was expected");
  return link;
}
const codes = (link: LinkHealth | undefined): readonly string[] => (link?.findings ?? []).map(({ code, state }) => `${code} ${state}`);

describe("HP1 each link tells freshness, consistency, completeness, delay and queue", () => {
  test("a unit: its last word, its comparison, what is confirmed of what is known, its delays, what waits for it", () => {
    const unit = only({
      streams: [
        stream({ origins: [origin("plant", { dead: 2 })], replicas: [replica("plant", { lag: 3, applied: 60, oldestAt: NOW - 9_000 })] }),
        stream({ stream: "assets", position: 10, origins: [origin("plant", { through: 10, lastAt: NOW - 5_000, delaysMs: [70] })] }),
      ],
      words: [{ unit: "plant", at: NOW - 8_000, verified: { at: NOW - 60_000, equal: true } }],
    });
    expect(unit).toEqual({
      kind: "unit",
      id: "plant",
      name: "plant",
      unit: "plant",
      state: "behind",
      findings: [{ code: "dead-letters", state: "behind", count: 2 }],
      lastAt: NOW - 5_000,
      compared: { at: NOW - 60_000, equal: true },
      confirmed: 58,
      known: 63,
      dead: 2,
      lost: 0,
      delayMs: 70,
      typicalDelayMs: 60,
      depth: 3,
      oldestAt: NOW - 9_000,
      impact: { waiting: { p1: 0, p2: 0, p3: 0 }, promises: 0, writes: 0, atStake: { p1: 0, p2: 0, p3: 0 }, score: 0 },
    });
  });

  test("a consumer of the feed: whose token it is, where it stands in all streams, how long the last change took to be confirmed", () => {
    const token = "a".repeat(64);
    const places = (position: number, delayMs?: number) => [{ token, unit: "", position, at: NOW - 2_000, delayMs, oldestAt: NOW - 70_000 }];
    const feed = only({
      streams: [stream({ consumers: places(80, 340) }), stream({ stream: "assets", position: 10, consumers: places(10) })],
      names: { [token]: "crm" },
    });
    expect(feed).toMatchObject({ kind: "feed", id: "a".repeat(12), name: "crm", depth: 20, confirmed: 90, known: 110, delayMs: 340, state: "behind" });
    expect(feed).not.toHaveProperty("unit");
  });

  test("F21 a consumer's last comparison is its link's: with its age while equal, with the families that differed while not, a named one's under its name", () => {
    const token = "a".repeat(64);
    const consumers = [{ token, unit: "", position: 100, at: NOW - 2_000 }];
    const word = { token, at: NOW - 60_000, equal: true, apart: [] };
    const feed = (compared: Inputs["compared"]) => only({ streams: [stream({ consumers })], compared });
    expect(feed([])).not.toHaveProperty("compared");
    expect(feed([word])).toMatchObject({ state: "ok", compared: { at: NOW - 60_000, equal: true } });
    expect(feed([word]).compared).not.toHaveProperty("apart");
    expect(codes(feed([{ ...word, at: NOW - COMPARED_MS - 1 }]))).toEqual(["not-compared slow"]);
    const apart = feed([{ ...word, equal: false, apart: ["customer", "kit"] }]);
    expect(apart).toMatchObject({ state: "broken", compared: { equal: false, apart: ["customer", "kit"] } });
    expect(apart.findings).toEqual([{ code: "unequal", state: "broken", ms: 60_000, why: "customer, kit" }]);
    const erp = [webhook("erp", { kind: "consumer", state: "reading" }), webhook("erp")];
    const named = healthOf(inputs({ outgoing: erp, compared: [{ ...word, token: "consumer:erp", equal: false, apart: ["kit"] }] }), NOW);
    expect(named.map(({ kind, compared }) => [kind, compared?.equal])).toEqual([
      ["consumer", false],
      ["webhook", undefined],
    ]);
  });

  test("a named consumer is told once, a hub's own writes and a unit that was given up not at all; what waits for one that never read is not known", () => {
    const links = healthOf(
      inputs({
        streams: [stream({ origins: [origin("hub")], replicas: [replica("hub")], consumers: [{ token: "consumer:erp", unit: "", position: 1, at: NOW }] })],
        outgoing: [webhook("erp", { kind: "consumer", state: "reading", lagOperations: 99 })],
      }),
      NOW,
    );
    expect(links.map(({ kind, id }) => `${kind}/${id}`)).toEqual(["consumer/erp"]);
    expect(only({ streams: [stream({ origins: [origin("fresh")] })] }).depth).toBeUndefined();
    expect(only({ streams: [stream({ origins: [origin("old")], replicas: [replica("old", { expelled: true, lag: 40, oldestAt: 1 })] })] })).toMatchObject({
      depth: 0,
      state: "ok",
    });
  });

  test("a webhook and a connector: their queue, their breaker, their last error", () => {
    expect(only({ outgoing: [webhook("erp", { lagOperations: 7, oldestAgeMs: 5_000, lastError: "HTTP 503", deadLetters: 1 })] })).toMatchObject({
      depth: 7,
      oldestAt: NOW - 5_000,
      confirmed: 93,
      known: 100,
      lastError: "HTTP 503",
    });
    const connector = only({ outgoing: [webhook("crm", { kind: "connector", state: "open", breaker: "open", why: "3 time-outs in a row", queued: 4 })] });
    expect(connector).toMatchObject({ depth: 4, breaker: "open", state: "broken", findings: [{ code: "breaker-open", why: "3 time-outs in a row" }] });
    expect(connector).not.toHaveProperty("known");
    expect(only({ outgoing: [webhook("salesforce", { kind: "connector", name: "crm", state: "closed" })] })).toMatchObject({
      name: "salesforce",
      system: "crm",
    });
  });

  test("nothing but what was measured: whatever there is gives one entry a link, as the description of the route says", () => {
    const millis = fc.integer({ min: NOW - 40 * HOUR_MS, max: NOW + HOUR_MS });
    const unit = fc.constantFrom("plant", "pier", "hub");
    const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
    const count = fc.nat(200);
    const reach = fc.record({
      stream: fc.constantFrom("tickets", "assets", "customers", "people"),
      position: count,
      replicas: fc.array(fc.record({ unit, applied: count, at: millis, expelled: fc.boolean(), lag: count, oldestAt: maybe(millis) }), { maxLength: 3 }),
      origins: fc.array(fc.record({ unit, through: fc.integer({ min: 20, max: 90 }), dead: fc.nat(20), lastAt: maybe(millis), delaysMs: fc.array(count) })),
      consumers: fc.array(
        fc.record({
          token: fc.constantFrom("a".repeat(64), "consumer:erp"),
          unit: fc.constantFrom("", "plant"),
          position: count,
          at: millis,
          delayMs: maybe(count),
        }),
      ),
    }) as fc.Arbitrary<StreamReach>;
    const tickets = fc.array(
      fc.record({
        id: fc.uuid(),
        units: fc.array(unit),
        priority: fc.constantFrom("p1", "p2", "p3"),
        state: fc.constantFrom("open", "working"),
        respondBy: millis,
        resolveBy: millis,
        at: count,
      }),
    ) as fc.Arbitrary<OpenTicket[]>;
    const words = fc.array(fc.record({ unit, at: millis, verified: maybe(fc.record({ at: millis, equal: fc.boolean() })) }));
    const token = fc.constantFrom("a".repeat(64), "consumer:erp");
    const compared = fc.array(fc.record({ token, at: millis, equal: fc.boolean(), apart: fc.array(fc.constant("kit"), { maxLength: 2 }) }), { maxLength: 2 });
    const given = fc.record({
      streams: fc.array(reach, { maxLength: 4 }),
      words,
      compared,
      tickets,
      outgoing: fc.constant([webhook("erp")]),
      names: fc.constant({}),
    });
    fc.assert(
      fc.property(given, (all) => {
        const links = healthOf(all, NOW);
        expect(LinksAnswer.parse({ now: NOW, links })).toEqual({ now: NOW, links });
        expect(new Set(links.map(({ kind, id }) => `${kind}/${id}`)).size).toBe(links.length);
        // The state is the worst finding, and without a score nothing waits.
        for (const { state, findings, impact } of links) {
          expect(state === "ok").toBe(findings.length === 0);
          expect(impact.score > 0).toBe(state !== "ok" && impact.waiting.p1 + impact.waiting.p2 + impact.waiting.p3 + impact.writes > 0);
        }
      }),
    );
  });
});

describe("HP2 what is wrong follows from named limits, and the worst of it is the link's state", () => {
  const well = { patience: PATIENCE, dead: 0, lost: 0 };
  const judged = (given: Partial<Parameters<typeof judge>[0]>) => judge({ ...well, ...given }, NOW).map(({ code, state }) => `${code} ${state}`);

  test.each([
    ["nothing", {}, []],
    ["an oldest one as old as is promised", { waitingMs: SLOW_MS }, []],
    ["an older one", { waitingMs: SLOW_MS + 1 }, ["waiting slow"]],
    ["one older than a minute", { waitingMs: BEHIND_MS + 1 }, ["waiting behind"]],
    ["one older than a quarter of an hour", { waitingMs: BROKEN_MS + 1 }, ["waiting broken"]],
    ["a late delivery", { delayMs: SLOW_MS + 1 }, ["late slow"]],
    ["digests that differ", { compared: { at: NOW - 1, equal: false } }, ["unequal broken"]],
    ["a comparison that was left out", { compared: { at: NOW - COMPARED_MS - 1, equal: true } }, ["not-compared slow"]],
    [
      "one that was left out by who is silent",
      { compared: { at: NOW - COMPARED_MS - 1, equal: true }, silentMs: COMPARED_MS, patience: { slowMs: 1, behindMs: 1, brokenMs: HOUR_MS } },
      ["silent broken"],
    ],
    ["dead letters", { dead: 3 }, ["dead-letters behind"]],
    ["something that neither side can account for", { lost: 1, dead: 1 }, ["lost broken", "dead-letters behind"]],
    ["an open breaker", { breaker: "open" }, ["breaker-open broken"]],
    ["one that is tried", { breaker: "half-open" }, ["breaker-half-open behind"]],
    ["a closed one", { breaker: "closed" }, []],
    ["a connector whose last call failed", { breaker: "closed", failures: 1, lastError: "answered 500" }, ["failing slow"]],
    ["one whose last calls failed", { breaker: "closed", failures: FAILING_CALLS }, ["failing behind"]],
    ["a webhook that was ended", { delivery: "disabled" }, ["disabled broken"]],
    ["one that was told to read the feed", { delivery: "behind" }, ["catching-up behind"]],
  ] as const)("%s", (_, given, expected) => {
    expect(judged(given)).toEqual(expected);
  });

  test("a unit may leave out two of its minutely questions, not three; what waits for it is known to have arrived by the next one only", () => {
    const silent = (ms: number) => only({ streams: [stream({ replicas: [replica("plant", { at: NOW - ms })] })] });
    expect([UNIT_SILENT_MS, UNIT_SILENT_MS + 1, BROKEN_MS + 1].map((ms) => codes(silent(ms)))).toEqual([[], ["silent behind"], ["silent broken"]]);
    const waiting = (ms: number) => only({ streams: [stream({ replicas: [replica("plant", { at: NOW, lag: 1, oldestAt: NOW - ms })] })] });
    expect([BEHIND_MS + 1, UNIT_SILENT_MS + 1].map((ms) => codes(waiting(ms)))).toEqual([[], ["waiting behind"]]);
  });

  test("a named consumer that never began is said to be so, and holds nothing up; one that began does", () => {
    const lake = (state: string) =>
      only({ tickets: [ticket("t")], outgoing: [webhook("lake", { kind: "consumer", state, lagOperations: 99, ticketsAt: 0, oldestAgeMs: HOUR_MS })] });
    expect([codes(lake("new")), lake("new").impact.score]).toEqual([["not-begun slow"], 0]);
    expect([codes(lake("reading")), lake("reading").impact.score]).toEqual([["waiting broken"], 6]);
  });

  test("what its last absence could not account for is a finding of the unit", () => {
    const receipt = {
      awayAt: 1,
      backAt: 2,
      convergedAt: 3,
      drill: true,
      operations: 9,
      heard: 1,
      conflictCount: 0,
      dead: 0,
      lost: 2,
      digests: [],
      equal: true,
    };
    expect(codes(only({ words: [{ unit: "plant", at: NOW, receipt }] }))).toEqual(["lost broken"]);
  });

  test("the gravest finding stands first", () => {
    fc.assert(
      fc.property(fc.nat(2 * BROKEN_MS), fc.nat(10_000), fc.nat(3), fc.nat(1), (waitingMs, delayMs, dead, lost) => {
        const findings = judge({ ...well, waitingMs, delayMs, dead, lost }, NOW);
        if (findings.length > 0) expect(findings[0]?.state).toBe(stateOf(findings));
      }),
    );
  });
});

describe("HP3 links are ranked by what hangs on them", () => {
  test("by open tickets that wait, weighed by priority, promises at risk and what the link is for; not by name", () => {
    const silent = { at: NOW - 20 * 60_000 };
    const links = healthOf(
      inputs({
        streams: [
          stream({ replicas: [replica("anchorage", silent), replica("pier", silent), replica("zinc", silent), replica("quiet")], origins: [] }),
          stream({ stream: "assets", position: 1 }),
        ],
        outgoing: [webhook("aaa", { state: "disabled", lagOperations: 50, oldestAgeMs: 90_000, ticketsAt: 0 })],
        tickets: [
          ticket("t1", { units: ["pier"], priority: "p3" }),
          ticket("t2", { units: ["zinc"], priority: "p1" }),
          ticket("t3", { units: ["quiet"], priority: "p1" }),
        ],
      }),
      NOW,
    );
    expect(links.map(({ id, state, impact }) => [id, state, impact.score])).toEqual([
      ["zinc", "broken", 27],
      ["aaa", "broken", 19],
      ["pier", "broken", 3],
      ["anchorage", "broken", 0],
      ["quiet", "ok", 0],
    ]);
    expect(links.at(-1)?.impact.atStake).toEqual({ p1: 1, p2: 0, p3: 0 });
  });

  test("a slow link before an urgent ticket stands before a broken one on which nothing waits, however much goes over that", () => {
    const tickets = [
      ticket("urgent", { units: ["plant"], priority: "p1", at: 95 }),
      ...["a", "b", "c"].map((id) => ticket(id, { units: ["pier"], priority: "p1" })),
    ];
    const outgoing = [
      webhook("slow", { unit: "plant", lagOperations: 5, ticketsAt: 90, oldestAgeMs: SLOW_MS + 1 }),
      webhook("ended", { unit: "pier", state: "disabled" }),
    ];
    expect(healthOf(inputs({ tickets, outgoing }), NOW).map(({ id, state }) => [id, state])).toEqual([
      ["slow", "slow"],
      ["ended", "broken"],
    ]);
  });

  test("a promise at risk doubles its ticket: the response until somebody is on site, the repair afterwards", () => {
    const soon = NOW + RISK_MS - 1;
    const waiting = (given: Partial<OpenTicket>) =>
      only({ streams: [stream({ replicas: [replica("plant", { at: NOW - HOUR_MS })] })], tickets: [ticket("t", given)] }).impact;
    expect(waiting({})).toMatchObject({ promises: 0, score: 9 });
    expect(waiting({ respondBy: soon })).toMatchObject({ promises: 1, score: 18 });
    expect(waiting({ respondBy: soon, state: "working" })).toMatchObject({ promises: 0, score: 9 });
    expect(isAtRisk(ticket("t", { state: "working", resolveBy: soon }), NOW)).toBe(true);
  });

  test("of a reader that is behind only tickets that changed since its place wait", () => {
    const tickets = [ticket("seen", { at: 80 }), ticket("not-seen", { at: 81, priority: "p1" }), ticket("elsewhere", { at: 99, units: ["pier"] })];
    const lagging = { lag: 2, applied: 80, oldestAt: NOW - UNIT_SILENT_MS - 1 };
    const unit = only({ streams: [stream({ replicas: [replica("plant", lagging)] })], tickets });
    expect(unit.impact).toMatchObject({ waiting: { p1: 1, p2: 0, p3: 0 }, atStake: { p1: 1, p2: 1, p3: 0 }, score: 27 });
    const consumer = { token: "t", unit: "plant", position: 80, at: NOW, oldestAt: NOW - BEHIND_MS - 1 };
    expect(only({ streams: [stream({ consumers: [consumer] })], tickets }).impact).toMatchObject({ waiting: { p1: 1, p2: 0, p3: 0 }, score: 18 });
    const late = webhook("erp", { lagOperations: 20, ticketsAt: 80, oldestAgeMs: BEHIND_MS + 1 });
    expect(only({ outgoing: [late], tickets }).impact).toMatchObject({ waiting: { p1: 1, p2: 1, p3: 0 }, score: 12 });
  });

  test("of a unit that holds something else than the hub all open tickets wait, whatever it has confirmed", () => {
    const words = [{ unit: "plant", at: NOW, verified: { at: NOW, equal: false } }];
    expect(only({ words, tickets: [ticket("a", { priority: "p1" }), ticket("b")] }).impact).toMatchObject({ waiting: { p1: 1, p2: 1, p3: 0 }, score: 36 });
  });

  test("F21 of a consumer that holds something else than the hub too, and of nobody who has only not compared", () => {
    const consumers = [{ token: "t", unit: "", position: 100, at: NOW }];
    const tickets = [ticket("a", { priority: "p1" }), ticket("b")];
    const told = (given: Partial<Inputs["compared"][number]>) =>
      only({ streams: [stream({ consumers })], tickets, compared: [{ token: "t", at: NOW, equal: true, apart: [], ...given }] }).impact;
    expect(told({ equal: false, apart: ["kit"] })).toMatchObject({ waiting: { p1: 1, p2: 1, p3: 0 }, score: 24 });
    expect(told({ at: NOW - COMPARED_MS - 1 })).toMatchObject({ waiting: { p1: 0, p2: 0, p3: 0 }, score: 0 });
  });

  test("writes that another system has not got weigh by themselves; a link that is well has no score", () => {
    const crm = (given: Partial<Link>) => only({ outgoing: [webhook("crm", { kind: "connector", breaker: "closed", state: "closed", ...given })] });
    expect(crm({ queued: 2, oldestAgeMs: SLOW_MS + 1 }).impact).toMatchObject({ writes: 2, score: 12 });
    expect(crm({ queued: 2, oldestAgeMs: 10 }).impact).toMatchObject({ writes: 2, score: 0 });
  });
});
