import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { Bridge } from "./bridge.ts";
import { jobBridge, STATES, withField } from "./fixture/job.ts";
import type { Fields } from "./place.ts";
import { type Ours, type Theirs, toOurs, toTheirs } from "./translate.ts";

const job = {
  id: "j1",
  state: "working",
  priority: "p2",
  place: "hall 3",
  openedAt: 1_760_000_000_123,
  travelMs: 754_321,
  vibration: 12.7,
  temperature: 20,
  urgent: true,
  lines: [],
} satisfies Fields;

function theirs(bridge: Bridge, entity: Fields, joined: Fields = {}): Theirs {
  const answer = toTheirs(bridge, entity, joined);
  if (isRefusal(answer)) throw new Error(answer.rule);
  return answer;
}
function ours(bridge: Bridge, records: readonly Fields[]): Ours {
  const answer = toOurs(bridge, records);
  if (isRefusal(answer)) throw new Error(answer.rule);
  return answer;
}

test("an entity becomes a record, by every rule", () => {
  expect(theirs(jobBridge(), job)).toEqual({
    records: [
      {
        Ext: "j1",
        Status: "In Progress",
        Priority: "Medium",
        Opened: "2025-10-09T08:53:20.123Z",
        OpenedDay: "2025-10-09",
        Done: null,
        TravelMinutes: 13,
        TravelHours: 0.20953361111111,
        Vibration: 0.5,
        Fahrenheit: 68,
        Title: "at hall 3",
        Urgent: true,
        Phone: null,
      },
    ],
    left: { lines: [] },
  });
});

describe("B9 there and back is the same", () => {
  const entities = fc.record({
    id: fc.string({ minLength: 1 }),
    // Those declared equivalent; the others can't come back.
    state: fc.constantFrom("working", "paused", "done"),
    priority: fc.constantFrom("p1", "p2", "p3"),
    place: fc.string({ unit: "grapheme-ascii" }),
    openedAt: fc.integer({ min: 0, max: 8.64e15 }),
    doneAt: fc.integer({ min: 0, max: 8.64e15 }),
    travelMs: fc.integer({ min: 0, max: 1e9 }),
    vibration: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    temperature: fc.double({ min: -273, max: 1e6, noNaN: true }),
    urgent: fc.boolean(),
    contact: fc.record({ phone: fc.string() }),
  });
  const near = (a: unknown, b: unknown) => typeof a === "number" && typeof b === "number" && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));

  test("whatever the values, for each field that is both", () => {
    fc.assert(
      fc.property(entities, (entity) => {
        const { entity: back, cleared } = ours(jobBridge(), theirs(jobBridge(), entity).records);
        expect(cleared).toEqual([]);
        const { vibration, temperature, travelMs, ...exact } = back;
        expect([near(vibration, entity.vibration), near(temperature, entity.temperature)]).toEqual([true, true]);
        expect({ ...exact, travelMs }).toEqual({ ...entity, vibration: undefined, temperature: undefined });
      }),
      { numRuns: 500 },
    );
  });

  test("what is absent goes out as null and comes back as cleared", () => {
    const { entity, cleared } = ours(jobBridge(), theirs(jobBridge(), job).records);
    expect(cleared).toEqual(["doneAt", "contact.phone"]);
    expect(entity["doneAt"]).toBeUndefined();
  });

  test("one record for each item, and the items again", () => {
    const bridge = Bridge.parse({
      ...jobBridge(),
      each: "lines",
      theirs: { object: "Line" },
      fields: [
        { ours: "id", theirs: "Case.Ext", by: { rule: "same" } },
        { ours: "lines.part", theirs: "Product", by: { rule: "same" } },
        { ours: "lines.quantity", theirs: "Quantity", by: { rule: "same" } },
      ],
    });
    const lines = fc.array(fc.record({ part: fc.string(), quantity: fc.integer() }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(lines, (lines) => {
        const { records } = theirs(bridge, { ...job, lines });
        expect(records).toHaveLength(lines.length);
        expect(ours(bridge, records)).toMatchObject({ entity: { id: "j1", lines }, cleared: [] });
      }),
    );
    expect(theirs(bridge, job).records).toEqual([]);
    const [first] = theirs(bridge, { ...job, lines: [{ part: "seal", quantity: 1 }] }).records;
    expect(toOurs(bridge, [first ?? {}, { ...first, Case: { Ext: "j2" } }])).toMatchObject({ refused: "malformed" });
  });
});

