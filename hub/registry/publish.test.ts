import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contractsOfUnit } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import { isFamily } from "../../contracts/family-meaning.ts";
import { LENSES } from "../../contracts/lenses.ts";
import { OLDER } from "../../contracts/older.ts";
import { documentOf } from "./fixture/document.ts";
import { MADE, versionOf } from "./fixture/version.ts";
import { judgeChange } from "./change.ts";
import type { KeptVersion } from "./contract.ts";
import { judgeLens } from "./lens.ts";
import { type Admissible, type Inadmissible, isAdmissible, judgeProposal } from "./publish.ts";

const first = versionOf(documentOf());
const judge = (schema: Json, over: { readonly major?: number; readonly lens?: Lens } = {}, versions = [first]): Admissible | Inadmissible =>
  judgeProposal({ subject: "store", schema, ...over }, "FULL_TRANSITIVE", versions);
const note = { type: "string", maxLength: 200 };

describe("the next version", () => {
  test("K4 the first one is 1.0; a compatible change the next revision; the same document stays what it is", () => {
    expect(judge(documentOf(), {}, [])).toMatchObject({ major: 1, revision: 0, verdict: { compatible: true } });
    expect(judge(documentOf({ note }))).toMatchObject({
      major: 1,
      revision: 1,
      verdict: { changes: [{ code: "attribute-added", path: "/properties/note", breaking: false }] },
    });
    expect(judge(documentOf())).toMatchObject({ major: 1, revision: 0, same: first });
  });

  test.each<[string, Json, { readonly code: string; readonly field: string }]>([
    ["another type", documentOf({ name: { type: "number" } }), { code: "type-changed", field: "store.name" }],
    ["another uom", documentOf({ temperature: { type: "number", "x-uom": "K" } }), { code: "uom-changed", field: "store.temperature" }],
    [
      "another meaning of a value",
      documentOf({ door: { type: "string", enum: ["open", "shut"], "x-meaning": { open: "being loaded", shut: "the seal is tight" } } }),
      { code: "meaning-changed", field: "store.door" },
    ],
    ["another merge rule", documentOf({}, { "x-merge": { "*": "lww", name: "hub-wins" } }), { code: "merge-changed", field: "store" }],
    [
      "another form of the key",
      documentOf({}, { "x-key": { attr: "id", format: "^\\d+$", namespace: "store" } }),
      { code: "key-format-changed", field: "store" },
    ],
  ])("K4 %s breaks, and is refused with the list of changes unless it is a new major", (_, schema, { code, field }) => {
    const judged = judge(schema);
    expect(judged).toMatchObject({ refusal: { refused: "unfit-contract", field } });
    if (isAdmissible(judged)) throw new Error("it was let through");
    expect(judged.changes.filter(({ breaking }) => breaking).map((change) => change.code)).toContain(code);
  });

  test("K4 every earlier version of the major counts under a transitive mode, and only the last one otherwise", () => {
    const versions = [versionOf(documentOf({ note })), versionOf(documentOf(), 1, 1)];
    const back = documentOf({ note: { type: "integer" } });
    expect(judge(back, {}, versions)).toMatchObject({ refusal: { refused: "unfit-contract", field: "store.note" } });
    expect(judgeProposal({ subject: "store", schema: back }, "FULL", versions)).toMatchObject({ major: 1, revision: 2 });
    expect(judgeProposal({ subject: "store", schema: documentOf({ name: { type: "number" } }) }, "NONE", versions)).toMatchObject({ revision: 2 });
  });

  test("K4 an open document may already hold anything under a new name", () => {
    const open = documentOf({}, { additionalProperties: true });
    expect(judge(documentOf({ note }, { additionalProperties: true }), {}, [versionOf(open)])).toMatchObject({ refusal: { refused: "unfit-contract" } });
  });

  test.each<[string, boolean, readonly Json[]]>([
    ["all closed", true, [{ properties: { kind: { type: "string" } }, additionalProperties: false }, { type: "null" }]],
    ["one open, of which nothing is said", false, [{ properties: { kind: { type: "string" } }, additionalProperties: false }, { type: "object" }]],
    ["one that is anything", false, [{ properties: { kind: { type: "string" } }, additionalProperties: false }, true]],
    ["one closed by what it includes", true, [{ allOf: [{ properties: { kind: { type: "string" } }, additionalProperties: false }] }, false]],
  ])("K4 a union is closed when each alternative is: %s", (_, compatible, anyOf) => {
    const judged = judgeChange("BACKWARD", [documentOf({ lamp: { anyOf } })], documentOf({ lamp: { properties: { colour: { type: "string" } } } }));
    expect(judged.compatible).toBe(compatible);
  });

  test("K4 a document that is no contract, a major that is not next, a retired document and a lens within a major are refused", () => {
    expect(judge(documentOf({ name: { type: "string", "x-class": "personal" } }))).toMatchObject({
      refusal: { refused: "unfit-contract", field: "store.name" },
      problems: [{ code: "no-purpose" }],
    });
    expect(judge(documentOf({ note }), { major: 3 })).toMatchObject({ refusal: { field: "major", mend: "publish under 1 to 2" } });
    expect(judge(documentOf({ note }), { lens: [] })).toMatchObject({ refusal: { refused: "malformed", field: "lens" } });
    const retired = { ...first, state: "retired" as const, retired: MADE };
    expect(judgeProposal({ subject: "store", schema: documentOf() }, "FULL", [retired, versionOf(documentOf({ note }), 1, 1)])).toMatchObject({
      refusal: { refused: "wrong-state" },
    });
  });

  test("K4 revisions count on within their major, also of an older one", () => {
    const lens: Lens = [{ step: "rename", from: "name", to: "title" }];
    const { name, ...rest } = documentOf()["properties"] as { readonly [key: string]: Json };
    const second = documentOf({}, { properties: { ...rest, title: name ?? null }, required: ["id", "title", "temperature", "door"] });
    const versions = [first, versionOf(second, 2, 0, lens)];
    expect(judge(documentOf({ note }), { major: 1 }, versions)).toMatchObject({ major: 1, revision: 1 });
    expect(judge(documentOf({ note }), {}, versions)).toMatchObject({ refusal: { refused: "unfit-contract" } });
  });
});

