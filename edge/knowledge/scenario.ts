/** Between the knowledge and the scenario: what a scenario says of its fault modes, as entries; and an entry, as the fault mode that the stages run by. */
import type { FaultModeId, PartId, SkillId } from "../../contracts/ids.ts";
import { Entry, type EntryOf, keyOf } from "../../contracts/knowledge.ts";
import type { FaultMode, Scenario } from "../../contracts/scenario.ts";
import { stepsOf } from "./checklist.ts";
import { buildGraph, edgesInto, entryOf, type Graph, idOf } from "./graph.ts";

/** How surely a device's own code is right, and how surely its channels show a mode that they speak for. */
const CODE_LIKELIHOOD = 0.98;
const CHANNELS_LIKELIHOOD = 0.9;
/** A code is sent by chance, or by mistake, once in a thousand episodes. */
const CODE_BACKGROUND = 0.001;

/**
 * The entries that a scenario stands for, all of version 0: what is known before anybody has written a document, and what each diagnosis then
 * cites. A document's entry of the same key takes its place.
 */
export function entriesOfScenario(scenario: Scenario): readonly Entry[] {
  const of = (entry: unknown): Entry => Entry.parse(entry);
  const plain = (kind: "part" | "skill", ids: readonly (PartId | SkillId)[]) =>
    [...new Set(ids)].map((id) => of({ kind, id, version: 0, title: { en: id, zh: id } }));
  return [
    ...plain(
      "skill",
      scenario.faultModes.flatMap(({ skills }) => skills),
    ),
    ...plain(
      "part",
      scenario.faultModes.flatMap(({ parts }) => parts.map(({ part }) => part)),
    ),
    ...scenario.faultModes.map(({ id, title, severity, priority, skills, parts, workMs }) =>
      of({ kind: "fault-mode", id, version: 0, title, severity, priority, skills, parts, workMs }),
    ),
    ...scenario.faultModes.flatMap((mode, i) => (mode.channels.length === 0 ? [] : [of(channelsOf(mode, i))])),
    ...codesOf(scenario).map(of),
  ];
}

/**
 * The graph that a unit goes by: the rows of its documents, and of the scenario what no document says. A document that knows a mode's channels
 * or codes speaks for them alone: the same evidence must not count twice. Built anew whenever a scenario or a document is taken; 10,000 edges
 * take some 20 ms.
 */
export function startKnowledge(scenario: Scenario, rows: readonly Entry[]): Graph {
  const documents = buildGraph(rows);
  const known = [...documents.current.values()].flatMap((entry) => (entry.kind === "symptom" && entry.retired === undefined ? [entry] : []));
  const isCovered = (derived: EntryOf<"symptom">): boolean =>
    derived.signs.every((sign) =>
      known.some(
        ({ signs, indicates }) =>
          indicates.some(({ faultMode }) => derived.indicates.some((own) => own.faultMode === faultMode)) &&
          signs.some((one) => (one.type === "code" && sign.type === "code" ? one.code === sign.code : one.type === sign.type && one.type === "channels")),
      ),
    );
  const missing = entriesOfScenario(scenario).filter((entry) => !documents.current.has(keyOf(entry)) && (entry.kind !== "symptom" || !isCovered(entry)));
  return buildGraph([...missing, ...rows]);
}

/** An entry as a scenario's fault mode. `channels`: those of the symptoms that lead to it; none of them, where only words and codes do. */
export function faultModeFrom(graph: Graph, entry: EntryOf<"fault-mode">): FaultMode {
  const symptoms = edgesInto(graph, keyOf(entry), "indicates").flatMap(({ from }) => entryOf(graph, "symptom", idOf(from)) ?? []);
  const channels = symptoms.flatMap(({ signs }) => signs.flatMap((sign) => (sign.type === "channels" ? sign.channels.map(({ channel }) => channel) : [])));
  const { id, title, severity, priority, skills, parts, workMs } = entry;
  const counts = parts.filter(({ probability }) => probability >= SURE).map(({ part, quantity }) => ({ part, quantity }));
  const checklist = [...stepsOf(graph, entry)];
  return {
    id,
    title,
    severity,
    priority,
    skills: skills.slice(0, 10),
    parts: counts.slice(0, 20),
    channels: [...new Set(channels)].slice(0, 64),
    workMs,
    ...(checklist.length === 0 ? {} : { checklist }),
  };
}

/** A scenario's parts are taken to every visit: what is needed at most visits is. */
const SURE = 0.5;

function channelsOf(mode: FaultMode, i: number): unknown {
  const share = 1 / mode.channels.length;
  return {
    kind: "symptom",
    id: symptomId(`${mode.id}-channels`, i),
    version: 0,
    title: mode.title,
    signs: [{ type: "channels", channels: mode.channels.map((channel) => ({ channel, share })) }],
    indicates: [{ faultMode: mode.id, likelihood: CHANNELS_LIKELIHOOD }],
  };
}

/** One symptom for each code, whatever profile sends it: in one scenario two profiles may mean two modes by it. */
function codesOf(scenario: Scenario): readonly unknown[] {
  const known = new Set<FaultModeId>(scenario.faultModes.map(({ id }) => id));
  return scenario.profiles.flatMap((profile) =>
    Object.entries(profile.faultCodes).flatMap(([code, faultMode], i) => {
      if (!known.has(faultMode)) return [];
      return [
        {
          kind: "symptom",
          id: symptomId(`${profile.id}-${code}`, i),
          version: 0,
          title: { en: `Code ${code}`, zh: `代码 ${code}` },
          signs: [{ type: "code", code, profile: profile.id }],
          indicates: [{ faultMode, likelihood: CODE_LIKELIHOOD }],
          background: CODE_BACKGROUND,
        },
      ];
    }),
  );
}

/** Readable, and its own: what is cut off or left out of a name may have been the difference. */
function symptomId(name: string, i: number): string {
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${slug.slice(0, 55).replace(/^-+|-+$/g, "")}-${i}`;
}
