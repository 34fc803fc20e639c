/** Values that pass in the words of another system, one by one and whole. */
import { describe, expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { Bridge } from "./bridge.ts";
import { attributeCrossed, entityCrossed, writeCrossed } from "./crossing.ts";

const bridge = Bridge.parse({
  id: "depot-chamber",
  version: 1,
  system: "depot",
  ours: { subject: "chamber", major: 1 },
  theirs: { object: "Chamber", key: "Key" },
  joins: { site: { subject: "site", major: 1 } },
  fields: [
    { ours: "id", theirs: "Key", way: "out", by: { rule: "same" } },
    { ours: "temperature", theirs: "Fahrenheit", by: { rule: "convert", ours: "Cel", theirs: "[degF]" } },
    {
      ours: "door",
      theirs: "Door.State",
      by: {
        rule: "state",
        pairs: [
          { ours: "open", theirs: "Ajar", relation: "equivalent" },
          { ours: "shut", theirs: "Closed", relation: "equivalent" },
        ],
      },
    },
    { ours: "door", theirs: "Alarm", way: "out", by: { rule: "look-up", pairs: [{ ours: "open", theirs: true }], otherwise: { theirs: false } } },
    { ours: "contact.phone", theirs: "Phone", by: { rule: "same" } },
    { ours: "site/name", theirs: "Site", way: "out", by: { rule: "same" } },
    { ours: "note", theirs: "Remark", way: "in", by: { rule: "same" } },
  ],
  constants: [{ theirs: "Source", value: "outpost" }],
});

describe("B15 a value of ours has theirs beside it", () => {
  test("an attribute makes the fields that are made of it, and nothing else", () => {
    expect(attributeCrossed(bridge, "temperature", 20)).toEqual({ theirs: [{ Fahrenheit: 68 }] });
    expect(attributeCrossed(bridge, "door", "open")).toEqual({ theirs: [{ Door: { State: "Ajar" }, Alarm: true }] });
    expect(attributeCrossed(bridge, "contact", { phone: "112" })).toEqual({ theirs: [{ Phone: "112" }] });
    expect(attributeCrossed(bridge, "temperature", undefined)).toEqual({ theirs: [{ Fahrenheit: null }] });
    for (const attr of ["note", "site", "colour"]) expect(attributeCrossed(bridge, attr, "x")).toBeUndefined();
  });

  test("what has no counterpart is refused beside it", () => {
    expect(attributeCrossed(bridge, "door", "welded")).toMatchObject({ refused: { refused: "unmapped", field: "door" } });
    expect(entityCrossed(bridge, { id: "c-1", door: "welded" })).toMatchObject({ refused: { refused: "unmapped" } });
  });

  test("an entity makes its record, without what belongs to another entity", () => {
    expect(entityCrossed(bridge, { id: "c-1", temperature: 0, door: "shut", site: "s-1" })).toEqual({
      theirs: [{ Key: "c-1", Fahrenheit: 32, Door: { State: "Closed" }, Alarm: false, Phone: null, Source: "outpost" }],
    });
    const only = Bridge.parse({ ...bridge, only: { attr: "door", values: ["open"], not: ["shut"] } });
    expect(entityCrossed(only, { id: "c-1", door: "shut" })).toEqual({ theirs: [] });
  });

  test("of a bridge for each item of a list, the list makes the records", () => {
    const lines = Bridge.parse({
      ...bridge,
      joins: {},
      each: "lines",
      fields: [
        { ours: "lines.part", theirs: "Part", by: { rule: "same" } },
        { ours: "id", theirs: "Key", way: "out", by: { rule: "same" } },
      ],
      constants: [],
    });
    expect(attributeCrossed(lines, "lines", [{ part: "a" }, { part: "b" }])).toEqual({ theirs: [{ Part: "a" }, { Part: "b" }] });
    expect(writeCrossed(lines, "c-1", { Part: "a" })).toMatchObject({ refused: "unmapped" });
  });
});

describe("B16 a record of theirs is a write of ours", () => {
  test("with every field, null clearing and absence saying nothing", () => {
    expect(writeCrossed(bridge, "c-1", { Key: "c-1", Fahrenheit: 68, Door: { State: "Closed" }, Remark: null })).toEqual({
      temperature: 20,
      door: "shut",
      note: null,
    });
  });

  test.each<[string, object, string]>([
    ["a value that nothing maps", { Door: { State: "Stuck" } }, "Door.State"],
    ["a field that the bridge does not name", { Colour: "red" }, "Colour"],
    ["a field that only goes out", { Alarm: true }, "Alarm"],
    ["part of an attribute", { Phone: "112" }, "Phone"],
  ])("%s is refused by its name, and nothing is written", (_, record, field) => {
    const made = writeCrossed(bridge, "c-1", record as never);
    expect(isRefusal(made) && [made.refused, made.field]).toEqual(["unmapped", field]);
  });
});
