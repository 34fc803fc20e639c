/** Whether a unit may register: within its limits, and nobody else may speak in its name. Whether its contracts fit is `negotiate.ts`'s. */
import type { Contract } from "../../contracts/contract.ts";
import { deeperThan, jsonBytes } from "../../contracts/delta/json.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { Registration } from "../../contracts/rpc.ts";
import { DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX } from "./document.ts";

/** Contracts of one registration. Eleven families are known. */
const CONTRACTS_MAX = 64;
/** All of a registration: what one call may carry here, at 25 KiB for our largest contract. */
const REGISTRATION_BYTES_MAX = 4 * 1024 * 1024;
/** A registration holds its documents two levels down. */
const REGISTRATION_DEPTH_MAX = DOCUMENT_DEPTH_MAX + 3;

/** An origin that may push, and how it proves itself. */
export type Admission = { readonly origin: Origin; readonly unit: string; readonly keyHash: string };

/** What the registry holds of a unit. `opened`: an administrator lets its next registration bring a new key. */
export type KnownUnit = { readonly keyHash: string; readonly opened: boolean };

/** A registration within its limits and for this tenant. Refuses `malformed`, `not-permitted`, `too-many`, `too-large`, and `unfit-contract` where there is no contract. */
export function readRegistration(
  raw: unknown,
  tenant: string,
): { readonly registration: Registration; readonly unit: string; readonly origin: Origin } | Refusal {
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
  return judgeContracts(registration.contracts) ?? { registration, unit: unit.data, origin: origin.data };
}

/** `sameKey` compares in constant time. Refuses what `readRegistration` does, and `exists`. */
export function judgeRegistration(
  raw: unknown,
  tenant: string,
  hash: (key: string) => string,
  known: (unit: string) => KnownUnit | undefined,
  sameKey: (a: string, b: string) => boolean,
): { readonly registration: Registration; readonly admission: Admission } | Refusal {
  const read = readRegistration(raw, tenant);
  if (isRefusal(read)) return read;
  const { registration, unit, origin } = read;
  const keyHash = hash(registration.key);
  const unitKnown = known(unit);
  // A restored unit still has its key; a clone was not given it. So a new incarnation must show the key of the last one.
  if (unitKnown !== undefined && !unitKnown.opened && !sameKey(unitKnown.keyHash, keyHash)) {
    return refuse("exists", `another key speaks for ${unit}`, "let an administrator open the unit for a new key: POST /api/hub/units", "key");
  }
  return { registration, admission: { origin, unit, keyHash } };
}

function judgeContracts(contracts: readonly Contract[]): Refusal | null {
  if (contracts.length === 0) return refuse("unfit-contract", "no contract was registered", "register the contracts that the unit writes under", "contracts");
  if (contracts.length > CONTRACTS_MAX) return refuse("too-many", `at most ${CONTRACTS_MAX} contracts`, "register only what leaves the unit", "contracts");
  let bytes = 0;
  for (const { subject, schema } of contracts) {
    const size = jsonBytes(schema);
    if (size > DOCUMENT_BYTES_MAX) return refuse("too-large", `a schema of at most ${DOCUMENT_BYTES_MAX} bytes`, "make the schema smaller", subject);
    bytes += size;
  }
  return bytes > REGISTRATION_BYTES_MAX
    ? refuse("too-large", `contracts of at most ${REGISTRATION_BYTES_MAX} bytes together`, "register only what leaves the unit", "contracts")
    : null;
}
