/**
 * Brings the topics of an existing broker to devices here. It keeps a session of its own there, and acknowledges a message there only once it is
 * kept here, so that neither side's absence loses any.
 *
 *   their broker ──session──▶ table ──▶ channels ──▶ the device's link ──▶ unit
 *        ◀── acknowledged once kept ──  └▶ as it is ──▶ relay ──────────▶ unit
 */
import mqtt, { type IPublishPacket } from "mqtt";
import type { DeviceId } from "../../../contracts/ids.ts";
import { isRefusal, type Refusal } from "../../../contracts/refusal.ts";
import { BACKOFF, backoffMs, type Backoff } from "../../sdk/backoff.ts";
import type { TelemetryDraft } from "../../sdk/device.ts";
import { pause } from "../pause.ts";
import type { Tell } from "../sink.ts";
import { telemetryOf } from "./payload.ts";
import { type Message, VIA } from "./relay.ts";
import { type BridgeConfig, route, SESSION_S } from "./table.ts";

/** Messages that their broker may send ahead of our acknowledgements. */
const RECEIVE_MAX = 100;
/** How long a message waits for room here before room is looked for again. */
const ROOM_MS = 100;

/** What the bridge hands messages to. Each resolves once it is kept, so that a crash does not lose it; `too-many` while there is no room. */
export type Keep = {
  telemetry(device: DeviceId, telemetry: TelemetryDraft): Promise<"kept" | Refusal>;
  message(device: DeviceId, message: Message): Promise<"kept" | Refusal>;
};

export type BridgeCounts = {
  readonly taken: number;
  readonly kept: number;
  /** No row takes the topic, or a device that is not listed. */
  readonly unmapped: number;
  readonly refused: number;
  readonly retained: number;
  /** Came back to us, and were not sent again. */
  readonly loops: number;
  readonly repeated: number;
  /** Their broker had forgotten our session: what came meanwhile is lost. */
  readonly sessionsLost: number;
};

export type BridgeOptions = {
  /** Our own unit's name: what carries it has been here. */
  readonly via: string;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly tell?: Tell;
};

/** `isUp`: connected, and its subscriptions are acknowledged. */
export type Bridge = { isUp(): boolean; counts(): BridgeCounts; close(): Promise<void> };

export function startBridge(config: BridgeConfig, keep: Keep, options: BridgeOptions): Bridge {
  const { backoff = BACKOFF, random = Math.random, now = Date.now, tell = () => {} } = options;
  const { url, user, password, clientId, protocolVersion = 5, sessionS = SESSION_S } = config.broker;
  const listed = new Map<string, DeviceId>(config.devices.map(({ device }) => [device, device]));
  const counts = { taken: 0, kept: 0, unmapped: 0, refused: 0, retained: 0, loops: 0, repeated: 0, sessionsLost: 0 };
  /** By packet number, messages of QoS 2 that are not released yet: the same number again is the same message [MQTT-4.3.3]. */
  const unreleased = new Map<number, Promise<boolean>>();
  const ended = new AbortController();
  let attempt = 0;
  let connects = 0;
  let up = false;
  let why = "the connection was closed";

  tell("connecting", "");
  const client = mqtt.connect(url, {
    clientId,
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    clean: false,
    protocolVersion,
    ...(protocolVersion === 5 ? { properties: { sessionExpiryInterval: sessionS, receiveMaximum: RECEIVE_MAX } } : {}),
    reconnectPeriod: backoffMs(0, backoff, random),
    resubscribe: false,
  });

  // Set afterwards: given as an option the library heeds it in MQTT 5 only, and would acknowledge before anything is kept.
  client.options.customHandleAcks = (topic, payload, packet: IPublishPacket, done) =>
    void take(topic, payload, packet).then((kept) => {
      if (kept) done(0, 0);
    });

  client.on("connect", ({ sessionPresent }) => {
    connects += 1;
    attempt = 0;
    if (!sessionPresent) {
      if (connects > 1) counts.sessionsLost += 1;
      unreleased.clear();
    }
    const wanted = Object.fromEntries(
      config.topics.map(({ from, qos = 1 }) => [from, { qos, ...(protocolVersion === 5 ? { nl: true, rap: true, rh: 1 as const } : {}) }]),
    );
    client.subscribe(wanted, (error, granted) => {
      const refused = granted?.filter(({ qos }) => qos >= 0x80) ?? [];
      up = true;
      tell("up", error?.message ?? (refused.length === 0 ? "" : `not permitted there: ${refused.map(({ topic }) => topic).join(", ")}`));
    });
  });
  client.on("message", (topic, payload, packet) => {
    // Others are taken where they are acknowledged.
    if (packet.qos === 0) void take(topic, payload, packet);
  });
  client.on("packetreceive", (packet) => {
    if (packet.cmd === "pubrel" && packet.messageId !== undefined) unreleased.delete(packet.messageId);
  });
  client.on("error", (error) => void (why = error.message));
  client.on("close", () => {
    up = false;
    client.options.reconnectPeriod = backoffMs(++attempt, backoff, random);
    if (!ended.signal.aborted) tell("waiting", why);
    why = "the connection was closed";
  });

  /** Whether the message may be acknowledged: false only when we end before it is kept. */
  function take(topic: string, payload: Buffer, packet: IPublishPacket): Promise<boolean> {
    const number = packet.qos === 2 ? packet.messageId : undefined;
    const before = number === undefined ? undefined : unreleased.get(number);
    if (before !== undefined) {
      counts.repeated += 1;
      return before;
    }
    counts.taken += 1;
    const done = settle(topic, payload, packet);
    if (number !== undefined) unreleased.set(number, done);
    return done;
  }

  async function settle(topic: string, payload: Buffer, packet: IPublishPacket): Promise<boolean> {
    if (packet.properties?.userProperties?.[VIA] !== undefined) return counted("loops");
    const routed = route(config.topics, topic);
    const device = routed === null ? undefined : listed.get(routed.device);
    if (routed === null || device === undefined) return counted("unmapped");
    // What was retained is news of an unknown age: without an instant of its own it is not told as if it were of now.
    if (packet.retain && routed.row.retained !== true) return counted("retained");
    const telemetry = routed.topic === null ? telemetryOf(routed.row, payload.toString(), now()) : null;
    if (isRefusal(telemetry)) return counted("refused");
    for (;;) {
      const kept =
        telemetry === null
          ? await keep.message(device, { topic: routed.topic ?? topic, qos: packet.qos, payload, properties: packet.properties ?? {} })
          : await keep.telemetry(device, telemetry);
      if (kept === "kept") return counted("kept");
      if (kept.refused !== "too-many" && kept.refused !== "unavailable") return counted("refused");
      // Of QoS 0 nobody promised anything; all else stays there until there is room here.
      if (packet.qos === 0) return counted("refused");
      await pause(ROOM_MS, ended.signal);
      if (ended.signal.aborted) return false;
    }
  }

  function counted(name: Exclude<keyof BridgeCounts, "taken">): true {
    counts[name] += 1;
    return true;
  }

  return {
    isUp: () => up,
    counts: () => counts,
    close: async () => {
      if (ended.signal.aborted) return;
      ended.abort();
      await client.endAsync(true);
      tell("closed", "");
    },
  };
}
