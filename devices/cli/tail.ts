/** `tail`: what devices say, live, with the contract's verdict of each field. Ends with Ctrl-C, or after `--count` messages. */
import { setTimeout as wait } from "node:timers/promises";
import type { Board, TailLine } from "../../contracts/board.ts";
import type { Api, Where } from "./api.ts";
import { findApi } from "./api.ts";
import { failure, isAway, print, printJson, progress, usage } from "./outcome.ts";

/** Between two questions; devices speak once a second. */
const POLL_MS = 500;
/** Silence of a device from which it is worth telling. */
const GAP_MS = 5_000;

export type Tail = Where & { readonly unit: string; readonly device?: string; readonly count?: number; readonly json: boolean };

export async function tail(options: Tail): Promise<void> {
  const api = findApi(options);
  // One that was started for the moment would have no devices to listen to.
  if (api === null) throw usage(`no server runs on ${options.data}: start one with \`serve\`, or name another with --data or --server`);
  await needSpeaker(api, options.unit, options.device);
  progress(`listening to ${options.device ?? "all devices"} of unit ${options.unit} …`);
  const lastAt = new Map<string, number>();
  let last: TailLine | undefined;
  let left = options.count ?? Number.POSITIVE_INFINITY;
  let away = false;
  for (;;) {
    const lines = await newLines(options, last);
    if ((lines === null) !== away) progress(lines === null ? "the server is away; waiting for it …" : "the server is back");
    away = lines === null;
    for (const line of lines ?? []) {
      last = line;
      if (options.json) printJson(line);
      else print(lineOf(line, lastAt.get(line.device)));
      lastAt.set(line.device, line.at);
      left -= 1;
      if (left <= 0) return;
    }
    await wait(POLL_MS);
  }
}

/** Silence is told from a name that is not there. */
async function needSpeaker(api: Api, unit: string, device: string | undefined): Promise<void> {
  const { devices } = await api.ask<Board>("GET", `/api/u/${unit}/board`);
  if (device !== undefined && !devices.some(({ id }) => id === device))
    throw failure(`no device \`${device}\` in unit ${unit}: add it with \`outpost device add ${device} --unit ${unit}\``);
}

/** Null while the server is away; one that comes back on the same folder is found again. */
async function newLines(options: Tail, last: TailLine | undefined): Promise<readonly TailLine[] | null> {
  const api = findApi(options);
  if (api === null) return null;
  try {
    return await linesAfter(last, (after) => api.tail(options.unit, after, options.device));
  } catch (error) {
    if (isAway(error)) return null;
    throw error;
  }
}

/**
 * What came after `last`. The count `n` begins again when the server does: where the line that was heard last is no longer
 * under its number, either that happened or newer ones pushed it out, and all that the server has is new.
 */
export async function linesAfter(last: TailLine | undefined, ask: (after: number) => Promise<readonly TailLine[]>): Promise<readonly TailLine[]> {
  if (last === undefined) return await ask(0);
  const lines = await ask(last.n - 1);
  const known = lines.some(({ n, at }) => n === last.n && at === last.at);
  return known ? lines.filter(({ n }) => n > last.n) : await ask(0);
}

/** `12:00:01.123 pump-7  vibration.a.rms 0.027 ok · pressure null gap`, with the silence before it when it was long. */
export function lineOf(line: TailLine, previousAt: number | undefined): string {
  const at = new Date(line.at).toISOString().slice(11, 23);
  const gap = previousAt !== undefined && line.at - previousAt >= GAP_MS ? `  (${((line.at - previousAt) / 1000).toFixed(1)} s of silence)` : "";
  const fields = line.fields.map(({ field, value, verdict }) => `${field} ${value} ${verdict}`).join(" · ");
  return `${at} ${line.device}  ${line.refused === undefined ? fields : `refused: ${line.refused}`}${gap}`;
}
