/**
 * Follows the nodes of an OPC UA server and publishes what it tells, each value with the instant at which the source measured it.
 *
 *   monitored items ─▶ values with status and instant ─▶ rows ─▶ sink
 *   nothing told for a while, and the session stands ─▶ the value stands: told again
 */
import { BACKOFF, backoffMs, type Backoff } from "../../sdk/backoff.ts";
import type { LinkState } from "../../sdk/device.ts";
import { valueOf } from "../channel.ts";
import { pause } from "../pause.ts";
import type { Adapter, Sink, Tell } from "../sink.ts";
import { type Line, openLine, type Told } from "./line.ts";
import type { OpcuaConfig } from "./map.ts";
import { type Row, startRows } from "./rows.ts";

const PUBLISH_MS = 500;
const SAMPLING_MS = 250;
/** Profiles mostly have a row a second; a value that stands for longer is told again so that no channel looks silent. */
const REPEAT_MS = 1_000;

export type FollowOptions = {
  /** The folder of our own certificate and of those that we trust. */
  readonly pki: string;
  readonly backoff?: Backoff;
  readonly random?: () => number;
  readonly now?: () => number;
  readonly tell?: Tell;
  /** A channel's quality changed: `Good`, or the server's name for what is wrong. */
  readonly onQuality?: (device: string, channel: string, status: string) => void;
};

export function startFollowing(config: OpcuaConfig, sink: Sink, options: FollowOptions): Adapter {
  const { backoff = BACKOFF, random = Math.random, now = Date.now, tell = () => {}, onQuality = () => {} } = options;
  const nodes = config.devices.flatMap(({ device, map }) => map.map((binding) => ({ device, binding, status: "Good" })));
  const repeatMs = config.repeatMs ?? REPEAT_MS;
  const counts = { messages: 0, values: 0, gaps: 0, refused: 0, breaks: 0 };
  const rows = startRows();
  const ended = new AbortController();
  let up = false;
  let scheduled = false;

  function told(at: number, { value, quality, status, at: instant }: Told): void {
    const node = nodes[at];
    if (node === undefined || ended.signal.aborted) return;
    const { device, binding } = node;
    if (status !== node.status) {
      node.status = status;
      onQuality(device, binding.channel, status);
    }
    const taken = quality === "good" || (quality === "uncertain" && config.uncertain !== "gap");
    rows.take(device, binding.channel, taken ? valueOf(value, binding) : null, instant ?? now(), now());
    if (scheduled) return;
    scheduled = true;
    // One answer of the server tells many nodes, one after the other: they become rows together.
    setImmediate(() => {
      scheduled = false;
      send(rows.flush());
    });
  }

  function send(rows: readonly Row[]): void {
    for (const { device, ts, channels } of rows) {
      if (ended.signal.aborted) return;
      counts.messages += 1;
      for (const value of Object.values(channels)) counts[value === null ? "gaps" : "values"] += 1;
      void sink(device, { ts, channels });
    }
  }

  const repeating = setInterval(() => {
    if (up) send(rows.stale(now(), repeatMs));
  }, repeatMs);

  function heard(state: LinkState, why: string): void {
    if (state === "waiting" && up) counts.breaks += 1;
    up = state === "up";
    if (!ended.signal.aborted) tell(state, why);
  }

  /** Until a session stands; from then on the library keeps it, through breaks too. */
  async function run(): Promise<Line | null> {
    for (let attempt = 0; !ended.signal.aborted; attempt++) {
      heard("connecting", "");
      const line = await openLine(config, { pki: options.pki, backoff, tell: heard, stopped: ended.signal }).catch((error: unknown) => {
        heard("waiting", error instanceof Error ? error.message : String(error));
        return null;
      });
      if (line !== null) {
        const told = await begin(line).catch((error: unknown) => heard("waiting", error instanceof Error ? error.message : String(error)));
        if (told === true) return line;
        await line.close();
      }
      await pause(backoffMs(attempt, backoff, random), ended.signal);
    }
    return null;
  }

  async function begin(line: Line): Promise<true> {
    const pace = { samplingMs: config.samplingMs ?? SAMPLING_MS, publishMs: config.publishMs ?? PUBLISH_MS };
    const refused = await line.follow(
      nodes.map(({ binding }) => binding.node),
      pace,
      told,
    );
    counts.refused += refused.size;
    for (const [at, status] of refused) {
      const node = nodes[at];
      if (node !== undefined) onQuality(node.device, node.binding.channel, status);
    }
    heard("up", "");
    return true;
  }

  const running = run();
  return {
    counts: () => counts,
    close: async () => {
      if (ended.signal.aborted) return void (await running);
      ended.abort();
      clearInterval(repeating);
      await (await running)?.close();
      tell("closed", "");
    },
  };
}
