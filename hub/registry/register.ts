/** Whether a unit may register: its contracts must fit the hub's, and nobody else may speak in its name. */
import { type Contract, contractsOfUnit } from "../../contracts/contract.ts";
import { deeperThan, jsonBytes } from "../../contracts/delta/json.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { Registration } from "../../contracts/rpc.ts";
import { attributesOf, fit } from "./fit.ts";

/** Contracts of one registration. Eleven families are known. */
export const CONTRACTS_MAX = 64;
/** One contract's schema. The ticket's, our largest, has about 12 KiB. */
export const CONTRACT_BYTES_MAX = 64 * 1024;

/** Nesting of a registration; ours have 16. */
const REGISTRATION_DEPTH_MAX = 96;

/** What a stream needs to know of an origin to take its pushes: the attributes that it may write, by subject. */
export type Admission = {
  readonly origin: Origin;
  readonly unit: string;
  readonly keyHash: string;
  readonly writes: Readonly<Record<string, readonly string[]>>;
};

/** What the registry holds of a unit. `opened`: an administrator lets its next registration bring a new key. */
export type KnownUnit = { readonly keyHash: string; readonly opened: boolean };

const OURS: ReadonlyMap<string, Contract> = new Map(contractsOfUnit().map((contract) => [contract.subject, contract]));

/** `sameKey` compares in constant time. Refuses `malformed`, `not-permitted`, `exists`, `unfit-contract`. */
export function judgeRegistration(
  raw: unknown,
  tenant: string,
  hash: (key: string) => string,
  known: (unit: string) => KnownUnit | undefined,
  sameKey: (a: string, b: string) => boolean,
): { readonly registration: Registration; readonly admission: Admission } | Refusal {
  if (deeperThan(raw, REGISTRATION_DEPTH_MAX)) return refuse("malformed", `nested deeper than ${REGISTRATION_DEPTH_MAX}`, "flatten the schemas", "contracts");
  const parsed = Registration.safeParse(raw);
  if (!parsed.success) return malformed(parsed.error, "send tenant, unit, incarnation, key and contracts");
  const registration = parsed.data;
  if (registration.tenant !== tenant)
    return refuse("not-permitted", "this hub serves another tenant", `register at the hub of ${registration.tenant}`, "tenant");
  const unit = UnitId.safeParse(registration.unit);
  const origin = Origin.safeParse(`${registration.unit}@${registration.incarnation}`);
  if (!unit.success || unit.data === "hub")
    return refuse("malformed", "not a name for a unit", "use 1 to 63 lower-case letters, digits and hyphens; `hub` is taken", "unit");
  if (!origin.success) return refuse("malformed", "not an incarnation", "use 1 to 40 lower-case letters, digits and hyphens", "incarnation");
  const unfit = judgeContracts(registration.contracts);
  if (isRefusal(unfit)) return unfit;
  const keyHash = hash(registration.key);
  const unitKnown = known(unit.data);
  // A restored unit still has its key; a clone was not given it. So a new incarnation must show the key of the last one.
  if (unitKnown !== undefined && !unitKnown.opened && !sameKey(unitKnown.keyHash, keyHash)) {
    return refuse("exists", `another key speaks for ${unit.data}`, "let an administrator open the unit for a new key: POST /api/hub/units", "key");
  }
  const writes = Object.fromEntries(registration.contracts.map((contract) => [contract.subject, attributesOf(contract)]));
  return { registration, admission: { origin: origin.data, unit: unit.data, keyHash, writes } };
}

function judgeContracts(contracts: readonly Contract[]): Refusal | null {
  if (contracts.length === 0) return refuse("unfit-contract", "no contract was registered", "register the contracts that the unit writes under", "contracts");
  if (contracts.length > CONTRACTS_MAX) return refuse("too-many", `at most ${CONTRACTS_MAX} contracts`, "register only what leaves the unit", "contracts");
  for (const contract of contracts) {
    if (jsonBytes(contract.schema) > CONTRACT_BYTES_MAX)
      return refuse("too-large", `a schema of at most ${CONTRACT_BYTES_MAX} bytes`, "make the schema smaller", contract.subject);
    const unfit = fit(contract, OURS.get(contract.subject));
    if (unfit !== null) return unfit;
  }
  return null;
}
