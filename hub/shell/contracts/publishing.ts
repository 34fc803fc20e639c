/** Publishing over the tables: load what the decision needs, decide, write. Each call is one transaction of its caller. */
import { contractsOfUnit, fingerprint } from "../../../contracts/contract.ts";
import { isFamily } from "../../../contracts/family-meaning.ts";
import { LENSES } from "../../../contracts/lenses.ts";
import { OLDER } from "../../../contracts/older.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import type { DiffAnswer, DraftAnswer, PublishAnswer, PublishAsk, SubjectAnswer } from "../../registry/api.ts";
import { attributesOf } from "../../registry/attribute.ts";
import { judgeChange } from "../../registry/change.ts";
import type { Mode } from "../../registry/compatibility/mode.ts";
import { type Deed, type DraftVersion, type KeptVersion, newestMajor, versionName } from "../../registry/contract.ts";
import { type Admissible, type Inadmissible, type Proposal, isAdmissible, judgeProposal } from "../../registry/publish.ts";
import { readBridges } from "./bridge-tables.ts";
import { newlyBlocked } from "./bridging.ts";
import { readSpoken } from "./spoken-tables.ts";
import {
  type Db,
  countDrafts,
  dropDraft,
  hasFingerprint,
  readDraft,
  readDrafts,
  readKnown,
  readMode,
  readModes,
  readSubjects,
  readVersions,
  writeDraft,
  writeMode,
  writeRetired,
  writeVersion,
} from "./tables.ts";
import { settleUnknown } from "./unknown-tables.ts";

/** Drafts of a tenant: what people work on at a time. */
const DRAFTS_MAX = 500;
/** Subjects of a tenant; ours are eleven, a CRM's field service objects some eighty. */
const SUBJECTS_MAX = 1_000;

/** Earlier majors first: the later ones lead on from them. */
const OURS = [...OLDER, ...contractsOfUnit()];

/** Our own contracts, as this release brings them. One that breaks what is published waits as a draft, and its units are refused. */
export function seed(db: Db, now: number): void {
  for (const { subject, version: major, schema, fingerprint } of OURS) {
    if (hasFingerprint(db, subject, fingerprint)) continue;
    const deed: Deed = { by: "outpost", at: now, why: "came with this release" };
    const lens = newestMajor(readVersions(db, subject)) < major && isFamily(subject) ? LENSES[subject]?.[major] : undefined;
    // Units of this release speak it: no bridge holds it up, and what it then lacks stands with the bridge.
    const leaving = readBridges(db).map(({ document }) => document.id);
    const judged = publish(db, { subject, major, schema, leaving, ...(lens === undefined ? {} : { lens }) }, deed);
    if (isAdmissible(judged)) continue;
    console.error(`registry: ${subject} of this release breaks what is published: ${judged.refusal.rule}`);
    writeDraft(db, {
      state: "draft",
      id: `release-${subject}`,
      subject,
      major,
      fingerprint,
      schema,
      ...(lens === undefined ? {} : { lens }),
      made: { ...deed, why: judged.refusal.rule.slice(0, 500) },
    });
  }
}

export function judge(db: Db, proposal: Proposal): Admissible | Inadmissible {
  const { mode, versions } = readKnown(db, proposal.subject);
  return judgeProposal(proposal, mode, versions);
}

/** Bridges that are left behind on purpose, by their ids. */
type Leaving = { readonly leaving?: readonly string[] | undefined };

/** As `judge`, and whether values that a published bridge has no counterpart for would begin to occur. */
export function judgeWithBridges(db: Db, proposal: Proposal & Leaving): Admissible | Inadmissible {
  const judged = judge(db, proposal);
  return isAdmissible(judged) ? (leftBehind(db, proposal, judged, proposal.leaving ?? []) ?? judged) : judged;
}

/** Published bridges that the version would leave without a counterpart for something; null: none but those named in `leaving`. */
export function leftBehind(db: Db, { subject, schema }: Proposal, judged: Admissible, leaving: readonly string[]): Inadmissible | null {
  if (judged.same !== undefined) return null;
  const lacks = newlyBlocked(db, { subject, version: judged.major, schema }).filter(({ id }) => !leaving.includes(id));
  const [first] = lacks;
  if (first === undefined) return null;
  const mend = "say it in the bridge first, or name the bridge in `leaving` and say why";
  return {
    refusal: refuse("unmapped", `bridge ${first.id}: ${first.rule}`, mend, `${subject}.${first.field}`),
    problems: lacks.map(({ id, field, rule }) => ({ code: "bridge-left-behind", path: "", field, message: `bridge ${id}: ${rule}` })),
    changes: judged.verdict.changes,
  };
}

/** Writes the version unless that very document is there. */
export function publish(db: Db, proposal: Proposal & Leaving, made: Deed): Admissible | Inadmissible {
  const judged = judgeWithBridges(db, proposal);
  if (!isAdmissible(judged) || judged.same !== undefined) return judged;
  const { major, revision, fingerprint } = judged;
  if (revision === 0 && major === 1 && readSubjects(db).length >= SUBJECTS_MAX)
    return { refusal: refuse("quota-exceeded", `at most ${SUBJECTS_MAX} subjects`, "use the subjects that there are", "subject"), problems: [], changes: [] };
  const { subject, schema, lens } = proposal;
  settleUnknown(db, subject, new Set(attributesOf(schema).keys()));
  writeVersion(db, { state: "published", subject, major, revision, fingerprint, schema, made, ...(lens === undefined ? {} : { lens }) });
  return judged;
}

