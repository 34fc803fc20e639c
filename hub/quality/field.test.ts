import { expect, test } from "vitest";
import { contractOf } from "../../contracts/contract.ts";
import { type Field, documentOf, fieldsOf } from "./field.ts";
import { leavesOf } from "./leaf.ts";

const field = (document: unknown, path: string): Field | undefined => fieldsOf(document).get(path);

test("Q15 our own contracts say of each field its role, class, types, values and uom", () => {
  const alarm = fieldsOf(contractOf("alarm").schema);
  expect(alarm.get("score")).toMatchObject({ role: "value", types: ["number"], uom: "1", min: 0, max: 1, required: true, personal: false });
  expect(alarm.get("raisedAt")).toMatchObject({ role: "instant", required: true });
  expect(alarm.get("absorbed")).toMatchObject({ role: "running" });
  expect(alarm.get("asset")).toMatchObject({ role: "reference" });
  expect(alarm.get("id")).toMatchObject({ role: "reference" });
  expect(alarm.get("severity")).toMatchObject({ values: ["low", "medium", "high", "critical"], meanings: { low: expect.any(String) } });
  expect(alarm.get("evidence[].share")).toMatchObject({ types: ["number"], uom: "1" });
  expect(alarm.get("clearedAt")).toMatchObject({ required: false });
});

test("Q15 the alternatives of a union are laid together: all their values, required only where all require", () => {
  const ticket = fieldsOf(contractOf("ticket").schema);
  expect(ticket.get("state")?.values).toEqual([
    "open",
    "offered",
    "assigned",
    "travelling",
    "working",
    "paused",
    "resolved",
    "closed",
    "cancelled",
    "reopened",
  ]);
  expect(Object.keys(ticket.get("state")?.meanings ?? {})).toContain("cancelled");
  expect([ticket.get("state")?.required, ticket.get("to")?.required, ticket.get("why")?.required]).toEqual([true, false, false]);
});

test("Q4 what lies in a personal value is personal", () => {
  const customer = fieldsOf(contractOf("customer").schema);
  expect([customer.get("contact")?.personal, customer.get("contact.phone")?.personal, customer.get("name")?.personal]).toEqual([true, true, false]);
  const plain = { type: "object", properties: { contact: { type: "object", "x-class": "personal", properties: { phone: { type: "string" } } } } };
  expect(field(plain, "contact.phone")?.personal).toBe(true);
});

test("Q15 references within a document are followed, and those to themselves end", () => {
  const tree = { $ref: "#/$defs/node", $defs: { node: { type: "object", properties: { name: { type: "string" }, next: { $ref: "#/$defs/node" } } } } };
  const paths = [...fieldsOf(tree).keys()];
  expect(paths.slice(0, 4)).toEqual(["name", "next", "next.name", "next.next"]);
  expect(paths.length).toBeLessThan(40);
  const wide = { type: "object", properties: Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, { type: "string" }])) };
  expect(fieldsOf(wide).size).toBe(500);
  for (const odd of [null, true, [], "x", { properties: 3 }, { $ref: "http://elsewhere/x" }, { anyOf: [] }]) expect(fieldsOf(odd).size).toBe(0);
});

test("Q15 a nullable enumeration, an exclusive bound and a policy are read", () => {
  const document = {
    type: "object",
    properties: {
      a: { enum: ["x", "y", null], description: "one of two" },
      b: { type: ["number", "null"], exclusiveMinimum: 0, "x-null": { policy: "refuse", sentinels: [-9999] } },
      c: { anyOf: [{ type: "string" }, { type: "null" }], "x-class": "personal", "x-purpose": ["calling back"] },
    },
    "x-owner": "service",
    "x-quality": { freshnessMs: 1000 },
  };
  expect(field(document, "a")).toMatchObject({ values: ["x", "y", "null"], types: ["string", "null"], described: true });
  expect(field(document, "b")).toMatchObject({ types: ["number", "null"], min: 0, nulls: { policy: "refuse", sentinels: [-9999] } });
  expect(field(document, "c")).toMatchObject({ types: ["string", "null"], personal: true, purposes: ["calling back"] });
  expect(documentOf(document)).toMatchObject({ "x-owner": "service", "x-quality": { freshnessMs: 1000 } });
});

test("Q2 a value's fields are taken in bounded number, and none of a personal one", () => {
  const value = { a: 1, b: { c: ["x", "y", "z", "u", "v"] } };
  expect(leavesOf("p", value, () => false).map(({ path }) => path)).toEqual(["p", "p.a", "p.b", "p.b.c", "p.b.c[]", "p.b.c[]", "p.b.c[]", "p.b.c[]"]);
  expect(leavesOf("p", value, (path) => path === "p.b").map(({ path }) => path)).toEqual(["p", "p.a", "p.b"]);
  expect(leavesOf("p", Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`f${i}`, i])), () => false)).toHaveLength(24);
  expect(leavesOf("p", undefined, () => false)).toEqual([{ path: "p", value: undefined }]);
});
