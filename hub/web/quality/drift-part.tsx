/** How the live values of a contract differ from its baseline, attribute by attribute. */
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { DriftFinding, SubjectDrift } from "../../api/quality.ts";
import type { Drift } from "../../quality/drift-finding.ts";
import { dayOnly, instantOf } from "../parts/time.ts";
import { frameWords } from "../words/frame.ts";
import { type QualityWords, qualityWords } from "../words/quality.ts";
import { saidOf } from "./share.ts";

export function DriftPart({ drift: { baseline, findings } }: { readonly drift: SubjectDrift }) {
  const words = useWords(qualityWords);
  const frame = useWords(frameWords);
  const now = useNow(60_000);
  if (baseline === null) return <p className="muted">{words.noBaseline}</p>;
  return (
    <>
      <p className="muted">
        {words.baseline(countOf(baseline.fields))}: {baseline.why}, {frame.by(baseline.setBy)}, {instantOf(baseline.setAt, now)}
      </p>
      {findings.length === 0 ? (
        <p>
          <span className="chip ok">{words.noDrift}</span>
        </p>
      ) : (
        <ul className="changes">
          {findings.map((finding) => (
            <One key={`${finding.path} ${finding.code} ${finding.sentence}`} finding={finding} />
          ))}
        </ul>
      )}
    </>
  );
}

function One({ finding }: { readonly finding: DriftFinding }) {
  const words = useWords(qualityWords);
  const { path, severity, code, params, sentence, statistic, threshold, since } = finding;
  return (
    <li>
      <span className={severity === "major" ? "chip broken" : "chip behind"}>{words.severity[severity]}</span>
      <span>
        <b>{path}</b> {isDrift(code, words) ? words.drifts[code](saidOf(params)) : <span lang="en">{sentence}</span>}
      </span>
      <span className="muted">
        {since === null ? "" : `${words.since(dayOnly(since))} · `}
        {words.figure(figureOf(statistic), figureOf(threshold))}
      </span>
    </li>
  );
}

function isDrift(code: string, { drifts }: QualityWords): code is Drift["code"] {
  return Object.hasOwn(drifts, code);
}

function figureOf(value: number): string {
  return String(Number(value.toPrecision(3)));
}
