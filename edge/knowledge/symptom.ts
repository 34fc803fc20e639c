/**
 * From what is seen, sent and said to fault modes, each with its likelihood and the entries that it follows from.
 *
 * Method: naive Bayes over symptoms. For each symptom the observations give a ratio, how much likelier they are when the symptom is there than
 * when it is not; a mode that shows the symptom with likelihood p takes p × ratio + (1 − p). Evidence of channels is a multinomial draw from
 * the symptom's expected shares against an even spread (Jaynes, Probability Theory, ch. 4; the mixture keeps one sign from deciding alone).
 */
import { type Citation, CITES_MAX, type Diagnosis, OTHERS_MAX } from "../../contracts/diagnosis.ts";
import type { FaultModeId, ProfileId } from "../../contracts/ids.ts";
import { type EntryOf, keyOf, type Sign } from "../../contracts/knowledge.ts";
import type { Evidence } from "../../contracts/verdict.ts";
import { cite, edgesInto, entryOf, type Graph, idOf } from "./graph.ts";
import { faultModesOf } from "./hops.ts";
import { type Complaint, isSaid, readComplaint } from "./words.ts";

/** Draws that one verdict's evidence counts for: its shares are means over a window, and neighbouring samples tell the same. */
const EVIDENCE_VOTES = 6;
/** Share of a mode's evidence that falls anywhere: neighbouring channels feel a fault too, and other things happen meanwhile. */
const ASTRAY_SHARE = 0.3;
/** One symptom never counts for more than this, or for less than its inverse. */
const RATIO_MAX = 1e6;
/** People who complain name a symptom that is there in so many cases. */
const TOLD_SHARE = 0.6;
/** Who says that a symptom is not there is wrong one time in ten. */
const DENIED_RATIO = 0.1;
/** Past repairs that the entries' own occurrence weighs as much as. */
const PRIOR_REPAIRS = 10;
/** Below this nobody would order parts by it: the mode is left open. */
export const DECIDED_MIN = 0.4;

/** What there is to go by; anything may be missing. `channels`: how many the device has. `repairs`: those done so far on the model, by mode. */
export type Observed = {
  readonly evidence?: readonly Evidence[];
  readonly channels?: number;
  readonly code?: string;
  readonly profile?: ProfileId;
  readonly complaint?: string;
  readonly repairs?: ReadonlyMap<FaultModeId, number>;
};

/** One symptom that spoke for or against a mode. `ratio` above 1: for. `said`: the entry's own word that was met, never what somebody wrote. */
export type Spoke = { readonly symptom: Citation; readonly by: readonly Sign["type"][]; readonly ratio: number; readonly said?: string };
export type Ranked = {
  readonly mode: EntryOf<"fault-mode">;
  readonly component?: EntryOf<"component">;
  readonly likelihood: number;
  readonly because: readonly Spoke[];
};

/** Every mode of the model and `otherwise`, likeliest first. Empty only when `otherwise` is not known and there are no modes at all. */
export function rankFaultModes(graph: Graph, model: string, observed: Observed, otherwise: FaultModeId): readonly Ranked[] {
  const candidates = new Map(faultModesOf(graph, model));
  const known = (id: string): void => {
    const mode = entryOf(graph, "fault-mode", id);
    if (mode !== undefined && !candidates.has(mode.id)) candidates.set(mode.id, { mode });
  };
  known(otherwise);
  // A device's own code is believed also where the model's tree does not have the mode.
  for (const id of namedByCode(graph, observed)) known(id);
  const complaint = observed.complaint === undefined ? null : readComplaint(observed.complaint);
  const ratioOf = memo((symptom: EntryOf<"symptom">) => weigh(symptom, observed, complaint));
  const weights = [...candidates.values()].map(({ mode, component }) => {
    const because = edgesInto(graph, keyOf(mode), "indicates").flatMap(({ from }) => {
      const symptom = entryOf(graph, "symptom", idOf(from));
      const likelihood = symptom?.indicates.find(({ faultMode }) => faultMode === mode.id)?.likelihood;
      if (symptom === undefined || likelihood === undefined) return [];
      const { ratio, by, said } = ratioOf(symptom);
      if (by.length === 0) return [];
      return [{ symptom: cite(symptom), by, ratio: likelihood * ratio + 1 - likelihood, ...(said === undefined ? {} : { said }) }];
    });
    return { mode, ...(component === undefined ? {} : { component }), because, log: because.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) };
  });
  const all = weights.reduce((sum, { mode }) => sum + mode.occurrence, 0);
  const done = weights.reduce((sum, { mode }) => sum + (observed.repairs?.get(mode.id) ?? 0), 0);
  const prior = (mode: EntryOf<"fault-mode">): number =>
    ((PRIOR_REPAIRS * mode.occurrence) / all + (observed.repairs?.get(mode.id) ?? 0)) / (PRIOR_REPAIRS + done);
  const logs = weights.map(({ mode, log }) => Math.log(prior(mode)) + log);
  const most = Math.max(...logs);
  const total = logs.reduce((sum, log) => sum + Math.exp(log - most), 0);
  return weights
    .map(({ log: _log, because, ...rest }, i) => ({
      ...rest,
      likelihood: Math.exp((logs[i] ?? Number.NEGATIVE_INFINITY) - most) / total,
      because: because.toSorted((a, b) => b.ratio - a.ratio || (a.symptom.entry < b.symptom.entry ? -1 : 1)),
    }))
    .toSorted((a, b) => b.likelihood - a.likelihood || (a.mode.id < b.mode.id ? -1 : 1));
}

