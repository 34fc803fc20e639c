/**
 * What a unit tells its hub beside its operations: values under names that no contract has, what its rules and models read, the scenario in
 * force. Statistics: told now and then, in the background, and told again without harm.
 */
import { z } from "zod";
import { Origin } from "./delta/operation.ts";
import { Scenario } from "./scenario.ts";

/** Fields that one call may bring; a unit's outbox has no more operations in a push. */
export const NOTES_MAX = 500;
/** Characters of a subject's name, as operations carry it. */
const SUBJECT_CHARS_MAX = 40;

/** The rule under which an Intake refuses a channel that the device's profile does not have. */
export const UNKNOWN_CHANNEL = "unknown channel";

const SubjectName = z.string().min(1).max(SUBJECT_CHARS_MAX);

/** What was met. `sample` is looked at and forgotten. */
export const Note = z.strictObject({
  subject: SubjectName,
  field: z.string().min(1).max(200),
  sample: z.json().optional(),
  count: z.number().int().min(1).max(1_000_000).optional(),
});
export type Note = z.infer<typeof Note>;

/** A field that is read, of so many entities. */
export const Used = z.strictObject({ subject: SubjectName, field: z.string().min(1).max(200), count: z.number().int().min(1) });
export type Used = z.infer<typeof Used>;

/** What a unit tells in one call. Proves the origin as a push does. */
export const NoteAsk = z.strictObject({
  origin: Origin,
  key: z.string().min(1).max(128),
  unknown: z.array(Note).max(NOTES_MAX).optional(),
  used: z.array(Used).max(NOTES_MAX).optional(),
  /** When the unit's scenario changed. */
  scenario: Scenario.optional(),
});
export type NoteAsk = z.infer<typeof NoteAsk>;

/** The subject of what devices of a profile say: its channels are the attributes. It does not travel; it may be published to give them meaning. */
export function telemetrySubject(profile: string): string {
  return `telemetry-${profile}`.slice(0, SUBJECT_CHARS_MAX).replace(/-+$/, "");
}
