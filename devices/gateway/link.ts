/**
 * The gateway's end of a link: one WebSocket to a unit, on which many clients are members.
 *
 *   away ──dial──▶ dialling ──open, hello──▶ greeting ──welcome──▶ up ──closed, or no answer──▶ away, and dialled again with growing pauses
 *
 * When the link goes, its members end: what was under way may or may not have been committed, and only the client can send it again, which
 * is what MQTT has it do when it connects anew. Packets of all clients that came in one turn of the loop leave in one message.
 */
import { WebSocket } from "ws";
import {
  type Frame,
  frameWriter,
  LINK_ANSWERS,
  LINK_ASKS,
  LINK_MESSAGE_BYTES_MAX,
  LINK_PROTOCOL,
  LINK_VERSION,
  MEMBERS_MAX,
  readFrames,
  type Stored,
} from "../../contracts/gateway-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Seat, Sitter } from "./seat.ts";

/** The unit answers handshake and hello within this, or counts as away. */
const GREETING_MS = 5_000;
/** A link is asked whether it is alive this often; the unit gives it up after three times as long. */
const ASK_EVERY_MS = 20_000;
/** Without any message for so long after a question the link is dead, whatever TCP says. */
const DEAD_MS = 45_000;
/** Pauses between tries: doubled from the first to the longest, each shortened by up to a half by chance, so that a site's gateways don't come together. */
const PAUSE_FIRST_MS = 250;
const PAUSE_LONGEST_MS = 30_000;
/** Bytes that wait in the WebSocket at which clients are no longer read: sixteen of the largest messages. */
export const CHOKED_BYTES = 4 * 1024 * 1024;

export type LinkState = "away" | "up" | "closed";

export type Link = {
  state(): LinkState;
  /** Null while the link isn't up, or is full. */
  open(sitter: Sitter, how: { readonly secure: boolean; readonly verified: boolean }): Seat | null;
  /** Whether stored packets can be sent now; `onClear` tells when it may be so again. */
  isClear(): boolean;
  store(packets: readonly Stored[]): void;
  /** Called about once a second. */
  check(now: number): void;
  members(): number;
  counts(): LinkCounts;
  close(): Promise<void>;
};

export type LinkCounts = { readonly dialled: number; readonly up: number; readonly refused: number; readonly packets: number; readonly messages: number };

export type LinkOptions = {
  readonly url: string;
  readonly gateway: string;
  readonly token?: string;
  readonly now: () => number;
  readonly random: () => number;
  /** The link is up; everything through this seq is on the unit's disk. */
  readonly onUp: (through: number) => void;
  readonly onAway: (why: string) => void;
  readonly onAccepted: (through: number) => void;
  readonly onClear: () => void;
};

type Held = { readonly id: number; readonly sitter: Sitter; credit: number; choked: boolean; owed: number };

