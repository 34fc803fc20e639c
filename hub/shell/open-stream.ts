/**
 * A stream as its object holds it open: the store, what it was taught of contracts, who waits for news; and the one transaction in which
 * everything is written. What is asked of it lies in the `stream-*.ts` beside this.
 */
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { equalText, hashSecret } from "../../edge/shell/guard.ts";
import { type Forms, type Speech, readAdmitted, speechOf } from "../merge/admission.ts";
import { roomOf } from "../merge/credit.ts";
import { type Place, placeOf } from "../merge/place.ts";
import type { KnownOrigin } from "../merge/store.ts";
import type { Entry } from "../merge/take.ts";
import { type UpgradeTables, upgradeTurn } from "../merge/upgrade.ts";
import { openUpgrades } from "../merge/words.ts";
import { streamObject } from "./feed-reader.ts";
import { formsOf, upgradesOf } from "./form-tables.ts";
import { type OpenTickets, openTickets } from "./open-tickets.ts";
import { type Lesson, learn, subjectsOf } from "./quality/lesson.ts";
import { type Standard, standardOf } from "./quality/standard.ts";
import { type StreamQuality, streamQuality } from "./quality/stream-quality.ts";
import { registryObject } from "./routes-contracts.ts";
import { bringsAssets, followCustomers } from "./stream-concern.ts";
import { type SqliteStream, sqliteStream } from "./stream-store.ts";
import type { Db } from "./stream-tables.ts";
import type { Reading } from "./stream-views.ts";
import { Waiters } from "./waiters.ts";

/** An answer as JSON text, and the units that have something to pull since. */
export type Told = { readonly answer: string | Refusal; readonly told: readonly string[] };
/** Where a stream stood when it answered. */
export type Stood = { readonly epoch: number; readonly position: number; readonly stable: number; readonly place: Place };
/** What a transaction gave, and the units that were told something in it. */
export type Committed<T> = { readonly answer: T | Refusal; readonly audience: readonly string[] };

export type OpenStream = Reading & {
  readonly store: SqliteStream;
  readonly forms: Forms;
  readonly upgrades: UpgradeTables;
  readonly standard: Standard;
  readonly quality: StreamQuality;
  readonly waiters: Waiters;
  readonly tickets: OpenTickets;
  /** All of it or, when it throws or refuses, nothing. */
  commit<T>(body: () => T | Refusal): Committed<T>;
  /** As `commit`, for an origin that shows its key; as JSON text. Refuses what `proven` does. */
  asOrigin<T>(ask: { readonly origin: string; readonly key: string }, body: (origin: KnownOrigin) => T | Refusal): string | Refusal;
  /** Refuses `unknown-origin`. */
  known(origin: string): KnownOrigin | Refusal;
  /** Refuses `unknown-origin`, `not-permitted`, and `unavailable` as `busy` does. */
  proven(origin: string, key: string): KnownOrigin | Refusal;
  /** Null when rows may be read in today's words and written. While a large stream is put into those of a new major: `unavailable`. */
  busy(): Refusal | null;
  speechOf(origin: KnownOrigin): Speech;
  /** What is published now. Refuses `quota-exceeded`. */
  learn(lesson: Lesson): null | Refusal;
  /** Contracts or bridges are others now. */
  learnt(): void;
  /** Goes on with what has to be put into the words of a new major, a turn at a time. */
  upgrade(): void;
  /** What the registry failed to tell is asked for. */
  askLesson(): Promise<void>;
  /** Operations for which there is room. */
  room(): number;
  /** `at`: another position than the head. */
  stood(at?: number): Stood;
};

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

