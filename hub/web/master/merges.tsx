/** What was merged, newest first: which id stands for which, who decided it, and the way back. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { MergeView } from "../../master/asked.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { frameWords } from "../words/frame.ts";
import { masterWords } from "../words/master.ts";
import { undo, useMerges } from "./api.ts";

/** As the hub has it. */
const WHY_MAX = 200;

export function Merges() {
  const words = useWords(masterWords);
  return (
    <section className="panel part">
      <h2>{words.parts.merges}</h2>
      <p className="muted">{words.mergesWhat}</p>
      <Answered asked={useMerges()}>
        {({ merges }) =>
          merges.length === 0 ? (
            <p className="none">{words.noMerges}</p>
          ) : (
            <ul className="versions">
              {merges.map((merge) => (
                <One key={merge.id} merge={merge} />
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

function One({ merge: { id, family, kind, survivor, gone, state, by, at, why, undone } }: { readonly merge: MergeView }) {
  const words = useWords(masterWords);
  const frame = useWords(frameWords);
  const queries = useQueryClient();
  const now = useNow(60_000);
  const back = (reason: string) =>
    undo(id, reason).then(() =>
      Promise.all(["merges", "reviews", "pending", "entity", "history"].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
    );
  return (
    <li>
      <div className="card-row">
        <p>
          <span className={state === "merged" ? "chip ok" : "chip"}>{words.mergeStates[state]}</span> {words.families[family]}{" "}
          <Link to="/hub/$section/$item" params={{ section: "master", item: family }} search={{ id: survivor }}>
            {words.standsFor(survivor, gone.join(", "))}
          </Link>
        </p>
        {state === "merged" ? <WhyButton open={words.undo} send={words.undoSend} whyMax={WHY_MAX} run={back} /> : null}
      </div>
      <p>
        {why}{" "}
        <span className="muted">
          {words.mergeKinds[kind]} · {frame.by(by)}, {instantOf(at, now)}
        </span>
      </p>
      {undone === undefined ? null : (
        <p className="muted">
          {words.mergeStates.undone}: {undone.why}, {frame.by(undone.by)}, {instantOf(undone.at, now)}
        </p>
      )}
    </li>
  );
}
