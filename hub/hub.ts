/**
 * The Hub object, thin: load, decide, commit, answer. One per tenant and stream takes that stream's pushes and keeps its log; one more,
 * the tenant's registry, holds units and tokens. Named by `hubObject(tenant, stream)` and `hubObject(tenant, "registry")`.
 *
 * What decides is pure and lies in `merge/`; what reads beside the merge in `shell/stream-*.ts`. Whatever holds values comes in and goes out
 * as JSON text.
 */
import { DurableObject } from "cloudflare:workers";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import type { StreamName } from "../contracts/delta/operation.ts";
import type { DigestAsk, LoadAsk, PullAsk, PushReply, RowsAsk } from "../contracts/delta/sync.ts";
import type { Role } from "../contracts/permission.ts";
import { type Refusal, isRefusal, refuse } from "../contracts/refusal.ts";
import { type Signed, equalText, hashSecret } from "../edge/shell/guard.ts";
import type { Moment } from "./master/as-of.ts";
import type { Relation } from "./master/relation.ts";
import { type Speech, type StreamAdmission, ownMeaning, readAdmitted, speechOf, withAdmitted } from "./merge/admission.ts";
import { readBatch } from "./merge/batch.ts";
import { expel } from "./merge/collect.ts";
import { creditOf, roomOf } from "./merge/credit.ts";
import { discard, redeliver } from "./merge/dead.ts";
import { type BackupMark, beginEpoch, confirmBackup } from "./merge/epoch.ts";
import { type OwnWrite, type OwnWritten, erase, writeOwn } from "./merge/own.ts";
import type { Entry } from "./merge/take.ts";
import { mayWrite } from "./merge/writer.ts";
import { type Place, lostAt, placeOf, restartOf } from "./merge/place.ts";
import { digest, load, pull, rows } from "./merge/pull.ts";
import { push } from "./merge/push.ts";
import type { KnownOrigin } from "./merge/store.ts";
import { type Admission, judgeRegistration } from "./registry/register.ts";
import { type Consumer, type StreamHeard, confirm, forget, readHeard } from "./shell/consumer-tables.ts";
import { formsOf, writeForms } from "./shell/form-tables.ts";
import migrations from "./shell/migrations/migrations.js";
import { type QualityAsk, answerQuality } from "./shell/quality/answering.ts";
import { type Lesson, learn, subjectsOf } from "./shell/quality/lesson.ts";
import { standardOf } from "./shell/quality/standard.ts";
import { streamQuality } from "./shell/quality/stream-quality.ts";
import * as registry from "./shell/registry-tables.ts";
import { registryObject } from "./shell/routes-contracts.ts";
import * as copy from "./shell/stream-copy.ts";
import { openTickets } from "./shell/open-tickets.ts";
import { type LinesAsk, readLines } from "./shell/stream-lines.ts";
import { namingsOf, recordsOf } from "./shell/stream-records.ts";
import { reachOf } from "./shell/stream-reach.ts";
import { sqliteStream } from "./shell/stream-store.ts";
import { type Db, type Walk, readChain, readLog, walkChain } from "./shell/stream-tables.ts";
import { ROUND_MS, beginHold, endHold, keepUp, touchHold } from "./shell/stream-upkeep.ts";
import * as views from "./shell/stream-views.ts";
import * as visits from "./shell/visit-tables.ts";
import { Waiters } from "./shell/waiters.ts";
import * as words from "./shell/word-tables.ts";

/** An answer as JSON text, and the units that have something to pull since. */
export type Told = { readonly answer: string | Refusal; readonly told: readonly string[] };
/** Where a stream stood when it answered. */
export type Stood = { readonly epoch: number; readonly position: number; readonly stable: number; readonly place: Place };

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

