import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AssetId, DeviceId, FaultModeId, ModelHash } from "../../contracts/ids.ts";
import { Verdict } from "../../contracts/verdict.ts";
import { AT_REST, type Judged, judgeCode, judgeScore } from "./judge.ts";

const policy = { onScore: 0.5, offScore: 0.4, onDelayMs: 5_000, offDelayMs: 10_000, holdOffMs: 60_000, latenessMs: 60_000, aheadMs: 60_000 };
const subject = { device: DeviceId.parse("pump-1"), asset: AssetId.parse("P-1"), model: ModelHash.parse("a".repeat(64)) };

type Step = { readonly at: number; readonly score?: number; readonly code?: string; readonly fresh?: boolean; readonly absorbed?: number };

/** Seconds and scores in, transitions out. */
function live(steps: readonly Step[], from: Judged = AT_REST): { readonly verdicts: readonly Verdict[]; readonly judged: Judged } {
  let judged = from;
  const verdicts: Verdict[] = [];
  for (const { at, score, code, fresh = true, absorbed = 0 } of steps) {
    const sign = { ts: at * 1_000, arrivedAt: at * 1_000 + 7, fresh, absorbed };
    const judgement =
      code === undefined
        ? judgeScore(judged, { ...sign, score: score ?? 0, evidence: [] }, subject, policy)
        : judgeCode(judged, { ...sign, code, faultMode: FaultModeId.parse("bearing-wear") }, subject, policy);
    judged = judgement.judged;
    if (judgement.verdict !== null) verdicts.push(judgement.verdict);
  }
  return { verdicts, judged };
}
const run = (from: number, to: number, score: number, more: Partial<Step> = {}): Step[] =>
  Array.from({ length: to - from }, (_, i) => ({ at: from + i, score, ...more }));
const told = (steps: readonly Step[]) => live(steps).verdicts.map((verdict) => [verdict.at / 1_000, verdict.state]);

describe("delays and hysteresis", () => {
  test("V1 anomalous after the on-delay, normal after the off-delay, each told once", () => {
    expect(told([...run(0, 10, 0.1), ...run(10, 40, 0.9), ...run(40, 80, 0.1)])).toEqual([
      [10, "suspect"],
      [15, "anomalous"],
      [50, "normal"],
    ]);
  });
  test("V1 a sign shorter than the on-delay is no anomaly", () => {
    expect(told([...run(0, 4, 0.9), ...run(4, 10, 0.1)])).toEqual([
      [0, "suspect"],
      [4, "normal"],
    ]);
  });
  test("V1 between off and on nothing changes", () => {
    expect(told([...run(0, 10, 0.9), ...run(10, 100, 0.45)])).toEqual([
      [0, "suspect"],
      [5, "anomalous"],
    ]);
    expect(told(run(0, 100, 0.45))).toEqual([]);
  });
  test("V1 one calm sample short of the off-delay clears nothing", () => {
    expect(told([...run(0, 10, 0.9), ...run(10, 20, 0.1), ...run(20, 21, 0.6), ...run(21, 31, 0.1)])).toEqual([
      [0, "suspect"],
      [5, "anomalous"],
    ]);
  });
  test("V1 two signs with an unknown stretch between them are not a lasting one", () => {
    expect(
      told([
        { at: 0, score: 0.9 },
        { at: 3_600, score: 0.9 },
      ]),
    ).toEqual([[0, "suspect"]]);
  });
});

describe("episodes", () => {
  test("V2 signs within the hold-off belong to the old episode, later ones to a new one", () => {
    const { verdicts } = live([...run(0, 20, 0.9), ...run(20, 40, 0.1), ...run(60, 80, 0.9), ...run(80, 200, 0.1), ...run(200, 220, 0.9)]);
    expect(verdicts.map((verdict) => [verdict.state, verdict.episode])).toEqual([
      ["suspect", "pump-1@0"],
      ["anomalous", "pump-1@0"],
      ["normal", "pump-1@0"],
      ["suspect", "pump-1@0"],
      ["anomalous", "pump-1@0"],
      ["normal", "pump-1@0"],
      ["suspect", "pump-1@200000"],
      ["anomalous", "pump-1@200000"],
    ]);
  });
  test("V2 an unconfirmed sign is no episode that a later one joins", () => {
    const { verdicts } = live([{ at: 0, score: 0.9 }, { at: 1, score: 0.1 }, ...run(30, 40, 0.9)]);
    expect(verdicts.at(-1)).toMatchObject({ state: "anomalous", since: 30_000, episode: "pump-1@30000" });
  });
  test("V2 absorbed counts from the episode's beginning", () => {
    const { verdicts } = live([{ at: 0, score: 0.9, absorbed: 7 }, ...run(1, 6, 0.9, { absorbed: 9 })]);
    expect(verdicts.map((verdict) => verdict.absorbed)).toEqual([0, 2]);
  });
});