export function openLink(options: LinkOptions): Link {
  const { now } = options;
  const members = new Map<number, Held>();
  /** Numbers that this side closed and the unit has not confirmed yet. */
  const ending = new Set<number>();
  const free: number[] = [];
  const counts = { dialled: 0, up: 0, refused: 0, packets: 0, messages: 0 };
  let writer = frameWriter();
  let state: LinkState = "away";
  let ws: WebSocket | null = null;
  let redial: NodeJS.Timeout | null = null;
  let pauseMs = PAUSE_FIRST_MS;
  let lastId = 0;
  let memberBytes = 0;
  let linkCredit = 0;
  let choked = false;
  let heardAt = 0;
  let askedAt = 0;
  let flushing = false;

  dial();

  function dial(): void {
    redial = null;
    counts.dialled += 1;
    const socket = new WebSocket(options.url, LINK_PROTOCOL, {
      handshakeTimeout: GREETING_MS,
      perMessageDeflate: false,
      maxPayload: LINK_MESSAGE_BYTES_MAX,
      ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
    });
    ws = socket;
    heardAt = askedAt = now();
    let why = "the unit is away";
    socket.on("open", () => {
      const hello = frameWriter();
      hello.put({ kind: "hello", version: LINK_VERSION, gateway: options.gateway });
      for (const message of hello.take()) socket.send(message);
    });
    socket.on("message", (message: Buffer, isBinary: boolean) => {
      if (socket !== ws) return;
      heardAt = now();
      if (!isBinary) return message.toString() === LINK_ANSWERS ? undefined : breakOff("a text that is no answer");
      const frames = readFrames(message);
      if (isRefusal(frames)) return breakOff(frames.rule);
      for (const frame of frames) hear(frame);
    });
    socket.on("unexpected-response", (request, response) => {
      counts.refused += 1;
      why = `the unit refuses the link with ${response.statusCode ?? 0}`;
      request.destroy();
      gone(socket, why);
    });
    socket.on("error", (error) => {
      why = error.message;
    });
    socket.on("close", (_code, said) => gone(socket, said.length > 0 ? said.toString() : why));
  }

  function breakOff(rule: string): void {
    const socket = ws;
    socket?.terminate();
    if (socket !== null) gone(socket, rule);
  }

  function gone(socket: WebSocket, why: string): void {
    if (socket !== ws) return;
    ws = null;
    const wasUp = state === "up";
    if (state !== "closed") state = "away";
    const all = [...members.values()];
    members.clear();
    ending.clear();
    free.length = 0;
    lastId = 0;
    writer = frameWriter();
    for (const { sitter } of all) sitter.ended("away");
    if (state === "closed") return;
    if (wasUp || pauseMs === PAUSE_FIRST_MS) options.onAway(why);
    redial = setTimeout(dial, pauseMs * (1 - options.random() / 2));
    pauseMs = Math.min(pauseMs * 2, PAUSE_LONGEST_MS);
  }

  function hear(frame: Frame): void {
    switch (frame.kind) {
      case "welcome":
        if (state === "up") return breakOff("a link is welcomed once");
        ({ memberBytes } = frame);
        linkCredit = frame.linkBytes;
        choked = false;
        pauseMs = PAUSE_FIRST_MS;
        state = "up";
        counts.up += 1;
        return options.onUp(frame.through);
      case "data":
      case "part":
        return members.get(frame.member)?.sitter.hear(frame.bytes);
      case "close": {
        if (ending.delete(frame.member)) return void free.push(frame.member);
        const member = members.get(frame.member);
        if (member === undefined) return breakOff("a member is closed once");
        members.delete(frame.member);
        writer.put({ kind: "close", member: frame.member, why: "ended" });
        flushSoon();
        free.push(frame.member);
        return member.sitter.ended("refused");
      }
      case "credit":
        return credit(frame.member, frame.bytes);
      case "accepted":
        return options.onAccepted(frame.through);
      case "hello":
      case "open":
      case "stored":
        return breakOff(`${frame.kind} is for a gateway to say`);
    }
  }

  function credit(id: number, bytes: number): void {
    if (id === 0) {
      linkCredit += bytes;
      return flowAll();
    }
    const member = members.get(id);
    if (member === undefined) return;
    member.credit = Math.min(member.credit + bytes, memberBytes);
    flow(member);
  }

  function isClear(): boolean {
    return state === "up" && !choked && linkCredit > 0;
  }

  function flow(member: Held): void {
    if (!member.choked || member.credit <= 0 || !isClear()) return;
    member.choked = false;
    member.sitter.flow();
  }

  function flowAll(): void {
    if (!isClear()) return;
    for (const member of members.values()) flow(member);
    options.onClear();
  }

  function flushSoon(): void {
    if (flushing) return;
    flushing = true;
    // After all sockets that are readable in this turn have been read.
    setImmediate(flush);
  }

  function flush(): void {
    flushing = false;
    if (ws === null || ws.readyState !== WebSocket.OPEN) return;
    for (const message of writer.take()) {
      counts.messages += 1;
      ws.send(message, sent);
    }
    if (ws.bufferedAmount > CHOKED_BYTES) choked = true;
  }

  function sent(): void {
    if (!choked || ws === null || ws.bufferedAmount > CHOKED_BYTES / 2) return;
    choked = false;
    flowAll();
  }

  function open(sitter: Sitter, how: { readonly secure: boolean; readonly verified: boolean }): Seat | null {
    if (state !== "up" || members.size + ending.size >= MEMBERS_MAX) return null;
    const id = free.shift() ?? ++lastId;
    const member: Held = { id, sitter, credit: memberBytes, choked: false, owed: 0 };
    members.set(id, member);
    writer.put({ kind: "open", member: id, ...how });
    flushSoon();
    const isHere = () => members.get(id) === member;
    return {
      send(packet) {
        if (!isHere()) return;
        member.credit -= packet.length;
        linkCredit -= packet.length;
        counts.packets += 1;
        writer.data(id, packet);
        if (writer.waiting() >= LINK_MESSAGE_BYTES_MAX) flush();
        else flushSoon();
      },
      isWritable() {
        if (!isHere() || (member.credit > 0 && isClear())) return true;
        member.choked = true;
        return false;
      },
      took(bytes) {
        if (!isHere()) return;
        member.owed += bytes;
        if (member.owed < memberBytes / 4) return;
        writer.put({ kind: "credit", member: id, bytes: member.owed });
        member.owed = 0;
        flushSoon();
      },
      leave(why) {
        if (!isHere()) return;
        members.delete(id);
        ending.add(id);
        writer.put({ kind: "close", member: id, why });
        flushSoon();
      },
    };
  }

  function store(packets: readonly Stored[]): void {
    for (const packet of packets) {
      linkCredit -= packet.packet.length;
      writer.put({ kind: "stored", ...packet });
    }
    flushSoon();
  }

  function check(at: number): void {
    if (ws === null) return;
    if (state === "away" && at - askedAt > 2 * GREETING_MS) return breakOff("the unit does not greet");
    if (state !== "up") return;
    if (at - heardAt > DEAD_MS) return breakOff("the unit does not answer");
    if (at - askedAt < ASK_EVERY_MS) return;
    askedAt = at;
    ws.send(LINK_ASKS);
  }

  async function close(): Promise<void> {
    if (state === "closed") return;
    state = "closed";
    if (redial !== null) clearTimeout(redial);
    const socket = ws;
    if (socket === null) return;
    flush();
    const over = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    socket.close(1000);
    const late = setTimeout(() => socket.terminate(), 1_000);
    await over;
    clearTimeout(late);
  }

  return { state: () => state, open, isClear, store, check, members: () => members.size, counts: () => ({ ...counts }), close };
}
