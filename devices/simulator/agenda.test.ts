import fc from "fast-check";
import { expect, test } from "vitest";
import { startAgenda } from "./agenda.ts";

test("SU9 what is planned runs in order of its instants, equal ones in the order in which they were planned", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 }), (instants) => {
      const agenda = startAgenda();
      const ran: (readonly [number, number])[] = [];
      for (const [i, at] of instants.entries()) agenda.plan(at, () => ran.push([at, i]));
      agenda.runUntil(9);
      expect(ran).toEqual(instants.map((at, i) => [at, i] as const).toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
    }),
  );
});

test("SU9 nothing runs before its time, and what a run plans for as early is run too", () => {
  const agenda = startAgenda();
  const ran: string[] = [];
  agenda.plan(5, () => {
    ran.push("five");
    agenda.plan(5, () => ran.push("five again"));
    agenda.plan(6, () => ran.push("six"));
  });
  agenda.runUntil(4);
  expect(ran).toEqual([]);
  agenda.runUntil(5);
  expect([ran, agenda.nextAt()]).toEqual([["five", "five again"], 6]);
});
