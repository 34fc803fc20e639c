/**
 * The steps of a visit, from whoever asks for them: the scenario, the checklist of each fault mode, and what its procedure marks as safety. One list:
 * the same step stands in it once with all who ask for it, in the stricter place; steps that only share a name stay two.
 */
import type { Citation } from "../../contracts/diagnosis.ts";
import type { EntryOf } from "../../contracts/knowledge.ts";
import { ASKED_BY_MAX, type Step, STEPS_MAX } from "../../contracts/visit.ts";
import { cite, entryOf, type Graph } from "./graph.ts";

/** Characters of a step's id, as `visit.ts` has it. */
const ID_CHARS_MAX = 63;

/** What the entries of a mode ask for, each step with the entry that does. */
export function stepsOf(graph: Graph, mode: EntryOf<"fault-mode">): readonly Step[] {
  const checklist = mode.checklist === undefined ? undefined : entryOf(graph, "checklist", mode.checklist);
  const procedure = mode.procedure === undefined ? undefined : entryOf(graph, "procedure", mode.procedure);
  const safety = (procedure?.steps ?? []).filter(({ safety: isSafety }) => isSafety === true);
  return joinSteps([
    (checklist?.steps ?? []).map((step) => ({ ...step, from: checklist === undefined ? [] : [cite(checklist)] })),
    safety.map(({ id, title }) => ({ id, title, before: "working" as const, from: procedure === undefined ? [] : [cite(procedure)] })),
  ]);
}

/** Lists as one, in their order, those for safety first; beyond STEPS_MAX the last ones of those after work are left out, never one for safety before them. */
export function joinSteps<S extends Step>(lists: readonly (readonly S[])[]): readonly S[] {
  const byId = new Map<string, S>();
  for (const step of lists.flat()) {
    const known = byId.get(step.id);
    if (known === undefined) byId.set(step.id, step);
    else if (isSame(known, step)) byId.set(step.id, both(known, step));
    else {
      const own = { ...step, id: ownId(step, byId) };
      const again = byId.get(own.id);
      byId.set(own.id, again === undefined ? own : both(again, own));
    }
  }
  const all = [...byId.values()];
  return [...all.filter(({ before }) => before === "working"), ...all.filter(({ before }) => before !== "working")].slice(0, STEPS_MAX);
}

function isSame(a: Step, b: Step): boolean {
  return a.title.en === b.title.en && a.title.zh === b.title.zh;
}

/** Whoever has ticked it has ticked it for both. */
function both<S extends Step>(known: S, step: S): S {
  const from = [...(known.from ?? []), ...(step.from ?? [])];
  const cites = [...new Map(from.map((one): [string, Citation] => [`${one.entry}@${one.version}`, one])).values()].slice(0, ASKED_BY_MAX);
  const before = known.before === "working" ? known.before : step.before;
  return { ...known, before, ...(cites.length === 0 ? {} : { from: cites }) };
}

/** Another step under a name that is taken: the next number that is free, or that is this very step's. */
function ownId(step: Step, taken: ReadonlyMap<string, Step>): string {
  for (let n = 2; ; n++) {
    const id = `${step.id.slice(0, ID_CHARS_MAX - 1 - String(n).length)}-${n}`;
    const known = taken.get(id);
    if (known === undefined || isSame(known, step)) return id;
  }
}
