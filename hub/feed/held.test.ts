import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type HeldAnswer, HeldAsk, type StreamThen, type StreamsThen, compareHeld, keptOf } from "./held.ts";
import { familyDigest } from "./value-digest.ts";

const NOW = 1_763_800_000_000;
const works = familyDigest([{ id: "works", attributes: { name: "Works" } }]);
const other = familyDigest([{ id: "works", attributes: { name: "Other" } }]);
const empty = familyDigest([]);

function there(families: Readonly<Record<string, string>> = {}, given: Partial<Extract<StreamThen, { stands: "there" }>> = {}): StreamThen {
  const digests = Object.fromEntries(Object.entries(families).map(([name, digest]) => [name, { entities: 1, digest }]));
  return { stands: "there", behind: 0, families: digests, later: [], shared: [], ...given };
}
function streams(given: Partial<StreamsThen> = {}): StreamsThen {
  return { tickets: there(), assets: there(), customers: there({ customer: works }), people: there(), ...given };
}
const home = (family: string) => ({ customer: "customers", kit: "tickets" } as const)[family as "customer"];
const told = (families: Readonly<Record<string, string>>, then: StreamsThen = streams(), whole = true): HeldAnswer =>
  compareHeld({ families, whole }, then, home);
const outcomes = ({ families }: HeldAnswer) => Object.fromEntries(Object.entries(families).map(([name, { outcome }]) => [name, outcome]));

describe("F21 what a consumer holds is compared with what the hub held at its place", () => {
  test("equal and apart by family, with what the hub held and what to do about it", () => {
    expect(told({ customer: works })).toEqual({
      outcome: "equal",
      families: { customer: { outcome: "equal", entities: 1, digest: works } },
      apart: [],
      behind: 0,
      mend: "nothing: both sides hold the same",
    });
    const differs = told({ customer: other });
    expect(differs).toMatchObject({ outcome: "apart", apart: ["customer"], families: { customer: { outcome: "apart", digest: works } } });
    expect(differs.mend).toContain("GET /api/snapshot");
  });

  test("who holds all differs in a family that he does not name; who names some is compared in these only", () => {
    expect(told({})).toMatchObject({ outcome: "apart", apart: ["customer"] });
    const kits = streams({ tickets: there({ kit: works }) });
    expect(outcomes(told({ kit: works }, kits, false))).toEqual({ kit: "equal" });
    expect(outcomes(told({ kit: works }, kits))).toEqual({ kit: "equal", customer: "apart" });
  });

  test("a family of which the hub has nothing is empty there: nothing is the same, and something is not", () => {
    expect(outcomes(told({ customer: works, kit: empty, ship: empty }))).toEqual({ customer: "equal", kit: "equal", ship: "equal" });
    expect(told({ customer: works, kit: other, ship: other }).apart).toEqual(["kit", "ship"]);
  });

  test("what can't be told as of that place is neither: read on, and ask again", () => {
    const far = streams({ tickets: { stands: "far", behind: 900 }, customers: there({ customer: works }, { behind: 3 }) });
    expect(told({ customer: works, kit: other, ship: other }, far)).toMatchObject({
      outcome: "later",
      behind: 903,
      apart: [],
      families: { customer: { outcome: "equal" }, kit: { outcome: "later" }, ship: { outcome: "later" } },
    });
    // Of all that it holds some could not be compared: that is not equal. Of one family it is.
    expect(told({ customer: works }, far).outcome).toBe("later");
    expect(told({ customer: works }, far, false).outcome).toBe("equal");
    expect(outcomes(told({ customer: other }, streams({ customers: there({}, { later: ["customer"] }) })))).toEqual({ customer: "later" });
  });

  test("a place that a stream does not know is for the feed to say; what differs elsewhere is said all the same", () => {
    const lost = streams({ tickets: { stands: "lost" } });
    expect(told({ customer: works, kit: other }, lost)).toMatchObject({
      outcome: "rewound",
      apart: [],
      mend: expect.stringContaining("GET /api/feed") as string,
    });
    expect(told({ customer: other, kit: other }, lost)).toMatchObject({ outcome: "apart", apart: ["customer"] });
    expect(told({ customer: works }, lost, false).outcome).toBe("equal");
  });

  test("a family that others write too is not compared with who is not shown their writes, and is not called equal either", () => {
    const shared = streams({ tickets: there({ kit: works }), customers: there({}, { shared: ["customer"] }) });
    expect(told({ kit: works, customer: other }, shared)).toMatchObject({ outcome: "equal", families: { customer: { outcome: "shared" } } });
    expect(told({ customer: other }, shared, false)).toMatchObject({ outcome: "later", mend: expect.stringContaining("whole tenant") as string });
  });

  test("whatever streams can say: apart only where both digests are known and differ, equal only where nothing is open", () => {
    const digest = fc.constantFrom(works, other, empty);
    const names = fc.subarray(["kit", "ship"]);
    const then = fc.oneof(
      fc.constant<StreamThen>({ stands: "lost" }),
      fc.constant<StreamThen>({ stands: "far", behind: 7 }),
      fc
        .record({ families: fc.dictionary(fc.constantFrom("kit", "customer"), digest, { maxKeys: 2 }), later: names })
        .map(({ families, later }) => there(families, { later })),
    );
    const given = fc.dictionary(fc.constantFrom("kit", "customer", "ship"), digest);
    fc.assert(
      fc.property(given, then, then, fc.boolean(), (families, tickets, customers, whole) => {
        const answer = told(families, streams({ tickets, customers }), whole);
        for (const [name, one] of Object.entries(answer.families)) {
          if (one.outcome === "apart" || one.outcome === "equal") expect(one.outcome === "equal").toBe(one.digest === (families[name] ?? empty));
          else expect(one.digest).toBeUndefined();
        }
        expect(answer.outcome === "apart").toBe(answer.apart.length > 0);
        if (answer.outcome === "equal") expect(Object.values(answer.families).every(({ outcome }) => outcome === "equal")).toBe(true);
        if (answer.outcome === "equal" && whole) expect([tickets.stands, customers.stands]).toEqual(["there", "there"]);
      }),
    );
  });
});

