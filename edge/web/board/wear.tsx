/** When slow wear comes to its limit, in days from now with the interval; on a job and beside a machine's curves. */
import type { Scenario } from "../../../contracts/scenario.ts";
import type { WearGlance } from "../../../contracts/wear.ts";
import { unitNow } from "../clock.ts";
import { useLanguage, useWords } from "../language.ts";
import { sensorWords } from "../words/sensor.ts";

export function WearLine({ wear, scenario }: { readonly wear: WearGlance | undefined; readonly scenario: Scenario }) {
  const language = useLanguage();
  const words = useWords(sensorWords);
  if (wear === undefined) return null;
  const { channel, reachAt, earliestAt, latestAt } = wear;
  const title = scenario.profiles.flatMap(({ channels }) => channels).find(({ id }) => id === channel)?.title[language] ?? words.wearOf;
  return <p className="wear">{words.wear(title, daysTo(reachAt), daysTo(earliestAt), daysTo(latestAt))}</p>;
}

/** Whole days from now, none before. */
export function daysTo(at: number): string {
  return String(Math.max(0, Math.round((at - unitNow()) / 86_400_000)));
}
