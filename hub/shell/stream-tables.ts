/** The log as consumers, auditors and histories read it: lines in order, with what may still be opened of them. Nothing here writes. */
import { and, asc, desc, eq, gt, sql } from "drizzle-orm";
import type { DrizzleSqliteDODatabase } from "drizzle-orm/durable-sqlite";
import type { EntityRecord } from "../../contracts/delta/merge.ts";
import { subjectOf } from "../../contracts/delta/seal.ts";
import { CHAIN_START, isChained, readLine } from "../merge/log.ts";
import { type Place, placeOf } from "../merge/place.ts";
import { cellOfLine } from "../merge/push.ts";
import type { Line, LoggedOperation, StreamState, StreamStore } from "../merge/store.ts";
import { feedQueriesOf } from "./feed-queries.ts";
import * as t from "./schema.ts";
import { lineOf } from "./stream-rows.ts";

export type Db = DrizzleSqliteDODatabase;

/** JSON text that one page may carry to the Worker; the next page takes the rest. */
const PAGE_CHARS_MAX = 1024 * 1024;
/** Rows looked at for one page, so that a token of a quiet unit does not walk a busy tenant's whole log at once. */
const LOOKED_MAX = 5_000;
const TAG_CHARS = 12;

/** Lines after a position, as JSON of their operations, with the beginning of the chain's hash at each; `looked`: how far the log was looked at. */
export type LogPage = { readonly operations: readonly string[]; readonly tags: readonly string[]; readonly looked: Place };

/** `unit`: only what it wrote, and what the hub itself wrote for it. `opens`: whether personal values of an attribute are opened. */
export function readLog(
  db: Db,
  store: StreamStore,
  state: StreamState,
  after: number,
  limit: number,
  unit: string | undefined,
  opens: (entity: string, attr: string) => boolean = () => true,
): LogPage {
  const upTo = Math.min(state.head, after + LOOKED_MAX);
  const q = feedQueriesOf(db);
  const rows = unit === undefined ? q.lines.all({ after, upTo, limit }) : q.linesOfUnit.all({ after, upTo, limit, unit });
  const fitting = rows.slice(0, countFitting(rows));
  const all = fitting.length === rows.length && rows.length < limit;
  return {
    operations: fitting.map(({ text }) => openedText(store, text, opens)),
    tags: fitting.map(({ hash }) => hash.slice(0, TAG_CHARS)),
    looked: placeOf(store, state, all ? upTo : (fitting.at(-1)?.hubSeq ?? upTo)),
  };
}

function countFitting(rows: readonly { readonly text: string }[]): number {
  let chars = 0;
  const cut = rows.findIndex(({ text }, i) => (chars += text.length) > PAGE_CHARS_MAX && i > 0);
  return cut < 0 ? rows.length : cut;
}

/** Most lines hold nothing sealed, and go out as they lie. */
function openedText(store: StreamStore, text: string, opens: (entity: string, attr: string) => boolean): string {
  if (!text.includes('"$sealed"')) return text;
  const { entity, id, attr } = JSON.parse(text) as LoggedOperation;
  // Of who was erased it is told that the value is no more, to everybody.
  return opens(entity, attr) || store.readKey(subjectOf(entity, id)) === null ? JSON.stringify(readLine(store, { text })) : text;
}

/** Lines about an entity up to a position, the newest first, one by one. */
export function* linesAbout(storage: SqlStorage, store: StreamStore, entity: string, id: string, upTo: number): Generator<LoggedOperation> {
  const rows = storage
    .exec("SELECT operation FROM log WHERE entity = ? AND id = ? AND hub_seq <= ? AND outcome = 'applied' ORDER BY hub_seq DESC", entity, id, upTo)
    .raw();
  for (const [text] of rows) yield readLine(store, { text: String(text) });
}

/** An entity as its lines left it, the newest first; null when there are none. */
export function foldLines(lines: Iterable<LoggedOperation>): EntityRecord | null {
  let version = 0;
  const cells: Record<string, EntityRecord["cells"][string]> = {};
  for (const line of lines) {
    if (line.op === "delete") {
      const at = { version: line.version, ...(line.epoch > 1 ? { epoch: line.epoch } : {}) };
      // What came before is of a life that is over.
      return version > 0 ? { version, since: at, cells } : { version: line.version, deleted: { hlc: line.hlc, origin: line.origin, ...at }, cells };
    }
    version = Math.max(version, line.version);
    cells[line.attr] ??= cellOfLine(line);
  }
  return version === 0 ? null : { version, cells };
}

