/**
 * The gateway's end of a link: one WebSocket to a unit, on which many clients are members.
 *
 *   away ──dial──▶ dialling ──open, hello──▶ greeting ──welcome──▶ up ──closed, or no answer──▶ away, and dialled again with growing pauses
 *
 * When the link goes, its members end: what was under way may or may not have been committed, and only the client can send it again, which
 * is what MQTT has it do when it connects anew. Packets of all clients that came in one turn of the loop leave in one message.
 */
import { type Frame, frameWriter, LINK_MESSAGE_BYTES_MAX, LINK_VERSION, MEMBERS_MAX, readFrames, type Stored } from "../../contracts/gateway-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { keepDialled } from "./dial.ts";
import type { Seat, Sitter } from "./seat.ts";

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
  const members = new Map<number, Held>();
  /** Numbers that this side closed and the unit has not confirmed yet. */
  const ending = new Set<number>();
  const free: number[] = [];
  const counts = { up: 0, packets: 0, messages: 0 };
  let writer = frameWriter();
  let state: LinkState = "away";
  let memberBytes = 0;
  let linkCredit = 0;
  let lastId = 0;
  let choked = false;
  let flushing = false;

  const dialled = keepDialled({
    url: options.url,
    ...(options.token === undefined ? {} : { token: options.token }),
    now: options.now,
    random: options.random,
    onOpen() {
      writer.put({ kind: "hello", version: LINK_VERSION, gateway: options.gateway });
      flush();
    },
    onMessage(message) {
      const frames = readFrames(message);
      if (isRefusal(frames)) return dialled.breakOff(frames.rule);
      for (const frame of frames) hear(frame);
    },
    onGone: gone,
  });

  function gone(why: string, isNews: boolean): void {
    if (state !== "closed") state = "away";
    const all = [...members.values()];
    members.clear();
    ending.clear();
    free.length = 0;
    lastId = 0;
    writer = frameWriter();
    for (const { sitter } of all) sitter.ended("away");
    if (isNews) options.onAway(why);
  }

  function hear(frame: Frame): void {
    switch (frame.kind) {
      case "welcome":
        if (state === "up") return dialled.breakOff("a link is welcomed once");
        ({ memberBytes } = frame);
        linkCredit = frame.linkBytes;
        choked = false;
        dialled.greeted();
        state = "up";
        counts.up += 1;
        return options.onUp(frame.through);
      case "data":
      case "part":
        return members.get(frame.member)?.sitter.hear(frame.bytes);
      case "close": {
        if (ending.delete(frame.member)) return void free.push(frame.member);
        const member = members.get(frame.member);
        if (member === undefined) return dialled.breakOff("a member is closed once");
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
        return dialled.breakOff(`${frame.kind} is for a gateway to say`);
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
    for (const message of writer.take()) {
      counts.messages += 1;
      dialled.send(message, sent);
    }
    if (dialled.waiting() > CHOKED_BYTES) choked = true;
  }

  function sent(): void {
    if (!choked || dialled.waiting() > CHOKED_BYTES / 2) return;
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

  async function close(): Promise<void> {
    if (state === "closed") return;
    state = "closed";
    flush();
    await dialled.close();
  }

  return {
    state: () => state,
    open,
    isClear,
    store,
    check: (at) => dialled.check(at),
    members: () => members.size,
    counts: () => ({ ...counts, ...dialled.dials() }),
    close,
  };
}
