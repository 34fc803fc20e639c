/**
 * What a stream's object judges values by: the newest published form of a subject, beside it whatever units of the stream registered, and
 * the counterparts across published bridges. Read once, and again when the object is told something new.
 */
import { desc, eq } from "drizzle-orm";
import type { DocumentAnnotations } from "../../../contracts/annotation.ts";
import { contractOf } from "../../../contracts/contract.ts";
import type { Json } from "../../../contracts/delta/json.ts";
import { isFamily } from "../../../contracts/family-meaning.ts";
import { type Field, documentOf, fieldsOf } from "../../quality/field.ts";
import { isMapped } from "../../quality/mapped.ts";
import * as t from "../schema.ts";
import type { Contracts } from "./counting.ts";
import { readMappings } from "./mapping-tables.ts";
import type { Db } from "./period-tables.ts";

/** Documents of one subject that are looked at, the newest first: more are forms that units spoke long ago. */
const DOCUMENTS_LOOKED = 20;

export type Standard = Contracts & {
  readonly qualityOf: (subject: string) => DocumentAnnotations["x-quality"];
  /** Contracts or bridges are others now. */
  readonly forget: () => void;
};

type Subject = { readonly fields: ReadonlyMap<string, Field>; readonly quality: DocumentAnnotations["x-quality"] };

export function standardOf(db: Db): Standard {
  const known = new Map<string, Subject>();
  let bridges: ReadonlyMap<string, readonly ReadonlySet<string>[]> | null = null;

  const look = (subject: string): Subject | undefined => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    const [newest, ...others] = documentsOf(db, subject);
    // Names that nobody registered come from outside, and are not kept.
    if (newest === undefined) return undefined;
    const fields = new Map(fieldsOf(newest));
    // A field that only a unit's own form names is carried: it has a contract too.
    for (const other of others) for (const [path, field] of fieldsOf(other)) if (!fields.has(path)) fields.set(path, field);
    const found = { fields, quality: documentOf(newest)["x-quality"] };
    known.set(subject, found);
    return found;
  };

  return {
    fieldsOf: (subject) => look(subject)?.fields,
    qualityOf: (subject) => look(subject)?.quality,
    freshnessMs: (subject) => look(subject)?.quality?.freshnessMs,
    mapped(subject, attr, value) {
      bridges ??= mappedBy(db);
      return isMapped(bridges.get(`${subject}\n${attr}`) ?? [], value as Json | undefined);
    },
    forget() {
      known.clear();
      bridges = null;
    },
  };
}

function mappedBy(db: Db): ReadonlyMap<string, readonly ReadonlySet<string>[]> {
  const groups = Map.groupBy(readMappings(db), ({ subject, attr }) => `${subject}\n${attr}`);
  return new Map([...groups].map(([key, group]) => [key, group.map(({ mapped }) => new Set(mapped))]));
}

/** Published forms first, the newest of them at the head; a family of this release when nobody has registered yet. */
function documentsOf(db: Db, subject: string): readonly Json[] {
  const rows = db
    .select({ document: t.form.document })
    .from(t.form)
    .where(eq(t.form.subject, subject))
    .orderBy(desc(t.form.published), desc(t.form.major))
    .limit(DOCUMENTS_LOOKED)
    .all();
  if (rows.length > 0) return rows.map(({ document }) => JSON.parse(document) as Json);
  return isFamily(subject) ? [contractOf(subject).schema] : [];
}
