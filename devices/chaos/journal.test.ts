import { expect, test } from "vitest";
import { addUp, startJournal } from "./journal.ts";

test("MX4 lost is what was acknowledged and never came out; what came out again is a duplicate; what nobody said is strange", () => {
  const journal = startJournal();
  for (const word of [1, 2, 3, 4]) journal.said(word);
  for (const word of [1, 2, 3]) journal.acknowledged(word);
  for (const word of [1, 2, 2, 2, 4, 9]) journal.heard(word);
  const sum = { said: 4, acknowledged: 3, lost: 1, duplicates: 2, strange: 1 };
  expect(journal.sum()).toEqual(sum);
  expect(addUp([sum, sum])).toEqual({ said: 8, acknowledged: 6, lost: 2, duplicates: 4, strange: 2 });
});
