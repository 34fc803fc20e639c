import { expect, test } from "vitest";
import type { People } from "../simulator/people.ts";
import { randomOf } from "../simulator/random.ts";
import { acceptedAfter, type Asking } from "./accept-people.ts";

const dispatch = { offerMs: 120_000, retryMs: 60_000, roundsMax: 2 };
const people: People = { source: "a test", medianMs: 10_000, sigma: 0, never: 0 };
const asking: Asking = { people, declines: 0, dispatch, candidates: 3, offerAgainMs: () => 1_000 };

test("AC1 the first who answers in time and says yes has the job", () => {
  expect(acceptedAfter(asking, randomOf(1, "a"))).toEqual({ ms: 10_000, offers: 1, desk: false });
});

test("AC2 a no hands the job on when it is said, silence when the offer expires", () => {
  // Yes, no and no answer by a random of our own: silent?, two for the delay, no?.
  const said = [0.9, 0.5, 0.5, 0, 0.1, 0.5, 0.5, 0.9, 0.9, 0.5, 0.5, 0.9];
  const random = () => said.shift() ?? 0.5;
  const some = acceptedAfter({ ...asking, people: { ...people, never: 0.2 }, declines: 0.08 }, random);
  expect(some).toEqual({ ms: 10_000 + 1_000 + 120_000 + 1_000 + 10_000, offers: 3, desk: false });
});

test("AC3 a late answer is none; rounds follow rounds, then the desk is asked, and no job goes round for ever", () => {
  const late = acceptedAfter({ ...asking, people: { ...people, medianMs: 120_000 } }, randomOf(1, "c"));
  expect(late).toMatchObject({ offers: 1_002, desk: true });
  // 334 rounds of three offers, each but the first a second on its way; two waits, and from then on the desk.
  expect(late.ms).toBe(1_002 * 120_000 + 1_001 * 1_000 + 2 * 60_000 + 332 * 120_000);
});
