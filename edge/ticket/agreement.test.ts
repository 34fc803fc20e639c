import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { expect, test } from "vitest";
import { Agreement } from "../../contracts/agreement.ts";
import { type AgreementId, AssetId, CustomerId, FaultModeId } from "../../contracts/ids.ts";
import type { ResponseClass } from "../../contracts/sla-clock.ts";
import { type Claim, entitle, type Entitlement } from "./agreement.ts";

const HOUR = 3_600_000;
const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const NOON = at("2026-06-15T12:00+08:00");
const own: ResponseClass = { respondMs: 24 * HOUR, resolveMs: 96 * HOUR, stops: [], tell: [] };
const swift: ResponseClass = { respondMs: 2 * HOUR, resolveMs: 8 * HOUR, stops: ["parts"], tell: [{ on: "at-risk", who: "desk" }] };

const agreement = (more: object) =>
  Agreement.parse({
    id: "service-1",
    title: "Full service",
    kind: "service",
    scope: { customer: "acme" },
    from: at("2026-01-01T00:00+08:00"),
    timeZone: "Asia/Shanghai",
    coverage: { parts: "charged", labour: "covered", travel: "covered" },
    payer: "provider",
    exclusions: [],
    responses: { p1: swift },
    ...more,
  });
const warranty = (more: object = {}) =>
  agreement({
    id: "warranty-1",
    kind: "warranty",
    scope: { models: ["P-200"] },
    coverage: { parts: "covered", labour: "covered" },
    payer: "manufacturer",
    responses: {},
    ...more,
  });
const claim = (more: Partial<Claim> = {}): Claim => ({
  asset: AssetId.parse("pump-7"),
  installedAt: at("2025-03-31T22:00+08:00"),
  model: "P-200",
  customer: CustomerId.parse("acme"),
  faultMode: FaultModeId.parse("bearing-wear"),
  priority: "p1",
  at: NOON,
  ...more,
});
const pays = ({ payer }: Entitlement) => [payer.parts.by, payer.labour.by, payer.travel.by];
const codes = ({ reasons }: Entitlement) => reasons.map(({ code, about }) => [code, about["agreement"] ?? about["item"] ?? about["priority"]]);

test("AG5 nobody has agreed to anything: the unit's own promise, and the customer pays", () => {
  const entitled = entitle([], claim(), own);
  expect(entitled.responseClass).toBe(own);
  expect(pays(entitled)).toEqual(["customer", "customer", "customer"]);
  expect(codes(entitled)).toEqual([
    ["not-covered", "parts"],
    ["not-covered", "labour"],
    ["not-covered", "travel"],
    ["own-response", "p1"],
  ]);
});

test("AG5 each question goes to the most specific agreement that answers it: the warranty's maker pays, the service comes swiftly", () => {
  const entitled = entitle([agreement({}), warranty()], claim(), own);
  expect(entitled).toMatchObject({ agreement: "warranty-1", responseClass: swift, responseFrom: "service-1" });
  expect(pays(entitled)).toEqual(["manufacturer", "manufacturer", "provider"]);
  expect(codes(entitled)).toEqual([
    ["chosen", "warranty-1"],
    ["less-specific", "service-1"],
    ["covered", "warranty-1"],
    ["covered", "warranty-1"],
    ["covered", "service-1"],
    ["response", "service-1"],
  ]);
  expect(entitle([agreement({})], claim({ priority: "p2" }), own).responseClass).toBe(own);
});

test("AG5 an item that is charged by the more specific one stays charged", () => {
  const charged = warranty({ coverage: { parts: "covered", travel: "charged" } });
  expect(pays(entitle([agreement({}), charged], claim(), own))).toEqual(["manufacturer", "provider", "customer"]);
});

test("AG5 the asset's own agreement before the model's, the model's before the customer's; together beat each alone", () => {
  const named = [
    agreement({ id: "customer" }),
    agreement({ id: "model", scope: { models: ["P-200"] } }),
    agreement({ id: "model-customer", scope: { models: ["P-200"], customer: "acme" } }),
    agreement({ id: "asset", scope: { assets: ["pump-7"] } }),
    agreement({ id: "asset-customer", scope: { assets: ["pump-7"], customer: "acme" } }),
  ];
  for (let n = named.length; n > 0; n--) expect(entitle(named.slice(0, n), claim(), own).agreement).toBe(named[n - 1]?.id);
  const others = [{ assets: ["pump-8"] }, { models: ["P-300"] }, { customer: "other" }, { assets: ["pump-7"], customer: "other" }];
  for (const scope of others) expect(entitle([agreement({ scope })], claim(), own).agreement).toBeUndefined();
});

test("AG5 a scope that names nothing fits nothing, and it is said", () => {
  expect(codes(entitle([agreement({ scope: {} })], claim(), own))[0]).toEqual(["no-scope", "service-1"]);
});

test("AG5 ties: a warranty before a service, the later begun, the smaller id", () => {
  const one = (id: string, more: object = {}) => agreement({ id, ...more });
  expect(entitle([one("b"), one("a")], claim(), own).agreement).toBe("a");
  expect(entitle([one("a"), one("b", { from: at("2026-02-01T00:00+08:00") })], claim(), own).agreement).toBe("b");
  expect(entitle([one("b", { from: at("2026-02-01T00:00+08:00") }), one("c", { kind: "warranty" })], claim(), own).agreement).toBe("c");
});

