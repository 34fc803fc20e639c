/** A contract as the registry keeps it: every version of a subject with who, when and why, and the rule by which the next one is judged. */
import { z } from "zod";
import { Lens } from "../../contracts/delta/lens.ts";
import { Instant } from "../../contracts/instant.ts";
import type { Mode } from "./compatibility/mode.ts";

/** The name that operations carry as their `entity`. */
export const Subject = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "use 1 to 40 lower-case letters, digits and hyphens, beginning with a letter");

export const MODE_DEFAULT: Mode = "FULL_TRANSITIVE";

export const Why = z.string().trim().min(1, "say why").max(500);

/** Who did it, when and why. */
export const Deed = z.strictObject({ by: z.string(), at: Instant, why: z.string() });
export type Deed = z.infer<typeof Deed>;

const every = {
  subject: Subject,
  major: z.number().int().min(1),
  fingerprint: z.string(),
  schema: z.json(),
  /** From the major before this one, readable both ways. */
  lens: Lens.optional(),
  made: Deed,
} as const;

export const DraftVersion = z.strictObject({ ...every, state: z.literal("draft"), id: z.string() });
export type DraftVersion = z.infer<typeof DraftVersion>;

/** `revision` counts the compatible changes within a major, from 0. A retired version is spoken by nobody and binds nothing. */
export const KeptVersion = z.discriminatedUnion("state", [
  z.strictObject({ ...every, state: z.literal("published"), revision: z.number().int().min(0) }),
  z.strictObject({ ...every, state: z.literal("retired"), revision: z.number().int().min(0), retired: Deed }),
]);
export type KeptVersion = z.infer<typeof KeptVersion>;

/** `1.0`: major and revision. */
export const VersionName = z.string().regex(/^[1-9]\d{0,4}\.\d{1,5}$/, "a version such as 1.0");

export function versionName({ major, revision }: { readonly major: number; readonly revision: number }): string {
  return `${major}.${revision}`;
}

/** The versions that count when the next one of a major is judged, oldest first. */
export function earlierOf(versions: readonly KeptVersion[], major: number): readonly KeptVersion[] {
  return versions.filter((version) => version.state === "published" && version.major === major).toSorted((a, b) => a.revision - b.revision);
}

/** Versions of one subject, oldest first. */
export function newestMajor(versions: readonly KeptVersion[]): number {
  return Math.max(0, ...versions.filter((version) => version.state === "published").map(({ major }) => major));
}
