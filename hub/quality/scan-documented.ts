/** What a contract leaves unsaid of its fields. */
import type { DocumentAnnotations } from "../../contracts/annotation.ts";
import type { Field } from "./field.ts";
import type { Code, Finding } from "./finding.ts";

export function describe(about: DocumentAnnotations, fields: readonly Field[]): readonly Finding[] {
  const whole: Finding[] = [];
  if (about["x-owner"] === undefined) whole.push(unsaid("no-owner", "", {}, "nobody owns it", "name who answers for it in x-owner"));
  if (about["x-quality"] === undefined)
    whole.push(unsaid("no-promises", "", {}, "no quality is promised", "promise freshness, completeness and validity in x-quality"));
  return [...whole, ...fields.flatMap(gapsOf)];
}

function gapsOf(field: Field): readonly Finding[] {
  const { path, role, values, meanings, personal, purposes } = field;
  const found: Finding[] = [];
  // Yes and no mean what the field's name says.
  const listing = field.types.every((type) => type === "boolean") ? undefined : values;
  const silent = (listing ?? []).filter((value) => meanings[value] === undefined && value !== "null");
  if (silent.length > 0) {
    const listed = silent.join(", ");
    found.push(unsaid("no-meaning", path, { values: listed }, `no meaning is given for ${listed}`, "say in x-meaning what each value means"));
  } else if (!field.described && listing === undefined && role === "value" && field.uom === undefined)
    found.push(unsaid("no-description", path, {}, "it has no description", "say in one sentence what it holds and who fills it"));
  const counts = field.types.some((type) => type === "number" || type === "integer");
  if (counts && field.uom === undefined && (role === "value" || role === "running") && values === undefined)
    found.push(unsaid("no-uom", path, {}, "a number without a uom", "name its UCUM code in x-uom; 1 for a plain count"));
  if (personal && purposes.length === 0 && !path.includes(".") && !path.includes("["))
    found.push(unsaid("no-purpose", path, {}, "a personal value without a purpose", "say in x-purpose what it may be used for, or do not collect it"));
  return found;
}

function unsaid(code: Code, path: string, params: Finding["params"], sentence: string, suggestion: string): Finding {
  return { topic: "undocumented", code, path, params, sentence, suggestion };
}
