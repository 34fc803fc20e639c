/** Worlds of clients that publish, subscribe, acknowledge late or never, fall silent and come back, over a broker that crashes anywhere. */
import { expect, test } from "vitest";
import { runWorld } from "./fuzz.ts";

/** Packets in `npm test`; more by the environment. */
const PACKETS = Number(process.env["OUTPOST_FUZZ_PACKETS"] ?? 12_000);
const SEED = Number(process.env["OUTPOST_FUZZ_SEED"] ?? 20_261_122);

test(`MQ5 nothing acknowledged is lost and QoS 2 comes exactly once, whatever crashes: ${PACKETS} packets`, { timeout: 600_000 }, () => {
  const seen = { packets: 0, crashes: 0, published: 0, delivered: 0, reconnects: 0, hibernations: 0 };
  for (let seed = SEED; seen.packets < PACKETS; seed++) {
    const world = runWorld(seed, 1_500);
    expect(world.faults, `seed ${seed}`).toEqual([]);
    for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += world.seen[key];
  }
  // Each kind of event was reached, or the fuzz tests nothing.
  expect(Math.min(seen.crashes, seen.published, seen.delivered, seen.reconnects, seen.hibernations)).toBeGreaterThan(PACKETS / 2_000);
});
