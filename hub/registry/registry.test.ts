import { describe, expect, test } from "vitest";
import { type Contract, contractOf, contractsOfUnit, fingerprint } from "../../contracts/contract.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { KEY, registrationOf } from "../merge/fixture/unit.ts";
import type { KeptVersion } from "./contract.ts";
import { DOCUMENT_BYTES_MAX } from "./document.ts";
import { type Known, negotiate } from "./negotiate.ts";
import { judgeRegistration } from "./register.ts";

type Document = Record<string, unknown> & { properties: Record<string, unknown>; required: string[] };
/** Our contract of a family, changed by a unit of another version. */
const changed = (family: "asset" | "ticket" | "alarm" | "kit", change: (document: Document) => void): Contract => {
  const ours = contractOf(family);
  const schema = structuredClone(ours.schema) as Document;
  change(schema);
  return { ...ours, schema: schema as Contract["schema"], fingerprint: fingerprint(schema) };
};
const addValue = (schema: unknown, value: string): void => {
  const one = schema as { enum: string[]; "x-meaning": Record<string, string> };
  one.enum.push(value);
  one["x-meaning"][value] = "new";
};
const nested = (schema: unknown, name: string, inner: object): object => {
  const one = schema as { properties: object };
  return { ...one, properties: { ...one.properties, [name]: inner } };
};
const known =
  (...versions: readonly KeptVersion[]) =>
  (): Known => ({ mode: "FULL_TRANSITIVE", versions });
const published = (contract: Contract, over: Partial<Extract<KeptVersion, { state: "published" }>> = {}): KeptVersion => ({
  state: "published",
  subject: contract.subject,
  major: contract.version,
  revision: 0,
  fingerprint: contract.fingerprint,
  schema: contract.schema,
  made: { by: "test", at: 1, why: "test" },
  ...over,
});

describe("negotiation", () => {
  test("G4 each of our own contracts is read as the version that was published", () => {
    for (const contract of contractsOfUnit()) {
      const { subject, version: major, fingerprint: print } = contract;
      const newest = { major, revision: 0, fingerprint: print };
      expect(negotiate([contract], known(published(contract)))).toEqual([{ subject, fingerprint: print, major, revision: 0, how: "same", newest }]);
    }
  });

  test.each<[string, Contract, string]>([
    ["another type", changed("asset", (s) => (s.properties["name"] = { type: "number" })), "asset.name"],
    ["any type", changed("asset", (s) => (s.properties["moves"] = { "x-writers": "any" })), "asset.moves"],
    ["a further value", changed("asset", (s) => addValue(s.properties["kind"], "crane")), "asset.kind"],
    ["no longer required", changed("asset", (s) => (s.required = s.required.filter((name) => name !== "customer"))), "asset.customer"],
    ["a nested field", changed("asset", (s) => (s.properties["position"] = nested(s.properties["position"], "lat", { type: "string" }))), "asset.position.lat"],
    [
      "items of a list",
      changed("alarm", (s) => (s.properties["evidence"] = { type: "array", items: { type: "string" }, "x-writers": "unit" })),
      "alarm.evidence[]",
    ],
    ["another merge rule", changed("alarm", (s) => (s["x-merge"] = { "*": "unit-wins", repeats: "counter", absorbed: "max" })), "alarm"],
    [
      "another uom",
      changed("alarm", (s) => (s.properties["score"] = { type: "number", minimum: 0, maximum: 1, "x-uom": "%", "x-writers": "unit" })),
      "alarm.score",
    ],
  ])("G4 %s is refused with the field that differs", (_, contract, field) => {
    expect(negotiate([contract], known(published(contractOf(contract.subject as "asset"))))).toMatchObject({ refused: "unfit-contract", field });
  });

  test("G4 in a union by state the misfit is that of the state", () => {
    const contract = changed("ticket", (s) => {
      const working = (s["oneOf"] as Document[]).find((one) => (one.properties["state"] as { const?: string }).const === "working");
      if (working !== undefined) working.properties["arrivedAt"] = { type: "string", "x-writers": "unit" };
    });
    expect(negotiate([contract], known(published(contractOf("ticket"))))).toMatchObject({ refused: "unfit-contract", field: "ticket.arrivedAt" });
  });

  test("G4 a field that only one side knows is carried, at the top, nested and in a state of its own", () => {
    const fits = (contract: Contract): unknown => negotiate([contract], known(published(contractOf(contract.subject as "asset"))));
    const colour = { type: "string", "x-writers": "unit" };
    for (const contract of [
      changed("asset", (s) => (s.properties["colour"] = colour)),
      changed("asset", (s) => (s.properties["position"] = nested(s.properties["position"], "altitude", { type: "number", "x-uom": "m" }))),
      changed("ticket", (s) => (s["oneOf"] as Document[]).forEach((one) => (one.properties["colour"] = colour))),
      changed("kit", (s) => delete s.properties["depot"]),
    ])
      expect([contract.subject, fits(contract)]).toMatchObject([contract.subject, [{ how: "fits", major: contract.version, revision: 0 }]]);
    expect(fits(changed("asset", (s) => (s.properties["name"] = { type: "string", "x-class": "personal" })))).toMatchObject({ field: "asset.name" });
  });

  test("G4 under a mode of one direction the unit is read, whatever it reads itself", () => {
    const narrower = changed("asset", (s) => (s.properties["name"] = { type: "string", minLength: 1, maxLength: 50, "x-writers": "any" }));
    const of = (mode: Known["mode"]) => (): Known => ({ mode, versions: [published(contractOf("asset"))] });
    expect(negotiate([narrower], of("FULL_TRANSITIVE"))).toMatchObject({ refused: "unfit-contract", field: "asset.name" });
    for (const mode of ["BACKWARD", "FORWARD_TRANSITIVE", "NONE"] as const) expect(negotiate([narrower], of(mode))).toMatchObject([{ how: "fits" }]);
    const wider = changed("asset", (s) => (s.properties["name"] = { type: "string", minLength: 1, maxLength: 150, "x-writers": "any" }));
    for (const mode of ["BACKWARD", "FORWARD_TRANSITIVE", "NONE"] as const) expect(negotiate([wider], of(mode))).toMatchObject({ field: "asset.name" });
  });

  test("G4 a fingerprint of something else, an unknown subject and an unknown major are refused", () => {
    const asset = contractOf("asset");
    expect(negotiate([{ ...asset, fingerprint: "00" }], known(published(asset)))).toMatchObject({ refused: "unfit-contract", field: "asset" });
    expect(negotiate([asset], known())).toMatchObject({ refused: "unfit-contract", rule: "the hub knows no such subject" });
    expect(negotiate([{ ...asset, version: 2 }], known(published(asset)))).toMatchObject({ rule: "version 2 is registered, the hub holds 1" });
  });

  test("K6 a retired version is refused with who reads what instead", () => {
    const asset = contractOf("asset");
    const retired = { ...published(asset), state: "retired", retired: { by: "lin", at: 2, why: "nobody filled it" } } as KeptVersion;
    const next = published(asset, { revision: 1, fingerprint: "11" });
    expect(negotiate([asset], known(retired, next))).toMatchObject({
      refused: "unfit-contract",
      rule: "asset 1.0 was retired: nobody filled it",
      mend: "bring the unit to 1.1",
    });
  });

  test("K6 an older major is read through lenses; without one on the way it is refused", () => {
    const asset = contractOf("asset");
    const major = (n: number, lens: boolean): KeptVersion => published({ ...asset, version: n, fingerprint: `${n}` }, lens ? { lens: [] } : {});
    expect(negotiate([asset], known(published(asset), major(2, true), major(3, true)))).toMatchObject([
      { how: "lens", major: 1, revision: 0, newest: { major: 3, fingerprint: "3" } },
    ]);
    expect(negotiate([asset], known(published(asset), major(2, false), major(3, true)))).toMatchObject({ rule: "no lens leads from 1 to 2" });
  });
});

