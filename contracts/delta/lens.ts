/**
 * A lens between two majors of a contract: what an attribute of the older form is called and how it is written in the newer one, and back.
 * Nothing is dropped by it: what only one side knows is carried under its own name.
 */
import { z } from "zod";
import { type Json, canonical } from "./json.ts";
import type { Cell, EntityRecord } from "./merge.ts";
import type { Operation } from "./operation.ts";

const Attr = z.string().min(1).max(64);

export const LensStep = z.discriminatedUnion("step", [
  /** The same values under another name. */
  z.strictObject({ step: z.literal("rename"), from: Attr, to: Attr }),
  /** Values of an enum, one for one. `attr` is the newer form's name. */
  z.strictObject({
    step: z.literal("map"),
    attr: Attr,
    pairs: z
      .array(z.strictObject({ older: z.json(), newer: z.json() }))
      .min(1)
      .max(1_000),
  }),
  /** newer = older × factor + offset: another uom. */
  z.strictObject({ step: z.literal("scale"), attr: Attr, factor: z.number().refine((f) => f !== 0, "any factor but 0"), offset: z.number() }),
  /** Only the newer form has it; readers of it take this where it is absent. */
  z.strictObject({ step: z.literal("add"), attr: Attr, otherwise: z.json().optional() }),
  /** Only the older form has it: carried along. */
  z.strictObject({ step: z.literal("remove"), attr: Attr }),
  /** The values stay as they are, and what is said of them (uom, meanings, class, what they refer to) is put otherwise on purpose. `attr` is the newer form's name. */
  z.strictObject({ step: z.literal("restate"), attr: Attr, why: z.string().min(1).max(500) }),
  /**
   * The newer form allows more on purpose: further values, or none at all; of a state that tells alternatives apart, further alternatives.
   * Who reads the older form finds them as they are. `attr` is the newer form's name.
   */
  z.strictObject({ step: z.literal("loosen"), attr: Attr, why: z.string().min(1).max(500) }),
]);
export type LensStep = z.infer<typeof LensStep>;
/** Steps in the order from older to newer. */
export const Lens = z.array(LensStep).max(200);
export type Lens = z.infer<typeof Lens>;

/** `up`: older to newer. */
export type Direction = "up" | "down";

export function attrThrough(lens: Lens, attr: string, direction: Direction): string {
  return stepsOf(lens, direction).reduce((name, step) => {
    if (step.step !== "rename") return name;
    const [from, to] = direction === "up" ? [step.from, step.to] : [step.to, step.from];
    return name === from ? to : name;
  }, attr);
}

/** A value of `attr`, which is named as the side it comes from names it. Undefined: the lens has no counterpart for this value. */
export function valueThrough(lens: Lens, attr: string, value: Json, direction: Direction): Json | undefined {
  let [name, now]: [string, Json] = [attr, value];
  for (const step of stepsOf(lens, direction)) {
    if (step.step === "rename") {
      const [from, to] = direction === "up" ? [step.from, step.to] : [step.to, step.from];
      if (name === from) name = to;
    } else if (step.step === "map" && step.attr === name) {
      const text = canonical(now);
      const pair = step.pairs.find(({ older, newer }) => canonical(direction === "up" ? older : newer) === text);
      if (pair === undefined) return undefined;
      now = direction === "up" ? pair.newer : pair.older;
    } else if (step.step === "scale" && step.attr === name && typeof now === "number") {
      now = direction === "up" ? sum(now * step.factor, step.offset) : sum(now / step.factor, -step.offset / step.factor);
    }
  }
  return now;
}

/** An operation in the newer words; null for a value that has no counterpart there. */
export function liftOperation(operation: Operation, lens: Lens | undefined): Operation | null {
  if (lens === undefined || operation.op === "delete") return operation;
  const attr = attrThrough(lens, operation.attr, "up");
  if (operation.value === undefined) return { ...operation, attr };
  const value = valueThrough(lens, operation.attr, operation.value, "up");
  return value === undefined ? null : { ...operation, attr, value };
}

/** A record as the other side reads it. A value without counterpart is left as it is: reading is tolerant. */
export function recordThrough(lens: Lens, record: EntityRecord, direction: Direction): EntityRecord {
  const cells = Object.entries(record.cells).map(([attr, cell]) => [attrThrough(lens, attr, direction), cellThrough(lens, attr, cell, direction)] as const);
  return { ...record, cells: Object.fromEntries(cells) };
}

export function cellThrough(lens: Lens, attr: string, cell: Cell, direction: Direction): Cell {
  const through = (value: Json): Json => valueThrough(lens, attr, value, direction) ?? value;
  return {
    ...cell,
    ...(cell.value === undefined ? {} : { value: through(cell.value) }),
    ...(cell.held === undefined ? {} : { held: cell.held.map((one) => ({ ...one, ...(one.value === undefined ? {} : { value: through(one.value) }) })) }),
  };
}

/** Of a double's 15 digits: what is left of a value after a scale and its inverse. */
const DIGITS = 14;

/** Rounded to what the larger part can carry, so that there and back is the same: −20 °C is 253.15 K, and not 253.14999999999998. */
function sum(a: number, b: number): number {
  const places = DIGITS - Math.ceil(Math.log10(Math.max(Math.abs(a), Math.abs(b), Number.MIN_VALUE)));
  return places < 0 || places > 100 ? a + b : Number((a + b).toFixed(places));
}

function stepsOf(lens: Lens, direction: Direction): readonly LensStep[] {
  return direction === "up" ? lens : lens.toReversed();
}