describe("B10 nothing is guessed", () => {
  test.each([
    ["a state that the bridge does not know", { ...job, state: "asleep" }, "unmapped", "state"],
    ["a priority that it does not know", { ...job, priority: "p9" }, "unmapped", "priority"],
    ["a number that is text", { ...job, vibration: "fast" }, "malformed", "vibration"],
    ["an instant out of range", { ...job, openedAt: 9e15 }, "malformed", "openedAt"],
  ])("%s refuses the record", (_, entity, refused, field) => {
    expect(toTheirs(jobBridge(), entity)).toMatchObject({ refused, field, mend: expect.any(String) });
  });

  const [record = {}] = theirs(jobBridge(), job).records;
  test.each([
    ["a state that several of ours share", { ...record, Status: "New" }, "unmapped", "Status"],
    ["a state of theirs that nobody mapped", { ...record, Status: "Waiting" }, "unmapped", "Status"],
    ["a date that is none", { ...record, Opened: "yesterday" }, "malformed", "Opened"],
    ["an instant before ours begin", { ...record, Opened: "1969-12-31T23:59:59Z" }, "malformed", "Opened"],
    ["text that the way back can't read", { ...record, Title: "x" }, "malformed", "Title"],
  ])("%s refuses the entity", (_, changed, refused, field) => {
    expect(toOurs(jobBridge(), [changed])).toMatchObject({ refused, field });
  });

  test("only the states declared equivalent, or broader, come in", () => {
    const comes = ["New", "In Progress", "On Hold", "Completed", "Canceled", "Lost"].map((Status) => {
      const answer = toOurs(jobBridge(), [{ Status }]);
      return isRefusal(answer) ? answer.refused : answer.entity["state"];
    });
    expect(comes).toEqual(["unmapped", "working", "paused", "done", "dropped", "dropped"]);
  });

  test("what the bridge does not name is carried apart, on both sides", () => {
    const { left } = theirs(jobBridge(), { ...job, colour: "red", contact: { phone: "1", person: "Mei" } });
    expect(left).toEqual({ lines: [], colour: "red", "contact.person": "Mei" });
    expect(ours(jobBridge(), [{ ...record, Shape: "round", Owner: { Name: "Acme" } }]).left).toEqual([{ Shape: "round", Owner: { Name: "Acme" } }]);
  });

  test("a field that a record lacks says nothing, one that is null clears", () => {
    expect(ours(jobBridge(), [{ Priority: "High" }])).toEqual({ entity: { priority: "p1" }, cleared: [], left: [{}] });
    expect(ours(jobBridge(), [{ Priority: null }])).toEqual({ entity: {}, cleared: ["priority"], left: [{}] });
  });

  test("a rest is what the bridge says, not what is near", () => {
    const pairs = [{ ours: "p1", theirs: "High" }];
    const bridge = withField("priority", { by: { rule: "look-up", pairs, otherwise: { theirs: "Low" } } });
    expect(theirs(bridge, { ...job, priority: "p9" }).records[0]?.["Priority"]).toBe("Low");
    expect(toOurs(bridge, [{ Priority: "Low" }])).toMatchObject({ refused: "unmapped" });
  });

  test("a pair that only comes in does not go out, in whatever order", () => {
    const pairs = [
      { ours: "p1", theirs: "Low", way: "in" as const },
      { ours: "p1", theirs: "High" },
    ];
    const bridge = withField("priority", { by: { rule: "look-up", pairs } });
    expect(theirs(bridge, { ...job, priority: "p1" }).records[0]?.["Priority"]).toBe("High");
    expect(ours(bridge, [{ Priority: "Low" }]).entity).toEqual({ priority: "p1" });
  });

  test("entities that are left out give no record", () => {
    const bridge = jobBridge({ only: { attr: "state", values: ["done"], not: STATES.filter((state) => state !== "done") } });
    expect(theirs(bridge, job).records).toEqual([]);
    expect(theirs(bridge, { ...job, state: "done", doneAt: 1 }).records).toHaveLength(1);
  });

  test("an attribute of a joined entity, and a constant, go out", () => {
    const fields = [...jobBridge().fields, { ours: "place/owner", theirs: "Owner.Ext", way: "out" as const, by: { rule: "same" as const } }];
    const bridge = jobBridge({ joins: { place: { subject: "place", major: 1 } }, fields, constants: [{ theirs: "Form", value: "x" }] });
    expect(theirs(bridge, job, { place: { id: "hall 3", owner: "acme" } }).records[0]).toMatchObject({ Owner: { Ext: "acme" }, Form: "x" });
    expect(theirs(bridge, job).records[0]).toMatchObject({ Owner: { Ext: null } });
  });

  test("a foreign value that looks like a refusal, or reaches for a prototype, is a value", () => {
    const bridge = jobBridge({ fields: [{ ours: "contact", theirs: "Ext", by: { rule: "same" } }] });
    expect(ours(bridge, [{ Ext: { refused: "gap", rule: "x", mend: "y" } }]).entity).toEqual({ contact: { refused: "gap", rule: "x", mend: "y" } });
    const hostile = JSON.parse('{"Ext": "a", "__proto__": {"polluted": 1}}') as Fields;
    ours(jobBridge(), [hostile]);
    const inherited = jobBridge({ fields: [{ ours: "id", theirs: "toString", by: { rule: "same" } }] });
    expect(ours(inherited, [{}]).entity).toEqual({});
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

test("B14 an instant is read as RFC 3339, and as Salesforce writes it", () => {
  const read = (Opened: string) => ours(jobBridge(), [{ Opened }]).entity["openedAt"];
  expect(["2025-10-09T08:53:20.123Z", "2025-10-09T08:53:20.123+0000", "2025-10-09T16:53:20.123+08:00"].map(read)).toEqual([
    1_760_000_000_123, 1_760_000_000_123, 1_760_000_000_123,
  ]);
  const before = jobBridge({ fields: [{ ours: "openedAt", theirs: "OpenedDay", way: "in", by: { rule: "instant", as: "date" } }] });
  expect(ours(before, [{ OpenedDay: "2025-10-09" }]).entity["openedAt"]).toBe(1_759_968_000_000);
});
