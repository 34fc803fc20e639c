/**
 * MQTT 3.1.1 packets made and read by hand, as cheaply as they can be: a load client must cost less than the broker that it measures. It knows
 * only what such a client says and hears, and trusts what it hears.
 */

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const SUBACK = 9;

/** `clean` false: a session that outlives the connection. Keep-alive in seconds, 0 for none. */
export function connectPacket(client: string, clean: boolean, keepalive = 0, user?: { readonly name: string; readonly password: string }): Uint8Array {
  const flags = (clean ? 2 : 0) | (user === undefined ? 0 : 0xc0);
  return packet(0x10, [
    text("MQTT"),
    Uint8Array.of(4, flags, keepalive >> 8, keepalive & 255),
    text(client),
    ...(user === undefined ? [] : [text(user.name), text(user.password)]),
  ]);
}

export function subscribePacket(id: number, filter: string, qos: 0 | 1 | 2): Uint8Array {
  return packet(0x82, [number16(id), text(filter), Uint8Array.of(qos)]);
}

/** The identifier, for QoS above 0, is at `idAt`: the same bytes are sent again and again with another. */
export function publishPacket(topic: string, payload: Uint8Array, qos: 0 | 1 | 2, retain = false): { readonly bytes: Uint8Array; readonly idAt: number } {
  const name = text(topic);
  const bytes = packet(0x30 | (qos << 1) | (retain ? 1 : 0), [name, ...(qos === 0 ? [] : [number16(1)]), payload]);
  return { bytes, idAt: bytes.length - payload.length - 2 };
}

export function pubackPacket(id: number): Uint8Array {
  return Uint8Array.of(0x40, 2, id >> 8, id & 255);
}

export const PINGREQ = Uint8Array.of(0xc0, 0);

/** Calls `take` for each whole packet of a stream, with its first byte and where its body lies. What is not whole yet waits for more. */
export function startPackets(take: (first: number, bytes: Uint8Array, from: number, to: number) => void): (chunk: Uint8Array) => void {
  let held = new Uint8Array(0);
  return (chunk) => {
    let bytes = chunk;
    if (held.length > 0) {
      bytes = new Uint8Array(held.length + chunk.length);
      bytes.set(held);
      bytes.set(chunk, held.length);
    }
    let at = 0;
    for (;;) {
      let [length, shift, from] = [0, 0, at + 1];
      let whole = false;
      while (from < bytes.length) {
        const digit = bytes[from++] ?? 0;
        length |= (digit & 127) << shift;
        shift += 7;
        if (digit < 128) {
          whole = true;
          break;
        }
      }
      if (!whole || from + length > bytes.length) break;
      take(bytes[at] ?? 0, bytes, from, from + length);
      at = from + length;
    }
    held = at === bytes.length ? new Uint8Array(0) : bytes.slice(at);
  };
}

function packet(first: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = [first];
  for (let rest = length; head.length === 1 || rest > 0; rest >>= 7) head.push(rest > 127 ? (rest & 127) | 128 : rest);
  const bytes = new Uint8Array(head.length + length);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function text(words: string): Uint8Array {
  const bytes = new TextEncoder().encode(words);
  const out = new Uint8Array(bytes.length + 2);
  out.set(number16(bytes.length));
  out.set(bytes, 2);
  return out;
}

function number16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}