export function answerOf(subject: string, { major, revision, fingerprint, verdict, same }: Admissible, dryRun: boolean): PublishAnswer {
  return {
    subject,
    major,
    revision,
    fingerprint,
    published: !dryRun && same === undefined,
    same: same !== undefined,
    verdict: { compatible: verdict.compatible, changes: [...verdict.changes] },
  };
}

/** Refuses `quota-exceeded`. `id`: of a draft that it replaces, or a new one. */
export function keepDraft(db: Db, id: string, ask: Pick<PublishAsk, "subject" | "schema" | "major" | "lens">, made: Deed): DraftAnswer | Refusal {
  if (readDraft(db, id) === undefined && countDrafts(db) >= DRAFTS_MAX)
    return refuse("quota-exceeded", `at most ${DRAFTS_MAX} drafts`, "publish or drop some of them");
  const { subject, schema, lens } = ask;
  const major = ask.major ?? Math.max(1, newestMajor(readVersions(db, subject)));
  const draft: DraftVersion = { state: "draft", id, subject, major, fingerprint: fingerprint(schema), schema, made, ...(lens === undefined ? {} : { lens }) };
  writeDraft(db, draft);
  return judgeDraft(db, draft);
}

export function judgeDraft(db: Db, draft: DraftVersion): DraftAnswer {
  const judged = judgeWithBridges(db, draft);
  const open = isAdmissible(judged) ? { problems: [], changes: judged.verdict.changes } : judged;
  return { draft: draft.id, subject: draft.subject, major: draft.major, ready: isAdmissible(judged), problems: [...open.problems], changes: [...open.changes] };
}

/** Refuses `unknown-contract`, and what `judgeProposal` refuses. */
export function publishDraft(db: Db, subject: string, id: string, deed: Deed, leaving: readonly string[] = []): PublishAnswer | Inadmissible | Refusal {
  const draft = findDraft(db, subject, id);
  if (isRefusal(draft)) return draft;
  const judged = publish(db, { ...draft, leaving }, deed);
  if (!isAdmissible(judged)) return judged;
  dropDraft(db, id);
  return answerOf(subject, judged, false);
}

export function findDraft(db: Db, subject: string, id: string): DraftVersion | Refusal {
  const draft = readDraft(db, id);
  return draft === undefined || draft.subject !== subject
    ? refuse("unknown-contract", `${subject} has no such draft`, `see GET /api/hub/contracts/${subject}`, "draft")
    : draft;
}

export function findVersion(db: Db, subject: string, name: string): KeptVersion | Refusal {
  const found = readVersions(db, subject).find((version) => versionName(version) === name);
  return found ?? refuse("unknown-contract", `${subject} has no version ${name}`, `see GET /api/hub/contracts/${subject}`, "version");
}

export function describe(db: Db, subject: string): SubjectAnswer | Refusal {
  const versions = readVersions(db, subject);
  const drafts = readDrafts(db, subject);
  if (versions.length + drafts.length === 0) return refuse("unknown-contract", "the hub knows no such subject", "see GET /api/hub/contracts", "subject");
  const spoken = readSpoken(db, subject);
  return {
    subject,
    mode: readMode(db, subject),
    modes: [...readModes(db, subject)],
    versions: versions.map((version) => ({
      major: version.major,
      revision: version.revision,
      state: version.state,
      fingerprint: version.fingerprint,
      made: version.made,
      ...(version.state === "retired" ? { retired: version.retired } : {}),
      lens: version.lens !== undefined,
      units: spoken.filter(({ major, revision }) => major === version.major && revision === version.revision).map(({ unit }) => unit),
    })),
    drafts: drafts.map(({ id, major, fingerprint, made }) => ({ draft: id, major, fingerprint, made })),
  };
}

export function diff(db: Db, subject: string, from: string, to: string): DiffAnswer | Refusal {
  const [a, b] = [findVersion(db, subject, from), findVersion(db, subject, to)];
  if (isRefusal(a)) return a;
  if (isRefusal(b)) return b;
  const compatible = (mode: Mode): boolean => judgeChange(mode, [a.schema], b.schema).compatible;
  return {
    subject,
    from,
    to,
    backward: compatible("BACKWARD"),
    forward: compatible("FORWARD"),
    changes: [...judgeChange("FULL", [a.schema], b.schema).changes],
  };
}

/** Refuses `unknown-contract`. */
export function changeMode(db: Db, subject: string, mode: Mode, deed: Deed): Refusal | null {
  if (readVersions(db, subject).length === 0) return refuse("unknown-contract", "the hub knows no such subject", "publish its first version", "subject");
  writeMode(db, subject, mode, deed);
  return null;
}

/** A version that units speak, or the last one of its subject, stays: refuses `wrong-state`. */
export function retire(db: Db, subject: string, name: string, deed: Deed): KeptVersion | Refusal {
  const version = findVersion(db, subject, name);
  if (isRefusal(version)) return version;
  if (version.state === "retired") return refuse("wrong-state", `it was retired by ${version.retired.by}`, "nothing is left to do", "version");
  const units = readSpoken(db, subject).filter(({ major, revision }) => major === version.major && revision === version.revision);
  if (units.length > 0)
    return refuse(
      "wrong-state",
      `${units.length} units speak it: ${units
        .slice(0, 5)
        .map(({ unit }) => unit)
        .join(", ")}`,
      "bring them to another version first",
      "version",
    );
  if (readVersions(db, subject).filter(({ state }) => state === "published").length === 1)
    return refuse("wrong-state", "it is the only version of its subject", "publish another one first", "version");
  writeRetired(db, version, deed);
  return version;
}
