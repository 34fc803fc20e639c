import fc from "fast-check";
import { expect, test } from "vitest";
import { edits, jaccard, jaroWinkler, tokenLikeness } from "./compare.ts";
import { companyName, machineName, personName, phoneNumber } from "./normal.ts";

test.each([
  // Winkler 1990 and the tables of his later reports.
  ["MARTHA", "MARHTA", 0.961],
  ["DWAYNE", "DUANE", 0.84],
  ["DIXON", "DICKSONX", 0.813],
  ["JONES", "JOHNSON", 0.832],
  ["ABROMS", "ABRAMS", 0.922],
  ["", "X", 0],
])("MD10 Jaro–Winkler of %s and %s is the published %f", (a, b, likeness) => {
  expect(jaroWinkler(a, b)).toBeCloseTo(likeness, 3);
});

test("MD10 measures are symmetric, in [0, 1], and 1 for equal texts", () => {
  const word = fc.string({ unit: fc.constantFrom(..."abcd水泵"), maxLength: 9 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      for (const measure of [jaroWinkler, tokenLikeness]) {
        expect(measure(a, b)).toBeCloseTo(measure(b, a), 12);
        expect(measure(a, b)).toBeGreaterThanOrEqual(0);
        expect(measure(a, b)).toBeLessThanOrEqual(1);
        expect(measure(a, a)).toBe(1);
      }
      expect(edits(a, b, 3)).toBe(edits(b, a, 3));
      expect(edits(a, b, 3)).toBe(Math.min(4, editsPlainly([...a], [...b])));
      expect(edits(a, b, 1)).toBe(Math.min(2, editsPlainly([...a], [...b])));
      expect(jaccard(new Set(a), new Set(b))).toBe(jaccard(new Set(b), new Set(a)));
    }),
  );
});

/** The definition, without band or shortcuts. */
function editsPlainly(x: readonly string[], y: readonly string[]): number {
  const d = Array.from({ length: x.length + 1 }, (_, i) => Array.from({ length: y.length + 1 }, (_, j) => (i === 0 ? j : j === 0 ? i : 0)));
  const at = (i: number, j: number): number => d[i]?.[j] ?? 0;
  for (let i = 1; i <= x.length; i++) {
    for (let j = 1; j <= y.length; j++) {
      const swap = i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      const row = d[i];
      if (row !== undefined) row[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (x[i - 1] === y[j - 1] ? 0 : 1), swap);
    }
  }
  return at(x.length, y.length);
}

test.each([
  ["长沙水务有限公司", "长沙水务 有限责任公司", true],
  ["长沙水务有限公司", "长沙市水务公司", true],
  ["ＡＢＣ　Pumps Ltd.", "abc pumps limited", true],
  ["Müller Pumpen GmbH & Co. KG", "MULLER PUMPEN", true],
  ["G.R.U. Water Inc", "GRU Water", true],
  ["Acme Pumps", "Pumps Acme Ltd", true],
  ["Acme Pumps", "Acme Pumps - Leeds", false],
  ["长沙水务有限公司", "长沙水务有限公司株洲分公司", false],
  ["长沙水务有限公司第一分公司", "长沙水务有限公司第二分公司", false],
  ["格兰富水泵（上海）有限公司", "格兰富水泵（苏州）有限公司", false],
])("MD10 company names %s and %s agree: %s", (a, b, agree) => {
  const [one, other] = [companyName(a), companyName(b)];
  expect([one.sorted, one.labels.join()].join("/") === [other.sorted, other.labels.join()].join("/")).toBe(agree);
});

test.each([
  ["P-007", "p 7", true],
  ["7#循环泵", "循环泵 7 号", false],
  ["Feed Pump 12A", "feed-pump 12 a", true],
  ["Pump A", "Pump B", false],
  ["P-101", "P-102", false],
  ["二号泵", "2号泵", true],
  ["Pump North", "Pump South", false],
])("MD10 machine names %s and %s agree: %s", (a, b, agree) => {
  const [one, other] = [machineName(a), machineName(b)];
  expect(one.sorted === other.sorted && one.labels.join() === other.labels.join()).toBe(agree);
});

test("MD10 people's names lose titles and order, phone numbers their spelling", () => {
  expect(personName("Smith, John").sorted).toBe(personName("Mr. JOHN SMITH").sorted);
  expect(personName("王伟 先生").sorted).toBe(personName("王伟").sorted);
  const spellings = ["138 0013 8000", "+86 138-0013-8000", "008613800138000", "１３８００１３８０００"];
  expect(new Set(spellings.map((phone) => phoneNumber(phone, "CN")))).toEqual(new Set(["+8613800138000"]));
  expect(phoneNumber("(0113) 496 0000", "GB")).toBe(phoneNumber("+44 113 496 0000", "CN"));
  expect(phoneNumber("ext 12", "CN")).toBeNull();
});

test("MD10 abbreviations stand for what they shorten", () => {
  for (const [short, long] of [
    ["mfg", "manufacturing"],
    ["intl", "international"],
    ["manuf", "manufacturing"],
    ["svcs", "services"],
  ] as const)
    expect(tokenLikeness(short, long)).toBeGreaterThan(0.9);
  expect(tokenLikeness("水务", "环保")).toBe(0);
});
