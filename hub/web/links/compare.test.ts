import { describe, expect, test } from "vitest";
import { familyDigest } from "../../feed/value-digest.ts";
import { compare, readTheirs } from "./compare.ts";

const works = { id: "works", attributes: { name: "Works", contact: { person: "Ms Zhou" } } };
const pump = { id: "pump-1", attributes: { kind: "pump" } };
const stream = { epoch: 1, position: 4, stable: 0 };
const answer = {
  cursor: "c",
  streams: {
    tickets: { ...stream, families: {} },
    assets: { ...stream, families: { asset: { entities: 1, digest: familyDigest([pump]) } } },
    customers: { ...stream, families: { customer: { entities: 1, digest: familyDigest([works]) } } },
    people: { ...stream, families: {} },
  },
};

describe("HP22 what a consumer holds is compared family by family", () => {
  test("by the digests that it gives, in each form, and by its entities, of which those that are deleted don't count", () => {
    const digest = familyDigest([works]);
    const held = { entity: "customer", entities: [works, { ...pump, deleted: true }] };
    for (const text of [{ customer: digest }, { customer: { entities: 1, digest } }, held, [held]])
      expect(readTheirs(JSON.stringify(text))).toEqual(new Map([["customer", digest]]));
    expect(readTheirs(JSON.stringify(answer))?.get("asset")).toBe(familyDigest([pump]));
  });

  test("every family that either side has; what was not given is not called equal", () => {
    const rows = compare(
      answer,
      new Map([
        ["customer", familyDigest([{ ...works, attributes: { name: "Other" } }])],
        ["ship", "x"],
      ]),
    );
    expect(rows.map(({ family, entities, ours, theirs }) => [family, entities, theirs === undefined ? "not given" : ours === theirs])).toEqual([
      ["asset", 1, "not given"],
      ["customer", 1, false],
      ["ship", 0, false],
    ]);
  });

  test("anything else is not taken for digests", () => {
    expect(["nonsense", "7", "[]", '{"customer": 7}'].map(readTheirs)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
