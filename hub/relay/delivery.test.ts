import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Answer, type Delivery, VAIN_MAX, afterAttempt, begin, fallBehind } from "./delivery.ts";
import { JITTER, RETRY_AFTER_MS_MAX, WAITS_MS, waitAfter } from "./schedule.ts";

const answered = (status: number, retryAfterMs?: number): Answer => ({ type: "answered", status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
const TIMEOUT: Answer = { type: "timeout", ms: 15_000 };
const HOUR = 3_600_000;

describe("O4 a failed event is tried again", () => {
  test("eight times over 27 h 35 min 5 s: at once, then after the waits of the specification", () => {
    let [delivery, now] = [begin(0), 0];
    const times: number[] = [];
    for (;;) {
      times.push(now);
      const after = afterAttempt(delivery, answered(500), now, 0);
      delivery = after.delivery;
      if (after.fate !== "again") break;
      now = delivery.nextAt;
    }
    expect(times).toEqual([0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305].map((s) => s * 1_000));
    expect(delivery).toMatchObject({ state: "active", failures: 0, vain: 1 });
  });

  test("chance lengthens a wait, by a fifth at most", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: WAITS_MS.length }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, chance) => {
        const wait = WAITS_MS[failures - 1] ?? 0;
        expect(waitAfter(failures, chance)).toBeGreaterThanOrEqual(wait);
        expect(waitAfter(failures, chance)).toBeLessThanOrEqual(wait * (1 + JITTER));
      }),
    );
    expect(waitAfter(WAITS_MS.length + 1, 0)).toBeNull();
  });

  test("later when the receiver asks for it, an hour at most, and never sooner", () => {
    expect(waitAfter(1, 0, 90_000)).toBe(90_000);
    expect(waitAfter(1, 0, 1_000)).toBe(5_000);
    expect(waitAfter(1, 0, 10 * 365 * 24 * HOUR)).toBe(RETRY_AFTER_MS_MAX);
    expect(waitAfter(7, 0, 10 * 365 * 24 * HOUR)).toBe(10 * HOUR);
    expect(waitAfter(1, 0, Number.NEGATIVE_INFINITY)).toBe(5_000);
    expect(afterAttempt(begin(0), answered(503, 120_000), 1_000, 0).delivery.nextAt).toBe(121_000);
  });
});

describe("O5 an answer decides the event's fate", () => {
  const failing: Delivery = { state: "active", why: "", failures: 3, vain: 1, nextAt: 0 };

  test.each([200, 201, 202, 204, 299])("%i delivers it and forgets all failures", (status) => {
    expect(afterAttempt(failing, answered(status), 77, 0)).toEqual({ fate: "delivered", delivery: begin(77) });
  });

  test("410 disables the endpoint, whatever state it is in", () => {
    for (const delivery of [failing, fallBehind(failing, "lag", 0)])
      expect(afterAttempt(delivery, answered(410), 0, 0)).toMatchObject({
        fate: "stopped",
        delivery: { state: "disabled", why: expect.stringContaining("410") as string },
      });
  });

  test.each([400, 413, 415, 422])("%i makes it a dead letter at once, and the next event follows", (status) => {
    expect(afterAttempt(failing, answered(status), 5, 0)).toMatchObject({ fate: "dead", delivery: { state: "active", failures: 0, nextAt: 5 } });
  });

  test.each([100, 301, 302, 307, 401, 403, 404, 405, 408, 425, 429, 500, 502, 503, 504])("%i is tried again: it may mend", (status) => {
    expect(afterAttempt(begin(0), answered(status), 0, 0)).toMatchObject({ fate: "again", delivery: { failures: 1, nextAt: 5_000 } });
  });

  test("no answer at all is tried again", () => {
    for (const none of [TIMEOUT, { type: "unreachable", why: "refused" } as const]) expect(afterAttempt(begin(0), none, 0, 0).fate).toBe("again");
  });

  test("a whole schedule in vain makes a dead letter; a second one in a row disables the endpoint and leaves its place before the event", () => {
    let delivery = begin(0);
    const fates: string[] = [];
    for (let i = 0; i < VAIN_MAX * (WAITS_MS.length + 1); i++) {
      const after = afterAttempt(delivery, TIMEOUT, 0, 0);
      delivery = after.delivery;
      if (after.fate !== "again") fates.push(after.fate);
    }
    expect(fates).toEqual(["dead", "stopped"]);
    expect(delivery).toMatchObject({ state: "disabled", why: "8 attempts in vain: no answer within 15000 ms" });
    // A success in between begins anew.
    expect(afterAttempt({ ...failing, failures: 7 }, answered(200), 0, 0).delivery.vain).toBe(0);
  });

  test("the event that resynchronises is never given up as a dead letter: it would say nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(answered(400), answered(422), answered(500), answered(429, 5), TIMEOUT), { maxLength: 40 }), (answers) => {
        let delivery = fallBehind(begin(0), "lag", 0);
        for (const answer of answers) {
          if (delivery.state !== "behind") break;
          const { fate, delivery: next } = afterAttempt(delivery, answer, 0, 0);
          expect(fate).not.toBe("dead");
          delivery = next;
        }
      }),
    );
  });
});
