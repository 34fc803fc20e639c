/** Imports, newest first: who, when, which file, what came of it, and the refused rows while they are kept. */
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ImportRun } from "../../master/asked.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { frameWords } from "../words/frame.ts";
import { masterWords } from "../words/master.ts";
import type { z } from "zod";
import { rejectsPath, useRuns } from "./api.ts";

const COUNTS = ["rows", "new", "changed", "rejected", "toReview"] as const;

export function Runs() {
  const words = useWords(masterWords);
  return (
    <section className="panel part">
      <h2>{words.runs}</h2>
      <Answered asked={useRuns()}>
        {({ runs }) =>
          runs.length === 0 ? (
            <p className="none">{words.noRuns}</p>
          ) : (
            <ul className="versions">
              {runs.map((run) => (
                <One key={run.id} run={run} />
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

function One({ run: { id, family, fileName, by, at, state, units, counts, rejectsUntil } }: { readonly run: z.infer<typeof ImportRun> }) {
  const words = useWords(masterWords);
  const frame = useWords(frameWords);
  const now = useNow(60_000);
  return (
    <li>
      <p>
        <b>{fileName === "" ? words.families[family] : fileName}</b>{" "}
        <span className={state === "stopped" ? "chip behind" : "chip ok"}>{words.runStates[state]}</span>{" "}
        <span className="muted">
          {words.parts[family]} · {frame.by(by)}, {instantOf(at, now)}
          {units.length === 0 ? "" : ` · ${units.join(", ")}`}
        </span>
      </p>
      {state === "stopped" ? <p className="warn">{words.stoppedWhat}</p> : null}
      <ul className="legend">
        {COUNTS.map((one) => (
          <li key={one}>
            {words.counts[one]} <b>{countOf(counts[one])}</b>
          </li>
        ))}
      </ul>
      {rejectsUntil === null ? null : (
        <p>
          <a href={rejectsPath(id)} download={`rejects-${id}.csv`}>
            {words.download}
          </a>{" "}
          <span className="muted">{words.until(instantOf(rejectsUntil, now))}</span>
        </p>
      )}
    </li>
  );
}
