import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Action, FanOutPolicy } from "../../contracts/fan-out.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { startRandom } from "../sim/random.ts";
import {
  type ActionEvent,
  advanceAction,
  ATTEMPTS_MAX,
  dueActions,
  fanOut,
  type FanOutEvent,
  missingActions,
  nextDueAt,
  RETRY_MS,
  RETRY_MS_MAX,
  UNDER_WAY_MS,
} from "./fan-out.ts";

const DAY = 86_400_000;
const policy = FanOutPolicy.parse({
  rules: [
    { action: "ticket", to: "dispatch", autonomy: "act" },
    { action: "owner-notice", to: "accounts", severityMin: "high", autonomy: "confirm" },
    { action: "owner-notice", to: "accounts", autonomy: "suggest" },
    { action: "quality-report", to: "pump-works", faultModes: ["bearing-wear"], repeats: { min: 3, withinMs: 90 * DAY }, autonomy: "act" },
  ],
});
const event = (more: Partial<FanOutEvent> = {}): FanOutEvent =>
  ({
    decision: "d1",
    at: 100,
    asset: "P-101",
    customer: "acme",
    model: "ISW200",
    faultMode: "bearing-wear",
    severity: "high",
    alarm: "a1",
    ...more,
  }) as FanOutEvent;
const draw = (more: Partial<FanOutEvent> = {}, repeats = 3) => fanOut(event(more), policy, () => repeats).map((action) => Action.parse(action));

describe("FO1 one event, several actions", () => {
  test("each rule that applies gives its action under the decision's key, with ids and figures only", () => {
    expect(draw().map(({ key, state }) => [key, state])).toEqual([
      ["d1:ticket:dispatch", "due"],
      ["d1:owner-notice:accounts", "proposed"],
      ["d1:quality-report:pump-works", "due"],
    ]);
    expect(draw()[2]?.about).toEqual({
      asset: "P-101",
      customer: "acme",
      model: "ISW200",
      faultMode: "bearing-wear",
      severity: "high",
      alarm: "a1",
      repeats: 3,
      withinMs: 90 * DAY,
    });
    expect(draw()).toEqual(draw());
  });

  test("severity, fault modes and repeats are conditions; of two rules for one action the first that applies counts", () => {
    expect(draw({}, 2).map(({ action }) => action)).toEqual(["ticket", "owner-notice"]);
    expect(draw({ faultMode: "supply" as never }).map(({ action }) => action)).toEqual(["ticket", "owner-notice"]);
    expect(draw()[1]).toMatchObject({ autonomy: "confirm" });
    expect(draw({ severity: "low" })[1]).toMatchObject({ autonomy: "suggest" });
    expect(fanOut(event(), { rules: [] }, () => 9)).toEqual([]);
  });

  test("an event that is heard again adds nothing", () => {
    const [first, ...rest] = draw();
    expect(missingActions(draw(), new Set(first === undefined ? [] : [first.key]))).toEqual(rest);
    expect(missingActions(draw(), new Set(draw().map(({ key }) => key)))).toEqual([]);
  });
});

