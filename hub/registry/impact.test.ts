import { expect, test } from "vitest";
import { contractOf } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import { pumpVibration } from "../catalogue/pump-vibration.ts";
import { documentOf } from "./fixture/document.ts";
import { type Touched, type World, impactOf } from "./impact.ts";
import { touchedFields } from "./touched.ts";

const nobody: World = { units: [], scenarios: [], bridges: [], consumers: [] };
const touched = (after: Json, world: Partial<World>, breaking = true): readonly Touched[] =>
  impactOf("store", documentOf(), after, breaking, { ...nobody, ...world }).touched;
const kelvin = documentOf({ temperature: { type: "number", "x-uom": "K" } });

test("K10 fields are touched by what they say, nested ones by their path, and the document by its own words", () => {
  const how = (before: Json, after: Json): readonly string[] => touchedFields(before, after).map((one) => `${one.how} ${one.field}`);
  expect(how(documentOf(), documentOf())).toEqual([]);
  expect(how(documentOf(), kelvin)).toEqual(["changed temperature"]);
  const place = (lat: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({ place: { type: "object", properties: { lat } } });
  expect(how(documentOf(place({ type: "number" })), documentOf(place({ type: "integer" })))).toEqual(["changed place.lat"]);
  expect(how(documentOf(), documentOf(place({})))).toEqual(["added place", "added place.lat"]);
  expect(how(documentOf(place({})), documentOf())).toEqual(["removed place", "removed place.lat"]);
  expect(how(documentOf(), documentOf({}, { "x-merge": { "*": "hub-wins" } }))).toEqual(["changed "]);
  // What a shared definition says is the document's word: whoever refers to it is found by it.
  const shared = (text: Readonly<Record<string, unknown>>): Json => documentOf({ name: { $ref: "#/$defs/text" } }, { $defs: { text } });
  expect(how(shared({ type: "string" }), shared({ type: "string", maxLength: 5 }))).toEqual(["changed "]);
});

test("K10 units hear whether they go on, bridges which of their fields are met and what they would lack", () => {
  const units = [{ unit: "plant", major: 1, revision: 0 }];
  expect(touched(kelvin, { units })).toEqual([{ kind: "unit", id: "plant", why: "speaks store 1.0 and has to come along, or be read through a lens" }]);
  expect(touched(documentOf({ note: { type: "string" } }), { units }, false)).toMatchObject([{ why: "speaks store 1.0 and goes on as it is" }]);
  expect(touched(documentOf(), { units })).toEqual([]);
  const bridges = [
    { id: "a", subject: "store", ours: ["temperature", "name"], lacks: ["temperature: uom differs"] },
    { id: "b", subject: "store", ours: ["name"], lacks: [] },
    { id: "c", subject: "asset", ours: ["temperature"], lacks: [] },
  ];
  expect(touched(kelvin, { bridges })).toEqual([{ kind: "bridge", id: "a", why: "maps temperature; temperature: uom differs" }]);
});

test("K10 consumers are met by their filter", () => {
  const consumers = [
    { id: "all", filter: {} },
    { id: "attr", filter: { attrs: ["temperature"] } },
    { id: "entity", filter: { attrs: ["store.temperature", "name"] } },
    { id: "other-attr", filter: { attrs: ["name"] } },
    { id: "other-entity", filter: { entities: ["ticket"] } },
    { id: "other-stream", filter: { streams: ["tickets" as const] } },
  ];
  expect(touched(kelvin, { consumers }).map(({ id, why }) => [id, why])).toEqual([
    ["all", "reads every field"],
    ["attr", "reads temperature"],
    ["entity", "reads temperature"],
  ]);
});

test("K10 a channel brings the model that reads it and the fault modes that speak of it, with a uom that would differ", () => {
  const scenarios = [{ of: "plant", scenario: pumpVibration }];
  const flow = (code: string): Json => documentOf({ flow: { type: "number", "x-uom": code } });
  const met = impactOf("store", flow("L/min"), flow("m3/h"), true, { ...nobody, scenarios }).touched;
  expect(met).toEqual([
    { kind: "channel", id: "plant/flow", why: "profile pump measures it in L/min, which the contract would have in m3/h" },
    { kind: "model", id: `plant/${pumpVibration.profiles[0]?.model}`, why: "scores flow in L/min, which the contract would have in m3/h" },
    { kind: "rule", id: "plant/cavitation", why: "fault mode cavitation is chosen by evidence of flow, which the contract would have in m3/h" },
  ]);
});

test("K10 a value that goes names the rules that set it", () => {
  const alarm = contractOf("alarm").schema as { readonly properties: Readonly<Record<string, object>> };
  const after = { ...alarm, properties: { ...alarm.properties, severity: { ...alarm.properties["severity"], enum: ["low", "high", "critical"] } } } as Json;
  const met = impactOf("alarm", alarm as Json, after, true, { ...nobody, scenarios: [{ of: "plant", scenario: pumpVibration }] }).touched;
  expect(met).toContainEqual({ kind: "rule", id: "plant/cavitation", why: "fault mode cavitation sets severity medium, which would be no value any more" });
  expect(met).toContainEqual({ kind: "rule", id: "plant/bearing-wear", why: "fault mode bearing-wear sets severity high" });
});
