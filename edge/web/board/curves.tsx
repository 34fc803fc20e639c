/** The curves of one device: its score with threshold and alarm, and under it as many channels as fit, those first that gave the evidence. */
import { useEffect, useMemo, useRef, useState, type RefObject } from "react";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { Trace } from "../../../contracts/board.ts";
import type { Device } from "../../../contracts/device.ts";
import type { Channel, Scenario } from "../../../contracts/scenario.ts";
import { useNow } from "../clock.ts";
import { valueOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { Curve } from "./curve.tsx";
import { latestAlarm } from "./picture.ts";
import type { Look, Mark } from "./plot.ts";
import { useColours } from "./scheme.ts";
import { since } from "./trace.ts";

/** A young trace is not stretched over the whole width: at least this much is shown. */
const WINDOW_MS_MIN = 120_000;
const SCORE_HEIGHT = 112;
const SCORE_HEIGHT_MAX = 240;
const CHANNEL_HEIGHT = 46;
const CAPTION_HEIGHT = 16;
/** Channels under the score where the page scrolls anyway. */
const CHANNELS_SHOWN = 3;
const scrolls = matchMedia("(max-width: 1180px)");

type Props = { readonly device: Device; readonly trace: Trace; readonly alarms: readonly Alarm[]; readonly scenario: Scenario; readonly spanMs: number };
/** What all curves of the device have in common. */
type Shared = { readonly at: number[]; readonly marks: readonly Mark[]; readonly window: readonly [number, number] };

export function Curves({ device, trace, alarms, scenario, spanMs }: Props) {
  const words = useWords(boardWords).chart;
  const now = useNow();
  const place = useRef<HTMLDivElement>(null);
  const { channels: room, scoreHeight } = useRoom(place);
  const cut = useMemo(() => since(trace, (trace.columns[0]?.at(-1) ?? 0) - spanMs), [trace, spanMs]);
  const at = useMemo(() => (cut.columns[0] ?? []).map((ms) => (ms ?? 0) / 1_000), [cut]);
  const first = (at[0] ?? now / 1_000) * 1_000;
  const last = Math.max(now, (at.at(-1) ?? 0) * 1_000);
  const shared = useMemo<Shared>(
    () => ({
      at,
      window: [Math.max(last - spanMs, Math.min(first, last - WINDOW_MS_MIN)), last],
      marks: alarms.filter((alarm) => alarm.device === device.id).map((alarm) => ({ from: alarm.since, to: alarm.clearedAt ?? last })),
    }),
    [at, first, last, spanMs, alarms, device.id],
  );
  const evidence = latestAlarm(alarms, device.id)?.evidence.map(({ channel }) => channel) ?? [];
  const shown = [...new Set([...evidence, ...trace.channels])].filter((channel) => trace.channels.includes(channel)).slice(0, room);
  const described = scenario.profiles.find(({ id }) => id === device.profile)?.channels ?? [];
  return (
    <div className="curves" ref={place} role="img" aria-label={words.name(device.name)}>
      <p className="caption">
        <span>{words.score}</span>
        <span className="alarm-line">{words.threshold(trace.onScore.toFixed(2))}</span>
        <span className="muted model" title={trace.model}>
          {words.model} {trace.model.slice(0, 8)}
        </span>
      </p>
      <ScoreCurve
        values={cut.columns[1] ?? []}
        shared={shared}
        height={scoreHeight}
        zone={scenario.timeZone}
        onScore={trace.onScore}
        offScore={trace.offScore}
      />
      {shown.map((channel) => (
        <ChannelCurve
          key={channel}
          id={channel}
          channel={described.find(({ id }) => id === channel)}
          values={cut.columns[trace.channels.indexOf(channel) + 2] ?? []}
          shared={shared}
          zone={scenario.timeZone}
          mean={device.baseline?.mean[described.findIndex(({ id }) => id === channel)]}
          scale={device.baseline?.scale[described.findIndex(({ id }) => id === channel)]}
        />
      ))}
      <p className="caption muted">{device.baseline === undefined ? "" : words.normalBand}</p>
    </div>
  );
}

type Values = { readonly values: (number | null)[]; readonly shared: Shared; readonly zone: string };

function ScoreCurve({
  values,
  shared,
  zone,
  height,
  onScore,
  offScore,
}: Values & { readonly height: number; readonly onScore: number; readonly offScore: number }) {
  const colours = useColours();
  const look = useMemo<Look>(
    () => ({
      height,
      zone,
      colour: colours.ink,
      axis: true,
      range: [0, 1],
      levels: [
        { at: onScore, colour: colours.anomalous },
        { at: offScore, colour: colours["line-strong"] },
      ],
      band: null,
      bridges: true,
    }),
    [height, zone, colours, onScore, offScore],
  );
  return <Curve look={look} colours={colours} values={values} {...shared} />;
}

type OfChannel = { readonly id: string; readonly channel: Channel | undefined; readonly mean: number | undefined; readonly scale: number | undefined };

/** `mean` and `scale`: what commissioning learnt; the band is three scales to either side. */
function ChannelCurve({ id, channel, values, shared, zone, mean, scale }: Values & OfChannel) {
  const language = useLanguage();
  const colours = useColours();
  const look = useMemo<Look>(
    () => ({
      height: CHANNEL_HEIGHT,
      zone,
      colour: colours.accent,
      axis: false,
      range: null,
      levels: [],
      band: mean === undefined || scale === undefined ? null : [mean - 3 * scale, mean + 3 * scale],
      bridges: false,
    }),
    [zone, colours, mean, scale],
  );
  const latest = values.findLast((value) => value !== null);
  return (
    <div>
      <p className="caption">
        <span>{channel?.title[language] ?? id}</span>
        <span className="latest">{latest === undefined || latest === null ? "–" : `${valueOf(latest)} ${uomOf(channel)}`}</span>
      </p>
      <Curve look={look} colours={colours} values={values} {...shared} />
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

/** UCUM codes that people write otherwise. */
function uomOf(channel: Channel | undefined): string {
  const written: Readonly<Record<string, string>> = { Cel: "°C" };
  return channel === undefined ? "" : (written[channel.uom] ?? channel.uom);
}
