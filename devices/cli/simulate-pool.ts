/** Work shared out among processes, one piece at a time: whoever is through gets the next. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { PolicyName } from "../../edge/sim/dispatch/run.ts";
import { ROOT } from "../server/paths.ts";

export type SeedJob = { readonly seed: number };
/** A day of dispatching. */
export type DayJob = { readonly day: number; readonly policy: PolicyName };
/** Tries a mutant's own seed, then those of the range, until one kills it. */
export type MutantJob = { readonly mutant: string; readonly seeds: readonly [number, number] };

/**
 * `next`: the next piece, or null when there is none. `take` hears each result as it comes. A process that dies, or can't do its piece,
 * rejects; no process is left behind.
 */
export async function share<Job extends object, Result>(processes: number, next: () => Job | null, take: (result: Result, job: Job) => void): Promise<void> {
  const running: ChildProcess[] = [];
  try {
    await Promise.all(
      Array.from({ length: processes }, async () => {
        const first = next();
        if (first === null) return;
        const child = fork(join(ROOT, "devices", "cli", "simulate-worker.ts"), { cwd: ROOT, stdio: ["ignore", "ignore", "pipe", "ipc"] });
        running.push(child);
        await feed(child, first, next, take);
      }),
    );
  } finally {
    for (const child of running) child.kill();
  }
}

async function feed<Job extends object, Result>(
  child: ChildProcess,
  first: Job,
  next: () => Job | null,
  take: (result: Result, job: Job) => void,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    let [job, complaint] = [first, ""];
    child.stderr?.on("data", (chunk: Buffer) => {
      complaint += chunk.toString();
    });
    child.on("message", (result) => {
      take(result as Result, job);
      const another = next();
      if (another === null) {
        child.disconnect();
        return;
      }
      job = another;
      child.send(job);
    });
    child.on("error", reject);
    child.on("exit", (code) =>
      code === 0 ? resolve() : reject(new Error(`a process of the simulation ended with ${code} at ${JSON.stringify(job)}: ${complaint.trim()}`)),
    );
    child.send(job);
  });
}
