/**
 * The machine's groups on their way to disk: one transaction each, at once or together with what comes soon. A group that can't be
 * written is the end of this life: the machine's memory is ahead of the tables then, and nothing of it was acknowledged.
 */
import { openBroker, type StartingBroker } from "../ingest/broker/broker.ts";
import type { Broker, BrokerRules, Group, Orders } from "../ingest/broker/order.ts";
import { entryRowsOf } from "../ingest/entry-row.ts";
import { ROW_BYTES_MAX, ROW_MESSAGES_MAX } from "../ingest/log.ts";
import type { Clock } from "./intake-ports.ts";
import { type IntakeStore, type LogRow, logRowOf } from "./intake-store.ts";

/** Between two commits where acknowledging at once is asked for: a commit is several milliseconds in which nothing else happens. */
const COMMIT_EVERY_MS = 10;
/** What nobody waits for is written with others, or after this long. */
const LAZY_MS = 1_000;
/** So much was heard between two looks whether a row is full: some dozens of small messages. */
const LOOK_BYTES = 4 * 1024;
/** Up to where sessions without a later row have nothing open. */
const THROUGH = "sessionsThrough";

export type CommitDeps = {
  readonly store: IntakeStore;
  readonly clock: Clock;
  readonly ackWithinMs: () => number;
  /** Whether the log may grow: false withholds acknowledgements. */
  readonly hasRoom: () => boolean;
  readonly appended: (row: LogRow) => void;
  /** Rows were committed. */
  readonly committed: () => void;
  /** A group could not be written: this life of the object is over, what was not acknowledged comes again. */
  readonly failed: (error: unknown) => void;
};

export type Commits = {
  readonly heard: (bytes: number) => void;
  /** Commits what is due, or has it done in time by `onDue`. True: the machine has acknowledgements to say. */
  readonly due: (commit: Orders["commit"]) => boolean;
  /** Commits what waits, however long it may. */
  readonly flush: () => void;
  /** Acknowledgements wait for room in the log. */
  readonly isWithheld: () => boolean;
  /** The end of the log. */
  readonly head: () => number;
  /** Rows of log, retained and sessions that were written in this life. */
  readonly rowsWritten: () => number;
};

/** The machine as the tables have it; those who slept are still to be woken. */
export function startMachine(store: IntakeStore, rules: BrokerRules, head: number, now: number): StartingBroker {
  const through = Number(store.getMeta(THROUGH) ?? 0);
  const machine = openBroker({ rules, now, head, through, retained: store.readRetained(), sessions: store.readSessions() });
  for (let at = machine.replayFrom(); at < head;) {
    const row = store.readEntries(at);
    if (row === null) break;
    machine.replay(row.n, row.entries);
    at = row.n + row.entries.length;
  }
  return machine;
}

export function openCommits(deps: CommitDeps & { readonly machine: Broker; readonly firstHead: number; readonly onDue: () => void }): Commits {
  const { store, clock, machine, onDue } = deps;
  let head = deps.firstHead;
  /** As the tables have it. */
  let through: number | null = null;
  let rows = 0;
  let wanted: Orders["commit"] = "none";
  let committedAt = -Infinity;
  let isWithheld = false;
  let unlooked = 0;
  let by = Infinity;
  let timer: ReturnType<typeof setTimeout> | null = null;

  /** Alone, a message waits for nothing when it is to be acknowledged at once; in a crowd it shares the next commit. */
  function due(commit: Orders["commit"]): boolean {
    wanted = commit;
    if (commit === "none") return false;
    if (commit === "now") return commitNow();
    const within = commit === "lazy" ? LAZY_MS : deps.ackWithinMs() || Math.min(COMMIT_EVERY_MS, committedAt + COMMIT_EVERY_MS - clock.now());
    if (within <= 0 || (commit === "soon" && isFull())) return commitNow();
    if (clock.now() + within >= by) return false;
    if (timer !== null) clearTimeout(timer);
    by = clock.now() + within;
    timer = setTimeout(onDue, within);
    return false;
  }

  /** Whether a row is full, looked at now and then: counting is not free where there are thousands of connections. */
  function isFull(): boolean {
    if (unlooked < LOOK_BYTES) return false;
    unlooked = 0;
    const { waiting, waitingBytes } = machine.counts();
    return waiting >= ROW_MESSAGES_MAX || waitingBytes >= ROW_BYTES_MAX;
  }

  /** False: the log has no room, or the group could not be written. Nothing is acknowledged then. */
  function commitNow(): boolean {
    isWithheld = wanted !== "now" && !deps.hasRoom();
    if (isWithheld) return false;
    const at = clock.now();
    const group = machine.group(at);
    const written: LogRow[] = [];
    try {
      if (!isEmpty(group) || isFurther(group)) store.transaction(() => write(group, at, written));
    } catch (error) {
      deps.failed(error);
      return false;
    }
    through = group.through ?? through;
    wanted = "none";
    committedAt = at;
    head = group.first + group.entries.length;
    for (const row of written) deps.appended(row);
    machine.committed(at);
    if (written.length > 0) deps.committed();
    return true;
  }

  function write(group: Group, at: number, written: LogRow[]): void {
    let n = group.first;
    for (const entries of entryRowsOf(group.entries)) {
      store.appendRow(n, entries, at);
      written.push(logRowOf(n, entries));
      n += entries.length;
    }
    for (const one of group.retained) store.writeRetained(one);
    for (const one of group.sessions) store.writeSession(one);
    if (isFurther(group)) store.putMeta(THROUGH, String(group.through));
    rows += written.length + group.retained.length + group.sessions.length;
  }

  function isFurther(group: Group): boolean {
    return group.through !== null && group.through !== through;
  }

  return {
    heard: (bytes) => {
      unlooked += bytes;
    },
    due,
    flush: () => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      by = Infinity;
      if (wanted !== "none") commitNow();
    },
    isWithheld: () => isWithheld,
    head: () => head,
    rowsWritten: () => rows,
  };
}

function isEmpty({ entries, retained, sessions }: Group): boolean {
  return entries.length + retained.length + sessions.length === 0;
}
