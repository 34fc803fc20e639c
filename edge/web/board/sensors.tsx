/** What is wrong with the measurements of the chosen machine: channel, what, since when, and what to do. Nothing where nothing is. */
import type { DeviceGlance } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { unitNow } from "../clock.ts";
import { countOf, spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { sensorWords } from "../words/sensor.ts";

export function Sensors({ glance, scenario }: { readonly glance: DeviceGlance | undefined; readonly scenario: Scenario }) {
  const language = useLanguage();
  const words = useWords(sensorWords);
  if (glance?.sensors === undefined) return null;
  const titles = new Map(scenario.profiles.flatMap(({ channels }) => channels.map(({ id, title }) => [id as string, title[language]])));
  return (
    <section className="sensors" aria-label={words.title}>
      <h3>{words.title}</h3>
      <ul>
        {glance.sensors.map(({ channel, fault, since, count }) => (
          <li key={`${channel ?? ""} ${fault}`}>
            <strong>{`${channel === undefined ? words.clockOf : (titles.get(channel) ?? channel)} ${words.faults[fault]}`}</strong>{" "}
            <span className="muted">{words.since(spanOf(Math.max(0, unitNow() - since), language), countOf(count))}</span>
            <p>{words.mends[fault]}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
