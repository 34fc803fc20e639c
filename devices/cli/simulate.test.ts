import { expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { complaintOf } from "./simulate.ts";

type Summary = { readonly seeds: number; readonly operations: number; readonly failing: readonly number[]; readonly never: readonly string[] };

async function simulate(...argv: readonly string[]): Promise<Summary> {
  const { code, out, err } = await runCli(["simulate", "sync", "--json", ...argv]);
  expect([code, err]).toEqual([0, expect.stringContaining("simulate sync")]);
  const { jobs: _, wallMs: __, ...summary } = JSON.parse(out) as Summary & { readonly jobs: number; readonly wallMs: number };
  return summary;
}

test("L50 the same seeds give the same sums, in however many processes; and so do as many operations", async () => {
  const one = await simulate("--seeds", "1..4", "--jobs", "1");
  expect(one).toMatchObject({ seeds: 4, violations: 0, failing: [] });
  expect(await simulate("--seeds", "1..4", "--jobs", "3")).toEqual(one);
  // One more than three seeds have: it takes the fourth.
  expect(await simulate("--operations", String(one.operations - 1), "--jobs", "2")).toEqual(one);
  // A run as short as this has not tried everything, says so, and does not fail for it.
  expect(one.never).not.toEqual([]);
}, 60_000);

test("L52 a run fails by the seeds that broke a promise, and a long one by what it has not tried", () => {
  const clean = { operations: 99_999, violations: 0, failing: [], faults: { drop: 0, late: 2 }, merges: { lww: 1 } };
  expect(complaintOf(clean)).toBeNull();
  expect(complaintOf({ ...clean, violations: 2, failing: [7] })).toBe("2 violations in seeds 7");
  expect(complaintOf({ ...clean, operations: 100_000 })).toBe("never came, and so was not tried: drop");
  expect(complaintOf({ ...clean, operations: 100_000, faults: {}, merges: { lww: 0 } })).toBe("never came, and so was not tried: lww");
});