describe("a new major", () => {
  const kelvin = documentOf({ temperature: { type: "number", "x-uom": "K" } });

  test("K7 needs a lens that leads both ways", () => {
    expect(judge(kelvin, { major: 2 })).toMatchObject({ refusal: { refused: "unfit-contract", field: "lens" } });
    const lens: Lens = [{ step: "scale", attr: "temperature", factor: 1, offset: 273.15 }];
    expect(judge(kelvin, { major: 2, lens })).toMatchObject({ major: 2, revision: 0 });
  });

  const door = (values: readonly string[]): Json =>
    documentOf({ door: { type: "string", enum: values, "x-meaning": Object.fromEntries(values.map((value) => [value, value])) } });
  const pairs = [
    { older: "open", newer: "offen" },
    { older: "shut", newer: "zu" },
  ];
  const { name, ...nameless } = documentOf()["properties"] as { readonly [key: string]: Json };
  const titled = documentOf({}, { properties: { ...nameless, title: name ?? null }, required: ["id", "title", "temperature", "door"] });
  const { note: _, ...withoutNote } = documentOf({ note })["properties"] as { readonly [key: string]: Json };

  const { temperature: _t, ...heatless } = documentOf()["properties"] as { readonly [key: string]: Json };
  const renamedHeat = (uom: string): Json =>
    documentOf({}, { properties: { ...heatless, heat: { type: "number", "x-uom": uom } }, required: ["id", "name", "heat", "door"] });

  test.each<[string, Lens, Json, Json]>([
    ["a rename", [{ step: "rename", from: "name", to: "title" }], documentOf(), titled],
    ["a table of values", [{ step: "map", attr: "door", pairs }], documentOf(), door(["offen", "zu"])],
    [
      "an addition",
      [{ step: "add", attr: "note", otherwise: "" }],
      documentOf(),
      documentOf({ note }, { required: ["id", "name", "temperature", "door", "note"] }),
    ],
    ["a removal of what was optional", [{ step: "remove", attr: "note" }], documentOf({ note }), documentOf({}, { properties: withoutNote })],
    [
      "a rename and then a table under the new name",
      [
        { step: "rename", from: "door", to: "gate" },
        { step: "map", attr: "gate", pairs },
      ],
      documentOf(),
      documentOf(
        {},
        {
          properties: {
            id: { type: "string", pattern: "^[a-z0-9-]{1,40}$" },
            name: name ?? null,
            temperature: { type: "number", "x-uom": "Cel" },
            gate: { enum: ["offen", "zu"] },
          },
          required: ["id", "name", "temperature", "gate"],
        },
      ),
    ],
  ])("K7 %s leads there", (_, lens, older, newer) => {
    expect(judgeLens(lens, older, newer)).toEqual([]);
  });

  test.each<[string, Lens, Json, string]>([
    ["a step about nothing", [{ step: "rename", from: "colour", to: "title" }], titled, "there is no colour to rename"],
    ["a name that is taken", [{ step: "rename", from: "name", to: "door" }], titled, "door is there already"],
    ["something left over", [{ step: "add", attr: "title", otherwise: "" }], titled, "name is not in the newer form: remove or rename it"],
    ["something lacking", [], documentOf({ note }), "note is new: add it, or rename something to it"],
    [
      "a value without counterpart",
      [{ step: "map", attr: "door", pairs: pairs.slice(0, 1) }],
      door(["offen"]),
      'door: the older value "shut" has no counterpart',
    ],
    [
      "two values made one",
      [{ step: "map", attr: "door", pairs: pairs.map(({ older }) => ({ older, newer: "zu" })) }],
      door(["zu"]),
      "door: two pairs have the same newer value",
    ],
    [
      "a required addition without a value",
      [{ step: "add", attr: "note" }],
      documentOf({ note }, { required: ["note"] }),
      "note is required: say what it is where it is absent (otherwise)",
    ],
    ["the scale of a text", [{ step: "scale", attr: "name", factor: 2, offset: 0 }], documentOf(), "name is not a number on both sides"],
  ])("K7 %s is refused", (_, lens, newer, message) => {
    expect(judgeLens(lens, documentOf(), newer).map((problem) => problem.message)).toContain(message);
  });

  const heated = (uom: string): Json => documentOf({ temperature: { type: "number", "x-uom": uom } });
  const shut = (meaning: string): Json =>
    documentOf({ door: { type: "string", enum: ["open", "shut"], "x-meaning": { open: "cold air escapes", shut: meaning } } });
  const kept = [
    { older: "open", newer: "open" },
    { older: "shut", newer: "shut" },
  ];
  const scale = (factor: number, offset: number): Lens => [{ step: "scale", attr: "temperature", factor, offset }];
  const why = "it was mistaken for Celsius";
  const ajar = documentOf({
    door: { type: "string", enum: ["open", "shut", "ajar"], "x-meaning": { open: "cold air escapes", shut: "the seal is tight", ajar: "a hand fits in" } },
  });

  test.each<[string, Lens, Json, string]>([
    ["another uom under an empty lens", [], heated("K"), "The uom of temperature was Cel and is K."],
    ["no uom any more", [], documentOf({ temperature: { type: "number" } }), "The uom of temperature was Cel and is not stated."],
    ["a scale that is not the conversion", scale(1, 273), heated("K"), "the scale of temperature does not lead from Cel to K"],
    ["a scale between the same uom", scale(2, 0), heated("Cel"), "the scale of temperature does not lead from Cel to Cel"],
    ["a scale to what measures another thing", scale(1, 0), heated("bar"), "the scale of temperature does not lead from Cel to bar"],
    ["a uom of what was only renamed", [{ step: "rename", from: "temperature", to: "heat" }], renamedHeat("K"), "The uom of heat was Cel and is K."],
    ["another meaning of a value", [], shut("abort"), 'The value "shut" of door meant "the seal is tight" and means "abort".'],
    [
      "a table that leaves the value and not its meaning",
      [{ step: "map", attr: "door", pairs: kept }],
      shut("abort"),
      'the value shut of door meant "the seal is tight"',
    ],
    [
      "another namespace of the key",
      [],
      documentOf({}, { "x-key": { attr: "id", format: "^[a-z0-9-]{1,40}$", namespace: "asset" } }),
      "The namespace of the key was store and is asset.",
    ],
    ["a further purpose", [], documentOf({ name: { type: "string", maxLength: 100, "x-purpose": ["marketing"] } }), "is now also for"],
    [
      "a name that the older form has, given to something new",
      [
        { step: "remove", attr: "temperature" },
        { step: "add", attr: "temperature", otherwise: 0 },
      ],
      heated("bar"),
      "temperature is in the newer form too",
    ],
    ["a loosening of nothing", [{ step: "loosen", attr: "colour", why }], documentOf(), "there is no colour to loosen"],
    ["what a loosening does not speak of", [{ step: "loosen", attr: "name", why }], ajar, "no step of the lens speaks of it"],
    ["a restatement of nothing", [{ step: "restate", attr: "colour", why }], documentOf(), "there is no colour to restate"],
  ])("K7 %s is refused", (_, lens, newer, message) => {
    expect(judgeLens(lens, documentOf(), newer).map((problem) => problem.message)).toContainEqual(expect.stringContaining(message));
  });

  test.each<[string, Lens, Json]>([
    ["the scale that converts", scale(1, 273.15), heated("K")],
    ["a uom that is restated", [{ step: "restate", attr: "temperature", why }], heated("K")],
    ["a meaning that is restated", [{ step: "restate", attr: "door", why }], shut("abort")],
    ["further values that are let in on purpose", [{ step: "loosen", attr: "door", why }], ajar],
    ["an attribute that may be absent from now on", [{ step: "loosen", attr: "name", why }], documentOf({}, { required: ["id", "temperature", "door"] })],
    ["a key that is restated", [{ step: "restate", attr: "id", why }], documentOf({}, { "x-key": { attr: "id", format: "^[a-z]+$", namespace: "asset" } })],
    [
      "a rename with its conversion",
      [
        { step: "rename", from: "temperature", to: "heat" },
        { step: "scale", attr: "heat", factor: 1, offset: 273.15 },
      ],
      renamedHeat("K"),
    ],
    [
      "how an attribute merges and who writes it",
      [],
      documentOf({ name: { type: "string", maxLength: 100, "x-writers": "hub" } }, { "x-merge": { "*": "hub-wins" } }),
    ],
  ])("K7 %s leads there", (_, lens, newer) => {
    expect(judgeLens(lens, documentOf(), newer)).toEqual([]);
  });

  test("K7 a union gains alternatives, in any order, where the lens loosens what tells them apart", () => {
    const jobs = (...states: readonly string[]): Json =>
      documentOf(
        {},
        {
          oneOf: states.map((state) => ({
            type: "object",
            properties: {
              id: { type: "string" },
              state: { const: state, "x-meaning": { [state]: `it is ${state}` } },
              ...(state === "paused" ? { pausedAt: { type: "integer", "x-uom": "ms" } } : {}),
            },
            required: ["id", "state", ...(state === "paused" ? ["pausedAt"] : [])],
            additionalProperties: false,
          })),
          properties: undefined,
          required: undefined,
          additionalProperties: undefined,
        },
      );
    const lens: Lens = [
      { step: "loosen", attr: "state", why: "a job may stand still" },
      { step: "add", attr: "pausedAt" },
    ];
    const [older, newer] = [jobs("open", "done"), jobs("open", "paused", "done")].map((one) => JSON.parse(JSON.stringify(one)) as Json) as [Json, Json];
    expect(judgeLens(lens, older, newer)).toEqual([]);
    expect(judgeLens(lens.slice(1), older, newer)).not.toEqual([]);
    expect(judgeLens(lens, newer, older)).not.toEqual([]);
  });

  test("K7 alternatives are followed through the lens by their tags", () => {
    const union = (tag: string, one: string, other: string, uom: string): Json =>
      documentOf(
        {},
        {
          properties: { id: { type: "string" } },
          required: ["id"],
          oneOf: [
            { properties: { [tag]: { const: one, "x-meaning": { [one]: "cold" } }, heat: { type: "number", "x-uom": "Cel" } }, required: [tag] },
            { properties: { [tag]: { const: other, "x-meaning": { [other]: "hot" } }, heat: { type: "number", "x-uom": uom } }, required: [tag] },
          ],
          additionalProperties: true,
        },
      );
    const lens: Lens = [
      { step: "rename", from: "mode", to: "modus" },
      {
        step: "map",
        attr: "modus",
        pairs: [
          { older: "c", newer: "kalt" },
          { older: "h", newer: "warm" },
        ],
      },
    ];
    const messages = (newer: Json): readonly string[] => judgeLens(lens, union("mode", "c", "h", "K"), newer).map(({ message }) => message);
    expect(messages(union("modus", "kalt", "warm", "K"))).toEqual([]);
    expect(messages(union("modus", "kalt", "warm", "Cel"))).toEqual([expect.stringContaining("The uom of heat was K and is Cel.")]);
  });

  test("K7 a required attribute can't be removed: readers of the older form would miss it", () => {
    const { name: _, ...rest } = documentOf()["properties"] as { readonly [key: string]: Json };
    expect(
      judgeLens([{ step: "remove", attr: "name" }], documentOf(), documentOf({}, { properties: rest, required: ["id", "temperature", "door"] })),
    ).toMatchObject([{ code: "bad-lens", field: "name" }]);
  });

  test("K7 what no step speaks of has to be compatible both ways", () => {
    const numbered = documentOf({ name: { type: "number" } });
    expect(judgeLens([{ step: "scale", attr: "temperature", factor: 1, offset: 0 }], documentOf(), numbered)).toMatchObject([{ code: "lens-misses" }]);
  });
});

