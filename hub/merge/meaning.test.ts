import { describe, expect, test } from "vitest";
import { contractOf, contractsOfUnit, fingerprint } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Forms, type PublishedForm, ownMeaning, readAdmitted, speechOf, withAdmitted } from "./admission.ts";
import { meaningOfContract, purposesOf, readAs } from "./meaning.ts";

const VISIT: Json = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "https://elsewhere.example/visit",
  "x-stream": "customers",
  "x-merge": { "*": "unit-wins", count: "counter", tags: "set-add" },
  "x-key": { attr: "id", format: "text", namespace: "visit" },
  $defs: {
    phone: { type: "string", pattern: "^[+0-9 ]+$", "x-class": "personal", "x-purpose": ["arranging a visit"] },
    who: { type: "object", properties: { phone: { $ref: "#/$defs/phone" } }, additionalProperties: false },
  },
  oneOf: [
    {
      type: "object",
      properties: {
        id: { type: "string", $id: "not-an-address" },
        state: { const: "planned" },
        who: { $ref: "#/$defs/who" },
        count: { type: "integer" },
        tags: { type: "array", items: { type: "string" } },
        level: { type: "number", "x-null": { policy: "refuse", sentinels: [-9999] } },
      },
    },
    {
      type: "object",
      properties: { state: { const: "done" }, doneAt: { type: "integer", "x-writers": "unit" }, hold: { type: "string", "x-writers": "hub" } },
    },
  ],
};

