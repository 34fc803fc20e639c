/** An entity with the provenance of each value, at a moment; and its versions, each of which leads to that moment. */
import { Link } from "@tanstack/react-router";
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { z } from "zod";
import type { EntityAnswer } from "../../feed/view.ts";
import type { HistoryAnswer } from "../../master/asked.ts";
import { shortValue, textOf } from "../operations/value.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { masterWords } from "../words/master.ts";
import { useHistory } from "./api.ts";
import type { Family } from "./entities.tsx";

type Props = { readonly entity: EntityAnswer; readonly family: Family; readonly asOf: string | undefined };

export function EntityView({ entity: { id, askedAs, version, attributes, deleted }, family, asOf }: Props) {
  const words = useWords(masterWords);
  const now = useNow(60_000);
  const values = Object.entries(attributes);
  return (
    <>
      <section className="panel part" aria-label={`${family} ${id}`}>
        <div className="card-row">
          <h2>
            {words.families[family]} <code>{id}</code>
          </h2>
          <span className="chip">{words.version(String(version))}</span>
        </div>
        {askedAs === undefined ? null : <p className="warn">{words.askedAs(askedAs, id)}</p>}
        {asOf === undefined ? null : (
          <p className="stale" role="status">
            {words.thenWas(/^\d+$/.test(asOf) ? words.position(asOf) : asOf)}{" "}
            <Link to="/hub/$section/$item" params={{ section: "master", item: family }} search={{ id }}>
              {words.backToNow}
            </Link>
          </p>
        )}
        {deleted === undefined ? null : <p className="warn">{words.deletedBy(deleted.actor, instantOf(deleted.knownAt, now))}</p>}
        {values.length === 0 && deleted === undefined ? <p className="none">{words.nothingThen}</p> : null}
        <ul className="values">
          {values.map(([attr, { value, erased, held, actor, origin, reason, writtenAt, knownAt, version: of }]) => (
            <li key={attr}>
              <div>
                <b>{attr}</b> <span className="muted">{words.version(String(of))}</span>
              </div>
              <code className="value">{erased === true ? words.erased : (held ?? [value]).map((one) => shownOf(one, attr)).join(" | ")}</code>
              <p className="muted">
                {words.wrote(actor, origin, instantOf(writtenAt, now))}
                {knownAt - writtenAt > 1_000 ? ` · ${words.known(instantOf(knownAt, now))}` : ""}
                {reason === "" ? "" : ` · ${reason}`}
              </p>
            </li>
          ))}
        </ul>
      </section>
      <Versions family={family} id={id} asOf={asOf} />
    </>
  );
}

function Versions({ family, id, asOf }: { readonly family: Family; readonly id: string; readonly asOf: string | undefined }) {
  const words = useWords(masterWords);
  const now = useNow(60_000);
  return (
    <section className="panel part">
      <h2>{words.versions}</h2>
      <p className="muted">{words.versionsWhat}</p>
      <Answered asked={useHistory(family, id)}>
        {(history) => (
          <>
            <ul className="rows">
              {writesOf(history, words.unset, words.deleted).map(({ hubSeq, version, knownAt, actor, origin, changes }) => (
                <li key={hubSeq} className="row entity">
                  <Link
                    to="/hub/$section/$item"
                    params={{ section: "master", item: family }}
                    search={{ id, asOf: String(hubSeq) }}
                    className="name"
                    aria-current={asOf === String(hubSeq) ? "true" : undefined}
                  >
                    {words.version(String(version))}
                  </Link>
                  <span className="grow changed">{changes.join(", ")}</span>
                  <span className="muted">{words.wrote(actor, origin, instantOf(knownAt, now))}</span>
                </li>
              ))}
            </ul>
            {history.horizon === 0 ? null : <p className="muted">{words.horizon(countOf(history.horizon + 1))}</p>}
          </>
        )}
      </Answered>
    </section>
  );
}

type Span = z.infer<typeof HistoryAnswer>["attributes"][string][number];
type Written = Pick<Span, "hubSeq" | "version" | "knownAt" | "actor" | "origin"> & { readonly changes: readonly string[] };

/** By place in the log, the newest first: each line of the log wrote one attribute, or deleted all. */
function writesOf({ attributes, deletions }: z.infer<typeof HistoryAnswer>, unset: string, deleted: string): readonly Written[] {
  const spans = Object.entries(attributes).flatMap(([attr, list]) =>
    list.map((span) => ({
      ...span,
      changes: [`${attr} ${span.unset === true ? unset : span.erased === true ? "…" : shortValue(span.value ?? span.held, attr)}`],
    })),
  );
  return [...spans, ...deletions.map((one) => ({ ...one, changes: [deleted] }))].toSorted((a, b) => b.hubSeq - a.hubSeq);
}

function shownOf(value: unknown, attr: string): string {
  return typeof value === "number" ? shortValue(value, attr) : textOf(value);
}
