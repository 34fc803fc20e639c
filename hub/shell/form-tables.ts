/** Contracts as a stream keeps them: what origins write under, and the published forms. */
import { and, asc, count, eq, max, sql } from "drizzle-orm";
import type { Json } from "../../contracts/delta/json.ts";
import type { Lens } from "../../contracts/delta/lens.ts";
import { meaningOf } from "../../contracts/family-meaning.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Form, Forms, PublishedForm } from "../merge/admission.ts";
import type { UpgradeTables } from "../merge/upgrade.ts";
import { upgradeFrom } from "../merge/words.ts";
import * as t from "./schema.ts";
import type { Db } from "./stream-tables.ts";

/** Documents of one stream: eleven families in every version of ten years; beyond it something makes them in a loop. */
const FORMS_MAX = 5_000;

/** Documents that are kept read: those of all families in the versions that units speak at one time. */
const READ_MAX = 200;

export function formsOf(db: Db): Forms {
  const q = prepareForms(db);
  /** A document never changes under its fingerprint. */
  const read = new Map<string, Json>();
  const formOf = ({ subject, major, fingerprint }: Key): Form => {
    const key = `${subject}\n${major}\n${fingerprint}`;
    const document = read.get(key) ?? (JSON.parse(q.document.get({ subject, major, fingerprint })?.document ?? "null") as Json);
    if (read.size >= READ_MAX) read.clear();
    read.set(key, document);
    return { subject, major, fingerprint, document };
  };
  return {
    form(subject, major, fingerprint) {
      const row = q.form.get({ subject, major, fingerprint });
      return row === undefined ? undefined : formOf(row);
    },
    published: (subject) =>
      q.published.all({ subject }).map((row) => ({ ...formOf(row), ...(row.lens === null ? {} : { lens: JSON.parse(row.lens) as Lens }) })),
    upgrades: (subject) => q.upgrades.all({ subject }),
  };
}

type Key = Pick<Form, "subject" | "major" | "fingerprint">;

function prepareForms(db: Db) {
  const p = sql.placeholder;
  const key = { subject: t.form.subject, major: t.form.major, fingerprint: t.form.fingerprint };
  const isKey = and(eq(key.subject, p("subject")), eq(key.major, p("major")), eq(key.fingerprint, p("fingerprint")));
  return {
    form: db.select(key).from(t.form).where(isKey).prepare(),
    document: db.select({ document: t.form.document }).from(t.form).where(isKey).prepare(),
    published: db
      .select({ ...key, lens: t.form.lens })
      .from(t.form)
      .where(and(eq(t.form.subject, p("subject")), eq(t.form.published, 1)))
      .orderBy(asc(t.form.major))
      .prepare(),
    upgrades: db
      .select()
      .from(t.upgrade)
      .where(eq(t.upgrade.subject, p("subject")))
      .prepare(),
  };
}

export function upgradesOf(db: Db): UpgradeTables {
  return {
    list: () => db.select().from(t.upgrade).all(),
    write: (upgrade) =>
      db
        .insert(t.upgrade)
        .values(upgrade)
        .onConflictDoUpdate({ target: [t.upgrade.subject, t.upgrade.major], set: upgrade })
        .run(),
  };
}

/** Refuses `quota-exceeded`. A major that is newer than what this stream knew begins an upgrade at its `head`. */
export function writeForms(db: Db, contracts: readonly Form[], published: readonly PublishedForm[], head: number): Refusal | null {
  const before = new Map([...new Set(published.map(({ subject }) => subject))].map((subject) => [subject, newestOf(db, subject) ?? meaningOf(subject)?.major]));
  for (const { subject, major, fingerprint, document } of [...contracts, ...published]) {
    if (
      db
        .select({ n: t.form.major })
        .from(t.form)
        .where(isForm(subject, major, fingerprint))
        .get() !== undefined
    )
      continue;
    if ((db.select({ n: count() }).from(t.form).get()?.n ?? 0) >= FORMS_MAX)
      return refuse("quota-exceeded", `at most ${FORMS_MAX} documents of contracts in a stream`, "let the units speak what is published", "contracts");
    db.insert(t.form)
      .values({ subject, major, fingerprint, document: JSON.stringify(document), lens: null, published: 0 })
      .run();
  }
  for (const { subject, major, fingerprint, lens } of published) {
    const known = db.select({ fingerprint: t.form.fingerprint, lens: t.form.lens }).from(t.form).where(isPublished(subject, major)).get();
    const text = lens === undefined ? (known?.lens ?? null) : JSON.stringify(lens);
    if (known?.fingerprint === fingerprint && known.lens === text) continue;
    db.update(t.form).set({ published: 0 }).where(isPublished(subject, major)).run();
    db.update(t.form)
      .set({ published: 1, lens: text })
      .where(isForm(subject, major, fingerprint))
      .run();
  }
  for (const [subject, was] of before) {
    const upgrade = upgradeFrom(subject, was, newestOf(db, subject) ?? 0, head);
    if (upgrade !== null) upgradesOf(db).write(upgrade);
  }
  return null;
}

function newestOf(db: Db, subject: string): number | undefined {
  const row = db
    .select({ major: max(t.form.major) })
    .from(t.form)
    .where(and(eq(t.form.subject, subject), eq(t.form.published, 1)))
    .get();
  return row?.major ?? undefined;
}

function isForm(subject: string, major: number, fingerprint: string) {
  return and(eq(t.form.subject, subject), eq(t.form.major, major), eq(t.form.fingerprint, fingerprint));
}

function isPublished(subject: string, major: number) {
  return and(eq(t.form.subject, subject), eq(t.form.major, major), eq(t.form.published, 1));
}
