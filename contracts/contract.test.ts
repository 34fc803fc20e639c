import { expect, test } from "vitest";
import { contractName, contractOf, contractsOfUnit, fingerprint, majorOf } from "./contract.ts";
import { isFamily } from "./family-meaning.ts";
import { lensUp } from "./lenses.ts";
import { OLDER } from "./older.ts";

test("C6 a contract's fingerprint does not depend on the order of keys, and changes with any word of it", () => {
  expect(fingerprint({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(fingerprint({ b: [{ d: 3, c: 2 }], a: 1 }));
  expect(fingerprint({ a: 1 })).not.toBe(fingerprint({ a: 2 }));
  const ticket = contractOf("ticket");
  expect(ticket.fingerprint).toBe(fingerprint(ticket.schema));
});

test("C7 a unit registers each family that leaves it, merge rules included, and no personal position", () => {
  const contracts = contractsOfUnit();
  expect(contracts.map((c) => c.subject)).toEqual([
    "asset",
    "device",
    "customer",
    "agreement",
    "calendar",
    "engineer",
    "repair",
    "alarm",
    "ticket",
    "complaint",
    "offer",
    "assignment",
    "kit",
  ]);
  expect(contracts.find((c) => c.subject === "alarm")?.schema).toMatchObject({ "x-merge": { "*": "unit-wins", repeats: "max" } });
  expect(contractName("ticket")).toBe("ticket@2");
});

test("C11 a contract says key, relations, writers, uom, meanings, class and purpose", () => {
  expect(contractOf("customer").schema).toMatchObject({
    "x-key": { attr: "id", format: "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", namespace: "customer", within: "tenant" },
    "x-stream": "customers",
    "x-owner": "master-data",
    properties: { contact: { "x-class": "personal", "x-purpose": ["arranging a visit", "calling back about a ticket"], "x-writers": "any" } },
  });
  const ticket = contractOf("ticket").schema;
  const [open] = typeof ticket === "object" && ticket !== null && "oneOf" in ticket && Array.isArray(ticket["oneOf"]) ? ticket["oneOf"] : [];
  expect(open).toMatchObject({
    properties: {
      state: { const: "open", "x-meaning": { open: "nobody was asked yet, or all in vain" }, "x-writers": "unit" },
      priority: { "x-writers": "any" },
      repairs: { items: { properties: { parts: { items: { properties: { quantity: { "x-uom": "1" } } } } } } },
    },
  });
  expect(contractOf("ticket").schema).toMatchObject({ "x-relations": expect.arrayContaining([{ attr: "asset", subject: "asset" }]) });
  expect(contractOf("asset").schema).toMatchObject({ properties: { position: { properties: { lat: { "x-uom": "deg" } } } } });
});

test("C6 earlier majors are kept word for word, and a lens leads from each to the next", () => {
  expect(OLDER.map(({ subject, version, fingerprint: print }) => [`${subject}@${version}`, print])).toEqual([
    ["offer@1", "9de200db5567bdffef2c1e02826465fc25a6cfe515a1791884184dae0da4d91b"],
    ["ticket@1", "662a33c0ffd36b4d09ded815407a789e1f7d2603e45c5f8055ac3b0c21a0c2c8"],
    ["kit@1", "8bbb6df9178b1b6d834c7bbf6fd4efd67a248996fa9078e10dd3d78dce5d2ee3"],
  ]);
  const lacking = OLDER.filter(({ subject, version }) => !isFamily(subject) || lensUp(subject, version, majorOf(subject)) === undefined);
  expect(lacking).toEqual([]);
});
