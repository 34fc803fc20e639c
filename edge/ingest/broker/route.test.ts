import fc from "fast-check";
import { expect, test } from "vitest";
import { matches } from "../topic.ts";
import type { BrokerRules } from "./order.ts";
import type { Subscription } from "./packet.ts";
import { openRouter } from "./route.ts";
import { openSession, sessionKey } from "./session.ts";

const rules: BrokerRules = {
  unit: "plant",
  knows: () => true,
  open: true,
  newId: () => "id",
  carriedBy: () => null,
  quota: () => true,
  keepAliveMsMax: 60_000,
  receiveMax: 100,
};
const subscription = (filter: string): Subscription => ({ filter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0, sid: 0 });

test("I4 the tree of filters finds what matching one by one finds, whoever has come and gone", () => {
  const level = fc.constantFrom("a", "b", "");
  const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
  const filters = fc
    .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, tail]) => [...levels, ...(tail ? ["#"] : [])].join("/"));
  fc.assert(
    fc.property(fc.array(fc.tuple(filters, fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 20 }), topics, (steps, topic) => {
      const router = openRouter();
      const sessions = ["0", "1", "2", "3"].map((client) => openSession(sessionKey("anybody", client), client, "anybody", false, 0));
      const held = new Map<string, readonly [string, string]>();
      for (const [filter, who, add] of steps) {
        const session = sessions[who];
        if (session === undefined || filter === "") continue;
        // What was found before must not be remembered beyond a change.
        router.of(topic, rules);
        if (add) router.set(session, subscription(filter));
        else router.remove(session, filter);
        if (add) held.set(`${filter} ${who}`, [filter, session.client]);
        else held.delete(`${filter} ${who}`);
      }
      const expected = [...held.values()].filter(([filter]) => matches(filter, topic)).map(([, who]) => who);
      expect(
        router
          .of(topic, rules)
          .targets.map(({ session }) => session.client)
          .toSorted(),
      ).toEqual([...new Set(expected)].toSorted());
      expect(router.count()).toBe(held.size);
    }),
  );
});
