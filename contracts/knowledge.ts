/**
 * What is known of machines and their faults, as versioned entries that name each other:
 *
 *   model ──▶ component ──▶ fault mode ──▶ skills, parts, procedure, checklist, tools
 *               │  ▲ parent     ▲
 *               ▼               └── symptom: channels of an alarm, codes, words of a complaint
 *             parts (bill of materials), parts that replace parts
 *
 * An entry is never edited: a new version is laid beside it, so that a diagnosis can cite what was known when it was made.
 */
import { z } from "zod";
import { Severity } from "./severity.ts";
import { PartCount } from "./asset.ts";
import { ChannelId, ChecklistId, ComponentId, FaultModeId, PartId, ProcedureId, ProfileId, SkillId, SymptomId, ToolId } from "./ids.ts";
import { Words } from "./instant.ts";
import { meaning, uom } from "./meaning.ts";
import { Priority } from "./ticket.ts";
import { Step, STEPS_MAX } from "./visit.ts";

/** Entries in one document: a maker's whole catalogue of pumps has some hundreds. */
export const ENTRIES_MAX = 5_000;
/** References of one kind in one entry; the longest bill of materials of one component seen has 90 lines. */
const REFS_MAX = 200;
/** Words that speak for one symptom in one language. */
const WORDS_MAX = 50;
/** What a symptom that a fault mode shows nearly always is taken for; nothing is ever certain, or one sign would outvote all others. */
const LIKELIHOOD_MAX = 0.999;

const likelihood = () => z.number().min(0.001).max(LIKELIHOOD_MAX).meta(uom("1"));
const refs = <T extends z.ZodType>(of: T) => z.array(of).max(REFS_MAX).default([]);

const every = {
  /** 0: as the unit's scenario says, whose hash is in each decision's `rules`. */
  version: z.number().int().min(0).max(1_000_000).meta(uom("1")),
  title: Words,
  /** Where it is from: a handbook and its page, a bulletin. */
  source: z.string().min(1).max(300).optional(),
  /** Nothing may name it any more. It stays to be read where it was cited. */
  retired: z.literal(true).optional(),
} as const;

/** A part that a repair may need: `probability` that it does, as the maker or the scenario says. Repairs done correct it. */
export const PartNeed = PartCount.extend({ probability: z.number().gt(0).max(1).meta(uom("1")).default(1) });
export type PartNeed = z.infer<typeof PartNeed>;

/** One way in which a symptom is met. */
export const Sign = z.discriminatedUnion("type", [
  /** The evidence of an alarm falls on these channels in about these shares. */
  z.strictObject({
    type: meaning("channels", "channels that deviate"),
    channels: z
      .array(z.strictObject({ channel: ChannelId, share: z.number().gt(0).max(1).meta(uom("1")) }))
      .min(1)
      .max(64)
      .refine((list) => list.reduce((sum, one) => sum + one.share, 0) <= 1.001, "shares of one whole"),
  }),
  /** A code that devices send; of one profile where the same code means different things. */
  z.strictObject({ type: meaning("code", "a fault code that a device sends"), code: z.string().min(1).max(64), profile: ProfileId.optional() }),
  /** Words that people use when they complain of it. English words are compared by their stems, Chinese ones as they stand. */
  z.strictObject({
    type: meaning("words", "words of a person"),
    en: z.array(z.string().min(2).max(60)).max(WORDS_MAX).default([]),
    zh: z.array(z.string().min(1).max(30)).max(WORDS_MAX).default([]),
  }),
]);
export type Sign = z.infer<typeof Sign>;

/** `safety`: it must be ticked before work begins. */
const ProcedureStep = Step.pick({ id: true, title: true }).extend({ safety: z.literal(true).optional() });

export const Entry = z.discriminatedUnion("kind", [
  /** A model of asset, by the name that assets carry. `components`: the roots of its tree. */
  z.strictObject({ ...every, kind: meaning("model", "a model of asset"), id: z.string().min(1).max(100), components: refs(ComponentId) }),
  z.strictObject({
    ...every,
    kind: meaning("component", "a part of an asset that can fail"),
    id: ComponentId,
    parent: ComponentId.optional(),
    /** Its bill of materials: how many of each part it is made of. */
    parts: refs(PartCount),
  }),
  z.strictObject({
    ...every,
    kind: meaning("fault-mode", "a way in which components fail"),
    id: FaultModeId,
    components: refs(ComponentId),
    severity: Severity,
    priority: Priority,
    skills: refs(SkillId),
    parts: refs(PartNeed),
    tools: refs(ToolId),
    procedure: ProcedureId.optional(),
    checklist: ChecklistId.optional(),
    workMs: z.number().int().min(0).meta(uom("ms")),
    /** How often it comes, against the other modes of the same asset: a weight, 1 where nothing is known. */
    occurrence: z.number().positive().max(1_000).meta(uom("1")).default(1),
  }),
  z.strictObject({
    ...every,
    kind: meaning("symptom", "what is seen when a fault mode is there"),
    id: SymptomId,
    signs: z.array(Sign).min(1).max(20),
    /** How likely the symptom shows when an asset has the mode. */
    indicates: z
      .array(z.strictObject({ faultMode: FaultModeId, likelihood: likelihood() }))
      .min(1)
      .max(50),
    /** How often it is told, or met, without any of them. */
    background: z.number().min(0.0001).max(0.9).meta(uom("1")).default(0.05),
  }),
  z.strictObject({
    ...every,
    kind: meaning("procedure", "how a fault mode is mended"),
    id: ProcedureId,
    steps: z.array(ProcedureStep).min(1).max(STEPS_MAX),
    tools: refs(ToolId),
  }),
  /** Steps to tick; those `before: "working"` are for people's safety. */
  z.strictObject({
    ...every,
    kind: meaning("checklist", "what is ticked on a visit"),
    id: ChecklistId,
    steps: z
      .array(Step.omit({ from: true }))
      .min(1)
      .max(STEPS_MAX),
  }),
  z.strictObject({
    ...every,
    kind: meaning("part", "a spare part"),
    id: PartId,
    /** Parts in whose place it may be built in. */
    replaces: refs(PartId),
    weightKg: z.number().min(0).max(10_000).meta(uom("kg")).optional(),
    /** From order to depot. */
    leadMs: z.number().int().min(0).meta(uom("ms")).optional(),
  }),
  z.strictObject({ ...every, kind: meaning("tool", "a tool"), id: ToolId }),
  z.strictObject({ ...every, kind: meaning("skill", "what an engineer is able to do"), id: SkillId }),
]);
export type Entry = z.infer<typeof Entry>;
export type EntryKind = Entry["kind"];
export type EntryOf<K extends EntryKind> = Extract<Entry, { kind: K }>;

export const Knowledge = z.strictObject({ format: z.literal(1), entries: z.array(Entry).max(ENTRIES_MAX) });
export type Knowledge = z.infer<typeof Knowledge>;

/** An entry as a unit keeps it: beside its earlier versions. Key: `kind:id@version`. */
export const KnowledgeRow = z.strictObject({ id: z.string().min(5).max(130), entry: Entry });
export type KnowledgeRow = z.infer<typeof KnowledgeRow>;

/** `kind:id`. Ids of models hold blanks and more, those of the others do not. */
export type EntryKey = `${EntryKind}:${string}`;

export function keyOf(entry: { readonly kind: EntryKind; readonly id: string }): EntryKey {
  return `${entry.kind}:${entry.id}`;
}
