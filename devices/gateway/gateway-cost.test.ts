import { expect, test } from "vitest";
import { gatewayCost } from "./gateway-cost.ts";

test.each([0, 1] as const)(
  "GW41 what a packet costs in the gateway's own process is measured at QoS %i, and packets of one turn share a message",
  async (qos) => {
    const cost = await gatewayCost({ clients: 20, packets: 4_000, bytes: 64, qos, window: 20 });
    expect(cost.perSecond).toBeGreaterThan(0);
    expect(Number.isNaN(cost.cpuUs) || cost.cpuUs >= 0).toBe(true);
    expect(cost.messages).toBeLessThan(4_000 / 4);
  },
);
