/** Reads the CONNECT packet only as far as the gateway must: which unit it is for, and in which version an answer is understood. */
import { generate, parser, type IConnackPacket, type IConnectPacket, type Packet } from "mqtt-packet";
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

/** Who a client signs in as, by its certificate. */
export type Identity = { readonly user: string; readonly password: string };

/** What a gateway that may have to answer in the unit's place reads of a CONNECT. */
export type Introduction = Greeting & {
  /** Without `unit/`; empty when it gave none. */
  readonly user: string;
  readonly password: string;
  readonly client: string;
  readonly clean: boolean;
  readonly wantsSession: boolean;
  /** Its certificate speaks for one device, its user name for another. */
  readonly isAnothers: boolean;
  readonly will: { readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1 | 2; readonly retain: boolean } | null;
};

/**
 * As `readGreeting`; with an identity the client signs in as that, whatever password it gave.
 * Null when it is no CONNECT, or names a unit that can't exist.
 */
export function readIntroduction(bytes: Uint8Array, defaultUnit: string, identity: Identity | null): Introduction | null {
  const given = parseConnect(bytes);
  if (given === null) return null;
  const packet = identity === null ? given : { ...given, username: identity.user, password: Buffer.from(identity.password) };
  const place = placeOf(packet.username ?? "", defaultUnit);
  if (place === null) return null;
  const version = versionOf(packet);
  const passedOn = identity === null && (packet.username ?? "") === place.user ? bytes : generate({ ...packet, username: place.user });
  const { will } = packet;
  const clean = packet.clean ?? true;
  return {
    unit: place.unit,
    version,
    keepaliveMs: (packet.keepalive ?? 0) * 1_000,
    bytes: passedOn,
    user: place.user,
    password: packet.password?.toString() ?? "",
    client: packet.clientId,
    clean,
    isAnothers: identity !== null && (given.username ?? "") !== "" && !isSameUser(given.username ?? "", identity.user, defaultUnit),
    wantsSession: version === 5 ? (packet.properties?.sessionExpiryInterval ?? 0) > 0 : !clean,
    will: will === undefined ? null : { topic: will.topic, payload: Buffer.from(will.payload), qos: will.qos ?? 0, retain: will.retain ?? false },
  };
}

function isSameUser(one: string, other: string, defaultUnit: string): boolean {
  const [a, b] = [placeOf(one, defaultUnit), placeOf(other, defaultUnit)];
  return a !== null && b !== null && a.unit === b.unit && a.user === b.user;
}

function placeOf(user: string, defaultUnit: string): { readonly unit: string; readonly user: string } | null {
  const slash = user.indexOf("/");
  const unit = UnitId.safeParse(slash === -1 ? defaultUnit : user.slice(0, slash));
  return unit.success ? { unit: unit.data, user: slash === -1 ? user : user.slice(slash + 1) } : null;
}

function versionOf(packet: IConnectPacket): 3 | 4 | 5 {
  return packet.protocolVersion === 5 || packet.protocolVersion === 3 ? packet.protocolVersion : 4;
}

/** What a CONNACK says to a gateway: its code, and the keep-alive that the unit asks for instead of the client's [MQTT-3.2.2-21]. */
export type Answer = { readonly code: number; readonly keepaliveMs: number | null };

/** `bytes` is one whole CONNACK. */
export function readAnswer(bytes: Uint8Array, version: 3 | 4 | 5): Answer | null {
  const packet = parsePacket(bytes, version);
  if (packet?.cmd !== "connack") return null;
  const { reasonCode, returnCode, properties }: IConnackPacket = packet;
  const keepalive = properties?.serverKeepAlive;
  return { code: reasonCode ?? returnCode ?? 0, keepaliveMs: keepalive === undefined ? null : keepalive * 1_000 };
}

/** `bytes` is one whole packet. Null when it is no CONNECT, or names a unit that can't exist. */
export function readGreeting(bytes: Uint8Array, defaultUnit: string): Greeting | null {
  const packet = parseConnect(bytes);
  if (packet === null) return null;
  const place = placeOf(packet.username ?? "", defaultUnit);
  if (place === null) return null;
  const passedOn = (packet.username ?? "") === place.user ? bytes : generate({ ...packet, username: place.user });
  return { unit: place.unit, version: versionOf(packet), keepaliveMs: (packet.keepalive ?? 0) * 1_000, bytes: passedOn };
}

/** A CONNACK that refuses [MQTT-3.2.2-4]; 3.1 and 3.1.1 have five codes for it. */
export function refusingConnack(version: 3 | 4 | 5, reason: Reason): Uint8Array {
  return version === 5 ? Uint8Array.of(0x20, 3, 0, reason, 0) : Uint8Array.of(0x20, 2, 0, returnCode(reason));
}

/** A DISCONNECT with its reason; before 5.0 a server has no such packet and only closes. */
export function refusingDisconnect(version: 3 | 4 | 5, reason: number): Uint8Array | null {
  return version === 5 ? Uint8Array.of(0xe0, 1, reason) : null;
}

/** Type and flags of the first byte of every CONNECT [MQTT-3.1.0-1]. */
export const CONNECT_BYTE = 0x10;

function parseConnect(bytes: Uint8Array): IConnectPacket | null {
  const packet = parsePacket(bytes, null);
  return packet?.cmd === "connect" ? packet : null;
}

function parsePacket(bytes: Uint8Array, protocolVersion: number | null): Packet | null {
  let read: Packet | null = null;
  const parse = parser(protocolVersion === null ? {} : { protocolVersion });
  parse.on("packet", (packet) => {
    read = packet;
  });
  parse.on("error", () => {
    read = null;
  });
  try {
    parse.parse(Buffer.from(bytes));
  } catch {
    return null;
  }
  return read;
}
