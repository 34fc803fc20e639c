/** The panel of the map; the map itself, a megabyte, comes when the rest is already shown. */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { unitNow } from "../clock.ts";
import { spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import type { Scene, Drawing } from "./drawing.ts";
import type { SeenAsset, SeenEngineer } from "./picture.ts";
import { useColours } from "./scheme.ts";

type Props = {
  readonly assets: readonly SeenAsset[];
  readonly engineers: readonly SeenEngineer[];
  readonly scenario: Scenario;
  readonly ticket: Ticket | undefined;
  readonly chosen: string | undefined;
  readonly choose: (device: string) => void;
};

export function MapPanel({ assets, engineers, scenario, ticket, chosen, choose }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords).map;
  const { ago, now } = useWords(sharedWords);
  const colours = useColours();
  const place = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing | null>(null);
  const [impossible, setImpossible] = useState(false);

  const scene: Scene = {
    assets,
    engineers: engineers.map((seen) => ({ ...seen, note: seen.at === undefined ? "" : noteOf(unitNow() - seen.at) })),
    ticket,
    chosen,
    choose,
    words: { drive: (minutes) => words.drive(String(minutes)), engineer: words.engineer },
  };
  function noteOf(ageMs: number): string {
    return ageMs < 5_000 ? now : ago(spanOf(ageMs, language));
  }
  const latest = useRef<Scene | null>(null);
  const { name } = words;

  useEffect(() => {
    latest.current = scene;
    drawing.current?.show(scene);
  });

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let over = false;
    void import("./drawing.ts").then(({ draw }) => {
      if (over) return;
      drawing.current = draw(element, scenario, colours, name);
      if (drawing.current === null) setImpossible(true);
      else if (latest.current !== null) drawing.current.show(latest.current);
    });
    return () => {
      over = true;
      drawing.current?.remove();
      drawing.current = null;
    };
  }, [scenario, colours, name]);
  const fit = useCallback(() => drawing.current?.fit(), []);

  return (
    <section className="panel map">
      <h2 className="unseen">{words.title}</h2>
      <div className="canvas" ref={place} />
      {impossible ? <p className="muted none">{words.noMap}</p> : null}
      <p className="legend" aria-hidden="true">
        {(["normal", "suspect", "anomalous", "progress"] as const).map((state) => (
          <span key={state}>
            <i className={`dot ${state}`} />
            {words.legend[state]}
          </span>
        ))}
        <span>
          <i className="person" />
          {words.legend.engineer}
        </span>
      </p>
      <button type="button" className="fit" onClick={fit} title={words.fit} aria-label={words.fit}>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" />
        </svg>
      </button>
    </section>
  );
}
