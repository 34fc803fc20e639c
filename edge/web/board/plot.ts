/** How a curve is drawn: axes at the site's time, the alarm's window behind it, thresholds and normal bands across it. */
import uPlot from "uplot";
import { axisTimesOf } from "../figures.ts";
import type { Colours } from "./scheme.ts";

export type Mark = { readonly from: number; readonly to: number };
export type Look = {
  readonly height: number;
  readonly zone: string;
  readonly colour: string;
  readonly axis: boolean;
  /** Bounds of the value axis, or null to follow the values. */
  readonly range: readonly [number, number] | null;
  readonly levels: readonly { readonly at: number; readonly colour: string }[];
  readonly band: readonly [number, number] | null;
  /** Single missing values are bridged: a sample that came out of order has no score of its own. */
  readonly bridges: boolean;
};

/** All curves of one device move together. */
const TOGETHER = "device";
const MARGIN_LEFT = 46;
/** Half of the width of hh:mm:ss. */
const LABEL_HALF = 26;

/** `marks` is asked at each drawing: an alarm that goes on grows. Times in ms. */
export function curveOptions(
  curve: Look,
  colours: Colours,
  width: number,
  marks: () => readonly Mark[],
  window: () => readonly [number, number],
): uPlot.Options {
  const font = "11px 'Noto Sans SC Variable', system-ui, sans-serif";
  return {
    width,
    height: curve.height,
    legend: { show: false },
    cursor: { sync: { key: TOGETHER }, points: { size: 6 }, drag: { x: false, y: false }, y: false },
    padding: [6, 8, curve.axis ? 0 : 4, 0],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), curve.zone),
    scales: {
      x: { time: true, range: () => [window()[0] / 1_000, window()[1] / 1_000] },
      y: { range: (_plot, low, high) => rangeOf(curve, low, high) },
    },
    axes: [
      {
        show: curve.axis,
        stroke: colours.muted,
        font,
        size: 22,
        gap: 3,
        grid: { stroke: colours.line, width: 1 },
        ticks: { show: false },
        values: (_plot, splits, _axis, _space, step) => axisTimesOf(splits, step, curve.zone),
        // A label that would be cut at the right edge, or stand under the value axis, is left out.
        filter: (plot, splits) => {
          const [left, right] = [LABEL_HALF / 2, plot.bbox.width / devicePixelRatio - LABEL_HALF];
          return splits.map((at) => (plot.valToPos(at, "x") < left || plot.valToPos(at, "x") > right ? null : at));
        },
        space: 84,
      },
      {
        stroke: colours.muted,
        font,
        size: MARGIN_LEFT,
        gap: 5,
        grid: { stroke: colours.line, width: 1 },
        ticks: { show: false },
        space: curve.height > 100 ? 28 : 22,
      },
    ],
    series: [{}, { stroke: curve.colour, width: 1.5, points: { show: false }, spanGaps: curve.bridges }],
    hooks: { drawClear: [(plot) => drawBehind(plot, curve, colours, marks())], drawSeries: [(plot) => drawLevels(plot, curve)] },
  };
}

function rangeOf(curve: Look, low: number | null, high: number | null): [number, number] {
  if (curve.range !== null) return [curve.range[0], curve.range[1]];
  const [from, to] = [Math.min(low ?? 0, curve.band?.[0] ?? Infinity), Math.max(high ?? 1, curve.band?.[1] ?? -Infinity)];
  const air = (to - from || Math.abs(to) || 1) * 0.12;
  return [from - air, to + air];
}

function drawBehind(plot: uPlot, curve: Look, colours: Colours, marks: readonly Mark[]): void {
  const { ctx, bbox } = plot;
  const x = (ms: number) => Math.min(bbox.left + bbox.width, Math.max(bbox.left, plot.valToPos(ms / 1_000, "x", true)));
  const y = (value: number) => plot.valToPos(value, "y", true);
  ctx.save();
  if (curve.band !== null) {
    ctx.fillStyle = colours.band;
    ctx.fillRect(bbox.left, y(curve.band[1]), bbox.width, y(curve.band[0]) - y(curve.band[1]));
  }
  for (const mark of marks) {
    const [left, right] = [x(mark.from), x(mark.to)];
    if (right <= left) continue;
    ctx.fillStyle = colours["anomalous-wash"];
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = colours.anomalous;
    ctx.fillRect(left, bbox.top, devicePixelRatio, bbox.height);
  }
  ctx.restore();
}

function drawLevels(plot: uPlot, curve: Look): void {
  const { ctx, bbox } = plot;
  ctx.save();
  for (const level of curve.levels) {
    const y = Math.round(plot.valToPos(level.at, "y", true)) + 0.5;
    ctx.strokeStyle = level.colour;
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
  ctx.restore();
}
