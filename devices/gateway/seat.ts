/** Where the packets of one client go: to its unit on a link, or, while the unit is away, onto the gateway's own disk. */
import type { MemberEnd } from "../../contracts/gateway-wire.ts";

/** The client's side. */
export type Sitter = {
  /** Bytes of whole packets for the client, in order. */
  hear(bytes: Uint8Array): void;
  /** `isWritable` is true again. */
  flow(): void;
  /** The other side has ended; nothing more is heard. */
  ended(why: SeatEnd): void;
};

/** `refused`: the unit has said so in MQTT. `away`: the link is gone, or, on the disk, back again: the client connects anew and finds what holds now. */
export type SeatEnd = "refused" | "away" | "back";

export type Seat = {
  /** One or several whole packets. Taken even when it isn't writable: what one read of a socket held. */
  send(packet: Uint8Array): void;
  isWritable(): boolean;
  /** The client has read so much of what it heard. */
  took(bytes: number): void;
  /** The client is gone. The sitter hears nothing more. */
  leave(why: MemberEnd): void;
};