describe("backlogs", () => {
  test("V3 what only a backlog said is told again when a fresh sample confirms it, once", () => {
    const { verdicts } = live([...run(0, 10, 0.9, { fresh: false }), ...run(10, 20, 0.9)]);
    expect(verdicts.map((verdict) => [verdict.at / 1_000, verdict.state, verdict.fresh])).toEqual([
      [0, "suspect", false],
      [5, "anomalous", false],
      [10, "anomalous", true],
    ]);
  });
  test("V3 when it no longer holds nothing fresh is told but its end", () => {
    const { verdicts } = live([...run(0, 10, 0.9, { fresh: false }), ...run(10, 30, 0.1)]);
    expect(verdicts.map((verdict) => [verdict.state, verdict.fresh])).toEqual([
      ["suspect", false],
      ["anomalous", false],
      ["normal", true],
    ]);
  });
});

describe("fault codes", () => {
  test("V4 a code is anomalous at once, and again only with news", () => {
    const { verdicts } = live([
      { at: 1, code: "E12" },
      { at: 2, code: "E12" },
      { at: 3, code: "E21" },
    ]);
    expect(verdicts.map((verdict) => [verdict.at / 1_000, verdict.state, verdict.code, verdict.faultMode, verdict.score])).toEqual([
      [1, "anomalous", "E12", "bearing-wear", 1],
      [3, "anomalous", "E21", "bearing-wear", 1],
    ]);
    expect(new Set(verdicts.map((verdict) => verdict.episode)).size).toBe(1);
  });
  test("V4 a code that is repeated while its fault lasts holds one episode, however calm the scores", () => {
    const steps = Array.from({ length: 600 }, (_, at) => (at % 50 === 0 ? { at, code: "E12" } : { at, score: 0.1 }));
    expect(told(steps)).toEqual([[0, "anomalous"]]);
  });
  test("V4 a code confirms a suspicion at once, and one from a backlog is told again when it comes fresh", () => {
    expect(
      told([
        { at: 0, score: 0.9 },
        { at: 1, code: "E12" },
      ]),
    ).toEqual([
      [0, "suspect"],
      [1, "anomalous"],
    ]);
    expect(
      live([
        { at: 0, code: "E12", fresh: false },
        { at: 1, code: "E12" },
      ]).verdicts.map((verdict) => verdict.fresh),
    ).toEqual([false, true]);
  });
});

test("V5 transitions only: any run of scores gives verdicts that fit the contract, alternate, and never repeat a fresh state", () => {
  const step = fc.record({
    gap: fc.integer({ min: 1, max: 30 }),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    code: fc.option(fc.constantFrom("E12", "E21"), { nil: undefined }),
    fresh: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (raw) => {
      let at = 0;
      const steps = raw.map(({ gap, score, code, fresh }) => ({ at: (at += gap), score, fresh, ...(code === undefined ? {} : { code }) }));
      const { verdicts, judged } = live(steps);
      for (const verdict of verdicts) expect(Verdict.safeParse(verdict).success).toBe(true);
      for (const [i, verdict] of verdicts.entries()) {
        const before = verdicts[i - 1];
        if (before?.state === verdict.state)
          expect(verdict.state === "anomalous" && ((!before.fresh && verdict.fresh) || verdict.code !== undefined)).toBe(true);
        expect(verdict.since).toBeLessThanOrEqual(verdict.at);
      }
      expect(verdicts.at(-1)?.state ?? "normal").toBe(judged.state);
      const cut = Math.floor(steps.length / 2);
      const first = live(steps.slice(0, cut));
      expect([...first.verdicts, ...live(steps.slice(cut), first.judged).verdicts]).toEqual(verdicts);
    }),
  );
});
