/**
 * Imports the schema of an object from what its system says of itself: a Salesforce `describe` (GET …/sobjects/WorkOrder/describe) or a
 * Dataverse EntityDefinition (GET …/EntityDefinitions(LogicalName='msdyn_workorder')?$expand=Attributes, picklists expanded with their
 * OptionSet). The first step of whoever integrates a CRM: from here on `check` types both sides.
 * Sources: Salesforce REST API Developer Guide, DescribeSObjectResult and "API Field Properties"; Microsoft Learn, AttributeMetadata
 * and AttributeRequiredLevel.
 */
import { z } from "zod";
import { jsonBytes } from "../../contracts/delta/json.ts";
import { type Refusal, malformed, refuse } from "../../contracts/refusal.ts";
import { type Need, type TheirField, objectSchema } from "./object.ts";
import type { Schema } from "./shape.ts";

/** One description. That of a Salesforce Account with 800 fields has about 1.5 MB. */
export const METADATA_BYTES_MAX = 4 * 1024 * 1024;
/** Fields of one object. Salesforce allows 900 of one's own, Dataverse about 1,000 columns. */
export const OBJECT_FIELDS_MAX = 2000;
/** Values of one picklist; Salesforce allows 1,000 active ones. */
const VALUES_MAX = 2000;

const Describe = z.object({
  name: z.string().min(1),
  fields: z
    .array(
      z.object({
        name: z.string().min(1),
        type: z.string(),
        length: z.number().optional(),
        nillable: z.boolean().optional(),
        createable: z.boolean().optional(),
        updateable: z.boolean().optional(),
        defaultedOnCreate: z.boolean().optional(),
        relationshipName: z.string().nullish(),
        referenceTo: z.array(z.string()).optional(),
        picklistValues: z
          .array(z.object({ value: z.string(), label: z.string().nullish(), active: z.boolean().optional() }))
          .max(VALUES_MAX)
          .optional(),
      }),
    )
    .max(OBJECT_FIELDS_MAX),
});

const Label = z.object({ UserLocalizedLabel: z.object({ Label: z.string() }).nullish() });
const Entity = z.object({
  LogicalName: z.string().min(1),
  Attributes: z
    .array(
      z.object({
        LogicalName: z.string().min(1),
        AttributeType: z.string(),
        AttributeOf: z.string().nullish(),
        RequiredLevel: z.object({ Value: z.string() }).optional(),
        MaxLength: z.number().nullish(),
        MinValue: z.number().nullish(),
        MaxValue: z.number().nullish(),
        Format: z.string().nullish(),
        DateTimeBehavior: z.object({ Value: z.string() }).nullish(),
        IsValidForCreate: z.boolean().optional(),
        IsValidForUpdate: z.boolean().optional(),
        DefaultFormValue: z.number().nullish(),
        Targets: z.array(z.string()).optional(),
        OptionSet: z.object({ Options: z.array(z.object({ Value: z.number(), Label: Label.optional() })).max(VALUES_MAX) }).nullish(),
      }),
    )
    .max(OBJECT_FIELDS_MAX),
});

/** A JSON Schema of the object. Refuses `too-large` and `malformed`. */
export function importObject(described: unknown): Schema | Refusal {
  const bytes = jsonBytes(described);
  if (bytes > METADATA_BYTES_MAX) return refuse("too-large", `${bytes} bytes; a description has at most ${METADATA_BYTES_MAX}`, "send one object");
  const salesforce = typeof described === "object" && described !== null && "fields" in described;
  if (salesforce) {
    const parsed = Describe.safeParse(described);
    return parsed.success ? fromDescribe(parsed.data) : malformed(parsed.error, "send the answer of …/sobjects/OBJECT/describe as it is");
  }
  const parsed = Entity.safeParse(described);
  return parsed.success
    ? fromEntity(parsed.data)
    : malformed(parsed.error, "send the answer of …/EntityDefinitions(LogicalName='…')?$expand=Attributes as it is");
}

type SalesforceField = z.infer<typeof Describe>["fields"][number];

function fromDescribe({ name, fields }: z.infer<typeof Describe>): Schema {
  const own = fields.map((field): [string, TheirField] => [field.name, { need: needOf(field), schema: typeOfSalesforce(field) }]);
  // A reference is read and written as an id, or through the record that it leads to: AssetId, Asset.SerialNumber.
  const records = fields.flatMap((field): [string, TheirField][] =>
    typeof field.relationshipName === "string" && field.relationshipName !== ""
      ? [[field.relationshipName, { need: "may", schema: { type: "object", "x-refers": (field.referenceTo ?? []).join(" ") } }]]
      : [],
  );
  return objectSchema("salesforce", name, Object.fromEntries([...own, ...records]));
}

