/**
 * CEL of a mapping: `value` is what stands at a field's place, `record` the whole record; every number is a double. No loops and no regular
 * expressions: what a foreign payload holds can't make one run long. What is wrong is found when it is compiled, but for types of the payload.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";

const LIMITS = { maxAstNodes: 100, maxDepth: 16, maxListElements: 16, maxMapEntries: 16, maxCallArguments: 8 };
const FORBIDDEN: ReadonlySet<unknown> = new Set(["matches", "all", "exists", "exists_one", "map", "filter"]);

export type CompiledExpression = (value: unknown, record: unknown) => Crossed | Refusal;
/** Wrapped, since what comes out may look like a refusal. */
type Crossed = { readonly value: unknown };

const environment = new Environment({ limits: LIMITS }).registerVariable("value", "dyn").registerVariable("record", "dyn");

/** Refuses `malformed`: what is no CEL, names something else, or could run long. */
export function compileExpression(source: string): CompiledExpression | Refusal {
  try {
    const parsed = environment.parse(source);
    const call = forbiddenIn(parsed.ast);
    if (call !== null) return refuse("malformed", `${call}() is not taken here: it could run long`, "use the operators of CEL, or a table of texts (enum)");
    const checked = environment.check(source);
    if (!checked.valid) return refuse("malformed", `does not type-check: ${firstLine(checked.error)}`, "use value and record; write numbers as 2.0");
    return (value, record) => {
      try {
        return { value: plain(parsed({ value: value ?? null, record })) };
      } catch (error) {
        return refuse(
          "malformed",
          `the expression fails: ${firstLine(error)}`,
          "guard what may be absent with has(…), and turn texts into numbers with double(…)",
        );
      }
    };
  } catch (error) {
    return refuse("malformed", `not CEL: ${firstLine(error)}`, "see https://cel.dev for the language");
  }
}

function forbiddenIn(node: ASTNode): string | null {
  const call = node.op === "call" || node.op === "rcall" ? node.args[0] : null;
  if (typeof call === "string" && FORBIDDEN.has(call)) return call;
  for (const child of childrenOf(node.args)) {
    const found = forbiddenIn(child);
    if (found !== null) return found;
  }
  return null;
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === "object" && args !== null && "op" in args && "args" in args ? [args as ASTNode] : [];
}

/** Whole numbers of CEL are no doubles. */
function plain(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]?.slice(0, 200) ?? "";
}
