import { expect, test } from "vitest";
import type { TailLine } from "../../contracts/board.ts";
import { linesAfter } from "./tail.ts";

const line = (n: number, at = n): TailLine => ({ n, at, device: "pump-7", fields: [] });
/** A server whose tail holds these lines; `fromStart` as one that answers from the start when `after` is beyond its count. */
const server = (lines: readonly TailLine[], fromStart: boolean) => async (after: number) => {
  const beyond = fromStart && lines.every(({ n }) => n < after);
  return lines.filter(({ n }) => beyond || n > after);
};

test.each([false, true])("L38 each message is told once, also when the server began its count again (answers from the start: %s)", async (fromStart) => {
  const heard = [line(1), line(2), line(3)];
  const told = async (lines: readonly TailLine[], last?: TailLine) => (await linesAfter(last, server(lines, fromStart))).map(({ at }) => at);
  expect(await told(heard)).toEqual([1, 2, 3]);
  expect(await told(heard, line(3))).toEqual([]);
  expect(await told(heard, line(1))).toEqual([2, 3]);
  // Begun again: below, at and beyond the number that was heard last.
  expect(await told([line(1, 10)], line(3))).toEqual([10]);
  expect(await told([line(1, 10), line(2, 11), line(3, 12)], line(3))).toEqual([10, 11, 12]);
  expect(await told([line(1, 10), line(2, 11)], line(1))).toEqual([10, 11]);
  expect(await told([], line(3))).toEqual([]);
  // Newer ones pushed out what was heard last.
  expect(await told([line(8), line(9)], line(3))).toEqual([8, 9]);
});
