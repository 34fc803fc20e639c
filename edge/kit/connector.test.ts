import { describe, expect, test } from "vitest";
import * as breaker from "../../contracts/breaker.ts";
import { type AskRow, callEnded, type Ended, nextCall, RETRY_MS, RETRY_MS_MAX, retryAfter } from "./connector.ts";

const row = (type: "reserve" | "release", key: string, dueAt = 0, attempts = 0): AskRow => ({
  ask:
    type === "reserve"
      ? { type, key, kit: "k" as never, ticket: "t" as never, lines: [] }
      : { type, key, kit: "k" as never, ticket: "t" as never, reservation: "R1" },
  attempts,
  dueAt,
});
const end = (one: AskRow, ended: Ended) => callEnded(breaker, breaker.CLOSED, 0, one, ended, 1_000);
const fate = (one: AskRow, ended: Ended) => end(one, ended).fate.type;

describe("KT8 the line to the warehouse", () => {
  test("a release goes before a reservation, then what is due longest; what is not due waits", () => {
    const rows = [row("reserve", "b", 5), row("reserve", "a", 3), row("release", "z", 9), row("reserve", "c", 50)];
    const order: string[] = [];
    for (let left = rows; ;) {
      const turn = nextCall(breaker, breaker.CLOSED, left, 10);
      if (!("call" in turn)) {
        expect(turn).toEqual({ wait: 50, held: [] });
        break;
      }
      order.push(turn.call.ask.key);
      left = left.filter((one) => one !== turn.call);
    }
    expect(order).toEqual(["z", "a", "b"]);
    expect(nextCall(breaker, breaker.CLOSED, [], 10)).toEqual({ wait: null, held: [] });
  });

  test.each([
    ["reserve", { status: 201 }, "answered"],
    ["reserve", { status: 409 }, "answered"],
    ["reserve", { status: 422 }, "rejected"],
    ["reserve", { status: 400 }, "rejected"],
    ["reserve", { status: 401 }, "again"],
    ["reserve", { status: 429 }, "again"],
    ["reserve", { status: 503 }, "again"],
    ["reserve", { status: 302 }, "again"],
    ["reserve", { status: 0, timedOut: true }, "again"],
    ["release", { status: 200 }, "answered"],
    ["release", { status: 404 }, "answered"],
    ["release", { status: 400 }, "again"],
    ["reserve", { status: 404 }, "again"],
  ] as const)("%s that ended with %j is %s", (type, ended, expected) => {
    expect(fate(row(type, "k"), ended)).toBe(expected);
  });

  test("what is not there for long is refused; a release is tried until somebody has seen to it, and a closed door is not knocked at often", () => {
    expect(fate(row("reserve", "k", 0, 19), { status: 404 })).toBe("rejected");
    expect(fate(row("release", "k", 0, 1_000), { status: 400 })).toBe("again");
    for (const status of [401, 403, 301]) expect(end(row("reserve", "k"), { status }).fate).toMatchObject({ row: { dueAt: 1_000 + 5 * 60_000 } });
  });

  test("it waits longer each time up to a bound, and as long as it is asked to, within reason", () => {
    expect([1, 2, 3, 6, 7, 100].map(retryAfter)).toEqual([RETRY_MS, 2 * RETRY_MS, 4 * RETRY_MS, 32 * RETRY_MS, RETRY_MS_MAX, RETRY_MS_MAX]);
    const { fate: again } = end(row("reserve", "k", 0, 1), { status: 429, retryAfterMs: 60_000 });
    expect(again).toMatchObject({ type: "again", row: { attempts: 2, dueAt: 61_000 } });
    expect(end(row("reserve", "k"), { status: 503, retryAfterMs: 1e9 }).fate).toMatchObject({ row: { dueAt: 1_000 + 10 * 60_000 } });
  });

  test("three time-outs in a row open the breaker, also over a restart; then nothing goes, and each ask that is due is named", () => {
    let state: breaker.Breaker = breaker.CLOSED;
    const asks = [row("reserve", "a"), row("release", "b")];
    for (let i = 0; i < 3; i++) {
      const turn = nextCall(breaker, state, asks, i);
      if (!("call" in turn)) throw new Error("nothing goes");
      // What a restart leaves of it.
      state = JSON.parse(JSON.stringify(callEnded(breaker, turn.breaker, turn.round, turn.call, { status: 0, timedOut: true }, i).breaker)) as breaker.Breaker;
    }
    expect(nextCall(breaker, state, asks, 3)).toEqual({ wait: 2 + breaker.OPEN_MS, held: ["a", "b"] });
    expect("call" in nextCall(breaker, state, asks, 2 + breaker.OPEN_MS)).toBe(true);
  });

  test("more than a twentieth of errors opens it; what a warehouse refuses is no error of the line", () => {
    const after = (status: number, times: number, from: breaker.Breaker = breaker.CLOSED) =>
      Array.from({ length: times }).reduce<breaker.Breaker>(
        (state) => callEnded(breaker, state, state.round, row("reserve", "a"), { status }, 1).breaker,
        from,
      );
    expect(after(409, 100).state).toBe("closed");
    expect(after(422, 100).state).toBe("closed");
    expect(after(404, 100).state).toBe("closed");
    expect(after(401, 5).state).toBe("open");
    expect(after(503, 1, after(201, 19)).state).toBe("closed");
    expect(after(503, 2, after(201, 19)).state).toBe("open");
  });
});
