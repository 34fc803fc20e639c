/**
 * One TCP or TLS client of a gateway that has one link for all, from its first byte to its last:
 *
 *   greeting ──CONNECT──▶ waiting in line ──turn──▶ seated ──CONNACK──▶ connected ──either side ends──▶ closing
 *
 * Its keep-alive is kept here and PINGREQ is answered here: a quiet device costs the unit nothing.
 */
import type { Socket } from "node:net";
import type { MemberEnd } from "../../contracts/gateway-wire.ts";
import { CONNECT_BYTES_MAX, PACKET_BYTES_MAX } from "../../edge/ingest/broker/packet.ts";
import { REASON } from "../../edge/ingest/reason.ts";
import { GREETING_MS, STUCK_MS } from "./bridge.ts";
import {
  type Answer,
  CONNECT_BYTE,
  type Identity,
  type Introduction,
  readAnswer,
  readIntroduction,
  refusingConnack,
  refusingDisconnect,
} from "./connect-packet.ts";
import { type Cut, startFramer } from "./frame.ts";
import type { Seat, SeatEnd, Sitter } from "./seat.ts";

/** What may pass between the end of this side and that of the client. */
const CLOSING_MS = 5_000;
const PINGREQ_BYTE = 0xc0;
const DISCONNECT_BYTE = 0xe0;
const CONNACK_BYTE = 0x20;
const PINGRESP = Uint8Array.of(0xd0, 0);
/** Reason codes of 5.0 that only a gateway has use for [MQTT-3.14.2-1]. */
const SERVER_BUSY = 0x89;
const SERVER_SHUTTING_DOWN = 0x8b;
const ADMINISTRATIVE_ACTION = 0x98;

export type ClientEnd =
  | "client-closed"
  | "refused"
  | "not-mqtt"
  | "malformed"
  | "too-large"
  | "no-room"
  | "silent"
  | "stuck"
  | "not-yours"
  | "unit-away"
  | "unit-back"
  | "unit-unknown"
  | "busy"
  | "gateway-closed";

/** Bytes that all clients together may have here of packets that are not complete. */
export type HeldBudget = { readonly max: number; bytes: number };

export type ClientOptions = {
  readonly socket: Socket;
  readonly unit: string;
  readonly secure: boolean;
  /** Whom its certificate speaks for. */
  readonly identity: Identity | null;
  readonly held: HeldBudget;
  readonly now: () => number;
  /** It has greeted and waits for a seat. */
  readonly onGreeting: (client: Client, hello: Introduction) => void;
  readonly onAnswer: (client: Client, answer: Answer) => void;
  readonly onEnd: (client: Client, why: ClientEnd) => void;
};

export type Client = {
  readonly sitter: Sitter;
  readonly secure: boolean;
  readonly verified: boolean;
  /** Null before CONNECT was read. */
  hello(): Introduction | null;
  sit(seat: Seat): void;
  /** Before CONNACK; answers in the client's own version. */
  refuse(why: "unit-away" | "unit-unknown" | "busy"): void;
  check(now: number): void;
  close(): void;
};

