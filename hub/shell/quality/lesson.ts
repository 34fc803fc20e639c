/** What the registry tells a stream when something is published: the newest forms of its subjects, and the counterparts of their values across bridges. */
import { canonical } from "../../../contracts/delta/json.ts";
import type { Refusal } from "../../../contracts/refusal.ts";
import type { PublishedForm } from "../../merge/admission.ts";
import type { Mapping } from "../../quality/mapped.ts";
import { writeForms } from "../form-tables.ts";
import * as t from "../schema.ts";
import { readMappings, writeMappings } from "./mapping-tables.ts";
import type { Db } from "./period-tables.ts";

/** `subjects`: of which this says everything; of others nothing is said. */
export type Lesson = { readonly subjects: readonly string[]; readonly published: readonly PublishedForm[]; readonly mappings: readonly Mapping[] };

/** Inside a transaction, with the log's end at `head`. Refuses `quota-exceeded`. */
export function learn(db: Db, { subjects, published, mappings }: Lesson, head: number): Refusal | null {
  const no = writeForms(db, [], published, head);
  if (no !== null) return no;
  const before = readMappings(db);
  const after = [...before.filter(({ subject }) => !subjects.includes(subject)), ...mappings].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  if (canonical(after) !== canonical(before)) writeMappings(db, after);
  return null;
}

/** Of which this stream has a contract. */
export function subjectsOf(db: Db): readonly string[] {
  return db
    .selectDistinct({ subject: t.form.subject })
    .from(t.form)
    .all()
    .map(({ subject }) => subject);
}

function keyOf({ bridge, subject, attr }: Mapping): string {
  return `${bridge}\n${subject}\n${attr}`;
}
