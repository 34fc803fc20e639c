/** The chosen machine: its score with the threshold and the alarm's window, and the channels that say why. */
import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { DeviceGlance } from "../../../contracts/board.ts";
import type { Device } from "../../../contracts/device.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sensorWords } from "../words/sensor.ts";
import { sharedWords } from "../words/shared.ts";
import { Curves } from "./curves.tsx";
import { Sensors } from "./sensors.tsx";
import { useTrace } from "./use-trace.ts";
import { WearLine } from "./wear.tsx";

const SPANS_MS = { short: 600_000, hour: 3_600_000, shift: 21_600_000 } as const;
type Span = keyof typeof SPANS_MS;

type Props = { readonly device: Device | undefined; readonly glance: DeviceGlance | undefined; readonly alarms: readonly Alarm[]; readonly scenario: Scenario };

export function DeviceChart({ device, glance, alarms, scenario }: Props) {
  const words = useWords(boardWords);
  const { severity } = useWords(sharedWords);
  const { zone } = useWords(sensorWords);
  const [span, setSpan] = useState<Span>("short");
  const trace = useTrace(device?.id, SPANS_MS[span]);
  return (
    <section className="panel chart">
      <div className="panel-head">
        <h2>
          {device?.name ?? words.chart.title}
          {glance === undefined ? null : (
            <>
              <span className={`state ${glance.state}`}>{words.states[glance.state]}</span>
              <span className="reading">{glance.commissioned ? glance.score.toFixed(2) : words.fleet.learning}</span>
              {glance.severity === undefined ? null : <span className="reading">{severity[glance.severity]}</span>}
              {glance.zone === undefined ? null : <span className="reading">{zone(glance.zone)}</span>}
            </>
          )}
        </h2>
        <SegmentedControl
          size="xs"
          aria-label={words.chart.span}
          value={span}
          onChange={(value) => setSpan(value)}
          data={(["short", "hour", "shift"] as const).map((value) => ({ value, label: words.chart.spans[value] }))}
        />
      </div>
      <WearLine wear={glance?.wear} scenario={scenario} />
      <Sensors glance={glance} scenario={scenario} />
      {device === undefined ? (
        <p className="muted none">{words.chart.choose}</p>
      ) : trace === null || (trace.columns[0]?.length ?? 0) === 0 ? (
        <p className="muted none">{words.chart.none}</p>
      ) : (
        <Curves device={device} trace={trace} alarms={alarms} scenario={scenario} spanMs={SPANS_MS[span]} />
      )}
    </section>
  );
}
