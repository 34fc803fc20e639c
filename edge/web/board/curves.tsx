/** The curves of one device: its score with threshold and alarm, and under it every channel, those first that gave the evidence. */
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
/** Where the page scrolls anyway. */
const SCORE_HEIGHT = 112;
const SCORE_HEIGHT_MIN = 76;
const SCORE_HEIGHT_MAX = 240;
/** A curve lower than this no longer shows a fault. */
const CHANNEL_HEIGHT_MIN = 30;
const CHANNEL_HEIGHT_MAX = 64;
/** Narrower than this the values would stand on the name. */
const CHANNEL_WIDTH_MIN = 230;
const CAPTION_HEIGHT = 16;
const scrolls = matchMedia("(max-width: 1180px)");

type Props = { readonly device: Device; readonly trace: Trace; readonly alarms: readonly Alarm[]; readonly scenario: Scenario; readonly spanMs: number };
/** What all curves of the device have in common. */
type Shared = { readonly at: number[]; readonly marks: readonly Mark[]; readonly window: readonly [number, number] };

export function Curves({ device, trace, alarms, scenario, spanMs }: Props) {
  const words = useWords(boardWords).chart;
  const now = useNow();
  const place = useRef<HTMLDivElement>(null);
  const { columns, channelHeight, scoreHeight } = useRoom(place, trace.channels.length);
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
  const shown = [...new Set([...evidence, ...trace.channels])].filter((channel) => trace.channels.includes(channel));
  const described = scenario.profiles.find(({ id }) => id === device.profile)?.channels ?? [];
  return (
    <div className="curves" ref={place} role="img" aria-label={words.name(device.name)}>
      <p className="caption">
        <span>{words.score}</span>
        <span className="alarm-line">{words.threshold(trace.onScore.toFixed(2))}</span>
        <span className="muted">{device.baseline === undefined ? "" : words.normalBand}</span>
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
      <div className="channels" style={{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}>
        {shown.map((channel) => (
          <ChannelCurve
            key={channel}
            id={channel}
            height={channelHeight}
            channel={described.find(({ id }) => id === channel)}
            values={cut.columns[trace.channels.indexOf(channel) + 2] ?? []}
            shared={shared}
            zone={scenario.timeZone}
            mean={device.baseline?.mean[described.findIndex(({ id }) => id === channel)]}
            scale={device.baseline?.scale[described.findIndex(({ id }) => id === channel)]}
          />
        ))}
      </div>
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

type OfChannel = {
  readonly id: string;
  readonly height: number;
  readonly channel: Channel | undefined;
  readonly mean: number | undefined;
  readonly scale: number | undefined;
};

/** `mean` and `scale`: what commissioning learnt; the band is three scales to either side. */
function ChannelCurve({ id, height, channel, values, shared, zone, mean, scale }: Values & OfChannel) {
  const language = useLanguage();
  const colours = useColours();
  const look = useMemo<Look>(
    () => ({
      height,
      zone,
      colour: colours.accent,
      axis: false,
      range: null,
      levels: [],
      band: mean === undefined || scale === undefined ? null : [mean - 3 * scale, mean + 3 * scale],
      bridges: false,
    }),
    [height, zone, colours, mean, scale],
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

type Room = { readonly columns: number; readonly channelHeight: number; readonly scoreHeight: number };

/** Every channel has its curve. Beside each other where there is width, as low as needed to be seen together; beyond that the place scrolls. */
function useRoom(place: RefObject<HTMLDivElement | null>, channels: number): Room {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return useMemo(() => {
    const columns = size.width >= CHANNEL_WIDTH_MIN * 2 ? 2 : 1;
    const rows = Math.ceil(channels / columns);
    if (scrolls.matches) return { columns, channelHeight: CHANNEL_HEIGHT_MIN, scoreHeight: SCORE_HEIGHT };
    const room = size.height - (rows + 1) * CAPTION_HEIGHT - SCORE_HEIGHT_MIN;
    const channelHeight = Math.min(CHANNEL_HEIGHT_MAX, Math.max(CHANNEL_HEIGHT_MIN, Math.floor(room / Math.max(1, rows))));
    const left = size.height - (rows + 1) * CAPTION_HEIGHT - rows * channelHeight;
    return { columns, channelHeight, scoreHeight: Math.min(SCORE_HEIGHT_MAX, Math.max(SCORE_HEIGHT_MIN, left)) };
  }, [size, channels]);
}

/** UCUM codes that people write otherwise. */
function uomOf(channel: Channel | undefined): string {
  const written: Readonly<Record<string, string>> = { Cel: "°C", "[g]": "g" };
  return channel === undefined ? "" : (written[channel.uom] ?? channel.uom);
}
