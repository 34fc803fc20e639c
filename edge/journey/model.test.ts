import { expect, test } from "vitest";
import { ModelHash, ProfileId } from "../../contracts/ids.ts";
import { type Candidate, Drift, ModelBinding, type Parked } from "../../contracts/model-binding.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { compareGroups } from "../verdict/trial/rates.ts";
import { compare } from "../verdict/trial/compare.ts";
import { advance, driftStep, type Facts, parkedStep, plannedOf, promote, rollBack, startCanary, startShadow, type Step, stop, WARM_MS } from "./model.ts";

const NOW = 1_760_000_000_000;
const DAY = 86_400_000;
const [live, other, third] = ["a", "b", "c"].map((one) => ModelHash.parse(one.repeat(64))) as [ModelHash, ModelHash, ModelHash];
const first: ModelBinding = { profile: ProfileId.parse("pump"), live, liveSince: 0 };
const candidate: Candidate = { hash: other, stage: "shadow", share: 0.1, since: NOW, stageSince: NOW, wanted: "shadow", by: "ops" };
const tried = (change: Partial<Candidate>): ModelBinding => ({ ...first, candidate: { ...candidate, ...change } });

/** Six jobs of which the live model found `found`; both silent otherwise. */
function comparisonOf(found: number): NonNullable<Facts["comparison"]> {
  const jobs = Array.from({ length: 6 }, (_, i) => ({ asset: `p${i}`, openedAt: NOW + (i + 8) * DAY, closedAt: NOW + (i + 9) * DAY, truth: "fault" as const }));
  const all = jobs.map(({ asset, openedAt, closedAt }) => ({ asset, since: openedAt - 1, clearedAt: closedAt }));
  return compare({ from: NOW, to: NOW + 30 * DAY, assetDays: 100, jobs, live: all.slice(0, found), candidate: all });
}
const group = (alarms: number, assetDays = 40) => ({ devices: 5, assetDays, alarms, failures: 0, rows: 9_000 });
const better: Facts = { comparison: comparisonOf(5), canary: compareGroups(group(0), group(3), 10), learning: 0 };
const same: Facts = { ...better, comparison: comparisonOf(6) };
const made = (step: Step | Refusal | null): ModelBinding => {
  if (step === null || isRefusal(step)) throw new Error(step === null ? "nothing follows" : step.rule);
  return ModelBinding.parse(step.binding);
};
const code = (step: Step | Refusal | null): string => (step !== null && isRefusal(step) ? step.refused : (step?.told.outcome ?? "nothing"));

test("VL10 the way up: shadow, canary, live, the one before kept warm for its time; each step only from the one before it", () => {
  const shadow = made(startShadow(first, { hash: other, by: "ops" }, NOW));
  expect(plannedOf(shadow, NOW)).toEqual({ profile: "pump", since: NOW, live, other: { hash: other, share: 0 } });
  expect([
    code(promote(shadow, better, NOW)),
    code(startShadow(shadow, { hash: third, by: "ops" }, NOW)),
    code(rollBack(shadow, [], "rolled-back", "ops", NOW)),
  ]).toEqual(["wrong-state", "wrong-state", "wrong-state"]);
  const canary = made(startCanary(shadow, better, 0.25, NOW + 1));
  expect(plannedOf(canary, NOW + 1)).toMatchObject({ since: NOW + 1, live, other: { hash: other, share: 0.25 } });
  const up = made(promote(canary, better, NOW + 2));
  expect(up).toMatchObject({ live: other, previous: live, warmUntil: NOW + 2 + WARM_MS });
  expect(up.candidate).toBe(undefined);
  expect(plannedOf(up, NOW + 3).other).toEqual({ hash: live, share: 0 });
  expect(plannedOf(up, NOW + 3 + WARM_MS).other).toBe(undefined);
  expect(code(advance(up, better, "unit", NOW + 3 + WARM_MS))).toBe("cooled");
  expect(made(rollBack(up, [], "rolled-back", "li", NOW + 4))).toMatchObject({ live, ended: { hash: other, stage: "live", how: "rolled-back", by: "li" } });
});

test("VL10 what is not proven is refused with each reason, in words too", () => {
  const no = startCanary(tried({}), { ...same, learning: 3 }, undefined, NOW);
  expect(no).toMatchObject({ refused: "not-better" });
  expect(isRefusal(no) ? no.rule : "").toMatch(/still-learning \(devices 3\).*no-better/);
  expect(code(startCanary(tried({}), { comparison: null, canary: null, learning: 0 }, undefined, NOW))).toBe("not-better");
  expect(code(promote(tried({ stage: "canary" }), { ...better, canary: compareGroups(group(0, 3), group(3), 10) }, NOW))).toBe("not-better");
  expect(code(promote(tried({ stage: "canary" }), same, NOW))).toBe("not-better");
});

