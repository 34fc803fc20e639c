/**
 * What a consumer says it holds beside what the hub held at the same place, family by family. Nothing is called different that was only
 * read at another moment: what can't be told as of the consumer's place is answered with "later".
 *
 * ```
 * consumer: cursor, digest by family ─┐
 * each stream as of that cursor ──────┴─▶ equal · apart · later · shared ─▶ the answer, and what is kept of the consumer
 * ```
 */
import { z } from "zod";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { Instant, type Millis } from "../../contracts/instant.ts";
import { familyDigest } from "./value-digest.ts";

/** Families in one word: some hundred contracts are more than any tenant has. */
const FAMILIES_MAX = 500;

const Family = z.string().min(1).max(40);
const Digest = z.string().regex(/^[0-9a-f]{1,64}$/, "a digest as GET /api/hub/digest gives it");
const Count = z.number().int().min(0);

export const HeldAsk = z
  .strictObject({
    cursor: z.string().min(1).max(512).describe("The place in the feed up to which everything was applied"),
    families: z
      .record(Family, Digest)
      .refine((families) => Object.keys(families).length <= FAMILIES_MAX, `at most ${FAMILIES_MAX} families`)
      .describe("By family: the digest of all values that are held of it"),
    whole: z.boolean().default(false).describe("These are all: of a family that is not named nothing is held"),
    consumer: z.string().min(1).max(64).optional().describe("The named consumer that says so; absent: whoever the token is"),
  })
  .refine(({ families, whole }) => whole || Object.keys(families).length > 0, {
    path: ["families"],
    message: "name a family, or say that these are all: whole",
  });
export type HeldAsk = z.infer<typeof HeldAsk>;

/** `later`: it can't be told as of that place; read on and ask again. `shared`: others write it too, whose writes a consumer of one unit is not shown. */
const FamilyOutcome = z.enum(["equal", "apart", "later", "shared"]);
/** `rewound`: a stream does not know the place: the feed says where to go on. The others as of families, the gravest first. */
const Outcome = z.enum(["apart", "rewound", "later", "equal"]);

export const HeldAnswer = z.strictObject({
  outcome: Outcome,
  families: z.record(
    z.string(),
    z.strictObject({
      outcome: FamilyOutcome,
      entities: Count.optional().describe("At the hub, at that place"),
      digest: z.string().optional().describe("At the hub, at that place"),
    }),
  ),
  /** Families that differ. */
  apart: z.array(z.string()),
  /** Lines of the log behind the cursor. */
  behind: Count,
  mend: z.string(),
});
export type HeldAnswer = z.infer<typeof HeldAnswer>;

/** A family as a stream has it. */
export type FamilyDigest = { readonly entities: number; readonly digest: string };
/**
 * A stream as of a consumer's place. `lost`: it does not know the place; `far`: too much has changed since to say what it held there;
 * `later`, `shared`: families of which it can't be said.
 */
export type StreamThen =
  | { readonly stands: "lost" }
  | { readonly stands: "far"; readonly behind: number }
  | {
      readonly stands: "there";
      readonly behind: number;
      readonly families: Readonly<Record<string, FamilyDigest>>;
      readonly later: readonly string[];
      readonly shared: readonly string[];
    };
export type StreamsThen = Readonly<Record<StreamName, StreamThen>>;

/** The last comparison of a consumer that told something. `apart`: families that differed then. */
export const Compared = z.strictObject({ at: Instant, equal: z.boolean(), apart: z.array(z.string()) });
export type Compared = z.infer<typeof Compared>;

const NOTHING: FamilyDigest = { entities: 0, digest: familyDigest([]) };
const MEND: Readonly<Record<z.infer<typeof Outcome>, string>> = {
  apart: "take a snapshot (GET /api/snapshot), go on from its cursor, and compare again",
  rewound: "ask GET /api/feed with this cursor: it says where to go on; compare when you have read through",
  later: "ask again when you have read through, with the cursor of then",
  equal: "nothing: both sides hold the same",
};

/** `homeOf`: the stream of a family of which none has anything; undefined: nobody knows. */
export function compareHeld(
  { families: told, whole }: Pick<HeldAsk, "families" | "whole">,
  streams: StreamsThen,
  homeOf: (family: string) => StreamName | undefined,
): HeldAnswer {
  const sides = Object.values(streams);
  const known = sides.flatMap((side) => (side.stands === "there" ? [...Object.keys(side.families), ...side.later, ...side.shared] : []));
  const names = [...new Set([...Object.keys(told), ...(whole ? known : [])])].toSorted();
  const families = Object.fromEntries(names.map((name) => [name, compareFamily(name, told[name] ?? NOTHING.digest, streams, homeOf)]));
  const outcomes = Object.values(families).map(({ outcome }) => outcome);
  const apart = names.filter((name) => families[name]?.outcome === "apart");
  const open = outcomes.includes("later") || (whole && sides.some(({ stands }) => stands !== "there"));
  // Of what others write too nothing was compared: that is not equal.
  const none = outcomes.length > 0 && outcomes.every((one) => one === "shared");
  const outcome = apart.length > 0 ? "apart" : open ? (sides.some(({ stands }) => stands === "lost") ? "rewound" : "later") : none ? "later" : "equal";
  return {
    outcome,
    families,
    apart,
    behind: sides.reduce((sum, side) => sum + (side.stands === "lost" ? 0 : side.behind), 0),
    mend: none && outcome === "later" ? "compare with a token of the whole tenant: other units write these families too" : MEND[outcome],
  };
}

function compareFamily(name: string, theirs: string, streams: StreamsThen, homeOf: (family: string) => StreamName | undefined): HeldAnswer["families"][string] {
  for (const side of Object.values(streams)) {
    if (side.stands !== "there") continue;
    if (side.later.includes(name)) return { outcome: "later" };
    if (side.shared.includes(name)) return { outcome: "shared" };
    const ours = side.families[name];
    if (ours !== undefined) return { outcome: ours.digest === theirs ? "equal" : "apart", ...ours };
  }
  // No stream has any of it. One that could not say may have had.
  const home = homeOf(name);
  const sides = home === undefined ? Object.values(streams) : [streams[home]];
  if (sides.some(({ stands }) => stands !== "there")) return { outcome: "later" };
  return { outcome: theirs === NOTHING.digest ? "equal" : "apart", ...NOTHING };
}

/**
 * What is kept of a consumer after a comparison; null: what was kept stays, since nothing is certain. A difference stays until the same
 * family was seen equal, or all was.
 */
export function keptOf(before: Compared | null, { outcome, families, apart }: HeldAnswer, whole: boolean, now: Millis): Compared | null {
  if (outcome === "later" || outcome === "rewound") return null;
  const compared = (name: string): boolean => families[name]?.outcome === "equal" || families[name]?.outcome === "apart";
  const still = whole && outcome === "equal" ? [] : (before?.apart ?? []).filter((name) => !compared(name));
  const all = [...new Set([...still, ...apart])].toSorted();
  return { at: now, equal: all.length === 0, apart: all };
}
