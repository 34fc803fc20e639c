/** Bindings, cards, episodes of models beside the live ones, and what Intakes told last. Small verbs over SQLite; nothing here decides. */
import { and, eq, lt, sql } from "drizzle-orm";
import type { Millis } from "../../contracts/instant.ts";
import type { ModelBinding } from "../../contracts/model-binding.ts";
import type { ModelCard } from "../../contracts/model-card.ts";
import type { Watched, WatchReport } from "../../contracts/rpc.ts";
import * as t from "./unit-schema.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** Episodes are compared over a trial; older ones go. */
const EPISODE_MS_MAX = 180 * 86_400_000;

/** What a model has seen in arrangements that are over. */
export type Seen = Pick<Watched, "rows" | "failures" | "watchedMs" | "episodes">;
const NOTHING_SEEN: Seen = { rows: 0, failures: 0, watchedMs: 0, episodes: 0 };

export function readBindings(db: Db): readonly ModelBinding[] {
  return db
    .select()
    .from(t.modelBinding)
    .all()
    .map(({ body }) => JSON.parse(body) as ModelBinding);
}

export function writeBinding(db: Db, binding: ModelBinding): void {
  const body = JSON.stringify(binding);
  db.insert(t.modelBinding).values({ profile: binding.profile, body }).onConflictDoUpdate({ target: t.modelBinding.profile, set: { body } }).run();
}

export function readCards(db: Db): readonly ModelCard[] {
  return db
    .select()
    .from(t.modelCard)
    .orderBy(t.modelCard.at)
    .all()
    .map(({ body }) => JSON.parse(body) as ModelCard);
}

export function writeCard(db: Db, card: ModelCard, at: Millis): void {
  const body = JSON.stringify(card);
  db.insert(t.modelCard).values({ hash: card.sha256, at, body }).onConflictDoUpdate({ target: t.modelCard.hash, set: { body } }).run();
}

/** The latest word of each Intake on each arrangement: an older one of the same stands for nothing. */
export function readWatched(db: Db): readonly Watched[] {
  return db
    .select()
    .from(t.meta)
    .where(sql`${t.meta.key} LIKE 'watched:%'`)
    .all()
    .flatMap(({ value }) => (JSON.parse(value) as Pick<WatchReport, "watched">).watched);
}

export function writeReport(db: Db, report: WatchReport, now: Millis): void {
  writeMeta(db, `watched:${report.part}`, JSON.stringify({ watched: report.watched }));
  for (const { model, device, since, profile, asset, clearedAt, peak } of report.episodes) {
    const values = { clearedAt: clearedAt ?? null, peak };
    db.insert(t.shadowEpisode)
      .values({ model, device, since, profile, asset, ...values })
      .onConflictDoUpdate({ target: [t.shadowEpisode.model, t.shadowEpisode.device, t.shadowEpisode.since], set: values })
      .run();
  }
  if (report.episodes.length > 0)
    db.delete(t.shadowEpisode)
      .where(lt(t.shadowEpisode.since, now - EPISODE_MS_MAX))
      .run();
}

export function readEpisodes(
  db: Db,
  profile: string,
  model: string,
): readonly { readonly asset: string; readonly since: Millis; readonly clearedAt: Millis | null }[] {
  const { shadowEpisode: e } = t;
  return db
    .select({ asset: e.asset, since: e.since, clearedAt: e.clearedAt })
    .from(e)
    .where(and(eq(e.profile, profile), eq(e.model, model)))
    .all();
}

export function readSeen(db: Db, profile: string, model: string): Seen {
  const text = readMeta(db, `seen:${profile}:${model}`);
  return text === undefined ? NOTHING_SEEN : (JSON.parse(text) as Seen);
}

export function writeSeen(db: Db, profile: string, model: string, seen: Seen): void {
  writeMeta(db, `seen:${profile}:${model}`, JSON.stringify(seen));
}

/** What a model had seen here when its trial began; nothing where it began before that was kept. */
export function readSeenBefore(db: Db, profile: string, model: string, since: Millis): Seen {
  const text = readMeta(db, `seen-before:${profile}:${model}`);
  const known = text === undefined ? null : (JSON.parse(text) as Seen & { readonly since: Millis });
  return known?.since === since ? known : NOTHING_SEEN;
}

export function writeSeenBefore(db: Db, profile: string, model: string, since: Millis, seen: Seen): void {
  writeMeta(db, `seen-before:${profile}:${model}`, JSON.stringify({ ...seen, since }));
}

export function minus(a: Seen, b: Seen): Seen {
  return { rows: a.rows - b.rows, failures: a.failures - b.failures, watchedMs: a.watchedMs - b.watchedMs, episodes: a.episodes - b.episodes };
}

export function plus(a: Seen, b: Seen): Seen {
  return { rows: a.rows + b.rows, failures: a.failures + b.failures, watchedMs: a.watchedMs + b.watchedMs, episodes: a.episodes + b.episodes };
}
