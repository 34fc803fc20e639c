/** What streams are told of subjects, so that they read and judge by what is published now. */
import { formsOf } from "../../registry/negotiate.ts";
import { mappingsOf } from "../../quality/mapped.ts";
import type { Lesson } from "../quality/lesson.ts";
import { readBridges } from "./bridge-tables.ts";
import { type Db, readVersions } from "./tables.ts";

export function lessonOf(db: Db, subjects: readonly string[]): Lesson {
  const bridges = readBridges(db).flatMap(({ published }) => (published === undefined ? [] : [published.document]));
  return {
    subjects,
    published: subjects.flatMap((subject) => formsOf(subject, readVersions(db, subject))),
    mappings: bridges.filter(({ ours }) => subjects.includes(ours.subject)).flatMap(mappingsOf),
  };
}
