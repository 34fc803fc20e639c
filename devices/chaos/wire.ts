/**
 * A wire that loses, doubles and reorders whole MQTT packets, each with the same share, in both directions, and breaks now and then, as it must:
 * over TCP a packet that is lost takes its connection with it, and only the next connection brings it again [MQTT-4.4.0-1].
 * Packets that make a connection or a subscription pass untouched.
 */
import type { Random } from "../simulator/random.ts";

export type Faults = { readonly dropped: number; readonly doubled: number; readonly reordered: number };
export type Wire = {
  /** One whole packet goes in; what leaves the wire at this moment comes out, in its order. */
  pass(packet: Uint8Array): readonly Uint8Array[];
  faults(): Faults;
};

const PUBLISH = 3;
const PUBCOMP = 7;

/** `share`: of each of the three faults. What is held back leaves behind the next that is not. */
export function openWire(share: number, random: Random): Wire {
  let held: readonly Uint8Array[] = [];
  let [dropped, doubled, reordered] = [0, 0, 0];
  function after(packets: readonly Uint8Array[]): readonly Uint8Array[] {
    const late = held;
    held = [];
    return [...packets, ...late];
  }
  return {
    faults: () => ({ dropped, doubled, reordered }),
    pass(packet) {
      const type = (packet[0] ?? 0) >> 4;
      if (type < PUBLISH || type > PUBCOMP) return after([packet]);
      const chance = random();
      if (chance < share) {
        dropped++;
        return [];
      }
      if (chance < 2 * share) {
        doubled++;
        return after([packet, packet]);
      }
      if (chance < 3 * share) {
        reordered++;
        held = [...held, packet];
        return [];
      }
      return after([packet]);
    },
  };
}
