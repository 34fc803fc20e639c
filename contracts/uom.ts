/**
 * Reads UCUM codes and converts between them. Why by hand: of the two libraries on npm that know UCUM, `@lhncbc/ucum-lhc` brings a CSV
 * reader, an XML reader and Node's streams along, and `@atomic-ehr/ucum` 0.2.5 takes 300 000 mK for 299 726.85 Cel. The grammar is small
 * (UCUM §3 to §12) and the table is data. It was compared with ucum-lhc 7.1.9, pair by pair: they differ in the Réaumur scale only, by an
 * error of that library.
 */
import { type Refusal, isRefusal, refuse } from "./refusal.ts";
import { BASE, DEFINITIONS, PREFIXES, SCALES, type Scale } from "./uom-table.ts";

/** `[in_i'H2O].[gal_us]/min` has 24 characters; longer ones are mistakes. */
export const UOM_CHARS_MAX = 40;

/** Digits that a conversion keeps of its result: two fewer than a double holds, so that 68 [degF] are 20 Cel and not 20.000000000000057. */
const DIGITS = 14;

/** `factor` of the base units with these exponents. On a `scale` the factor is that of the prefix only, and the scale says the rest. */
type Unit = { readonly factor: number; readonly dimension: readonly number[]; readonly scale?: Scale };
type Atom = { readonly unit: Unit; readonly metric: boolean };
type Reader = { readonly text: string; at: number };

const ONE: Unit = { factor: 1, dimension: BASE.map(() => 0) };
const ATOMS = new Map<string, Atom>();
fill();

/** Whether this is a UCUM code of the table: `Cel`, `mm/s`, `L/min`, `kW.h`, `{rpm}/min`. */
export function isUom(code: string): boolean {
  return parse(code) !== null;
}

/** The base units that a code is made of, `m.s-1` for `mm/s` and `1` for `%`; null where the code is not known. Equal texts convert. */
export function dimensionOf(code: string): string | null {
  const unit = parse(code);
  return unit === null ? null : dimensionText(unit);
}

/** `value` in `from` as a number of `to`. Refuses `malformed`: an unknown code, different dimensions, a value outside a logarithm's range. */
export function convert(value: number, from: string, to: string): number | Refusal {
  const [a, b] = [known(from), known(to)];
  if (isRefusal(a)) return a;
  if (isRefusal(b)) return b;
  if (dimensionText(a) !== dimensionText(b)) {
    return refuse("malformed", `${from} (${dimensionText(a)}) and ${to} (${dimensionText(b)}) measure different things`, "choose uoms of one dimension");
  }
  if (!Number.isFinite(value)) return refuse("malformed", "not a number", "send a finite number");
  if (from === to) return value;
  const proper = a.scale === undefined ? value * a.factor : a.scale.toProper(value * a.factor) * properOf(a.scale);
  const result = (b.scale === undefined ? proper : b.scale.fromProper(proper / properOf(b.scale))) / b.factor;
  if (!Number.isFinite(result)) return refuse("malformed", `${value} ${from} is no number of ${to}`, "send a value that the scale can hold");
  return Number(result.toPrecision(DIGITS));
}

function known(code: string): Unit | Refusal {
  return (
    parse(code) ?? refuse("malformed", `${JSON.stringify(code.slice(0, UOM_CHARS_MAX))} is not a UCUM code known here`, "write it as in Cel, mm/s or L/min")
  );
}

function properOf(scale: Scale): number {
  return parse(scale.of)?.factor ?? Number.NaN;
}

function dimensionText(unit: Unit): string {
  const parts = BASE.flatMap((symbol, i) => {
    const exponent = unit.dimension[i] ?? 0;
    return exponent === 0 ? [] : [exponent === 1 ? symbol : `${symbol}${exponent}`];
  });
  return parts.length === 0 ? "1" : parts.join(".");
}

function parse(code: string): Unit | null {
  if (code.length === 0 || code.length > UOM_CHARS_MAX || !/^[\x21-\x7e]+$/.test(code)) return null;
  const reader: Reader = { text: code, at: 0 };
  const unit = term(reader);
  return reader.at === code.length ? unit : null;
}

/** `/a`, `a.b/c`: products and quotients from the left. */
function term(reader: Reader): Unit | null {
  let left: Unit | null = reader.text[reader.at] === "/" ? ONE : component(reader);
  while (left !== null && (reader.text[reader.at] === "." || reader.text[reader.at] === "/")) {
    const exponent = reader.text[reader.at++] === "." ? 1 : -1;
    const right = component(reader);
    // A scale that is not a ratio can't be multiplied (UCUM §21): a rise of temperature is K/min, not Cel/min.
    left = right === null || left.scale !== undefined || right.scale !== undefined ? null : times(left, power(right, exponent));
  }
  return left;
}

function component(reader: Reader): Unit | null {
  if (reader.text[reader.at] === "(") {
    reader.at++;
    const inner = term(reader);
    return reader.text[reader.at++] === ")" ? inner : null;
  }
  // Square brackets belong to a symbol, whatever is in them.
  const [symbol = ""] = /^(?:\[[^[\]]*\]|[^./(){}[\]])*/.exec(reader.text.slice(reader.at)) ?? [];
  reader.at += symbol.length;
  const [annotation = ""] = /^\{[^{}]*\}/.exec(reader.text.slice(reader.at)) ?? [];
  reader.at += annotation.length;
  if (symbol === "") return annotation === "" ? null : ONE;
  return /^[1-9]\d*$/.test(symbol) ? { ...ONE, factor: Number(symbol) } : simple(symbol);
}

/** A symbol, perhaps with a prefix, perhaps with an exponent: `kPa`, `s-2`, `10*-6`. */
function simple(symbol: string): Unit | null {
  const [, stem = "", exponent] = /^(10[*^]|.*?[^\d+-])([+-]?\d{1,2})?$/.exec(symbol) ?? [];
  const unit = ATOMS.get(stem)?.unit ?? prefixed(stem);
  if (unit === null || unit === undefined) return null;
  if (exponent === undefined) return unit;
  return unit.scale === undefined ? power(unit, Number(exponent)) : null;
}

function prefixed(stem: string): Unit | null {
  for (const length of [1, 2]) {
    const prefix = PREFIXES[stem.slice(0, length)];
    const atom = ATOMS.get(stem.slice(length));
    if (prefix !== undefined && atom?.metric === true) return { ...atom.unit, factor: atom.unit.factor * prefix };
  }
  return null;
}

function times(a: Unit, b: Unit): Unit {
  return { factor: a.factor * b.factor, dimension: a.dimension.map((exponent, i) => exponent + (b.dimension[i] ?? 0)) };
}

function power(unit: Unit, exponent: number): Unit {
  return { factor: unit.factor ** exponent, dimension: unit.dimension.map((one) => one * exponent) };
}

/** Line by line, since a definition is read with those above it. */
function fill(): void {
  BASE.forEach((symbol, i) => ATOMS.set(symbol, { metric: true, unit: { factor: 1, dimension: BASE.map((_, j) => (i === j ? 1 : 0)) } }));
  for (const [symbol, metric, value, of] of DEFINITIONS) {
    const unit = parse(of);
    if (unit !== null) ATOMS.set(symbol, { metric, unit: { ...unit, factor: value * unit.factor } });
  }
  for (const scale of SCALES) {
    const proper = parse(scale.of);
    if (proper !== null) ATOMS.set(scale.symbol, { metric: scale.metric, unit: { factor: 1, dimension: proper.dimension, scale } });
  }
}