test("AG6 an agreement holds from its first instant and no more at its last, and the answer says when it changes", () => {
  const until = at("2026-07-01T00:00+08:00");
  const both = [agreement({ until }), agreement({ id: "next", from: until })];
  const first = entitle(both, claim({ at: until - 1 }), own);
  expect([first.agreement, first.changesAt]).toEqual(["service-1", until]);
  expect(first.reasons).toContainEqual({ code: "not-begun", about: { agreement: "next", at: until } });
  const second = entitle(both, claim({ at: until }), own);
  expect([second.agreement, second.changesAt]).toEqual(["next", undefined]);
  expect(second.reasons).toContainEqual({ code: "expired", about: { agreement: "service-1", at: until } });
});

test("AG6 months from installation end on the same local day and time, the last of a shorter month; what ends earlier counts", () => {
  const months = warranty({ from: 0, monthsFromInstallation: 15 });
  const ends = at("2026-06-30T22:00+08:00");
  expect(entitle([months], claim(), own).changesAt).toBe(ends);
  expect(entitle([months], claim({ at: ends - 1 }), own).agreement).toBe("warranty-1");
  expect(entitle([months], claim({ at: ends }), own).agreement).toBeUndefined();
  const berlin = warranty({ from: 0, monthsFromInstallation: 6, timeZone: "Europe/Berlin" });
  // Noon in winter, noon in summer: an hour less on the world's clock.
  expect(entitle([berlin], claim({ installedAt: at("2026-01-10T12:00+01:00"), at: at("2026-07-10T11:59:59+02:00") }), own).agreement).toBe("warranty-1");
  expect(entitle([berlin], claim({ installedAt: at("2026-01-10T12:00+01:00"), at: at("2026-07-10T12:00+02:00") }), own).agreement).toBeUndefined();
});

test("AG7 an excluded fault or cause is left to the next agreement; before the cause is known it is said what would change", () => {
  const excluding = warranty({ exclusions: [{ faultMode: "seal-wear" }, { cause: "operation" }] });
  const all = [agreement({ coverage: { parts: "covered" } }), excluding];
  expect(pays(entitle(all, claim({ faultMode: FaultModeId.parse("seal-wear") }), own))[0]).toBe("provider");
  expect(entitle(all, claim(), own).reasons).toContainEqual({ code: "depends-on-cause", about: { agreement: "warranty-1", cause: "operation" } });
  expect(pays(entitle(all, claim(), own))[0]).toBe("manufacturer");
  const known = entitle(all, claim({ cause: " Operation" }), own);
  expect(pays(known)).toEqual(["provider", "customer", "customer"]);
  expect(known.reasons).toContainEqual({ code: "excluded-cause", about: { agreement: "warranty-1", cause: "operation" } });
  expect(known.agreement).toBe("warranty-1");
});

test("AG7 visits of the agreement's own year are counted; those beyond are charged until the anniversary", () => {
  const limited = agreement({ visitsPerYear: 2, from: at("2024-02-29T00:00+08:00") });
  const visit = (text: string, id = "service-1") => ({ agreement: id as AgreementId, at: at(text) });
  const visits = [visit("2026-02-27T23:59+08:00"), visit("2026-02-28T00:00+08:00"), visit("2026-05-01T00:00+08:00", "other")];
  const left = entitle([limited], claim({ visits }), own);
  expect([pays(left)[1], left.countsOn]).toEqual(["provider", "service-1"]);
  const used = entitle([limited], claim({ visits: [...visits, visit("2026-06-01T00:00+08:00")] }), own);
  expect([pays(used)[1], used.countsOn, used.responseFrom]).toEqual(["customer", undefined, "service-1"]);
  expect(used.reasons).toContainEqual({ code: "visits-used", about: { agreement: "service-1", used: 2, max: 2, againAt: at("2027-02-28T00:00+08:00") } });
});

test("AG5 the order in which agreements are given changes nothing, and every item has exactly one payer", () => {
  const some = fc.record({
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    kind: fc.constantFrom("warranty", "service", "none"),
    scope: fc.constantFrom({}, { customer: "acme" }, { models: ["P-200"] }, { assets: ["pump-7"] }, { assets: ["x"] }),
    from: fc.constantFrom(0, NOON - 1, NOON, NOON + 1),
    until: fc.constantFrom(NOON, NOON + 1, NOON + 9),
    coverage: fc.record(
      { parts: fc.constantFrom("covered", "charged"), labour: fc.constantFrom("covered", "charged"), travel: fc.constantFrom("covered", "charged") },
      { requiredKeys: [] },
    ),
  });
  fc.assert(
    fc.property(fc.uniqueArray(some, { selector: ({ id }) => id, maxLength: 5 }), fc.nat(), (all, turn) => {
      const given = all.map((one) => agreement(one));
      const turned = given.map((_, n) => given[(n + turn) % given.length] ?? agreement({}));
      const entitled = entitle(given, claim(), own);
      const { reasons: _, ...again } = entitle(turned, claim(), own);
      expect(entitled).toMatchObject(again);
      for (const item of ["parts", "labour", "travel"] as const) {
        const said = entitled.reasons.filter(({ about }) => about["item"] === item);
        expect(said).toHaveLength(1);
        expect(said[0]?.about["by"]).toBe(entitled.payer[item].by);
      }
    }),
    { numRuns: 100 },
  );
});