export function openStream(db: Db, storage: SqlStorage, env: Env): OpenStream {
  /** Of the transaction that is open, or was last. */
  let taken: Entry[] = [];
  const store = { ...sqliteStream(db, storage), heardTaken: (entries: readonly Entry[]) => void taken.push(...entries) };
  const [forms, upgrades, standard, waiters] = [formsOf(db), upgradesOf(db), standardOf(db), new Waiters()];
  /** Whether the next turn of an upgrade is under way, and whether it is known that there is none. */
  let [upgrading, upgraded] = [false, false];
  /** By what was admitted. Many units speak the same. */
  const speeches = new Map<string, Speech>();
  const quality = streamQuality({
    db,
    standard,
    now: Date.now,
    later: (ms, body) => void setTimeout(() => void body(), ms),
    note: (unit, notes) => registryObject(env).noteUnknown(unit, notes),
  });

  const stream: OpenStream = {
    db,
    store,
    storage,
    forms,
    upgrades,
    standard,
    quality,
    waiters,
    tickets: openTickets(storage),
    commit(body) {
      const before = store.readState().head;
      let no: Refusal | null = null;
      taken = [];
      try {
        const answer = store.transact(() => {
          const given = body();
          if (!isRefusal(given)) {
            followCustomers(stream, taken);
            return given;
          }
          no = given;
          throw new Error(given.rule);
        });
        if (store.readState().head > before) waiters.wake();
        quality.committed(taken);
        // One that is lost is made good within the hour.
        if (bringsAssets(taken))
          void streamObject(env, "customers")
            .lookAround()
            .catch(() => undefined);
        taken = [];
        return { answer, audience: store.audience() };
      } catch (error) {
        if (no === null) throw error;
        return { answer: no, audience: [] };
      }
    },
    asOrigin(ask, body) {
      const { answer } = stream.commit(() => {
        const origin = stream.proven(ask.origin, ask.key);
        return isRefusal(origin) ? origin : body(origin);
      });
      return isRefusal(answer) ? answer : JSON.stringify(answer);
    },
    known(name) {
      const origin = store.readOrigin(name);
      // One of before contracts were kept has to register again.
      return origin === undefined || origin.admitted === ""
        ? refuse("unknown-origin", "this origin has not registered", "register the unit's contracts first", "origin")
        : origin;
    },
    proven(name, key) {
      const origin = stream.known(name);
      if (isRefusal(origin)) return origin;
      return equalText(origin.keyHash, hashSecret(key))
        ? (stream.busy() ?? origin)
        : refuse("not-permitted", "the key is not that of the origin", "push with the key that was registered", "key");
    },
    busy() {
      if (upgraded) return null;
      const [upgrade] = openUpgrades(upgrades.list());
      upgraded = upgrade === undefined;
      if (upgrade === undefined) return null;
      stream.upgrade();
      return refuse("unavailable", `${upgrade.subject} is being put into the words of major ${upgrade.major}`, "ask again in a moment");
    },
    upgrade() {
      if (upgrading || openUpgrades(upgrades.list()).length === 0) return;
      upgrading = true;
      // Others are served between two turns.
      setTimeout(() => {
        upgrading = false;
        try {
          stream.commit(() => upgradeTurn(store, forms, upgrades, Date.now(), random));
          stream.upgrade();
        } catch (error) {
          console.error("hub: what is held is put into the new words later", error);
        }
      }, 0);
    },
    speechOf({ admitted }) {
      const known = speeches.get(admitted);
      if (known !== undefined) return known;
      const speech = speechOf(readAdmitted(admitted), forms);
      speeches.set(admitted, speech);
      return speech;
    },
    learn(lesson) {
      const { answer } = stream.commit(() => {
        const no = learn(db, lesson, store.readState().head);
        // Of a small stream nobody notices.
        if (no === null) upgradeTurn(store, forms, upgrades, Date.now(), random);
        return no ?? { learnt: true };
      });
      stream.learnt();
      return isRefusal(answer) ? answer : null;
    },
    learnt() {
      speeches.clear();
      standard.forget();
      upgraded = false;
      stream.upgrade();
    },
    async askLesson() {
      stream.upgrade();
      const subjects = subjectsOf(db);
      if (subjects.length === 0) return;
      try {
        stream.learn(JSON.parse(await registryObject(env).lesson(subjects)) as Lesson);
      } catch (error) {
        console.error("hub: what is published is asked again in an hour", error);
      }
    },
    room() {
      const { head, horizon } = store.readState();
      return roomOf(head - horizon, storage.databaseSize);
    },
    stood(at) {
      const state = store.readState();
      const position = at ?? state.head;
      return { epoch: state.epoch, position, stable: state.stable, place: placeOf(store, state, position) };
    },
  };
  return stream;
}

export function toldOf<T>({ answer, audience }: Committed<T>): Told {
  return { answer: isRefusal(answer) ? answer : JSON.stringify(answer), told: audience };
}
