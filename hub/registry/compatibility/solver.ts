/**
 * Whether any value satisfies schemas all at once. "Old is compatible with new" is the question whether nothing is old and not new.
 * The formula of one kind of values is taken apart by cases (analytic tableau); a case is closed when its literals contradict each other.
 * A question met again while it is being answered, one value further in, is answered "nothing": values are finite, so the smallest
 * one would contain a smaller one still. Sources: Habib et al., ISSTA 2021; Frisch, Castagna, Benzaken, JACM 2008 (recursive types).
 */
import type { Ask } from "./ask.ts";
import { contradictsArrays, gatherArrays, isArrayless } from "./arrays.ts";
import { expand } from "./expand.ts";
import { ANYTHING, type Formula, type Kind, KINDS, kindOf, type Literal, negate, negated, NOTHING, type Signed } from "./formula.ts";
import { countWordsAtMost, type Language, languageOf, languageOfLength } from "./language.ts";
import { AUTOMATON_STEPS_MAX, QUESTION_DEPTH_MAX, STEPS_MAX } from "./limit.ts";
import { countNumbersAtMost, isNumberless } from "./numbers.ts";
import { contradictsObjects, gatherObjects, isObjectless } from "./objects.ts";
import { isTextless } from "./texts.ts";
import type { Universe } from "./universe.ts";
import { satisfies, satisfiesLiteral } from "./value.ts";

/** Stack of a question about an element or a member, as the unit of `QUESTION_DEPTH_MAX`; of a case within one; of looking at a value. */
const LEVEL = 1;
const BRANCH = 0.1;
const VALUE = 0.25;
const LITTLE = 50;

export type Solver = {
  readonly isEmpty: (all: readonly Signed[], kind?: Kind) => boolean;
  readonly allows: (value: unknown, signed: Signed) => boolean | null;
  readonly language: (source: string) => Language | null;
  /** Whether some question was given up; what was concluded before stands. */
  readonly isSpent: () => boolean;
  /** Whether elements and members were within each other too deep to be followed: flatter schemas help, fewer alternatives don't. */
  readonly isTooDeep: () => boolean;
  /** Steps to be had from here on. */
  readonly grant: (steps: number) => void;
};

/** One case: what is known of a value of one kind, and what is still to be taken apart. */
type Case = { readonly literals: readonly Literal[]; readonly asserted: ReadonlySet<Signed>; readonly open: readonly Alternatives[] };
type Alternatives = readonly Formula[];

/** What one more formula is held against, and which schemas were held against it already. */
type Test = { readonly kind: Kind; readonly now: Case; readonly opposes: (one: Literal) => boolean; readonly seen: Map<Signed, boolean> };

