/** What changes from one version of a contract to the next, and whom it breaks: the comparison of JSON Schemas, for readers that carry along what they do not know. */
import type { Json } from "../../contracts/delta/json.ts";
import { promisedOf } from "./attribute.ts";
import { type Mode, checkMode } from "./compatibility/mode.ts";
import { shared } from "./shared.ts";
import { boundsOf, judgeDocument } from "./document.ts";
import { fieldOf, isSchema } from "./walk.ts";
import type { Change } from "./compatibility/change.ts";
import type { Verdict } from "./compatibility/compare.ts";

/**
 * Whatever the documents are: contracts, which say their key, as the registry judges them, and any other JSON Schemas as `checkMode` does,
 * whose readers may refuse what they do not know.
 */
export function checkChange(mode: Mode, earlier: readonly Json[], next: Json): Verdict {
  return [...earlier, next].every(isContract) ? judgeChange(mode, earlier, next) : checkMode(mode, earlier, next);
}

function isContract(document: Json): boolean {
  return boundsOf(document) === null && isSchema(document) && document["x-key"] !== undefined && judgeDocument(document).length === 0;
}

/** Of contracts that were judged. `earlier`: oldest first; only the last counts unless the mode is transitive. */
export function judgeChange(mode: Mode, earlier: readonly Json[], next: Json): Verdict {
  const verdicts = (mode.endsWith("_TRANSITIVE") ? earlier : earlier.slice(-1)).map((one) => judgePair(directionOf(mode), one, next));
  const told = new Map(verdicts.flatMap(({ changes }) => changes.map((change) => [`${change.code} ${change.path} ${change.message}`, change] as const)));
  return {
    compatible: verdicts.every(({ compatible }) => compatible),
    changes: [...told.values()].toSorted((a, b) => Number(b.breaking) - Number(a.breaking)),
  };
}

/** The attribute that a change speaks of; "" for the whole. A list of required names speaks of the one by which the two differ. */
export function fieldOfChange({ path }: Change, before: Json, next: Json): string {
  const field = fieldOf(path);
  if (field !== "" || !path.endsWith("/required")) return field;
  const [was, is] = [promisedOf(before), promisedOf(next)];
  return [...was].find((name) => !is.has(name)) ?? [...is].find((name) => !was.has(name)) ?? "";
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
  const gone = onlyA.map(({ field, pointer }): Change =>
    told("attribute-removed", pointer, `${field} is no longer named; who still writes it is carried along`),
  );
  const added = onlyB.map(({ field, pointer }): Change =>
    told("attribute-added", pointer, `${field} is new and optional; who does not know it carries it along`),
  );
  return { compatible: verdict.compatible, changes: [...verdict.changes, ...gone, ...added] };
}

function told(code: string, path: string, message: string): Change {
  return { code, path, message, breaking: false };
}
