import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeedItem, StreamName } from "../../contracts/delta/operation.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { operationOf } from "../merge/fixture/unit.ts";
import { START, STREAMS, type Vector, readCursor, writeCursor } from "./cursor.ts";
import { type StreamPage, joinPages } from "./page.ts";
import { readQuery } from "./query.ts";

const place = fc.record({ epoch: fc.nat({ max: 999_999 }), position: fc.nat({ max: 999_999_999 }), tag: fc.stringMatching(/^[0-9a-f]{0,12}$/) });
const vector: fc.Arbitrary<Vector> = fc.record({ tickets: place, assets: place, customers: place, people: place });

const tagOf = (position: number): string => position.toString(16).padStart(12, "0");
const keyOf = (item: FeedItem): string => `${item.stream}/${item.operation.hubSeq}`;

describe("cursor", () => {
  test("F2 what is written is read back, and fits a URL and a header as it is", () => {
    fc.assert(
      fc.property(vector, (v) => {
        const cursor = writeCursor(v);
        expect(readCursor(cursor)).toEqual(v);
        expect(cursor).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
      }),
    );
  });

  test("F2 a cursor with any character changed, cut or added is refused", () => {
    fc.assert(
      fc.property(vector, fc.nat(), fc.constantFrom(..."ABCDxyz019-_"), (v, at, letter) => {
        const cursor = writeCursor(v);
        const i = at % cursor.length;
        const spoilt = [cursor.slice(0, i), cursor + letter, cursor.slice(0, i) + letter + cursor.slice(i + 1)].filter((one) => one !== cursor);
        for (const one of spoilt) expect(readCursor(one)).toMatchObject({ refused: "bad-cursor", field: "after" });
      }),
    );
  });

  test("F2 no text is taken for a cursor, or breaks the reader", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 800 }), fc.base64String({ maxLength: 800 })), (text) => {
        expect(readCursor(text)).toMatchObject({ refused: "bad-cursor" });
      }),
    );
  });
});

describe("page", () => {
  test("F1 pages of any size, one after another, give every stream whole and in order, and each item's cursor resumes behind it", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...STREAMS), fc.nat({ max: 5 })), { maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (steps, limit) => {
        let at = 0;
        const logs = new Map<StreamName, FeedItem["operation"][]>(STREAMS.map((stream) => [stream, []]));
        for (const [stream, ms] of steps) {
          const log = logs.get(stream) ?? [];
          at += ms;
          log.push({ ...operationOf("a", log.length + 1, { stream }), hubSeq: log.length + 1, epoch: 1, version: 1, outcome: "applied", appliedAt: at });
        }
        const read = (after: Vector): ReturnType<typeof joinPages> =>
          joinPages(
            after,
            Object.fromEntries(
              STREAMS.map((stream): [StreamName, StreamPage] => {
                const operations = (logs.get(stream) ?? []).slice(after[stream].position, after[stream].position + limit);
                const looked = { epoch: 1, position: after[stream].position + operations.length, tag: tagOf(after[stream].position + operations.length) };
                return [stream, { operations, tags: operations.map(({ hubSeq }) => tagOf(hubSeq)), looked }];
              }),
            ) as Record<StreamName, StreamPage>,
            limit,
          );
        const drain = (after: Vector): readonly FeedItem[] => {
          const page = read(after);
          expect(page.items.length).toBeLessThanOrEqual(limit);
          return page.items.length === 0 ? [] : [...page.items, ...drain(page.vector)];
        };
        const all = drain(START);
        // Each cursor says where in the chain it stands, so that another history is known for what it is.
        for (const { cursor, stream, operation } of all)
          expect(readCursor(cursor)).toMatchObject({ [stream]: { epoch: 1, position: operation.hubSeq, tag: tagOf(operation.hubSeq) } });
        for (const stream of STREAMS)
          expect(all.filter((item) => item.stream === stream).map((item) => item.operation.hubSeq)).toEqual((logs.get(stream) ?? []).map((_, i) => i + 1));
        const middle = all[Math.floor(all.length / 2)];
        const resumed = middle === undefined ? START : readCursor(middle.cursor);
        if (middle !== undefined && !isRefusal(resumed)) expect(drain(resumed).map(keyOf)).toEqual(all.slice(Math.floor(all.length / 2) + 1).map(keyOf));
      }),
    );
  });

  test("F5 a stream in which only others' operations lay is passed, and not looked at again", () => {
    const nothing: StreamPage = { operations: [], tags: [], looked: { epoch: 1, position: 70, tag: "ab" } };
    const page = joinPages(START, { tickets: nothing, assets: nothing, customers: nothing, people: nothing }, 10);
    expect([page.items, page.vector.tickets]).toEqual([[], { epoch: 1, position: 70, tag: "ab" }]);
  });

  test("F11 a page of a stream that was restored has no items, and leads there only, whatever the others have", () => {
    const operation = { ...operationOf("a", 1), hubSeq: 1, epoch: 1, version: 1, outcome: "applied", appliedAt: 5 } as const;
    const some: StreamPage = { operations: [operation], tags: ["cd"], looked: { epoch: 1, position: 1, tag: "cd" } };
    const lost = (rewound: "restored" | "expired"): StreamPage => ({ operations: [], tags: [], looked: { epoch: 2, position: 3, tag: "ef" }, rewound });
    const { vector, ...page } = joinPages(START, { tickets: lost("restored"), assets: some, customers: some, people: some }, 10);
    expect(page).toEqual({ items: [], next: writeCursor({ ...START, tickets: { epoch: 2, position: 3, tag: "ef" } }), rewound: "restored" });
    expect(readCursor(page.next)).toEqual(vector);
    expect(joinPages(START, { tickets: lost("restored"), assets: some, customers: lost("expired"), people: some }, 10).rewound).toBe("expired");
  });
});

test("F4 what is asked is bounded, and what is not said has a value", () => {
  const none = { after: undefined, wait: undefined, limit: undefined };
  expect(readQuery(none)).toEqual({ after: START, waitMs: 0, limit: 100 });
  expect(readQuery({ after: "", wait: "2.5", limit: "500" })).toEqual({ after: START, waitMs: 2_500, limit: 500 });
  for (const wait of ["31", "-1", "1e1", "", "NaN", "9".repeat(400)])
    expect(readQuery({ ...none, wait })).toMatchObject({ refused: "malformed", field: "wait" });
  for (const limit of ["0", "501", "2.5", "x", ""]) expect(readQuery({ ...none, limit })).toMatchObject({ refused: "malformed", field: "limit" });
});
