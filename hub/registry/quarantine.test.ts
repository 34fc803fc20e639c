import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractOf } from "../../contracts/contract.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { attributesOf, promisedOf } from "./attribute.ts";
import { judgeChange } from "./change.ts";
import { judgeDocument } from "./document.ts";
import { documentOf } from "./fixture/document.ts";
import { type Seen, UNSEEN, mask, propose, see, typeSeen } from "./quarantine.ts";

const seen = (...samples: readonly (string | number | boolean | null)[]): Seen => samples.reduce<Seen>((known, sample) => see(known, { sample }), UNSEEN);
const why = "the stores measure it";

describe("what is seen", () => {
  test("K9 types are counted, whole numbers are numbers where others are not, and samples are few", () => {
    expect(seen(1, 2)).toMatchObject({ types: { integer: 2 } });
    expect(typeSeen(seen(1, 2.5))).toBe("number");
    expect(typeSeen(seen("a", null))).toEqual(["null", "string"]);
    expect(see(UNSEEN, { sample: "abc", count: 7 })).toMatchObject({ types: { string: 7 }, longest: 3 });
    expect(seen("a", "1", "a1", "A", "a-b", "a b", "A B", "a b c").samples).toHaveLength(5);
    expect(see(UNSEEN, {})).toEqual(UNSEEN);
  });

  test("K9 nothing of a value is told but its form", () => {
    expect([mask("Li Wei"), mask("+86 138 0013 8000"), mask(13_800_138_000), mask(["Li Wei", 2]), mask({ phone: "138" }), mask(true)]).toEqual([
      '"Aa Aa"',
      expect.not.stringMatching(/[0-8]/),
      "9",
      '["Aa Aa", …]',
      "{a}",
      "true",
    ]);
    fc.assert(
      fc.property(fc.string({ minLength: 12, maxLength: 60, unit: fc.constantFrom(..."bcdefghij0123456") }), (text) => {
        expect(mask(text)).not.toContain(text);
        expect(mask([{ [text]: text }])).not.toContain(text);
      }),
    );
  });
});

describe("a proposal", () => {
  test("K9 asks for the uom of a number and the class of anything, and is a contract once both are said", () => {
    const open = propose(documentOf(), "humidity", seen(40.5), { why });
    expect(judgeDocument(open).map(({ code, field, message }) => [code, field, message])).toEqual([
      ["unanswered", "humidity", "nobody has said its x-uom yet"],
      ["unanswered", "humidity", "nobody has said its x-class yet"],
    ]);
    const said = propose(documentOf(), "humidity", seen(40.5), { why, uom: "%", class: "plain" });
    expect([judgeDocument(said), isRefusal(said)]).toEqual([[], false]);
    const owner = propose(documentOf(), "owner", seen("Li Wei"), { why, class: "personal" });
    expect(judgeDocument(owner)).toMatchObject([{ code: "no-purpose", field: "owner" }]);
    const colour = propose(documentOf(), "colour", seen("red"), { why, class: "plain", meaning: { red: "stop", green: "go" } });
    expect([judgeDocument(colour), colour]).toMatchObject([[], { properties: { colour: { type: "string", enum: ["red", "green"], maxLength: 12 } } }]);
  });

  test("K9 goes into every state of a union, required in none, and breaks nobody", () => {
    const ticket = contractOf("ticket").schema;
    const proposed = propose(ticket, "lift", seen(2), { why, uom: "1", class: "plain" });
    if (isRefusal(proposed)) throw new Error(proposed.rule);
    expect(attributesOf(proposed).get("lift")).toHaveLength(10);
    expect(promisedOf(proposed).has("lift")).toBe(false);
    expect(judgeDocument(proposed)).toEqual([]);
    expect(judgeChange("FULL_TRANSITIVE", [ticket], proposed)).toMatchObject({ compatible: true, changes: [{ code: "attribute-added" }] });
  });

  test("K9 of a name that the contract has, or that is none, is refused", () => {
    expect(propose(documentOf(), "name", seen("x"), { why })).toMatchObject({ refused: "exists" });
    for (const field of ["a.b", "", "1st", "__proto__", "x y"])
      expect(propose(documentOf(), field, seen("x"), { why })).toMatchObject({ refused: "malformed" });
  });
});
