/**
 * Reads a Modbus server at a steady pace and publishes a row for each device of its map.
 *
 *   grid of instants ─▶ questions, one at a time ─▶ row per device ─▶ sink
 *        ▲                     │ no answer in time, line gone
 *        └──── line again ◀────┘ after a wait that grows
 */
import { BACKOFF, backoffMs, type Backoff } from "../../sdk/backoff.ts";
import { pause } from "../pause.ts";
import type { Adapter, Sink, Tell } from "../sink.ts";
import { ANSWER_MS, isException, type Line, messageOf, openLine } from "./line.ts";
import type { ModbusConfig } from "./map.ts";
import { apart, type Span, spansOf, valuesOf } from "./reading.ts";

/** Modbus TCP's own port. */
export const MODBUS_PORT = 502;
/** One row a second: what profiles mostly have. */
const EVERY_MS = 1_000;
/** The server's exceptions for an address that it does not have, and for a count that it does not take at once. */
const NOT_THERE = [2, 3];

export type PollOptions = {
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly tell?: Tell;
};

export function startPolling(config: ModbusConfig, sink: Sink, options: PollOptions = {}): Adapter {
  const { backoff = BACKOFF, random = Math.random, now = Date.now, tell = () => {} } = options;
  const place = { host: config.host, port: config.port ?? MODBUS_PORT, timeoutMs: config.timeoutMs ?? ANSWER_MS };
  const everyMs = config.everyMs ?? EVERY_MS;
  const counts = { messages: 0, values: 0, gaps: 0, refused: 0, breaks: 0 };
  const ended = new AbortController();
  let spans = spansOf(config.devices);
  /** Devices of a serial line that do not answer, while their neighbours do: left alone for a while each. */
  const silent = new Map<number, { readonly until: number; readonly attempt: number }>();
  const severalUnits = new Set(spans.map(({ unitId }) => unitId)).size > 1;
  let line: Line | null = null;
  let rested = false;
  let attempt = 0;

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        tell("connecting", "");
        line = await openLine(place);
        if (ended.signal.aborted) break;
        tell("up", "");
        await readOn(line);
      } catch (error) {
        if (ended.signal.aborted) break;
        counts.breaks += 1;
        tell("waiting", messageOf(error));
        // Who was silent rests by itself; the others are read on at once.
        if (others()) continue;
        await pause(backoffMs(attempt, backoff, random), ended.signal);
        attempt += 1;
      } finally {
        line?.close();
        line = null;
      }
    }
    line?.close();
    tell("closed", "");
  }

  /** Instants on a grid: a slow round costs the instants that it took, and none is made up for. */
  async function readOn(line: Line): Promise<void> {
    for (let due = now(); !ended.signal.aborted; due += Math.max(1, Math.ceil((now() - due) / everyMs)) * everyMs) {
      await pause(due - now(), ended.signal);
      if (ended.signal.aborted) return;
      if (await readAll(line)) attempt = 0;
    }
  }

  /** Whether anybody answered. */
  async function readAll(line: Line): Promise<boolean> {
    let answered = false;
    const rows = new Map<string, { ts: number; readonly channels: Record<string, number | null> }>();
    for (const span of spans) {
      if ((silent.get(span.unitId)?.until ?? 0) > now()) continue;
      const words = await line.read(span.unitId, span.table, span.address, span.count).catch((error: unknown) => {
        if (severalUnits) rest(span.unitId);
        throw error;
      });
      if (ended.signal.aborted) return answered;
      answered = true;
      silent.delete(span.unitId);
      if (isException(words)) {
        refused(span, words.exception);
        continue;
      }
      const row = rows.get(span.device) ?? { ts: now(), channels: {} };
      rows.set(span.device, row);
      for (const [channel, value] of valuesOf(span, words)) row.channels[channel] = value;
    }
    for (const { device } of config.devices) {
      const row = rows.get(device);
      if (row === undefined) continue;
      counts.messages += 1;
      for (const value of Object.values(row.channels)) counts[value === null ? "gaps" : "values"] += 1;
      void sink(device, row);
    }
    return answered;
  }

  function rest(unitId: number): void {
    const attempt = silent.get(unitId)?.attempt ?? 0;
    silent.set(unitId, { until: now() + backoffMs(attempt, backoff, random), attempt: attempt + 1 });
    rested = true;
  }

  /** Whether the break was one device's silence, and others are left to be asked. */
  function others(): boolean {
    const was = rested;
    rested = false;
    return was && spans.some(({ unitId }) => (silent.get(unitId)?.until ?? 0) <= now());
  }

  function refused(span: Span, exception: number): void {
    counts.refused += 1;
    // One address that is not there takes its neighbours along: from now on each is asked for by itself.
    if (span.bindings.length > 1 && NOT_THERE.includes(exception)) spans = spans.flatMap((one) => (one === span ? apart(one) : [one]));
  }

  const running = run();
  return {
    counts: () => counts,
    close: async () => {
      ended.abort();
      line?.close();
      await running;
    },
  };
}
