/** One release: what is offered to whom, how it stands at each unit, and the ways to ask it on or back. */
import { Link } from "@tanstack/react-router";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ReleaseView } from "../../models/asked.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { frameWords } from "../words/frame.ts";
import { hubModelWords } from "../words/models.ts";
import { useRelease } from "./api.ts";
import { AtUnit } from "./at-unit.tsx";
import { Asks } from "./asks.tsx";

export function ReleasePart({ id }: { readonly id: string }) {
  const words = useWords(hubModelWords);
  return (
    <Answered asked={useRelease(id)}>
      {(view) => (
        <div className="stack">
          <About view={view} />
          <h2>{words.units}</h2>
          {view.at.length === 0 ? (
            <p className="none">{words.noUnits}</p>
          ) : (
            <ul className="cards two">
              {view.at.map((one) => (
                <AtUnit key={one.unit} one={one} release={view} />
              ))}
            </ul>
          )}
        </div>
      )}
    </Answered>
  );
}

function About({ view }: { readonly view: ReleaseView }) {
  const words = useWords(hubModelWords);
  const frame = useWords(frameWords);
  const now = useNow(60_000);
  const { id, hash, name, version, profile, wanted, share, units, why, made, closed, states } = view;
  return (
    <section className="panel part" aria-label={id}>
      <div className="card-row">
        <h2>{id}</h2>
        <Asks id={id} states={Object.keys(states)} open={closed === undefined} />
      </div>
      <p>
        <Link to="/hub/$section/$item" params={{ section: "models", item: hash }} search={{}}>
          {name} {words.version(String(version))}
        </Link>{" "}
        {words.on(profile)}, {units === undefined ? words.ofAll : words.ofUnits(units.join(", "))} · {words.upTo[wanted]}
        {share === undefined ? "" : ` · ${words.share(String(Math.round(share * 1_000) / 10))}`}
      </p>
      <p className="muted">
        {why === undefined ? "" : `${why} · `}
        {frame.by(made.by)}, {instantOf(made.at, now)}
      </p>
      {closed === undefined ? null : <p className="muted">{words.closedBy(closed.by, instantOf(closed.at, now))}</p>}
    </section>
  );
}
