/**
 * The connections of one Intake and the messages between them. What clients publish waits in a ring and is committed as a group;
 * only then it is acknowledged and handed to those who subscribed:
 *
 *   frame ─▶ session ─▶ ring ─▶ one transaction: log rows, retained messages ─▶ PUBACK ─▶ subscribers
 *
 * The platform holds back what is sent until the transaction is on disk.
 */
import type { Subscription } from "../ingest/packet.ts";
import { type Logged, ROW_BYTES_MAX, ROW_MESSAGES_MAX, rowsOf } from "../ingest/log.ts";
import { REASON, type Reason } from "../ingest/reason.ts";
import { retainedStore } from "../ingest/retained.ts";
import { acknowledge, admitted, onPacket, silentBy } from "../ingest/session.ts";
import { close, lost } from "../ingest/session-close.ts";
import type { Effect, PublishEffect, Rules, Step } from "../ingest/session-step.ts";
import { permitTopic, type Speaker } from "../ingest/topic.ts";
import { topicIndex } from "../ingest/topic-index.ts";
import { attach, clientKey, closeSocket, type Connection, drain, hand, openConnection, say, sendOut, wakeConnection } from "./intake-connection.ts";
import type { Clock } from "./intake-ports.ts";
import { entryOf, type IntakeStore, type LogRow } from "./intake-store.ts";

/** Publishes that may wait for a commit while the log has no room. Beyond it connections are closed unacknowledged. */
export const RING_MAX = 8_192;
export const RING_BYTES_MAX = 32 * 1024 * 1024;
/** Sockets of one object; the platform's limit is 32,768. */
export const CONNECTIONS_MAX = 5_000;
/** What a client may send while the unit is asked who it is. */
const ADMITTING_BYTES_MAX = 256 * 1024;
/** Between two commits where acknowledging at once is asked for: a commit is several milliseconds in which nothing else happens. */
const COMMIT_EVERY_MS = 10;
/** Without a frame for so long, what hibernation would lose is attached to its socket: until then it keeps the object awake. */
const AWAKE_MS = 1_000;

/** `by`: the device that publishes; empty when nobody needs to sign in. */
type Waiting = { readonly publish: PublishEffect; readonly by: string; readonly from: Connection; readonly arrivedAt: number };

export type BrokerDeps = {
  readonly store: IntakeStore;
  readonly clock: Clock;
  readonly rules: () => Rules;
  readonly ackWithinMs: () => number;
  readonly admit: (user: string, password: string) => Promise<Speaker | Reason>;
  readonly head: () => number;
  readonly hasRoom: () => boolean;
  readonly appended: (row: LogRow) => void;
  readonly committed: () => void;
  /** A rule was broken before any message could be logged. */
  readonly refused: (speaker: Speaker | null, rule: string) => void;
};

export type Broker = ReturnType<typeof openBroker>;

