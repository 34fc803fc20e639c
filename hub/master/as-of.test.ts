import fc from "fast-check";
import { expect, test } from "vitest";
import { tick, HLC_ZERO } from "../../contracts/delta/clock.ts";
import { type EntityRecord, NEVER_SEEN, entityOf, merge } from "../../contracts/delta/merge.ts";
import { Origin } from "../../contracts/delta/operation.ts";
import { ruleOf } from "../../contracts/delta/rules.ts";
import { type LogLine, asOf, history, recordOf } from "./as-of.ts";

const ATTRS = ["name", "contact", "note"] as const;
type Step = {
  readonly origin: "plant@1" | "yard@1" | "hub@1";
  readonly attr: (typeof ATTRS)[number];
  readonly op: "set" | "unset" | "delete";
  readonly value: number;
  readonly seen: boolean;
  readonly late: number;
};

/** The hub's log of one customer, made by the merge itself. Written some time before the hub heard of it. */
function logOf(steps: readonly Step[]): { readonly lines: readonly LogLine[]; readonly records: readonly EntityRecord[] } {
  const lines: LogLine[] = [];
  const records: EntityRecord[] = [NEVER_SEEN];
  for (const [i, step] of steps.entries()) {
    const before = records.at(-1) ?? NEVER_SEEN;
    const [at, attr] = [100 + 10 * i - step.late, step.op === "delete" ? "" : step.attr];
    const write = {
      origin: Origin.parse(step.origin),
      attr,
      op: step.op,
      hlc: tick(HLC_ZERO, at),
      baseVersion: step.seen ? before.version : 0,
      ...(step.op === "set" ? { value: step.value } : {}),
    };
    const { record, outcome, reason, value } = merge(before, write, ruleOf("customer", attr));
    const held = record.cells[attr]?.held;
    records.push(record);
    lines.push({
      ...write,
      stream: "customers",
      seq: i + 1,
      txId: `t${i}`,
      entity: "customer",
      id: "C1",
      actor: `who ${i}`,
      contract: "customer@1",
      at,
      hubSeq: i + 1,
      epoch: 1,
      version: record.version,
      outcome,
      reason: reason ?? `why ${i}`,
      appliedAt: 100 + 10 * i,
      // What stands after the merge, which need not be what was written.
      value,
      ...(held === undefined || outcome !== "applied" ? {} : { held }),
    });
  }
  return { lines, records };
}

const step: fc.Arbitrary<Step> = fc.record({
  origin: fc.constantFrom("plant@1", "yard@1", "hub@1"),
  attr: fc.constantFrom(...ATTRS),
  op: fc.oneof({ weight: 8, arbitrary: fc.constant("set" as const) }, { weight: 2, arbitrary: fc.constant("unset" as const) }, fc.constant("delete" as const)),
  value: fc.nat(5),
  seen: fc.boolean(),
  late: fc.nat(60),
});

test("MD15 the log folded up to any line is what the hub held after it, in whatever order the lines are given", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const { lines, records } = logOf(steps);
      for (const [n, record] of records.entries()) {
        const then = asOf("C1", lines.toReversed(), { hubSeq: n });
        expect(then.version).toBe(record.version);
        expect(Object.keys(then.attributes).toSorted()).toEqual(Object.keys(entityOf(record) ?? {}).toSorted());
        if (n > 0) expect(asOf("C1", lines, { knownAt: 90 + 10 * n })).toEqual(then);
        expect(recordOf(then)?.attributes ?? null).toEqual(entityOf(record));
        for (const [attr, cell] of Object.entries(record.cells)) {
          if (cell.value === undefined) continue;
          expect(then.attributes[attr]).toMatchObject({ value: cell.value, origin: cell.origin, version: cell.version });
          expect(then.attributes[attr]?.held ?? []).toEqual((cell.held ?? []).flatMap(({ value }) => (value === undefined ? [] : [value])));
        }
      }
      expect(asOf("C1", lines)).toEqual(asOf("C1", lines, { hubSeq: lines.length }));
    }),
  );
});

test("MD15 an outage lies between what was written and what the hub knew", () => {
  const { lines } = logOf([
    { origin: "hub@1", attr: "name", op: "set", value: 1, seen: true, late: 0 },
    { origin: "plant@1", attr: "name", op: "set", value: 2, seen: true, late: 8 },
  ]);
  expect(asOf("C1", lines, { knownAt: 109 }).attributes["name"]).toMatchObject({ value: 1, actor: "who 0", writtenAt: 100, knownAt: 100, version: 1 });
  expect(asOf("C1", lines, { writtenAt: 109 }).attributes["name"]).toMatchObject({ value: 2, actor: "who 1", writtenAt: 102, knownAt: 110, origin: "plant@1" });
  expect(asOf("C1", lines, { knownAt: 99 })).toEqual({ id: "C1", version: 0, attributes: {} });
  expect(recordOf(asOf("C1", lines, { knownAt: 99 }))).toBeNull();
});

test("MD15 history has every version of every attribute, each until the next, and deletions end them", () => {
  const set = (value: number, attr: "name" | "note" = "name"): Step => ({ origin: "hub@1", attr, op: "set", value, seen: true, late: 0 });
  const { lines } = logOf([set(1), set(7, "note"), set(2), { ...set(0, "note"), op: "unset" }, { ...set(0), op: "delete" }, set(3)]);
  const { attributes, deletions } = history(lines);
  expect(attributes["name"]?.map(({ value, knownAt, until }) => [value, knownAt, until])).toEqual([
    [1, 100, 120],
    [2, 120, 140],
    [3, 150, undefined],
  ]);
  expect(attributes["note"]?.map(({ value, unset, until }) => [value, unset, until])).toEqual([
    [7, undefined, 130],
    [undefined, true, 140],
  ]);
  expect(deletions).toMatchObject([{ version: 5, actor: "who 4" }]);
  expect(asOf("C1", lines, { hubSeq: 5 })).toMatchObject({ attributes: {}, deleted: { version: 5 } });
});

test("MD15 an erased value is told as erased, with who wrote it and when; the rest stands", () => {
  const set = (attr: "name" | "contact"): Step => ({ origin: "plant@1", attr, op: "set", value: 1, seen: true, late: 0 });
  const lines = logOf([set("name"), set("contact")]).lines.map((line) => {
    const { value: _, ...rest } = line;
    return line.attr === "contact" ? { ...rest, erased: true as const } : line;
  });
  const then = asOf("C1", lines);
  expect(then.attributes["contact"]).toMatchObject({ erased: true, actor: "who 1", writtenAt: 110 });
  expect(then.attributes["contact"]).not.toHaveProperty("value");
  expect(recordOf(then)?.attributes).toEqual({ name: 1 });
});
