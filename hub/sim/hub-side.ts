/** The simulated hub: for each stream a memory store with the shipped merge over it, the door that its object has, its backups. */
import type { Lens } from "../../contracts/delta/lens.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { RandomBytes } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Question, Reply } from "../../edge/delta/exchange.ts";
import { readBatch } from "../merge/batch.ts";
import { type BackupMark, beginEpoch, confirmBackup, markBackup } from "../merge/epoch.ts";
import { type MemoryStream, memoryStream } from "../merge/memory-store.ts";
import { digest, load, pull, rows } from "../merge/pull.ts";
import { type Known, push } from "../merge/push.ts";
import type { KnownOrigin } from "../merge/store.ts";
import { LENS, type Major, STREAMS, hubMeaning, majorOf } from "./contract.ts";
import { type Fuse, attempt, makeFuse } from "./crash.ts";

/** `stray`: the log has been put back to before it since; whoever confirms it is too late, unless that log holds just what it holds. */
export type Backup = { readonly copy: MemoryStream; readonly mark: BackupMark; confirmed: boolean; stray: boolean };

export type StreamSide = { readonly name: StreamName; readonly fuse: Fuse; store: MemoryStream; readonly backups: Backup[] };

export type Hub = {
  readonly streams: ReadonlyMap<StreamName, StreamSide>;
  readonly random: RandomBytes;
  /** What was poison is allowed now. */
  mended: boolean;
  credit: number;
  /** Lines, or rows, that it tells in one answer. */
  page: number;
};

export function startHub(random: RandomBytes): Hub {
  const sides = STREAMS.map((name): [StreamName, StreamSide] => {
    const fuse = makeFuse();
    return [name, { name, fuse, store: memoryStream(fuse.burn), backups: [] }];
  });
  return { streams: new Map(sides), random, mended: false, credit: 500, page: 500 };
}

export function sideOf(hub: Hub, stream: StreamName): StreamSide {
  const side = hub.streams.get(stream);
  if (side === undefined) throw new Error(`no stream ${stream}`);
  return side;
}

/** Idempotent: a unit shows its key with each life, and with each contract that it speaks. */
export function register(hub: Hub, unit: string, origin: KnownOrigin["origin"], key: string, major: Major): void {
  for (const { store } of hub.streams.values()) {
    const known = store.readOrigin(origin);
    store.writeOrigin({
      origin,
      unit,
      keyHash: key,
      admitted: String(major),
      through: 0,
      stable: 0,
      dead: 0,
      ...(known === undefined ? {} : { ...known, admitted: String(major) }),
    });
  }
}

/** One question, in one transaction. Null: the object crashed before it was through. */
export function answer(hub: Hub, question: Question, key: string, now: Millis, crashAfter: number | null): Reply["reply"] | Refusal | null {
  const side = sideOf(hub, question.with.stream);
  const done = attempt(side.fuse, crashAfter, () => side.store.transact(() => answerIn(hub, side.store, question, key, now)));
  return done === null ? null : done.done;
}

function answerIn(hub: Hub, store: MemoryStream, question: Question, key: string, now: Millis): Reply["reply"] | Refusal {
  const origin = store.readOrigin(question.with.origin);
  if (origin === undefined) return refuse("unknown-origin", "this origin has not registered", "register first", "origin");
  if (origin.keyHash !== key) return refuse("not-permitted", "the key is not that of the origin", "push with the key that was registered", "key");
  const words = wordsOf(origin);
  switch (question.ask) {
    case "push": {
      const batch = readBatch({ ...question.with, key });
      return isRefusal(batch) ? batch : push(store, batch, origin, knownOf(hub, origin), hub.credit, now, hub.random);
    }
    case "pull":
      return pull(store, { ...question.with, key, limit: Math.min(question.with.limit, hub.page) }, origin, words, now);
    case "load":
      return load(store, { ...question.with, key, limit: Math.min(question.with.limit, hub.page) }, origin, words);
    case "digest":
      return digest(store, { ...question.with, key }, origin, words);
    case "rows":
      return rows(store, { ...question.with, key }, origin, words);
  }
}

/** What an origin may write under, and how it is read. */
export function knownOf(hub: Hub, origin: KnownOrigin): Known {
  return {
    meaningOf: (entity, contract) =>
      contract.startsWith(`${entity}@`) && majorOf(contract) <= Number(origin.admitted) ? hubMeaning(entity, hub.mended) : undefined,
    lensOf: (_entity, contract) => (majorOf(contract) === 1 ? LENS : undefined),
    newestLens: wordsOf(origin),
  };
}

/** The words in which a unit is answered: of the major that it registered last. */
export function wordsOf(origin: KnownOrigin): (entity: string) => Lens | undefined {
  const lens = origin.admitted === "1" ? LENS : undefined;
  return () => lens;
}

/** The mark first, then the copy: the copy may hold more. */
export function takeBackup(side: StreamSide): Backup {
  const mark = markBackup(side.store);
  const backup = { copy: side.store.copy(), mark, confirmed: false, stray: false };
  side.backups.push(backup);
  return backup;
}

export function confirm(side: StreamSide, backup: Backup): void {
  side.store.transact(() => confirmBackup(side.store, backup.mark));
  backup.confirmed = !backup.stray || isHeld(side, backup);
}

/** Two copies of one log, and the other one was put back without a word: this log goes on from what both hold. */
function isHeld({ store }: StreamSide, { copy, mark }: Backup): boolean {
  return mark.epoch === store.readState().epoch && store.everAt(mark.position)?.hash === copy.everAt(mark.position)?.hash;
}

/** The copy in the place of the storage. Announced: whoever did it says so, and which epoch was in use. */
export function restore(side: StreamSide, backup: Backup, announced: boolean): void {
  const { epoch } = side.store.readState();
  const admissions = side.store.listOrigins();
  const at = side.backups.indexOf(backup);
  for (const [i, other] of side.backups.entries()) other.stray = i > at && (other.stray || !other.confirmed);
  side.store = backup.copy.copy();
  // The registry is another object, and tells a stream that starts what each origin was admitted with.
  for (const { origin, admitted } of admissions) {
    const known = side.store.readOrigin(origin);
    if (known !== undefined) side.store.writeOrigin({ ...known, admitted });
  }
  if (announced) side.store.transact(() => beginEpoch(side.store, epoch));
}