export function openBroker(deps: BrokerDeps, sleeping: readonly WebSocket[]) {
  const { store, clock, rules } = deps;
  const connections = new Map<WebSocket, Connection>();
  const byClient = new Map<string, Connection>();
  const subscribers = topicIndex<Connection, Subscription>((a, b) => (a.qos >= b.qos ? a : b));
  const retained = retainedStore(store.readRetained().map((message) => ({ ...message, qos: message.qos === 0 ? 0 : 1 })));
  const touched = new Set<Connection>();
  let ring: Waiting[] = [];
  let ringBytes = 0;
  let committedAt = -Infinity;
  let heardAt = -Infinity;
  let flushTimer: ReturnType<typeof setTimeout> | null = null;
  let awakeTimer: ReturnType<typeof setTimeout> | null = null;

  for (const socket of sleeping) {
    const connection = wakeConnection(socket);
    if (connection !== null) connections.set(socket, connection);
    if (connection?.session.state !== "connected") continue;
    connection.key = clientKey(connection);
    byClient.set(connection.key, connection);
    for (const subscription of connection.session.subscriptions) subscribers.set(subscription.filter, connection, subscription);
  }

  function open(socket: WebSocket): void {
    const now = clock.now();
    const connection = openConnection(socket, now);
    connections.set(socket, connection);
    clock.wakeBy(silentBy(connection.session));
  }

  /** Resolves when the frame is dealt with, which is after the unit has answered when it held a CONNECT. */
  async function onFrame(socket: WebSocket, frame: ArrayBuffer | string): Promise<void> {
    const connection = connections.get(socket);
    if (connection === undefined) return socket.close(1011, "this connection is not known here any more");
    heardAt = clock.now();
    if (typeof frame === "string")
      take(connection, close(connection.session, REASON.malformedPacket, "MQTT is spoken in binary frames [MQTT-6.0.0-1]", rules()));
    else {
      connection.reader.take(new Uint8Array(frame));
      if (connection.session.state === "admitting" && connection.reader.held() > ADMITTING_BYTES_MAX)
        take(
          connection,
          close(connection.session, REASON.quotaExceeded, `at most ${ADMITTING_BYTES_MAX} bytes may follow a CONNECT before its CONNACK`, rules()),
        );
      await pump(connection);
    }
    settle();
  }

  async function pump(connection: Connection): Promise<void> {
    for (;;) {
      // While the unit is asked, what follows the CONNECT stays with the reader.
      if (connection.session.state === "closed" || connection.session.state === "admitting") return;
      const packet = connection.reader.next();
      if (packet === null) return;
      if (packet.type === "connect") connection.version = packet.version;
      const asked = take(connection, onPacket(connection.session, packet, rules(), clock.now()));
      if (packet.type === "subscribe" || packet.type === "unsubscribe") keepAttached(connection);
      if (asked !== null) await answerConnect(connection, asked);
    }
  }

  async function answerConnect(connection: Connection, asked: Effect & { readonly type: "admit" }): Promise<void> {
    const answer = await deps.admit(asked.user, asked.password).catch((error: unknown) => {
      console.warn("the unit could not be asked about a device", error);
      return REASON.serverUnavailable;
    });
    take(connection, admitted(connection.session, answer, rules(), clock.now()));
  }

  /** Performs a step. Returns the question to the unit, if there is one. */
  function take(connection: Connection, step: Step): (Effect & { readonly type: "admit" }) | null {
    const speaker = connection.session.state === "connected" ? connection.session.speaker : null;
    connection.session = step.session;
    connection.dirty = true;
    touched.add(connection);
    say(connection, step.said);
    let asked: (Effect & { readonly type: "admit" }) | null = null;
    for (const effect of step.effects) {
      if (effect.type === "admit") asked = effect;
      else perform(connection, effect, speaker);
    }
    return asked;
  }

  function perform(connection: Connection, effect: Exclude<Effect, { type: "admit" }>, speaker: Speaker | null): void {
    switch (effect.type) {
      case "joined":
        return join(connection);
      case "publish":
        return wait(connection, effect, speaker === null || speaker === "anybody" ? "" : speaker.device);
      case "subscribed":
        subscribers.set(effect.subscription.filter, connection, effect.subscription);
        if (effect.sendRetained)
          for (const message of retained.of(effect.subscription.filter, (topic) => mayHear(connection, topic)))
            deliverTo(connection, effect.subscription, message, message.qos, true);
        return;
      case "unsubscribed":
        return subscribers.remove(effect.filter, connection);
      case "drained":
        return drain(connection);
      case "close":
        if (effect.reason !== REASON.success) deps.refused(speaker, effect.rule);
        sendOut(connection);
        closeSocket(connection, effect.reason, effect.rule);
        return forget(connection);
    }
  }

  function join(connection: Connection): void {
    connection.key = clientKey(connection);
    const other = byClient.get(connection.key);
    byClient.set(connection.key, connection);
    if (other !== undefined && other !== connection)
      take(other, close(other.session, REASON.sessionTakenOver, "the same client identifier has connected again [MQTT-3.1.4-3]", rules()));
    keepAttached(connection);
    const silent = silentBy(connection.session);
    if (silent !== Infinity) clock.wakeBy(silent);
  }

  function keepAttached(connection: Connection): void {
    if (connection.session.state === "connected" && !attach(connection))
      take(connection, close(connection.session, REASON.quotaExceeded, "the session is larger than 16 KiB", rules()));
  }

  function wait(from: Connection, publish: PublishEffect, by: string): void {
    if (ring.length >= RING_MAX || ringBytes + publish.payload.length > RING_BYTES_MAX)
      return void take(from, close(from.session, REASON.quotaExceeded, "the unit is behind; send again later what was not acknowledged", rules()));
    ring.push({ publish, by, from, arrivedAt: clock.now() });
    ringBytes += publish.payload.length;
    if (ring.length % ROW_MESSAGES_MAX === 0 || ringBytes >= ROW_BYTES_MAX) flush();
  }

  /** Commits what waits, acknowledges it and hands it on. Nothing happens while the log has no room. */
  function flush(): void {
    if (ring.length === 0 || !deps.hasRoom()) return;
    const group = ring;
    const rows = rowsOf(
      group.flatMap(({ publish, arrivedAt }): readonly Logged[] =>
        publish.carried === null ? [] : [{ ...publish.carried, payload: publish.payload, arrivedAt }],
      ),
    );
    const toKeep = group.filter(({ publish }) => publish.retain).map(({ publish, by }) => ({ publish, kept: { ...publish, device: by } }));
    const noRoom = new Set(toKeep.filter(({ kept }) => !retained.keep(kept)).map(({ publish }) => publish));
    const now = clock.now();
    const written: LogRow[] = [];
    store.transaction(() => {
      let n = deps.head();
      for (const messages of rows) {
        store.appendRow(n, messages.map(entryOf), now);
        written.push({ n, end: n + messages.length, messages });
        n += messages.length;
      }
      for (const { publish, kept } of toKeep)
        if (!noRoom.has(publish)) store.writeRetained({ topic: kept.topic, message: kept.payload.length === 0 ? null : { ...kept, expiresAt: null } });
    });
    ring = [];
    ringBytes = 0;
    committedAt = now;
    for (const row of written) deps.appended(row);
    for (const { publish, from } of group) {
      if (publish.ackId !== 0) take(from, acknowledge(from.session, publish.ackId, noRoom.has(publish) ? REASON.quotaExceeded : REASON.success));
      for (const [connection, subscription] of subscribers.matching(publish.topic)) {
        if (!(subscription.noLocal && connection === from))
          deliverTo(connection, subscription, publish, publish.qos, subscription.retainAsPublished && publish.retain);
      }
    }
    if (written.length > 0) deps.committed();
  }

  function mayHear({ session }: Connection, topic: string): boolean {
    return session.state === "connected" && permitTopic(topic, "subscribe", session.speaker, rules());
  }

  function deliverTo(
    connection: Connection,
    subscription: Subscription,
    message: { readonly topic: string; readonly payload: Uint8Array; readonly properties: Uint8Array },
    published: 0 | 1,
    retain: boolean,
  ): void {
    const { session } = connection;
    if (session.state !== "connected" || !mayHear(connection, message.topic)) return;
    const { topic, payload, properties } = message;
    const next = hand(connection, session, { topic, payload, properties }, subscription.qos === 0 ? 0 : published, retain);
    touched.add(connection);
    if (next === null) return void take(connection, close(session, REASON.quotaExceeded, "this client does not acknowledge what it subscribed to", rules()));
    connection.session = next;
    connection.dirty = true;
  }

  /**
   * The end of an event: commit, or have it done in time, then say everything in one frame per client. Alone, a
   * message waits for nothing when it is to be acknowledged at once; in a crowd it shares the next commit.
   */
  function settle(): void {
    const within = deps.ackWithinMs() || Math.min(COMMIT_EVERY_MS, committedAt + COMMIT_EVERY_MS - clock.now());
    if (ring.length > 0 && within <= 0) flush();
    else if (ring.length > 0 && flushTimer === null) {
      flushTimer = setTimeout(() => {
        flushTimer = null;
        flush();
        settleOut();
      }, within);
    }
    settleOut();
  }

  function settleOut(): void {
    for (const connection of touched) {
      if (sendOut(connection)) continue;
      take(connection, lost(connection.session, rules()));
      forget(connection);
    }
    touched.clear();
    if (awakeTimer === null && (ring.length > 0 || isForgetful())) awakeTimer = setTimeout(rest, AWAKE_MS);
  }

  /** Once quiet, sessions are attached as they are, and nothing keeps the object awake but what can't be attached. In traffic that would be done for each message. */
  function rest(): void {
    awakeTimer = null;
    if (clock.now() - heardAt >= AWAKE_MS) for (const connection of connections.values()) if (connection.dirty) keepAttached(connection);
    settle();
  }

  function isForgetful(): boolean {
    for (const { dirty, reader, queue } of connections.values()) if (dirty || reader.held() > 0 || queue.length > 0) return true;
    return false;
  }

  function onGone(socket: WebSocket): void {
    const connection = connections.get(socket);
    if (connection === undefined) return;
    take(connection, lost(connection.session, rules()));
    forget(connection);
    settle();
  }

  function forget(connection: Connection): void {
    connections.delete(connection.socket);
    if (byClient.get(connection.key) === connection) byClient.delete(connection.key);
    subscribers.forget(connection);
  }

  /** Closes who has been silent for too long; says when to look again. */
  function expire(now: number): number {
    let next = Infinity;
    for (const connection of connections.values()) {
      const by = silentBy(connection.session);
      if (by <= now)
        take(connection, close(connection.session, REASON.keepAliveTimeout, "nothing was heard for one and a half keep-alives [MQTT-3.1.2-24]", rules()));
      else next = Math.min(next, by);
    }
    settle();
    return next;
  }

  function connectedDevices(): ReadonlySet<string> {
    const devices = new Set<string>();
    for (const { session } of connections.values()) if (session.state === "connected" && session.speaker !== "anybody") devices.add(session.speaker.device);
    return devices;
  }

  /** Ends what this device has opened, also what the unit has just been asked about. */
  function disconnect(device: string): void {
    for (const connection of connections.values()) {
      const { session } = connection;
      const own =
        session.state === "connected"
          ? session.speaker !== "anybody" && session.speaker.device === device
          : session.state === "admitting" && session.connect.user === device;
      if (own) take(connection, close(session, REASON.notAuthorized, "this device has a new password", rules()));
    }
    settle();
  }

  return {
    open,
    onFrame,
    onGone,
    disconnect,
    expire,
    connectedDevices,
    flush: () => {
      flush();
      settleOut();
    },
    count: () => connections.size,
    waiting: () => ring.length,
  };
}
