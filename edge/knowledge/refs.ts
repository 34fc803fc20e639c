/** What an entry names: the edges of the graph, each with the field that it was read from, so that a refusal can point there. */
import { type Entry, type EntryKey, type EntryKind, keyOf } from "../../contracts/knowledge.ts";

export type EdgeKind = "has" | "fails-by" | "made-of" | "needs-skill" | "needs-part" | "needs-tool" | "mended-by" | "checked-by" | "indicates" | "replaces";

/** `owner`: the entry that says so, which is not always where the edge begins: a component names its parent, a fault mode its components. */
export type Edge = { readonly kind: EdgeKind; readonly from: EntryKey; readonly to: EntryKey; readonly owner: EntryKey };
export type Ref = { readonly edge: Edge; readonly names: EntryKey; readonly field: string };

export function refsOf(entry: Entry): readonly Ref[] {
  const own = keyOf(entry);
  const to = (kind: EdgeKind, target: EntryKind, field: string) => (id: string, i?: number) => ref(own, kind, target, id, at(field, i), false);
  const from = (kind: EdgeKind, target: EntryKind, field: string) => (id: string, i?: number) => ref(own, kind, target, id, at(field, i), true);
  switch (entry.kind) {
    case "model":
      return entry.components.map(to("has", "component", "components"));
    case "component":
      return [
        ...(entry.parent === undefined ? [] : [from("has", "component", "parent")(entry.parent)]),
        ...entry.parts.map(({ part }, i) => to("made-of", "part", "parts")(part, i)),
      ];
    case "fault-mode":
      return [
        ...entry.components.map(from("fails-by", "component", "components")),
        ...entry.skills.map(to("needs-skill", "skill", "skills")),
        ...entry.parts.map(({ part }, i) => to("needs-part", "part", "parts")(part, i)),
        ...entry.tools.map(to("needs-tool", "tool", "tools")),
        ...(entry.procedure === undefined ? [] : [to("mended-by", "procedure", "procedure")(entry.procedure)]),
        ...(entry.checklist === undefined ? [] : [to("checked-by", "checklist", "checklist")(entry.checklist)]),
      ];
    case "symptom":
      return entry.indicates.map(({ faultMode }, i) => to("indicates", "fault-mode", "indicates")(faultMode, i));
    case "procedure":
      return entry.tools.map(to("needs-tool", "tool", "tools"));
    case "part":
      return entry.replaces.map(to("replaces", "part", "replaces"));
    case "checklist":
    case "tool":
    case "skill":
      return [];
  }
}

function ref(own: EntryKey, kind: EdgeKind, target: EntryKind, id: string, field: string, backwards: boolean): Ref {
  const names = keyOf({ kind: target, id });
  return { edge: backwards ? { kind, from: names, to: own, owner: own } : { kind, from: own, to: names, owner: own }, names, field };
}

function at(field: string, i: number | undefined): string {
  return i === undefined ? field : `${field}.${i}`;
}
