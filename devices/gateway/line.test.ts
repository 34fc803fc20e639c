import { expect, test } from "vitest";
import { openLine } from "./line.ts";

test("GW28 so many are asked at a time, in the order of their coming; the next goes when one is answered", () => {
  const { line, went } = lined({ atOnceMax: 2 });
  for (const name of ["a", "b", "c", "d"]) line.enter(waiter(name, went), 0);
  expect(went).toEqual(["a", "b"]);
  line.answered(0);
  expect(went).toEqual(["a", "b", "c"]);
  expect(line.waiting()).toBe(1);
});

test("GW28 so many a second, whatever is answered at once; who is answered while it goes makes no deeper call", () => {
  const went: string[] = [];
  const line = openLine({ isOpen: () => true, perS: 100, atOnceMax: 1 });
  const all = Array.from({ length: 20_000 }, (_, i) => ({ go: () => (went.push(String(i)), line.answered(0)), giveUp: () => {} }));
  for (const one of all) line.enter(one, 0);
  expect(went).toHaveLength(100);
  line.check(500);
  expect(went).toHaveLength(150);
});

test("GW28 who has waited too long is told so, and a closed line holds everybody until it opens", () => {
  const open = { now: false };
  const went: string[] = [];
  const line = openLine({ isOpen: () => open.now });
  line.enter(waiter("a", went), 0);
  line.enter(waiter("b", went), 15_000);
  line.check(20_001);
  expect(went).toEqual(["a gives up"]);
  open.now = true;
  line.check(20_002);
  expect(went).toEqual(["a gives up", "b"]);
});

test("GW28 who leaves the line by itself isn't asked", () => {
  const { line, went } = lined({ atOnceMax: 1 });
  const [a, b, c] = [waiter("a", went), waiter("b", went), waiter("c", went)];
  for (const one of [a, b, c]) line.enter(one, 0);
  line.leave(b);
  line.answered(0);
  expect(went).toEqual(["a", "c"]);
});

function lined(options: { readonly atOnceMax: number }) {
  return { line: openLine({ isOpen: () => true, ...options }), went: [] as string[] };
}

function waiter(name: string, went: string[]) {
  return { go: () => void went.push(name), giveUp: () => void went.push(`${name} gives up`) };
}
