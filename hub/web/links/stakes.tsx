/** What hangs on a link: the tickets that wait behind it by priority; on one that is well, how many go over it. */
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { LinkHealth } from "../../health/link-health.ts";
import { linksWords } from "../words/links.ts";

const PRIORITIES = ["p1", "p2", "p3"] as const;

export function Stakes({ link: { impact, state } }: { readonly link: LinkHealth }) {
  const words = useWords(linksWords).impact;
  const { waiting, atStake, promises, writes, score } = impact;
  const [held, open] = [waiting.p1 + waiting.p2 + waiting.p3, atStake.p1 + atStake.p2 + atStake.p3];
  return (
    <div className="stakes">
      {held === 0 ? null : (
        <p className="held">
          {PRIORITIES.filter((priority) => waiting[priority] > 0).map((priority) => (
            <span key={priority} className={`tag ${priority}`}>
              {words[priority]} {countOf(waiting[priority])}
            </span>
          ))}
          <span>{words.waiting(countOf(held))}</span>
        </p>
      )}
      {promises === 0 ? null : <p className="warn">{words.promises(countOf(promises))}</p>}
      {writes === 0 ? null : <p className={state === "ok" ? "muted" : "warn"}>{words.writes(countOf(writes))}</p>}
      <p className="muted">
        {open === 0 ? words.nothing : words.atStake(countOf(open))}
        {score === 0 ? "" : ` · ${words.score(countOf(score))}`}
      </p>
    </div>
  );
}
