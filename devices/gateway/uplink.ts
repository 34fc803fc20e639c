/**
 * One unit as a gateway sees it: its link, the line of those who wait to sign in, and the queue for when it is away:
 *
 *   up ──link lost──▶ away: known clients are parked, their packets stored ──link up──▶ returning: stored packets first
 *      ◀── queue empty ── emptying: parked clients are closed and wait in line ◀── little is left ──┘
 *
 * So what a device sends keeps its order: nothing of it travels beside the queue.
 */
import type { Stored } from "../../contracts/gateway-wire.ts";
import type { Client } from "./client.ts";
import type { Answer, Introduction } from "./connect-packet.ts";
import { type DiskQueue, openDiskQueue } from "./disk-queue.ts";
import type { Known } from "./known.ts";
import { type Line, openLine, type Waiter } from "./line.ts";
import { type Link, openLink } from "./link.ts";
import { openParked, type Parked, type Unreleased } from "./parked.ts";

/** Stored packets that may be on their way: a second's worth on a slow uplink, and the next are ready when the first are accepted. */
const ON_THE_WAY_BYTES_MAX = 1024 * 1024;
const BATCH_BYTES = 128 * 1024;
/** What is left when the parked are closed: it takes the unit less time than they take to come back. */
const LITTLE_PACKETS = 200;
/** Sessions whose unreleased identifiers are remembered: as many as an Intake has connections. */
const SESSIONS_MAX = 10_000;

export type UplinkCounts = { readonly parked: number; readonly qos0Dropped: number; readonly returned: number; readonly queueFailed: number };

export type Uplink = {
  /** A client that has greeted. It is seated in its turn, or refused. */
  enter(client: Client, hello: Introduction): void;
  answered(client: Client, answer: Answer): void;
  left(client: Client): void;
  check(now: number): void;
  state(): "up" | "away" | "returning";
  counts(): UplinkCounts;
  link: Link;
  line: Line;
  queue(): DiskQueue | null;
  close(): Promise<void>;
};

export type UplinkOptions = {
  readonly unit: string;
  readonly url: string;
  readonly gateway: string;
  readonly token?: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly onLog: (line: string) => void;
  /** Absent: while the unit is away, clients are refused. */
  readonly stored?: { readonly folder: string; readonly bytesMax: number; readonly ageMaxMs: number; readonly known: Known };
};

