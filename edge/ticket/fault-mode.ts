/** Which fault it is: the device's own code if it sent one, otherwise the mode whose channels gave most of the evidence. */
import type { FaultModeId } from "../../contracts/ids.ts";
import type { FaultMode, Scenario } from "../../contracts/scenario.ts";
import type { Evidence, Verdict } from "../../contracts/verdict.ts";

/** Shares of evidence closer than this are no difference: then the mode with fewer channels says more. */
const SHARE_TIE = 0.1;

/** Never fails: a mode that the scenario does not know, or evidence that fits none, becomes its default mode. */
export function faultModeOf(scenario: Scenario, verdict: Pick<Verdict, "faultMode" | "evidence">): FaultMode {
  const named = verdict.faultMode === undefined ? undefined : faultModeById(scenario, verdict.faultMode);
  return named ?? byEvidence(scenario.faultModes, verdict.evidence) ?? byDefault(scenario);
}

export function faultModeById(scenario: Scenario, id: FaultModeId): FaultMode | undefined {
  return scenario.faultModes.find((mode) => mode.id === id);
}

function byEvidence(modes: readonly FaultMode[], evidence: readonly Evidence[]): FaultMode | undefined {
  const shares = modes.map((mode, order) => ({ mode, order, share: shareOf(mode, evidence) })).filter(({ share }) => share > 0);
  const most = Math.max(...shares.map(({ share }) => share));
  const near = shares.filter(({ share }) => share >= most - SHARE_TIE);
  near.sort((a, b) => a.mode.channels.length - b.mode.channels.length || b.share - a.share || a.order - b.order);
  return near[0]?.mode;
}

function shareOf(mode: FaultMode, evidence: readonly Evidence[]): number {
  return evidence.reduce((sum, { channel, share }) => (mode.channels.includes(channel) ? sum + share : sum), 0);
}

function byDefault(scenario: Scenario): FaultMode {
  const mode = faultModeById(scenario, scenario.faultModeDefault) ?? scenario.faultModes[0];
  if (mode === undefined) throw new Error("a scenario has at least one fault mode");
  return mode;
}
