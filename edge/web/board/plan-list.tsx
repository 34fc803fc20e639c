/** The plan on a narrow screen: each engineer's jobs one below the other. */
import type { Scenario } from "../../../contracts/scenario.ts";
import { distanceOf, nearTimeOf, spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { planWords } from "../words/plan.ts";
import type { Row } from "./day.ts";
import { usePresence } from "./presence.ts";

type Props = {
  readonly rows: readonly Row[];
  /** As of when. */
  readonly now: number;
  readonly scenario: Scenario;
  readonly choose: (ticket: string) => void;
  readonly askAway: (engineer: string) => void;
};

export function PlanList({ rows, now, scenario, choose, askAway }: Props) {
  const language = useLanguage();
  const words = useWords(planWords);
  const zone = scenario.timeZone;
  const presence = usePresence(zone);
  const clock = (at: number) => nearTimeOf(at, now, zone, language);
  return (
    <ul className="plan-list">
      {rows.map((row) => (
        <li key={row.engineer} className="panel">
          <div className="plan-person">
            <strong>{row.name}</strong>
            <button type="button" className="chip" aria-label={words.away.openFor(row.name)} onClick={() => askAway(row.engineer)}>
              {words.away.open}
            </button>
            <span className="muted">{presence(row)}</span>
          </div>
          {row.jobs.length === 0 ? (
            <p className="muted">{words.free}</p>
          ) : (
            <ol>
              {row.jobs.map((job) => (
                <li key={job.ticket}>
                  <button type="button" className={`plan-job ${job.hold}`} onClick={() => choose(job.ticket)}>
                    <b>
                      {clock(job.startAt)}–{timeOf(job.endAt, zone).slice(0, 5)}
                    </b>
                    <span>
                      {job.ticketOf === undefined ? null : <span className={`tag ${job.ticketOf.priority}`}>{job.ticketOf.priority.toUpperCase()}</span>}{" "}
                      {job.asset}
                    </span>
                    <span className="muted">
                      {words.hold[job.hold]}
                      {job.as === "helper" ? ` · ${words.helper}` : ""}
                      {job.travelMs === 0 ? "" : ` · ${words.travel(spanOf(job.travelMs, language), distanceOf(job.distanceM))}`}
                    </span>
                    <span className={job.lateMs === undefined ? "muted" : "late"}>
                      {words.dueBy(clock(job.respondBy))}
                      {job.lateMs === undefined ? "" : ` · ${words.lateBy(spanOf(job.lateMs, language))}`}
                    </span>
                  </button>
                </li>
              ))}
              {row.breaks.map(({ startAt, endAt }) => (
                <li key={startAt} className="muted">
                  {words.pause} {clock(startAt)}–{clock(endAt)}
                </li>
              ))}
            </ol>
          )}
        </li>
      ))}
    </ul>
  );
}
