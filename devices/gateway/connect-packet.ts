/** Reads the CONNECT packet only as far as the gateway must: which unit it is for, and in which version an answer is understood. */
import { generate, parser, type IConnectPacket } from "mqtt-packet";
import { UnitId } from "../../contracts/ids.ts";
import { returnCode, type Reason } from "../../edge/ingest/reason.ts";

export type Greeting = {
  readonly unit: string;
  readonly version: 3 | 4 | 5;
  /** Longest silence that the client promises; 0 promises nothing. */
  readonly keepaliveMs: number;
  /** The packet to pass on: as it came, but for a user name `unit/device`, which becomes `device`. */
  readonly bytes: Uint8Array;
};

/** `bytes` is one whole packet. Null when it is no CONNECT, or names a unit that can't exist. */
export function readGreeting(bytes: Uint8Array, defaultUnit: string): Greeting | null {
  const packet = parseConnect(bytes);
  if (packet === null) return null;
  const user = packet.username ?? "";
  const slash = user.indexOf("/");
  const unit = UnitId.safeParse(slash === -1 ? defaultUnit : user.slice(0, slash));
  if (!unit.success) return null;
  const version = packet.protocolVersion === 5 || packet.protocolVersion === 3 ? packet.protocolVersion : 4;
  const passedOn = slash === -1 ? bytes : generate({ ...packet, username: user.slice(slash + 1) });
  return { unit: unit.data, version, keepaliveMs: (packet.keepalive ?? 0) * 1_000, bytes: passedOn };
}

/** A CONNACK that refuses [MQTT-3.2.2-4]; 3.1 and 3.1.1 have five codes for it. */
export function refusingConnack(version: 3 | 4 | 5, reason: Reason): Uint8Array {
  return version === 5 ? Uint8Array.of(0x20, 3, 0, reason, 0) : Uint8Array.of(0x20, 2, 0, returnCode(reason));
}

/** A DISCONNECT with its reason; before 5.0 a server has no such packet and only closes. */
export function refusingDisconnect(version: 3 | 4 | 5, reason: Reason): Uint8Array | null {
  return version === 5 ? Uint8Array.of(0xe0, 1, reason) : null;
}

/** Type and flags of the first byte of every CONNECT [MQTT-3.1.0-1]. */
export const CONNECT_BYTE = 0x10;

function parseConnect(bytes: Uint8Array): IConnectPacket | null {
  let connect: IConnectPacket | null = null;
  const read = parser();
  read.on("packet", (packet) => {
    if (packet.cmd === "connect") connect = packet;
  });
  read.on("error", () => {
    connect = null;
  });
  try {
    read.parse(Buffer.from(bytes));
  } catch {
    return null;
  }
  return connect;
}
