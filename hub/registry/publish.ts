/** Whether a document may become the next version of its subject, and which: judged against the versions before it, under the subject's mode. */
import { fingerprint } from "../../contracts/contract.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { fieldOfChange, judgeChange } from "./change.ts";
import { judgeLens } from "./lens.ts";
import type { Mode } from "./compatibility/mode.ts";
import { type KeptVersion, earlierOf, newestMajor, versionName } from "./contract.ts";
import { type Problem, judgeDocument } from "./document.ts";
import type { Change } from "./compatibility/change.ts";
import type { Verdict } from "./compatibility/compare.ts";

/** Versions of one subject, drafts not counted: at one a week a hundred years. */
const VERSIONS_MAX = 5_000;

export type Proposal = {
  readonly subject: string;
  readonly schema: Json;
  /** Absent: the newest one. One above it begins a new major, with a lens. */
  readonly major?: number | undefined;
  readonly lens?: Lens | undefined;
};

/** What publishing would do. `same`: a version with this very document, which stays as it is. */
export type Admissible = {
  readonly major: number;
  readonly revision: number;
  readonly fingerprint: string;
  readonly verdict: Verdict;
  readonly same?: KeptVersion;
};
/** `problems`: what the document or the lens lacks. `changes`: what the change would break, and what it changes besides. */
export type Inadmissible = { readonly refusal: Refusal; readonly problems: readonly Problem[]; readonly changes: readonly Change[] };

/** `versions`: of this subject, in any order. */
export function judgeProposal(proposal: Proposal, mode: Mode, versions: readonly KeptVersion[]): Admissible | Inadmissible {
  const { subject, schema, lens } = proposal;
  const problems = judgeDocument(schema);
  if (problems.length > 0) return inadmissible(refusalOf(subject, problems), problems);
  const print = fingerprint(schema);
  const same = versions.find((version) => version.fingerprint === print && (proposal.major ?? version.major) === version.major);
  if (same?.state === "retired")
    return inadmissible(
      refuse("wrong-state", `this document is ${subject} ${versionName(same)}, which was retired`, "change it, or publish it as a new major", subject),
    );
  if (same !== undefined) return { major: same.major, revision: same.revision, fingerprint: print, verdict: { compatible: true, changes: [] }, same };
  if (versions.length >= VERSIONS_MAX)
    return inadmissible(refuse("quota-exceeded", `at most ${VERSIONS_MAX} versions of a subject`, "begin another subject", subject));

  const newest = newestMajor(versions);
  const major = proposal.major ?? Math.max(newest, 1);
  if (major < 1 || major > newest + 1)
    return inadmissible(refuse("malformed", `the newest major is ${newest}`, `publish under ${newest === 0 ? 1 : `1 to ${newest + 1}`}`, "major"));
  const revision = 1 + Math.max(-1, ...versions.filter((version) => version.major === major).map((version) => version.revision));
  const earlier = earlierOf(versions, major);
  if (earlier.length === 0 && newest > 0) {
    const missing = judgeStepUp(subject, schema, lens, earlierOf(versions, newest));
    if (missing !== null) return missing;
  } else if (lens !== undefined) {
    return inadmissible(refuse("malformed", "a lens leads from one major to the next", "leave it out, or publish a new major", "lens"));
  }
  const verdict = judgeChange(
    mode,
    earlier.map((version) => version.schema),
    schema,
  );
  if (!verdict.compatible) {
    const first = verdict.changes.find(({ breaking }) => breaking);
    const rule = `${mode}: ${first?.message ?? "the change breaks readers or writers of earlier versions"}`;
    return inadmissible(
      refuse(
        "unfit-contract",
        rule,
        `mend the change, or publish it as major ${newest + 1} with a lens`,
        within(subject, first === undefined ? "" : fieldOfChange(first, earlier.at(-1)?.schema ?? {}, schema)),
      ),
      [],
      verdict.changes,
    );
  }
  return { major, revision, fingerprint: print, verdict };
}

export function isAdmissible(judged: Admissible | Inadmissible): judged is Admissible {
  return !("refusal" in judged);
}

function judgeStepUp(subject: string, schema: Json, lens: Lens | undefined, before: readonly KeptVersion[]): Inadmissible | null {
  const last = before.at(-1);
  if (last === undefined) return null;
  if (lens === undefined)
    return inadmissible(refuse("unfit-contract", `a new major needs a lens from ${last.major} that can be read both ways`, "send the steps as `lens`", "lens"));
  const problems = judgeLens(lens, last.schema, schema);
  return problems.length === 0 ? null : inadmissible(refusalOf(subject, problems, "lens"), problems);
}

function refusalOf(subject: string, problems: readonly Problem[], within?: string): Refusal {
  const [first] = problems;
  const code = first?.code === "too-large" ? "too-large" : first?.code === "no-purpose" || within !== undefined ? "unfit-contract" : "malformed";
  const field = first?.field === undefined ? (within ?? first?.path) : `${subject}.${first.field}`;
  return refuse(code, first?.message ?? "not a contract", "see `problems`: each names its place in the document", field);
}

function within(subject: string, field: string): string {
  return field === "" ? subject : `${subject}.${field}`;
}

function inadmissible(refusal: Refusal, problems: readonly Problem[] = [], changes: readonly Change[] = []): Inadmissible {
  return { refusal, problems, changes };
}
