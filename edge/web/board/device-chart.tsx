/** The chosen machine: its score with the threshold and the alarm's window, and the channels that say why. */
import { SegmentedControl } from "@mantine/core";
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { DeviceGlance, Trace } from "../../../contracts/board.ts";
import type { Device } from "../../../contracts/device.ts";
import type { Channel, Scenario } from "../../../contracts/scenario.ts";
import { useNow } from "../clock.ts";
import { valueOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { Curve } from "./curve.tsx";
import { latestAlarm } from "./picture.ts";
import type { Mark } from "./plot.ts";
import { readColours, useDark } from "./scheme.ts";
import { since } from "./trace.ts";
import { useTrace } from "./use-trace.ts";

const SPANS_MS = { short: 600_000, hour: 3_600_000, shift: 21_600_000 } as const;
type Span = keyof typeof SPANS_MS;
/** A young trace is not stretched over the whole width: at least this much is shown. */
const WINDOW_MS_MIN = 120_000;
const SCORE_HEIGHT = 112;
const SCORE_HEIGHT_MAX = 240;
const CHANNEL_HEIGHT = 46;
const CAPTION_HEIGHT = 16;
/** Channels under the score where the page scrolls anyway. */
const CHANNELS_SHOWN = 3;
const scrolls = matchMedia("(max-width: 1180px)");

type Props = { readonly device: Device | undefined; readonly glance: DeviceGlance | undefined; readonly alarms: readonly Alarm[]; readonly scenario: Scenario };

export function DeviceChart({ device, glance, alarms, scenario }: Props) {
  const words = useWords(boardWords);
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
            </>
          )}
        </h2>
        <SegmentedControl
          size="xs"
          aria-label={words.chart.span}
          value={span}
          onChange={(value) => setSpan(value in SPANS_MS ? (value as Span) : "short")}
          data={(["short", "hour", "shift"] as const).map((value) => ({ value, label: words.chart.spans[value] }))}
        />
      </div>
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

function Curves({
  device,
  trace,
  alarms,
  scenario,
  spanMs,
}: {
  readonly device: Device;
  readonly trace: Trace;
  readonly alarms: readonly Alarm[];
  readonly scenario: Scenario;
  readonly spanMs: number;
}) {
  const language = useLanguage();
  const words = useWords(boardWords).chart;
  const dark = useDark();
  const now = useNow();
  const colours = useMemo(readColours, [dark]);
  const profile = scenario.profiles.find(({ id }) => id === device.profile);
  const cut = useMemo(() => since(trace, (trace.columns[0]?.at(-1) ?? 0) - spanMs), [trace, spanMs]);
  const at = useMemo(() => (cut.columns[0] ?? []).map((ms) => (ms ?? 0) / 1_000), [cut]);
  const first = (at[0] ?? now / 1_000) * 1_000;
  const last = Math.max(now, (at.at(-1) ?? 0) * 1_000);
  const window = useMemo(() => [Math.max(last - spanMs, Math.min(first, last - WINDOW_MS_MIN)), last] as const, [first, last, spanMs]);
  const marks = useMemo<readonly Mark[]>(
    () => alarms.filter((alarm) => alarm.device === device.id).map((alarm) => ({ from: alarm.since, to: alarm.clearedAt ?? last })),
    [alarms, device.id, last],
  );
  const place = useRef<HTMLDivElement>(null);
  const { channels: room, scoreHeight } = useRoom(place);
  // Those that gave most of the evidence, else the first of the profile.
  const evidence = latestAlarm(alarms, device.id)?.evidence.map(({ channel }) => channel) ?? [];
  const shown = [...new Set([...evidence, ...trace.channels])].filter((channel) => trace.channels.includes(channel)).slice(0, room);
  const score = {
    height: scoreHeight,
    zone: scenario.timeZone,
    colour: colours.ink,
    axis: true,
    range: [0, 1],
    levels: [
      { at: trace.onScore, colour: colours.anomalous, dashed: true },
      { at: trace.offScore, colour: colours["line-strong"], dashed: true },
    ],
    band: null,
    label: words.score,
  } as const;
  return (
    <div className="curves" ref={place} role="img" aria-label={words.name(device.name)}>
      <p className="caption">
        <span>{words.score}</span>
        <span className="alarm-line">{words.threshold(trace.onScore.toFixed(2))}</span>
        <span className="muted model" title={trace.model}>
          {words.model} {trace.model.slice(0, 8)}
        </span>
      </p>
      <Curve look={score} dark={dark} at={at} values={cut.columns[1] ?? []} marks={marks} window={window} />
      {shown.map((channel) => {
        const index = trace.channels.indexOf(channel);
        const values = cut.columns[index + 2] ?? [];
        const described = profile?.channels.find(({ id }) => id === channel);
        const latest = values.findLast((value) => value !== null);
        return (
          <div key={channel}>
            <p className="caption">
              <span>{described?.title[language] ?? channel}</span>
              <span className="latest">{latest === undefined || latest === null ? "–" : `${valueOf(latest)} ${uomOf(described)}`}</span>
            </p>
            <Curve
              look={{
                height: CHANNEL_HEIGHT,
                zone: scenario.timeZone,
                colour: colours.accent,
                axis: false,
                range: null,
                levels: [],
                band: bandOf(device, profile?.channels.findIndex(({ id }) => id === channel) ?? -1),
                label: channel,
              }}
              dark={dark}
              at={at}
              values={values}
              marks={marks}
              window={window}
            />
          </div>
        );
      })}
      <p className="caption muted">{device.baseline === undefined ? "" : words.normalBand}</p>
    </div>
  );
}

type Room = { readonly channels: number; readonly scoreHeight: number };

/** How many channels fit under the score; the score takes what they leave. */
function useRoom(place: RefObject<HTMLDivElement | null>): Room {
  const [room, setRoom] = useState<Room>({ channels: CHANNELS_SHOWN, scoreHeight: SCORE_HEIGHT });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const size = new ResizeObserver(() =>
      setRoom(scrolls.matches ? { channels: CHANNELS_SHOWN, scoreHeight: SCORE_HEIGHT } : roomIn(element.clientHeight - 2 * CAPTION_HEIGHT)),
    );
    size.observe(element);
    return () => size.disconnect();
  }, [place]);
  return room;
}

function roomIn(height: number): Room {
  const each = CHANNEL_HEIGHT + CAPTION_HEIGHT;
  const channels = Math.max(1, Math.floor((height - SCORE_HEIGHT) / each));
  return { channels, scoreHeight: Math.min(SCORE_HEIGHT_MAX, Math.max(SCORE_HEIGHT, height - channels * each - 4)) };
}

/** What commissioning learnt of the channel: three of its scales to either side. */
function bandOf(device: Device, channel: number): readonly [number, number] | null {
  const [mean, scale] = [device.baseline?.mean[channel], device.baseline?.scale[channel]];
  return mean === undefined || scale === undefined ? null : [mean - 3 * scale, mean + 3 * scale];
}

/** UCUM codes that people write otherwise. */
function uomOf(channel: Channel | undefined): string {
  const written: Readonly<Record<string, string>> = { Cel: "°C" };
  return channel === undefined ? "" : (written[channel.uom] ?? channel.uom);
}
