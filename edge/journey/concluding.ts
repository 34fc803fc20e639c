/** What follows from a score, a limit or a fault code: the judge is asked, and a change of its verdict is noted. */
import type { Device } from "../../contracts/device.ts";
import type { ModelHash } from "../../contracts/ids.ts";
import { type Judgement, judgeCode, judgeScore } from "../verdict/judge.ts";
import { type LimitSign, hasLimits } from "../verdict/limit.ts";
import type { EventItem, SampleItem, Track, Tracks } from "./track.ts";

/** What limits say while nothing breaks them. */
const WITHIN: LimitSign = { score: 0, severity: "low", rule: "limit", evidence: [] };

/** Where no model speaks, the fixed limits do. What they did not raise they don't clear. */
export function judgeLimits(tracks: Tracks, track: Track, item: SampleItem): void {
  const { state, by } = track.watch.judged;
  if ((!hasLimits(track.profile) && track.habit === null) || (item.sign === null && state !== "normal" && by !== "limit" && by !== "zone")) return;
  const sign = item.sign ?? WITHIN;
  note(tracks, track, judgeScore(track.watch.judged, { ...item, ...sign }, subjectOf(track), tracks.plan.scenario.judge));
}

export function onEvent(tracks: Tracks, track: Track, item: EventItem): void {
  const faultMode = track.profile.faultCodes[item.code];
  if (faultMode === undefined) return;
  note(tracks, track, judgeCode(track.watch.judged, { ...item, faultMode }, subjectOf(track), tracks.plan.scenario.judge));
}

export function note(tracks: Tracks, track: Track, judgement: Judgement): void {
  track.watch.judged = judgement.judged;
  if (judgement.verdict !== null) tracks.found.verdicts.push(judgement.verdict);
}

export function subjectOf(track: Track): { readonly device: Device["id"]; readonly asset: Device["asset"]; readonly model: ModelHash } {
  return { device: track.device.id, asset: track.device.asset, model: track.watch.model };
}
