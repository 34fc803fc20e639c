import { describe, expect, test } from "vitest";
import { Bridge, EXPRESSION_CHARS_MAX, FIELDS_MAX, type StateRule } from "./bridge.ts";
import { check, publishable } from "./check.ts";
import { CASE, jobBridge, jobContract, placeContract, STATES, withField } from "./fixture/job.ts";
import { objectSchema, text, whole } from "./object.ts";

const codes = (bridge: Bridge, ours = jobContract(), theirs = CASE, joined = [placeContract]) =>
  check(bridge, ours, theirs, joined)
    .filter(({ blocks }) => blocks)
    .map(({ code, field }) => `${code} ${field}`);

const states = (change: (rule: StateRule) => Partial<StateRule>): Bridge => {
  const by = jobBridge().fields.find(({ ours }) => ours === "state")?.by;
  if (by?.rule !== "state") throw new Error("the fixture has no state mapping");
  return withField("state", { by: { ...by, ...change(by) } });
};

test("a bridge that is right may be published, and says what is worth knowing", () => {
  const findings = check(jobBridge(), jobContract(), CASE);
  expect(findings).toEqual([{ code: "wanted", field: "Form", rule: "their forms ask for it", mend: expect.any(String), blocks: false }]);
  expect(publishable(findings)).toBe(true);
});

describe("B3 a bridge is a document with limits", () => {
  const parsed = (change: object) => Bridge.safeParse({ ...jobBridge(), ...change }).success;
  const field = jobBridge().fields[0];
  test.each([
    ["as it is", {}, true],
    ["more fields than a person maps", { fields: Array.from({ length: FIELDS_MAX + 1 }, () => field) }, false],
    ["no fields", { fields: [] }, false],
    ["a path into the prototype", { fields: [{ ...field, theirs: "__proto__.polluted" }] }, false],
    ["a path with a hole", { fields: [{ ...field, ours: "contact..phone" }] }, false],
    ["a rule that nobody knows", { fields: [{ ...field, by: { rule: "guess" } }] }, false],
    ["an endless expression", { fields: [{ ...field, by: { rule: "expression", forth: "1".repeat(EXPRESSION_CHARS_MAX + 1) } }] }, false],
    ["a scale that nothing comes back from", { fields: [{ ...field, by: { rule: "scale", scale: 0 } }] }, false],
    [
      "a narrower state that says not than what",
      { fields: [{ ...field, by: { rule: "state", pairs: [{ ours: "a", theirs: "b", relation: "narrower" }] } }] },
      false,
    ],
  ])("%s", (_, change, expected) => {
    expect(parsed(change)).toBe(expected);
  });
});

describe("B4 a state mapping is total", () => {
  test("a state that the contract gains blocks until somebody says what it is", () => {
    const findings = check(jobBridge(), jobContract([...STATES, "reopened"]), CASE).filter(({ blocks }) => blocks);
    expect(findings).toEqual([{ code: "unmapped", field: "state", rule: 'unmapped state: "reopened"', mend: expect.any(String), blocks: true }]);
  });

  test("so does a value of theirs that is neither mapped nor refused", () => {
    expect(codes(states(() => ({ refused: [] })))).toEqual(["unmapped Status"]);
  });

  test("where no schema of their object is at hand, the bridge lists their states, or is not published", () => {
    const blocking = (bridge: Bridge) =>
      check(bridge, jobContract())
        .filter(({ blocks }) => blocks)
        .map(({ code, rule }) => `${code} ${rule}`);
    expect(blocking(jobBridge())).toEqual(["unmapped nothing lists the states that theirs has, so none can be missed"]);
    const listed = (...more: readonly string[]) =>
      states(({ pairs, refused }) => ({ theirs: [...new Set([...pairs.map(({ theirs }) => theirs), ...refused]), ...more] }));
    expect(blocking(listed())).toEqual([]);
    expect(blocking(listed("Parked"))).toEqual(['unmapped unmapped state of theirs: "Parked"']);
    expect(blocking(states(() => ({ theirs: ["New"] }))).every((one) => one.startsWith("unknown-value"))).toBe(true);
  });

  test("a mapping ahead of the contract is told and does not block", () => {
    const findings = check(jobBridge(), jobContract(["open", "working", "done"]), CASE);
    expect(findings.filter(({ code }) => code === "not-in-contract").map(({ rule }) => rule.split(" ")[0])).toEqual(["offered", "paused", "dropped"]);
    expect(publishable(findings)).toBe(true);
  });

  test.each([
    [
      "two ways out",
      (rule: StateRule) => ({ pairs: [...rule.pairs, { ours: "open", theirs: "On Hold", relation: "narrower", than: "x", way: "out" } as const] }),
    ],
    ["a value that they do not have", (rule: StateRule) => ({ refused: [...rule.refused, "Nwe"] })],
  ])("%s", (_, change) => {
    expect(publishable(check(states(change), jobContract(), CASE))).toBe(false);
  });

  test("an attribute whose values are not listed has no states", () => {
    expect(codes(withField("place", { by: { rule: "state", pairs: [{ ours: "open", theirs: "New", relation: "equivalent" }] } as never }))).toContain(
      "type place",
    );
  });

  test("who crosses is said of every value", () => {
    const only = (values: readonly string[], not: readonly string[]) => jobBridge({ only: { attr: "state", values: [...values], not: [...not] } });
    expect(codes(only(["working", "done"], ["open", "offered", "paused"]))).toEqual(["unmapped state"]);
    expect(codes(only(["working", "paused"], ["open", "offered", "done", "dropped"]))).toEqual(["unknown-attribute doneAt"]);
    expect(
      codes(
        only(
          ["done"],
          STATES.filter((state) => state !== "done"),
        ),
      ),
    ).toEqual([]);
  });
});

