/** Reads an adapter's configuration: parsed, or every fault with its field, its rule and what to do about it. */
import type { z } from "zod";
import { refuse, type Refusal } from "../../contracts/refusal.ts";

/** Faults that are told at once. Who has more mends these first. */
const FAULTS_MAX = 20;

type Issue = z.core.$ZodIssue;

export function readConfig<T extends z.ZodType>(schema: T, value: unknown): { readonly config: z.output<T> } | { readonly faults: readonly Refusal[] } {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return { config: parsed.data };
  return { faults: parsed.error.issues.slice(0, FAULTS_MAX).map(faultOf) };
}

function faultOf(issue: Issue): Refusal {
  const field = issue.path.map(String).join(".");
  const [rule, mend] = told(issue);
  return refuse("malformed", rule, mend, field === "" ? undefined : field);
}

function told(issue: Issue): readonly [rule: string, mend: string] {
  switch (issue.code) {
    case "unrecognized_keys":
      return [`no field ${issue.keys.join(", ")} here`, "leave it out, or correct its name"];
    case "invalid_type":
      return issue.input === undefined ? [`${issue.expected} is needed`, "add it"] : [issue.message, `write ${articled(issue.expected)}`];
    case "invalid_value":
      return [`one of ${issue.values.map(String).join(", ")}`, "choose one of them"];
    case "too_small":
      return [`at least ${String(issue.minimum)}`, "give more, or leave the field out where it is optional"];
    case "too_big":
      return [`at most ${String(issue.maximum)}`, "give less, or divide it among several configurations"];
    case "invalid_format":
      return [issue.message, `write it so; it is ${JSON.stringify(issue.input)}`];
    case "custom":
      return [issue.message, typeof issue.params?.["mend"] === "string" ? issue.params["mend"] : `it is ${JSON.stringify(issue.input)?.slice(0, 200)}`];
    case "not_multiple_of":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
      return [issue.message, "devices/adapters/README.md has each field"];
  }
}

function articled(expected: string): string {
  return `${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`;
}