export class Hub extends DurableObject<Env> {
  readonly #db: Db = drizzle(this.ctx.storage);
  readonly #store = { ...sqliteStream(this.#db, this.ctx.storage.sql), heardTaken: (entries: readonly Entry[]) => void this.#taken.push(...entries) };
  readonly #forms = formsOf(this.#db);
  readonly #standard = standardOf(this.#db);
  readonly #quality = streamQuality({
    db: this.#db,
    standard: this.#standard,
    now: Date.now,
    later: (ms, body) => void setTimeout(() => void body(), ms),
    note: (unit, notes) => registryObject(this.env).noteUnknown(unit, notes),
  });
  /** Of the transaction that is open, or was last. */
  #taken: Entry[] = [];
  readonly #waiters = new Waiters();
  readonly #tickets = openTickets(this.ctx.storage.sql);
  /** By what was admitted. Many units speak the same. */
  readonly #speeches = new Map<string, Speech>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      try {
        await migrate(this.#db, migrations);
        if (this.#store.listOrigins().length > 0) await this.#wakeUp();
      } catch (error) {
        console.error("hub: migration failed", error instanceof Error ? (error.cause ?? error) : error);
        throw error;
      }
    });
  }

  // Units.

  /** Lets an origin push here. Idempotent. `admission`: JSON of a `StreamAdmission`. Refuses `quota-exceeded`. */
  async admit(admission: string): Promise<{ readonly epoch: number } | Refusal> {
    const { origin, unit, keyHash, contracts, published } = JSON.parse(admission) as StreamAdmission;
    const { answer } = this.#commit((): { readonly epoch: number } | Refusal => {
      const known = this.#store.readOrigin(origin);
      const no = writeForms(this.#db, contracts, published);
      if (no !== null) return no;
      const text = JSON.stringify(withAdmitted(readAdmitted(known?.admitted ?? ""), contracts));
      this.#store.writeOrigin({ through: 0, stable: 0, dead: 0, ...known, origin, unit, keyHash, admitted: text });
      return { epoch: this.#store.readState().epoch };
    });
    this.#learnt();
    await this.#wakeUp();
    return answer;
  }

  /** Applies each operation once; answers when all is durable. Refuses `unknown-origin`, `not-permitted`, `gap`, `stale-version` and what `readBatch` refuses. */
  push(raw: unknown): Told {
    const batch = readBatch(raw);
    if (isRefusal(batch)) return { answer: batch, told: [] };
    const room = this.#room();
    // What does not fit is not refused: it stays where it is, and the unit hears how much may come.
    const fitting = batch.operations.length <= room ? batch : { ...batch, operations: [], gap: undefined };
    return told(
      this.#commit((): PushReply | Refusal => {
        const origin = this.#proven(batch.origin, batch.key);
        return isRefusal(origin) ? origin : push(this.#store, fitting, origin, this.#speechOf(origin), creditOf(room), Date.now(), random);
      }),
    );
  }

  pull(ask: PullAsk): string | Refusal {
    return this.#asOrigin(ask, (origin) => pull(this.#store, ask, origin, this.#speechOf(origin).newestLens, Date.now()));
  }

  load(ask: LoadAsk): string | Refusal {
    return this.#asOrigin(ask, (origin) => load(this.#store, ask, origin, this.#speechOf(origin).newestLens));
  }

  digest(ask: DigestAsk): string | Refusal {
    return this.#asOrigin(ask, (origin) => digest(this.#store, ask, origin, this.#speechOf(origin).newestLens));
  }

  rows(ask: RowsAsk): string | Refusal {
    return this.#asOrigin(ask, (origin) => rows(this.#store, ask, origin, this.#speechOf(origin).newestLens));
  }

  /** What consumers have of an origin. Refuses `unknown-origin` and `not-permitted`. */
  heard(origin: string, key: string): StreamHeard | Refusal {
    const known = this.#proven(origin, key);
    return isRefusal(known) ? known : readHeard(this.#db, known, Date.now());
  }

  expel(unit: string): void {
    this.#commit(() => expel(this.#store, unit, Date.now()));
  }

  // The feed.

  /**
   * The log after a place, as the JSON text of a `StreamPage`. `consumer`: who asks, and so says that it has what lies before. A place that
   * this log has not, or not any more, is answered with where to go on from.
   */
  read(after: Place, limit: number, unit?: string, consumer?: Consumer): string {
    const state = this.#store.readState();
    const lost = lostAt(this.#store, state, after);
    if (lost !== null) return JSON.stringify({ operations: [], tags: [], looked: restartOf(this.#store, state, after, lost), rewound: lost });
    if (consumer !== undefined) this.#db.transaction(() => confirm(this.#db, consumer, after.position, Date.now()));
    const { operations, tags, looked } = readLog(this.#db, this.#store, state, after.position, limit, unit);
    return `{"looked":${JSON.stringify(looked)},"tags":${JSON.stringify(tags)},"operations":[${operations.join(",")}]}`;
  }

  /** Returns when the log has grown past a position, or after `ms`. Others are served meanwhile. */
  async waitPast(position: number, ms: number): Promise<void> {
    if (this.#store.readState().head <= position) await this.#waiters.wait(ms);
  }

  /** Where the log ends. */
  head(): Place {
    const state = this.#store.readState();
    return placeOf(this.#store, state, state.head);
  }

  /** The consumer was removed: nobody waits for it any more. */
  forget(token: string): void {
    forget(this.#db, token);
  }

  // Views.

  /** A state that stays readable: where it lies. Refuses `too-many`. */
  beginSnapshot(id: string): Place | Refusal {
    const place = this.head();
    return beginHold(this.#db, id, place.position, Date.now()) ?? place;
  }

  /** As JSON text. Refuses `too-late` when the snapshot was given up. */
  snapshot(id: string, unit: string | undefined, entity: string | undefined, after: string, limit: number): string | Refusal {
    const position = touchHold(this.#db, id, Date.now());
    if (position === null) return refuse("too-late", "this snapshot was given up: nobody asked for 15 minutes", "begin a new one, without `after`", "after");
    return JSON.stringify(views.snapshotRows(this.#reading(), position, unit, entity, after, limit));
  }

  endSnapshot(id: string): void {
    endHold(this.#db, id);
  }

  /** Digests of the values by family; null while they are being worked out: ask again. */
  valueDigests(unit?: string): (Stood & { readonly families: NonNullable<ReturnType<typeof views.valueDigests>> }) | null {
    const families = views.valueDigests(this.#db, this.ctx.storage.sql, unit);
    return families === null ? null : { ...this.#stood(), families };
  }

  /** As JSON text: an entity as it was; null when this stream has nothing of it. Refuses `too-late` beyond the log's horizon. */
  entityAt(entity: string, id: string, moment?: Moment, unit?: string): string | null | Refusal {
    return views.entityAt(this.#reading(), entity, id, moment, unit);
  }

  /** As JSON text: what each attribute has been; null when this stream has nothing of it. Refuses `too-many`. */
  entityHistory(entity: string, id: string, unit?: string): string | null | Refusal {
    return views.entityHistory(this.#reading(), entity, id, unit);
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
    return views.heldText(this.#reading(), this.#forms, entity, id);
  }

  /** As JSON text: a `StreamStand` without its name. */
  stand(): string {
    return JSON.stringify(views.standOf(this.#reading(), creditOf(this.#room()), Date.now()));
  }

  /** As JSON text: a `Reach`. */
  reach(): string {
    return JSON.stringify(reachOf(this.#reading(), this.#tickets, Date.now()));
  }

  /** As JSON text: `Lines`, of the JSON text of a `LinesAsk`. */
  lines(ask: string): string {
    const { head, horizon } = this.#store.readState();
    return JSON.stringify(readLines(this.#db, head, horizon, JSON.parse(ask) as LinesAsk));
  }

  /** As JSON text: the `QualityReply` of an ask, given as JSON text. Refuses `unknown-contract` and `wrong-state`. */
  quality(ask: string): string | Refusal {
    const asked = { db: this.#db, sql: this.ctx.storage.sql, standard: this.#standard, quality: this.#quality };
    return answerQuality(asked, JSON.parse(ask) as QualityAsk, Date.now());
  }

  /** What is published now, as JSON text of a `Lesson`. Refuses `quota-exceeded`. */
  learn(lesson: string): null | Refusal {
    const { answer } = this.#commit(() => learn(this.#db, JSON.parse(lesson) as Lesson) ?? { learnt: true });
    this.#learnt();
    return isRefusal(answer) ? answer : null;
  }

  // Writing in the hub's own name.

  /** The write (JSON of an `OwnWrite` without its stream), once; answers `OwnWritten & Stood`. `unit`: only what this unit sees may be written. Refuses `unknown-contract`, `not-permitted`, `stale-version` and what `merge/own.ts` refuses. */
  writeOwn(text: string, unit?: string): Told {
    const write = JSON.parse(text) as Omit<OwnWrite, "stream">;
    const meaning = ownMeaning(write.entity, this.#forms);
    if (meaning === undefined) return { answer: unknownEntity(), told: [] };
    return told(
      this.#commit((): (OwnWritten & Stood) | Refusal => {
        const no = mayWrite(this.#store, write, unit);
        const written = no ?? writeOwn(this.#store, { ...write, stream: meaning.stream }, meaning, Date.now(), random);
        return isRefusal(written) ? written : { ...this.#stood(written.position), ...written };
      }),
    );
  }

  /** As `writeOwn`, a list of them in one transaction: `written` has an answer or a refusal for each. One that is refused leaves the others. */
  writeMany(text: string): Told {
    const writes = JSON.parse(text) as readonly Omit<OwnWrite, "stream">[];
    return told(
      this.#commit((): { readonly written: readonly (OwnWritten | Refusal)[] } => ({
        written: writes.map((write) => {
          const meaning = ownMeaning(write.entity, this.#forms);
          if (meaning === undefined) return unknownEntity();
          return mayWrite(this.#store, write, undefined) ?? writeOwn(this.#store, { ...write, stream: meaning.stream }, meaning, Date.now(), random);
        }),
      })),
    );
  }

  /** As `writeOwn`. */
  erase(entity: string, id: string, actor: string, key: string): Told {
    const meaning = ownMeaning(entity, this.#forms);
    if (meaning === undefined) return { answer: unknownEntity(), told: [] };
    return told(
      this.#commit((): (OwnWritten & Stood) | Refusal => {
        const written = erase(this.#store, entity, id, meaning, actor, key, Date.now(), random);
        return isRefusal(written) ? written : { ...this.#stood(written.position), ...written };
      }),
    );
  }

  /** The stream of a family: every stream has heard of all contracts. */
  streamOf(entity: string): StreamName | null {
    return ownMeaning(entity, this.#forms)?.stream ?? null;
  }

  // Dead letters.

  /** As JSON text. */
  deadLetters(unit?: string): string {
    return JSON.stringify(views.deadLetters(this.#store, unit));
  }

  redeliver(origin: string, entity: string, id: string): Told {
    return told(
      this.#commit(() => {
        const known = this.#known(origin);
        return isRefusal(known) ? known : redeliver(this.#store, known, entity, id, this.#speechOf(known), Date.now(), random);
      }),
    );
  }

  discard(origin: string, hubSeq: number): Told {
    return told(
      this.#commit(() => {
        const known = this.#known(origin);
        return isRefusal(known) ? known : discard(this.#store, known, hubSeq, this.#speechOf(known), Date.now(), random);
      }),
    );
  }

  // The audit's chain.

  /** As JSON text: a `ChainAnswer` without its name. */
  chain(after: number, limit: number): string {
    const { epoch, head, hash, horizon } = this.#store.readState();
    return JSON.stringify({ epoch, position: head, head: hash, horizon, lines: readChain(this.#db, Math.max(after, horizon), limit) });
  }

  /** Goes on along the chain. `head`: the hash at its end. */
  walk(from: Walk | null, limit: number): Walk & { readonly done: boolean; readonly head: string } {
    const state = this.#store.readState();
    return { ...walkChain(this.#db, state, from, limit), head: state.hash };
  }

  // Backups.

  confirmBackup(mark: BackupMark): number {
    this.#commit(() => confirmBackup(this.#store, mark));
    return this.#store.readState().stable;
  }

  /** This storage was put back by other means: units offer again what it lacks. */
  beginEpoch(): { readonly epoch: number; readonly point: number } {
    const began = this.#store.transact(() => beginEpoch(this.#store));
    this.#waiters.wake();
    return began;
  }

  /** Refuses `too-many`. */
  beginCopy(): copy.CopyHead | Refusal {
    return copy.beginCopy(this.#db, this.ctx.storage.sql, this.#store, crypto.randomUUID(), Date.now());
  }

  /** Rows of a table of the copy as JSON text. Refuses `too-late` when it was given up, or another copy was begun since. */
  copyRows(id: string, table: string, after: number): copy.CopyRows | Refusal {
    return copy.copyRows(this.#db, this.ctx.storage.sql, id, table, after, Date.now());
  }

  endCopy(id: string): void {
    copy.endCopy(this.#db, this.ctx.storage.sql, id);
  }

  beginRestore(): void {
    copy.beginRestore(this.ctx.storage.sql);
  }

  restoreRows(table: string, rows: string): Refusal | null {
    return copy.restoreRows(this.ctx.storage.sql, table, rows);
  }

  /** What was put back takes the place of what is here, and a new epoch begins. */
  async endRestore(): Promise<{ readonly epoch: number; readonly point: number }> {
    const began = copy.endRestore(this.#db, this.ctx.storage.sql, this.#store, (subject) => this.#eraseAgain(subject));
    this.#learnt();
    this.#waiters.wake();
    await this.#wakeUp();
    return began;
  }

  endRegistryRestore(): void {
    copy.endRegistryRestore(this.ctx.storage.sql, this.#store);
  }

  /** The tables were written past this object. */
  reopen(): void {
    this.#store.forget();
    this.#learnt();
  }

  override async alarm(): Promise<void> {
    const next = this.#store.transact(() => keepUp(this.#db, this.#store, Date.now()));
    copy.dropAbandoned(this.#db, this.ctx.storage.sql);
    await this.#askLesson();
    await this.ctx.storage.setAlarm(next);
  }

  // The registry.

  register(raw: unknown): Admission | Refusal {
    return this.#db.transaction((): Admission | Refusal => {
      const judged = judgeRegistration(raw, this.env.TENANT, hashSecret, (unit) => registry.readUnit(this.#db, unit), equalText);
      if (isRefusal(judged)) return judged;
      return registry.writeUnit(this.#db, judged.admission, judged.registration.contracts) ?? judged.admission;
    });
  }

  openUnit(unit: string): void {
    registry.openUnit(this.#db, unit);
  }

  /** As JSON text: `Registered[]`. */
  contracts(unit?: string): string {
    return JSON.stringify(registry.readContracts(this.#db, unit));
  }

  addToken(hash: string, signed: Signed): Refusal | null {
    return this.#db.transaction(() => registry.writeToken(this.#db, hash, signed, Date.now()));
  }

  whoIs(hash: string): Signed | null {
    return registry.readToken(this.#db, hash) ?? null;
  }

  // Who looks at the pages, and what units said of themselves.

  /** The code of a link. Refuses `quota-exceeded`. */
  addLink(role: Role, subject: string): string | Refusal {
    return this.#db.transaction(() => visits.addLink(this.#db, role, subject, Date.now()));
  }

  /** Refuses `not-signed-in`. */
  redeem(code: string): ReturnType<typeof visits.redeem> {
    return this.#db.transaction(() => visits.redeem(this.#db, code, Date.now()));
  }

  whoVisits(hash: string): Signed | null {
    return visits.readVisit(this.#db, hash, Date.now());
  }

  forgetVisit(hash: string): void {
    visits.forgetVisit(this.#db, hash);
  }

  noteWord(unit: string, said: words.Said): void {
    this.#db.transaction(() => words.writeWord(this.#db, unit, said, Date.now()));
  }

  /** As JSON text: what units said last, and whose tokens there are by their hash. */
  words(): string {
    return JSON.stringify({ words: words.readWords(this.#db), names: registry.readTokenNames(this.#db) });
  }

  /** As JSON text: `UnitReceipt[]`, newest first. */
  receipts(): string {
    return JSON.stringify(words.readReceipts(this.#db));
  }

  // How it is done.

  #reading(): views.Reading {
    return { db: this.#db, store: this.#store, storage: this.ctx.storage.sql };
  }

  /** All of it or, when it throws or refuses, nothing. */
  #commit<T>(body: () => T | Refusal): { readonly answer: T | Refusal; readonly audience: readonly string[] } {
    const before = this.#store.readState().head;
    let no: Refusal | null = null;
    this.#taken = [];
    try {
      const answer = this.#store.transact(() => {
        const given = body();
        if (!isRefusal(given)) return given;
        no = given;
        throw new Error(given.rule);
      });
      if (this.#store.readState().head > before) this.#waiters.wake();
      this.#quality.committed(this.#taken);
      this.#taken = [];
      return { answer, audience: this.#store.audience() };
    } catch (error) {
      if (no === null) throw error;
      return { answer: no, audience: [] };
    }
  }

  #asOrigin<T>(ask: { readonly origin: string; readonly key: string }, body: (origin: KnownOrigin) => T | Refusal): string | Refusal {
    const { answer } = this.#commit(() => {
      const origin = this.#proven(ask.origin, ask.key);
      return isRefusal(origin) ? origin : body(origin);
    });
    return isRefusal(answer) ? answer : JSON.stringify(answer);
  }

  #known(name: string): KnownOrigin | Refusal {
    const origin = this.#store.readOrigin(name);
    // One of before contracts were kept has to register again.
    return origin === undefined || origin.admitted === ""
      ? refuse("unknown-origin", "this origin has not registered", "register the unit's contracts first", "origin")
      : origin;
  }

  #proven(name: string, key: string): KnownOrigin | Refusal {
    const origin = this.#known(name);
    return isRefusal(origin) || equalText(origin.keyHash, hashSecret(key))
      ? origin
      : refuse("not-permitted", "the key is not that of the origin", "push with the key that was registered", "key");
  }

  #speechOf({ admitted }: KnownOrigin): Speech {
    const known = this.#speeches.get(admitted);
    if (known !== undefined) return known;
    const speech = speechOf(readAdmitted(admitted), this.#forms);
    this.#speeches.set(admitted, speech);
    return speech;
  }

  /** Within a transaction. */
  #eraseAgain(subject: string): void {
    const at = subject.indexOf("/");
    const [entity, id] = [subject.slice(0, at), subject.slice(at + 1)];
    const meaning = ownMeaning(entity, this.#forms);
    const { epoch } = this.#store.readState();
    if (meaning === undefined) this.#store.writeKey(subject, null);
    else erase(this.#store, entity, id, meaning, "restore", `erased/${epoch}/${subject}`, Date.now(), random);
  }

  /** Contracts or bridges are others now. */
  #learnt(): void {
    this.#speeches.clear();
    this.#standard.forget();
  }

  /** What the registry failed to tell is asked for, now and then. */
  async #askLesson(): Promise<void> {
    const subjects = subjectsOf(this.#db);
    if (subjects.length === 0) return;
    try {
      this.learn(await registryObject(this.env).lesson(subjects));
    } catch (error) {
      console.error("hub: what is published is asked again in an hour", error);
    }
  }

  #room(): number {
    const { head, horizon } = this.#store.readState();
    return roomOf(head - horizon, this.ctx.storage.sql.databaseSize);
  }

  #stood(at?: number): Stood {
    const state = this.#store.readState();
    const position = at ?? state.head;
    return { epoch: state.epoch, position, stable: state.stable, place: placeOf(this.#store, state, position) };
  }

  async #wakeUp(): Promise<void> {
    if ((await this.ctx.storage.getAlarm()) === null) await this.ctx.storage.setAlarm(Date.now() + ROUND_MS);
  }
}

function told<T>({ answer, audience }: { readonly answer: T | Refusal; readonly audience: readonly string[] }): Told {
  return { answer: isRefusal(answer) ? answer : JSON.stringify(answer), told: audience };
}

function unknownEntity(): Refusal {
  return refuse("unknown-contract", "no contract of that name", "see GET /api/hub/contracts", "entity");
}