describe("B5 equivalence is one to one", () => {
  test("a value that two states share is equivalent to neither", () => {
    const shared = states(({ pairs }) => ({
      pairs: pairs.map((pair) => (pair.ours === "open" ? { ours: "open", theirs: "New", relation: "equivalent" as const, way: "out" as const } : pair)),
      unions: [],
    }));
    expect(codes(shared)).toEqual(["not-equivalent state"]);
  });

  test("a union is made of narrower states, a split of broader ones", () => {
    expect(codes(states(() => ({ unions: ["Completed"] })))).toEqual(["not-equivalent state"]);
    expect(codes(states(() => ({ splits: ["done"] })))).toEqual(["not-equivalent state"]);
    expect(codes(states(() => ({ unions: ["Lost"] })))).toEqual(["not-equivalent state"]);
  });
});

describe("B6 what is declared both ways comes back", () => {
  const look = (pairs: readonly object[], more: object = {}) => withField("priority", { by: { rule: "look-up", pairs, ...more } as never });
  const p = (ours: string, theirs: string, way = "both") => ({ ours, theirs, way });
  test.each([
    ["two of ours on one of theirs", look([p("p1", "High"), p("p2", "High"), p("p3", "Low")]), ["unmapped Priority", "ambiguous Priority"]],
    ["one that does not come back", look([p("p1", "High"), p("p2", "Medium"), p("p3", "Low", "out"), p("p2", "Low", "in")]), ["not-invertible priority"]],
    ["a rest", look([p("p1", "High"), p("p2", "Medium")], { otherwise: { theirs: "Low", ours: "p3" } }), ["not-invertible priority"]],
    ["a hole", look([p("p1", "High"), p("p2", "Medium"), p("p2", "Low", "in")]), ["unmapped priority"]],
    ["a value that they do not have", look([p("p1", "Hgih"), p("p2", "Medium"), p("p3", "Low")]), ["unknown-value Priority", "unmapped Priority"]],
    [
      "a day",
      jobBridge({ fields: [jobBridge().fields[0] as never, { ours: "openedAt", theirs: "OpenedDay", by: { rule: "instant", as: "date" } }] }),
      ["not-invertible openedAt"],
    ],
    [
      "a rounded number",
      withField("travelMs", { way: "both", theirs: "TravelMinutes", by: { rule: "convert", ours: "ms", theirs: "min", round: "up" } }),
      ["not-invertible travelMs"],
    ],
    ["a default", withField("contact.phone", { absent: { theirs: "none" } }), ["not-invertible contact.phone"]],
    [
      "an expression that is no inverse",
      withField("place", { by: { rule: "expression", forth: "'at ' + value", back: "value.substring(2)" } }),
      ["not-invertible place"],
    ],
    ["an expression that forgets", withField("place", { by: { rule: "expression", forth: "value.lowerAscii()", back: "value" } }), ["not-invertible place"]],
    ["an expression without a way back", withField("place", { by: { rule: "expression", forth: "value" } }), ["expression place"]],
  ])("%s", (_, bridge, expected) => {
    expect(
      expected.every((one) => codes(bridge).includes(one)),
      codes(bridge).join(", "),
    ).toBe(true);
  });

  test("one way is enough where nobody asks for the other", () => {
    expect(codes(withField("place", { way: "out", by: { rule: "expression", forth: "value.lowerAscii()" } }))).toEqual([]);
    expect(codes(look([p("p1", "High"), p("p2", "Medium"), p("p3", "Low", "out"), p("p3", "Low", "in")]))).toEqual([]);
  });
});

