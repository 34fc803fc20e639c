import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isRefusal } from "./refusal.ts";
import { convert, dimensionOf, isUom, UOM_CHARS_MAX } from "./uom.ts";
import { BASE, DEFINITIONS, SCALES } from "./uom-table.ts";

const symbols = [...BASE, ...DEFINITIONS.map(([symbol]) => symbol), ...SCALES.map(({ symbol }) => symbol)];
const codes = [...symbols, "mm/s", "L/min", "m3/h", "kW.h", "{rpm}/min", "%{RH}", "kg/m3", "uS/cm", "[gal_us]/min", "mPa.s", "N.m", "g/(m.s)", "mK", "KiBy"];

describe("B1 a uom is a UCUM code", () => {
  test.each([...codes, "/min", "10*-6", "10^3", "cm[H2O]", "(m/s)/s", "Cel", "dB[SPL]", "100"])("%s is one", (code) => {
    expect(isUom(code)).toBe(true);
  });

  const none = ["", "mm//s", "m..s", "/", "(m", "m)", "m{a", "[foo]", "k%", "kmin", "mmm", "M", "m-", "0", "°C", "mm s", "rpm", "constructor", "__proto__"];
  // Scales that are not ratios can't be multiplied: a rise of temperature is K/min.
  const scales = ["Cel/min", "Cel2", "/Cel", "m.Cel"];
  test.each([...none, ...scales, `${"m.".repeat(UOM_CHARS_MAX)}m`, `${"(".repeat(30)}m${")".repeat(30)}`])("%j is none", (code) => {
    expect(isUom(code)).toBe(false);
    expect(dimensionOf(code)).toBeNull();
  });

  test("every line of the table is read with those above it", () => {
    expect(symbols.filter((symbol) => !isUom(symbol))).toEqual([]);
    expect(new Set(symbols).size).toBe(symbols.length);
  });
});

describe("B2 a value converts within its dimension and not beyond", () => {
  // Checked against NIST SP 811, appendix B, and against the definitions of the scales.
  test.each([
    [68, "[degF]", "Cel", 20],
    [300_000, "mK", "Cel", 26.85],
    [20, "Cel", "mK", 293_150],
    [-40, "Cel", "[degF]", -40],
    [10, "[degRe]", "Cel", 12.5],
    [1, "[psi]", "kPa", 6.8947572931684],
    [1, "bar", "[psi]", 14.503773773022],
    [1, "[gal_us]/min", "L/min", 3.785411784],
    [1, "[HP]", "W", 745.69987158227],
    [1, "[in_i]/s", "mm/s", 25.4],
    [1500, "{rpm}/min", "Hz", 25],
    [90, "min", "ms", 5_400_000],
    [90, "deg", "[pi].rad", 0.5],
    [10, "dB[W]", "W", 10],
    [20, "dB[V]", "mV", 10_000],
    [94, "dB[SPL]", "Pa", 1.0023744672545],
    [7, "[pH]", "mol/l", 1e-7],
    [1, "KiBy", "bit", 8192],
    [3.6, "km/h", "m/s", 1],
    [5, "%", "[ppm]", 50_000],
  ])("%d %s in %s", (value, from, to, expected) => {
    expect(convert(value, from, to)).toBeCloseTo(expected, 9);
  });

  test.each([
    [1, "mm/s", "bar"],
    [1, "Cel", "mm"],
    [1, "%", "mol"],
    [1, "rad/s", "Hz"],
    [1, "mm/s", "nonsense"],
    [1, "nonsense", "nonsense"],
    [Number.NaN, "m", "mm"],
    [0, "W", "dB[W]"],
  ])("%d %s is no %s: refused with the reason", (value, from, to) => {
    const answer = convert(value, from, to);
    expect(isRefusal(answer) && answer.refused).toBe("malformed");
  });

  test("there and back is the same value", () => {
    const commensurable = codes.flatMap((from) => codes.filter((to) => dimensionOf(from) === dimensionOf(to)).map((to) => [from, to] as const));
    expect(commensurable.length).toBeGreaterThan(500);
    fc.assert(
      fc.property(fc.constantFrom(...commensurable), fc.double({ min: 0.5, max: 12, noNaN: true }), ([from, to], value) => {
        const there = convert(value, from, to);
        // A logarithm has a range.
        if (isRefusal(there)) return SCALES.some(({ symbol }) => from.includes(symbol) || to.includes(symbol));
        const back = convert(there, to, from);
        return !isRefusal(back) && Math.abs(back - value) <= 1e-8;
      }),
      { numRuns: 3000 },
    );
  });
});
