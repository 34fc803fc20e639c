/**
 * The driver of the broker (`../ingest/broker`): sockets' events go into the machine, its orders are carried out, one transaction a group.
 *
 *   frame ─▶ machine ─▶ group ─▶ one transaction: log rows, retained, sessions ─▶ committed ─▶ PUBACK, deliveries ─▶ one frame a connection
 *
 * The platform holds back what is sent until the transaction is on disk. What the machine knows beyond its tables sleeps with the sockets.
 */
import type { BrokerRules, ConnId, Orders, Sleeping } from "../ingest/broker/order.ts";
import { REASON, type Reason } from "../ingest/reason.ts";
import type { Speaker } from "../ingest/topic.ts";
import { type CommitDeps, openCommits, startMachine } from "./intake-mqtt-commit.ts";
import { keptBy, type Port, socketPort } from "./intake-port.ts";

/** Connections of one object, members of links among them; the platform's limit of sockets is 32,768. */
export const CONNECTIONS_MAX = 10_000;
/** Without a frame for so long, what hibernation would lose is kept with its socket: until then it keeps the object awake. */
const AWAKE_MS = 1_000;
/** Rows of the log that sessions behind are read in one turn; then others have theirs. */
const READS_MAX = 8;
/** CONNACK, SUBACK, UNSUBACK: what a connection is to remember has changed. */
const REMEMBERED = new Set([0x20, 0x90, 0xb0]);

export type MqttDeps = CommitDeps & {
  readonly rules: BrokerRules;
  readonly admit: (user: string, password: string, client: string) => Promise<Speaker | Reason>;
  /** Index of the next entry, when this begins. */
  readonly head: number;
  /** A rule was broken before any message could be logged. */
  readonly refused: (speaker: Speaker | null, rule: string) => void;
};

export type Mqtt = ReturnType<typeof openMqtt>;