describe("B7 what does not fit is told with field, rule and mend", () => {
  const bridge = jobBridge();
  test.each([
    ["another major", { ours: { subject: "job", major: 2 } }, ["other-document ours"]],
    ["another object", { theirs: { object: "WorkOrder" } }, ["other-document theirs"]],
    ["an attribute that is not there", { fields: [...bridge.fields, { ours: "colour", theirs: "Form", by: { rule: "same" } }] }, ["unknown-attribute colour"]],
    [
      "a field that is not there",
      { fields: [...bridge.fields, { ours: "place", theirs: "Place", way: "out", by: { rule: "same" } }] },
      ["unknown-field Place"],
    ],
    ["a read-only field", { fields: [...bridge.fields, { ours: "place", theirs: "Number", way: "out", by: { rule: "same" } }] }, ["read-only Number"]],
    ["a field written twice", { fields: [...bridge.fields, { ours: "place", theirs: "Ext", way: "out", by: { rule: "same" } }] }, ["ambiguous Ext"]],
    ["an attribute written twice", { fields: [...bridge.fields, { ours: "place", theirs: "Form", way: "in", by: { rule: "same" } }] }, ["ambiguous place"]],
    [
      "text where a number is wanted",
      { fields: [...bridge.fields, { ours: "id", theirs: "TravelHours", way: "out", by: { rule: "same" } }] },
      ["ambiguous TravelHours", "type TravelHours"],
    ],
    ["a constant of another type", { constants: [{ theirs: "Form", value: 7 }] }, ["type Form"]],
    ["a constant that is not there", { constants: [{ theirs: "Fomr", value: "x" }] }, ["unknown-field Fomr"]],
    ["a key that nothing fills", { theirs: { object: "Case", key: "Number" } }, ["required Number"]],
    [
      "an entity that is not joined",
      { fields: [...bridge.fields, { ours: "place/owner", theirs: "Owner.Ext", way: "out", by: { rule: "same" } }] },
      ["unknown-attribute place/owner"],
    ],
    ["a join to a contract that nobody has", { joins: { place: { subject: "place", major: 2 } } }, ["other-document place"]],
  ] as const)("%s", (_, change, expected) => {
    expect(codes(jobBridge(change as never)).toSorted()).toEqual([...expected]);
  });

  test("an attribute of a joined entity goes out and never comes in", () => {
    const joined = (way: "out" | "both") =>
      jobBridge({
        joins: { place: { subject: "place", major: 1 } },
        fields: [...bridge.fields, { ours: "place/owner", theirs: "Owner.Ext", way, by: { rule: "same" } }],
      });
    expect(codes(joined("out"))).toEqual([]);
    expect(codes(joined("both"))).toEqual(["not-invertible place/owner"]);
  });

  test.each([
    ["another uom than the contract's", { ours: "m/s", theirs: "[in_i]/s" }, ["uom vibration"]],
    ["another uom than theirs", { ours: "mm/s", theirs: "m/s" }, ["uom Vibration"]],
    ["another dimension", { ours: "mm/s", theirs: "bar" }, ["uom vibration"]],
    ["no UCUM code", { ours: "mm/s", theirs: "inch/s" }, ["uom vibration"]],
  ])("%s", (_, uoms, expected) => {
    expect(codes(withField("vibration", { by: { rule: "convert", ...uoms } }))).toEqual(expected);
  });

  test("the same number in another uom is not the same", () => {
    expect(codes(withField("vibration", { by: { rule: "same" } }))).toEqual(["uom vibration"]);
  });

  test("a fraction does not fit a whole number; a whole number of a larger uom does", () => {
    const minutes = objectSchema("crm", "Case", { Ext: text(40, "must"), Travel: whole() });
    const by = (ours: string, theirs: string) =>
      jobBridge({ fields: [jobBridge().fields[0] as never, { ours: "travelMs", theirs: "Travel", way: "out", by: { rule: "convert", ours, theirs } }] });
    expect(codes(by("ms", "min"), jobContract(), minutes)).toEqual(["type Travel"]);
    expect(codes(by("ms", "us"), jobContract(), minutes)).toEqual([]);
  });

  test("a field that must be filled always is", () => {
    expect(codes(jobBridge({ fields: jobBridge().fields.filter(({ ours }) => ours !== "state") }))).toEqual(["required Status"]);
    // Only some jobs have it.
    const must = objectSchema("crm", "Case", { Ext: text(40, "must"), Done: text(30, "must") });
    const fields = [jobBridge().fields[0] as never, { ours: "contact.person", theirs: "Done", way: "out" as const, by: { rule: "same" as const } }];
    expect(codes(jobBridge({ fields }), jobContract(), must).toSorted()).toEqual(["absent Done", "required Done"]);
    const filled = [
      fields[0] as never,
      { ours: "contact.person", theirs: "Done", way: "out" as const, by: { rule: "same" as const }, absent: { theirs: "nobody" } },
    ];
    expect(codes(jobBridge({ fields: filled }), jobContract(), must)).toEqual([]);
  });

  test("texts that may be too long, and attributes that only the unit writes, are told", () => {
    const short = objectSchema("crm", "Case", { Ext: text(10, "must") });
    const findings = check(jobBridge({ fields: [jobBridge().fields[0] as never] }), jobContract(), short);
    expect(findings.map(({ code, blocks }) => [code, blocks])).toEqual([["length", false]]);
    const unitOnly = {
      subject: "job",
      version: 1,
      schema: { type: "object", properties: { id: { type: "string", "x-writers": "unit" } }, required: ["id"] } as never,
    };
    expect(check(jobBridge({ fields: [jobBridge().fields[0] as never] }), unitOnly).map(({ code, blocks }) => [code, blocks])).toEqual([["writers", false]]);
  });
});

