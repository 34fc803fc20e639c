/**
 * CEL expressions of a bridge: checked against the types of both sides before use, evaluated without them after. Every number is a
 * double, as in JSON: `value / 60000.0`. No regular expressions and no loop within a loop: what a foreign record holds can't make one run long.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import type { Json } from "../../contracts/delta/json.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Shape } from "./shape.ts";

const LIMITS = { maxAstNodes: 200, maxDepth: 24, maxListElements: 64, maxMapEntries: 64, maxCallArguments: 8 };
/** Parsed expressions that are kept. A pack has about 10; beyond this all are parsed anew. */
const PARSED_MAX = 500;

const LOOPS = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Variables by name: a CEL type, or the fields of an object with theirs. */
export type Variables = Readonly<Record<string, string | Readonly<Record<string, string>>>>;
type Parsed = (context: Readonly<Record<string, unknown>>) => unknown;

/** A value that came across; wrapped, since a foreign value may look like a refusal. */
export type Crossed = { readonly value: Json } | Refusal;

const untyped = new Environment({ unlistedVariablesAreDyn: true, limits: LIMITS });
const parsed = new Map<string, Parsed | Refusal>();

/** The CEL type that an expression yields when `value` has the type given, or a refusal `malformed` that says what it gets wrong. */
export type TypeOf = (source: string, value: string) => string | Refusal;

/** Types expressions over these variables. An environment takes long to make, so there is one for each type of `value`. */
export function typer(variables: Variables): TypeOf {
  const made = new Map<string, Environment>();
  return (source, value) => {
    const ready = parse(source);
    if (typeof ready !== "function") return ready;
    const environment = made.get(value) ?? environmentOf({ ...variables, value });
    made.set(value, environment);
    const checked = environment.check(source);
    if (checked.valid) return checked.type ?? "dyn";
    return refuse(
      "malformed",
      `does not type-check: ${firstLine(checked.error)}`,
      "use the attributes of the contract; every number is a double, so write 2.0",
    );
  };
}

function environmentOf(variables: Variables): Environment {
  const environment = new Environment({ limits: LIMITS });
  for (const [name, type] of Object.entries(variables)) {
    if (typeof type === "string") environment.registerVariable(name, type);
    else environment.registerType(`${name}Fields`, { fields: type }).registerVariable(name, `${name}Fields`);
  }
  return environment;
}

/** What an expression makes of its variables. Refuses `malformed` when it fails on them or yields what JSON can't hold. */
export function evaluate(source: string, variables: Readonly<Record<string, unknown>>): Crossed {
  const ready = parse(source);
  if (typeof ready !== "function") return ready;
  let result: unknown;
  try {
    result = ready(variables);
  } catch (error) {
    return refuse("malformed", `the expression fails: ${firstLine(error)}`, "guard what may be absent with has(…)");
  }
  const json = toJson(result);
  return json === undefined ? refuse("malformed", "the expression yields what JSON can't hold", "turn it into text or a number") : { value: json };
}

/** The CEL type of a value of that shape. */
export function celTypeOf(shape: Shape | null): string {
  const types = [...new Set(shape?.types.map((type) => (type === "integer" ? "number" : type)) ?? [])];
  if (types.length !== 1) return "dyn";
  return { string: "string", number: "double", boolean: "bool", array: "list<dyn>", object: "map<string, dyn>" }[types[0] ?? ""] ?? "dyn";
}

/** JSON types that a CEL type becomes; empty for `dyn`, of which only samples can tell. */
export function typesOfCel(type: string): readonly string[] {
  if (type === "string") return ["string"];
  if (type === "bool") return ["boolean"];
  if (type === "int" || type === "uint") return ["integer"];
  if (type === "double") return ["number"];
  if (type.startsWith("list")) return ["array"];
  if (type.startsWith("map")) return ["object"];
  return type === "null" ? ["null"] : [];
}

function parse(source: string): Parsed | Refusal {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  if (parsed.size >= PARSED_MAX) parsed.clear();
  const fresh = parseAnew(source);
  parsed.set(source, fresh);
  return fresh;
}

function parseAnew(source: string): Parsed | Refusal {
  try {
    const expression = untyped.parse(source);
    const fault = faultOf(expression.ast, false);
    return fault === null ? expression : refuse("malformed", fault, "write it with the operators of CEL");
  } catch (error) {
    return refuse("malformed", `not CEL: ${firstLine(error)}`, "see https://cel.dev for the language");
  }
}

/** The first call that is not allowed. */
function faultOf(node: ASTNode, looping: boolean): string | null {
  const call = node.op === "call" || node.op === "rcall" ? node.args[0] : null;
  if (call === "matches") return "matches() could run for minutes on a hostile text";
  const loops = node.op === "rcall" && LOOPS.has(node.args[0]);
  if (loops && looping) return "a loop within a loop";
  for (const child of childrenOf(node.args)) {
    const fault = faultOf(child, looping || loops);
    if (fault !== null) return fault;
  }
  return null;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === "object" && args !== null && "op" in args && "args" in args ? [args as ASTNode] : [];
}

/** `undefined` for timestamps, durations, bytes, types and numbers without end. */
function toJson(value: unknown): Json | undefined {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : undefined;
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (Array.isArray(value)) {
    const items = value.map(toJson);
    return items.every((item) => item !== undefined) ? items : undefined;
  }
  const plain = value instanceof Map ? Object.fromEntries(value) : value;
  if (typeof plain !== "object" || (Object.getPrototypeOf(plain) !== Object.prototype && Object.getPrototypeOf(plain) !== null)) return undefined;
  const members = Object.entries(plain).map(([name, member]) => [name, toJson(member)] as const);
  return members.every(([, member]) => member !== undefined) ? (Object.fromEntries(members) as Json) : undefined;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
