/**
 * What changed between two schemas, place by place, and which of it breaks. That something breaks is decided on the whole first; here each
 * keyword of the reader is tried alone against all that may be written, so that the list names the ones to blame.
 */
import { listAlternatives } from "./alternative-change.ts";
import { type Change, child, quoted } from "./change.ts";
import type { Document, Place } from "./document.ts";
import { listElements } from "./element-change.ts";
import { isObject, isOldReference, type Schema } from "./keyword.ts";
import { CHANGES_MAX, LISTED_DEPTH_MAX, SCHEMA_DEPTH_MAX } from "./limit.ts";
import { listMembers } from "./member-change.ts";
import type { Listing, Pair, Side } from "./pair.ts";
import { listScalars } from "./scalar-change.ts";
import type { Solver } from "./solver.ts";
import type { Universe } from "./universe.ts";

type Input = {
  readonly universe: Universe;
  readonly solver: Solver;
  readonly old: Document;
  readonly next: Document;
  readonly reader: "new" | "old";
  /** Whether something that is written is not read. */
  readonly isBroken: boolean;
};

/** Those that break come first. Something breaking is named whenever `isBroken`. */
export function differences(input: Input): readonly Change[] {
  const { universe, solver, reader } = input;
  const changes: Change[] = [];
  const seen = new Set<string>();
  const everything: Place = { schema: {}, pointer: "", resource: "", dialect: "unstated" };
  const side = (schema: Schema): Side => {
    if (!isObject(schema)) return { schema: schema ? {} : { not: {} }, place: everything, signed: universe.signed(schema) };
    const signed = universe.signed(schema);
    return { schema, place: input.old.places.get(schema) ?? input.next.places.get(schema) ?? universe.place(signed) ?? everything, signed };
  };
  const list = (was: Schema, is: Schema, paths: { oldPath: string; path: string; isBroken: boolean; depth: number }): void => {
    const [old, next] = [followed(universe, side(was)), followed(universe, side(is))];
    const key = `${old.signed} ${next.signed} ${paths.isBroken}`;
    if (old.signed === next.signed || seen.has(key) || changes.length >= CHANGES_MAX * 2) return;
    seen.add(key);
    const [written, read] = reader === "new" ? [old, next] : [next, old];
    const isBroken = paths.isBroken && !solver.isEmpty([written.signed, read.signed ^ 1]);
    const pair: Pair = { old, next, oldPath: paths.oldPath, path: paths.path, isBroken };
    const before = changes.filter(({ breaking }) => breaking).length;
    const listing: Listing = {
      universe,
      solver,
      reader,
      add: (change) => changes.push(change),
      enter: (one, other, at) =>
        list(one, other, {
          oldPath: child(paths.oldPath, ...(at.oldSteps ?? at.steps)),
          path: child(paths.path, ...at.steps),
          isBroken: at.isBroken,
          depth: paths.depth + 1,
        }),
    };
    if (is === false)
      changes.push({
        code: "nothing-allowed",
        path: paths.path,
        message: `${quoted(was)} was allowed, now no value is.`,
        breaking: isBroken && reader === "new",
      });
    else if (was === false)
      changes.push({
        code: "something-allowed",
        path: paths.path,
        message: `No value was allowed, now ${quoted(is)} is.`,
        breaking: isBroken && reader === "old",
      });
    else if (paths.depth < LISTED_DEPTH_MAX && !solver.isSpent()) {
      for (const step of [listScalars, listMembers, listElements, listAlternatives]) step(listing, pair);
    }
    const isNamed = changes.filter(({ breaking }) => breaking).length > before;
    if (isBroken && !isNamed)
      changes.push({
        code: "not-covered",
        path: paths.path,
        message: `Not all that was allowed by ${quoted(written.schema)} is allowed by ${quoted(read.schema)}.`,
        breaking: true,
      });
  };
  list(input.old.root, input.next.root, { oldPath: "", path: "", isBroken: input.isBroken, depth: 0 });
  const sorted = [...changes.filter(({ breaking }) => breaking), ...changes.filter(({ breaking }) => !breaking)];
  return sorted.slice(0, CHANGES_MAX);
}

/** A reference with nothing beside it is what it leads to. */
function followed(universe: Universe, side: Side): Side {
  let at = side;
  for (let steps = 0; steps < SCHEMA_DEPTH_MAX; steps++) {
    const reference = at.schema["$ref"];
    const document = universe.document(at.place);
    if (typeof reference !== "string" || document === undefined) return at;
    const alone =
      isOldReference(at.place.dialect) ||
      Object.keys(at.schema).every((keyword) => ["$ref", "$defs", "definitions", "$id", "$schema", "title", "description", "$comment"].includes(keyword));
    const target = document.target(at.place, reference);
    const place = isObject(target) ? document.places.get(target) : undefined;
    if (!alone || place === undefined) return at;
    at = { schema: place.schema, place, signed: universe.signed(place.schema) };
  }
  return at;
}
