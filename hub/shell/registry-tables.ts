/** The tables of a tenant's registry: units, the contracts they speak, tokens. */
import { asc, count, eq } from "drizzle-orm";
import type { Contract } from "../../contracts/contract.ts";
import type { Millis } from "../../contracts/instant.ts";
import { Role } from "../../contracts/permission.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Registration } from "../../contracts/rpc.ts";
import type { Signed } from "../../edge/shell/guard.ts";
import type { Admission, KnownUnit } from "../registry/register.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

/** Units of one tenant, and tokens of its hub: far above what one organisation runs; beyond it something makes them in a loop. */
const UNITS_MAX = 10_000;
const TOKENS_MAX = 10_000;

export function readUnit(db: Db, unit: string): KnownUnit | undefined {
  const row = db.select().from(t.unit).where(eq(t.unit.unit, unit)).get();
  return row === undefined || row.keyHash === "" ? undefined : { keyHash: row.keyHash, opened: row.opened === 1 };
}

/** Refuses `quota-exceeded`. Closes the unit again after an administrator opened it. */
export function writeUnit(db: Db, { unit, keyHash, origin }: Admission, contracts: Registration["contracts"]): Refusal | null {
  if (readUnit(db, unit) === undefined && (db.select({ n: count() }).from(t.unit).get()?.n ?? 0) >= UNITS_MAX)
    return refuse("quota-exceeded", `at most ${UNITS_MAX} units`, "remove units that are no longer in use", "unit");
  db.insert(t.unit)
    .values({ unit, keyHash, opened: 0 })
    .onConflictDoUpdate({ target: t.unit.unit, set: { keyHash, opened: 0 } })
    .run();
  for (const { subject, version, fingerprint, schema } of contracts) {
    db.insert(t.contract)
      .values({ fingerprint, subject, version, schema: JSON.stringify(schema) })
      .onConflictDoNothing()
      .run();
    db.insert(t.speaks)
      .values({ unit, subject, fingerprint, origin })
      .onConflictDoUpdate({ target: [t.speaks.unit, t.speaks.subject], set: { fingerprint, origin } })
      .run();
  }
  return null;
}

/** The unit's next registration may bring a new key. */
export function openUnit(db: Db, unit: string): void {
  db.insert(t.unit)
    .values({ unit, keyHash: "", opened: 1 })
    .onConflictDoUpdate({ target: t.unit.unit, set: { opened: 1 } })
    .run();
}

export type Registered = Contract & { readonly units: readonly string[] };
/** Every contract that is spoken, and by which units; those of one unit when `unit` is given. */
export function readContracts(db: Db, unit: string | undefined): readonly Registered[] {
  const rows = db
    .select()
    .from(t.speaks)
    .innerJoin(t.contract, eq(t.speaks.fingerprint, t.contract.fingerprint))
    .where(unit === undefined ? undefined : eq(t.speaks.unit, unit))
    .orderBy(asc(t.speaks.subject), asc(t.speaks.unit))
    .all();
  const byFingerprint = Map.groupBy(rows, (row) => row.contract.fingerprint);
  return [...byFingerprint.values()].flatMap((group) => {
    const contract = group[0]?.contract;
    return contract === undefined
      ? []
      : [{ ...contract, schema: JSON.parse(contract.schema) as Contract["schema"], units: group.map((row) => row.speaks.unit) }];
  });
}

/** Refuses `quota-exceeded`. */
export function writeToken(db: Db, hash: string, signed: Signed, madeAt: Millis): Refusal | null {
  if ((db.select({ n: count() }).from(t.token).get()?.n ?? 0) >= TOKENS_MAX)
    return refuse("quota-exceeded", `at most ${TOKENS_MAX} tokens`, "use the tokens that there are");
  db.insert(t.token)
    .values({ hash, role: signed.role, subject: signed.subject, unit: signed.unit ?? null, madeAt })
    .run();
  return null;
}

export function readToken(db: Db, hash: string): Signed | undefined {
  const row = db.select().from(t.token).where(eq(t.token.hash, hash)).get();
  return row === undefined ? undefined : { role: Role.parse(row.role), subject: row.subject, ...(row.unit === null ? {} : { unit: row.unit }) };
}

/** Whose the tokens are, by their hash. */
export function readTokenNames(db: Db): Readonly<Record<string, string>> {
  return Object.fromEntries(
    db
      .select({ hash: t.token.hash, subject: t.token.subject })
      .from(t.token)
      .where(eq(t.token.role, "integrator"))
      .all()
      .map(({ hash, subject }) => [hash, subject]),
  );
}
