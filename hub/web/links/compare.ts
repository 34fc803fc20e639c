/** What a consumer holds beside what the hub holds, family by family. The digests are reckoned here when it gives its entities instead. Pure. */
import { z } from "zod";
import { familyDigest } from "../../feed/value-digest.ts";
import type { DigestAnswer } from "../../feed/view.ts";

const Family = z.union([z.string(), z.object({ digest: z.string() })]);
/** As `GET /api/hub/digest` answers, or a digest for each family. */
const Digests = z.union([
  z.object({ streams: z.record(z.string(), z.object({ families: z.record(z.string(), z.object({ digest: z.string() })) })) }),
  z.record(z.string(), Family),
]);
/** As the reference CRM answers at `/api/entities/{entity}`; one, or a list of several. */
const Entities = z.object({
  entity: z.string(),
  entities: z.array(z.object({ id: z.string(), attributes: z.record(z.string(), z.json()), deleted: z.boolean().optional() })),
});

export type Compared = { readonly family: string; readonly entities: number; readonly ours: string; readonly theirs: string | undefined };

/** By family what somebody pasted says of it; undefined: it is none of these. */
export function readTheirs(text: string): ReadonlyMap<string, string> | undefined {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return undefined;
  }
  const held = z.array(Entities).safeParse(Array.isArray(read) ? read : [read]);
  if (held.success && held.data.length > 0)
    return new Map(held.data.map(({ entity, entities }) => [entity, familyDigest(entities.filter(({ deleted }) => deleted !== true))]));
  const told = Digests.safeParse(read);
  if (!told.success) return undefined;
  if ("streams" in told.data && typeof told.data.streams === "object")
    return new Map(
      Object.values(told.data.streams as StreamsOf).flatMap(({ families }) => Object.entries(families).map(([name, one]) => [name, one.digest] as const)),
    );
  return new Map(
    Object.entries(told.data as Readonly<Record<string, z.infer<typeof Family>>>).map(([name, one]) => [name, typeof one === "string" ? one : one.digest]),
  );
}
type StreamsOf = Readonly<Record<string, { readonly families: Readonly<Record<string, { readonly digest: string }>> }>>;

/** Every family that either side has. */
export function compare({ streams }: DigestAnswer, theirs: ReadonlyMap<string, string>): readonly Compared[] {
  const ours = new Map(Object.values(streams).flatMap(({ families }) => Object.entries(families)));
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .toSorted()
    .map((family) => ({ family, entities: ours.get(family)?.entities ?? 0, ours: ours.get(family)?.digest ?? "", theirs: theirs.get(family) }));
}