export function openMqtt(deps: MqttDeps, sleeping: readonly WebSocket[]) {
  const { store, clock } = deps;
  const ports = new Map<ConnId, Port>();
  const bySocket = new Map<WebSocket, ConnId>();
  const socketOf = new Map<ConnId, WebSocket>();
  /** What came since their sleeping form was kept. */
  const unkept = new Set<ConnId>();
  const asking = new Map<ConnId, Promise<void>>();
  let lastConn = 0;
  let heardAt = -Infinity;
  let awakeTimer: ReturnType<typeof setTimeout> | null = null;
  let turnTimer: ReturnType<typeof setTimeout> | null = null;

  const machine = startMachine(store, deps.rules, deps.head, clock.now());
  const commits = openCommits({ ...deps, machine, firstHead: deps.head, onDue: flush });
  for (const socket of sleeping) {
    const kept = keptBy(socket);
    if (kept !== null) wakeVia(socketPort(socket), kept, socket);
  }
  machine.started();
  settle();

  function add(port: Port, socket?: WebSocket): ConnId {
    const conn = ++lastConn;
    ports.set(conn, port);
    if (socket !== undefined) {
      bySocket.set(socket, conn);
      socketOf.set(conn, socket);
    }
    return conn;
  }

  function wakeVia(port: Port, kept: Sleeping, socket?: WebSocket): ConnId {
    const conn = add(port, socket);
    if (machine.wake(conn, kept)) return conn;
    port.close(REASON.unspecified, "this connection is not known here any more");
    forget(conn);
    return conn;
  }

  /** A connection with a way out of its own: a member of a gateway's link. */
  function openVia(port: Port, socket?: WebSocket): ConnId {
    const conn = add(port, socket);
    machine.open(conn, clock.now());
    unkept.add(conn);
    settle();
    return conn;
  }

  function hear(conn: ConnId, bytes: Uint8Array): void {
    if (!ports.has(conn)) return;
    heardAt = clock.now();
    unkept.add(conn);
    commits.heard(bytes.length);
    try {
      machine.bytes(conn, bytes, heardAt);
    } catch (error) {
      // A bug costs the connection that met it: what was not acknowledged comes again, the others go on.
      console.error("a frame could not be dealt with", error);
      ports.get(conn)?.close(REASON.unspecified, "internal error");
      forget(conn);
      machine.gone(conn, heardAt);
    }
    settle();
  }

  /** Resolves when the frame is dealt with, which is after the unit has answered when it held a CONNECT. */
  async function onFrame(socket: WebSocket, frame: ArrayBuffer | string): Promise<void> {
    const conn = bySocket.get(socket);
    if (conn === undefined) return socket.close(1011, "this connection is not known here any more");
    if (typeof frame === "string") close(conn, REASON.malformedPacket, "MQTT is spoken in binary frames [MQTT-6.0.0-1]");
    else hear(conn, new Uint8Array(frame));
    await asking.get(conn);
  }

  function goneVia(conn: ConnId): void {
    if (!ports.has(conn)) return;
    forget(conn);
    machine.gone(conn, clock.now());
    settle();
  }

  function close(conn: ConnId, reason: Reason, rule: string): void {
    machine.close(conn, reason, rule, clock.now());
    settle();
  }

  function forget(conn: ConnId): void {
    const socket = socketOf.get(conn);
    if (socket !== undefined) bySocket.delete(socket);
    socketOf.delete(conn);
    ports.delete(conn);
    unkept.delete(conn);
  }

  /** The end of an event: carries out what the machine wants, until it wants nothing more of this turn. */
  function settle(): void {
    for (let reads = 0; ;) {
      const orders = machine.take();
      let isAgain = tell(orders);
      wakeBy(orders.wakeBy);
      if (orders.read !== null && reads++ < READS_MAX) {
        const row = store.readEntries(orders.read);
        machine.entriesRead(row?.n ?? commits.head(), row?.entries ?? [], clock.now());
        isAgain = true;
      } else if (orders.read !== null) turnTimer ??= setTimeout(nextTurn, 0);
      if (commits.due(orders.commit)) isAgain = true;
      if (!isAgain) break;
    }
    if (unkept.size > 0) awakeTimer ??= setTimeout(rest, AWAKE_MS);
  }

  function wakeBy(at: number): void {
    if (at === Infinity) return;
    if (at <= clock.now()) turnTimer ??= setTimeout(nextTurn, 0);
    else clock.wakeBy(at);
  }

  /** Others had theirs. */
  function nextTurn(): void {
    turnTimer = null;
    machine.instant(clock.now());
    settle();
  }

  /** True: the machine has heard something new meanwhile. */
  function tell({ sends, closes, admits }: Orders): boolean {
    let hasLost = false;
    for (const { conn, bytes } of sends) {
      const port = ports.get(conn);
      if (port === undefined) continue;
      unkept.add(conn);
      if (!port.send(bytes)) {
        forget(conn);
        machine.gone(conn, clock.now());
        hasLost = true;
      } else if (REMEMBERED.has(bytes[0] ?? 0)) keep(conn);
    }
    for (const { conn, reason, rule, speaker } of closes) {
      if (reason !== REASON.success) deps.refused(speaker, rule);
      ports.get(conn)?.close(reason, rule);
      forget(conn);
    }
    for (const { conn, user, password, client } of admits) {
      asking.set(
        conn,
        ask(conn, user, password, client).finally(() => asking.delete(conn)),
      );
    }
    return hasLost;
  }

  async function ask(conn: ConnId, user: string, password: string, client: string): Promise<void> {
    const answer = await deps.admit(user, password, client).catch((error: unknown) => {
      console.warn("the unit could not be asked about a device", error);
      return REASON.serverUnavailable;
    });
    machine.admitted(conn, answer, clock.now());
    settle();
  }

  function flush(): void {
    commits.flush();
    settle();
  }

  /** False: it can't sleep now. */
  function keep(conn: ConnId): boolean {
    const port = ports.get(conn);
    const form = port === undefined ? null : machine.sleep(conn);
    if (port === undefined || form === null) return false;
    if (!port.keep(form)) {
      close(conn, REASON.quotaExceeded, "what the connection is to remember is larger than 16 KiB");
      return true;
    }
    unkept.delete(conn);
    return true;
  }

  /** Once quiet, connections are kept as they are, and nothing holds the object awake but what can't be. In traffic that would be done for each message. */
  function rest(): void {
    awakeTimer = null;
    if (clock.now() - heardAt >= AWAKE_MS) {
      const restless = [...unkept].filter((conn) => !keep(conn));
      if (restless.length > 0) {
        // What their rows do not say yet is written; then they can sleep too.
        machine.checkpoint();
        settle();
        flush();
        for (const conn of restless) keep(conn);
      }
    }
    settle();
  }

  return {
    open: (socket: WebSocket): ConnId => openVia(socketPort(socket), socket),
    onFrame,
    onGone: (socket: WebSocket): void => goneVia(bySocket.get(socket) ?? 0),
    openVia,
    wakeVia,
    hear,
    goneVia,
    close,
    /** Resolves once the unit has said who this is. */
    asked: (conn: ConnId): Promise<void> => asking.get(conn) ?? Promise.resolve(),
    /** Whether this connection takes nothing now. */
    pause: (conn: ConnId, isPaused: boolean): void => {
      machine.pause(conn, isPaused, clock.now());
      settle();
    },
    disconnect: (device: string): void => {
      machine.disconnect(device, "this device has a new password", clock.now());
      settle();
    },
    /** What is due now: silence, wills, expiries. */
    instant: (): void => {
      machine.instant(clock.now());
      settle();
    },
    replanned: (): void => {
      machine.replanned();
      settle();
    },
    flush,
    /** The log may have room again. */
    resume: (): void => {
      if (commits.isWithheld()) flush();
    },
    checkpoint: (): void => {
      machine.checkpoint();
      settle();
    },
    keepFrom: machine.keepFrom,
    wants: machine.wants,
    connectedDevices: machine.connectedDevices,
    count: () => ports.size,
    counts: machine.counts,
    waiting: () => machine.counts().waiting,
    rowsWritten: commits.rowsWritten,
  };
}
