/** What people ask of master data over HTTP, and what they are answered. The served description of the API is made of these. */
import { z } from "zod";
import { StreamName } from "../../contracts/delta/operation.ts";
import { UnitId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";
import { MEMBERS_MAX } from "./merge-review.ts";

/** Rows of one kind that an answer shows; a dry run of a whole register is read in its counts and in the file of rejects. */
export const SHOWN_MAX = 200;
/** Characters of a mapping in the address, beside a file as the body. */
const MAPPING_CHARS_MAX = 8_192;
/** Reviews in one answer, and the default: each is read from the streams. */
const REVIEWS_MAX = 50;
const REVIEWS = 20;

export const MasterFamily = z.enum(["customer", "asset", "engineer"]);

const Why = z.string().min(1).max(200);
const Count = z.number().int().min(0);
const choices = {
  dryRun: z.boolean().default(false).describe("Say what would happen, and write nothing"),
  autoMerge: z.boolean().default(false).describe("A row that is surely one known entity becomes it; otherwise, and for engineers always, a person decides"),
  match: z.boolean().default(true).describe("false: nobody is looked for; rows are taken as they are"),
} as const;
const Flag = z.enum(["true", "false"]).optional();

/** `mapping` is judged by `readMapping`, against the columns. */
export const ImportAsk = z
  .strictObject({
    family: MasterFamily,
    mapping: z.record(z.string(), z.json()).describe("Which column means which attribute: see hub/master/README.md"),
    csv: z.string().optional().describe("The file's text"),
    rows: z.array(z.record(z.string(), z.json())).optional().describe("Or a list of objects"),
    fileName: z.string().max(200).optional(),
    units: z.array(UnitId).max(1_000).default([]).describe("Units that shall see the entities"),
    ...choices,
  })
  .refine(({ csv, rows }) => (csv === undefined) !== (rows === undefined), "send either csv or rows");
export type ImportAsk = z.infer<typeof ImportAsk>;

/** The same beside a file as `text/csv`. */
export const ImportQuery = z.strictObject({
  family: MasterFamily.optional(),
  mapping: z.string().max(MAPPING_CHARS_MAX).optional().describe("JSON"),
  fileName: z.string().max(200).optional(),
  units: z.string().max(4_096).optional().describe("With commas between"),
  dryRun: Flag,
  autoMerge: Flag,
  match: Flag,
});

const Counts = z.strictObject({ rows: Count, new: Count, changed: Count, unchanged: Count, rejected: Count, toReview: Count });
const Evidence = z.strictObject({ field: z.string(), level: z.string(), bits: z.number() });
const Pair = { score: z.number(), decision: z.enum(["same", "review"]), rival: z.string(), fields: z.array(Evidence) } as const;

/**
 * A run as it is kept: no value of any row is in it. `stopped`: the hub went down in the middle; the same file goes on where it was. `failed`: rows that
 * the streams refused. `overruled`: attributes that a rule of the contract decided for somebody else.
 */
export const ImportRun = z.strictObject({
  id: z.string(),
  family: MasterFamily,
  fileName: z.string(),
  by: z.string(),
  at: Instant,
  endedAt: Instant.nullable(),
  state: z.enum(["running", "stopped", "done"]),
  autoMerge: z.boolean(),
  units: z.array(z.string()),
  counts: Counts,
  written: Count,
  overruled: Count,
  failed: Count,
  /** Until when the refused rows can be fetched; null: there are none, or not any more. */
  rejectsUntil: Instant.nullable(),
});
export type ImportRun = z.infer<typeof ImportRun>;

/** `run`: null after a dry run. Lists are cut after `SHOWN_MAX`; the counts are not. */
export const ImportAnswer = z.strictObject({
  run: ImportRun.nullable(),
  dryRun: z.boolean(),
  continued: z.boolean(),
  counts: Counts,
  unread: z.array(z.string()),
  rejects: z.array(z.strictObject({ line: Count, column: z.string(), value: z.string(), rule: z.string(), mend: z.string() })),
  reviews: z.array(z.strictObject({ line: Count, id: z.string(), other: z.string(), chained: z.boolean().optional(), ...Pair })),
  /** A dry run only: what each row comes to. */
  planned: z
    .array(
      z.strictObject({
        line: Count,
        id: z.string(),
        outcome: z.enum(["new", "changed", "unchanged"]),
        matched: z.boolean().optional(),
        changes: z.array(z.strictObject({ attr: z.string(), before: z.json().optional(), after: z.json().optional() })),
      }),
    )
    .optional(),
  /** The refused rows with their reasons: there while there are any. */
  rejectsCsv: z.string().optional(),
});
export type ImportAnswer = z.infer<typeof ImportAnswer>;
export const RunsAnswer = z.strictObject({ runs: z.array(ImportRun) });

export const ReviewsQuery = z.strictObject({
  family: MasterFamily.optional(),
  after: z.string().max(64).optional().describe("`next` of the last page"),
  limit: z.coerce.number().int().min(1).max(REVIEWS_MAX).default(REVIEWS),
});
const Said = z.strictObject({
  version: z.number().int(),
  hubSeq: z.number().int(),
  actor: z.string(),
  origin: z.string(),
  reason: z.string(),
  writtenAt: Instant,
  knownAt: Instant,
});
const Reference = z.strictObject({ entity: z.string(), id: z.string(), attr: z.string(), value: z.string() });
/** A pair before a person. `proposed`: the place among the choices; what nobody chooses otherwise is as proposed. */
const ReviewView = z.strictObject({
  id: z.string(),
  family: MasterFamily,
  at: Instant,
  run: z.string(),
  ...Pair,
  survivor: z.string(),
  members: z.array(z.strictObject({ id: z.string(), version: z.number().int() })),
  attributes: z.array(
    z.strictObject({
      attr: z.string(),
      choices: z.array(z.strictObject({ value: z.json(), from: z.array(z.string()), by: Said.optional() })),
      proposed: z.number().int(),
      open: z.boolean(),
    }),
  ),
  references: z.array(Reference),
});
export type ReviewView = z.infer<typeof ReviewView>;
export const ReviewsAnswer = z.strictObject({ reviews: z.array(ReviewView), pending: Count, next: z.string().nullable() });
export type ReviewsAnswer = z.infer<typeof ReviewsAnswer>;

/** `seen`: the versions of the members that the decision is about. `values`: by attribute, the place of a choice, or null for none. */
export const DecideAsk = z.discriminatedUnion("is", [
  z.strictObject({
    is: z.literal("same"),
    seen: z.record(z.string(), z.number().int()).refine((seen) => Object.keys(seen).length <= MEMBERS_MAX, `at most ${MEMBERS_MAX} members`),
    survivor: z.string().max(128).optional(),
    values: z.record(z.string(), z.number().int().min(0).nullable()).default({}),
    why: Why,
  }),
  z.strictObject({ is: z.literal("distinct"), why: Why }),
]);
export type DecideAsk = z.infer<typeof DecideAsk>;
export const UndoAsk = z.strictObject({ why: Why });

/** `gone`: ids that mean the survivor now. `merge`: by which it is taken back. */
export const MergeView = z.strictObject({
  id: z.string(),
  family: MasterFamily,
  /** `review`: a person decided. `import`: a row that was surely this entity. */
  kind: z.enum(["review", "import"]),
  survivor: z.string(),
  gone: z.array(z.string()),
  state: z.enum(["merging", "merged", "undoing", "undone"]),
  by: z.string(),
  at: Instant,
  why: z.string(),
  undone: z.strictObject({ by: z.string(), at: Instant, why: z.string() }).optional(),
});
export type MergeView = z.infer<typeof MergeView>;
export const MergesAnswer = z.strictObject({ merges: z.array(MergeView) });
export const DecidedAnswer = z.union([
  z.strictObject({ is: z.literal("same"), review: z.string(), merge: MergeView }),
  z.strictObject({ is: z.literal("distinct"), review: z.string(), pairs: Count }),
]);
export type DecidedAnswer = z.infer<typeof DecidedAnswer>;

const Span = z.strictObject({
  ...Said.shape,
  value: z.json().optional(),
  erased: z.literal(true).optional(),
  held: z.array(z.json()).optional(),
  unset: z.literal(true).optional(),
  /** When the hub took the next version. */
  until: Instant.optional(),
});
/** What each attribute has been, oldest first. `horizon`: of what lies before this position only the last write to each attribute is told. */
export const HistoryAnswer = z.strictObject({
  stream: StreamName,
  entity: z.string(),
  id: z.string(),
  horizon: Count,
  attributes: z.record(z.string(), z.array(Span)),
  deletions: z.array(Said),
});
