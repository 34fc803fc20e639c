/**
 * The unit's end of a gateway's link, as a pure machine: messages in, calls to a broker out; what the broker says to a member, in frames.
 * A member is a connection without a socket of its own:
 *
 *   message ─▶ frames ─▶ opened · bytes · gone · stored ─▶ broker
 *   broker ─▶ say · end · accepted ─▶ frames ─▶ messages, one batch an event
 *
 * Nothing is queued here: what waits for credit waits in the broker, which is told when a member pauses.
 */
import {
  type Frame,
  frameWriter,
  LINK_ANSWERS,
  LINK_ASKS,
  LINK_VERSION,
  type MemberEnd,
  MEMBERS_MAX,
  readFrames,
  type Stored,
} from "../../contracts/gateway-wire.ts";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";

/** What one member may have on its way before it is given more: four of the largest telemetry payloads. */
export const MEMBER_BYTES = 256 * 1024;
/** All members of a link together: an eighth of what an Intake's ring holds, so that several gateways fit beside each other. */
export const LINK_BYTES = 4 * 1024 * 1024;
/** A member that hears this much beyond its credit belongs to a broker that doesn't heed it: the member ends, the link does not. */
const OVER_CREDIT_BYTES_MAX = 16 * 1024 * 1024;
export type Member = { readonly id: number; readonly secure: boolean; readonly verified: boolean };

/** What a broker is told. All calls return at once; what it has to say it says to the link. */
export type LinkBroker = {
  opened(member: Member): void;
  /** Bytes of whole packets; with `more`, a piece of one packet. Views of the message: to be copied by whoever keeps them. */
  bytes(member: number, bytes: Uint8Array, more: boolean): void;
  /** Without a DISCONNECT before, an abnormal end: the will is due. Not called for a member that the broker ended. */
  gone(member: number, why: MemberEnd): void;
  /** It has no credit left, or some again: until then nothing is to be said to it. */
  paused(member: number, paused: boolean): void;
  /**
   * Packets that the gateway took over while the link was away, in order of `seq`. A link that breaks before they are committed sends them
   * again on the next one: the broker passes over what it has taken already, its ring included, and writes the seq with the message.
   */
  stored(gateway: string, packets: readonly Stored[]): void;
  /** Through which seq this gateway's stored packets are on disk; 0 when it never sent one. */
  through(gateway: string): number;
  /** While false, gateways are given no further credit. Asked at the end of each event. */
  hasRoom(): boolean;
};

export type GatewayLink = {
  /** One message. A refusal is the end of the link: close its socket with the rule, then call `lost`. */
  take(message: Uint8Array | string): Refusal | null;
  /** Whole packets for a member; one that is gone hears nothing. */
  say(member: number, packets: Uint8Array): void;
  /** Ends a member for good: what was said to it before arrives. The broker isn't told of it. */
  end(member: number): void;
  /** Every stored packet of this gateway through `seq` is committed. */
  accepted(through: number): void;
  /** The messages of this event: text is the answer of a runtime that doesn't answer by itself. Called at the end of each event, also of those without a message. */
  settle(): readonly (Uint8Array<ArrayBuffer> | string)[];
  /** The socket is gone: every member is. */
  lost(): void;
  members(): number;
};

type Held = {
  /** Bytes that the gateway will still take for this member. */
  credit: number;
  /** Bytes that it sent, for which it wasn't given credit again. */
  owed: number;
  paused: boolean;
};