/** Units that an entity became visible to after a position. */
export function joinedAfter(db: Db, entity: string, id: string, position: number): ReadonlySet<string> {
  const rows = db
    .select({ joins: t.log.joins })
    .from(t.log)
    .where(and(eq(t.log.entity, entity), eq(t.log.id, id), gt(t.log.hubSeq, position), sql`${t.log.joins} <> '[]'`))
    .all();
  return new Set(rows.flatMap(({ joins }) => JSON.parse(joins) as readonly string[]));
}

/** Lines as an auditor checks them by himself: what is hashed, and the hash. */
export type ChainLine = Pick<Line, "hubSeq" | "hash" | "text" | "unit" | "written" | "joins">;
export function readChain(db: Db, after: number, limit: number): readonly ChainLine[] {
  return linesAfter(db, after, limit).map(({ hubSeq, hash, text, unit, written, joins }) => ({ hubSeq, hash, text, unit, written, joins }));
}

function linesAfter(db: Db, after: number, limit: number): readonly Line[] {
  return db.select().from(t.log).where(gt(t.log.hubSeq, after)).orderBy(asc(t.log.hubSeq)).limit(limit).all().map(lineOf);
}

/** How far a walk along the chain has come. `before`: the hash that the next line is chained to; null: no chained line was met yet. */
export type Walk = { readonly position: number; readonly before: string | null; readonly lines: number; readonly brokenAt?: number };

/** Goes on from a walk for up to `limit` lines. Lines of before there was a chain, up to the one at which it begins, are counted and not checked. */
export function walkChain(db: Db, state: StreamState, walk: Walk | null, limit: number): Walk & { readonly done: boolean } {
  let { position, before, lines } = walk ?? { position: state.horizon, before: horizonHash(db), lines: 0 };
  const rows = linesAfter(db, position, limit);
  for (const line of rows) {
    const { hubSeq, hash } = line;
    const isOld = before === null && (hash === "" || hash === CHAIN_START);
    if (hubSeq !== position + 1 || (!isOld && !isChained(before ?? CHAIN_START, line))) return { position, before, lines, brokenAt: hubSeq, done: true };
    [position, before, lines] = [hubSeq, hash === "" ? null : hash, lines + 1];
  }
  if (rows.length === limit) return { position, before, lines, done: false };
  const whole = position === state.head && (before ?? CHAIN_START) === state.hash;
  return whole ? { position, before, lines, done: true } : { position, before, lines, brokenAt: position + 1, done: true };
}

function horizonHash(db: Db): string | null {
  const hash = db.select({ hash: t.stream.horizonHash }).from(t.stream).where(eq(t.stream.id, 1)).get()?.hash ?? "";
  return hash === "" ? null : hash;
}

/** The last line at or before a position of an origin, and the first behind it, by its own numbers. */
export function originAround(db: Db, origin: string, through: number, position: number): { readonly had: number; readonly next: string | undefined } {
  // Its numbers rise with ours, so a few look-ups find the place, however far behind it is.
  let [had, beyond] = [0, through + 1];
  // Most have everything.
  if (through > 0 && (lineOfSeq(db, origin, through)?.hubSeq ?? 0) <= position) had = through;
  while (beyond - had > 1) {
    const seq = Math.floor((had + beyond) / 2);
    if ((lineOfSeq(db, origin, seq)?.hubSeq ?? 0) <= position) had = seq;
    else beyond = seq;
  }
  return { had, next: beyond > through ? undefined : lineOfSeq(db, origin, beyond)?.text };
}

/** Its first line: a dead letter that was taken after all has two. A number whose line is gone counts as long past. */
function lineOfSeq(db: Db, origin: string, seq: number): { readonly hubSeq: number; readonly text: string } | undefined {
  return feedQueriesOf(db).lineOfSeq.get({ origin, seq });
}

/** When the last line was taken. */
export function lastLineAt(db: Db): number | null {
  const row = db.select({ text: t.log.operation }).from(t.log).orderBy(desc(t.log.hubSeq)).limit(1).get();
  return row === undefined ? null : (JSON.parse(row.text) as LoggedOperation).appliedAt;
}
