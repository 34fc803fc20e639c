/** What the registry's routes are asked and answer. The served description of the API is made of these. */
import { z } from "zod";
import type { Json } from "../../contracts/delta/json.ts";
import { Lens } from "../../contracts/delta/lens.ts";
import { Refusal } from "../../contracts/refusal.ts";
import { Mode } from "./compatibility/mode.ts";
import { Deed, DraftVersion, Subject, VersionName, Why } from "./contract.ts";
import { boundsOf } from "./document.ts";

/** A JSON Schema document within its bounds; whether it is a contract is judged later, with more to say. */
export const Document = z
  .custom<Json>()
  .superRefine((document, context) => {
    const beyond = boundsOf(document);
    if (beyond !== null) context.addIssue({ code: "custom", message: beyond.message });
  })
  .meta({ type: "object", description: "A JSON Schema, 2020-12 or draft-07, with the x- keywords of contracts/annotation.ts" });

const Version = z.strictObject({ major: z.number().int().min(1), revision: z.number().int().min(0) });
const Print = z.string().regex(/^[0-9a-f]{64}$/);

export const ChangeShape = z.strictObject({ code: z.string(), path: z.string(), message: z.string(), breaking: z.boolean() });
export const VerdictShape = z.strictObject({ compatible: z.boolean(), changes: z.array(ChangeShape) });
export const ProblemShape = z.strictObject({ code: z.string(), path: z.string(), field: z.string().optional(), message: z.string() });

const Leaving = z.array(z.string().max(63)).max(500).describe("Published bridges that this version knowingly leaves without a counterpart");
export const PublishAsk = z.strictObject({
  subject: Subject,
  schema: Document,
  major: z.number().int().min(1).max(10_000).optional().describe("Absent: the newest. One above it begins a new major, with a lens."),
  lens: Lens.optional().describe("From the newest major to this one, readable both ways"),
  why: Why,
  dryRun: z.boolean().optional().describe("Judge and change nothing"),
  leaving: Leaving.optional(),
  draft: z.boolean().optional().describe("Keep it as a draft, whatever is still missing"),
});
export type PublishAsk = z.infer<typeof PublishAsk>;

export const PublishDraftAsk = z.strictObject({ why: Why, leaving: Leaving.optional() });

/** `published` false: a dry run, or `same`: that document was there already. */
export const PublishAnswer = z.strictObject({
  ...Version.shape,
  subject: Subject,
  fingerprint: Print,
  published: z.boolean(),
  same: z.boolean(),
  verdict: VerdictShape,
});
export type PublishAnswer = z.infer<typeof PublishAnswer>;

/** `problems`: what it still lacks. `changes`: what publishing it now would change or break. */
export const DraftAnswer = z.strictObject({
  draft: z.string(),
  subject: Subject,
  major: z.number().int().min(1),
  ready: z.boolean(),
  problems: z.array(ProblemShape),
  changes: z.array(ChangeShape),
});
export type DraftAnswer = z.infer<typeof DraftAnswer>;

/** A refusal of a document or a change, with everything that is wrong with it. */
export const InadmissibleShape = z.strictObject({ ...Refusal.shape, problems: z.array(ProblemShape), changes: z.array(ChangeShape) });

const VersionLine = z.strictObject({
  ...Version.shape,
  state: z.enum(["published", "retired"]),
  fingerprint: Print,
  made: Deed,
  retired: Deed.optional(),
  lens: z.boolean(),
  units: z.array(z.string()),
});

export const SubjectAnswer = z.strictObject({
  subject: Subject,
  mode: Mode,
  modes: z.array(z.strictObject({ ...Deed.shape, mode: Mode })),
  versions: z.array(VersionLine),
  drafts: z.array(z.strictObject({ draft: z.string(), major: z.number().int().min(1), fingerprint: Print, made: Deed })),
});
export type SubjectAnswer = z.infer<typeof SubjectAnswer>;

export const SubjectsAnswer = z.strictObject({
  /** What units speak. */
  contracts: z.array(z.strictObject({ subject: z.string(), version: z.number().int(), fingerprint: z.string(), schema: z.json(), units: z.array(z.string()) })),
  /** What is published. */
  subjects: z.array(z.strictObject({ subject: Subject, mode: Mode, newest: Version, versions: z.number().int(), drafts: z.number().int() })),
});

export const DiffQuery = z.strictObject({ from: VersionName, to: VersionName });
/** `backward`: who knows `to` reads what was written by `from` · `forward`: the other way round. */
export const DiffAnswer = z.strictObject({
  subject: Subject,
  from: VersionName,
  to: VersionName,
  backward: z.boolean(),
  forward: z.boolean(),
  changes: z.array(ChangeShape),
});
export type DiffAnswer = z.infer<typeof DiffAnswer>;

export const ModeAsk = z.strictObject({ mode: Mode, why: Why });
export const ModeAnswer = z.strictObject({ ...Deed.shape, subject: Subject, mode: Mode });
export const WhyAsk = z.strictObject({ why: Why });
export const RetireAnswer = z.strictObject({ ...Version.shape, subject: Subject, retired: Deed });
export const DraftView = z.strictObject({ ...DraftVersion.shape, judged: DraftAnswer });
export const DropAnswer = z.strictObject({ dropped: z.string() });