test("VL10 it goes on by itself as far as was wanted, and no further", () => {
  expect(code(advance(tried({}), better, "unit", NOW))).toBe("nothing");
  expect(code(advance(tried({ wanted: "canary" }), better, "unit", NOW))).toBe("canary-started");
  expect(code(advance(tried({ wanted: "live" }), same, "unit", NOW))).toBe("nothing");
  expect(code(advance(tried({ wanted: "canary", stage: "canary" }), better, "unit", NOW))).toBe("nothing");
  expect(code(advance(tried({ wanted: "live", stage: "canary" }), better, "unit", NOW))).toBe("promoted");
});

test("VL7 a canary that got worse goes back by itself, whatever was wanted, and says why", () => {
  const worse: Facts = { ...better, canary: compareGroups(group(14, 10), group(2), 10) };
  const back = advance(tried({ wanted: "live", stage: "canary" }), worse, "unit", NOW);
  expect(made(back)).toMatchObject({ live, ended: { hash: other, stage: "canary", how: "worse", by: "unit", reasons: [{ code: "alarms-more-often" }] } });
  expect(made(back).candidate).toBe(undefined);
  expect(plannedOf(made(back), NOW)).toEqual({ profile: "pump", since: 0, live });
});

test("VL8 a model that can't be run: a candidate ends, a live one gives way to the one before it, the first one is shown until it runs again", () => {
  const parked = (hash: ModelHash): Parked => ({ hash, why: "fails", at: NOW, count: 3 });
  expect(made(parkedStep(tried({ stage: "canary" }), [parked(other)], "unit", NOW))).toMatchObject({
    live,
    ended: { hash: other, how: "parked" },
    parked: [{ hash: other }],
  });
  const up: ModelBinding = { ...first, live: other, previous: live, warmUntil: NOW + 5 };
  expect(made(parkedStep(up, [parked(other)], "unit", NOW))).toMatchObject({ live, ended: { hash: other, stage: "live", how: "parked" } });
  const shown = made(parkedStep(first, [parked(live)], "unit", NOW));
  expect(shown).toMatchObject({ live, parked: [{ hash: live, why: "fails" }] });
  expect(parkedStep(shown, [parked(live)], "unit", NOW + 9)).toBe(null);
  expect(made(parkedStep(shown, [], "unit", NOW + 9)).parked).toBe(undefined);
  // Whoever is tried again begins with a clean slate.
  expect(made(startShadow({ ...first, parked: [parked(other)] }, { hash: other, by: "ops" }, NOW)).parked).toBe(undefined);
});

test("VL8 a live model that can't be run gives way to the one before it, not to the canary beside it, which is tried on", () => {
  const parked: Parked = { hash: other, why: "fails", at: NOW, count: 3 };
  const up: ModelBinding = { ...first, live: other, previous: live };
  const canary = made(parkedStep({ ...up, candidate: { ...candidate, hash: third, stage: "canary" } }, [parked], "unit", NOW + 9));
  // What it was compared with is gone: the comparison begins anew.
  expect(canary).toMatchObject({
    live,
    candidate: { hash: third, stage: "canary", since: NOW + 9, stageSince: NOW + 9 },
    ended: { hash: other, stage: "live", how: "parked" },
  });
  // Tried again against its successor, it has won by that.
  const again = made(parkedStep({ ...up, candidate: { ...candidate, hash: live } }, [parked], "unit", NOW));
  expect([again.live, again.candidate]).toEqual([live, undefined]);
  expect(made(rollBack({ ...up, candidate: { ...candidate, hash: live } }, [], "rolled-back", "li", NOW)).candidate).toBe(undefined);
});

test("VL10 HM4 one release had back is that one: a canary of another goes on beside the model that is live again", () => {
  const up: ModelBinding = { ...first, live: other, previous: live, release: "one" };
  const candidate = { hash: third, stage: "canary", share: 0.1, since: NOW, stageSince: NOW, wanted: "live", by: "ops", release: "two" } as const;
  const back = made(rollBack({ ...up, candidate }, [], "rolled-back", "li", NOW + 1, "one"));
  expect(back).toMatchObject({ live, candidate: { hash: third, release: "two" }, ended: { hash: other, stage: "live", release: "one" } });
  const ended = made(rollBack({ ...up, candidate }, [], "rolled-back", "li", NOW + 1, "two"));
  expect(ended).toMatchObject({ live: other, release: "one", ended: { hash: third, stage: "canary", release: "two" } });
});

test("VL11 drift begins once, is over once, and is forgotten with the model", () => {
  const drift = Drift.parse({ of: "input", index: 0.7, limit: 0.3, channel: "flow", since: NOW });
  const adrift = made(driftStep(first, drift));
  expect(adrift.drift).toEqual(drift);
  expect(driftStep(adrift, { ...drift, index: 0.9 })).toBe(null);
  expect(code(driftStep(adrift, null))).toBe("drift-over");
  expect(driftStep(first, null)).toBe(null);
  expect(made(promote({ ...adrift, candidate: { ...candidate, stage: "canary" } }, better, NOW)).drift).toBe(undefined);
  expect(code(stop(adrift, [], "ops", NOW))).toBe("wrong-state");
});