describe("F21 what is kept of a comparison", () => {
  const before = { at: NOW - 1, equal: false, apart: ["customer", "gone"] };
  const kit = streams({ tickets: there({ kit: works }) });

  test("nothing while nothing is certain; the families that differed, or that all was equal", () => {
    expect(keptOf(null, told({ customer: works }, streams({ tickets: { stands: "far", behind: 1 } })), true, NOW)).toBeNull();
    expect(keptOf(null, told({}, streams({ customers: { stands: "lost" } })), true, NOW)).toBeNull();
    expect(keptOf(null, told({ customer: other }), true, NOW)).toEqual({ at: NOW, equal: false, apart: ["customer"] });
    expect(keptOf(null, told({ customer: works }), true, NOW)).toEqual({ at: NOW, equal: true, apart: [] });
  });

  test("what differed does so until that family was seen equal, or all was", () => {
    expect(keptOf(before, told({ kit: works }, kit, false), false, NOW)).toEqual({ at: NOW, equal: false, apart: ["customer", "gone"] });
    expect(keptOf(before, told({ customer: works }, kit, false), false, NOW)).toEqual({ at: NOW, equal: false, apart: ["gone"] });
    expect(keptOf(before, told({ kit: works, customer: works }, kit), true, NOW)).toEqual({ at: NOW, equal: true, apart: [] });
  });
});

test("F21 a word without families says that nothing is held, or is refused; a digest is one", () => {
  const bad = [{ cursor: "c", families: {} }, { cursor: "c", families: { kit: "NO" } }, { cursor: "", families: { kit: works } }, { families: { kit: works } }];
  for (const ask of bad) expect(HeldAsk.safeParse(ask).success).toBe(false);
  expect(HeldAsk.parse({ cursor: "c", families: {}, whole: true })).toEqual({ cursor: "c", families: {}, whole: true });
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, i) => [`f${i}`, works]));
  expect(HeldAsk.safeParse({ cursor: "c", families: many }).success).toBe(false);
});
