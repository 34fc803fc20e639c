/**
 * A store in one file of lines, appended to and rewritten when mostly dead:
 *
 *   + {"n":7,"seq":17,"text":"…"}     added
 *   - 5 6 7                           no longer needed
 *   = 17                              the last sequence number, written at each rewrite
 *
 * Survives the end of the program at any instant; a torn last line is left out. Against loss of power give `flush: true`,
 * which waits for the disk on every addition.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { z } from "zod";
import type { Entry } from "./queue.ts";
import type { Store } from "./store.ts";

/** Dead lines that the file may hold before it is rewritten: about 250 KB of telemetry. */
const DEAD_LINES_MAX = 1_000;

const Kept = z.strictObject({ n: z.number().int().min(0), seq: z.number().int().min(0), text: z.string() });

export function fileStore(path: string, options: { readonly flush?: boolean } = {}): Store {
  const left = existsSync(path) ? read(readFileSync(path, "utf8")) : { entries: [], lastSeq: null };
  const alive = new Map<number, Entry>(left.entries.map((entry) => [entry.n, entry]));
  let lastSeq = left.lastSeq;
  let dead = 0;
  let file = rewrite(path, alive.values(), lastSeq);

  function append(line: string): void {
    writeSync(file, line);
    if (options.flush === true) fsyncSync(file);
  }

  return {
    load: () => left,
    add(entry) {
      append(`+ ${JSON.stringify(entry)}\n`);
      alive.set(entry.n, entry);
      lastSeq = Math.max(lastSeq ?? 0, entry.seq);
    },
    remove(entries) {
      if (entries.length === 0) return;
      append(`- ${entries.map((entry) => entry.n).join(" ")}\n`);
      for (const entry of entries) alive.delete(entry.n);
      dead += entries.length;
      if (dead <= Math.max(DEAD_LINES_MAX, alive.size)) return;
      closeSync(file);
      file = rewrite(path, alive.values(), lastSeq);
      dead = 0;
    },
    close: () => closeSync(file),
  };
}

/** Writes what is alive beside the file and puts it in its place in one step; answers the file opened for appending. */
function rewrite(path: string, alive: Iterable<Entry>, lastSeq: number | null): number {
  const lines = [...(lastSeq === null ? [] : [`= ${lastSeq}\n`]), ...Array.from(alive, (entry) => `+ ${JSON.stringify(entry)}\n`)];
  const beside = `${path}.new`;
  writeFileSync(beside, lines.join(""), { flush: true });
  renameSync(beside, path);
  return openSync(path, "a");
}

function read(text: string): { readonly entries: readonly Entry[]; readonly lastSeq: number | null } {
  const alive = new Map<number, Entry>();
  let lastSeq: number | null = null;
  // What follows the last line end is torn: its publisher was never answered.
  for (const line of text.split("\n").slice(0, -1)) {
    const rest = line.slice(2);
    if (line.startsWith("+ ")) {
      const entry = entryOf(rest);
      if (entry === null) continue;
      alive.set(entry.n, entry);
      lastSeq = Math.max(lastSeq ?? 0, entry.seq);
    }
    if (line.startsWith("- ")) for (const n of rest.split(" ")) alive.delete(Number(n));
    if (line.startsWith("= ") && /^\d+$/.test(rest)) lastSeq = Math.max(lastSeq ?? 0, Number(rest));
  }
  return { entries: [...alive.values()], lastSeq };
}

function entryOf(text: string): Entry | null {
  try {
    return Kept.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
