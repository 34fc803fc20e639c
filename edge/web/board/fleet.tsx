/** Every machine with its score against the threshold, the worst first. */
import { useState } from "react";
import type { Asset } from "../../../contracts/asset.ts";
import type { DeviceGlance } from "../../../contracts/board.ts";
import { unitNow } from "../clock.ts";
import { countOf, spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sensorWords } from "../words/sensor.ts";
import { daysTo } from "./wear.tsx";

/** Rows redrawn each second; the worst come first, so what is cut is calm. */
const ROWS_MAX = 150;
/** From here on a machine's silence is worth a word. */
const SILENT_MS = 15_000;
/** Fewer rows than this need no filter. */
const FILTER_FROM = 16;

type Props = {
  readonly devices: readonly DeviceGlance[];
  readonly assets: readonly Asset[];
  readonly onScore: number;
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
};

export function Fleet({ devices, assets, onScore, chosen, choose }: Props) {
  const words = useWords(boardWords).fleet;
  const [filter, setFilter] = useState("");
  const nameByAsset = new Map(assets.map(({ id, name }) => [id as string, name]));
  const wanted = filter.trim().toLowerCase();
  const fitting = wanted === "" ? devices : devices.filter(({ device, asset }) => `${device} ${nameByAsset.get(asset) ?? ""}`.toLowerCase().includes(wanted));
  return (
    <section className="panel fleet">
      <h2>
        {words.title} <span className="muted">{countOf(devices.length)}</span>
      </h2>
      {devices.length < FILTER_FROM ? null : (
        <input type="search" aria-label={words.filter} placeholder={words.filter} value={filter} onChange={(event) => setFilter(event.target.value)} />
      )}
      {fitting.length === 0 && wanted !== "" ? <p className="muted none">{words.none}</p> : null}
      <ul className="rows">
        {fitting.slice(0, ROWS_MAX).map((glance) => (
          <li key={glance.device}>
            <Row glance={glance} name={nameByAsset.get(glance.asset) ?? glance.device} onScore={onScore} chosen={glance.device === chosen} choose={choose} />
          </li>
        ))}
      </ul>
      {fitting.length > ROWS_MAX ? <p className="muted none">{words.more(countOf(fitting.length - ROWS_MAX))}</p> : null}
    </section>
  );
}

function Row({
  glance,
  name,
  onScore,
  chosen,
  choose,
}: {
  readonly glance: DeviceGlance;
  readonly name: string;
  readonly onScore: number;
  readonly chosen: boolean;
  readonly choose: (id: string) => void;
}) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const sensors = useWords(sensorWords);
  const silentMs = unitNow() - glance.arrivedAt;
  const note = !glance.connected
    ? words.fleet.offline
    : silentMs > SILENT_MS
      ? words.fleet.silent(spanOf(silentMs, language))
      : glance.sensors !== undefined
        ? sensors.note(countOf(glance.sensors.length))
        : glance.wear !== undefined
          ? sensors.wearNote(daysTo(glance.wear.reachAt))
          : glance.commissioned
            ? ""
            : words.fleet.learning;
  return (
    <button type="button" className={`row device ${glance.state}${chosen ? " chosen" : ""}`} aria-current={chosen} onClick={() => choose(glance.device)}>
      <span className={`dot ${glance.state}`} aria-hidden="true" />
      <span className="what">
        <strong>{name}</strong>
        {note === "" ? null : <span className="muted">{note}</span>}
      </span>
      <span className="bar" aria-hidden="true">
        <i style={{ width: `${glance.score * 100}%` }} />
        <u style={{ left: `${onScore * 100}%` }} />
      </span>
      <span className="number">
        <span className="unseen">{`${words.states[glance.state]}, ${words.fleet.score} `}</span>
        {glance.commissioned ? glance.score.toFixed(2) : "–"}
      </span>
    </button>
  );
}