describe("FO2 the life of an action", () => {
  const due = (): Action => draw()[0] as Action;
  const step = (action: Action, what: ActionEvent, now = 200): Action => {
    const after = advanceAction(action, what, now);
    if (isRefusal(after)) throw new Error(after.rule);
    return Action.parse(after);
  };

  test("what needs a person does not run before one says so", () => {
    const [, proposed] = draw();
    if (proposed === undefined) throw new Error("none");
    expect(dueActions([proposed], 1e12, 9)).toEqual([]);
    expect(nextDueAt([proposed])).toBeNull();
    expect(advanceAction(proposed, { type: "begin" }, 200)).toMatchObject({ refused: "needs-person" });
    expect(step(step(proposed, { type: "allow" }), { type: "allow" })).toMatchObject({ state: "due", dueAt: 200 });
    expect(step(proposed, { type: "drop" })).toMatchObject({ state: "dropped" });
    expect(advanceAction(step(proposed, { type: "drop" }), { type: "allow" }, 300)).toMatchObject({ refused: "wrong-state" });
  });

  test("while it is carried out nobody else takes it, unless its end is never told", () => {
    const begun = step(due(), { type: "begin" });
    expect(dueActions([begun], 200 + UNDER_WAY_MS - 1, 9)).toEqual([]);
    expect(dueActions([begun], 200 + UNDER_WAY_MS, 9)).toEqual([begun]);
    expect(nextDueAt([begun])).toBe(200 + UNDER_WAY_MS);
  });

  test("a failure is tried again, later each time, until it is dead with its reason; a person has it tried again", () => {
    let action = due();
    const waits: number[] = [];
    while (action.state === "due") {
      const now = action.dueAt;
      action = step(step(action, { type: "begin" }, now), { type: "failed", why: "no answer" }, now);
      if (action.state === "due") waits.push(action.dueAt - now);
    }
    expect(waits).toHaveLength(ATTEMPTS_MAX - 1);
    expect([waits[0], waits[1], waits.at(-1)]).toEqual([RETRY_MS, 2 * RETRY_MS, RETRY_MS_MAX]);
    expect(action).toMatchObject({ state: "dead", why: "no answer", attempts: ATTEMPTS_MAX });
    expect(step(action, { type: "again" }, 900)).toMatchObject({ state: "due", dueAt: 900, attempts: 0 });
    expect(step(step(due(), { type: "begin" }), { type: "failed", why: "unknown team", final: true })).toMatchObject({ state: "dead", attempts: 1 });
    expect(step(step(due(), { type: "begin" }), { type: "failed", why: "busy", retryAfterMs: 60_000 })).toMatchObject({ dueAt: 60_200 });
  });

  test("that it was done is true whatever was believed meanwhile, and the first word on it stays", () => {
    const done = step(step(due(), { type: "begin" }), { type: "done", ref: "N-1" });
    expect(done).toMatchObject({ state: "done", doneAt: 200, ref: "N-1" });
    expect(step(done, { type: "done", ref: "N-2" }, 900)).toEqual(done);
    expect(step(done, { type: "failed", why: "late" })).toEqual(done);
    const dead = step(step(due(), { type: "begin" }), { type: "failed", why: "x", final: true });
    expect(step(dead, { type: "done" })).toMatchObject({ state: "done" });
    expect(advanceAction(done, { type: "drop" }, 1)).toMatchObject({ refused: "wrong-state" });
    expect(advanceAction(step(due(), { type: "begin" }), { type: "drop" }, 1)).toMatchObject({ refused: "wrong-state" });
  });

  test("every pair of a state and an event gives an action or a refusal", () => {
    const events: readonly ActionEvent[] = [
      { type: "allow" },
      { type: "begin" },
      { type: "done" },
      { type: "failed", why: "w" },
      { type: "again" },
      { type: "drop" },
    ];
    const states = [
      ...draw(),
      step(due(), { type: "done" }),
      step(step(due(), { type: "begin" }), { type: "failed", why: "x", final: true }),
      step(due(), { type: "drop" }),
    ];
    for (const action of states)
      for (const what of events) {
        const after = advanceAction(action, what, 500);
        if (!isRefusal(after)) expect(Action.parse(after).key).toBe(action.key);
      }
  });
});

test("FO3 whatever is lost, repeated or crashes, each action happens once at a peer that honours keys, and none is forgotten", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (seed) => {
      const random = startRandom(seed);
      const done = new Map<string, number>();
      const honoured = new Set<string>();
      let rows = new Map<string, Action>();
      let now = 1_000;
      const take = (key: string, what: ActionEvent): void => {
        const before = rows.get(key);
        const after = before === undefined ? undefined : advanceAction(before, what, now);
        // A crash before the commit: nothing of it is written.
        if (after !== undefined && !isRefusal(after) && !random.chance(0.05)) rows.set(key, JSON.parse(JSON.stringify(after)) as Action);
      };
      const expected = new Set<string>();
      for (let n = 0; n < 4; n++) {
        const fresh = fanOut(event({ decision: `d${n}` as never, severity: random.pick(["low", "high"] as const) }), policy, () => n + 1);
        for (const { decision, action, to } of fresh) expected.add(`${decision} ${action} ${to}`);
        // The event is heard once, or more than once; each time it is one transaction.
        for (let heard = random.between(1, 3); heard > 0; heard--)
          rows = new Map([...rows, ...missingActions(fresh, new Set(rows.keys())).map((action) => [action.key, action] as const)]);
      }
      for (const key of rows.keys()) while (rows.get(key)?.state === "proposed") take(key, { type: "allow" });
      for (let turns = 0; [...rows.values()].some(({ state }) => state !== "done"); turns++) {
        if (turns > 5_000) throw new Error(`seed ${seed} does not come to rest`);
        for (const { key, decision, action, to } of dueActions([...rows.values()], now, 3)) {
          take(key, { type: "begin" });
          const sent = random.chance(0.7);
          if (sent) {
            const what = `${decision} ${action} ${to}`;
            const sentKey = rows.get(key)?.key ?? key;
            if (!honoured.has(sentKey)) done.set(what, (done.get(what) ?? 0) + 1);
            honoured.add(sentKey);
          }
          const heard = sent && random.chance(0.7);
          if (heard) take(key, { type: "done", ref: key });
          else if (random.chance(0.5)) take(key, { type: "failed", why: "no answer" });
        }
        for (const [key, { state }] of rows) if (state === "dead") take(key, { type: "again" });
        now = Math.max(now + 1, nextDueAt([...rows.values()]) ?? now);
      }
      expect(new Set(done.keys())).toEqual(expected);
      expect(new Set(done.values())).toEqual(new Set([1]));
    }),
    { numRuns: 150 },
  );
});