describe("registration", () => {
  const judged = (raw: unknown, known?: { keyHash: string; opened: boolean }): ReturnType<typeof judgeRegistration> =>
    judgeRegistration(
      raw,
      "default",
      (key) => `hash of ${key}`,
      () => known,
      (a, b) => a === b,
    );

  test("G5 what does not parse, another tenant's, one without contracts or beyond its limits is refused with its field", () => {
    const nearly = { ...contractOf("asset"), schema: { description: "x".repeat(DOCUMENT_BYTES_MAX - 100) } };
    const big = { ...contractOf("asset"), schema: { description: "x".repeat(DOCUMENT_BYTES_MAX) } };
    const cases: readonly (readonly [unknown, string, string])[] = [
      [null, "malformed", ""],
      [registrationOf("plant", { key: "short" }), "malformed", "key"],
      [registrationOf("plant", { tenant: "other" }), "not-permitted", "tenant"],
      [registrationOf("Plant!"), "malformed", "unit"],
      [registrationOf("hub"), "malformed", "unit"],
      [registrationOf("plant", { incarnation: "a b" }), "malformed", "incarnation"],
      [
        registrationOf("plant", { contracts: [{ ...contractOf("asset"), schema: JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) as never }] }),
        "malformed",
        "contracts",
      ],
      [registrationOf("plant", { contracts: [] }), "unfit-contract", "contracts"],
      [registrationOf("plant", { contracts: Array.from({ length: 65 }, () => contractOf("asset")) }), "too-many", "contracts"],
      [registrationOf("plant", { contracts: [big] }), "too-large", "asset"],
      [registrationOf("plant", { contracts: Array.from({ length: 10 }, () => nearly) }), "too-large", "contracts"],
    ];
    for (const [raw, refused, field] of cases) {
      const refusal = judged(raw);
      expect(isRefusal(refusal) && [refusal.refused, refusal.field ?? ""]).toEqual([refused, field]);
    }
  });

  test("G2 the key of a known unit must be shown again, unless an administrator opened it", () => {
    expect(judged(registrationOf("plant"), { keyHash: `hash of ${KEY}`, opened: false })).toMatchObject({
      admission: { origin: "plant@1", keyHash: `hash of ${KEY}` },
    });
    expect(judged(registrationOf("plant"), { keyHash: "hash of another", opened: false })).toMatchObject({ refused: "exists" });
    expect(judged(registrationOf("plant"), { keyHash: "hash of another", opened: true })).toMatchObject({ admission: { unit: "plant" } });
  });
});
