/** One value across a bridge, there and back. What has no counterpart is refused as `unmapped`: nothing is guessed. */
import { Temporal } from "temporal-polyfill";
import type { Json } from "../../contracts/delta/json.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { convert } from "../../contracts/uom.ts";
import { type Rule, type Scalar, type Way, comesIn, goesOut } from "./bridge.ts";
import { type Crossed, evaluate } from "./expression.ts";
import type { Fields } from "./place.ts";

/** Digits kept by a scale, as in contracts/uom.ts. */
const DIGITS = 14;
/** How far from a whole number those digits may lead; relative. */
const NOISE = 1e-12;

/** Our value as one of theirs. `joined` holds the entities that ours refers to. Refuses `unmapped` and `malformed`. */
export function forth(rule: Rule, value: Json, ours: Fields, joined: Fields): Crossed {
  switch (rule.rule) {
    case "same":
      return { value };
    case "look-up":
      return crossed(lookUp(rule.pairs, "ours", value) ?? rule.otherwise?.theirs, value, "theirs");
    case "state":
      return crossed(lookUp(rule.pairs, "ours", value), value, "theirs");
    case "convert":
      return numeric(value, (number) => rounded(convert(number, rule.ours, rule.theirs), rule.round));
    case "scale":
      return numeric(value, (number) => rounded(Number((number * rule.scale + rule.offset).toPrecision(DIGITS)), rule.round));
    case "instant":
      return numeric(value, (instant) => textOf(instant, rule.as));
    case "expression":
      return rule.forth === undefined ? crossed(undefined, value, "theirs") : evaluate(rule.forth, { value, ours, joined });
  }
}

/** Their value as one of ours. Refuses as `forth` does. */
export function back(rule: Rule, value: Json, theirs: Fields): Crossed {
  switch (rule.rule) {
    case "same":
      return { value };
    case "look-up":
      return crossed(lookUp(rule.pairs, "theirs", value) ?? rule.otherwise?.ours, value, "ours");
    case "state":
      return crossed(lookUp(rule.pairs, "theirs", value), value, "ours");
    case "convert":
      return numeric(value, (number) => rounded(convert(number, rule.theirs, rule.ours), rule.round));
    case "scale":
      return numeric(value, (number) => rounded(Number(((number - rule.offset) / rule.scale).toPrecision(DIGITS)), rule.round));
    case "instant":
      return instantOf(value);
    case "expression":
      return rule.back === undefined ? crossed(undefined, value, "ours") : evaluate(rule.back, { value, theirs });
  }
}

type Table = readonly { readonly ours: Scalar; readonly theirs: Scalar; readonly way: Way }[];

/** `undefined` when the table has no such value on that side. */
function lookUp(pairs: Table, from: "ours" | "theirs", value: Json): Scalar | undefined {
  return from === "ours"
    ? pairs.find((pair) => goesOut(pair) && pair.ours === value)?.theirs
    : pairs.find((pair) => comesIn(pair) && pair.theirs === value)?.ours;
}

function crossed(counterpart: Scalar | undefined, value: Json, side: "ours" | "theirs"): Crossed {
  if (counterpart !== undefined) return { value: counterpart };
  return refuse("unmapped", `${shown(value)} has no counterpart among ${side}`, "add the pair to the bridge and publish it anew");
}

function numeric(value: Json, use: (number: number) => number | string | Refusal): Crossed {
  if (typeof value !== "number") return refuse("malformed", `${shown(value)} is not a number`, "mend it where it was written");
  const result = use(value);
  return isRefusal(result) ? result : { value: result };
}

function shown(value: Json): string {
  return JSON.stringify(value).slice(0, 100);
}

/** Without `round` a value that is whole but for the noise of the multiplication becomes whole. */
function rounded(value: number | Refusal, round: "nearest" | "up" | "down" | undefined): number | Refusal {
  if (isRefusal(value)) return value;
  const whole = Math.round(value);
  if (Math.abs(value - whole) <= NOISE * Math.max(1, Math.abs(value))) return whole;
  if (round === undefined) return value;
  return { nearest: whole, up: Math.ceil(value), down: Math.floor(value) }[round];
}

function textOf(instant: number, as: "date-time" | "date"): string | Refusal {
  try {
    const text = Temporal.Instant.fromEpochMilliseconds(instant).toString({ smallestUnit: "millisecond" });
    return as === "date" ? text.slice(0, text.indexOf("T")) : text;
  } catch {
    return refuse("malformed", `${instant} is no instant`, "send whole milliseconds since 1970");
  }
}

/** RFC 3339; the offset may lack its colon, as Salesforce writes it. A day is its midnight in UTC. */
function instantOf(value: Json): Crossed {
  const malformed = refuse("malformed", `${shown(value)} is no instant`, "send RFC 3339, such as 2026-10-20T08:00:00Z");
  if (typeof value !== "string") return malformed;
  try {
    const instant = Temporal.Instant.from(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value).epochMilliseconds;
    // Ours begin with 1970.
    return instant < 0 ? malformed : { value: instant };
  } catch {
    return malformed;
  }
}
