/**
 * One stream's conversation with the hub: what to ask next, and what an answer changes. One call is under way at a time, so an answer is
 * always to the question that was asked last; a call that failed is asked again. Pushes come first: what was sent and not answered must be
 * settled before anything is heard, or the unit would lay its own write over itself. An answer that names another epoch than the one known
 * comes from a hub that was restored: all that was heard is compared, and all that was acknowledged may have to be offered again.
 *
 * ```
 * each life, the oldest first: unsettled? push (perhaps empty) ─ pending? push
 *                                                                └ repair? load | digest | rows ─ nudged? pull ─ nothing to say
 * ```
 */
import { PUSH_OPERATIONS_MAX, type StreamName } from "../../contracts/delta/operation.ts";
import {
  type DigestAsk,
  type DigestReply,
  type LoadAsk,
  type LoadReply,
  PULL_LINES_MAX,
  type PullAsk,
  type PullReply,
  type PushBatch,
  type PushReply,
  ROWS_MAX,
  type RowsAsk,
  type RowsReply,
} from "../../contracts/delta/sync.ts";
import type { Origin } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { erasedBy, revives } from "./forget.ts";
import { type Heard, takeLoad, takePull } from "./pull.ts";
import { type Changed, beginRepair, nextPush, openInbox, outboxesOf, takePush } from "./push.ts";
import { NOTHING_FOUND, type Rewrite, type Search, endRepair, nextRepair, takeDigest, takeRows } from "./repair.ts";
import type { Inbox, ReplicaStore } from "./store.ts";

/** What is not worth keeping over a restart. */
export type Session = {
  /** Lives of which the hub has said where they stand there, and nothing of theirs is under way. */
  readonly settled: readonly Origin[];
  /** Whether the hub has something for this stream, or may have. */
  readonly nudged: boolean;
  readonly credit: number;
  readonly search: Search;
};
export const FRESH_SESSION: Session = { settled: [], nudged: true, credit: PUSH_OPERATIONS_MAX, search: NOTHING_FOUND };

type Keyless<T> = Omit<T, "key">;
export type Question =
  | { readonly ask: "push"; readonly with: Keyless<PushBatch> }
  | { readonly ask: "pull"; readonly with: Keyless<PullAsk> }
  | { readonly ask: "load"; readonly with: Keyless<LoadAsk> }
  | { readonly ask: "digest"; readonly with: Keyless<DigestAsk> }
  | { readonly ask: "rows"; readonly with: Keyless<RowsAsk> };
export type Reply =
  | { readonly ask: "push"; readonly reply: PushReply }
  | { readonly ask: "pull"; readonly reply: PullReply }
  | { readonly ask: "load"; readonly reply: LoadReply }
  | { readonly ask: "digest"; readonly reply: DigestReply }
  | { readonly ask: "rows"; readonly reply: RowsReply };

/** Null: nothing to say; or nothing may be said, since the hub gave no credit. */
export function nextQuestion(store: ReplicaStore, origin: Origin, stream: StreamName, session: Session): Question | null {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  const shown = { stream, ...(inbox.epoch === 0 ? {} : { epoch: inbox.epoch }), ...((inbox.seen ?? null) === null ? {} : { seen: inbox.seen ?? "" }) };
  for (const outbox of outboxesOf(store, origin, stream)) {
    const batch = nextPush(store, outbox, session.credit, !session.settled.includes(outbox.origin));
    if (batch !== null) return { ask: "push", with: { origin: outbox.origin, ...shown, ...batch } };
    // What an earlier life wrote is older: it goes first.
    if (outbox.last > outbox.through) break;
  }
  const head = { origin, ...shown } as const;
  if (inbox.repair === "load") return { ask: "load", with: { ...head, limit: ROWS_MAX, ...(inbox.loaded === "" ? {} : { after: inbox.loaded }) } };
  if (inbox.repair === "digest") {
    const step = nextRepair(store, searchOf(inbox, session));
    if (step.ask === "rows") return { ask: "rows", with: { ...head, rows: step.rows } };
    if (step.ask === "digest")
      return {
        ask: "digest",
        with: { ...head, ...(step.entity === undefined ? {} : { entity: step.entity }), ...(step.bucket === undefined ? {} : { bucket: step.bucket }) },
      };
  }
  if (!session.nudged || inbox.cursor === null) return null;
  return { ask: "pull", with: { ...head, after: inbox.cursor, limit: PULL_LINES_MAX, acknowledged: store.readOutbox(origin, stream)?.through ?? 0 } };
}

/**
 * What an answer brought. `changed`: entities to work out again; `restored`: the hub may know an older registration, or not that a subject
 * was erased, so the unit registers again; `reusedFrom`: this unit is an older copy of itself; it needs a new incarnation, and what it wrote from this seq on goes there.
 * `rewrite`: to be written anew, as the unit's own.
 */
export type Answered = {
  readonly restored: boolean;
  readonly session: Session;
  readonly changed: readonly Changed[];
  readonly heard: readonly Heard[];
  readonly reusedFrom: number | null;
  readonly rewrite: readonly Rewrite[];
};

