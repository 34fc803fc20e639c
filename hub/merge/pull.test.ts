import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { KEY, operations, originOf } from "./fixture/unit.ts";
import { memoryStream } from "./memory-store.ts";
import { load, pull } from "./pull.ts";
import { push } from "./push.ts";

const NOW = 2_000_000;

test("D2 an older life of a unit hears nothing once a later one is known: it is a copy of before, and would take the later one's writes for its own", () => {
  const store = memoryStream();
  const of = (unit: string, life: string) => {
    const known = { origin: originOf(unit, life), unit, keyHash: "", admitted: "[]", through: 0, stable: 0, dead: 0 };
    store.writeOrigin(known);
    const ask = { origin: known.origin, stream: "tickets", key: KEY } as const;
    const loaded = load(store, { ...ask, limit: 9 }, known, () => undefined);
    if (isRefusal(loaded)) throw new Error(loaded.rule);
    return () => pull(store, { ...ask, after: loaded.start, limit: 9 }, known, () => undefined, NOW);
  };
  const [first, neighbour] = [of("a", "1"), of("b", "1")];
  expect(isRefusal(first())).toBe(false);
  const second = of("a", "2");
  expect(first()).toMatchObject({ refused: "stale-version", field: "origin" });
  expect([isRefusal(second()), isRefusal(neighbour())]).toEqual([false, false]);
  // What it wrote is taken all the same.
  const known = store.readOrigin(originOf("a", "1"));
  if (known === undefined) throw new Error("registered above");
  const batch = { origin: known.origin, stream: "tickets", key: KEY, operations: operations("a", 1, 1) } as const;
  expect(push(store, { ...batch, operations: [...batch.operations] }, known, { meaningOf: () => undefined }, 500, NOW, (n) => new Uint8Array(n))).toMatchObject(
    { through: 1 },
  );
});