function needOf({ nillable, createable, defaultedOnCreate }: SalesforceField): Need {
  return nillable === false && createable === true && defaultedOnCreate !== true ? "must" : "may";
}

function typeOfSalesforce(field: SalesforceField): Schema {
  const writable = field.createable === true || field.updateable === true ? {} : { "x-writable": false };
  const active = (field.picklistValues ?? []).filter((value) => value.active !== false);
  const values =
    active.length === 0 || field.type === "multipicklist"
      ? {}
      : { enum: active.map(({ value }) => value), "x-meaning": Object.fromEntries(active.map(({ value, label }) => [value, label ?? value])) };
  const length = field.length === undefined || field.length === 0 ? {} : { maxLength: field.length };
  switch (field.type) {
    case "boolean":
      return { type: "boolean", ...writable };
    case "int":
    case "long":
      return { type: "integer", ...writable };
    case "double":
    case "currency":
    case "percent":
      return { type: "number", ...writable };
    case "date":
      return { type: "string", format: "date", ...writable };
    case "datetime":
      return { type: "string", format: "date-time", ...writable };
    case "address":
    case "location":
      return { type: "object", ...writable };
    default:
      return { type: "string", ...length, ...values, ...writable };
  }
}

type Attribute = z.infer<typeof Entity>["Attributes"][number];

/** Required levels whose values the system itself fills. */
const FILLED = new Set(["Owner", "State", "Uniqueidentifier", "EntityName", "Virtual"]);

function fromEntity({ LogicalName, Attributes }: z.infer<typeof Entity>): Schema {
  const fields = Attributes.filter(({ AttributeOf }) => AttributeOf === undefined || AttributeOf === null).map((attribute): [string, TheirField] => [
    attribute.LogicalName,
    { need: levelOf(attribute), schema: typeOfAttribute(attribute) },
  ]);
  return objectSchema("dynamics365", LogicalName, Object.fromEntries(fields));
}

/** The API asks for what is system-required; application-required is asked for by forms. A choice with a default is never missing. */
function levelOf({ RequiredLevel, AttributeType, IsValidForCreate, DefaultFormValue }: Attribute): Need {
  const filled = FILLED.has(AttributeType) || IsValidForCreate === false || (typeof DefaultFormValue === "number" && DefaultFormValue !== -1);
  if (RequiredLevel?.Value === "SystemRequired") return filled ? "may" : "must";
  return RequiredLevel?.Value === "ApplicationRequired" && !filled ? "wanted" : "may";
}

function typeOfAttribute(attribute: Attribute): Schema {
  const writable = attribute.IsValidForCreate === false && attribute.IsValidForUpdate === false ? { "x-writable": false } : {};
  const bounds = { ...bound("minimum", attribute.MinValue), ...bound("maximum", attribute.MaxValue) };
  switch (attribute.AttributeType) {
    case "Boolean":
      return { type: "boolean", ...writable };
    case "Integer":
    case "BigInt":
      return { type: "integer", ...bounds, ...writable };
    case "Decimal":
    case "Double":
    case "Money":
      return { type: "number", ...bounds, ...writable };
    case "DateTime": {
      const dateOnly = attribute.Format === "DateOnly" && attribute.DateTimeBehavior?.Value === "DateOnly";
      return { type: "string", format: dateOnly ? "date" : "date-time", ...writable };
    }
    case "Picklist":
    case "State":
    case "Status": {
      const options = attribute.OptionSet?.Options ?? [];
      const meaning = Object.fromEntries(options.map(({ Value, Label }) => [String(Value), Label?.UserLocalizedLabel?.Label ?? String(Value)]));
      return options.length === 0
        ? { type: "integer", ...writable }
        : { type: "integer", enum: options.map(({ Value }) => Value), "x-meaning": meaning, ...writable };
    }
    case "Lookup":
    case "Customer":
    case "Owner":
      return { type: "object", "x-refers": (attribute.Targets ?? []).join(" "), ...writable };
    default:
      return { type: "string", ...(typeof attribute.MaxLength === "number" ? { maxLength: attribute.MaxLength } : {}), ...writable };
  }
}

function bound(keyword: string, value: number | null | undefined): Schema {
  return typeof value === "number" ? { [keyword]: value } : {};
}