export function openGatewayLink(broker: LinkBroker, limits: { readonly memberBytes?: number; readonly linkBytes?: number } = {}): GatewayLink {
  const memberBytes = limits.memberBytes ?? MEMBER_BYTES;
  const linkBytes = limits.linkBytes ?? LINK_BYTES;
  const members = new Map<number, Held>();
  /** Numbers that the broker ended and the gateway has not confirmed: what it sends for them comes too late. */
  const ending = new Set<number>();
  const owing = new Set<number>();
  const writer = frameWriter();
  const answers: string[] = [];
  let gateway: string | null = null;
  let linkOwed = 0;
  let storedThrough = 0;

  function take(message: Uint8Array | string): Refusal | null {
    if (typeof message === "string") {
      if (message !== LINK_ASKS) return broken("the only text of a link is its question whether it is alive");
      answers.push(LINK_ANSWERS);
      return null;
    }
    const frames = readFrames(message);
    if (isRefusal(frames)) return frames;
    const stored: Stored[] = [];
    for (const frame of frames) {
      const refused = hear(frame, stored);
      if (refused !== null) return refused;
    }
    if (stored.length > 0 && gateway !== null) broker.stored(gateway, stored);
    return null;
  }

  function hear(frame: Frame, stored: Stored[]): Refusal | null {
    if (frame.kind === "hello") {
      if (gateway !== null) return broken("a link says hello once");
      gateway = frame.gateway;
      storedThrough = broker.through(gateway);
      writer.put({ kind: "welcome", version: LINK_VERSION, memberBytes, linkBytes, through: storedThrough });
      return null;
    }
    if (gateway === null) return broken("the first frame of a link is its hello");
    switch (frame.kind) {
      case "open":
        return open(frame.member, frame.secure, frame.verified);
      case "data":
      case "part":
        return bytes(frame.member, frame.bytes, frame.kind === "part");
      case "close":
        return close(frame.member, frame.why);
      case "credit":
        credit(frame.member, frame.bytes);
        return null;
      case "stored":
        linkOwed += frame.packet.length;
        // A gateway that didn't hear the answer sends again; what was committed isn't taken twice.
        if (frame.seq <= storedThrough) return null;
        storedThrough = frame.seq;
        stored.push({ ...frame, packet: frame.packet.slice() });
        return null;
      case "welcome":
      case "accepted":
        return broken(`${frame.kind} is for the unit to say`);
    }
  }

  function open(id: number, secure: boolean, verified: boolean): Refusal | null {
    if (members.has(id) || ending.has(id)) return broken("a member's number is free again once both sides have closed it");
    if (members.size >= MEMBERS_MAX) {
      ending.add(id);
      writer.put({ kind: "close", member: id, why: "refused" });
      return null;
    }
    members.set(id, { credit: memberBytes, owed: 0, paused: false });
    broker.opened({ id, secure, verified });
    return null;
  }

  function bytes(id: number, piece: Uint8Array, more: boolean): Refusal | null {
    linkOwed += piece.length;
    const member = members.get(id);
    if (member === undefined) return ending.has(id) ? null : broken("a member is opened before it speaks");
    member.owed += piece.length;
    owing.add(id);
    broker.bytes(id, piece, more);
    return null;
  }

  function close(id: number, why: MemberEnd): Refusal | null {
    if (ending.delete(id)) return null;
    if (!members.delete(id)) return broken("a member is closed once");
    owing.delete(id);
    writer.put({ kind: "close", member: id, why: "ended" });
    broker.gone(id, why);
    return null;
  }

  function credit(id: number, more: number): void {
    const member = members.get(id);
    if (member === undefined) return;
    member.credit = Math.min(member.credit + more, memberBytes);
    if (!member.paused || member.credit <= 0) return;
    member.paused = false;
    broker.paused(id, false);
  }

  function say(id: number, packets: Uint8Array): void {
    const member = members.get(id);
    if (member === undefined || packets.length === 0) return;
    member.credit -= packets.length;
    writer.data(id, packets);
    if (member.credit <= -OVER_CREDIT_BYTES_MAX) {
      finish(id, "over-credit");
      broker.gone(id, "over-credit");
    } else if (member.credit <= 0 && !member.paused) {
      member.paused = true;
      broker.paused(id, true);
    }
  }

  function finish(id: number, why: MemberEnd): void {
    if (!members.delete(id)) return;
    owing.delete(id);
    ending.add(id);
    writer.put({ kind: "close", member: id, why });
  }

  /** Given back in halves of a window: a frame for each packet would double the traffic. */
  function giveBack(): void {
    if (!broker.hasRoom()) return;
    if (linkOwed >= linkBytes / 2) {
      writer.put({ kind: "credit", member: 0, bytes: linkOwed });
      linkOwed = 0;
    }
    for (const id of owing) {
      const member = members.get(id);
      if (member === undefined || member.owed < memberBytes / 2) continue;
      writer.put({ kind: "credit", member: id, bytes: member.owed });
      member.owed = 0;
      owing.delete(id);
    }
  }

  return {
    take,
    say,
    end: (id) => finish(id, "refused"),
    accepted: (through) => writer.put({ kind: "accepted", through }),
    settle() {
      giveBack();
      return [...answers.splice(0), ...writer.take()];
    },
    lost() {
      const all = [...members.keys()];
      members.clear();
      ending.clear();
      owing.clear();
      for (const id of all) broker.gone(id, "lost");
    },
    members: () => members.size,
  };
}

function broken(rule: string): Refusal {
  return refuse("malformed", rule, "use the same version on both ends of the link");
}
