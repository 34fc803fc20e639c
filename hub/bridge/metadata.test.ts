import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { check, publishable } from "./check.ts";
import { jobBridge, jobContract } from "./fixture/job.ts";
import { importObject, METADATA_BYTES_MAX } from "./metadata.ts";
import type { Schema } from "./shape.ts";

const field = (name: string, type: string, more: object = {}) => ({
  name,
  type,
  length: 0,
  nillable: true,
  createable: true,
  updateable: true,
  defaultedOnCreate: false,
  ...more,
});
const values = (...names: string[]) => names.map((value) => ({ value, label: value, active: value !== "Retired" }));

/** The shape of GET /services/data/v62.0/sobjects/Case/describe. */
const DESCRIBE = {
  name: "Case",
  custom: false,
  fields: [
    field("Id", "id", { nillable: false, createable: false, updateable: false, defaultedOnCreate: true, length: 18 }),
    field("Ext", "string", { nillable: false, length: 40 }),
    field("Status", "picklist", {
      nillable: false,
      defaultedOnCreate: true,
      length: 40,
      picklistValues: values("New", "In Progress", "On Hold", "Completed", "Canceled", "Lost", "Retired"),
    }),
    field("Opened", "datetime"),
    field("OpenedDay", "date"),
    field("TravelMinutes", "int"),
    field("Vibration", "double"),
    field("IsEscalated", "boolean", { nillable: false, defaultedOnCreate: true }),
    field("CaseNumber", "string", { nillable: false, createable: false, updateable: false, defaultedOnCreate: true }),
    field("AssetId", "reference", { length: 18, relationshipName: "Asset", referenceTo: ["Asset"] }),
    field("Place", "address", { createable: false, updateable: false }),
  ],
};

const attribute = (LogicalName: string, AttributeType: string, more: object = {}) => ({
  LogicalName,
  AttributeType,
  RequiredLevel: { Value: "None" },
  IsValidForCreate: true,
  IsValidForUpdate: true,
  AttributeOf: null,
  ...more,
});
const option = (Value: number, Label: string) => ({ Value, Label: { UserLocalizedLabel: { Label, LanguageCode: 1033 } } });

/** The shape of GET …/EntityDefinitions(LogicalName='bookableresourcebooking')?$expand=Attributes. */
const ENTITY = {
  LogicalName: "bookableresourcebooking",
  Attributes: [
    attribute("bookableresourcebookingid", "Uniqueidentifier", { RequiredLevel: { Value: "SystemRequired" } }),
    attribute("starttime", "DateTime", { RequiredLevel: { Value: "SystemRequired" }, Format: "DateAndTime", DateTimeBehavior: { Value: "UserLocal" } }),
    attribute("duration", "Integer", { RequiredLevel: { Value: "SystemRequired" }, MinValue: 0, MaxValue: 2147483647 }),
    attribute("resource", "Lookup", { RequiredLevel: { Value: "SystemRequired" }, Targets: ["bookableresource"] }),
    attribute("resourcename", "String", { AttributeOf: "resource" }),
    attribute("bookingtype", "Picklist", {
      RequiredLevel: { Value: "SystemRequired" },
      DefaultFormValue: 1,
      OptionSet: { Options: [option(1, "Solid"), option(2, "Liquid")] },
    }),
    attribute("statecode", "State", { RequiredLevel: { Value: "SystemRequired" }, OptionSet: { Options: [option(0, "Active"), option(1, "Inactive")] } }),
    attribute("msdyn_name", "String", { RequiredLevel: { Value: "ApplicationRequired" }, MaxLength: 100 }),
    attribute("ownerid", "Owner", { RequiredLevel: { Value: "SystemRequired" }, Targets: ["systemuser", "team"] }),
    attribute("createdon", "DateTime", { IsValidForCreate: false, IsValidForUpdate: false }),
    attribute("day", "DateTime", { Format: "DateOnly", DateTimeBehavior: { Value: "DateOnly" } }),
    attribute("msdyn_latitude", "Double", { MinValue: -90, MaxValue: 90 }),
  ],
};

