/** `tail`: what devices say, live, with the contract's verdict of each field. Ends with Ctrl-C, or after `--count` messages. */
import { setTimeout as wait } from "node:timers/promises";
import type { TailLine } from "../../contracts/board.ts";
import type { Where } from "./api.ts";
import { withApi } from "./api.ts";
import { print, printJson, progress } from "./outcome.ts";

/** Between two questions; devices speak once a second. */
const POLL_MS = 500;
/** Silence of a device from which it is worth telling. */
const GAP_MS = 5_000;

export type Tail = Where & { readonly unit: string; readonly device?: string; readonly count?: number; readonly json: boolean };

export async function tail(options: Tail): Promise<void> {
  await withApi(options, async (api) => {
    progress(`listening to ${options.device ?? "all devices"} of unit ${options.unit} …`);
    const lastAt = new Map<string, number>();
    let after = 0;
    let left = options.count ?? Number.POSITIVE_INFINITY;
    for (;;) {
      for (const line of await api.tail(options.unit, after, options.device)) {
        after = Math.max(after, line.n);
        if (options.json) printJson(line);
        else print(lineOf(line, lastAt.get(line.device)));
        lastAt.set(line.device, line.at);
        left -= 1;
        if (left <= 0) return;
      }
      await wait(POLL_MS);
    }
  });
}

/** `12:00:01.123 pump-7  vibration.a.rms 0.027 ok · pressure null gap`, with the silence before it when it was long. */
export function lineOf(line: TailLine, previousAt: number | undefined): string {
  const at = new Date(line.at).toISOString().slice(11, 23);
  const gap = previousAt !== undefined && line.at - previousAt >= GAP_MS ? `  (${((line.at - previousAt) / 1000).toFixed(1)} s of silence)` : "";
  const fields = line.fields.map(({ field, value, verdict }) => `${field} ${value} ${verdict}`).join(" · ");
  return `${at} ${line.device}  ${line.refused === undefined ? fields : `refused: ${line.refused}`}${gap}`;
}