export async function openUplink(options: UplinkOptions): Promise<Uplink> {
  const { unit, now, onLog } = options;
  const counts = { parked: 0, qos0Dropped: 0, returned: 0, queueFailed: 0 };
  const waiters = new Map<Client, Waiter>();
  /** Who was let go to the unit and has no answer yet. */
  const asked = new Set<Client>();
  /** Whose CONNACK is the unit's own word. */
  const linked = new Set<Client>();
  const parked = new Set<Parked>();
  const unreleasedBySession = new Map<string, Unreleased>();
  let state: "up" | "away" | "returning" = "away";
  let emptying = false;
  let pumping = false;
  let onTheWay: Stored[] = [];
  let onTheWayBytes = 0;
  const queue = await openQueue();

  const line = openLine({ isOpen: () => !emptying });
  const link = openLink({
    url: options.url,
    gateway: options.gateway,
    ...(options.token === undefined ? {} : { token: options.token }),
    now,
    random: options.random,
    onUp: (through) => void onUp(through).catch(queueBroke),
    onAway(why) {
      state = "away";
      emptying = false;
      onTheWay = [];
      onTheWayBytes = 0;
      onLog(`gateway: no link to ${unit}: ${why}`);
      line.check(now());
    },
    onAccepted: (through) => void onAccepted(through).catch(queueBroke),
    onClear: () => void pump().catch(queueBroke),
  });

  async function openQueue(): Promise<DiskQueue | null> {
    if (options.stored === undefined) return null;
    const { folder, bytesMax, ageMaxMs } = options.stored;
    const onRoom = (): void => {
      for (const one of parked) one.flow();
    };
    return await openDiskQueue({ folder, bytesMax, ageMaxMs, now, onRoom, onFailure: queueBroke });
  }

  function queueBroke(error: unknown): void {
    counts.queueFailed += 1;
    onLog(`gateway: the queue of ${unit} can't be used: ${error instanceof Error ? error.message : String(error)}`);
  }

  async function onUp(through: number): Promise<void> {
    onLog(`gateway: linked to ${unit}`);
    state = "returning";
    await queue?.rewind(through);
    await pump();
  }

  async function onAccepted(through: number): Promise<void> {
    const left = onTheWay.filter(({ seq }) => seq > through);
    counts.returned += onTheWay.length - left.length;
    onTheWay = left;
    onTheWayBytes = left.reduce((sum, { packet }) => sum + packet.length, 0);
    await queue?.accepted(through);
    await pump();
  }

  /** Sends what is stored, as far as the unit keeps up; notices when nothing is left. */
  async function pump(): Promise<void> {
    if (isAway() || pumping) return;
    pumping = true;
    try {
      while (queue !== null && onTheWayBytes < ON_THE_WAY_BYTES_MAX && link.isClear()) {
        const batch = await queue.next(BATCH_BYTES);
        if (isAway()) return;
        if (batch.length === 0) {
          // What is left out, as it is too old, is nobody's any more.
          if (onTheWay.length === 0) await queue.accepted(queue.readThrough());
          break;
        }
        onTheWay.push(...batch);
        onTheWayBytes += batch.reduce((sum, { packet }) => sum + packet.length, 0);
        link.store(batch);
      }
    } finally {
      pumping = false;
    }
    if (!isAway()) settle();
  }

  /** Asked after waiting, when the state may be another one. */
  function isAway(): boolean {
    return state !== "returning";
  }

  function settle(): void {
    const left = queue?.packets() ?? 0;
    if (left > LITTLE_PACKETS) return;
    emptying = true;
    for (const one of parked) one.back();
    // What they had sent before may still be on its way to the disk.
    if (left > 0 || onTheWay.length > 0) return;
    state = "up";
    emptying = false;
    line.check(now());
  }

  function place(client: Client, hello: Introduction): void {
    const found = state === "up" || queue?.isSound() !== true ? null : (options.stored?.known.find(credentialsOf(hello)) ?? null);
    // Nothing of an unknown client is in the queue: it has nothing to wait for.
    if (found === null && link.state() === "up") {
      const seat = link.open(client.sitter, { secure: client.secure, verified: client.verified });
      if (seat === null) return client.refuse("busy");
      linked.add(client);
      return client.sit(seat);
    }
    if (found === null || queue === null) return client.refuse("unit-away");
    counts.parked += 1;
    const key = `${hello.user}\n${hello.client}`;
    const held = hello.clean ? undefined : unreleasedBySession.get(key);
    const unreleased = held ?? new Set<number>();
    if (hello.client !== "") unreleasedBySession.set(key, unreleased);
    const [oldest] = unreleasedBySession.keys();
    if (unreleasedBySession.size > SESSIONS_MAX && oldest !== undefined) unreleasedBySession.delete(oldest);
    const one = openParked({
      hello,
      hasSession: found.hasSession || (held?.size ?? 0) > 0,
      sitter: client.sitter,
      queue,
      unreleased,
      newId: options.newId,
      onQos0: () => (counts.qos0Dropped += 1),
      onGone: (gone) => void parked.delete(gone),
    });
    parked.add(one);
    client.sit(one);
  }

  function credentialsOf({ user, password, client }: Introduction) {
    return { unit, user, password, client };
  }

  function done(client: Client): void {
    if (asked.delete(client)) line.answered(now());
  }

  return {
    link,
    line,
    queue: () => queue,
    state: () => state,
    counts: () => ({ ...counts }),
    enter(client, hello) {
      const waiter: Waiter = {
        go() {
          waiters.delete(client);
          asked.add(client);
          place(client, hello);
        },
        giveUp() {
          waiters.delete(client);
          client.refuse("busy");
        },
      };
      waiters.set(client, waiter);
      line.enter(waiter, now());
    },
    answered(client, { code }) {
      const hello = client.hello();
      if (linked.has(client) && hello !== null && code === 0) options.stored?.known.admitted(credentialsOf(hello), hello.wantsSession);
      if (linked.has(client) && hello !== null && isRevoked(code)) options.stored?.known.refused(credentialsOf(hello));
      done(client);
    },
    left(client) {
      const waiter = waiters.get(client);
      if (waiter !== undefined) line.leave(waiter);
      waiters.delete(client);
      linked.delete(client);
      done(client);
    },
    check(at) {
      link.check(at);
      line.check(at);
      if (queue?.isSound() === false) void queue.repair().catch(() => undefined);
      void pump().catch(queueBroke);
    },
    async close() {
      await link.close();
      await queue?.close();
    },
  };
}

/** Bad user name or password, not authorized: of 3.1.1 and of 5.0. */
function isRevoked(code: number): boolean {
  return code === 4 || code === 5 || code === 0x86 || code === 0x87;
}
