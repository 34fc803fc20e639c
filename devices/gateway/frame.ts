/**
 * Cuts a TCP stream into whole MQTT packets by their lengths, without reading what they say.
 *
 *   byte 0: type and flags │ 1–4 bytes: remaining length, 7 bits each, low first │ remaining length bytes
 *
 * MQTT 3.1.1 §2.2.3, 5.0 §1.5.5.
 */

/** `malformed`: the length does not end within four bytes. `too-large`: the packet would be longer than allowed; it is refused before it is held. */
export type FrameRefusal = "malformed" | "too-large";

export type Cut = { readonly packets: readonly Uint8Array[]; readonly refused: FrameRefusal | null };

export type Framer = {
  /** The packets that these bytes complete. After a refusal nothing more is cut. Packets are views that stay valid. */
  push(bytes: Uint8Array): Cut;
  /** Bytes of the packet that is not complete yet: never more than the packet limit. */
  held(): number;
};

/** A first reservation: most packets of devices are smaller. */
const HELD_BYTES_FIRST = 512;

export function startFramer(packetBytesMax: number): Framer {
  let held = new Uint8Array(0);
  let heldBytes = 0;
  let refused: FrameRefusal | null = null;

  /** Grows by doubling: a packet that comes byte by byte costs no more than twice its size in copies. */
  function hold(bytes: Uint8Array): void {
    if (heldBytes + bytes.length > held.length) {
      const grown = new Uint8Array(Math.max(HELD_BYTES_FIRST, held.length * 2, heldBytes + bytes.length));
      grown.set(held.subarray(0, heldBytes));
      held = grown;
    }
    held.set(bytes, heldBytes);
    heldBytes += bytes.length;
  }

  /** Takes from `bytes` what the held packet still needs; answers how much was taken. */
  function complete(bytes: Uint8Array, packets: Uint8Array[]): number {
    let taken = 0;
    while (heldBytes > 0) {
      const length = packetLength(held, 0, heldBytes);
      if (length === "malformed") refused = "malformed";
      if (typeof length === "number" && length > packetBytesMax) refused = "too-large";
      if (length === heldBytes) release(packets);
      if (refused !== null || heldBytes === 0 || taken === bytes.length) break;
      const part = bytes.subarray(taken, taken + (typeof length === "number" ? length - heldBytes : 1));
      hold(part);
      taken += part.length;
    }
    return taken;
  }

  function release(packets: Uint8Array[]): void {
    packets.push(held.subarray(0, heldBytes));
    held = new Uint8Array(0);
    heldBytes = 0;
  }

  function push(bytes: Uint8Array): Cut {
    if (refused !== null) return { packets: [], refused };
    const packets: Uint8Array[] = [];
    let at = complete(bytes, packets);
    while (at < bytes.length && refused === null) {
      const length = packetLength(bytes, at, bytes.length);
      if (length === "malformed") refused = "malformed";
      else if (length !== "incomplete" && length > packetBytesMax) refused = "too-large";
      else if (length === "incomplete" || at + length > bytes.length) {
        hold(bytes.subarray(at));
        break;
      } else {
        packets.push(bytes.subarray(at, at + length));
        at += length;
      }
    }
    return { packets, refused };
  }

  return { push, held: () => heldBytes };
}

/** Length of the whole packet that begins at `from`, header included. */
function packetLength(bytes: Uint8Array, from: number, to: number): number | "incomplete" | "malformed" {
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    if (from + i >= to) return "incomplete";
    const byte = bytes[from + i] ?? 0;
    remaining += (byte & 0x7f) << (7 * (i - 1));
    if (byte < 0x80) return 1 + i + remaining;
  }
  return "malformed";
}
