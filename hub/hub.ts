/**
 * The Hub object, thin: load, decide, commit, answer. One per tenant and stream takes that stream's pushes and keeps its log; one more,
 * the tenant's registry, holds units and tokens (`shell/tenant-object.ts`). Named by `hubObject(tenant, stream)` and `hubObject(tenant, "registry")`.
 *
 * What decides is pure and lies in `merge/`; how a stream is held open, and what is asked of it, in `shell/open-stream.ts` and
 * `shell/stream-*.ts`. Whatever holds values comes in and goes out as JSON text.
 */
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { StreamName } from "../contracts/delta/operation.ts";
import type { DigestAsk, LoadAsk, PullAsk, RowsAsk } from "../contracts/delta/sync.ts";
import { type Refusal, isRefusal } from "../contracts/refusal.ts";
import type { Moment } from "./master/as-of.ts";
import type { Relation } from "./master/relation.ts";
import { type StreamAdmission, ownMeaning } from "./merge/admission.ts";
import { expel } from "./merge/collect.ts";
import { creditOf } from "./merge/credit.ts";
import type { Named, Sight } from "./merge/concern.ts";
import { type BackupMark, beginEpoch, confirmBackup } from "./merge/epoch.ts";
import { type Place, placeOf } from "./merge/place.ts";
import { digest, load, pull, rows } from "./merge/pull.ts";
import { type Consumer, type StreamHeard, forget, readHeard } from "./shell/consumer-tables.ts";
import migrations from "./shell/migrations/migrations.js";
import { type OpenStream, type Stood, type Told, openStream } from "./shell/open-stream.ts";
import { openWith } from "./shell/opening.ts";
import { type QualityAsk, answerQuality } from "./shell/quality/answering.ts";
import type { Lesson } from "./shell/quality/lesson.ts";
import * as concern from "./shell/stream-concern.ts";
import * as copy from "./shell/stream-copy.ts";
import { beginSnapshot, readFeed, readSnapshot } from "./shell/stream-feed.ts";
import { type LinesAsk, readLines } from "./shell/stream-lines.ts";
import { reachOf } from "./shell/stream-reach.ts";
import { namingsOf, recordsOf } from "./shell/stream-records.ts";
import { type Walk, readChain, walkChain } from "./shell/stream-tables.ts";
import { streamThen } from "./shell/stream-then.ts";
import { admit, takePush } from "./shell/stream-units.ts";
import { ROUND_MS, endHold, keepUp } from "./shell/stream-upkeep.ts";
import * as views from "./shell/stream-views.ts";
import * as writes from "./shell/stream-writes.ts";
import type { CopyRows } from "./shell/table-copy.ts";
import { TenantObject } from "./shell/tenant-object.ts";

