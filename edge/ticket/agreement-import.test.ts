import { describe, expect, test } from "vitest";
import type { View } from "../../contracts/entity.ts";
import { readAgreements, REFUSALS_MAX } from "./agreement-import.ts";

const HOUR = 3_600_000;
const always = { id: "always", title: { zh: "全天", en: "always" }, weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }], exceptions: [] };
const agreement = (id: string, more: object = {}) => ({
  id,
  title: "Gold",
  kind: "service",
  scope: { customer: "acme" },
  from: 1,
  timeZone: "Asia/Shanghai",
  coverage: { labour: "covered" },
  payer: "provider",
  exclusions: [],
  responses: { p1: { respondMs: HOUR, resolveMs: 2 * HOUR, calendar: "always", stops: [], tell: [] } },
  ...more,
});
const viewOf = (known: Readonly<Record<string, object>> = {}): View => ({ get: (family, id) => known[`${family} ${id}`] as never, list: () => [] });
const read = (given: object, view = viewOf()) => readAgreements(view, { format: 1, ...given });
const faults = (given: object) => {
  const read_ = read(given);
  return "refused" in read_ ? read_.refused.map(({ refused, field }) => [refused, field]) : [];
};

describe("AG21 a document of agreements is taken whole or refused", () => {
  test("what is new or changed is taken, what is known to the letter is left out, and names that nobody here knows are told", () => {
    const first = read({ agreements: [agreement("gold", { scope: { customer: "acme", assets: ["p-1"] } })], calendars: [always] }, viewOf({ "asset p-1": {} }));
    expect(first).toMatchObject({ agreements: [{ id: "gold" }], calendars: [{ id: "always" }], unchanged: 0, strangers: ["customer acme"] });
    if ("refused" in first) return;
    const known = viewOf({ "agreement gold": first.agreements[0] ?? {}, "calendar always": first.calendars[0] ?? {} });
    const turned = Object.fromEntries(Object.entries(agreement("gold", { scope: { assets: ["p-1"], customer: "acme" } })).toReversed());
    expect(read({ agreements: [turned, agreement("silver")], calendars: [always] }, known)).toMatchObject({
      agreements: [{ id: "silver" }],
      calendars: [],
      unchanged: 2,
    });
  });

  test("each fault has its field: shape, ends before it begins, names nothing, sooner mended than reached, a calendar that is nowhere, one id twice", () => {
    expect(faults({ agreements: [agreement("a", { from: "soon" }), agreement("b", { payers: 1 })], calendars: [always] })).toEqual([
      ["malformed", "agreements.0.from"],
      ["malformed", "agreements.1"],
    ]);
    const torn = [
      agreement("a", { until: 1 }),
      agreement("b", { scope: { assets: [], models: [] } }),
      agreement("c", { responses: { p2: { respondMs: 2 * HOUR, resolveMs: HOUR, calendar: "nights", stops: [], tell: [] } } }),
      agreement("a"),
    ];
    expect(faults({ agreements: torn, calendars: [always] })).toEqual([
      ["exists", "agreements.3.id"],
      ["malformed", "agreements.0.until"],
      ["malformed", "agreements.1.scope"],
      ["malformed", "agreements.2.responses.p2.resolveMs"],
      ["unknown-entity", "agreements.2.responses.p2.calendar"],
    ]);
    expect(read({ agreements: [agreement("a")] }, viewOf({ "calendar always": always }))).toMatchObject({ agreements: [{ id: "a" }] });
  });

  test("of many faults the first are told and the others counted; what is no document is refused", () => {
    const many = Array.from({ length: 30 }, (_, i) => agreement(`a${i}`, { until: 0 }));
    expect(read({ agreements: many, calendars: [always] })).toMatchObject({ refused: { length: REFUSALS_MAX }, more: 10 });
    expect(readAgreements(viewOf(), [])).toMatchObject({ refused: [{ refused: "malformed" }] });
    expect(faults({ format: 2 })).toEqual([["malformed", "format"]]);
  });
});
