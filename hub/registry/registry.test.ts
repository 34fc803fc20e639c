import { describe, expect, test } from "vitest";
import { type Contract, contractOf, contractsOfUnit } from "../../contracts/contract.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { KEY, registrationOf } from "../merge/fixture/unit.ts";
import type { KeptVersion } from "./contract.ts";
import { DOCUMENT_BYTES_MAX } from "./document.ts";
import { type Known, negotiate } from "./negotiate.ts";
import { judgeRegistration } from "./register.ts";

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
      const { subject, fingerprint: print } = contract;
      const newest = { major: 1, revision: 0, fingerprint: print };
      expect(negotiate([contract], known(published(contract)))).toEqual([{ subject, fingerprint: print, major: 1, revision: 0, how: "same", newest }]);
    }
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

  test("G1 an origin may write what it registered", () => {
    const taken = judged(registrationOf("plant", { contracts: [contractOf("kit")] }));
    expect(isRefusal(taken) ? taken : Object.keys(taken.admission.writes)).toEqual(["kit"]);
  });
});
