/** What an import did, or would do: the counts, the rows that were refused and why, what each row comes to. */
import { Link } from "@tanstack/react-router";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ImportAnswer } from "../../master/asked.ts";
import { shortValue } from "../operations/value.ts";
import { masterWords } from "../words/master.ts";

const COUNTS = ["rows", "new", "changed", "unchanged", "toReview", "rejected"] as const;

export function ImportOutcome({ answer }: { readonly answer: ImportAnswer }) {
  const words = useWords(masterWords);
  const { run, dryRun, continued, counts, unread, reviews } = answer;
  return (
    <div className="impact">
      <p role="status">
        <strong className={dryRun ? undefined : "good"}>{dryRun ? words.outcome : words.done}</strong> {continued ? words.continued : ""}
      </p>
      <ul className="legend">
        {COUNTS.map((one) => (
          <li key={one} className={one === "rejected" && counts.rejected > 0 ? "warn" : undefined}>
            {words.counts[one]} <b>{countOf(counts[one])}</b>
          </li>
        ))}
        {run === null ? null : (
          <>
            <li>
              {words.written} <b>{countOf(run.written)}</b>
            </li>
            {run.overruled === 0 ? null : (
              <li>
                {words.overruled} <b>{countOf(run.overruled)}</b>
              </li>
            )}
            {run.failed === 0 ? null : (
              <li className="warn">
                {words.failed} <b>{countOf(run.failed)}</b>
              </li>
            )}
          </>
        )}
      </ul>
      {unread.length === 0 ? null : (
        <p className="muted">
          {words.unread}: {unread.join(", ")}
        </p>
      )}
      {reviews.length === 0 ? null : (
        <p>
          {words.toReviews(countOf(counts.toReview))}
          {dryRun ? null : (
            <>
              {" "}
              <Link to="/hub/$section/$item" params={{ section: "master", item: "reviews" }} search={{}}>
                {words.parts.reviews} ›
              </Link>
            </>
          )}
        </p>
      )}
      <Rejects answer={answer} />
      <Planned answer={answer} />
    </div>
  );
}

function Rejects({ answer: { rejects, rejectsCsv, run } }: { readonly answer: ImportAnswer }) {
  const words = useWords(masterWords);
  if (rejects.length === 0) return null;
  return (
    <>
      <h3>
        {words.rejects} <span className="muted">{words.rejectsWhat}</span>
      </h3>
      <ul className="changes">
        {rejects.map(({ line, column, value, rule, mend }) => (
          <li key={`${line} ${column} ${rule}`}>
            <span className="chip behind">{words.line(String(line))}</span>
            <span>
              <b>{column}</b> {value === "" ? null : <code>{shortValue(value)}</code>} <span lang="en">{rule}</span>
            </span>
            <span lang="en" className="muted">
              {mend}
            </span>
          </li>
        ))}
      </ul>
      {rejectsCsv === undefined ? null : (
        <p>
          <a href={`data:text/csv;charset=utf-8,${encodeURIComponent(rejectsCsv)}`} download={run === null ? "rejects.csv" : `rejects-${run.id}.csv`}>
            {words.download}
          </a>
        </p>
      )}
    </>
  );
}

function Planned({ answer: { planned = [], counts } }: { readonly answer: ImportAnswer }) {
  const words = useWords(masterWords);
  const moved = planned.filter(({ outcome }) => outcome !== "unchanged");
  if (moved.length === 0) return null;
  return (
    <details className="touched">
      <summary>
        {words.planned} <b>{words.shownOf(countOf(moved.length), countOf(counts.new + counts.changed))}</b>
      </summary>
      <ul className="changes">
        {moved.map(({ line, id, outcome, matched, changes }) => (
          <li key={`${line} ${id}`}>
            <span className={outcome === "new" ? "chip ok" : "chip slow"}>{words.outcomes[outcome]}</span>
            <span>
              {words.line(String(line))} <b>{id}</b> {matched === true ? <span className="muted">{words.matched}</span> : null}
            </span>
            <span className="muted">
              {changes
                .map(
                  ({ attr, before, after }) =>
                    `${attr}: ${before === undefined ? "" : `${shortValue(before, attr)} → `}${after === undefined ? "–" : shortValue(after, attr)}`,
                )
                .join(" · ")}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}
