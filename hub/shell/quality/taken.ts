/** What the merge decided, as statistics see it: the value that was brought, and the names that no contract has. */
import { type Json, jsonBytes } from "../../../contracts/delta/json.ts";
import type { Note } from "../../../contracts/note.ts";
import type { Entry } from "../../merge/take.ts";
import type { TakenOperation } from "./counting.ts";

/** How `merge/check.ts` begins the reason. */
const UNKNOWN_FIELD = "unknown-field: ";
/** What is sent along to be looked at. Longer texts are proposed no longer than this; of larger values the outline is enough. */
const SAMPLE_CHARS_MAX = 2_000;
const MEMBERS_SHOWN = 3;

/** Each new operation once: a dead letter that is tried again was counted when it came. */
export function takenOf(entries: readonly Entry[]): readonly TakenOperation[] {
  return entries.flatMap(({ operation, written }): readonly TakenOperation[] => {
    if (operation.redelivered === true) return [];
    const { entity, attr, op, at, outcome, reason = "" } = operation;
    // A dead one is told without its value, and one that changed in the merge with what stands.
    const value = outcome === "dead" ? undefined : written === undefined ? operation.value : written.value;
    const as = outcome === "dead" && reason.startsWith(UNKNOWN_FIELD) ? "unnamed" : outcome;
    return [{ entity, attr, op, at, outcome: as, ...(value === undefined ? {} : { value }) }];
  });
}

export type Unknown = { readonly unit: string; readonly note: Note };

/** Fields that no contract of their sender names, with the value in outline. */
export function unknownIn(entries: readonly Entry[]): readonly Unknown[] {
  return entries.flatMap(({ operation, buried }): readonly Unknown[] => {
    const { origin, entity, attr, outcome, reason = "", redelivered } = operation;
    if (outcome !== "dead" || redelivered === true || attr === "" || !reason.startsWith(UNKNOWN_FIELD)) return [];
    const sample = sampleOf(buried);
    return [{ unit: origin.slice(0, origin.indexOf("@")), note: { subject: entity, field: attr, count: 1, ...(sample === undefined ? {} : { sample }) } }];
  });
}

/** `buried`: the operation as it came. */
function sampleOf(buried: string | undefined): Json | undefined {
  if (buried === undefined || buried === "") return undefined;
  const { value } = JSON.parse(buried) as { readonly value?: Json };
  return value === undefined ? undefined : outlineOf(value);
}

function outlineOf(value: Json): Json {
  if (typeof value === "string") return value.slice(0, SAMPLE_CHARS_MAX);
  if (typeof value !== "object" || value === null || jsonBytes(value) <= SAMPLE_CHARS_MAX) return value;
  if (!Array.isArray(value))
    return Object.fromEntries(
      Object.keys(value)
        .map((name) => [name.slice(0, 64), null] as const)
        .slice(0, MEMBERS_SHOWN),
    );
  const [first] = value;
  return typeof first === "object" && first !== null ? [] : first === undefined ? [] : [outlineOf(first)];
}
