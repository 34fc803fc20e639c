import { expect, test } from "vitest";
import { joinAs, openRig, publishOn, receiveAll, subscribeTo } from "./rig.ts";

for (const version of [4, 5] as const) {
  for (const qos of [0, 1, 2] as const) {
    test(`MQ3 a message of QoS ${qos} goes from one client to another and comes to its end [MQTT-4.3.1-1] [MQTT-4.3.2-1] [MQTT-4.3.3-1], version ${version}`, () => {
      const rig = openRig();
      const hears = joinAs(rig, "hears", version);
      expect(subscribeTo(hears, "a/+", 2)).toBe(qos === 0 ? 2 : 2);
      const says = joinAs(rig, "says", version);
      publishOn(says, "a/b", "x", qos);
      expect(receiveAll(hears)).toEqual(["x"]);
      expect(receiveAll(hears)).toEqual([]);
    });
  }
}

test("MQ4 a session that lasts finds what came while it was away, after a crash too [MQTT-3.1.2-5]", () => {
  const rig = openRig();
  const lasting = { clean: false, properties: { sessionExpiryInterval: 100 } };
  const first = joinAs(rig, "hears", 5, lasting);
  expect(first.present).toBe(false);
  subscribeTo(first, "a/#", 2);
  first.lose();
  const says = joinAs(rig, "says");
  publishOn(says, "a/0", "nobody queues this", 0);
  publishOn(says, "a/1", "one", 1);
  publishOn(says, "a/2", "two", 2);
  rig.crash();
  const again = joinAs(rig, "hears", 5, lasting);
  expect(again.present).toBe(true);
  rig.settle();
  expect(receiveAll(again)).toEqual(["one", "two"]);
  rig.prune();
  again.lose();
  rig.crash();
  expect(receiveAll(joinAs(rig, "hears", 5, lasting))).toEqual([]);
  expect(rig.disk.rows).toEqual([]);
});
