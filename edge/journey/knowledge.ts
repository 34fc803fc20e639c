/** What a unit knows, as the stages ask for it: which fault an alarm speaks of, what a job needs, and the scenario with what documents add to it. */
import type { Advice, AdvisedLine } from "../../contracts/advice.ts";
import { LEFT_KEPT_MAX, SIMILAR_KEPT_MAX } from "../../contracts/advice.ts";
import type { Asset } from "../../contracts/asset.ts";
import type { Diagnosis } from "../../contracts/diagnosis.ts";
import type { Knows, Observed, UnitView, View } from "../../contracts/entity.ts";
import type { FaultModeId } from "../../contracts/ids.ts";
import type { FaultMode, Scenario } from "../../contracts/scenario.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Verdict } from "../../contracts/verdict.ts";
import { joinSteps } from "../knowledge/checklist.ts";
import { citedEntry, entryOf, type Graph } from "../knowledge/graph.ts";
import { substitutesOf } from "../knowledge/hops.ts";
import { faultModeFrom } from "../knowledge/scenario.ts";
import { adviseOn, diagnoseOn } from "./advice.ts";
import { faultsOf, joinAdvice } from "./grouped.ts";

/** Fault modes of one scenario, as its schema has it. */
const FAULT_MODES_MAX = 200;

/** `scenario`: the one that the graph was begun with. */
export function knowsOf(graph: Graph, scenario: Scenario): Knows {
  const otherwise = scenario.faultModeDefault;
  return {
    diagnose: (view, asset, observed) => diagnoseOn(graph, view, { asset, observed, otherwise }),
    advise: (view, { asset, observed, faultMode }, now) => {
      const diagnosis = observed === undefined ? null : diagnoseOn(graph, view, { asset, observed, otherwise });
      const advice = adviseOn(graph, view, { asset, observed: {}, faultMode, otherwise }, now, scenario.kits);
      const { needs, kit, similar } = advice;
      const cites = [
        ...(diagnosis === null ? [] : [diagnosis, ...diagnosis.others].flatMap((one) => one.cites)),
        ...(needs?.cites ?? []),
        ...kit.lines.flatMap((line) => line.cites),
      ];
      const cited = new Map(cites.map((cite) => [`${cite.entry}@${cite.version}`, cite]));
      return {
        at: now,
        faultMode,
        ...(diagnosis === null ? {} : { diagnosis }),
        cited: [...cited.values()].flatMap((cite) => {
          const entry = citedEntry(graph, cite);
          return entry === undefined ? [] : [{ ...cite, title: entry.title, ...(entry.source === undefined ? {} : { source: entry.source }) }];
        }),
        ...(needs?.procedure === undefined ? {} : { procedure: { title: needs.procedure.title, steps: needs.procedure.steps.map(({ title }) => title) } }),
        tools: (needs?.tools ?? []).map(({ title }) => title),
        similar: similar.slice(0, SIMILAR_KEPT_MAX).map(({ repair: { id, asset: on, faultMode: of, action, parts, doneAt }, score, because }) => ({
          id,
          asset: on,
          faultMode: of,
          action,
          parts: [...parts],
          doneAt,
          score,
          because: [...because],
        })),
        actions: advice.actions.map(({ action, done, held, proved }) => ({ action, done, held, proved })),
        used: advice.used.map((used) => ({ ...used })),
        lines: kit.lines.map(plain),
        left: kit.left.slice(0, LEFT_KEPT_MAX).map(plain),
      };
    },
    substitutesOf: (part) => substitutesOf(graph, part).map(({ part: other, cite }) => ({ part: other.id, cite })),
    leadMsOf: (part) => entryOf(graph, "part", part)?.leadMs,
    shareComponent: (a, b) => {
      const [one, other] = [entryOf(graph, "fault-mode", a), entryOf(graph, "fault-mode", b)];
      return one?.components.some((component) => other?.components.includes(component) === true) === true;
    },
  };
}

