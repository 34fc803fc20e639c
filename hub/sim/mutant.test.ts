import { expect, test } from "vitest";
import { patch } from "./mutant.ts";
import { MUTANTS } from "./mutants.ts";

const MUTANT = { name: "none", file: "a.ts", plants: "nothing", from: "b", to: "c", seed: 1 } as const;

test("L51 a bug is planted where its text stands once; where it does not, nothing is run", () => {
  expect(patch("a b a", MUTANT)).toBe("a c a");
  expect(() => patch("a a", MUTANT)).toThrow("mutant none: its text stands 0 times in a.ts");
  expect(() => patch("b b", MUTANT)).toThrow("stands 2 times");
});

test("L51 planted bugs are told apart by their names", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});
