/**
 * JSONPath (RFC 9535) of a mapping, compiled once. `$.a.b[0]`, of which most are, is walked by hand; one wildcard, slice or filter is left
 * to the library. No descendants, no regular expressions, nothing of many within a filter: a path costs no more than the payload it is
 * asked of is large.
 */
import { jsonpath } from "json-p3";
import { isRefusal, type Refusal, refuse } from "../../../contracts/refusal.ts";

const { NameSelector, IndexSelector } = jsonpath.selectors;
/** As deep as a foreign payload is looked into. */
const DEPTH_MAX = 32;

type Query = ReturnType<typeof jsonpath.compile>;
/** `many`: how often it looks at each item of an array or an object. `one`: the first value that is there, or undefined. */
export type CompiledPath = { readonly many: number; readonly one: (value: unknown) => unknown; readonly all: (value: unknown) => readonly unknown[] };

const environment = new jsonpath.JSONPathEnvironment();
// A regular expression could run for minutes on a hostile text.
for (const name of ["match", "search"]) environment.functionRegister.delete(name);

/** Refuses `malformed`: what is no path, or none of those that are bounded. */
export function compilePath(source: string): CompiledPath | Refusal {
  let query: Query;
  try {
    query = environment.compile(source);
  } catch (error) {
    return refuse("malformed", `no JSONPath: ${messageOf(error)}`, "write it as in RFC 9535, $.a['b'][0]; match() and search() are not taken");
  }
  const steps = stepsOf(query);
  if (steps !== null) {
    const one = (value: unknown): unknown => walk(value, steps);
    return { many: 0, one, all: (value) => ((found) => (found === undefined ? [] : [found]))(one(value)) };
  }
  const fault = faultOf(query);
  if (fault !== null) return refuse("malformed", fault, "name the way to the value, with at most one [*], slice or filter in it");
  // What a foreign payload holds is as JSON as the library wants it.
  const all = (value: unknown): readonly unknown[] => query.query(value as Parameters<Query["query"]>[0]).values();
  return { many: 1, one: (value) => all(value)[0], all };
}

/** Several places: the first in which something stands. */
export function compilePaths(sources: string | readonly string[]): CompiledPath | Refusal {
  const paths: CompiledPath[] = [];
  for (const source of typeof sources === "string" ? [sources] : sources) {
    const path = compilePath(source);
    if (isRefusal(path)) return path;
    paths.push(path);
  }
  const [only] = paths;
  if (paths.length === 1 && only !== undefined) return only;
  const all = (value: unknown): readonly unknown[] => {
    for (const path of paths) {
      const found = path.all(value);
      if (found.length > 0) return found;
    }
    return [];
  };
  return { many: paths.reduce((sum, { many }) => sum + many, 0), one: (value) => all(value)[0], all };
}

/** The names and places on the way, where there is only one. */
function stepsOf({ segments }: Query): readonly (string | number)[] | null {
  const steps: (string | number)[] = [];
  for (const { selectors } of segments) {
    const [selector] = selectors;
    if (selectors.length !== 1) return null;
    if (selector instanceof NameSelector) steps.push(selector.name);
    else if (selector instanceof IndexSelector) steps.push(selector.index);
    else return null;
  }
  return segments.every(isChild) && steps.length <= DEPTH_MAX ? steps : null;
}

function walk(from: unknown, steps: readonly (string | number)[]): unknown {
  let value = from;
  for (const step of steps) {
    if (typeof value !== "object" || value === null) return undefined;
    if (typeof step === "number") value = Array.isArray(value) ? value.at(step) : undefined;
    else value = !Array.isArray(value) && Object.hasOwn(value, step) ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
  }
  return value;
}

function faultOf({ segments }: Query): string | null {
  if (segments.length > DEPTH_MAX) return `a path has at most ${DEPTH_MAX} segments`;
  if (!segments.every(isChild)) return "a path names no descendants (..)";
  if (segments.some(({ selectors }) => selectors.length !== 1)) return "a segment has one selector";
  const many = segments.flatMap(({ selectors }) => selectors).filter((one) => !(one instanceof NameSelector || one instanceof IndexSelector));
  if (many.length > 1) return "a path has at most one segment of many";
  return many.some((selector) => !isPlain(selector)) ? "a filter looks at its own item" : null;
}

function isChild(segment: object): boolean {
  return segment instanceof Child;
}

/** The library shows the class of a segment only by what it compiles. */
const Child = Object.getPrototypeOf(environment.compile("$.a").segments[0]).constructor as new () => object;

/** Whether all that a filter asks for is one value each. */
function isPlain(node: unknown): boolean {
  if (typeof node !== "object" || node === null) return true;
  if (node instanceof jsonpath.JSONPathQuery) return stepsOf(node) !== null;
  return Object.entries(node).every(
    ([name, part]) => name === "token" || name === "environment" || (Array.isArray(part) ? part.every(isPlain) : isPlain(part)),
  );
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]?.slice(0, 200) ?? "";
}
