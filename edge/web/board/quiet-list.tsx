/** What asks for nothing on purpose: maintenance windows with what they counted, and alarms on the shelf that have no ticket. */
import { Button } from "@mantine/core";
import type { Alarm, Suppression } from "../../../contracts/alarm.ts";
import type { Asset } from "../../../contracts/asset.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { useNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { countOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

type Props = {
  readonly alarms: readonly Alarm[];
  readonly suppressions: readonly Suppression[];
  readonly assets: readonly Asset[];
  readonly scenario: Scenario;
};

/** A minute is near enough for a window that ends by itself. */
const LOOK_MS = 60_000;

export function QuietList({ alarms, suppressions, assets, scenario }: Props) {
  const language = useLanguage();
  const words = useWords(lifeWords);
  const { api } = useUnit();
  const command = useCommand();
  const now = useNow(LOOK_MS);
  const zone = scenario.timeZone;
  const windows = suppressions.filter((one) => one.endedAt === undefined && (one.recurs === "weekly" ? (one.last ?? now) >= now : one.to > now));
  const shelved = alarms.filter((alarm) => alarm.shelved !== undefined && alarm.clearedAt === undefined && alarm.ticket === undefined);
  const nameOf = (asset: string | undefined) => assets.find(({ id }) => id === asset)?.name ?? asset ?? scenario.site.name[language];
  const until = (at: number) => `${dayOf(at, zone) === dayOf(now, zone) ? "" : `${dayOf(at, zone)} `}${timeOf(at, zone).slice(0, 5)}`;
  return (
    <>
      {windows.map((one) => (
        <section key={one.id} className="waits quiet" aria-label={words.windows}>
          <p>
            <b className="step">{words.windows}</b>
            <strong>{one.device ?? nameOf(one.asset)}</strong>
            <span className="muted">
              {one.recurs === "weekly" ? words.weekly : words.suppressedUntil(until(one.to))} · {words.counted(countOf(one.counted))} · {one.why}
            </span>
          </p>
          <Button loading={command.pending === one.id} onClick={() => void command.run(one.id, () => api.endWindow(one.id))}>
            {words.endWindow}
          </Button>
        </section>
      ))}
      {shelved.map((alarm) => (
        <section key={alarm.id} className="waits quiet" aria-label={words.shelvedUntil(until(alarm.shelved?.until ?? now))}>
          <p>
            <b className="step">{words.shelvedUntil(until(alarm.shelved?.until ?? now))}</b>
            <strong>{nameOf(alarm.asset)}</strong>
            <span className="muted">{alarm.shelved?.why}</span>
          </p>
          <Button loading={command.pending === alarm.id} onClick={() => void command.run(alarm.id, () => api.unshelve(alarm.id))}>
            {words.unshelve}
          </Button>
        </section>
      ))}
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