/** Inside a transaction: everything that an answer changes, or nothing. */
export function takeAnswer(store: ReplicaStore, current: Origin, question: Question, answer: Reply, session: Session, now: Millis): Answered {
  const none = { changed: [], heard: [], reusedFrom: null, rewrite: [], restored: true } as const;
  const { stream } = question.with;
  const known = store.readInbox(stream) ?? openInbox(stream);
  const { epoch } = answer.reply;
  const isOther = known.epoch !== 0 && known.epoch !== epoch;
  if (isOther || known.epoch === 0) store.writeInbox({ ...(isOther ? beginRepair(known) : known), epoch });
  const anew: Session = { ...session, settled: [], nudged: true, search: NOTHING_FOUND };
  // Other answers of a hub that was restored are to questions that are not asked any more.
  if (isOther && question.ask !== "push") {
    // The place that was shown was the other hub's: shown to this one, it would take itself for an older copy once more.
    show(store, stream, answer.reply.seen);
    return { ...none, session: anew };
  }
  // Before anything is laid: of what an erased subject was nothing is kept.
  const revived = revives(store, answer);
  const answered = takeOne(store, current, question, answer, session, anew, isOther, now);
  if (answered.reusedFrom === null) show(store, stream, answer.reply.seen);
  for (const { entity, id } of erasedBy(question, answer)) store.eraseSubject(entity, id);
  return revived ? { ...answered, restored: true } : answered;
}

function takeOne(
  store: ReplicaStore,
  current: Origin,
  question: Question,
  answer: Reply,
  session: Session,
  anew: Session,
  isOther: boolean,
  now: Millis,
): Answered {
  const none = { changed: [], heard: [], reusedFrom: null, rewrite: [], restored: isOther } as const;
  const { stream, origin } = question.with;
  if (question.ask === "push" && answer.ask === "push") {
    const { changed, restored, reusedFrom, owed, anew: again } = takePush(store, question.with, answer.reply, current, isOther, now);
    if (restored && !isOther) store.writeInbox(beginRepair(store.readInbox(stream) ?? openInbox(stream)));
    // What the hub has already may be sent again to hear of its outcome, whatever the credit.
    const credit = Math.max(answer.reply.credit ?? PUSH_OPERATIONS_MAX, owed);
    const settled = [...(restored ? [] : session.settled.filter((one) => one !== origin)), ...(owed > 0 ? [] : [origin])];
    const next = { ...(restored ? anew : session), settled, credit, ...(again ? { search: NOTHING_FOUND } : {}) };
    return { ...none, changed, reusedFrom, restored, session: next };
  }
  if (question.ask === "pull" && answer.ask === "pull") {
    const { heard, lost } = takePull(store, stream, answer.reply, now);
    return { ...none, heard, changed: unique(heard), session: lost ? anew : { ...session, nudged: answer.reply.more } };
  }
  if (question.ask === "load" && answer.ask === "load")
    return { ...none, changed: takeLoad(store, stream, answer.reply, now), session: { ...session, nudged: true } };
  // The repair has begun anew since: what was asked about finer things says nothing now.
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  if (inbox.start === null && (question.ask === "rows" || (question.ask === "digest" && question.with.entity !== undefined)))
    return { ...none, session: { ...session, search: NOTHING_FOUND } };
  if (question.ask === "digest" && answer.ask === "digest") {
    const search = takeDigest(store, stream, session.search, question.with.entity, question.with.bucket, answer.reply);
    return { ...none, session: ended(store, stream, { ...session, search }) };
  }
  if (question.ask === "rows" && answer.ask === "rows") {
    const { search, changed, rewrite } = takeRows(store, stream, session.search, question.with.rows, answer.reply, current.slice(0, current.indexOf("@")), now);
    return { ...none, changed, rewrite, session: ended(store, stream, { ...session, search }) };
  }
  throw new Error(`an answer of ${answer.ask} to a question of ${question.ask}`);
}

/** What was found belongs to the place at which the search began. */
function searchOf(inbox: Inbox, session: Session): Search {
  return inbox.start === null ? NOTHING_FOUND : session.search;
}

/** It is time to look again: for what others wrote, and whether a hub that gave no credit gives some now. */
export function wake(session: Session): Session {
  return { ...session, nudged: true, ...(session.credit === 0 ? { settled: [] } : {}) };
}

/** A call that was not answered: what it did there is not known. */
export function failed(question: Question, session: Session): Session {
  return question.ask === "push" ? { ...session, settled: session.settled.filter((origin) => origin !== question.with.origin) } : session;
}

/** What the hub has told so far reaches to this place. */
function show(store: ReplicaStore, stream: StreamName, seen: string | undefined): void {
  const inbox = store.readInbox(stream) ?? openInbox(stream);
  if (seen !== undefined && seen !== inbox.seen) store.writeInbox({ ...inbox, seen });
}

function ended(store: ReplicaStore, stream: StreamName, session: Session): Session {
  if (nextRepair(store, session.search).ask !== "done") return session;
  endRepair(store, stream);
  return { ...session, nudged: true, search: NOTHING_FOUND };
}

function unique(heard: readonly Heard[]): readonly Changed[] {
  return [...new Map(heard.map(({ entity, id }) => [`${entity}\n${id}`, { entity, id }])).values()];
}