describe("laws", () => {
  const attribute = fc.constantFrom<Json>({ type: "string" }, { type: "integer" }, { type: "string", maxLength: 5 }, { type: "boolean" });
  const extra = fc.dictionary(fc.constantFrom("a", "b", "c"), attribute, { noNullPrototype: true });

  test("K4 a document is compatible with itself, and what FULL lets through both BACKWARD and FORWARD do", () => {
    fc.assert(
      fc.property(extra, extra, (a, b) => {
        const [before, after] = [versionOf(documentOf(a)), documentOf(b)];
        expect(judgeProposal({ subject: "store", schema: before.schema }, "FULL", [before])).toMatchObject({ same: before });
        const verdicts = (["FULL", "BACKWARD", "FORWARD"] as const).map((mode) =>
          isAdmissible(judgeProposal({ subject: "store", schema: after }, mode, [before])),
        );
        expect(verdicts[0]).toBe(verdicts[1] === true && verdicts[2] === true);
        // Only attributes that both sides name can break anything here: all of them are optional, and the document is closed.
        const apart = Object.keys(a).some((name) => Object.hasOwn(b, name) && JSON.stringify(a[name]) !== JSON.stringify(b[name]));
        expect(verdicts[0]).toBe(!apart);
      }),
      { numRuns: 150 },
    );
  });
});

test("K5 our own contracts may be published, each after its earlier majors", () => {
  const refused = contractsOfUnit().flatMap(({ subject, version, schema }) => {
    const earlier = OLDER.filter((one) => one.subject === subject).map((one): KeptVersion => ({
      subject,
      major: one.version,
      revision: 0,
      fingerprint: one.fingerprint,
      schema: one.schema,
      state: "published",
      made: MADE,
    }));
    const lens = isFamily(subject) ? LENSES[subject]?.[version] : undefined;
    const judged = judgeProposal({ subject, major: version, schema, ...(lens === undefined ? {} : { lens }) }, "FULL_TRANSITIVE", earlier);
    return isAdmissible(judged) ? [] : [[subject, judged.refusal.field, judged.refusal.rule]];
  });
  expect(refused).toEqual([]);
});