describe("B8 expressions are checked before they are used", () => {
  const codesOf = (forth: string, ours = "place", theirs = "Title") =>
    check(
      jobBridge({
        fields: [
          ...jobBridge().fields.filter((field) => field.ours !== ours && field.theirs !== theirs),
          { ours, theirs, way: "out", by: { rule: "expression", forth } },
        ],
      }),
      jobContract(),
      CASE,
    )
      .filter(({ blocks }) => blocks)
      .map(({ code, rule }) => `${code}: ${rule}`);

  test.each([
    ["value + ' in ' + ours.priority"],
    ["has(ours.contact) && has(ours.contact.phone) ? string(ours.contact.phone) : ''"],
    ["ours.travelMs / 60000.0 > 5.0 ? 'far' : 'near'"],
    ["ours.lines.map(l, string(l.part)).join(', ')"],
  ])("%s is one", (forth) => {
    expect(codesOf(forth)).toEqual([]);
  });

  test.each([
    ["value +", /not CEL/],
    ["value + ours.travelMs", /does not type-check/],
    ["ours.colour", /does not type-check/],
    ["theirs.Status", /does not type-check/],
    ["ours.travelMs", /yields double, the field holds string/],
    ["string(ours.contact.phone)", /fails/],
    ["value.matches('(a+)+$') ? 'x' : 'y'", /matches/],
    ["ours.lines.map(l, ours.lines.map(m, m.part).join()).join()", /loop within a loop/],
    ["string(timestamp(0))", /does not type-check/],
    [`'${"a".repeat(10)}' + ${Array.from({ length: 150 }, () => "'b'").join(" + ")}`, /not CEL/],
  ])("%s is none", (forth, reason) => {
    expect(codesOf(forth)).toEqual([expect.stringMatching(reason)]);
  });

  test("what it yields must be among the field's values", () => {
    expect(codesOf("value == 'p1' ? 'High' : 'Lowest'", "priority", "Priority")).toEqual([expect.stringMatching(/becomes "Lowest"/)]);
    expect(codesOf("value == 'p1' ? 'High' : 'Low'", "priority", "Priority")).toEqual([]);
  });

  test("a whole number is wanted whole", () => {
    expect(codesOf("value / 1000.0", "travelMs", "TravelMinutes")).toEqual([expect.stringMatching(/^type: /)]);
    expect(codesOf("int(value / 1000.0)", "travelMs", "TravelMinutes")).toEqual([]);
  });
});
