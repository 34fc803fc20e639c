import { expect, test } from "vitest";
import { measured, type Figure } from "./mqtt.ts";

const figure = (broker: string, perSecond: number, lost = 0): Figure => ({ broker, at: "qos1 100x64", perSecond, cpuUs: 12.5, besideUs: 3, lost });

test("MX6 ratios are of ours to aedes in the same case; what was not delivered is told; a peer that ended leaves no ratio", () => {
  const { ratios, figures } = measured([figure("websocket", 5_000, 40), figure("gateway", 20_000), figure("aedes", 10_000), figure("mosquitto", 50_000)]);
  expect(ratios).toEqual({ "qos1 100x64 websocket of aedes": 0.5, "qos1 100x64 gateway of aedes": 2 });
  expect(figures).toMatchObject({ "qos1 100x64 websocket lost": 40, "qos1 100x64 gateway process µs": 3, "qos1 100x64 mosquitto msg/s": 50_000 });
  expect(figures).not.toHaveProperty("qos1 100x64 gateway lost");
  expect(measured([figure("gateway", 20_000)]).ratios).toEqual({});
});
