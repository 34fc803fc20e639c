import fc from "fast-check";
import { expect, test } from "vitest";
import { BACKOFF, backoffMs } from "./backoff.ts";
import { payloadOf, startQueue, type Entry } from "./queue.ts";

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant("offer" as const), text: fc.string({ minLength: 1, maxLength: 30 }), drop: fc.boolean() }) },
  { weight: 2, arbitrary: fc.constant({ do: "take" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("settle" as const), nth: fc.nat(3) }) },
  fc.constant({ do: "rewind" as const }),
);

test("S9 whatever happens, each entry offered is refused, dropped, settled, or still there: once, in order, within the bounds", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 40, maxLength: 160 }), (steps) => {
      const bounds = { entriesMax: 8, batchMax: 3, batchBytesMax: 40 };
      const queue = startQueue(bounds);
      let offered = 0;
      const gone = new Set<number>();
      const flying: number[] = [];
      let key = 0;
      for (const each of steps) {
        if (each.do === "offer") {
          const n = offered++;
          const outcome = queue.offer({ n, seq: n, text: each.text }, each.drop ? "drop-oldest" : "refuse-newest", () => {});
          if (!outcome.taken) gone.add(n);
          else if (outcome.dropped !== null) gone.add(outcome.dropped.n);
        }
        if (each.do === "take") {
          const batch = queue.take(key);
          if (batch.length > 0) flying.push(key);
          key += 1;
          expect(batch.length).toBeLessThanOrEqual(bounds.batchMax);
          expect(batch.length <= 1 || new TextEncoder().encode(payloadOf(batch)).length <= bounds.batchBytesMax).toBe(true);
          expect(batch.map((entry) => entry.n)).toEqual(batch.map((entry) => entry.n).toSorted((a, b) => a - b));
          for (const entry of batch) expect(gone.has(entry.n)).toBe(false);
        }
        if (each.do === "settle") for (const entry of queue.settle(flying.splice(each.nth, 1)[0] ?? -1)) gone.add(entry.n);
        if (each.do === "rewind") {
          queue.rewind();
          flying.length = 0;
        }
        const { waiting, flying: up } = queue.size();
        expect(waiting + up).toBe(offered - gone.size);
        expect(waiting + up).toBeLessThanOrEqual(bounds.entriesMax);
      }
    }),
  );
});

test("S9 what flies counts against the bound, and is never dropped for something newer", () => {
  const queue = startQueue({ entriesMax: 3, batchMax: 2, batchBytesMax: 100 });
  const offer = (n: number) => queue.offer({ n, seq: n, text: "{}" }, "drop-oldest", () => {});
  offer(0);
  offer(1);
  expect(queue.take(7).map((entry) => entry.n)).toEqual([0, 1]);
  expect(offer(2)).toEqual({ taken: true, dropped: null });
  expect(offer(3)).toMatchObject({ taken: true, dropped: { n: 2 } });
  expect(queue.take(8).map((entry) => entry.n)).toEqual([3]);
  expect(offer(4)).toEqual({ taken: false });
  queue.rewind();
  expect(queue.take(9).map((entry) => entry.n)).toEqual([0, 1]);
});

test("S9 a queue left over from an earlier life flies first", () => {
  const left: Entry[] = [{ n: 4, seq: 9, text: "{}" }];
  const queue = startQueue({ entriesMax: 2, batchMax: 10, batchBytesMax: 100 }, left);
  queue.offer({ n: 5, seq: 10, text: "{}" }, "refuse-newest", () => {});
  expect(payloadOf(queue.take(0))).toBe("[{},{}]");
});

test("S10 waits double up to the cap and are spread over their upper half", () => {
  expect([0, 1, 2, 3, 9, 99].map((attempt) => backoffMs(attempt, BACKOFF, () => 0))).toEqual([500, 1_000, 2_000, 4_000, 15_000, 15_000]);
  expect(backoffMs(3, BACKOFF, () => 0.999999)).toBe(8_000);
});
