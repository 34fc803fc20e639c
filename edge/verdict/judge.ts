/**
 * Scores in, verdicts out: a state machine on event time.
 *
 *   normal ──score ≥ on──▶ suspect ──on for onDelay──▶ anomalous ──below off for offDelay──▶ normal
 *             ▲   score < off │                            ▲ at once: a fault code of the device
 *             └───────────────┘
 *
 * Between off and on nothing changes (hysteresis). New signs within holdOff of a clearing belong to the old episode.
 */
import { type AssetId, type DeviceId, EpisodeId, type FaultModeId, type ModelHash } from "../../contracts/ids.ts";
import type { JudgePolicy } from "../../contracts/scenario.ts";
import { rankOf, type Severity } from "../../contracts/severity.ts";
import type { Evidence, Verdict, VerdictRule, VerdictState } from "../../contracts/verdict.ts";

export type Judged = {
  readonly state: VerdictState;
  /** Of the present or the last episode; -1 before the first. */
  readonly since: number;
  /** When the suspicion began that is now being confirmed. */
  readonly signAt: number;
  /** First of the calm samples since the last sign; -1 while there is none. */
  readonly calmAt: number;
  readonly clearedAt: number;
  readonly lastAt: number;
  /** The anomalous state has been told by a fresh sample, not only by a backlog. */
  readonly toldFresh: boolean;
  readonly codes: readonly string[];
  readonly codeAt: number;
  /** Samples absorbed by the window before the episode began. */
  readonly absorbedBefore: number;
  /** How bad the anomalous state was told to be, by `rankOf`; -1 while nothing is told. */
  readonly rank: number;
  /** What the episode was last told for; null while there is none. */
  readonly by: VerdictRule | null;
};

export const AT_REST: Judged = {
  state: "normal",
  since: -1,
  signAt: -1,
  calmAt: -1,
  clearedAt: -1,
  lastAt: -1,
  toldFresh: false,
  codes: [],
  codeAt: -1,
  absorbedBefore: 0,
  rank: -1,
  by: null,
};

/** Half-way from the threshold to certainty. */
const IMPAIRED_SCORE = 0.75;

/** Codes told apart in one episode; a device that invents more is still one episode. */
const CODES_MAX = 32;

export type Subject = { readonly device: DeviceId; readonly asset: AssetId; readonly model: ModelHash };
export type Sign = {
  readonly ts: number;
  readonly arrivedAt: number;
  readonly fresh: boolean;
  readonly score: number;
  readonly evidence: readonly Evidence[];
  /** What the score is of, and how bad that is; absent: a model, whose score says it. */
  readonly rule?: VerdictRule;
  readonly severity?: Severity;
  /** A limit stands where a model's word alone is no job: that it does is news. */
  readonly bearsOut?: boolean;
  readonly absorbed: number;
};
export type CodeSign = Omit<Sign, "score" | "evidence" | "rule" | "severity" | "bearsOut"> & { readonly code: string; readonly faultMode: FaultModeId };
export type Judgement = { readonly judged: Judged; readonly verdict: Verdict | null };

/** One scored sample; `score` in [0, 1]. Samples come in order of event time. */
export function judgeScore(was: Judged, sign: Sign, subject: Subject, policy: JudgePolicy): Judgement {
  const next = advance(was, sign, policy);
  const changed = next.state !== was.state;
  const confirmed = next.state === "anomalous" && !was.toldFresh && sign.fresh && sign.score >= policy.offScore;
  const { rule = "model", severity = severityOf(sign.score) } = sign;
  // A model's score goes up and down; a limit that is passed after another, or bears the model out, is news.
  const isNews = rankOf(severity) > was.rank || (sign.bearsOut === true && was.by === "model");
  const worsened = rule !== "model" && was.state === "anomalous" && next.state === "anomalous" && isNews;
  const rank = next.state === "anomalous" ? Math.max(changed ? -1 : was.rank, changed || worsened || was.rank < 0 ? rankOf(severity) : -1) : -1;
  const judged = {
    ...next,
    rank,
    by: next.state === "normal" ? null : changed || worsened ? rule : was.by,
    lastAt: sign.ts,
    toldFresh: next.state === "anomalous" && (was.state === "anomalous" ? was.toldFresh || confirmed : sign.fresh),
  };
  if (!changed && !confirmed && !worsened) return { judged, verdict: null };
  const verdict = told(judged, sign, subject, sign.score, sign.evidence);
  return { judged, verdict: next.state === "normal" ? { ...verdict, rule } : { ...verdict, rule, severity } };
}

