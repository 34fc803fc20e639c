import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { ROUTES } from "../../contracts/permission.ts";
import { DESCRIBED } from "./described.ts";
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
