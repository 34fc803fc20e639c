import { describe, expect, test } from "vitest";
import { type Contract, contractOf, contractsOfUnit, fingerprint } from "../../contracts/contract.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { KEY, registrationOf } from "../merge/fixture/unit.ts";
import { attributesOf, fit } from "./fit.ts";
import { CONTRACT_BYTES_MAX, judgeRegistration } from "./register.ts";

type Document = Record<string, unknown> & { properties: Record<string, unknown>; required: string[] };
/** Our contract of a family, changed by a unit of another version. */
const changed = (family: "asset" | "ticket" | "alarm", change: (document: Document) => void): Contract => {
  const ours = contractOf(family);
  const schema = structuredClone(ours.schema) as Document;
  change(schema);
  return { ...ours, schema: schema as Contract["schema"], fingerprint: fingerprint(schema) };
};
const judge = (contract: Contract): unknown => fit(contract, contractOf(contract.subject as "asset"));

describe("fit", () => {
  test("G4 each of our own contracts fits itself", () => {
    for (const contract of contractsOfUnit()) {
      expect(fit(contract, contract)).toBeNull();
      // By structure too, not only by fingerprint.
      const renamed = { ...(contract.schema as object), title: "another wording" };
      expect([contract.subject, fit({ ...contract, schema: renamed as Contract["schema"], fingerprint: fingerprint(renamed) }, contract)]).toEqual([
        contract.subject,
        null,
      ]);
    }
  });

  test.each<[string, Contract, { readonly field: string; readonly rule: string }]>([
    ["another type", changed("asset", (s) => (s.properties["name"] = { type: "number" })), { field: "asset.name", rule: "is number, the hub reads string" }],
    ["any type", changed("asset", (s) => (s.properties["moves"] = {})), { field: "asset.moves", rule: "is anything, the hub reads boolean" }],
    [
      "a further value",
      changed("asset", (s) => (s.properties["kind"] = { type: "string", enum: ["pump", "crane"] })),
      { field: "asset.kind", rule: 'may be "crane", which the hub does not know' },
    ],
    [
      "no values named",
      changed("asset", (s) => (s.properties["kind"] = { type: "string" })),
      { field: "asset.kind", rule: 'may be anything, the hub reads "pump", "pump-truck", "other"' },
    ],
    [
      "no longer required",
      changed("asset", (s) => (s.required = s.required.filter((name) => name !== "customer"))),
      { field: "asset.customer", rule: "may be absent, the hub needs it" },
    ],
    [
      "a nested field",
      changed(
        "asset",
        (s) => (s.properties["position"] = { type: "object", properties: { lat: { type: "string" }, lon: { type: "number" } }, required: ["lat", "lon"] }),
      ),
      { field: "asset.position.lat", rule: "is string, the hub reads number" },
    ],
    [
      "items of a list",
      changed("alarm", (s) => (s.properties["evidence"] = { type: "array", items: { type: "string" } })),
      { field: "alarm.evidence[]", rule: "is string, the hub reads object" },
    ],
    [
      "another merge rule",
      changed("alarm", (s) => (s["x-merge"] = { "*": "unit-wins", repeats: "counter", absorbed: "max" })),
      { field: "alarm.repeats", rule: "merges by counter, at the hub by max" },
    ],
  ])("G4 %s is refused with the field at fault", (_, contract, refusal) => {
    expect(judge(contract)).toMatchObject({ refused: "unfit-contract", ...refusal });
  });

  test("G4 in a union by state the misfit is that of the same state", () => {
    const contract = changed("ticket", (s) => {
      const working = ((s["anyOf"] ?? s["oneOf"]) as Document[]).find((one) => (one.properties["state"] as { const?: string }).const === "working");
      if (working !== undefined) working.properties["arrivedAt"] = { type: "string" };
    });
    expect(judge(contract)).toMatchObject({ field: "ticket.arrivedAt", rule: "is string, the hub reads integer" });
  });

  test("G4 a field that only the unit knows is carried, and may be written", () => {
    const contract = changed("asset", (s) => (s.properties["colour"] = { type: "string" }));
    expect(judge(contract)).toBeNull();
    expect(attributesOf(contract)).toContain("colour");
    expect(attributesOf(contractOf("ticket"))).toEqual(expect.arrayContaining(["state", "to", "expiresAt", "resolvedAt"]));
  });

  test("G4 a fingerprint of something else, an unknown subject and another major version are refused", () => {
    const asset = contractOf("asset");
    expect(fit({ ...asset, fingerprint: "00" }, asset)).toMatchObject({ refused: "unfit-contract", field: "asset" });
    expect(fit(asset, undefined)).toMatchObject({ refused: "unfit-contract", rule: "the hub knows no such subject" });
    expect(fit({ ...changed("asset", (s) => (s["title"] = "x")), version: 2 }, asset)).toMatchObject({
      rule: "version 2 is registered, the hub holds version 1",
    });
  });

  test("G4 a schema nested without end is refused, not followed", () => {
    let deep: Record<string, unknown> = { type: "number" };
    let ours: Record<string, unknown> = { type: "string" };
    for (let i = 0; i < 100; i++) {
      deep = { type: "array", items: deep };
      ours = { type: "array", items: ours };
    }
    const theirs = { ...contractOf("asset"), schema: { type: "object", properties: { name: deep } } as Contract["schema"] };
    const contract = { ...theirs, fingerprint: fingerprint(theirs.schema) };
    expect(fit(contract, { ...contractOf("asset"), schema: { type: "object", properties: { name: ours } } as Contract["schema"] })).toMatchObject({
      refused: "unfit-contract",
      rule: "nested deeper than 32",
    });
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
    const big = { ...contractOf("asset"), schema: { description: "x".repeat(CONTRACT_BYTES_MAX) } };
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

  test("G1 an origin may write what it registered", () => {
    const taken = judged(registrationOf("plant", { contracts: [contractOf("kit")] }));
    expect(isRefusal(taken) ? taken : Object.keys(taken.admission.writes)).toEqual(["kit"]);
  });
});
