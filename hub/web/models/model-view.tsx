/** A model as its card says, and what it was released as. */
import { Link } from "@tanstack/react-router";
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import { modelWords } from "../../../edge/web/words/models.ts";
import { channelsOfCard } from "../../../contracts/model-card.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { hubModelWords } from "../words/models.ts";
import { filePath, useModel } from "./api.ts";

export function ModelView({ hash }: { readonly hash: string }) {
  const words = useWords(hubModelWords);
  const { cardFields } = useWords(modelWords);
  const now = useNow(60_000);
  return (
    <Answered asked={useModel(hash)}>
      {({ card, held, at, by, releases }) => (
        <section className="panel part" aria-label={card.name}>
          <div className="card-row">
            <h2>
              {card.name} {card.version}
            </h2>
            {held ? (
              <a href={filePath(hash)} download={`${card.name}-${card.version}.onnx`}>
                {words.download}
              </a>
            ) : null}
          </div>
          <p>{card.title}</p>
          {held ? null : <p className="warn">{words.missing}</p>}
          <p className="muted">
            {channelsOfCard(card) === null ? words.anyChannels : words.channels(String(channelsOfCard(card)))} · {words.bytes(countOf(card.bytes))} ·{" "}
            {words.keptBy(by, instantOf(at, now))}
          </p>
          <dl className="measures">
            <dt className="whole">{cardFields.sha256}</dt>
            <dd className="whole hash">
              <code>{hash}</code>
            </dd>
            <dt className="whole">{cardFields.data}</dt>
            <dd className="whole">{card.data}</dd>
            {card.trainedWith === undefined ? null : (
              <>
                <dt className="whole">{cardFields.trainedWith}</dt>
                <dd className="whole">{card.trainedWith}</dd>
              </>
            )}
          </dl>
          <h3>{cardFields.metrics}</h3>
          <ul className="figures">
            {Object.entries(card.metrics).flatMap(([name, value]) =>
              typeof value === "object"
                ? []
                : [
                    <li key={name}>
                      <span className="muted">{name}</span> <b>{String(value)}</b>
                    </li>,
                  ],
            )}
          </ul>
          <h3>{words.releasedAs}</h3>
          {releases.length === 0 ? (
            <p className="muted">{words.neverReleased}</p>
          ) : (
            <p className="acts">
              {releases.map((id) => (
                <Link key={id} to="/hub/$section/$item" params={{ section: "models", item: id }} search={{}}>
                  {id}
                </Link>
              ))}
            </p>
          )}
        </section>
      )}
    </Answered>
  );
}
