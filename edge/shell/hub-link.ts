/**
 * The unit's line to the hub: registers, then holds one conversation for each stream (`edge/delta/exchange.ts` says what to ask next), waits
 * and tries again; then asks how far the CRM has come, until that is everything. Nothing on the way from a sample to an engineer waits for it.
 */
import { fingerprint } from "../../contracts/contract.ts";
import { StreamName, type Origin } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { type Receipt, Verified } from "../../contracts/receipt.ts";
import { type Heard as CrmHeard, ERASED_MAX, type HeardAsk, type HubForUnit, type Registration } from "../../contracts/rpc.ts";
import { type Answered, FRESH_SESSION, type Question, type Reply, type Session, failed, nextQuestion, takeAnswer, wake } from "../delta/exchange.ts";
import { livesOf } from "../delta/incarnation.ts";
import { backoff, openInbox } from "../delta/push.ts";
import { type Absence, beginAbsence, endAbsence, noteAnswer, ownStreamDigest, streamDigest } from "../delta/receipt.ts";
import { takeRefusal } from "../delta/refused.ts";
import type { ReplicaStore } from "../delta/store.ts";
import { talksOf } from "../delta/talks.ts";
import { callHub } from "./hub-call.ts";
import { readReceipts } from "./unit-receipts.ts";
import { readMeta, writeMeta, type Db } from "./unit-tables.ts";

/** When the hub is asked how far the CRM is: so long after a push, then at doubling distances while it is behind. */
const HEAR_MS = 1_000;
const HEAR_MS_MAX = 5_000;
/** The same while there is no CRM at all. */
const NOBODY_MS_MAX = 60_000;
/** A unit that is not nudged looks for itself this often whether somebody wrote something for it. */
const POLL_MS = 60_000;
/** A hub that gives no credit is asked again after this. */
const NO_CREDIT_MS = 5_000;

/** Both sides' digests are compared after every absence, and this often while nothing happens. */
const VERIFY_MS = 3_600_000;
/** What differs while others write is looked at again before it is called a difference. */
const VERIFY_TRIES = 4;

const STREAMS = StreamName.options;

export type HubLine = {
  readonly db: Db;
  readonly replica: ReplicaStore;
  readonly hub: HubForUnit;
  readonly registration: () => Registration;
  readonly origin: () => Origin;
  readonly transact: <T>(body: () => T) => T;
  /** Inside the transaction of an answer: what it changed is worked out anew, and what the stages make of it is decided. */
  readonly heard: (stream: StreamName, answered: Answered, question: Question) => void;
  /** This unit is an older copy of itself: a new incarnation begins, and what was written from a seq on goes there. */
  readonly reborn: (stream: StreamName, origin: Origin, from: number) => void;
  readonly now: () => Millis;
  readonly chance: () => number;
  /** Called when the line's state changed or operations were acknowledged. */
  readonly onChange: () => void;
  /** The hub was away, and is back; both sides were compared. */
  readonly onReceipt: (receipt: Receipt) => void;
};

/** As the hub said last. `behind`: operations that it has and the slowest consumer of its feed has not confirmed. */
export type CrmState = { readonly consumers: number; readonly behind: number; readonly oldestAt: Millis | null };
/** `crm` is null until the hub was asked. */
export type HubState = {
  readonly state: "never" | "up" | "down";
  readonly lastAckAt: Millis | null;
  readonly why: string | null;
  readonly crm: CrmState | null;
  /** When the digests of both sides were compared last, and whether they were equal. */
  readonly verified: Verified | null;
};

export type HubLink = {
  state(): HubState;
  /** Somebody wrote something that concerns this unit. */
  nudge(stream: StreamName): void;
  /** The connection ended while nothing was asked: what others wrote since is not told, so every stream is asked. Returns when to come. */
  cut(why: string): Millis;
  /** An outage on purpose: until then the hub is not called. */
  pause(until: Millis): void;
  /** Talks until there is nothing to say or the hub fails; one call at a time does the work. Returns when to come again. */
  drain(): Promise<Millis | null>;
};