describe("the meaning of a contract", () => {
  test("D9 of ours is that of our schemas, whichever way it is read: by them, or from the document alone", () => {
    for (const { subject, version, schema } of contractsOfUnit()) {
      const [ours, read] = [meaningOf(subject), meaningOfContract(subject, version, { ...(schema as object), title: "read as another's" })];
      const fast = meaningOfContract(subject, version, schema);
      const names =
        Object.keys(FAMILIES[subject as Family].def).length === 0
          ? []
          : [
              ...new Set(
                JSON.stringify(schema)
                  .match(/"([A-Za-z]+)":\{/g)
                  ?.map((name) => name.slice(1, -3)) ?? [],
              ),
            ];
      for (const attr of [...names, "id", "nothing"]) {
        for (const one of [fast, read]) {
          expect([subject, one?.writersOf("")]).toEqual([subject, ours?.writersOf("")]);
          expect([subject, attr, one?.knows(attr)]).toEqual([subject, attr, ours?.knows(attr)]);
          if (ours?.knows(attr) !== true) continue;
          expect([attr, one?.ruleOf(attr), one?.writersOf(attr), one?.isPersonal(attr)]).toEqual([
            attr,
            ours.ruleOf(attr),
            ours.writersOf(attr),
            ours.isPersonal(attr),
          ]);
          for (const value of [
            "open",
            "p1",
            "x".repeat(300),
            7,
            -1,
            1.5,
            true,
            null,
            [],
            ["a"],
            {},
            { reason: "r" },
            { person: "p", phone: "+86" },
            [{ part: "P-1", quantity: 2 }],
            { lat: 28, lon: 112 },
          ] as Json[])
            expect([subject, attr, value, one?.fits(attr, value)]).toEqual([subject, attr, value, ours.fits(attr, value)]);
        }
      }
      expect(read?.stream).toBe(ours?.stream);
    }
  });

  test("D9 K1 an anchor is followed like a pointer: whose values are personal, and which of them fit", () => {
    const anchored: Json = {
      $id: "https://elsewhere.example/visit",
      "x-stream": "customers",
      $defs: { phone: { $anchor: "phone", type: "string", pattern: "^[+0-9 ]+$", "x-class": "personal", "x-purpose": ["arranging a visit"] } },
      type: "object",
      properties: { phone: { $ref: "visit#phone" } },
    };
    const meaning = meaningOfContract("visit", 1, anchored);
    expect([meaning?.fits("phone", "+49 30"), meaning?.fits("phone", "none"), meaning?.isPersonal("phone")]).toEqual([true, false, true]);
    expect(purposesOf(anchored, "phone")).toEqual(["arranging a visit"]);
  });

  test("D9 of another's is read through its alternatives and references: rules, writers, what is personal, what fits", () => {
    const meaning = meaningOfContract("visit", 3, VISIT);
    if (meaning === null) throw new Error("a document that can be read");
    expect([meaning.subject, meaning.major, meaning.stream]).toEqual(["visit", 3, "customers"]);
    expect(["id", "state", "who", "doneAt", "phone"].map((attr) => meaning.knows(attr))).toEqual([true, true, true, true, false]);
    expect(["state", "count", "tags"].map((attr) => meaning.ruleOf(attr))).toEqual(["unit-wins", "counter", "set-add"]);
    expect(["state", "doneAt", "hold"].map((attr) => meaning.writersOf(attr))).toEqual(["any", "unit", "hub"]);
    expect(["state", "who"].map((attr) => meaning.isPersonal(attr))).toEqual([false, true]);
    const fits: readonly (readonly [string, Json, boolean])[] = [
      ["state", "planned", true],
      ["state", "done", true],
      ["state", "lost", false],
      ["who", { phone: "+86 731" }, true],
      ["who", { phone: "call me" }, false],
      ["who", { name: "x" }, false],
      ["count", 1, true],
      ["count", 1.5, false],
      ["level", 3, true],
      ["level", -9999, false],
      ["level", null, false],
      ["nothing", 1, false],
      // It would be taken for an encrypted value when it is read.
      ["id", { $sealed: "00" }, false],
    ];
    for (const [attr, value, is] of fits) expect([attr, value, meaning.fits(attr, value)]).toEqual([attr, value, is]);
    expect([purposesOf(VISIT, "who"), purposesOf(VISIT, "state")]).toEqual([["arranging a visit"], []]);
    expect(purposesOf(contractOf("customer").schema, "contact")).toEqual(["arranging a visit", "calling back about a ticket"]);
  });

  test("D9 a document that says no stream has none, unless its subject is ours; one that can't be checked lets nothing through", () => {
    expect(meaningOfContract("visit", 1, { type: "object", properties: { a: { type: "string" } } })).toBeNull();
    expect(meaningOfContract("customer", 1, { type: "object", properties: { a: { type: "string" } } })?.stream).toBe("customers");
    expect(meaningOfContract("visit", 1, "no schema", () => "tickets")).toBeNull();
    const dangling = meaningOfContract("visit", 1, { properties: { a: { $ref: "#/$defs/gone" } } }, () => "tickets");
    expect(dangling?.fits("a", 1)).toBe(false);
    const open = meaningOfContract("visit", 1, { properties: { a: true, b: false } }, () => "tickets");
    expect([open?.fits("a", { any: 1 }), open?.knows("b")]).toEqual([true, false]);
  });
});

describe("who may delete", () => {
  const deletersOf = (key: object | null, properties: Readonly<Record<string, Json>>): string | undefined =>
    meaningOfContract("visit", 1, { type: "object", "x-stream": "customers", ...(key === null ? {} : { "x-key": key as Json }), properties })?.writersOf("");
  const key = { attr: "id", format: "text", namespace: "visit" };
  const of = (writers: string): Json => ({ type: "string", "x-writers": writers });

  test("D12 is who writes the key", () => {
    expect(deletersOf(key, { id: of("unit"), hold: of("hub") })).toBe("unit");
    expect(deletersOf(key, { id: of("hub"), doneAt: of("unit") })).toBe("hub");
    expect(deletersOf(key, { id: of("any"), doneAt: of("unit") })).toBe("any");
    expect(meaningOf("ticket")?.writersOf("")).toBe("unit");
    expect(meaningOf("customer")?.writersOf("")).toBe("any");
  });

  test("D12 without a word about the key is the one who writes something alone, the unit before the hub", () => {
    for (const said of [null, key]) {
      expect(deletersOf(said, { id: {}, hold: of("hub"), note: of("any") })).toBe("hub");
      expect(deletersOf(said, { id: {}, hold: of("hub"), doneAt: of("unit") })).toBe("unit");
      expect(deletersOf(said, { id: {}, note: of("any") })).toBe("any");
    }
  });

  test("D12 is judged as the published contract says, whatever a unit's own form says", () => {
    const read = (writers: string): Meaning => {
      const meaning = meaningOfContract("visit", 1, { type: "object", "x-stream": "customers", "x-key": key, properties: { id: of(writers) } });
      if (meaning === null) throw new Error("a document that can be read");
      return meaning;
    };
    expect(readAs(read("any"), read("hub"), undefined).writersOf("")).toBe("hub");
  });
});

describe("an admission", () => {
  const form = (major: number, properties: Record<string, Json>, lens?: Lens): PublishedForm => {
    const document: Json = { "x-stream": "customers", "x-merge": { "*": major === 1 ? "lww" : "max" }, type: "object", properties };
    return { subject: "visit", major, fingerprint: fingerprint(document), document, ...(lens === undefined ? {} : { lens }) };
  };
  const text = { type: "string" } as const;
  const first = form(1, { id: text, tel: text, floor: text });
  const second = form(2, { id: text, phone: text }, [
    { step: "rename", from: "tel", to: "phone" },
    { step: "remove", attr: "floor" },
  ]);
  const third = form(3, { id: text, phone: text, mail: text }, [{ step: "add", attr: "mail" }]);
  const formsOf = (published: readonly PublishedForm[], all = published): Forms => ({
    form: (subject, major, print) => all.find((one) => one.subject === subject && one.major === major && one.fingerprint === print),
    published: (subject) => published.filter((one) => one.subject === subject),
    upgrades: () => [],
  });

  test("D9 an older major is read through all lenses up to the newest, and what only it has is carried", () => {
    const speech = speechOf([first], formsOf([first, second, third]));
    const meaning = speech.meaningOf("visit", "visit@1");
    expect(["id", "phone", "mail", "floor", "tel"].map((attr) => meaning?.knows(attr))).toEqual([true, true, true, true, false]);
    expect([meaning?.major, meaning?.ruleOf("phone"), meaning?.ruleOf("floor")]).toEqual([3, "max", "lww"]);
    expect(speech.lensOf?.("visit", "visit@1")).toEqual([...(second.lens ?? []), ...(third.lens ?? [])]);
    expect(speech.newestLens("visit")).toEqual(speech.lensOf?.("visit", "visit@1"));
    expect([speech.meaningOf("visit", "visit@2"), speech.meaningOf("customer", "visit@1"), speech.newestLens("customer")]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("D9 a unit that speaks a newer major still has what it wrote under the older one read", () => {
    const admitted = withAdmitted([first], [third]);
    const speech = speechOf(admitted, formsOf([first, second, third]));
    expect([speech.meaningOf("visit", "visit@1")?.major, speech.meaningOf("visit", "visit@3")?.major]).toEqual([3, 3]);
    expect([speech.lensOf?.("visit", "visit@3"), speech.newestLens("visit")]).toEqual([undefined, undefined]);
    expect(readAdmitted(JSON.stringify(withAdmitted(admitted, [{ ...third, fingerprint: "other" }]))).map((one) => [one.major, one.fingerprint])).toEqual([
      [3, "other"],
      [1, first.fingerprint],
    ]);
    expect(readAdmitted("")).toEqual([]);
  });

  test("D9 without a lens on the way, nothing of the older major is read", () => {
    const { lens: _, ...without } = second;
    expect(speechOf([first], formsOf([first, without, third])).meaningOf("visit", "visit@1")).toBeUndefined();
  });

  test("D9 another document of the published major adds what only the unit knows, and changes nothing else", () => {
    const theirs = form(1, { id: { type: "integer" }, colour: text });
    const speech = speechOf([theirs], formsOf([first], [first, theirs]));
    const meaning = speech.meaningOf("visit", "visit@1");
    expect([meaning?.fits("id", "a"), meaning?.fits("id", 1), meaning?.fits("colour", "red"), meaning?.fits("colour", 7), meaning?.knows("tel")]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    const [own, published] = [meaningOfContract("visit", 1, theirs.document), meaningOfContract("visit", 1, first.document)];
    if (own === null || published === null) throw new Error("documents that can be read");
    expect(readAs(own, published, undefined).writersOf("colour")).toBe("any");
  });

  test("F13 what the hub itself writes has the newest published meaning, or ours", () => {
    expect(ownMeaning("visit", formsOf([first, second, third]))?.major).toBe(3);
    expect(ownMeaning("ticket", formsOf([]))?.writersOf("priority")).toBe("any");
    expect(ownMeaning("visit", formsOf([]))).toBeUndefined();
  });
});
