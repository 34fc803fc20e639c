import { expect, test } from "vitest";
import { ModelCard } from "../../contracts/model-card.ts";
import type { ReleaseState } from "../../contracts/release.ts";
import { NewRelease } from "./asked.ts";
import { type KeptAsk, type KeptRelease, dueFor, nameOf, noted } from "./release.ts";

const HASH = "a".repeat(64);
const card = ModelCard.parse({ name: "Shift", version: 3, sha256: HASH, bytes: 9, title: "t", data: "d", metrics: {}, inputs: {}, outputs: {} });
const ask = (n: number, type: KeptAsk["type"], units?: string[]): KeptAsk => ({ n, type, at: n, by: "lin", ...(units === undefined ? {} : { units }) });
const releaseOf = (over: Partial<KeptRelease> = {}): KeptRelease => {
  const { id: _, ...given } = NewRelease.parse({ hash: HASH, profile: "pump" });
  return { ...given, id: "r", at: 1, by: "lin", asks: [], ...over };
};
const stateOf = (state: ReleaseState["state"], answered?: number): ReadonlyMap<string, ReleaseState> =>
  new Map([
    ["r", { release: "r", hash: card.sha256, profile: "pump" as ReleaseState["profile"], state, at: 1, ...(answered === undefined ? {} : { answered }) }],
  ]);
const NONE: ReadonlyMap<string, ReleaseState> = new Map();
const due = (release: KeptRelease, says: ReadonlyMap<string, ReleaseState>, said: ReadonlyMap<string, ReleaseState>, profiles = ["pump"]) => {
  const found = dueFor({ unit: "north", profiles, says, said }, [release], () => card);
  return { told: found.releases.map(({ id, asks }) => [id, (asks ?? []).map(({ n }) => n)]), begins: found.begins.map(({ answered }) => answered) };
};

test("HM3 a unit hears of a release of its profiles until it has begun it, and not of one that is for others or closed", () => {
  expect(due(releaseOf(), NONE, NONE)).toEqual({ told: [["r", []]], begins: [0] });
  expect(due(releaseOf(), NONE, stateOf("waiting", 0))).toEqual({ told: [["r", []]], begins: [] });
  for (const state of ["waiting", "fetching"] as const) expect(due(releaseOf(), stateOf(state), stateOf(state)).told).toEqual([["r", []]]);
  for (const state of ["shadow", "canary", "live", "refused", "ended"] as const) expect(due(releaseOf(), stateOf(state), stateOf(state)).told).toEqual([]);
  expect(due(releaseOf(), NONE, NONE, ["fan"]).told).toEqual([]);
  expect(due(releaseOf({ units: ["south"] as never }), NONE, NONE).told).toEqual([]);
  expect(due(releaseOf({ units: ["north"] as never }), NONE, NONE).told).toEqual([["r", []]]);
  expect(due(releaseOf({ closed: { at: 2, by: "lin" } }), NONE, NONE)).toEqual({ told: [], begins: [] });
});

test("HM3 a unit that was put back to before it began, begins again; one that refused it or is through does not", () => {
  for (const state of ["shadow", "canary", "live"] as const) expect(due(releaseOf(), NONE, stateOf(state)).told).toEqual([["r", []]]);
  for (const state of ["refused", "ended"] as const) expect(due(releaseOf(), NONE, stateOf(state)).told).toEqual([]);
});

test("HM4 what was asked is told until the unit has answered it, to the units that it names, and to none that began later", () => {
  const release = releaseOf({ asks: [ask(1, "promote"), ask(2, "promote", ["south"]), ask(3, "roll-back", ["north"])] });
  expect(due(release, stateOf("canary", 0), stateOf("canary", 0)).told).toEqual([["r", [1, 3]]]);
  expect(due(release, stateOf("canary", 1), stateOf("canary", 1)).told).toEqual([["r", [3]]]);
  expect(due(release, stateOf("canary", 3), stateOf("canary", 3)).told).toEqual([]);
  const onlyUp = releaseOf({ asks: [...release.asks.slice(0, 2), ask(3, "promote", ["north"])] });
  expect(due(onlyUp, NONE, NONE)).toEqual({ told: [["r", []]], begins: [3] });
  // Noted when it was told first; it says nothing of asks that were none of its own.
  expect(due(release, stateOf("shadow"), stateOf("shadow", 3)).told).toEqual([]);
});

test("HM4 a unit that was put back to before it did what was asked is asked again; another one is not", () => {
  const release = releaseOf({ asks: [ask(1, "promote"), ask(2, "roll-back")], closed: { at: 2, by: "lin" } });
  const of = (state: ReleaseState["state"], answered?: number): ReleaseState | undefined => stateOf(state, answered).get("r");
  const after = (before: ReleaseState | undefined, says: ReleaseState | undefined) => {
    if (says === undefined) throw new Error("nothing said");
    return due(release, new Map([["r", says]]), new Map([["r", noted(before, says)]])).told;
  };
  expect(after(of("ended", 2), of("live", 1))).toEqual([["r", [2]]]);
  expect(after(of("ended", 2), of("live"))).toEqual([["r", [1, 2]]]);
  expect(after(of("live", 2), of("live"))).toEqual([]);
  expect(after(of("ended", 2), of("ended"))).toEqual([]);
});

test("HM4 a unit that a release is ended for by name, before it has heard of it, does not begin it; the others do", () => {
  const release = releaseOf({ asks: [ask(1, "stop", ["north"])] });
  expect(due(release, NONE, NONE)).toEqual({ told: [], begins: [] });
  expect(due(releaseOf({ asks: [ask(1, "stop", ["south"]), ask(2, "promote", ["north"])] }), NONE, NONE)).toEqual({ told: [["r", []]], begins: [2] });
});

test("HM4 a release that is stopped while a unit fetches it is told with that word", () => {
  const release = releaseOf({ asks: [ask(1, "stop")], closed: { at: 2, by: "lin" } });
  expect(due(release, stateOf("fetching", 0), stateOf("fetching", 0)).told).toEqual([["r", [1]]]);
});

test("HM2 a release is named after its model and profile, once", () => {
  const taken = new Set(["shift-3-pump"]);
  expect(nameOf(card, "pump", () => false)).toBe("shift-3-pump");
  expect(nameOf(card, "pump", (id) => taken.has(id))).toBe("shift-3-pump.2");
  expect(nameOf({ ...card, name: "Übung: v2 (测试)" }, "pump", () => false)).toBe("bung-v2-3-pump");
});