export class Hub extends TenantObject {
  readonly #stream: OpenStream = openStream(this.db, this.ctx.storage.sql, this.env);
  readonly #store = this.#stream.store;
  #looking: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openWith(ctx, "hub", async () => {
      await migrate(this.db, migrations);
      if (this.#store.listOrigins().length > 0) await this.#wakeUp();
    });
  }

  // Units.

  /** Lets an origin push here. `admission`: JSON of a `StreamAdmission`. Refuses `quota-exceeded`. */
  async admit(admission: string): Promise<{ readonly epoch: number } | Refusal> {
    const answer = admit(this.#stream, JSON.parse(admission) as StreamAdmission);
    await this.#wakeUp();
    return answer;
  }

  push(raw: unknown): Told {
    return takePush(this.#stream, raw);
  }

  pull(ask: PullAsk): string | Refusal {
    return this.#stream.asOrigin(ask, (origin) => {
      const { newestLens, lineLens } = this.#stream.speechOf(origin);
      return pull(this.#store, ask, origin, newestLens, Date.now(), lineLens);
    });
  }

  load(ask: LoadAsk): string | Refusal {
    return this.#stream.asOrigin(ask, (origin) => load(this.#store, ask, origin, this.#stream.speechOf(origin).newestLens));
  }

  digest(ask: DigestAsk): string | Refusal {
    return this.#stream.asOrigin(ask, (origin) => digest(this.#store, ask, origin, this.#stream.speechOf(origin).newestLens));
  }

  rows(ask: RowsAsk): string | Refusal {
    return this.#stream.asOrigin(ask, (origin) => rows(this.#store, ask, origin, this.#stream.speechOf(origin).newestLens));
  }

  /** What consumers have of an origin. Refuses `unknown-origin` and `not-permitted`. */
  heard(origin: string, key: string): StreamHeard | Refusal {
    const known = this.#stream.proven(origin, key);
    return isRefusal(known) ? known : readHeard(this.db, known, Date.now());
  }

  expel(unit: string): void {
    this.#stream.commit(() => expel(this.#store, unit, Date.now()));
  }

  // The feed, and views.

  read(after: Place, limit: number, unit?: string, consumer?: Consumer, purposes?: readonly string[]): string {
    return readFeed(this.#stream, after, limit, { unit, consumer, purposes }, Date.now());
  }

  /** Returns when the log has grown past a position, when `id` leaves, or after `ms`; false when too many wait. Others are served meanwhile. */
  async waitPast(position: number, ms: number, id: string): Promise<boolean> {
    return this.#store.readState().head > position || (await this.#stream.waiters.wait(id, ms));
  }

  leave(id: string): void {
    this.#stream.waiters.leave(id);
  }

  head(): Place {
    const state = this.#store.readState();
    return placeOf(this.#store, state, state.head);
  }

  forget(token: string): void {
    forget(this.db, token);
  }

  beginSnapshot(id: string): Place | Refusal {
    return beginSnapshot(this.#stream, id, Date.now());
  }

  snapshot(id: string, unit: string | undefined, entity: string | undefined, after: string, limit: number): string | Refusal {
    return readSnapshot(this.#stream, id, { unit, entity, after, limit }, Date.now());
  }

  endSnapshot(id: string): void {
    endHold(this.db, id);
  }

  /** Digests of the values by family; null while they are being worked out: ask again. */
  valueDigests(unit?: string): (Stood & { readonly families: NonNullable<ReturnType<typeof views.valueDigests>> }) | null {
    const families = views.valueDigests(this.db, this.ctx.storage.sql, unit);
    return families === null ? null : { ...this.#stream.stood(), families };
  }

  /** What this stream held at a consumer's place, as the JSON text of a `StreamThen`; null while digests are being worked out: ask again. */
  heldAt(place: Place, unit?: string): string | null {
    const then = streamThen(this.#stream, place, unit);
    return then === null ? null : JSON.stringify(then);
  }

  /** As JSON text: an entity as it was; null when this stream has nothing of it. Refuses `too-late` beyond the log's horizon. */
  entityAt(entity: string, id: string, moment?: Moment, unit?: string): string | null | Refusal {
    return views.entityAt(this.#stream, entity, id, moment, unit);
  }

  /** As JSON text: what each attribute has been; null when this stream has nothing of it. Refuses `too-many`. */
  entityHistory(entity: string, id: string, unit?: string): string | null | Refusal {
    return views.entityHistory(this.#stream, entity, id, unit);
  }

  /** As JSON text: `StreamRecord[]`, of those that were ever there. */
  records(entity: string, ids: readonly string[]): string {
    return JSON.stringify(recordsOf(this.#store, entity, ids));
  }

  /** As JSON text: `Naming[]`, by relations as JSON text. Refuses `too-many`. */
  namings(relations: string, ids: readonly string[]): string | Refusal {
    const found = namingsOf(this.ctx.storage.sql, JSON.parse(relations) as readonly Relation[], ids);
    return isRefusal(found) ? found : JSON.stringify(found);
  }

  /** As JSON text: all that is held of a subject; null when nothing is. */
  heldOf(entity: string, id: string): string | null {
    return views.heldText(this.#stream, this.#stream.forms, entity, id);
  }

  /** As JSON text: a `StreamStand` without its name. */
  stand(): string {
    return JSON.stringify(views.standOf(this.#stream, creditOf(this.#stream.room()), Date.now()));
  }

  /** As JSON text: a `Reach`. */
  reach(): string {
    return JSON.stringify(reachOf(this.#stream, this.#stream.tickets, Date.now()));
  }

  /** As JSON text: `Lines`, of the JSON text of a `LinesAsk`. */
  lines(ask: string): string {
    const { head, horizon } = this.#store.readState();
    return JSON.stringify(readLines(this.db, head, horizon, JSON.parse(ask) as LinesAsk));
  }

  /** As JSON text: the `QualityReply` of an ask, given as JSON text. Refuses `unknown-contract` and `wrong-state`. */
  quality(ask: string): string | Refusal {
    const { db, storage, standard, quality } = this.#stream;
    return answerQuality({ db, sql: storage, standard, quality }, JSON.parse(ask) as QualityAsk, Date.now());
  }

  /** What is published now, as JSON text of a `Lesson`. Refuses `quota-exceeded`. */
  learn(lesson: string): null | Refusal {
    return this.#stream.learn(JSON.parse(lesson) as Lesson);
  }

  // Writing in the hub's own name.

  /** `text`: JSON of a `Write`; `sight`: of a `Sight`. */
  writeOwn(text: string, unit?: string, sight?: string): Told {
    return writes.takeWrite(this.#stream, JSON.parse(text) as writes.Write, unit, sight === undefined ? undefined : (JSON.parse(sight) as Sight));
  }

  /** `named`: JSON of a `Named`; as JSON text a `Sight`. */
  sightOf(named: string): string {
    return JSON.stringify(concern.sightOf(this.#stream, JSON.parse(named) as Named));
  }

  /** An asset came to a unit: whom agreements concern is looked at again, once for all that came meanwhile. */
  async lookAround(): Promise<void> {
    this.#looking ??= concern.lookAround(this.env, this.#stream).finally(() => (this.#looking = null));
    await this.#looking;
  }

  /** `text`: JSON of `Write[]`. */
  writeMany(text: string): Told {
    return writes.takeWrites(this.#stream, JSON.parse(text) as readonly writes.Write[]);
  }

  erase(entity: string, id: string, actor: string, key: string): Told {
    return writes.takeErasure(this.#stream, entity, id, actor, key);
  }

  /** The stream of a family: every stream has heard of all contracts. */
  streamOf(entity: string): StreamName | null {
    return ownMeaning(entity, this.#stream.forms)?.stream ?? null;
  }

  // Dead letters.

  /** As JSON text. */
  deadLetters(unit?: string): string {
    return JSON.stringify(views.deadLetters(this.#store, unit));
  }

  redeliver(origin: string, entity: string, id: string): Told {
    return writes.redeliverDead(this.#stream, origin, entity, id);
  }

  discard(origin: string, hubSeq: number): Told {
    return writes.discardDead(this.#stream, origin, hubSeq);
  }

  // The audit's chain.

  /** As JSON text: a `ChainAnswer` without its name. */
  chain(after: number, limit: number): string {
    const { epoch, head, hash, horizon } = this.#store.readState();
    return JSON.stringify({ epoch, position: head, head: hash, horizon, lines: readChain(this.db, Math.max(after, horizon), limit) });
  }

  /** Goes on along the chain. `head`: the hash at its end. */
  walk(from: Walk | null, limit: number): Walk & { readonly done: boolean; readonly head: string } {
    const state = this.#store.readState();
    return { ...walkChain(this.db, state, from, limit), head: state.hash };
  }

  // Backups.

  confirmBackup(mark: BackupMark): number {
    this.#stream.commit(() => confirmBackup(this.#store, mark));
    return this.#store.readState().stable;
  }

  /** This storage was put back by other means: units offer again what it lacks. */
  beginEpoch(): { readonly epoch: number; readonly point: number } {
    const began = this.#store.transact(() => beginEpoch(this.#store));
    this.#stream.waiters.wake();
    return began;
  }

  /** Refuses `too-many`. */
  beginCopy(): copy.CopyHead | Refusal {
    return copy.beginCopy(this.db, this.ctx.storage.sql, this.#store, crypto.randomUUID(), Date.now());
  }

  /** Rows of a table of the copy as JSON text. Refuses `too-late` when it was given up, or another copy was begun since. */
  copyRows(id: string, table: string, after: number): CopyRows | Refusal {
    return copy.copyRows(this.db, this.ctx.storage.sql, id, table, after, Date.now());
  }

  endCopy(id: string): void {
    copy.endCopy(this.db, this.ctx.storage.sql, id);
  }

  beginRestore(): void {
    copy.beginRestore(this.ctx.storage.sql);
  }

  restoreRows(table: string, rows: string): Refusal | null {
    return copy.restoreRows(this.ctx.storage.sql, table, rows);
  }

  /** What was put back takes the place of what is here, and a new epoch begins. */
  async endRestore(): Promise<{ readonly epoch: number; readonly point: number }> {
    const began = copy.endRestore(this.db, this.ctx.storage.sql, this.#store, (subject) => writes.eraseRestored(this.#stream, subject));
    this.#stream.learnt();
    this.#stream.waiters.wake();
    await this.#wakeUp();
    return began;
  }

  endRegistryRestore(): void {
    copy.endRegistryRestore(this.ctx.storage.sql, this.#store);
  }

  /** The tables were written past this object. */
  reopen(): void {
    this.#store.forget();
    this.#stream.learnt();
  }

  override async alarm(): Promise<void> {
    const next = this.#store.transact(() => keepUp(this.db, this.#store, Date.now()));
    copy.dropAbandoned(this.db, this.ctx.storage.sql);
    await this.#stream.askLesson();
    await this.lookAround().catch((error: unknown) => console.error("hub: whom agreements concern is looked at again in an hour", error));
    await this.ctx.storage.setAlarm(next);
  }

  async #wakeUp(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + ROUND_MS);
  }
}
