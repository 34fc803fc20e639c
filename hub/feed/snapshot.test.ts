import fc from "fast-check";
import { expect, test } from "vitest";
import { STREAMS, START, writeCursor } from "./cursor.ts";
import { readSnapshotPlace, writeSnapshotPlace } from "./snapshot.ts";

const place = fc.record({
  id: fc.uuid(),
  stream: fc.constantFrom(...STREAMS),
  entity: fc.string({ maxLength: 40 }),
  after: fc.string({ maxLength: 170, unit: "binary" }).filter((text) => text.isWellFormed()),
  cursor: fc.constant(writeCursor(START)),
});

test("F12 a place in a snapshot is read back as it was written, whatever the keys are made of", () => {
  fc.assert(
    fc.property(place, (one) => {
      const token = writeSnapshotPlace(one);
      expect(readSnapshotPlace(token)).toEqual(one);
      expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
    }),
  );
});

test("F12 a place that was cut, changed or made up is refused", () => {
  fc.assert(
    fc.property(place, fc.nat(), fc.constantFrom(..."ABxyz01-_"), fc.string({ maxLength: 300 }), (one, at, letter, text) => {
      const token = writeSnapshotPlace(one);
      const i = at % token.length;
      const spoilt = [token.slice(0, i), token + letter, token.slice(0, i) + letter + token.slice(i + 1), text].filter((other) => other !== token);
      for (const other of spoilt) expect(readSnapshotPlace(other)).toMatchObject({ refused: "bad-cursor", field: "after" });
    }),
  );
});
