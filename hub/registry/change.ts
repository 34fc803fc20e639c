/** What changes from one version of a contract to the next, and whom it breaks: the comparison of JSON Schemas, for readers that carry along what they do not know. */
import type { Json } from "../../contracts/delta/json.ts";
import type { Mode } from "./contract.ts";
import { shared } from "./shared.ts";
import { type Change, type Verdict, checkMode } from "./verdict.ts";

/** `earlier`: oldest first; only the last counts unless the mode is transitive. */
export function judgeChange(mode: Mode, earlier: readonly Json[], next: Json): Verdict {
  const verdicts = (mode.endsWith("_TRANSITIVE") ? earlier : earlier.slice(-1)).map((one) => judgePair(directionOf(mode), one, next));
  const told = new Map(verdicts.flatMap(({ changes }) => changes.map((change) => [`${change.code} ${change.path} ${change.message}`, change] as const)));
  return {
    compatible: verdicts.every(({ compatible }) => compatible),
    changes: [...told.values()].toSorted((a, b) => Number(b.breaking) - Number(a.breaking)),
  };
}

/** As far as one version reads the other's data. */
type Direction = "BACKWARD" | "FORWARD" | "FULL" | "NONE";

function directionOf(mode: Mode): Direction {
  switch (mode) {
    case "BACKWARD":
    case "BACKWARD_TRANSITIVE":
      return "BACKWARD";
    case "FORWARD":
    case "FORWARD_TRANSITIVE":
      return "FORWARD";
    case "FULL":
    case "FULL_TRANSITIVE":
      return "FULL";
    case "NONE":
      return "NONE";
  }
}

function judgePair(direction: Direction, before: Json, next: Json): Verdict {
  const { a, b, onlyA, onlyB } = shared(before, next);
  const verdict = checkMode(direction, [a], b);
  const gone = onlyA.map((field): Change => told("attribute-removed", field, `${field} is no longer named; who still writes it is carried along`));
  const added = onlyB.map((field): Change => told("attribute-added", field, `${field} is new and optional; who does not know it carries it along`));
  return { compatible: verdict.compatible, changes: [...verdict.changes, ...gone, ...added] };
}

function told(code: string, field: string, message: string): Change {
  return { code, path: `$.${field}`, message, breaking: false };
}
