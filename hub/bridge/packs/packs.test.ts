import { type Schema as Json7, Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { contractOf } from "../../../contracts/contract.ts";
import { sameJson } from "../../../contracts/delta/json.ts";
import type { Family } from "../../../contracts/entity.ts";
import { isRefusal } from "../../../contracts/refusal.ts";
import { type Bridge, comesIn, goesOut } from "../bridge.ts";
import { check, publishable, type Spoken } from "../check.ts";
import { type Fields, pathOf, read } from "../place.ts";
import { addUp } from "../report.ts";
import { samplesOf } from "../sample.ts";
import { shapeOf } from "../shape.ts";
import { toOurs, toTheirs } from "../translate.ts";
import { dynamics365 } from "./dynamics365.ts";
import { salesforce } from "./salesforce.ts";

const families: readonly Family[] = ["ticket", "asset", "customer", "engineer", "assignment", "offer", "kit"];
const contracts: readonly Spoken[] = families.map(contractOf);
const spoken = (subject: string): Spoken => contracts.find((contract) => contract.subject === subject) ?? contractOf("ticket");
const schemaOf = (bridge: Bridge) => [salesforce, dynamics365].find(({ system }) => system === bridge.system)?.objects[bridge.theirs.object];
const all = [...salesforce.bridges, ...dynamics365.bridges];
const states = (shapeOf(contractOf("ticket").schema, ["state"])?.values ?? []).map(String);

test("B12 each pack speaks of tickets, assignments or bookings, kits, assets, customers and engineers", () => {
  expect(salesforce.bridges.map(({ theirs }) => theirs.object)).toEqual([
    "WorkOrder",
    "ServiceAppointment",
    "AssignedResource",
    "ProductRequired",
    "Asset",
    "Account",
    "Contact",
    "ServiceResource",
  ]);
  expect(dynamics365.bridges.map(({ theirs }) => theirs.object)).toEqual([
    "msdyn_workorder",
    "msdyn_workorderincident",
    "bookableresourcebooking",
    "msdyn_workorderproduct",
    "msdyn_customerasset",
    "account",
    "bookableresource",
  ]);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});

describe.each(all.map((bridge) => [bridge.id, bridge] as const))("B12 %s", (_, bridge) => {
  test("may be published with the contracts in force", () => {
    const findings = check(bridge, spoken(bridge.ours.subject), schemaOf(bridge), contracts);
    expect(findings.filter(({ blocks }) => blocks)).toEqual([]);
  });

  test("makes of every entity what its object can hold, and reads it back", () => {
    const validator = new Validator(schemaOf(bridge) as Json7);
    const joined = Object.fromEntries(Object.entries(bridge.joins).map(([attr, { subject }]) => [attr, samplesOf(spoken(subject).schema)[1] ?? {}]));
    let made = 0;
    for (const entity of samplesOf(spoken(bridge.ours.subject).schema)) {
      const out = toTheirs(bridge, entity, joined);
      if (isRefusal(out)) throw new Error(`${out.field}: ${out.rule}`);
      made += out.records.length;
      for (const record of out.records) expect(validator.validate(record).errors).toEqual([]);
      expect(lost(bridge, entity, out.records)).toEqual([]);
    }
    expect(made).toBeGreaterThan(0);
  });
});

/** Attributes that are both ways and did not come back. A state comes back where it is equivalent; the others are refused. */
function lost(bridge: Bridge, entity: Fields, records: readonly Fields[]): readonly string[] {
  const both = bridge.fields.filter((field) => goesOut(field) && comesIn(field) && (bridge.each === undefined || !field.ours.startsWith(`${bridge.each}.`)));
  return both.flatMap((field) => {
    if (records.length === 0) return [];
    const one = { ...bridge, fields: [field], ...(bridge.each === undefined ? {} : { each: undefined }) };
    const value = read(entity, pathOf(field.ours));
    const back = toOurs(one, records.slice(0, 1));
    if (field.by.rule === "state") {
      const pair = field.by.pairs.find(({ ours, way }) => ours === value && way !== "in");
      return isRefusal(back) ? (pair?.way === "out" ? [] : [field.ours]) : back.entity[field.ours] === value ? [] : [field.ours];
    }
    return !isRefusal(back) && sameJson(read(back.entity, pathOf(field.ours)) ?? null, value ?? null) ? [] : [field.ours];
  });
}

describe("B4 a state that tickets gain shows in every bridge of tickets", () => {
  const Union = z.looseObject({ oneOf: z.array(z.looseObject({ properties: z.record(z.string(), z.json()) })) });
  const ticket = Union.parse(contractOf("ticket").schema);
  const parked = { ...ticket.oneOf[0], properties: { ...ticket.oneOf[0]?.properties, state: { type: "string", const: "parked" } } };
  const grown: Spoken = { ...spoken("ticket"), schema: z.json().parse({ ...ticket, oneOf: [...ticket.oneOf, parked] }) };
  const others = contracts.filter(({ subject }) => subject !== "ticket");

  test.each(all.filter((bridge) => bridge.fields.some(({ by }) => by.rule === "state")).map((bridge) => [bridge.id, bridge] as const))(
    "%s is not published until it says what it means",
    (_, bridge) => {
      const findings = check(bridge, grown, schemaOf(bridge), others);
      expect(publishable(findings)).toBe(false);
      expect(findings.filter(({ blocks }) => blocks).map(({ code, rule }) => [code, rule.includes("parked")])).toEqual([["unmapped", true]]);
    },
  );
});

describe("B11 work orders of two systems", () => {
  const counts = (entries: readonly (readonly [string | number, number])[]) => entries.map(([state, count]) => ({ state, count }));
  const groups = [
    {
      name: "salesforce",
      bridge: "salesforce-work-order",
      counts: counts([
        ["New", 5],
        ["In Progress", 7],
        ["On Hold", 1],
        ["Completed", 11],
      ]),
    },
    {
      name: "dynamics365",
      bridge: "dynamics365-work-order",
      counts: counts([
        [690970000, 20],
        [690970001, 30],
        [690970002, 40],
        [690970003, 50],
        [690970004, 60],
      ]),
    },
  ];
  const ask = (...states: readonly string[]) => addUp({ subject: "ticket", attr: "state", states }, groups, all);

  test("those that are resolved add up", () => {
    expect(ask("resolved")).toMatchObject({ total: 61 });
  });

  test("those that are open do not: New also holds jobs that somebody has accepted", () => {
    expect(ask("open")).toMatchObject({ refused: "not-equivalent", field: "salesforce.New", rule: expect.stringContaining("open is narrower than New") });
  });

  test("those that are closed do not: Posted is also invoiced", () => {
    expect(ask("closed")).toMatchObject({ refused: "not-equivalent", field: "dynamics365.690970004" });
  });

  test("those that are not finished add up, since together they mean the same", () => {
    expect(ask("open", "offered", "assigned", "reopened", "travelling", "working", "paused")).toMatchObject({ total: 13 + 90 });
  });
});

test("B12 the tickets' states of today are all spoken of", () => {
  const pairs = all.flatMap(({ fields }) => fields).flatMap(({ by }) => (by.rule === "state" ? by.pairs.map(({ ours }) => ours) : []));
  expect(states.length).toBeGreaterThanOrEqual(7);
  expect(states.filter((state) => !pairs.includes(state))).toEqual([]);
});
