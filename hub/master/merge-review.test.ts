import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "../../contracts/delta/json.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { resolve } from "./alias.ts";
import type { AsOf, Versioned } from "./as-of.ts";
import { recordOf } from "./as-of.ts";
import { type Decided, MEMBERS_MAX, type Reference, type Review, type Verdict, decideReview, proposeMerge } from "./merge-review.ts";
import type { Attributes } from "./profile.ts";
import { type EntityWrite, applyWrites } from "./write.ts";

function member(id: string, values: Readonly<Record<string, Json>>, writtenAt = 100): AsOf {
  const by = (version: number): Omit<Versioned, "value"> => ({
    version,
    hubSeq: version,
    actor: `desk ${id}`,
    origin: "hub@1",
    reason: "import",
    writtenAt,
    knownAt: writtenAt + 1,
  });
  const attributes = Object.entries({ id, ...values }).map(([attr, value], i) => [attr, { ...by(i + 1), value }] as const);
  return { id, version: attributes.length, attributes: Object.fromEntries(attributes) };
}

function propose(members: readonly AsOf[], references: readonly Reference[] = []): Review {
  const review = proposeMerge("customer", members, references);
  if (isRefusal(review)) throw new Error(review.rule);
  return review;
}

function decide(review: Review, verdict: Verdict, now: readonly AsOf[]): Extract<Decided, { is: "same" }> {
  const decided = decideReview(review, verdict, now);
  if (isRefusal(decided)) throw new Error(decided.rule);
  if (decided.is !== "same") throw new Error("apart");
  return decided;
}

type World = ReadonlyMap<string, Attributes>;

function apply(world: World, writes: readonly EntityWrite[]): World {
  const after = new Map(world);
  for (const write of writes) {
    const key = `${write.entity}/${write.id}`;
    const is = applyWrites(after.get(key), [write]);
    if (is === null) after.delete(key);
    else after.set(key, is);
  }
  return after;
}

const A = member("A", { name: "Acme Pumps Ltd", contact: { person: "Jo" } }, 100);
const B = member("B", { name: "Acme Pump Limited", contact: { phone: "123456" } }, 200);
const C = member("C", { name: "Acme Pumps Ltd" }, 50);

test("MD13 a review puts forward who survives and which value, with who wrote it and when", () => {
  const review = propose(
    [C, A, B],
    [
      { entity: "asset", id: "P1", attr: "customer", value: "B" },
      { entity: "asset", id: "P2", attr: "customer", value: "Z" },
    ],
  );
  expect(review.survivor).toBe("A");
  expect(review.members.map(({ id }) => id)).toEqual(["A", "B", "C"]);
  expect(review.references.map(({ id }) => id)).toEqual(["P1"]);
  const [contact, name] = review.attributes;
  expect(name).toMatchObject({ attr: "name", open: true, proposed: 1 });
  expect(name?.choices).toMatchObject([
    { value: "Acme Pumps Ltd", from: ["A", "C"], by: { actor: "desk A", writtenAt: 100, origin: "hub@1" } },
    { value: "Acme Pump Limited", from: ["B"], by: { actor: "desk B", writtenAt: 200 } },
  ]);
  // One knows the person, the other the phone.
  expect(contact).toMatchObject({ open: false, proposed: 2 });
  expect(contact?.choices[2]).toEqual({ value: { person: "Jo", phone: "123456" }, from: ["A", "B", "C"] });
});

test("MD13 of records that know as much the older survives, of equally old ones the lesser id", () => {
  const young = member("A", { name: "Acme" }, 300);
  const [old, twin] = [member("B", { name: "Acme Ltd" }, 200), member("C", { name: "Acme Inc" }, 200)];
  expect(propose([young, twin, old]).members.map(({ id }) => id)).toEqual(["B", "C", "A"]);
});

test("MD13 what was decided becomes writes, references and aliases; the survivor has the chosen values", () => {
  const review = propose([A, B], [{ entity: "asset", id: "P1", attr: "customer", value: "B" }]);
  const { writes, aliases } = decide(review, { is: "same", survivor: "A", values: { name: 0 } }, [A, B]);
  expect(writes).toEqual([
    { entity: "customer", id: "A", attr: "contact", op: "set", value: { person: "Jo", phone: "123456" } },
    { entity: "asset", id: "P1", attr: "customer", op: "set", value: "A" },
    { entity: "customer", id: "B", attr: "", op: "delete" },
  ]);
  expect(aliases).toEqual([{ entity: "customer", from: "B", to: "A" }]);
  const without = decide(review, { is: "same", survivor: "A", values: { name: 0, contact: null } }, [A, B]);
  expect(without.writes).toContainEqual({ entity: "customer", id: "A", attr: "contact", op: "unset" });
});

