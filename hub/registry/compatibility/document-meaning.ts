/** What a contract says of the whole: its key, its stream, how attributes merge, what they refer to, what is promised. */
import { DocumentAnnotations } from "../../../contracts/annotation.ts";
import { canonical } from "../../../contracts/delta/json.ts";
import { type Change, child, quoted } from "./change.ts";
import type { Document } from "./document.ts";
import { isObject } from "./keyword.ts";
import { parsed } from "./statement.ts";

/** `attr`: the newer name of the top-level attribute that it is said of; "" for the document. */
export type Meant = { readonly attr: string; readonly change: Change };

/** `before` and `after`: the names of top-level attributes. `through` gives the next name of an old one. */
export function documentChanges(
  old: Document,
  next: Document,
  before: ReadonlySet<string>,
  after: ReadonlySet<string>,
  through: (attr: string) => string,
): readonly Meant[] {
  const documentOf = ({ root }: Document) => parsed(DocumentAnnotations, isObject(root) ? root : {});
  const [was, is] = [documentOf(old), documentOf(next)];
  const changes: Meant[] = [];
  const add = (keyword: string, code: string, message: string, breaking = true, attr = "") =>
    changes.push({ attr, change: { code, path: child("", keyword), message, breaking } });
  const [keyWas, keyIs] = [was["x-key"], is["x-key"]];
  if (keyWas !== undefined && keyIs === undefined) add("x-key", "key-removed", `The key was ${keyWas.attr}, now none is stated.`, true, through(keyWas.attr));
  if (keyWas === undefined && keyIs !== undefined) add("x-key", "key-added", `The key is now stated: ${keyIs.attr}.`, false);
  if (keyWas !== undefined && keyIs !== undefined) {
    const differs = (code: string, message: string) => add("x-key", code, message, true, keyIs.attr);
    if (through(keyWas.attr) !== keyIs.attr) differs("key-changed", `The key was ${keyWas.attr} and is ${keyIs.attr}.`);
    if (keyWas.format !== keyIs.format) differs("key-format-changed", `The form of the key was ${keyWas.format} and is ${keyIs.format}.`);
    if (keyWas.namespace !== keyIs.namespace) differs("key-namespace-changed", `The namespace of the key was ${keyWas.namespace} and is ${keyIs.namespace}.`);
    if (keyWas.within === undefined && keyIs.within !== undefined)
      add("x-key", "key-scope-added", `It is now stated what the key is unique in: the ${keyIs.within}.`, false);
    else if (keyWas.within !== keyIs.within)
      differs("key-scope-changed", `The key was unique in the ${keyWas.within} and is in ${keyIs.within ?? "what is not stated"}.`);
  }
  if (was["x-stream"] !== is["x-stream"])
    add(
      "x-stream",
      "stream-changed",
      `The stream was ${was["x-stream"] ?? "not stated"} and is ${is["x-stream"] ?? "not stated"}.`,
      was["x-stream"] !== undefined,
    );
  const ruleOf = (said: DocumentAnnotations, name: string) => said["x-merge"]?.[name] ?? said["x-merge"]?.["*"];
  for (const older of before) {
    const name = through(older);
    const [rule, now] = [ruleOf(was, older), ruleOf(is, name)];
    if (after.has(name) && rule !== now)
      add("x-merge", "merge-changed", `${name} was merged by ${rule ?? "no stated rule"} and is by ${now ?? "no stated rule"}.`, true, name);
  }
  const [relatedWas, relatedIs] = [was["x-relations"] ?? [], is["x-relations"] ?? []];
  for (const { attr, subject } of relatedWas) {
    const name = through(attr);
    const now = relatedIs.find((other) => other.attr === name);
    const message = `${attr} referred to ${subject} and refers to ${now?.subject ?? "nothing stated"}.`;
    if (now?.subject !== subject) add("x-relations", "relation-changed", message, true, name);
  }
  for (const { attr, subject } of relatedIs)
    if (!relatedWas.some((other) => through(other.attr) === attr)) {
      const wasThere = [...before].some((older) => through(older) === attr);
      add("x-relations", "relation-added", `${attr} now refers to ${subject}.`, wasThere, attr);
    }
  if (canonical(was["x-quality"]) !== canonical(is["x-quality"]))
    add("x-quality", "quality-changed", `The promised quality was ${quoted(was["x-quality"])} and is ${quoted(is["x-quality"])}.`, false);
  if (was["x-owner"] !== is["x-owner"])
    add("x-owner", "owner-changed", `The owner was ${was["x-owner"] ?? "not stated"} and is ${is["x-owner"] ?? "not stated"}.`, false);
  return changes;
}
