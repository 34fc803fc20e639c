/** One model of a profile: its stage and name, and its card to be opened. */
import type { ModelStage } from "../../../contracts/model-binding.ts";
import type { ModelShown } from "../../../contracts/models-view.ts";
import { useWords } from "../language.ts";
import { modelWords } from "../words/models.ts";

export function Model({
  stage,
  name,
  shown,
  more = "",
}: {
  readonly stage: ModelStage;
  readonly name: string;
  readonly shown: ModelShown | undefined;
  readonly more?: string;
}) {
  const words = useWords(modelWords);
  const card = shown?.card;
  return (
    <>
      <p className="one">
        <span className={`stage ${stage}`} title={words.stageWhy[stage]}>
          {words.stage[stage]}
        </span>
        <strong>{name}</strong>
        <span className="muted">{[...(shown === undefined ? [] : [shown.ships ? words.ships : words.came]), ...(more === "" ? [] : [more])].join(" · ")}</span>
      </p>
      <details>
        <summary>{words.card}</summary>
        {card === undefined ? (
          <p className="muted">{words.cardNone}</p>
        ) : (
          <dl lang="en">
            <dt>{card.name}</dt>
            <dd>{card.title}</dd>
            <dt>{words.cardFields.data}</dt>
            <dd>{card.data}</dd>
            {Object.keys(card.metrics).length === 0 ? null : (
              <>
                <dt>{words.cardFields.metrics}</dt>
                <dd>{figuresOf(card.metrics)}</dd>
              </>
            )}
            <dt>{words.cardFields.inputs}</dt>
            <dd>{(card.inputs["x"] ?? []).join(" × ")}</dd>
            {card.trainedWith === undefined ? null : (
              <>
                <dt>{words.cardFields.trainedWith}</dt>
                <dd>{card.trainedWith}</dd>
              </>
            )}
            {card.licence === undefined ? null : (
              <>
                <dt>{words.cardFields.licence}</dt>
                <dd>{card.licence}</dd>
              </>
            )}
            <dt>{words.cardFields.sha256}</dt>
            <dd>
              <code>{card.sha256.slice(0, 16)}…</code>
            </dd>
          </dl>
        )}
      </details>
    </>
  );
}

export function nameIn(shown: ModelShown | undefined, hash: string): string {
  return shown === undefined ? hash.slice(0, 8) : `${shown.name}${shown.version === undefined ? "" : ` ${shown.version}`}`;
}

function figuresOf(metrics: Readonly<Record<string, unknown>>): string {
  return Object.entries(metrics)
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(" · ");
}
