/**
 * The hub's API as an OpenAPI 3.1 document: the permission table says which routes there are and who may, `described.ts` what each one
 * takes and gives. JSON Schema 2020-12 is what both zod and OpenAPI 3.1 speak, so the schemas go in as they are.
 */
import { z } from "zod";
import { ROUTES, type RoutePermission } from "../../contracts/permission.ts";
import { Refusal } from "../../contracts/refusal.ts";

/** What one route takes and gives. `path` and `query` by name; of an answer `events` stands for server-sent events, `page` for HTML, `elsewhere` for a redirect. */
export type Described = {
  readonly summary: string;
  readonly path?: Readonly<Record<string, z.ZodType>>;
  readonly query?: Readonly<Record<string, z.ZodType>>;
  readonly headers?: Readonly<Record<string, z.ZodType>>;
  readonly body?: z.ZodType | "lines" | "bytes";
  /** The body may also be a file of comma-separated values, with the rest in the query. */
  readonly csv?: true;
  readonly answers: Readonly<Record<number, z.ZodType | Spoken>>;
};

/** Answers that are no JSON of ours. */
type Spoken = "bytes" | "csv" | "events" | "lines" | "openapi" | "socket" | "page" | "elsewhere";

export type OpenApi = Readonly<Record<string, unknown>> & {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
};

/** Throws for a route without description: a bug that a test finds. */
export function describeApi(described: Readonly<Record<string, Described>>): OpenApi {
  const rows = ROUTES.filter(({ at }) => at === "hub");
  const paths: Record<string, Record<string, Readonly<Record<string, unknown>>>> = {};
  for (const row of rows) {
    const one = described[`${row.method} ${row.path}`];
    if (one === undefined) throw new Error(`${row.method} ${row.path} is not described: add it to hub/api/described.ts`);
    const path = row.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [row.method.toLowerCase()]: operationOf(row, one) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Outpost hub",
      version: "1.0.0",
      summary: "Contracts, and the feed of what the units did.",
      description: "Every refusal is a value: `refused` for programs; `rule`, `mend` and, where one is at fault, `field` for people.",
      license: { name: "MIT", identifier: "MIT" },
    },
    jsonSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
    servers: [{ url: "/" }],
    security: [{ bearer: [] }],
    tags: [...new Set(rows.map(({ path }) => tagOf(path)))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "A token of POST /api/hub/tokens, or the administrator's" } },
      schemas: { Refusal: schemaOf(Refusal) },
      responses: {
        Refusal: {
          description: "Refused: which rule, and how to mend it",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Refusal" } } },
        },
      },
    },
  };
}

function operationOf({ method, path, who }: RoutePermission, one: Described): Readonly<Record<string, unknown>> {
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  const parameters = [
    ...names.map((name) => ({ name, in: "path", required: true, schema: schemaOf(one.path?.[name] ?? z.string().min(1)) })),
    ...parametersOf("query", one.query ?? {}),
    ...parametersOf("header", one.headers ?? {}),
  ];
  const roles = typeof who === "string" ? [] : ["admin", ...who.filter((role) => role !== "admin")];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-zA-Z]+(\w)?/g, (_, letter: string | undefined) => (letter ?? "").toUpperCase())}`,
    summary: one.summary,
    tags: [tagOf(path)],
    ...(roles.length === 0 ? { security: [] } : { description: `For ${roles.join(", ")}.`, security: [{ bearer: [] }], "x-roles": roles }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(one.body === undefined ? {} : { requestBody: { required: true, content: { ...contentOf(one.body), ...(one.csv === true ? CSV : {}) } } }),
    responses: {
      ...Object.fromEntries(Object.entries(one.answers).map(([status, answer]) => [status, responseOf(answer)])),
      "4XX": { $ref: "#/components/responses/Refusal" },
      "5XX": { $ref: "#/components/responses/Refusal" },
    },
  };
}

function parametersOf(place: "query" | "header", given: Readonly<Record<string, z.ZodType>>): readonly object[] {
  return Object.entries(given).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema);
    return { name, in: place, required: !schema.safeParse(undefined).success, ...(description === undefined ? {} : { description }), schema: rest };
  });
}

const CSV = { "text/csv": { schema: { type: "string" } } };
const BYTES = { "application/octet-stream": {} };
const LINES = { "application/x-ndjson": { schema: { type: "string" } } };

function contentOf(body: z.ZodType | "lines" | "bytes"): object {
  if (body === "bytes") return BYTES;
  return body === "lines" ? LINES : { "application/json": { schema: schemaOf(body, "input") } };
}

function responseOf(answer: Described["answers"][number]): object {
  if (answer === "events")
    return { description: "Server-sent events, each with a cursor as its id", content: { "text/event-stream": { schema: { type: "string" } } } };
  if (answer === "bytes") return { description: "A file", content: BYTES };
  if (answer === "csv") return { description: "A table", content: CSV };
  if (answer === "lines") return { description: "Lines of JSON", content: LINES };
  if (answer === "page") return { description: "A page for people", content: { "text/html": { schema: { type: "string" } } } };
  if (answer === "elsewhere") return { description: "Signed in: the page is at Location, the session in a cookie" };
  if (answer === "socket") return { description: "The connection goes on as a WebSocket" };
  if (answer === "openapi") return { description: "This document", content: { "application/json": { schema: { type: "object" } } } };
  return { description: answer.description ?? "Done", content: { "application/json": { schema: schemaOf(answer) } } };
}

function tagOf(path: string): string {
  if (path.startsWith("/hub")) return "pages";
  return path.startsWith("/api/feed") ? "feed" : (path.split("/")[3] ?? "hub");
}

/** As JSON Schema. Any JSON, which zod writes as a schema that refers to itself, is `{}`. */
function schemaOf(schema: z.ZodType, io: "input" | "output" = "output"): Readonly<Record<string, unknown>> {
  const { $schema: _, $defs: __, ...document } = z.toJSONSchema(schema, { target: "draft-2020-12", unrepresentable: "any", io });
  return anyJson(document) as Readonly<Record<string, unknown>>;
}

function anyJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(anyJson);
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value && typeof value.$ref === "string" && value.$ref.startsWith("#/$defs/")) return {};
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, anyJson(one)]));
}
