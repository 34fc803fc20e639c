/**
 * Answers of the registry as far as the pages show them. Its own schemas would bring the whole comparison of documents into the browser; the
 * types below hold these to them.
 */
import { z } from "zod";
import { Instant } from "../../contracts/instant.ts";
import type * as api from "../registry/api.ts";
import type { ImpactAnswer as Impact } from "../registry/impact.ts";
import type { Unknown as UnknownField } from "../registry/quarantine.ts";

const Deed = z.object({ by: z.string(), at: Instant, why: z.string() });
export type Deed = z.infer<typeof Deed>;
export const MODES = ["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"] as const;
export const Mode = z.enum(MODES);
export type Mode = z.infer<typeof Mode>;

const Change = z.object({ code: z.string(), path: z.string(), message: z.string(), breaking: z.boolean() });
export type Change = z.infer<typeof Change>;
const Trouble = z.object({ code: z.string(), path: z.string(), field: z.string().optional(), message: z.string() });
export type Trouble = z.infer<typeof Trouble>;
/** What a refusal of a document says beside its rule. */
export const Inadmissible = z.object({ problems: z.array(Trouble), changes: z.array(Change) });

type Sub<Whole, Part extends Partial<Whole>> = Part;

export const Subjects = z.object({
  subjects: z.array(
    z.object({
      subject: z.string(),
      mode: Mode,
      newest: z.object({ major: z.number(), revision: z.number() }),
      versions: z.number(),
      drafts: z.number(),
    }),
  ),
});
export type Subjects = Sub<z.infer<typeof api.SubjectsAnswer>, z.infer<typeof Subjects>>;

export const Subject = z.object({
  subject: z.string(),
  mode: Mode,
  modes: z.array(z.object({ ...Deed.shape, mode: Mode })),
  versions: z.array(
    z.object({
      major: z.number(),
      revision: z.number(),
      state: z.enum(["published", "retired"]),
      fingerprint: z.string(),
      made: Deed,
      retired: Deed.optional(),
      lens: z.boolean(),
      units: z.array(z.string()),
    }),
  ),
  drafts: z.array(z.object({ draft: z.string(), major: z.number(), fingerprint: z.string(), made: Deed })),
});
export type Subject = Sub<api.SubjectAnswer, z.infer<typeof Subject>>;

export const Version = z.object({ subject: z.string(), major: z.number(), revision: z.number(), schema: z.json() });
export type Version = z.infer<typeof Version>;

export const Difference = z.object({ from: z.string(), to: z.string(), backward: z.boolean(), forward: z.boolean(), changes: z.array(Change) });
export type Difference = Sub<api.DiffAnswer, z.infer<typeof Difference>>;

const Verdict = z.object({ compatible: z.boolean(), changes: z.array(Change) });
export const ImpactAnswer = z.object({
  fields: z.array(z.object({ field: z.string(), how: z.enum(["added", "removed", "changed"]) })),
  touched: z.array(z.object({ kind: z.enum(["unit", "channel", "model", "rule", "bridge", "consumer"]), id: z.string(), why: z.string() })),
  unknown: z.array(z.enum(["consumers"])),
  verdict: Verdict.optional(),
  refused: z.object({ rule: z.string(), mend: z.string(), ...Inadmissible.shape }).optional(),
});
export type ImpactAnswer = Sub<Pick<Impact, "fields" | "touched" | "unknown" | "verdict">, Omit<z.infer<typeof ImpactAnswer>, "refused">> &
  Pick<z.infer<typeof ImpactAnswer>, "refused">;

export const Published = z.object({ major: z.number(), revision: z.number(), published: z.boolean(), same: z.boolean() });
export type Published = Sub<api.PublishAnswer, z.infer<typeof Published>>;

export const Draft = z.object({
  draft: z.string(),
  subject: z.string(),
  major: z.number(),
  ready: z.boolean(),
  problems: z.array(Trouble),
  changes: z.array(Change),
});
export type Draft = Sub<api.DraftAnswer, z.infer<typeof Draft>>;
export const DraftView = z.object({ id: z.string(), schema: z.json(), judged: Draft });

const JsonType = z.enum(["null", "boolean", "integer", "number", "string", "array", "object"]);
export const Unknown = z.object({
  id: z.string(),
  unit: z.string(),
  subject: z.string(),
  field: z.string(),
  count: z.number(),
  firstAt: Instant,
  lastAt: Instant,
  type: z.union([JsonType, z.array(JsonType)]),
  longest: z.number(),
  samples: z.array(z.string()),
  draft: z.string().optional(),
});
export type Unknown = Sub<UnknownField, z.infer<typeof Unknown>>;
export const Quarantine = z.object({ unknown: z.array(Unknown) });
