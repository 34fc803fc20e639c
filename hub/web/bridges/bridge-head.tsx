/** What a bridge is, whether it holds, and what keeps it from being published. */
import { useQueryClient } from "@tanstack/react-query";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { BridgeView } from "../../registry/api-bridge.ts";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange } from "../queries.ts";
import { bridgesWords } from "../words/bridges.ts";
import { frameWords } from "../words/frame.ts";
import { publishBridge, putBridge } from "./api.ts";
import { Findings } from "./findings.tsx";

export function BridgeHead({ view }: { readonly view: BridgeView }) {
  const words = useWords(bridgesWords);
  const frame = useWords(frameWords);
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const now = useNow(60_000);
  const { document, made, published, pack, publishable, findings } = view;
  const { id, version, ours, theirs, system, only, each } = document;
  const blocking = findings.filter(({ blocks }) => blocks);
  const notes = findings.length - blocking.length;
  const isNewest = published !== undefined && made !== undefined && published.at >= made.at;
  const again = () => Promise.all(["bridge", "bridges"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
  // What a whole field is told of stands at its place below.
  const placed = new Set(document.fields.flatMap((field) => [field.ours, field.theirs]));
  return (
    <section className="panel part" aria-label={id}>
      <div className="card-row">
        <h2>
          {ours.subject}@{ours.major} <span aria-hidden="true">⇄</span> {system} {theirs.object}
        </h2>
        {mayChange ? (
          <div className="acts">
            {made === undefined ? <WhyButton open={words.own} send={words.ownSend} filled run={(why) => putBridge(document, why).then(again)} /> : null}
            {made !== undefined && publishable && !isNewest ? (
              <WhyButton open={words.publish} send={words.publishSend} filled run={(why) => publishBridge(id, why).then(again)} />
            ) : null}
          </div>
        ) : null}
      </div>
      <p className="muted">
        <code>{id}</code> · {words.version(String(version))}
        {theirs.key === undefined ? "" : ` · ${words.key(theirs.key)}`}
        {only === undefined ? "" : ` · ${words.onlyWhere(only.attr, only.values.join(", "))}`}
        {each === undefined ? "" : ` · ${words.eachItem(each)}`}
      </p>
      <p className="summary" role="status">
        <span className={publishable ? "chip ok" : "chip broken"}>{publishable ? words.fits : words.blocked(String(blocking.length))}</span>
        {notes === 0 ? null : <span className="chip slow">{words.notes(String(notes))}</span>}
      </p>
      {published === undefined ? null : (
        <p>
          <span className="chip ok">{words.published}</span> {words.version(String(published.document.version))} · {published.why}{" "}
          <span className="muted">
            {frame.by(published.by)}, {instantOf(published.at, now)}
          </span>
        </p>
      )}
      {made === undefined ? <p className="muted">{words.readyWhat(pack ?? system)}</p> : null}
      {made === undefined || isNewest ? null : (
        <p>
          <span className="chip behind">{published === undefined ? words.draft : words.changed}</span> {made.why}{" "}
          <span className="muted">
            {frame.by(made.by)}, {instantOf(made.at, now)}
          </span>
        </p>
      )}
      <Findings findings={findings.filter(({ field }) => !placed.has(field))} />
    </section>
  );
}
