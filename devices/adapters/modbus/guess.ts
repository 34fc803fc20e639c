/**
 * What registers may hold, from two looks at them. A protocol without types leaves only plausibility: a float's exponent sits where integers of
 * that size are rare, and one server keeps one order of words. Guesses are for a person to confirm.
 */
import type { RegisterType, WordOrder } from "./map.ts";
import { decode } from "./register.ts";

export type Guess = { readonly at: number; readonly type: RegisterType; readonly order: WordOrder; readonly values: readonly [first: number, later: number] };

/** Measured quantities in their usual uoms; a float beyond that is more likely an integer misread. */
const [LEAST, MOST] = [1e-3, 1e6];
const ORDERS: readonly WordOrder[] = ["abcd", "cdab", "badc", "dcba"];

/** `first` and `later`: the same run of neighbouring registers, read twice. What is 0 both times and no part of a float is left out. */
export function guess(first: readonly number[], later: readonly number[]): readonly Guess[] {
  const order = orderOf(first, later);
  const found: Guess[] = [];
  for (let at = 0; at < first.length;) {
    const float = order === null ? null : floatAt(first, later, at, order);
    if (float !== null) {
      found.push(float);
      at += float.type === "float64" ? 4 : 2;
      continue;
    }
    const [a, b] = [first[at] ?? 0, later[at] ?? 0];
    // A reading that is negative now and then; a counter seldom has come so far.
    const type = a >= 0x80_00 || b >= 0x80_00 ? "int16" : "uint16";
    if (a !== 0 || b !== 0) found.push({ at, type, order: "abcd", values: [decode([a], type), decode([b], type)] });
    at += 1;
  }
  return found;
}

/** The order in which most pairs are plausible floats; null where no pair is. */
function orderOf(first: readonly number[], later: readonly number[]): WordOrder | null {
  const votes = ORDERS.map((order) => ({ order, n: first.filter((_, at) => isFloat32(first, later, at, order)).length }));
  const best = votes.reduce((most, one) => (one.n > most.n ? one : most));
  return best.n === 0 ? null : best.order;
}

function floatAt(first: readonly number[], later: readonly number[], at: number, order: WordOrder): Guess | null {
  const value = (type: RegisterType, of: readonly number[]): number => decode(of.slice(at, at + (type === "float64" ? 4 : 2)), type, order);
  const as = (type: RegisterType): Guess => ({ at, type, order, values: [value(type, first), value(type, later)] });
  // The upper half of a double is a plausible float too, and its lower half mostly none.
  if (at + 4 <= first.length && [first, later].every((of) => isPlausible(value("float64", of))) && !isFloat32(first, later, at + 2, order)) {
    const [double, single] = [value("float64", first), value("float32", first)];
    if (!isFloat32(first, later, at, order) || digits(double) < digits(single)) return as("float64");
  }
  return isFloat32(first, later, at, order) ? as("float32") : null;
}

function isFloat32(first: readonly number[], later: readonly number[], at: number, order: WordOrder): boolean {
  if (at + 2 > first.length) return false;
  return [first, later].every((of) => isPlausible(decode(of.slice(at, at + 2), "float32", order)));
}

function isPlausible(value: number): boolean {
  return Math.abs(value) >= LEAST && Math.abs(value) <= MOST;
}

function digits(value: number): number {
  return String(value).replace(/[^\d]/g, "").length;
}