test("MD13 told apart: no write, and the pairs are remembered", () => {
  const decided = decideReview(propose([C, A, B]), { is: "apart" }, []);
  expect(decided).toEqual({ is: "apart", pairs: ["A\nB", "A\nC", "B\nC"] });
});

test("MD13 a decision on what has changed since, on strangers or against the contract is refused", () => {
  const review = propose([A, B]);
  const same = (over: object): Verdict => ({ is: "same", survivor: "A", values: {}, ...over });
  expect(decideReview(review, same({}), [A, { ...B, version: 9 }])).toMatchObject({ refused: "stale-version" });
  expect(decideReview(review, same({}), [A])).toMatchObject({ refused: "stale-version" });
  expect(decideReview(review, same({ survivor: "Z" }), [A, B])).toMatchObject({ refused: "malformed", field: "survivor" });
  expect(decideReview(review, same({ values: { rank: 0 } }), [A, B])).toMatchObject({ refused: "malformed", field: "values.rank" });
  expect(decideReview(review, same({ values: { name: 7 } }), [A, B])).toMatchObject({ refused: "malformed", field: "values.name" });
  expect(decideReview(review, same({ values: { name: null } }), [A, B])).toMatchObject({ refused: "breaks-contract", field: "values.name" });
  expect(proposeMerge("customer", [A], [])).toMatchObject({ refused: "malformed" });
  expect(proposeMerge("customer", [A, { id: "B", version: 3, attributes: {}, deleted: B.attributes["name"] ?? never() }], [])).toMatchObject({
    refused: "wrong-state",
  });
  expect(
    proposeMerge(
      "customer",
      Array.from({ length: MEMBERS_MAX + 1 }, (_, i) => member(`M${i}`, { name: "x" })),
      [],
    ),
  ).toMatchObject({ refused: "too-many" });
});

function never(): never {
  throw new Error("missing");
}

test("MD13 taken back, everything is as it was, references too", () => {
  const values = fc.record(
    {
      name: fc.constantFrom("Acme", "Acme Ltd", "Bolt"),
      contact: fc.record({ person: fc.constantFrom("Jo", "Al"), phone: fc.constantFrom("1", "2") }, { requiredKeys: [] }),
      note: fc.nat(3),
    },
    { requiredKeys: ["name"] },
  );
  const scene = fc.tuple(fc.array(fc.tuple(values, fc.nat(9)), { minLength: 2, maxLength: 4 }), fc.nat(3), fc.array(fc.nat(3), { maxLength: 4 }));
  fc.assert(
    fc.property(scene, ([raw, favourite, pointing]) => {
      const members = raw.map(([one, at], i) => member(`M${i}`, JSON.parse(JSON.stringify(one)), at));
      const owner = (n: number): string => `M${n % members.length}`;
      const references = pointing.map((n, i) => ({ entity: "asset", id: `P${i}`, attr: "customer", value: owner(n) }));
      const world: World = new Map([
        ...members.map((one) => [`customer/${one.id}`, recordOf(one)?.attributes ?? {}] as const),
        ...references.map(({ id, value }) => [`asset/${id}`, { customer: value, name: id }] as const),
      ]);
      const survivor = owner(favourite);
      const { writes, undo, aliases } = decide(propose(members, references), { is: "same", survivor, values: {} }, members);
      const merged = apply(world, writes);
      expect([...merged.keys()].filter((key) => key.startsWith("customer/"))).toEqual([`customer/${survivor}`]);
      for (const { id } of references) expect(merged.get(`asset/${id}`)?.["customer"]).toBe(survivor);
      const toOf = (id: string): string | undefined => aliases.find(({ from }) => from === id)?.to;
      for (const { id } of members) expect(resolve(id, toOf)).toBe(survivor);
      expect(new Map([...apply(merged, undo)].toSorted())).toEqual(new Map([...world].toSorted()));
    }),
  );
});

test("MD14 an old id leads to whoever stands today, over several merges, and a ring leads nowhere", () => {
  const aliases = new Map([
    ["A", "B"],
    ["B", "C"],
    ["X", "Y"],
    ["Y", "Z"],
    ["Z", "X"],
  ]);
  const of = (id: string): string => resolve(id, (from) => aliases.get(from));
  expect([of("A"), of("B"), of("C"), of("Q"), of("X")]).toEqual(["C", "C", "C", "Q", "X"]);
});