/** The likeliest mode with what it cites; `otherwise`, undecided, where none stands out. Null only where there is no mode at all. */
export function diagnose(graph: Graph, model: string, observed: Observed, otherwise: FaultModeId): Diagnosis | null {
  const ranked = rankFaultModes(graph, model, observed, otherwise);
  const [likeliest] = ranked;
  if (likeliest === undefined) return null;
  // Nothing is concluded by elimination: something must speak for it.
  const stands = likeliest.mode.id !== otherwise && likeliest.likelihood >= DECIDED_MIN && likeliest.because.some(({ ratio }) => ratio > 1);
  const chosen = stands ? likeliest : (ranked.find(({ mode }) => mode.id === otherwise) ?? likeliest);
  const told = ({ mode, likelihood, ...rest }: Ranked) => ({
    faultMode: mode.id,
    likelihood: rounded(likelihood),
    cites: citesOf({ mode, likelihood, ...rest }),
  });
  return {
    ...told(chosen),
    ...(chosen.component === undefined ? {} : { component: chosen.component.id }),
    ...(stands ? {} : { undecided: true as const }),
    others: ranked
      .filter((one) => one !== chosen)
      .slice(0, OTHERS_MAX)
      .map(told),
  };
}

/** The mode itself, its component, then the symptoms that spoke for it, the loudest first. */
function citesOf({ mode, component, because }: Ranked): Citation[] {
  const spoke = because.filter(({ ratio }) => ratio > 1).map(({ symptom }) => symptom);
  return [cite(mode), ...(component === undefined ? [] : [cite(component)]), ...spoke].slice(0, CITES_MAX);
}

type Weighed = { readonly ratio: number; readonly by: readonly Sign["type"][]; readonly said?: string };

/** How much likelier the observations are when the symptom is there. Of several signs of one type the strongest counts; types multiply. */
function weigh(symptom: EntryOf<"symptom">, observed: Observed, complaint: Complaint | null): Weighed {
  const ratios = new Map<Sign["type"], number>();
  const said: string[] = [];
  for (const sign of symptom.signs) {
    const one = signRatio(sign, symptom.background, observed, complaint);
    if (one === null) continue;
    ratios.set(sign.type, Math.max(one.ratio, ratios.get(sign.type) ?? 0));
    if (one.said !== undefined) said.push(one.said);
  }
  const ratio = [...ratios.values()].reduce((product, one) => product * one, 1);
  const bounded = Math.min(RATIO_MAX, Math.max(1 / RATIO_MAX, ratio));
  return { ratio: bounded, by: [...ratios.keys()], ...(said[0] === undefined ? {} : { said: said[0] }) };
}

/** Null where there is nothing to hold the sign against. */
function signRatio(sign: Sign, background: number, observed: Observed, complaint: Complaint | null): { readonly ratio: number; readonly said?: string } | null {
  switch (sign.type) {
    case "channels":
      return observed.evidence === undefined || observed.evidence.length === 0 ? null : { ratio: channelsRatio(sign, observed.evidence, observed.channels) };
    case "code":
      return isCode(sign, observed) ? { ratio: 1 / background } : null;
    case "words": {
      if (complaint === null || complaint.clauses.length === 0) return null;
      const met = [...sign.zh.map((word) => [word, "zh"] as const), ...sign.en.map((word) => [word, "en"] as const)].map(
        ([word, language]) => [word, isSaid(complaint, word, language)] as const,
      );
      const hit = met.find(([, how]) => how === "said");
      if (hit !== undefined) return { ratio: Math.max(1, TOLD_SHARE / background), said: hit[0] };
      return { ratio: met.some(([, how]) => how === "denied") ? DENIED_RATIO : (1 - TOLD_SHARE) / (1 - background) };
    }
  }
}

function channelsRatio({ channels }: Extract<Sign, { type: "channels" }>, evidence: readonly Evidence[], many: number | undefined): number {
  const expected = new Map(channels.map(({ channel, share }) => [channel, share]));
  const [sum, whole] = [evidence.reduce((total, { share }) => total + share, 0), channels.reduce((total, { share }) => total + share, 0)];
  if (sum <= 0) return 1;
  const n = Math.max(many ?? 0, new Set([...expected.keys(), ...evidence.map(({ channel }) => channel)]).size, 2);
  const log = evidence.reduce((total, { channel, share }) => {
    const likely = ((1 - ASTRAY_SHARE) * (expected.get(channel) ?? 0)) / whole + ASTRAY_SHARE / n;
    return total + (share / sum) * Math.log(likely * n);
  }, 0);
  return Math.exp(EVIDENCE_VOTES * log);
}

function isCode(sign: Extract<Sign, { type: "code" }>, { code, profile }: Observed): boolean {
  return code !== undefined && sign.code === code && (sign.profile === undefined || profile === undefined || sign.profile === profile);
}

function namedByCode(graph: Graph, observed: Observed): readonly FaultModeId[] {
  return [...(graph.codes.get(observed.code ?? "") ?? [])].flatMap((key) => {
    const symptom = entryOf(graph, "symptom", idOf(key));
    return symptom?.signs.some((sign) => sign.type === "code" && isCode(sign, observed)) === true ? symptom.indicates.map(({ faultMode }) => faultMode) : [];
  });
}

function memo<K, V>(of: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = of(key);
    known.set(key, made);
    return made;
  };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
