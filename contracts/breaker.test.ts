import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BAD_SHARE_MAX,
  type Breaker,
  CLOSED,
  type CallOutcome,
  FAILURES_MAX,
  OPEN_MS,
  OPEN_MS_MAX,
  PROBES_NEEDED,
  PROBE_MS,
  QUIET_MS,
  SAMPLE_MIN,
  TIMEOUTS_MAX,
  WINDOW_CALLS,
  WINDOW_MS,
  ask,
  failuresOf,
  tell,
} from "./breaker.ts";

/** One call after another, each begun when the last one ended. */
const after = (breaker: Breaker, outcomes: readonly CallOutcome[], now: number): Breaker =>
  outcomes.reduce((now_, outcome) => {
    const permission = ask(now_, now);
    return permission.go ? tell(permission.breaker, permission.round, outcome, now) : now_;
  }, breaker);
const many = (n: number, outcome: CallOutcome): readonly CallOutcome[] => Array.from({ length: n }, () => outcome);
const opened = (now = 0): Breaker => after(CLOSED, many(TIMEOUTS_MAX, "timeout"), now);

describe("O14 the breaker", () => {
  test("opens after three time-outs in a row, and not when something was answered in between", () => {
    expect(after(CLOSED, many(2, "timeout"), 0).state).toBe("closed");
    expect(opened()).toMatchObject({ state: "open", until: OPEN_MS, why: "3 time-outs in a row" });
    expect(after(CLOSED, ["timeout", "timeout", "ok", "timeout", "timeout"], 0).state).toBe("closed");
    expect(after(CLOSED, ["timeout", "timeout", "bad", "timeout"], 0).state).toBe("closed");
  });

  test("opens when more than 5 % of the last calls failed, with a least sample, and names the share", () => {
    expect(after(CLOSED, [...many(1, "bad"), ...many(SAMPLE_MIN - 1, "ok")], 0).state).toBe("closed");
    expect(after(CLOSED, [...many(SAMPLE_MIN - 2, "ok"), "bad", "bad"], 0)).toMatchObject({ state: "open", why: "2 of the last 20 calls failed" });
    // Of a hundred calls five bad ones are borne, six are not; none of them is a twentieth of what came before.
    const spread = (bad: number): readonly CallOutcome[] => Array.from({ length: WINDOW_CALLS }, (_, i) => (i >= WINDOW_CALLS - bad ? "bad" : "ok"));
    expect(after(CLOSED, spread(5), 0).state).toBe("closed");
    expect(after(CLOSED, spread(6), 0).state).toBe("open");
    // 50 a second with 10 % of errors: the case that a breaker by time never opened at.
    const busy = Array.from({ length: 1_000 }, (_, i): CallOutcome => (i % 10 === 0 ? "bad" : "ok"));
    const states = busy.map((_, i) => after(CLOSED, busy.slice(0, i + 1), i * 20).state);
    expect(states.indexOf("open")).toBeLessThan(WINDOW_CALLS);
    expect(states.indexOf("open")).toBeGreaterThan(0);
    expect(
      after(
        CLOSED,
        Array.from({ length: 1_000 }, (_, i): CallOutcome => (i % 20 === 19 ? "bad" : "ok")),
        0,
      ).state,
    ).toBe("closed");
  });

  test("opens after five failures of any kind in a row, however few calls there are and however far apart", () => {
    for (const minutes of [0, 1, 60, 240]) {
      const every = minutes * 60_000;
      const states = Array.from(
        { length: FAILURES_MAX },
        (_, i) => Array.from({ length: i + 1 }, (__, j) => j * every).reduce((breaker, at) => after(breaker, ["bad"], at), CLOSED).state,
      );
      expect(states).toEqual(["closed", "closed", "closed", "closed", "open"]);
    }
    expect(after(CLOSED, many(FAILURES_MAX, "bad"), 0)).toMatchObject({ why: "5 calls failed one after another" });
    expect(after(CLOSED, ["bad", "timeout", "bad", "timeout", "ok", ...many(FAILURES_MAX - 1, "bad")], 0).state).toBe("closed");
    expect([CLOSED, after(CLOSED, ["bad", "ok", "bad", "timeout"], 0), opened()].map(failuresOf)).toEqual([0, 2, 0]);
  });

  test("sees errors on a quiet link: of its last 20 calls within a day, however slowly they came", () => {
    const slowly = (everyMs: number, outcomes: readonly CallOutcome[]): Breaker =>
      outcomes.reduce((breaker, outcome, i) => after(breaker, [outcome], i * everyMs), CLOSED);
    const half = Array.from({ length: 240 }, (_, i): CallOutcome => (i % 2 === 0 ? "bad" : "ok"));
    for (const minutes of [1, 10, 60]) expect(slowly(minutes * 60_000, half.slice(0, SAMPLE_MIN)).state).toBe("open");
    expect(slowly(60_000, [...many(SAMPLE_MIN - 1, "ok"), "bad"]).state).toBe("closed");
  });

  test("forgets calls that are long past where there are enough newer ones, and all after a day", () => {
    // A bad call, 19 good ones, and later another bad one.
    const before = after(CLOSED, ["bad", ...many(SAMPLE_MIN - 1, "ok")], 0);
    expect(after(before, ["bad"], WINDOW_MS - 1).state).toBe("open");
    expect(after(before, ["bad"], WINDOW_MS).state).toBe("closed");
    const late = after(CLOSED, [...many(SAMPLE_MIN - 1, "ok"), "bad"], 0);
    expect(after(late, ["bad"], QUIET_MS - 1).state).toBe("open");
    expect(after(late, ["bad"], QUIET_MS)).toMatchObject({ state: "closed", calls: { length: 1 } });
  });

  test("lets nobody through while open, then one probe at a time, and closes after two that went well", () => {
    const open = opened();
    expect(ask(open, OPEN_MS - 1)).toEqual({ go: false, until: OPEN_MS });
    const first = ask(open, OPEN_MS);
    if (!first.go) throw new Error("no probe");
    expect(ask(first.breaker, OPEN_MS + 1)).toEqual({ go: false, until: OPEN_MS + PROBE_MS });
    const passed = tell(first.breaker, first.round, "ok", OPEN_MS + 2);
    expect(passed.state).toBe("half-open");
    expect(after(passed, many(PROBES_NEEDED - 1, "ok"), OPEN_MS + 3)).toMatchObject({ state: "closed", calls: [], timeouts: 0 });
  });

  test("stays open twice as long each time that a probe fails, up to a bound, and begins anew once it was closed", () => {
    let [breaker, now] = [opened(), 0];
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      if (breaker.state !== "open") throw new Error(breaker.state);
      waits.push(breaker.until - now);
      now = breaker.until;
      breaker = after(breaker, [i % 2 === 0 ? "bad" : "timeout"], now);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128].map((n) => Math.min(OPEN_MS_MAX, n * OPEN_MS)));
    expect(waits.at(-1)).toBe(OPEN_MS_MAX);
    const healed = after(breaker, many(PROBES_NEEDED, "ok"), now + OPEN_MS_MAX);
    expect(after(healed, many(TIMEOUTS_MAX, "timeout"), now)).toMatchObject({ state: "open", until: now + OPEN_MS });
  });

  test("a probe whose end nobody told gives way to another; the end of a call of an earlier round says nothing", () => {
    const first = ask(opened(), OPEN_MS);
    if (!first.go) throw new Error("no probe");
    const second = ask(first.breaker, OPEN_MS + PROBE_MS);
    if (!second.go) throw new Error("no second probe");
    expect(tell(second.breaker, first.round, "bad", OPEN_MS + PROBE_MS)).toBe(second.breaker);
    // A call that had begun while it was closed ends while it is half-open.
    expect(tell(second.breaker, CLOSED.round, "ok", OPEN_MS + PROBE_MS)).toBe(second.breaker);
    const open = opened();
    expect(tell(open, open.round, "ok", 1)).toBe(open);
  });

  test("a clock that was put back keeps nobody out for longer than it was open", () => {
    const open = opened(10_000_000);
    expect(ask(open, 0).go).toBe(true);
    expect(ask(open, 10_000_000).go).toBe(false);
  });

  const Step = fc.record({ wait: fc.integer({ min: 0, max: OPEN_MS * 2 }), outcome: fc.constantFrom<CallOutcome>("ok", "bad", "timeout"), lost: fc.boolean() });
  test("holds its promises whatever comes: never two probes at once, never a call while open, closed only by probes that went well", () => {
    fc.assert(
      fc.property(fc.array(Step, { maxLength: 300 }), (steps) => {
        let breaker: Breaker = CLOSED;
        let [now, probes, inRow, failed, calls] = [0, 0, 0, 0, [] as (0 | 1)[]];
        for (const { wait, outcome, lost } of steps) {
          now += wait;
          const was = breaker;
          const permission = ask(breaker, now);
          if (!permission.go) {
            expect(was.state).not.toBe("closed");
            expect(permission.until).toBeGreaterThan(now);
            continue;
          }
          expect(was.state === "open" && now < was.until).toBe(false);
          // State is kept as JSON: nothing is lost on the way.
          breaker = JSON.parse(JSON.stringify(permission.breaker)) as Breaker;
          if (lost) continue;
          breaker = tell(breaker, permission.round, outcome, now);
          if (was.state === "closed") {
            inRow = outcome === "timeout" ? inRow + 1 : 0;
            failed = outcome === "ok" ? 0 : failed + 1;
            calls = [...calls, outcome === "ok" ? (0 as const) : (1 as const)].slice(-WINDOW_CALLS);
            const share = calls.reduce<number>((a, b) => a + b, 0) / calls.length;
            // Within the window of time the three rules decide, and nothing else.
            const isTooMany = calls.length >= SAMPLE_MIN ? share > BAD_SHARE_MAX : failed >= FAILURES_MAX;
            if (now < WINDOW_MS) expect(breaker.state === "open").toBe(inRow >= TIMEOUTS_MAX || isTooMany);
          } else probes = outcome === "ok" ? probes + 1 : 0;
          if (was.state !== "closed" && breaker.state === "closed") expect(probes).toBeGreaterThanOrEqual(PROBES_NEEDED);
          if (breaker.state !== "half-open") probes = 0;
          if (breaker.state === "closed" && was.state !== "closed") [inRow, failed, calls] = [0, 0, []];
          if (breaker.state === "closed") expect(breaker.calls.length).toBeLessThanOrEqual(WINDOW_CALLS);
        }
      }),
      { numRuns: 300 },
    );
  });
});