export function startClient({ socket, unit, secure, identity, held, now, onGreeting, onAnswer, onEnd }: ClientOptions): Client {
  const framer = startFramer(PACKET_BYTES_MAX);
  const startedAt = now();
  let hello: Introduction | null = null;
  /** What came with CONNECT in one read: until there is a seat, the socket isn't read again. */
  let rest: Cut = { packets: [], refused: null };
  let seat: Seat | null = null;
  let answered = false;
  let keepaliveMs = 0;
  let heardAt = startedAt;
  let heldBytes = 0;
  let goodbye = false;
  let corked = false;
  let upStoppedAt: number | null = null;
  let downStoppedAt: number | null = null;
  let ended: { readonly at: number } | null = null;

  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  socket.on("data", read);
  socket.on("drain", () => {
    downStoppedAt = null;
  });
  for (const over of ["end", "close", "error"]) socket.on(over, () => end("client-closed", goodbye ? "ended" : "lost"));

  function read(bytes: Uint8Array): void {
    heardAt = now();
    if (hello === null) return greet(bytes);
    forward(framer.push(bytes));
    reckon();
  }

  function greet(bytes: Uint8Array): void {
    if (framer.held() === 0 && bytes[0] !== CONNECT_BYTE) return end("not-mqtt");
    const {
      packets: [connect, ...packets],
      refused,
    } = framer.push(bytes);
    reckon();
    if ((connect?.length ?? framer.held()) > CONNECT_BYTES_MAX) return end("too-large");
    if (connect === undefined) return refused === null ? undefined : end(refused);
    const read = readIntroduction(connect, unit, identity);
    if (read === null) return end("malformed");
    hello = read;
    if (read.isAnothers) return end("not-yours");
    ({ keepaliveMs } = read);
    rest = { packets, refused };
    socket.pause();
    onGreeting(client, read);
  }

  /** Held bytes are counted over all clients: each alone could hold the largest packet. */
  function reckon(): void {
    held.bytes += framer.held() - heldBytes;
    heldBytes = framer.held();
    if (held.bytes > held.max && heldBytes > 0) end("no-room");
  }

  function forward({ packets, refused }: Cut): void {
    if (seat === null || ended !== null) return;
    for (const packet of packets) {
      if (packet[0] === PINGREQ_BYTE && packet.length === 2 && answered) {
        socket.write(PINGRESP);
        continue;
      }
      goodbye ||= packet[0] === DISCONNECT_BYTE;
      seat.send(packet);
    }
    if (refused !== null) return end(refused);
    if (seat.isWritable()) return;
    upStoppedAt ??= now();
    socket.pause();
  }

  const sitter: Sitter = {
    hear(bytes) {
      if (!socket.writable || ended !== null) return;
      if (!answered && bytes[0] === CONNACK_BYTE && hello !== null) answer(bytes, hello);
      const sat = seat;
      corkForNow();
      if (!socket.write(bytes, () => sat?.took(bytes.length))) downStoppedAt ??= now();
    },
    flow() {
      if (upStoppedAt === null) return;
      upStoppedAt = null;
      heardAt = now();
      socket.resume();
    },
    ended(why: SeatEnd) {
      seat = null;
      end(why === "refused" ? "refused" : why === "back" ? "unit-back" : "unit-away");
    },
  };

  /** What one message of the link holds for this client leaves in one write. */
  function corkForNow(): void {
    if (corked) return;
    corked = true;
    socket.cork();
    process.nextTick(() => {
      corked = false;
      socket.uncork();
    });
  }

  function answer(bytes: Uint8Array, { version }: Introduction): void {
    const [connack] = startFramer(PACKET_BYTES_MAX).push(bytes).packets;
    const read = connack === undefined ? null : readAnswer(connack, version);
    if (read === null) return;
    answered = true;
    keepaliveMs = read.keepaliveMs ?? keepaliveMs;
    onAnswer(client, read);
  }

  function sit(on: Seat): void {
    if (hello === null || ended !== null) return on.leave("ended");
    seat = on;
    heardAt = now();
    on.send(hello.bytes);
    socket.resume();
    forward(rest);
    rest = { packets: [], refused: null };
  }

  function end(why: ClientEnd, told: MemberEnd = why === "silent" ? "silent" : why === "gateway-closed" ? "gateway-closed" : "lost"): void {
    if (ended !== null) return;
    ended = { at: now() };
    held.bytes -= heldBytes;
    heldBytes = 0;
    const word = hello === null ? null : answered ? partingWord(hello.version, why) : refusal(hello.version, why);
    if (word !== null && socket.writable) socket.write(word);
    // Read on into nothing: bytes left unread would turn the close into a reset that swallows the last words.
    socket.off("data", read).resume();
    socket.end();
    seat?.leave(told);
    seat = null;
    onEnd(client, why);
  }

  function check(at: number): void {
    if (ended !== null) {
      if (at - ended.at >= CLOSING_MS) socket.destroy();
    } else if (hello === null) {
      if (at - startedAt > GREETING_MS) end("silent");
    } else if (at - Math.min(upStoppedAt ?? Infinity, downStoppedAt ?? Infinity) > STUCK_MS) {
      end("stuck");
    } else if (answered && upStoppedAt === null && keepaliveMs > 0 && at - heardAt > keepaliveMs * 1.5) {
      // One and a half times what was promised [MQTT-3.1.2-22]; while we do not read, the silence is ours.
      end("silent");
    }
  }

  const client: Client = {
    sitter,
    secure,
    verified: identity !== null,
    hello: () => hello,
    sit,
    refuse: (why) => end(why),
    check,
    close: () => end("gateway-closed"),
  };
  return client;
}

function refusal(version: 3 | 4 | 5, why: ClientEnd): Uint8Array | null {
  if (why === "not-yours" || why === "unit-unknown") return refusingConnack(version, REASON.notAuthorized);
  if (why === "busy" && version === 5) return Uint8Array.of(CONNACK_BYTE, 3, 0, SERVER_BUSY, 0);
  return why === "busy" || why === "unit-away" ? refusingConnack(version, REASON.serverUnavailable) : null;
}

function partingWord(version: 3 | 4 | 5, why: ClientEnd): Uint8Array | null {
  switch (why) {
    case "too-large":
      return refusingDisconnect(version, REASON.packetTooLarge);
    case "malformed":
      return refusingDisconnect(version, REASON.malformedPacket);
    case "silent":
      return refusingDisconnect(version, REASON.keepAliveTimeout);
    case "no-room":
      return refusingDisconnect(version, REASON.quotaExceeded);
    case "unit-away":
    case "gateway-closed":
      return refusingDisconnect(version, SERVER_SHUTTING_DOWN);
    case "unit-back":
      return refusingDisconnect(version, ADMINISTRATIVE_ACTION);
    case "client-closed":
    case "refused":
    case "not-mqtt":
    case "stuck":
    case "not-yours":
    case "unit-unknown":
    case "busy":
      return null;
  }
}
