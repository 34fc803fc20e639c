import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { ROUTES } from "../../contracts/permission.ts";
import { DESCRIBED } from "./described.ts";
import { breaches } from "./fixture/held.ts";
import { describeApi } from "./openapi.ts";

const rows = ROUTES.filter(({ at }) => at === "hub");
const api = describeApi(DESCRIBED);
type Operation = {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, object>>;
  readonly security: readonly object[];
  readonly "x-roles"?: readonly string[];
};
const operationOf = (method: string, path: string): Operation | undefined =>
  api.paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()] as Operation | undefined;

test("K12 the description is OpenAPI 3.1, and refers to nothing that it does not have", async () => {
  const validator = new Validator();
  expect(await validator.validate(structuredClone(api))).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
  const text = JSON.stringify(api);
  for (const [, pointer = ""] of text.matchAll(/"\$ref":"#\/([^"]+)"/g)) {
    const target = pointer.split("/").reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], api);
    expect([pointer, target]).not.toEqual([pointer, undefined]);
  }
});

test.each(rows.map((row) => [`${row.method} ${row.path}`, row] as const))("K12 %s is described with parameters, schemas and who may", (key, row) => {
  const operation = operationOf(row.method, row.path);
  if (operation === undefined) throw new Error(`${key} is not in the document`);
  const names = [...row.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  expect((operation.parameters ?? []).filter((one) => one.in === "path").map(({ name }) => name)).toEqual(names);
  const { body } = DESCRIBED[key] ?? {};
  expect(operation.requestBody === undefined).toBe(body === undefined);
  // Signing in leads to the page: that is its success.
  expect(Object.keys(operation.responses).some((status) => /^[123]/.test(status))).toBe(true);
  if (typeof row.who === "string") expect(operation.security).toEqual([]);
  else expect([operation.security, operation["x-roles"]]).toEqual([[{ bearer: [] }], ["admin", ...row.who.filter((role) => role !== "admin")]]);
});

test("K12 nothing is described that is no route, and operations have names of their own", () => {
  expect(Object.keys(DESCRIBED).toSorted()).toEqual(rows.map((row) => `${row.method} ${row.path}`).toSorted());
  const ids = rows.map((row) => operationOf(row.method, row.path)?.operationId);
  expect(new Set(ids).size).toBe(rows.length);
});

test("K12 an answer that is not as described is found: another status, media type, field or refusal", () => {
  const written = { key: "k", entity: "ticket", id: "t", changes: { hold: true }, reason: "r" };
  const refusal = { refused: "malformed", rule: "r", mend: "m" };
  const post = { method: "POST", path: "/api/writes", sent: written } as const;
  expect(breaches(api, { ...post, status: 422, got: refusal })).toEqual([]);
  expect(breaches(api, { ...post, status: 503, got: refusal })).toEqual([]);
  expect(breaches(api, { ...post, status: 500, got: undefined, type: "text/plain" })).toEqual([
    "POST /api/writes is described to answer 500 as application/json, and did as text/plain",
  ]);
  expect(breaches(api, { ...post, status: 422, got: { ...refusal, refused: "because" } })).not.toEqual([]);
  expect(breaches(api, { ...post, status: 200, got: { stream: "tickets" } })).not.toEqual([]);
  expect(breaches(api, { ...post, status: 302, got: undefined })).toEqual(["POST /api/writes is not described to answer 302"]);
  expect(breaches(api, { method: "GET", path: "/api/feed?after=x", status: 200, got: { items: [{}], next: "" } })).not.toEqual([]);
  expect(breaches(api, { method: "GET", path: "/api/none", status: 400, got: refusal })).toEqual([]);
  expect(breaches(api, { method: "GET", path: "/api/none", status: 200, got: {} })).toEqual(["GET /api/none is not described"]);
});