export function hubLink(line: HubLine): HubLink {
  let failures = 0;
  /** A release with other contracts registers them before it writes under them. */
  const registrationId = (): string => `${line.origin()} ${fingerprint(line.registration().contracts.map((contract) => contract.fingerprint)).slice(0, 16)}`;
  let registered = readMeta(line.db, "registered") === registrationId();
  const verified = readVerified(line.db);
  let state: HubState = { state: "never", lastAckAt: Number(readMeta(line.db, "lastAckAt") ?? "0") || null, why: null, crm: null, verified };
  let hearAt: Millis | null = line.replica.listOutboxes().some((o) => o.through > 0) ? 0 : null;
  let hearWait = HEAR_MS;
  let busy = false;
  let again = false;
  let creditless = false;
  let pollAt = 0;
  let pausedUntil = 0;
  let absence: Absence | null = null;
  // Kept over the object's lives: one that is evicted often compares too.
  let verifyAt = verified === null ? Number(readMeta(line.db, "verifyAt") ?? "0") : verified.at + VERIFY_MS;
  if (verifyAt === 0) {
    verifyAt = line.now() + VERIFY_MS;
    line.transact(() => writeMeta(line.db, "verifyAt", String(verifyAt)));
  }
  const sessions = new Map<StreamName, Session>();
  /** The session in which there was nothing to say: until it is another one, or something was written, there is nothing. */
  const said = new Map<StreamName, Session>();
  const sessionOf = (stream: StreamName): Session => sessions.get(stream) ?? FRESH_SESSION;

  const register = async (): Promise<Refusal | null> => {
    const origin = line.origin();
    const erased = line.replica.erasedSubjects(ERASED_MAX);
    // Lives that are over too: the hub may have been put back to before it knew them, and what they wrote may have to be offered again.
    for (const life of livesOf(line.replica, origin)) {
      const incarnation = life.slice(life.indexOf("@") + 1);
      const reply = await callHub(() => line.hub.register({ ...line.registration(), incarnation, ...(erased.length === 0 ? {} : { erased: [...erased] }) }));
      if (isRefusal(reply)) return reply;
    }
    registered = true;
    line.transact(() => writeMeta(line.db, "registered", registrationId()));
    return null;
  };

  /** One stream, until there is nothing to say. */
  const converse = async (stream: StreamName): Promise<Refusal | null> => {
    for (;;) {
      const unknown = registered ? null : await register();
      if (unknown !== null) return unknown;
      const origin = line.origin();
      const question = nextQuestion(line.replica, origin, stream, sessionOf(stream));
      if (question === null) {
        creditless ||= sessionOf(stream).credit === 0;
        said.set(stream, sessionOf(stream));
        return null;
      }
      let reply: Reply["reply"] | Refusal;
      if (question.ask === "pull") sessions.set(stream, { ...sessionOf(stream), nudged: false });
      try {
        reply = await callHub(() => ask(line.hub, question, line.registration().key));
      } catch (error) {
        fell(stream, question);
        throw error;
      }
      if (isRefusal(reply)) {
        const no = onRefusal(stream, question, reply);
        if (no !== null) return no;
        continue;
      }
      const no = take(stream, origin, question, { ask: question.ask, reply } as Reply);
      if (no !== null) return no;
    }
  };

  const take = (stream: StreamName, origin: Origin, question: Question, answer: Reply): Refusal | null => {
    const at = line.now();
    const answered = line.transact(() => {
      const taken = takeAnswer(line.replica, origin, question, answer, sessionOf(stream), at);
      line.heard(stream, taken, question);
      if (taken.reusedFrom !== null) line.reborn(stream, origin, taken.reusedFrom);
      if (question.ask === "push") writeMeta(line.db, "lastAckAt", String(at));
      return taken;
    });
    if (absence !== null) absence = noteAnswer(absence, question, answer, answered, at);
    // A nudge that came while the answer was under way is not lost.
    sessions.set(stream, { ...answered.session, nudged: answered.session.nudged || sessionOf(stream).nudged });
    // A hub that was put back may know an older registration.
    if (answered.restored) registered = false;
    if (answered.reusedFrom !== null) {
      registered = false;
      return null;
    }
    if (question.ask !== "push" || answer.ask !== "push") return null;
    const { acknowledged, epoch, operations } = question.with;
    if (operations.length > 0 && answer.reply.through === acknowledged && (epoch === undefined || epoch === answer.reply.epoch))
      return refuse("unavailable", `the hub's answer stands still at ${stream} ${answer.reply.through}`, "the unit sends again, later each time");
    state = { ...state, state: "up", lastAckAt: at, why: null };
    if (operations.length > 0) {
      hearWait = HEAR_MS;
      hearAt = Math.min(hearAt ?? Number.POSITIVE_INFINITY, at + HEAR_MS);
    }
    return null;
  };

  /** Null when the conversation goes on. */
  const onRefusal = (stream: StreamName, question: Question, no: Refusal): Refusal | null => {
    const refused = line.transact(() => {
      const taken = takeRefusal(line.replica, question, no, sessionOf(stream));
      if (taken.reusedFrom !== null) line.reborn(stream, question.with.origin, taken.reusedFrom);
      return taken;
    });
    sessions.set(stream, { ...refused.session, nudged: refused.session.nudged || question.ask === "pull" });
    if (refused.register) registered = false;
    return refused.later || refused.register ? no : null;
  };

  const fell = (stream: StreamName, question: Question): void => {
    const session = failed(question, sessionOf(stream));
    sessions.set(stream, question.ask === "pull" ? { ...session, nudged: true } : session);
  };

  const hear = async (): Promise<Refusal | null> => {
    const reply: CrmHeard | Refusal = await callHub(() => line.hub.heard({ origin: line.origin(), key: line.registration().key, ...wordOf(line.db) }));
    if (isRefusal(reply)) {
      if (reply.refused === "unknown-origin") registered = false;
      return reply;
    }
    const { consumers, through, oldestAt } = reply;
    const mine = line.replica.listOutboxes().filter((o) => o.origin === line.origin());
    const behind = mine.reduce((sum, o) => sum + Math.max(0, o.through - through[o.stream]), 0);
    hearAt = behind === 0 ? null : line.now() + hearWait;
    hearWait = Math.min(consumers === 0 ? NOBODY_MS_MAX : HEAR_MS_MAX, hearWait * 2);
    state = { ...state, state: "up", why: null, crm: { consumers, behind, oldestAt: behind === 0 ? null : (oldestAt ?? null) } };
    failures = 0;
    line.onChange();
    return null;
  };

  /** Compares both sides; what differs is repaired and compared again. Null when the hub fails meanwhile. */
  const verify = async (): Promise<Receipt["digests"]> => {
    for (let attempt = 1; ; attempt++) {
      const digests: Receipt["digests"] = [];
      for (const stream of STREAMS) {
        const reply = await callHub(() => line.hub.digest({ origin: line.origin(), stream, key: line.registration().key }));
        if (isRefusal(reply)) throw new Error(reply.rule);
        digests.push({ stream, ours: ownStreamDigest(line.replica, stream), theirs: streamDigest(Object.entries(reply.digests)) });
      }
      const apart = digests.filter(({ ours, theirs }) => ours !== theirs);
      if (apart.length === 0 || attempt === VERIFY_TRIES) return digests;
      for (const { stream } of apart) {
        // The first look may have met somebody's write under way: hear it before anything is searched.
        // What this unit wrote and the hub knows nothing of is written again: nobody has said that it was deleted.
        if (attempt > 1)
          line.transact(() => line.replica.writeInbox({ ...(line.replica.readInbox(stream) ?? openInbox(stream)), repair: "digest", rewrites: true }));
        sessions.set(stream, { ...sessionOf(stream), nudged: true });
        const no = await converse(stream);
        if (no !== null) throw new Error(no.rule);
      }
    }
  };

  const compare = async (): Promise<void> => {
    const digests = await verify();
    const at = line.now();
    const equal = digests.every(({ ours, theirs }) => ours === theirs);
    verifyAt = at + VERIFY_MS;
    // Those who watch the hub hear of it too.
    hearAt = at;
    const compared = { at, equal };
    state = { ...state, verified: compared };
    line.transact(() => writeMeta(line.db, "verified", JSON.stringify(compared)));
    if (absence === null) return;
    // What is written while this goes on is pending, not lost: lost is what the hub has not and this unit has no more.
    const lost = line.replica.listOutboxes().reduce((sum, outbox) => sum + Math.max(0, outbox.from - 1 - outbox.through), 0);
    const receipt = endAbsence(absence, line.registration().unit, digests, lost, at);
    absence = null;
    line.onReceipt(receipt);
  };

  const fail = (why: string): Millis => {
    failures += 1;
    absence ??= beginAbsence(line.now(), line.now() < pausedUntil);
    state = { ...state, state: "down", why };
    line.onChange();
    return line.now() + backoff(failures - 1, line.chance());
  };

  const wanting = (): readonly StreamName[] => {
    const waiting = new Set(line.replica.listOutboxes().flatMap(({ stream, last, through }) => (last > through ? [stream] : [])));
    return STREAMS.filter((stream) => waiting.has(stream) || said.get(stream) !== sessionOf(stream));
  };
  const talks = talksOf({ wanting, converse });

  const run = async (): Promise<Millis | null> => {
    creditless = false;
    if (line.now() >= pollAt) {
      pollAt = line.now() + POLL_MS;
      for (const stream of STREAMS) sessions.set(stream, wake(sessionOf(stream)));
    }
    // A hub that gave no credit is asked whether it gives some now.
    for (const stream of STREAMS) if (sessionOf(stream).credit === 0) sessions.set(stream, wake(sessionOf(stream)));
    if (line.now() < pausedUntil) {
      fail("an outage drill");
      return pausedUntil;
    }
    try {
      if (!registered) {
        const no = await register();
        if (no !== null) return fail(no.rule);
      }
      const no = await talks.talkOut();
      if (no !== null) return fail(no.rule);
      failures = 0;
      if (state.state !== "up") state = { ...state, state: "up", why: null };
      if (absence !== null || line.now() >= verifyAt) await compare();
      line.onChange();
      if (hearAt === null || hearAt > line.now()) return null;
      const unheard = await talks.talkOut(hear);
      return unheard === null ? null : fail(unheard.rule);
    } catch (error) {
      return fail(error instanceof Error ? error.message : String(error));
    }
  };

  return {
    state: () => state,
    pause(until) {
      pausedUntil = until;
    },
    nudge(stream) {
      sessions.set(stream, { ...sessionOf(stream), nudged: true });
    },
    cut(why) {
      for (const stream of STREAMS) sessions.set(stream, { ...sessionOf(stream), nudged: true });
      return fail(why);
    },
    async drain() {
      if (busy) {
        again = true;
        talks.more();
        return null;
      }
      busy = true;
      try {
        let retryAt: Millis | null;
        do {
          again = false;
          retryAt = await run();
        } while (again && retryAt === null);
        if (retryAt !== null) return retryAt;
        return Math.min(hearAt ?? Number.POSITIVE_INFINITY, creditless ? line.now() + NO_CREDIT_MS : Number.POSITIVE_INFINITY, pollAt);
      } finally {
        busy = false;
      }
    },
  };
}

function readVerified(db: Db): Verified | null {
  const kept = readMeta(db, "verified");
  return kept === undefined ? null : Verified.parse(JSON.parse(kept));
}

/** What this unit says of itself to those who watch the hub: the last comparison, the last absence without its conflicts. */
function wordOf(db: Db): Pick<HeardAsk, "verified" | "receipt"> {
  const verified = readVerified(db);
  const [last] = readReceipts(db);
  if (last === undefined) return verified === null ? {} : { verified };
  const { unit: _, conflicts: __, ...receipt } = last;
  return { ...(verified === null ? {} : { verified }), receipt };
}

function ask(hub: HubForUnit, question: Question, key: string): Promise<Reply["reply"] | Refusal> {
  switch (question.ask) {
    case "push":
      return hub.push({ ...question.with, key });
    case "pull":
      return hub.pull({ ...question.with, key });
    case "load":
      return hub.load({ ...question.with, key });
    case "digest":
      return hub.digest({ ...question.with, key });
    case "rows":
      return hub.rows({ ...question.with, key });
  }
}