/** The scenario with the fault modes of its documents: theirs take the place of its own of the same name, but for what only a scenario says. */
export function scenarioWith(scenario: Scenario, graph: Graph): Scenario {
  const own = new Map(scenario.faultModes.map((mode) => [mode.id, mode]));
  const known = [...graph.current.values()].flatMap((entry) =>
    entry.kind === "fault-mode" && entry.retired === undefined && entry.version > 0 ? [both(own.get(entry.id), faultModeFrom(graph, entry))] : [],
  );
  if (known.length === 0) return scenario;
  const faultModes = new Map([...own, ...known.map((mode) => [mode.id, { ...mode, channels: own.get(mode.id)?.channels ?? mode.channels }] as const)]);
  return { ...scenario, faultModes: [...faultModes.values()].slice(0, FAULT_MODES_MAX) };
}

/** What the document says in place of the scenario's word; the steps of both are ticked. */
function both(own: FaultMode | undefined, known: FaultMode): FaultMode {
  const checklist = [...joinSteps([own?.checklist ?? [], known.checklist ?? []])];
  return { ...own, ...known, ...(checklist.length === 0 ? {} : { checklist }) };
}

/** A verdict as it is read: `diagnosis` where the knowledge was asked, and the fault mode that follows from it where it stands out. */
export function readVerdict(view: UnitView, verdict: Verdict): { readonly verdict: Verdict; readonly diagnosis: Diagnosis | null } {
  const asset = verdict.state === "anomalous" ? view.get("asset", verdict.asset) : undefined;
  if (asset === undefined || view.knows === undefined) return { verdict, diagnosis: null };
  const diagnosis = view.knows.diagnose(view, asset, observedOf(view, verdict));
  const stands = diagnosis !== null && diagnosis.undecided === undefined && view.scenario.faultModes.some(({ id }) => id === diagnosis.faultMode);
  return { verdict: stands && verdict.faultMode === undefined ? { ...verdict, faultMode: diagnosis.faultMode } : verdict, diagnosis };
}

/** What led to a ticket: the evidence of its alarm, and the words of the customer's first complaint. */
export function observedFor(view: UnitView, ticket: Ticket): Observed | undefined {
  const alarm = ticket.alarm === undefined ? undefined : view.get("alarm", ticket.alarm);
  const complaint = ticket.complaints?.[0]?.words;
  if (alarm === undefined) return complaint === undefined ? undefined : { complaint };
  return { ...observedOf(view, alarm), ...(complaint === undefined ? {} : { complaint }) };
}

function observedOf(
  view: UnitView,
  sign: { readonly device: string; readonly evidence: Verdict["evidence"]; readonly faultMode?: FaultModeId | undefined },
): Observed {
  const device = view.get("device", sign.device);
  const profile = view.scenario.profiles.find(({ id }) => id === device?.profile);
  // A device sends a code; what reaches the unit is the fault mode that its profile reads from it. Without evidence nothing else can have named it.
  const code = sign.evidence.length > 0 ? undefined : Object.entries(profile?.faultCodes ?? {}).find(([, mode]) => mode === sign.faultMode)?.[0];
  return {
    evidence: sign.evidence,
    ...(profile === undefined ? {} : { channels: profile.channels.length, profile: profile.id }),
    ...(code === undefined ? {} : { code }),
  };
}

function plain({
  part,
  quantity,
  probability,
  gainMin,
  because,
  cites,
  repairs,
}: Readonly<Omit<AdvisedLine, "because" | "cites" | "repairs">> & {
  readonly because: readonly AdvisedLine["because"][number][];
  readonly cites: readonly AdvisedLine["cites"][number][];
  readonly repairs: readonly AdvisedLine["repairs"][number][];
}): AdvisedLine {
  return { part, quantity, probability, gainMin, because: [...because], cites: [...cites], repairs: [...repairs] };
}

/** The advice for a ticket and all the faults that it stands for, as it stands now; null where nothing is known, or its asset is gone. */
export function adviceFor(view: UnitView, ticket: Ticket, now: number): Advice | null {
  const asset: Asset | undefined = view.get("asset", ticket.asset);
  const { knows } = view;
  if (asset === undefined || knows === undefined) return null;
  const observed = observedFor(view, ticket);
  const advices = faultsOf(view, ticket).map((faultMode, i) => ({
    id: ticket.id,
    ticket: ticket.id,
    ...knows.advise(remembered(view), { asset, faultMode, ...(i > 0 || observed === undefined ? {} : { observed }) }, now),
  }));
  return joinAdvice(advices, knows.shareComponent);
}

function remembered({ get, list }: View): View {
  return { get, list };
}