/** Of a model's score alone: what is far beyond its threshold impairs the machine already. */
export function severityOf(score: number): Severity {
  return score >= IMPAIRED_SCORE ? "medium" : "low";
}

function advance(was: Judged, sign: Sign, policy: JudgePolicy): Judged {
  const { ts, score } = sign;
  switch (was.state) {
    case "normal": {
      if (score < policy.onScore) return was;
      const begun = begin(was, ts, sign.absorbed, policy);
      return policy.onDelayMs === 0 ? { ...begun, state: "anomalous" } : begun;
    }
    case "suspect": {
      // An unconfirmed sign is not an episode that a later one could join: clearedAt stays what it was.
      if (score < policy.offScore) return { ...was, state: "normal" };
      // What happened in a gap longer than the lateness bound is not known: the delay begins anew.
      if (ts - was.lastAt > policy.latenessMs) return { ...was, signAt: ts };
      return score >= policy.onScore && ts - was.signAt >= policy.onDelayMs ? { ...was, state: "anomalous", calmAt: -1 } : was;
    }
    case "anomalous": {
      if (score >= policy.offScore) return was.calmAt === -1 ? was : { ...was, calmAt: -1 };
      // A code is repeated while its fault lasts: it holds the episode for as long as a clearing holds off a new one.
      if (was.codeAt !== -1 && ts - was.codeAt < policy.holdOffMs) return was;
      const calmAt = was.calmAt === -1 ? ts : was.calmAt;
      return ts - calmAt >= policy.offDelayMs ? { ...was, state: "normal", calmAt: -1, clearedAt: ts } : { ...was, calmAt };
    }
  }
}

/** A fault code that the device itself sent: anomalous at once. A code told before in this episode changes nothing. */
export function judgeCode(was: Judged, sign: CodeSign, subject: Subject, policy: JudgePolicy): Judgement {
  const joined = was.state === "anomalous" ? was : was.state === "suspect" ? was : begin(was, sign.ts, sign.absorbed, policy);
  const known = was.state === "anomalous" && was.codes.includes(sign.code) && (was.toldFresh || !sign.fresh);
  const codes = joined.codes.includes(sign.code) || joined.codes.length >= CODES_MAX ? joined.codes : [...joined.codes, sign.code];
  const judged: Judged = {
    ...joined,
    state: "anomalous",
    calmAt: -1,
    codes,
    codeAt: Math.max(joined.codeAt, sign.ts),
    by: was.state === "anomalous" ? was.by : "code",
    lastAt: Math.max(was.lastAt, sign.ts),
    toldFresh: (was.state === "anomalous" && was.toldFresh) || sign.fresh,
  };
  if (known) return { judged, verdict: null };
  return { judged, verdict: { ...told(judged, sign, subject, 1, []), faultMode: sign.faultMode, code: sign.code, rule: "code" } };
}

/** A new episode, or the old one again when it cleared within the hold-off. */
function begin(was: Judged, ts: number, absorbed: number, policy: JudgePolicy): Judged {
  const joins = was.since !== -1 && was.clearedAt !== -1 && ts - was.clearedAt <= policy.holdOffMs;
  if (joins) return { ...was, state: "suspect", signAt: ts, calmAt: -1 };
  return { ...AT_REST, state: "suspect", since: ts, signAt: ts, absorbedBefore: absorbed };
}

function told(
  judged: Judged,
  sign: Pick<Sign, "ts" | "arrivedAt" | "fresh" | "absorbed">,
  subject: Subject,
  score: number,
  evidence: readonly Evidence[],
): Verdict {
  return {
    device: subject.device,
    asset: subject.asset,
    episode: episodeId(subject.device, judged.since),
    state: judged.state,
    at: sign.ts,
    arrivedAt: sign.arrivedAt,
    since: judged.since,
    score,
    evidence: [...evidence],
    model: subject.model,
    fresh: sign.fresh,
    absorbed: sign.absorbed - judged.absorbedBefore,
  };
}

/** The same log gives the same id: an episode is its device and the instant of its first sign. */
export function episodeId(device: string, since: number): EpisodeId {
  return EpisodeId.parse(`${device}@${since}`);
}
