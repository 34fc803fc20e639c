import { expect, test } from "vitest";
import type { Ask } from "../../contracts/effect.ts";
import type { KitId, PartId, TicketId } from "../../contracts/ids.ts";
import { startRandom } from "./random.ts";
import { startWarehouse } from "./wms.ts";

const HOUR = 3_600_000;

test("SU13 what the warehouse lacks for a kit it has after the delivery, under a later key; what it said under one key it says again", () => {
  const warehouse = startWarehouse(startRandom(3), () => HOUR);
  const said = (kit: number, version: number, at: number): string => {
    const ask: Ask = {
      type: "reserve",
      key: `k${kit}:v${version}`,
      kit: `k${kit}` as KitId,
      ticket: "t" as TicketId,
      lines: [{ part: "P" as PartId, quantity: 1 }],
    };
    for (;;) {
      const reply = warehouse.call(ask, at);
      if ("answer" in reply) return reply.answer.type;
    }
  };
  const kits = Array.from({ length: 200 }, (_, kit) => kit);
  const short = kits.filter((kit) => said(kit, 1, 0) === "short");
  expect(short.length / kits.length).toBeGreaterThan(0.08);
  expect(short.length / kits.length).toBeLessThan(0.25);
  for (const kit of short) expect([said(kit, 2, HOUR - 1), said(kit, 1, HOUR), said(kit, 3, HOUR)]).toEqual(["short", "short", "reserved"]);
});