function imported(described: unknown): Schema {
  const schema = importObject(described);
  if (isRefusal(schema)) throw new Error(schema.rule);
  return schema;
}

test("B13 a Salesforce describe becomes a schema", () => {
  expect(imported(DESCRIBE)).toMatchObject({
    "x-system": "salesforce",
    "x-object": "Case",
    required: ["Ext"],
    properties: {
      Ext: { type: "string", maxLength: 40 },
      Status: { type: ["string", "null"], enum: ["New", "In Progress", "On Hold", "Completed", "Canceled", "Lost", null] },
      Opened: { format: "date-time" },
      OpenedDay: { format: "date" },
      TravelMinutes: { type: ["integer", "null"] },
      Vibration: { type: ["number", "null"] },
      CaseNumber: { "x-writable": false },
      AssetId: { type: ["string", "null"] },
      Asset: { type: ["object", "null"], "x-refers": "Asset" },
    },
  });
});

test("B13 a Dataverse entity definition becomes a schema", () => {
  const schema = imported(ENTITY);
  expect(schema).toMatchObject({
    "x-system": "dynamics365",
    "x-object": "bookableresourcebooking",
    required: ["starttime", "duration", "resource"],
    "x-wanted": ["msdyn_name"],
    properties: {
      duration: { type: "integer", minimum: 0 },
      resource: { type: "object", "x-refers": "bookableresource" },
      bookingtype: { enum: [1, 2, null], "x-meaning": { 1: "Solid", 2: "Liquid" } },
      createdon: { "x-writable": false },
      day: { format: "date" },
      msdyn_latitude: { type: ["number", "null"] },
    },
  });
  expect(Object.keys(schema["properties"] as object)).not.toContain("resourcename");
});

test("B13 what was imported is what a bridge is checked against", () => {
  const ours = (names: readonly string[]) => jobBridge({ fields: jobBridge().fields.filter(({ theirs }) => names.includes(theirs)) });
  expect(check(ours(["Ext", "Status", "Opened", "OpenedDay", "TravelMinutes"]), jobContract(), imported(DESCRIBE)).filter(({ blocks }) => blocks)).toEqual([]);
  // The organisation has a status of its own: nobody can publish before saying what it means.
  const more = {
    ...DESCRIBE,
    fields: DESCRIBE.fields.map((one) =>
      one.name === "Status" ? { ...one, picklistValues: values("New", "In Progress", "On Hold", "Completed", "Canceled", "Lost", "En Route") } : one,
    ),
  };
  const findings = check(ours(["Ext", "Status"]), jobContract(), imported(more));
  expect(publishable(findings)).toBe(false);
  expect(findings.map(({ code, rule }) => [code, rule])).toEqual([["unmapped", 'unmapped state of theirs: "En Route"']]);
  // A record that is referred to may be reached through: which fields it has is said by its own description.
  const asset = { ours: "place", theirs: "Asset.SerialNumber", way: "out" as const, by: { rule: "same" as const } };
  expect(check(jobBridge({ fields: [...ours(["Ext"]).fields, asset] }), jobContract(), imported(DESCRIBE))).toEqual([]);
});

test.each([
  ["nothing", null, "malformed"],
  ["a list", [], "malformed"],
  ["another answer", { totalSize: 0, records: [] }, "malformed"],
  ["a field without a type", { name: "Case", fields: [{ name: "Id" }] }, "malformed"],
  ["more fields than any object", { name: "Case", fields: Array.from({ length: 2001 }, (_, i) => field(`F${i}`, "string")) }, "malformed"],
  ["more bytes than any object", { name: "Case", fields: [field("x".repeat(METADATA_BYTES_MAX), "string")] }, "too-large"],
])("B13 %s is refused", (_, described, refused) => {
  expect(importObject(described)).toMatchObject({ refused, mend: expect.any(String) });
});
