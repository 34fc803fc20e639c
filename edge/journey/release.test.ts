import { expect, test } from "vitest";
import { ModelHash, ProfileId } from "../../contracts/ids.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import { ModelCard } from "../../contracts/model-card.ts";
import { Release, RELEASES_MAX, type ReleaseAsk, type ReleaseState } from "../../contracts/release.ts";
import { refuse } from "../../contracts/refusal.ts";
import { answered, dropped, fetching, idle, type KeptRelease, nextOf, refusedBy, stateBy, takeReleases } from "./release.ts";

const [live, other] = ["a", "b"].map((one) => ModelHash.parse(one.repeat(64))) as [ModelHash, ModelHash];
const [pump, fan] = ["pump", "fan"].map((one) => ProfileId.parse(one)) as [ProfileId, ProfileId];
const card = ModelCard.parse({ name: "m", version: 1, sha256: other, bytes: 9, title: "t", data: "d", metrics: {}, inputs: {}, outputs: {} });
const releaseOf = (id: string, at: number, profile = pump, asks?: ReleaseAsk[]): Release =>
  Release.parse({ id, card, profile, wanted: "live", at, by: "lin", ...(asks === undefined ? {} : { asks }) });
const asking = (n: number, type: ReleaseAsk["type"]): ReleaseAsk => ({ n, type, at: n, by: "lin" });
const plain: ModelBinding = { profile: pump, live, liveSince: 0 };
const withCandidate = (stage: "shadow" | "canary", release = "one"): ModelBinding => ({
  ...plain,
  candidate: { hash: other, stage, share: 0.1, since: 5, stageSince: 6, wanted: "live", by: "lin", release },
});
const keptOf = (id: string, at: number, profile = pump, asks: ReleaseAsk[] = []): KeptRelease => {
  const [one] = takeReleases([], [releaseOf(id, at, profile)], 10);
  if (one === undefined) throw new Error("not kept");
  return { ...one, asks };
};
const at = (kept: KeptRelease, state: ReleaseState["state"]): KeptRelease => ({ ...kept, state: { ...kept.state, state } });

test("HM5 the state of a release is what its profile's binding says of it", () => {
  const one = keptOf("one", 1);
  expect(stateBy(one, plain, 20).state.state).toBe("waiting");
  expect(stateBy(one, withCandidate("shadow"), 20).state).toMatchObject({ state: "shadow", at: 6 });
  expect(stateBy(at(one, "shadow"), withCandidate("canary"), 20).state.state).toBe("canary");
  expect(stateBy(at(one, "canary"), { ...plain, live: other, liveSince: 7, release: "one" }, 20).state).toMatchObject({ state: "live", at: 7 });
  const back: ModelBinding = {
    ...plain,
    ended: { hash: other, stage: "canary", how: "worse", reasons: [{ code: "alarms", about: { canary: 9 } }], at: 8, by: "unit", release: "one" },
  };
  expect(stateBy(at(one, "canary"), back, 20).state).toMatchObject({
    state: "ended",
    at: 8,
    reasons: [{ code: "ended", about: { how: "worse" } }, { code: "alarms" }],
  });
  // A later one took its place: nothing in the binding names it any more.
  expect(stateBy(at(one, "live"), plain, 20).state).toMatchObject({ state: "ended", reasons: [{ about: { how: "replaced" } }] });
  // A crash between the step and the row loses nothing.
  expect(stateBy(at(one, "fetching"), back, 20).state.state).toBe("ended");
});

test("HM5 one release of a profile at a time, the oldest first, others beside it; what was begun to be fetched goes on first", () => {
  const [one, two, three] = [keptOf("one", 1), keptOf("two", 2), keptOf("three", 3, fan)];
  const fanned: ModelBinding = { ...plain, profile: fan };
  const startOf = (kept: readonly KeptRelease[], bindings: readonly ModelBinding[]) => {
    const todo = nextOf(kept, bindings);
    return todo?.type === "start" ? todo.kept.release.id : todo;
  };
  expect(startOf([two, one, three], [plain, fanned])).toBe("one");
  expect(startOf([fetching(two, 5, 11), one], [plain])).toBe("two");
  expect(startOf([at(one, "shadow"), two, three], [withCandidate("shadow"), fanned])).toBe("three");
  expect(startOf([at(one, "live"), two], [{ ...plain, live: other, release: "one" }])).toBe("two");
  expect(startOf([at(one, "shadow"), two], [withCandidate("shadow")])).toBeNull();
});

