/**
 * Patterns as regular languages. A JSON Schema pattern may match anywhere in a text; here it becomes an automaton over whole texts, so
 * that "all texts that match this match that" can be decided. What no automaton says (look-around, back references, more states than
 * allowed) has no language: nothing is concluded from it but that it equals itself.
 */
import { type CharSet, type Concatenation, DFA, type Element, type Expression, isDisjointWith, JS, NFA, type Node, type NoParent } from "refa";
import { AUTOMATON_LENGTH_MAX, AUTOMATON_STATES_MAX, TRIED_VALUES_MAX } from "./limit.ts";

type Tree<T extends Node> = NoParent<T>;
type Item = Tree<Element>;
type Row = Tree<Concatenation>;

/** The texts of a pattern, and those that are not; `whole` tells of one text, in one step a character. */
export type Language = { readonly inside: NFA; readonly outside: NFA; readonly whole: DFA; readonly states: number };

/** `null`: no automaton of at most `AUTOMATON_STATES_MAX` states says what the pattern says. */
export function languageOf(source: string): Language | null {
  try {
    const flags = "u";
    const { expression, maxCharacter } = JS.Parser.fromLiteral({ source: unicodeSource(source), flags }).parse({
      assertions: "parse",
      backreferences: "throw",
      maxBackreferenceWords: 0,
    });
    const all = JS.createCharSet([{ min: 0, max: maxCharacter }], { unicode: true });
    const whole = anchor(expression, all);
    if (whole === null) return null;
    return fromAutomaton(NFA.fromRegex(whole, { maxCharacter }, { assertions: "throw" }, new NFA.LimitedNodeFactory(AUTOMATON_STATES_MAX)));
  } catch {
    // The parser and the automata say by throwing that a pattern is none, uses what no automaton can do, or takes too many states.
    return null;
  }
}

/** Texts of `min` to `max` characters. */
export function languageOfLength(min: number, max: number): Language | null {
  const from = Math.min(min, AUTOMATON_LENGTH_MAX);
  return languageOf(`^[^]{${from},${max > AUTOMATON_LENGTH_MAX ? "" : max}}$`);
}

export function languageOfText(text: string): Language | null {
  return languageOf(`^${escaped(text)}$`);
}

/** Whether a text is in none of them at once; `null` when it takes too many states to say. */
export function areDisjoint(languages: readonly NFA[]): boolean | null {
  try {
    let [left, ...others] = languages.toSorted((a, b) => a.countNodes() - b.countNodes());
    const last = others.pop();
    if (left === undefined) return false;
    for (const right of others) left = NFA.fromIntersection(left, right, new NFA.LimitedNodeFactory(AUTOMATON_STATES_MAX * 4));
    return last === undefined ? left.isEmpty : isDisjointWith(left, last, AUTOMATON_STATES_MAX * 20);
  } catch {
    return null;
  }
}

/** How many texts there are in it; `Infinity` from `TRIED_VALUES_MAX` on. */
export function countWordsAtMost({ inside }: Language): number {
  if (!inside.isFinite) return Infinity;
  let count = 0;
  for (const _ of inside.words()) {
    count += 1;
    if (count > TRIED_VALUES_MAX) return Infinity;
  }
  return count;
}

export function matches(language: Language, text: string): boolean {
  return language.whole.test([...text].map((character) => character.codePointAt(0) ?? 0));
}

function fromAutomaton(inside: NFA): Language {
  const whole = DFA.fromFA(inside, new DFA.LimitedNodeFactory(AUTOMATON_STATES_MAX));
  whole.minimize();
  const outside = whole.copy(new DFA.LimitedNodeFactory(AUTOMATON_STATES_MAX));
  outside.complement(new DFA.LimitedNodeFactory(AUTOMATON_STATES_MAX));
  return { inside, outside: NFA.fromFA(outside), whole, states: inside.countNodes() + whole.countNodes() };
}

/**
 * Many patterns escape what needs none (`\-`, `\_`, `\"`), which the `u` flag forbids; without the escape they say the same.
 * Inside a class `\-` stays, since a bare one would make a range.
 */
function unicodeSource(source: string): string {
  let inClass = false;
  return source.replaceAll(/\\[^]|[[\]]/gu, (part) => {
    if (part === "[") inClass = true;
    if (part === "]") inClass = false;
    if (part.length === 1 || (inClass && part === "\\-")) return part;
    return /\\[-_"'`~!@#%&=:;,<> ]/u.test(part) ? part.slice(1) : part;
  });
}

/** A pattern that matches anywhere, as one that matches the whole text; `null` where `^` or `$` stands elsewhere than at the edges. */
function anchor(expression: Expression, all: CharSet): Tree<Expression> | null {
  const anything: Item = { type: "Quantifier", min: 0, max: Infinity, lazy: false, alternatives: [row([{ type: "CharacterClass", characters: all }])] };
  const rows: Row[] = [];
  for (const { elements } of expression.alternatives) {
    const begun = atEdge(elements, "behind", anything);
    const whole = begun === null ? null : atEdge(begun, "ahead", anything);
    if (whole === null || whole.some(hasAssertion)) return null;
    rows.push(row(whole));
  }
  return { type: "Expression", alternatives: rows };
}

/** `^abc` begins where the text begins, `abc` after anything; the same at the end, mirrored. */
function atEdge(elements: readonly Item[], edge: "behind" | "ahead", anything: Item): Item[] | null {
  const first = edge === "behind" ? elements[0] : elements.at(-1);
  const others = edge === "behind" ? elements.slice(1) : elements.slice(0, -1);
  const joined = (one: readonly Item[], rest: readonly Item[]) => (edge === "behind" ? [...one, ...rest] : [...rest, ...one]);
  if (first === undefined || !hasEdge(first, edge)) return joined([anything], elements);
  if (first.type === "Assertion") {
    const next = edge === "behind" ? others[0] : others.at(-1);
    if (next !== undefined && hasEdge(next, edge)) return null;
    return others;
  }
  if (first.type !== "Alternation") return null;
  const rows: Row[] = [];
  for (const { elements: inner } of first.alternatives) {
    const at = atEdge(inner, edge, anything);
    if (at === null) return null;
    rows.push(row(at));
  }
  return joined([{ type: "Alternation", alternatives: rows }], others);
}

/** Whether this is `^` (`$`), or a group with one in it. */
function hasEdge(item: Item, edge: "behind" | "ahead"): boolean {
  if (item.type === "Assertion") return isEdge(item, edge);
  return item.type === "Alternation" && item.alternatives.some(({ elements }) => elements.some((inner) => hasEdge(inner, edge)));
}

/** `^` is parsed as "no character behind", `$` as "no character ahead". */
function isEdge(item: Item & { readonly type: "Assertion" }, edge: "behind" | "ahead"): boolean {
  const [only, ...more] = item.alternatives;
  const inner = only?.elements[0];
  if (!item.negate || item.kind !== edge || more.length > 0 || only?.elements.length !== 1) return false;
  return inner?.type === "CharacterClass" && inner.characters.isAll;
}

function hasAssertion(item: Item): boolean {
  if (item.type === "Assertion" || item.type === "Unknown") return true;
  return item.type !== "CharacterClass" && item.alternatives.some(({ elements }) => elements.some(hasAssertion));
}

function row(elements: Item[]): Row {
  return { type: "Concatenation", elements };
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/gu, (character) => (character === "-" ? character : `\\${character}`));
}
