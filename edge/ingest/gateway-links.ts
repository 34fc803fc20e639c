/**
 * All links of one Intake: which connection of the broker is which member of which link. Sockets of links are the shell's, and only names here.
 *
 *   message of a link ─▶ link ─▶ broker.open · bytes · gone · pause, under numbers of the shell's
 *   orders of the broker ─▶ say · end ─▶ link ─▶ settle(): messages by socket
 */
import type { Stored } from "../../contracts/gateway-wire.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import type { Broker, ConnId } from "./broker/order.ts";
import { type GatewayLink, openGatewayLink } from "./gateway-link.ts";

/** A link that hasn't asked for so long is dead: its gateway lost its power, or its network. Gateways ask every 20 s. */
export const LINK_SILENT_MS = 60_000;

export type LinksDeps = {
  readonly broker: Pick<Broker, "open" | "bytes" | "gone" | "pause">;
  /** Numbers that no socket has. */
  readonly newConn: () => ConnId;
  readonly hasRoom: () => boolean;
  /** Through which seq this gateway's stored packets are in the log. */
  readonly through: (gateway: string) => number;
  /** Packets of a gateway's queue: to be committed with their seq, and then told by `accepted`. */
  readonly restored: (gateway: string, packets: readonly Stored[], now: number) => void;
};

export type GatewayLinks<Socket> = {
  opened(socket: Socket): void;
  /** A refusal is the end of the link: the shell closes its socket, its members are gone already. Null too for a socket that is no link. */
  take(socket: Socket, message: Uint8Array | string, now: number): Refusal | null;
  lost(socket: Socket, now: number): void;
  has(socket: Socket): boolean;
  /** False: this connection is no member of a link, but has a socket of its own. */
  say(conn: ConnId, packets: Uint8Array): boolean;
  end(conn: ConnId): boolean;
  /** Told to every link of this gateway. */
  accepted(gateway: string, through: number): void;
  /** What each link has to be sent, at the end of an event. */
  settle(): readonly { readonly socket: Socket; readonly message: Uint8Array<ArrayBuffer> | string }[];
  /** Links that haven't asked for too long; `askedAt` is the runtime's word for those that it answers itself. */
  silent(now: number, askedAt: (socket: Socket) => number): readonly Socket[];
  members(): number;
};

type Open = { readonly link: GatewayLink; readonly conns: Map<number, ConnId>; gateway: string | null };

export function openGatewayLinks<Socket>({ broker, newConn, hasRoom, through, restored }: LinksDeps): GatewayLinks<Socket> {
  const links = new Map<Socket, Open>();
  const places = new Map<ConnId, { readonly open: Open; readonly member: number }>();
  let clock = 0;

  function opened(socket: Socket): void {
    const conns = new Map<number, ConnId>();
    const known = (member: number): ConnId => {
      const conn = conns.get(member);
      if (conn === undefined) throw new Error("a link speaks of members that it opened");
      return conn;
    };
    const forget = (member: number): ConnId => {
      const conn = known(member);
      conns.delete(member);
      places.delete(conn);
      return conn;
    };
    const link = openGatewayLink({
      opened({ id }) {
        const conn = newConn();
        conns.set(id, conn);
        places.set(conn, { open, member: id });
        broker.open(conn, clock, true);
      },
      // The broker keeps views of what it is given, and the message is nobody else's.
      bytes: (member, bytes) => broker.bytes(known(member), bytes, clock),
      gone: (member) => broker.gone(forget(member), clock),
      paused: (member, paused) => broker.pause(known(member), paused, clock),
      stored: (gateway, packets) => restored(gateway, packets, clock),
      through(gateway) {
        open.gateway = gateway;
        return through(gateway);
      },
      hasRoom,
    });
    const open: Open = { link, conns, gateway: null };
    links.set(socket, open);
  }

  function lost(socket: Socket, now: number): void {
    clock = now;
    const open = links.get(socket);
    links.delete(socket);
    open?.link.lost();
  }

  return {
    opened,
    lost,
    has: (socket) => links.has(socket),
    take(socket, message, now) {
      clock = now;
      const refused = links.get(socket)?.link.take(message) ?? null;
      if (refused !== null) lost(socket, now);
      return refused;
    },
    say(conn, packets) {
      const place = places.get(conn);
      place?.open.link.say(place.member, packets);
      return place !== undefined;
    },
    end(conn) {
      const place = places.get(conn);
      if (place === undefined) return false;
      place.open.conns.delete(place.member);
      places.delete(conn);
      place.open.link.end(place.member);
      return true;
    },
    accepted(gateway, to) {
      for (const open of links.values()) if (open.gateway === gateway) open.link.accepted(to);
    },
    settle: () => [...links].flatMap(([socket, { link }]) => link.settle().map((message) => ({ socket, message }))),
    silent: (now, askedAt) => [...links.keys()].filter((socket) => now - askedAt(socket) > LINK_SILENT_MS),
    members: () => places.size,
  };
}