export function solve(universe: Universe): Solver {
  let left = STEPS_MAX;
  let depth = 0;
  let isSpent = false;
  let isTooDeep = false;
  const answers = new Map<string, boolean>();
  const asked = new Map<string, { assumed: boolean }>();
  /** Keys found empty since the solver began, in order: those found under an assumption that fell are asked again. */
  const found: string[] = [];
  const memory = new Map<string, unknown>();

  const spend = (steps: number): boolean => {
    left -= steps;
    if (left < 0) isSpent = true;
    return left >= 0;
  };
  const remember = <T>(key: string, make: () => T): T => {
    if (memory.has(key)) return memory.get(key) as T;
    const made = make();
    if (!isSpent) memory.set(key, made);
    return made;
  };
  const formulaOf = (signed: Signed, kind: Kind): Formula =>
    remember(`${signed} ${kind}`, () => ((signed & 1) === 0 ? expand(universe, signed, kind) : negate(formulaOf(signed ^ 1, kind))));

  /** Answers `false` to what it has no stack or steps for. */
  const within = (stack: number, question: () => boolean): boolean => {
    if (depth >= QUESTION_DEPTH_MAX) [isSpent, isTooDeep] = [true, true];
    if (isSpent || !spend(1)) return false;
    depth += stack;
    const answer = question();
    depth -= stack;
    return answer;
  };

  const isEmpty = (all: readonly Signed[], kind?: Kind): boolean => {
    const distinct = distinctOf(all);
    if (distinct === null) return true;
    if (distinct.length === 0) return false;
    if (kind !== undefined) return isKindEmpty(distinct, kind);
    const key = distinct.join(" ");
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = KINDS.every((one) => isKindEmpty(distinct, one));
    keep(key, answer);
    return answer;
  };
  const keep = (key: string, answer: boolean): void => {
    if (isSpent) return;
    answers.set(key, answer);
    if (answer) found.push(key);
  };
  const isKindEmpty = (all: readonly Signed[], kind: Kind): boolean => {
    const key = `${kind} ${all.join(" ")}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const pending = asked.get(key);
    if (pending !== undefined) {
      pending.assumed = true;
      return true;
    }
    const question = { assumed: false };
    const before = found.length;
    asked.set(key, question);
    const answer = within(LEVEL, () =>
      isClosed(
        kind,
        { literals: [], asserted: new Set(), open: [] },
        all.map((signed) => formulaOf(signed, kind)),
        all,
      ),
    );
    asked.delete(key);
    if (!answer && question.assumed) for (const other of found.splice(before)) answers.delete(other);
    keep(key, answer);
    return answer;
  };

  /** Whether every way to complete the case, with the formulas added, contradicts itself. */
  const isClosed = (kind: Kind, before: Case, added: readonly Formula[], signed: readonly Signed[] = []): boolean => {
    if (!spend((before.literals.length + before.open.length + before.asserted.size) / 8)) return false;
    const now = take(kind, before, added, signed);
    if (now === null || contradicts(kind, now.literals)) return true;
    const test: Test = { kind, now, opposes: opposing(kind, now.literals), seen: new Map() };
    let open: Alternatives[] = [];
    const forced: Formula[] = [];
    for (const alternatives of now.open) {
      if (!spend(1)) return false;
      if (alternatives.some((one) => isKnown(test, one))) continue;
      const left = alternatives.filter((one) => !isContradicted(test, one));
      if (left.length === 0) return true;
      if (left.length === 1) forced.push(...left);
      else open.push(left);
    }
    if (forced.length > 0) return within(BRANCH, () => isClosed(kind, { ...now, open }, forced));
    const best = open.reduce<Alternatives | null>((least, one) => (least === null || costOf(one) < costOf(least) ? one : least), null);
    if (best === null) return false;
    open = open.filter((one) => one !== best);
    for (const one of best) if (!within(BRANCH, () => isClosed(kind, { ...now, open }, [one]))) return false;
    return true;
  };

  /** The case with the formulas in it, `null` when one of them is contradicted outright. */
  const take = (kind: Kind, before: Case, added: readonly Formula[], signed: readonly Signed[]): Case | null => {
    const literals = [...before.literals];
    const asserted = new Set([...before.asserted, ...signed]);
    const open = [...before.open];
    const todo = [...added];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      if (!spend(1)) return { literals, asserted, open };
      if (next.op === "and") todo.push(...next.of);
      else if (next.op === "literal") literals.push(next.literal);
      else if (next.op === "schema") {
        if (asserted.has(negated(next.signed))) return null;
        if (asserted.has(next.signed)) continue;
        asserted.add(next.signed);
        todo.push(formulaOf(next.signed, kind));
      } else if (next.of.length === 0) return null;
      else if (next.of.length === 1 && next.of[0] !== undefined) todo.push(next.of[0]);
      else open.push(next.of);
    }
    return { literals, asserted, open };
  };

  /** Whether the literals leave no value. */
  const contradicts = (kind: Kind, literals: readonly Literal[]): boolean => {
    if (!spend(1 + literals.length / 16)) return false;
    const opaque = new Map<string, boolean>();
    for (const one of literals) {
      if (one.is !== "opaque") continue;
      if ((opaque.get(one.key) ?? one.not) !== one.not) return true;
      opaque.set(one.key, one.not);
    }
    const [given, ...others] = literals.filter((one) => one.is === "values" && !one.not);
    if (given?.is === "values") {
      const left = [...given.values].filter(([key]) => others.every((one) => one.is !== "values" || one.values.has(key)));
      return left.every(([, value]) => literals.some((one) => satisfiesLiteral(value, one, ask) === false));
    }
    switch (kind) {
      case "null":
        return literals.some((one) => one.is === "values");
      case "boolean": {
        const excluded = new Set(literals.flatMap((one) => (one.is === "values" ? [...one.values.keys()] : [])));
        return excluded.has("true") && excluded.has("false");
      }
      case "number":
        return isNumberless(literals);
      case "string":
        return isTextless(literals, ask);
      case "array": {
        const arrays = gatherArrays(literals);
        return isArrayless(arrays, ask) || (arrays.max === 0 && isExcluded(literals, "[]"));
      }
      case "object": {
        const objects = gatherObjects(literals);
        return isObjectless(objects, ask) || (objects.max === 0 && isExcluded(literals, "{}"));
      }
    }
  };

  /** A cheap test whether one more literal contradicts those known. */
  const opposing = (kind: Kind, literals: readonly Literal[]): ((one: Literal) => boolean) => {
    const given = literals.some((one) => one.is === "values" && !one.not);
    if (kind === "array" && !given) {
      const arrays = gatherArrays(literals);
      return (one) => isOpposed(literals, one) || contradictsArrays(arrays, one, ask);
    }
    if (kind === "object" && !given) {
      const objects = gatherObjects(literals);
      return (one) => isOpposed(literals, one) || contradictsObjects(objects, one, ask);
    }
    return (one) => contradicts(kind, [...literals, one]);
  };
  const isOpposed = (literals: readonly Literal[], one: Literal): boolean => {
    if (one.is === "values" && !one.not)
      return [...one.values.values()].every((value) => literals.some((other) => satisfiesLiteral(value, other, ask) === false));
    return one.is === "opaque" && literals.some((other) => other.is === "opaque" && other.key === one.key && other.not !== one.not);
  };

  const isContradicted = (test: Test, one: Formula): boolean => {
    if (!spend(1)) return false;
    switch (one.op) {
      case "literal":
        return test.opposes(one.literal);
      case "and":
        return one.of.some((part) => isContradicted(test, part));
      case "or":
        return one.of.every((part) => isContradicted(test, part));
      case "schema": {
        if (test.now.asserted.has(one.signed)) return false;
        if (test.now.asserted.has(negated(one.signed))) return true;
        const seen = test.seen.get(one.signed);
        if (seen !== undefined) return seen;
        const answer = within(BRANCH, () => isContradicted(test, formulaOf(one.signed, test.kind)));
        test.seen.set(one.signed, answer);
        return answer;
      }
    }
  };
  /** Whether it follows from what is known already, as far as that is cheap to see. */
  const isKnown = (test: Test, one: Formula): boolean => {
    if (one.op === "and") return one.of.length === 0;
    if (one.op === "schema") return isContradicted(test, { op: "schema", signed: negated(one.signed) });
    return one.op === "literal" && isContradicted(test, negate(one));
  };

  /** An automaton takes as long as it is large, one that is given up the longest. */
  const language = (source: string): Language | null =>
    remember(`language ${source}`, () => {
      const made = spend(source.length) ? languageOf(source) : null;
      spend(made === null ? AUTOMATON_STEPS_MAX : made.states * 20 + 200);
      return made;
    });

  const countAtMost = (all: readonly Signed[]): number => {
    let count = 0;
    for (const kind of KINDS) {
      if (isEmpty(all, kind)) continue;
      const now = take(
        kind,
        { literals: [], asserted: new Set(), open: [] },
        all.map((signed) => formulaOf(signed, kind)),
        all,
      );
      if (now !== null) count += countKindAtMost(kind, now.literals, textsOf);
    }
    return count;
  };
  const countTextsAtMost = (literals: readonly Literal[], all: readonly Signed[]): number => {
    const formulas = all.map((signed) => formulaOf(signed, "string"));
    const now = take("string", { literals, asserted: new Set(), open: [] }, formulas, all);
    return now === null ? 0 : countKindAtMost("string", now.literals, textsOf);
  };
  const textsOf = (source: string): number =>
    remember(`texts ${source}`, () => {
      const made = language(source);
      return made === null ? Infinity : countWordsAtMost(made);
    });

  const allows = (value: unknown, signed: Signed): boolean | null => {
    if (signed === 0 || signed === NOTHING) return signed === 0;
    let answer: boolean | null = null;
    within(VALUE, () => {
      answer = satisfies(value, formulaOf(signed, kindOf(value)), ask);
      return false;
    });
    return answer;
  };

  const ask: Ask = {
    isEmpty: (all) => isEmpty(all),
    isTextless: (literals, all) =>
      within(BRANCH, () =>
        isClosed(
          "string",
          { literals: [], asserted: new Set(), open: [] },
          [...literals.map((one): Formula => ({ op: "literal", literal: one })), ...all.map((signed) => formulaOf(signed, "string"))],
          all,
        ),
      ),
    allows,
    language,
    lengths: (min, max) => remember(`lengths ${min} ${max}`, () => languageOfLength(min, max)),
    countAtMost,
    countTextsAtMost,
    remember,
    spend,
  };
  const grant = (steps: number) => {
    left = steps;
    isSpent = false;
  };
  return { isEmpty, allows, language, isSpent: () => isSpent, isTooDeep: () => isTooDeep, grant };
}

function isExcluded(literals: readonly Literal[], value: string): boolean {
  return literals.some((one) => one.is === "values" && one.not && one.values.has(value));
}

/** Sorted, each once, without those that say nothing; `null` when two of them deny each other. */
function distinctOf(all: readonly Signed[]): readonly Signed[] | null {
  const sorted = all.length === 1 ? all : all.toSorted((a, b) => a - b);
  const distinct: Signed[] = [];
  for (const one of sorted) {
    const last = distinct.at(-1);
    if (one === NOTHING || (last !== undefined && (one & 1) === 1 && last === one - 1)) return null;
    if (one !== ANYTHING && one !== last) distinct.push(one);
  }
  return distinct;
}

/** Few alternatives are tried first, but what a value is not tells little: such cases wait until it is known what it is. */
function costOf(alternatives: Alternatives): number {
  return alternatives.reduce((cost, one) => cost + (tellsLittle(one) ? LITTLE : 1), 0);
}

function tellsLittle(one: Formula): boolean {
  return one.op === "schema" ? (one.signed & 1) === 1 : one.op === "and" && one.of.length > 0 && one.of.every(tellsLittle);
}

function countKindAtMost(kind: Kind, literals: readonly Literal[], textsOf: (source: string) => number): number {
  const given = literals.filter((one) => one.is === "values" && !one.not).map((one) => (one.is === "values" ? one.values.size : Infinity));
  if (given.length > 0) return Math.min(...given);
  if (kind === "null") return 1;
  if (kind === "boolean") return 2;
  if (kind === "number") return countNumbersAtMost(literals);
  if (literals.some((one) => one.is === "size" && one.max === 0)) return 1;
  return kind === "string" ? Math.min(Infinity, ...literals.map((one) => (one.is === "pattern" && !one.not ? textsOf(one.source) : Infinity))) : Infinity;
}
