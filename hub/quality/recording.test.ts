/** The same on what a real pump's sensors said over hours: values that follow each other, wander and come in steps. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { convert } from "../../contracts/uom.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { drift, ordinaryDistance } from "./drift.ts";
import { type Field, unknownField } from "./field.ts";
import { type Sketch, emptySketch, merge, observe } from "./sketch.ts";

const RECORDING = fileURLToPath(new URL("../../../shared/data/skab/anomaly-free/anomaly-free.csv", import.meta.url));
/** Windows of the first half, which make the baseline. */
const WINDOWS = 10;

/** Column, its uom, and one that a careless change could bring. */
const CHANNELS = [
  [1, "[g]", "m/s2"],
  [2, "[g]", "m/s2"],
  [3, "A", "mA"],
  [4, "bar", "[psi]"],
  [5, "Cel", "[degF]"],
  [6, "Cel", "[degF]"],
  [7, "V", "kV"],
  [8, "L/min", "m3/h"],
] as const;

describe.skipIf(!existsSync(RECORDING))("a recording of a real pump (skipped: no ../shared/data/skab beside the repository)", () => {
  const rows = existsSync(RECORDING)
    ? readFileSync(RECORDING, "utf8")
        .trim()
        .split("\n")
        .slice(1)
        .map((line) => line.split(";").map(Number))
    : [];

  test.each(CHANNELS)("Q7 channel %i, %s sent as %s: named; as it is: no uom and no moved distribution", (column, uom, other) => {
    const field: Field = { ...unknownField(`c${column}`), personal: false, types: ["number"], uom };
    const of = (values: readonly number[]): Sketch => {
      const sketch = emptySketch();
      for (const value of values) observe(sketch, value, field);
      return sketch;
    };
    const values = rows.map((row) => row[column] ?? Number.NaN);
    const size = Math.floor(values.length / 2 / WINDOWS);
    const windows = Array.from({ length: WINDOWS }, (_, i) => of(values.slice(i * size, (i + 1) * size)));
    const baseline = windows.reduce((sum, window) => merge(sum, window));
    const found = (live: readonly number[]) =>
      drift(baseline, of(live), field, ordinaryDistance(baseline, windows)).map(({ code, params }) => params["uom"] ?? code);
    const rest = values.slice(values.length / 2);
    const converted = (value: number): number => {
      const is = convert(value, uom, other);
      return isRefusal(is) ? Number.NaN : is;
    };
    const asIs = found(rest);
    for (const code of [other, "numbers-moved"]) expect(asIs).not.toContain(code);
    expect(found(rest.map(converted))).toEqual([other]);
    // The pressure lies around zero, where a third in another uom only looks like a wider spread.
    if (uom !== "bar") expect(found(rest.map((value, i) => (i % 10 < 3 ? converted(value) : value)))).toEqual([other]);
  });
});
