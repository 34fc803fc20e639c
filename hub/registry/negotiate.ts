/**
 * As which published versions a unit's contracts are read here. Equal fingerprints need no look. Another document must fit the published
 * one of its major, and an older major needs lenses up to the newest; otherwise the unit is refused with the field that differs.
 */
import { type Contract, fingerprint } from "../../contracts/contract.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Spoken } from "../../contracts/rpc.ts";
import { fieldOfChange, judgeChange } from "./change.ts";
import type { Mode } from "./compatibility/mode.ts";
import { type KeptVersion, earlierOf, newestMajor, versionName } from "./contract.ts";
import type { PublishedForm } from "../merge/admission.ts";
import { judgeDocument } from "./document.ts";

/** What is known of a subject: every version, in any order. */
export type Known = { readonly mode: Mode; readonly versions: readonly KeptVersion[] };

/** As which versions a unit is read, and what the streams need for it. */
export type Negotiated = { readonly spoken: readonly Spoken[]; readonly published: readonly PublishedForm[] };

/** Refuses `unfit-contract` with the field at fault. */
export function negotiate(contracts: readonly Contract[], known: (subject: string) => Known): readonly Spoken[] | Refusal {
  const spoken: Spoken[] = [];
  for (const contract of contracts) {
    const one = negotiateOne(contract, known(contract.subject));
    if (isRefusal(one)) return one;
    spoken.push(one);
  }
  return spoken;
}

/** What a stream needs to read a unit, and what it holds of others: of each major the newest revision and the lens that leads there. */
export function publishedFor(spoken: readonly Spoken[], known: (subject: string) => Known): readonly PublishedForm[] {
  return spoken.flatMap(({ subject }) => formsOf(subject, known(subject).versions));
}

/** The same of one subject. */
export function formsOf(subject: string, versions: readonly KeptVersion[]): readonly PublishedForm[] {
  return Array.from({ length: newestMajor(versions) }, (_, i) => i + 1).flatMap((major): readonly PublishedForm[] => {
    const of = earlierOf(versions, major);
    const last = of.at(-1);
    const lens = of.find((version) => version.lens !== undefined)?.lens;
    return last === undefined ? [] : [{ subject, major, fingerprint: last.fingerprint, document: last.schema, ...(lens === undefined ? {} : { lens }) }];
  });
}

function negotiateOne(theirs: Contract, { mode, versions }: Known): Spoken | Refusal {
  const { subject, version: major } = theirs;
  if (theirs.fingerprint !== fingerprint(theirs.schema))
    return unfit(subject, "the fingerprint is not that of the schema", "send the SHA-256 of the schema's canonical JSON");
  const newest = newestMajor(versions);
  const last = earlierOf(versions, newest).at(-1);
  if (last === undefined) return unfit(subject, "the hub knows no such subject", "publish its contract first: POST /api/hub/contracts");
  const same = versions.find((version) => version.fingerprint === theirs.fingerprint && version.major === major);
  if (same?.state === "retired")
    return unfit(subject, `${subject} ${versionName(same)} was retired: ${same.retired.why}`, `bring the unit to ${versionName(last)}`);
  const readAs = same ?? earlierOf(versions, major).at(-1);
  if (readAs === undefined)
    return unfit(subject, `version ${major} is registered, the hub holds ${heldOf(versions)}`, "bring unit and hub to one major version");
  const misfit = same === undefined ? judgeFit(theirs, readAs, mode) : null;
  if (misfit !== null) return misfit;
  const apart = versions.filter((version) => version.state === "published" && version.major > major);
  const broken = Array.from({ length: newest - major }, (_, i) => major + 1 + i).find(
    (step) => !apart.some((version) => version.major === step && version.lens !== undefined),
  );
  if (broken !== undefined) return unfit(subject, `no lens leads from ${broken - 1} to ${broken}`, `bring the unit to major ${newest}`);
  return {
    subject,
    fingerprint: theirs.fingerprint,
    major,
    revision: readAs.revision,
    how: major < newest ? "lens" : same === undefined ? "fits" : "same",
    newest: { major: last.major, revision: last.revision, fingerprint: last.fingerprint },
  };
}

/**
 * What the unit writes is read here, whatever the mode says of who upgrades first. Under FULL the unit reads what others wrote, too.
 * The published document is the earlier one: FORWARD asks whether it reads what the unit's allows.
 */
function judgeFit({ subject, schema }: Contract, published: KeptVersion, mode: Mode): Refusal | null {
  const [problem] = judgeDocument(schema);
  if (problem !== undefined) return unfit(within(subject, problem.field ?? problem.path), problem.message, "mend the unit's contract");
  const verdict = judgeChange(mode.startsWith("FULL") ? "FULL" : "FORWARD", [published.schema], schema);
  if (verdict.compatible) return null;
  const first = verdict.changes.find(({ breaking }) => breaking);
  return unfit(
    within(subject, first === undefined ? "" : fieldOfChange(first, published.schema, schema)),
    first?.message ?? "not readable here",
    `register what fits ${subject} ${versionName(published)}, or publish this one first`,
  );
}

function heldOf(versions: readonly KeptVersion[]): string {
  return [...new Set(versions.filter(({ state }) => state === "published").map(({ major }) => major))].join(" and ");
}

function within(subject: string, field: string): string {
  return field === "" ? subject : `${subject}.${field}`;
}

function unfit(field: string, rule: string, mend: string): Refusal {
  return refuse("unfit-contract", rule, mend, field);
}