test("HM5 an ask goes by where the release stands, and is done before anything is begun", () => {
  const doing = (state: ReleaseState["state"], type: ReleaseAsk["type"]) => {
    const todo = nextOf([at(keptOf("one", 1, pump, [asking(1, type)]), state)], [plain]);
    return todo?.type === "ask" ? todo.does : "none";
  };
  expect(
    (["promote", "roll-back", "stop"] as const).map((type) => [
      type,
      (["waiting", "fetching", "shadow", "canary", "live", "refused", "ended"] as const).map((state) => doing(state, type)),
    ]),
  ).toEqual([
    ["promote", [null, null, "canary", "promote", null, null, null]],
    ["roll-back", ["drop", "drop", "stop", "roll-back", "roll-back", null, null]],
    ["stop", ["drop", "drop", "stop", "stop", null, null, null]],
  ]);
});

test("HM5 what could not be done says why; what is so already needs no word", () => {
  const one = keptOf("one", 1, pump, [asking(1, "promote"), asking(2, "stop")]);
  expect(idle(one, asking(1, "promote"))).toMatchObject({ refused: "wrong-state", field: "type" });
  expect(idle(at(one, "live"), asking(1, "promote"))).toBeNull();
  expect(idle(at(one, "ended"), asking(1, "roll-back"))).toBeNull();
  const no = answered(at(one, "shadow"), asking(1, "promote"), refuse("not-better", "r", "m"));
  expect([no.asks.map(({ n }) => n), no.state]).toMatchObject([[2], { answered: 1, refusal: { refused: "not-better" } }]);
  // It stands until the release goes further.
  expect(stateBy(no, withCandidate("shadow"), 20).state).toMatchObject({ refusal: { refused: "not-better" }, answered: 1 });
  expect(stateBy(no, withCandidate("canary"), 20).state).not.toHaveProperty("refusal");
  expect(answered(no, asking(2, "stop"), null).state).not.toHaveProperty("refusal");
  // Why it did not pass the door is not forgotten.
  expect(answered(refusedBy(one, refuse("bad-model", "r", "m"), 9), asking(2, "stop"), null).state).toMatchObject({
    state: "refused",
    refusal: { refused: "bad-model" },
  });
});

test("HM5 the same releases told again change nothing; what was not begun and is told no more is forgotten; asks that were answered are not taken again", () => {
  const kept = takeReleases([], [releaseOf("two", 2), releaseOf("one", 1)], 10);
  expect(kept.map(({ release }) => release.id)).toEqual(["one", "two"]);
  expect(takeReleases(kept, [releaseOf("one", 1), releaseOf("two", 2)], 11)).toEqual(kept);
  const many = Array.from({ length: RELEASES_MAX }, (_, i) => at(keptOf(`r${i}`, i), i === 0 ? "live" : i < 3 ? "ended" : "waiting"));
  const waiting = many.filter(({ state }) => state.state === "waiting").map(({ release }) => release);
  const full = takeReleases(many, [...waiting, releaseOf("new", 999)], 11);
  expect([full.length, full[0]?.release.id, full[1]?.release.id, full.at(-1)?.release.id]).toEqual([RELEASES_MAX, "r0", "r2", "new"]);
  const [one, two] = kept as [KeptRelease, KeptRelease];
  expect(takeReleases([at(one, "shadow"), fetching(two, 4, 10)], [], 11).map(({ release }) => release.id)).toEqual(["one"]);
  const told = takeReleases(
    [{ ...at(one, "shadow"), state: { ...at(one, "shadow").state, answered: 1 } }],
    [releaseOf("one", 1, pump, [asking(1, "stop"), asking(2, "stop")])],
    12,
  );
  expect(told[0]?.asks.map(({ n }) => n)).toEqual([2]);
  expect(dropped(fetching(two, 4, 10), 13).state).toEqual({
    release: "two",
    hash: other,
    profile: "pump",
    state: "ended",
    reasons: [{ code: "ended", about: { how: "stopped" } }],
    at: 13,
  });
});
