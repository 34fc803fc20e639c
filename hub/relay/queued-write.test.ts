import { describe, expect, test } from "vitest";
import { MAYBE_ANSWERS_MAX, fateOfWrite, isOutOfOrder } from "./queued-write.ts";
import { RETRY_AFTER_MS_MAX } from "./schedule.ts";

const fates = (statuses: readonly number[], answers = 1): readonly string[] => statuses.map((status) => fateOfWrite({ status, error: null }, answers).fate);

describe("O18 a write at the head of a connector's queue", () => {
  test("is done by 2xx and by nothing else", () => {
    const done = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => fateOfWrite({ status, error: null }, 1).fate === "done");
    expect([done.length, done[0], done.at(-1)]).toEqual([100, 200, 299]);
  });

  test("is given up at once when it is refused for its content", () => {
    expect(fates([400, 402, 405, 406, 410, 411, 412, 413, 414, 415, 422, 431])).toEqual(Array(12).fill("dead"));
    expect(fateOfWrite({ status: 422, error: null }, 1)).toEqual({ fate: "dead", reason: "answered 422" });
  });

  test("waits without end, and says why, where the answer is not about it", () => {
    const waits = [0, 301, 302, 303, 304, 307, 308, 401, 403, 407, 408, 425, 429, 500, 501, 502, 503, 504, 599];
    for (const answers of [1, 30, 10_000]) expect(fates(waits, answers)).toEqual(Array(waits.length).fill("again"));
    expect(fateOfWrite({ status: 302, error: null }, 1)).toMatchObject({ reason: "answered 302: redirects are not followed" });
    expect(fateOfWrite({ status: 403, error: null }, 1)).toMatchObject({ reason: "answered 403: the connector is not let in" });
  });

  test("waits for a while where the answer may be about it or about now", () => {
    expect(fates([404, 409, 423], MAYBE_ANSWERS_MAX - 1)).toEqual(["again", "again", "again"]);
    expect(fateOfWrite({ status: 404, error: null }, MAYBE_ANSWERS_MAX)).toEqual({ fate: "dead", reason: `answered 404, ${MAYBE_ANSWERS_MAX} times` });
  });

  test("waits twice as long each time up to a minute, five where nobody is let in, and as long as it is asked to up to an hour", () => {
    const wait = (status: number, answers: number, retryAfterMs?: number): number => {
      const fate = fateOfWrite({ status, error: null, retryAfterMs }, answers);
      return fate.fate === "again" ? fate.waitMs : -1;
    };
    expect([1, 2, 3, 5, 6, 1_000].map((answers) => wait(503, answers))).toEqual([2_000, 4_000, 8_000, 32_000, 60_000, 60_000]);
    expect([wait(401, 1), wait(302, 9)]).toEqual([300_000, 300_000]);
    expect([wait(429, 1, 90_000), wait(503, 1, 10 ** 9), wait(503, 1, -5)]).toEqual([90_000, RETRY_AFTER_MS_MAX, 2_000]);
  });

  test("says of the link what it says of everybody: redirects and a refused secret are no refusals of a single request", () => {
    expect([200, 204, 400, 403, 404, 409, 422].filter(isOutOfOrder)).toEqual([]);
    expect([301, 302, 401, 407, 408, 425, 429, 500, 503].every(isOutOfOrder)).toBe(true);
  });
});
