/** Quarantine over the tables: note what no contract names, show it, make a draft of it. Each call is one transaction of its caller. */
import { fingerprint } from "../../../contracts/contract.ts";
import type { Json } from "../../../contracts/delta/json.ts";
import type { Note } from "../../../contracts/note.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import type { DraftAnswer } from "../../registry/api.ts";
import { attributesOf } from "../../registry/attribute.ts";
import { type Deed, earlierOf, newestMajor } from "../../registry/contract.ts";
import { type ProposeAsk, propose, unknownId } from "../../registry/quarantine.ts";
import { documentOfProfile, profileOf } from "../../registry/telemetry.ts";
import { keepDraft } from "./publishing.ts";
import { readScenarios } from "./spoken-tables.ts";
import { type Db, readVersions } from "./tables.ts";
import { findUnknown, noteProposed, noteUnknown } from "./unknown-tables.ts";

export function note(db: Db, unit: string, notes: readonly Note[], at: number): void {
  const named = new Map<string, ReadonlySet<string>>();
  for (const one of notes) {
    const names = named.get(one.subject) ?? namesOf(db, one.subject);
    named.set(one.subject, names);
    // A field of the newest version is known; its sender speaks an older one.
    if (!names.has(one.field)) noteUnknown(db, unknownId(fingerprint, unit, one), unit, one, at);
  }
}

/** The names that the newest version of a subject has. */
export function namesOf(db: Db, subject: string): ReadonlySet<string> {
  const versions = readVersions(db, subject);
  const newest = earlierOf(versions, newestMajor(versions)).at(-1);
  return newest === undefined ? new Set() : new Set(attributesOf(newest.schema).keys());
}

/** A draft of the newest version with the field in it. Again: with what is said now. Refuses `unknown-contract` and what `propose` refuses. */
export function proposeField(db: Db, id: string, ask: ProposeAsk, deed: Deed): DraftAnswer | Refusal {
  const unknown = findUnknown(db, id);
  if (unknown === undefined) return refuse("unknown-contract", "nothing of this name is in quarantine", "see GET /api/hub/quarantine", "id");
  const versions = readVersions(db, unknown.subject);
  const major = newestMajor(versions);
  const before = earlierOf(versions, major).at(-1)?.schema ?? firstOf(db, unknown);
  if (before === undefined)
    return refuse("unknown-contract", `${unknown.subject} has no contract yet`, "publish its first version: POST /api/hub/contracts", "subject");
  const schema = propose(before, unknown.field, unknown.seen, ask);
  if (isRefusal(schema)) return schema;
  const draft = `unknown-${id}`;
  const answer = keepDraft(db, draft, { subject: unknown.subject, schema, major: Math.max(1, major) }, deed);
  if (!isRefusal(answer)) noteProposed(db, id, draft);
  return answer;
}

/** The first version of what devices say: as the scenario of their unit has it. */
function firstOf(db: Db, { unit, subject }: { readonly unit: string; readonly subject: string }): Json | undefined {
  const own = readScenarios(db).filter((one) => one.unit === unit);
  const profile = profileOf(
    subject,
    own.map(({ scenario }) => scenario),
  );
  return profile === undefined ? undefined : documentOfProfile(profile);
}
