/**
 * One TCP connection and its WebSocket, from the first byte to the last:
 *
 *   greeting ──CONNECT──▶ dialling ──open──▶ open ──either side ends──▶ closing ──both closed──▶ closed
 *
 * Upwards whole packets, downwards bytes as they come. Whichever side is slow stops the other; whichever side ends, ends both.
 */
import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { LINK_MESSAGE_BYTES_MAX } from "../../contracts/gateway-wire.ts";
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from "../../edge/ingest/broker/packet.ts";
import { REASON } from "../../edge/ingest/reason.ts";
import { CONNECT_BYTE, readGreeting, refusingConnack, refusingDisconnect, type Greeting } from "./connect-packet.ts";
import { startFramer, type Cut } from "./frame.ts";

/** A client that has connected sends CONNECT within this; what stays silent is no MQTT client. */
export const GREETING_MS = 10_000;
/** The unit answers the WebSocket's handshake within this, or counts as away. */
export const DIAL_MS = 5_000;
/** Bytes on their way to the unit, per connection, at which the client is no longer read: about the largest packet. */
export const UPWARD_BYTES_MAX = 1024 * 1024;
/** One WebSocket message from the unit. A subscriber to everything retained (8 MiB) may get it in one. */
const DOWNWARD_BYTES_MAX = 10 * 1024 * 1024;
/** A side that has not moved a byte for this long while the other waits is taken as gone. */
export const STUCK_MS = 60_000;
/** What may pass between the end of one side and that of the other. */
const CLOSING_MS = 5_000;

export type Ended =
  | "client-closed"
  | "unit-closed"
  | "not-mqtt"
  | "malformed"
  | "too-large"
  | "silent"
  | "stuck"
  | "unit-away"
  | "unit-unknown"
  | "gateway-closed";

export type Bridge = {
  /** Called about once a second: enforces what is measured in time. */
  check(now: number): void;
  close(): void;
};

export type BridgeOptions = {
  readonly socket: Socket;
  readonly upstream: (unit: string) => string;
  readonly unit: string;
  readonly now: () => number;
  readonly onEnd: (ended: Ended, unit: string | null) => void;
};

export function startBridge({ socket, upstream, unit, now, onEnd }: BridgeOptions): Bridge {
  const framer = startFramer(PACKET_BYTES_MAX);
  const startedAt = now();
  let ws: WebSocket | null = null;
  let greeting: Greeting | null = null;
  let opened = false;
  let connackSent = false;
  let heardAt = startedAt;
  /** Since when each direction waits for a slow side; null while it flows. */
  let upStoppedAt: number | null = null;
  let downStoppedAt: number | null = null;
  let ended: { readonly why: Ended; readonly at: number } | null = null;

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.on("data", read);
  socket.on("drain", flowDown);
  for (const over of ["end", "close", "error"]) socket.on(over, () => end("client-closed"));

  function read(bytes: Uint8Array): void {
    heardAt = now();
    if (greeting !== null) return forward(framer.push(bytes));
    if (framer.held() === 0 && bytes[0] !== CONNECT_BYTE) return end("not-mqtt");
    const {
      packets: [connect, ...rest],
      refused,
    } = framer.push(bytes);
    if ((connect?.length ?? framer.held()) > CONNECT_BYTES_MAX) return end("too-large");
    if (connect === undefined) return refused === null ? undefined : end(refused);
    greeting = readGreeting(connect, unit);
    if (greeting === null) return end("malformed");
    socket.pause();
    dial(greeting, { packets: rest, refused });
  }

  /** `rest` came in the same segment as CONNECT: at most one read of the socket. */
  function dial(hello: Greeting, rest: Cut): void {
    const link = new WebSocket(upstream(hello.unit), "mqtt", { handshakeTimeout: DIAL_MS, perMessageDeflate: false, maxPayload: DOWNWARD_BYTES_MAX });
    ws = link;
    link.on("open", () => {
      if (ended !== null) return link.terminate();
      opened = true;
      heardAt = now();
      link.send(hello.bytes);
      socket.resume();
      forward(rest);
    });
    link.on("message", (bytes: Buffer) => {
      if (!socket.writable) return;
      connackSent ||= bytes[0] === CONNACK_BYTE;
      if (socket.write(bytes)) return;
      downStoppedAt ??= now();
      link.pause();
    });
    link.on("unexpected-response", (request, response) => {
      request.destroy();
      refuseGreeting(hello, response.statusCode === 404 ? "unit-unknown" : "unit-away");
    });
    for (const over of ["close", "error"]) link.on(over, () => (opened ? end("unit-closed") : refuseGreeting(hello, "unit-away")));
  }

  function refuseGreeting(hello: Greeting, why: "unit-unknown" | "unit-away"): void {
    if (ended === null) socket.write(refusingConnack(hello.version, why === "unit-unknown" ? REASON.notAuthorized : REASON.serverUnavailable));
    end(why);
  }

  function forward({ packets, refused }: Cut): void {
    if (packets.length > 0 && ws !== null && ended === null) {
      // Packets that came together travel together: a WebSocket message costs the unit more than a packet does.
      const bytes = packets.length === 1 ? (packets[0] ?? Buffer.alloc(0)) : Buffer.concat(packets);
      // What is longer than the platform takes in one message goes in several: where they are cut means nothing [MQTT-6.0.0-4].
      for (let at = 0; at < bytes.length; at += LINK_MESSAGE_BYTES_MAX) ws.send(bytes.subarray(at, at + LINK_MESSAGE_BYTES_MAX), flowUp);
      if (ws.bufferedAmount > UPWARD_BYTES_MAX) {
        upStoppedAt ??= now();
        socket.pause();
      }
    }
    if (refused !== null) end(refused);
  }

  function flowUp(): void {
    if (upStoppedAt === null || ws === null || ws.bufferedAmount > UPWARD_BYTES_MAX / 2) return;
    upStoppedAt = null;
    heardAt = now();
    socket.resume();
  }

  function flowDown(): void {
    downStoppedAt = null;
    ws?.resume();
  }

  function end(why: Ended): void {
    if (ended !== null) return;
    ended = { why, at: now() };
    const word = connackSent && greeting !== null ? partingWord(greeting.version, why) : null;
    if (word !== null) socket.write(word);
    // Read on into nothing: bytes left unread would turn the close into a reset that swallows the last words.
    socket.off("data", read).resume();
    socket.end();
    if (!opened) ws?.terminate();
    else {
      ws?.resume();
      ws?.close(1000);
    }
    onEnd(why, greeting?.unit ?? null);
  }

  function check(at: number): void {
    if (ended !== null) {
      if (at - ended.at < CLOSING_MS) return;
      ws?.terminate();
      socket.destroy();
    } else if (greeting === null) {
      if (at - startedAt > GREETING_MS) end("silent");
    } else if (at - Math.min(upStoppedAt ?? Infinity, downStoppedAt ?? Infinity) > STUCK_MS) {
      end("stuck");
    } else if (opened && upStoppedAt === null && greeting.keepaliveMs > 0 && at - heardAt > greeting.keepaliveMs * 1.5) {
      // One and a half times what was promised [MQTT-3.1.2-24]; while we do not read, the silence is ours.
      end("silent");
    }
  }

  return { check, close: () => end("gateway-closed") };
}

/** First byte of every CONNACK [MQTT-3.2.1]. */
const CONNACK_BYTE = 0x20;

function partingWord(version: 3 | 4 | 5, why: Ended): Uint8Array | null {
  if (why === "too-large") return refusingDisconnect(version, REASON.packetTooLarge);
  if (why === "malformed") return refusingDisconnect(version, REASON.malformedPacket);
  return why === "silent" ? refusingDisconnect(version, REASON.keepAliveTimeout) : null;
}
