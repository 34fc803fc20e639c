/** What the operating system says about processes and ports. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";

/** Between two looks while waiting for a process to go. */
const LOOK_MS = 20;

export function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return !isZombie(pid);
}

/** Ended, but not yet collected by its parent: it holds nothing any more. */
function isZombie(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  try {
    return existsSync(stat) && /\) Z /.test(readFileSync(stat, "utf8"));
  } catch {
    return true;
  }
}

/** The command line of a process, or "" when it is gone: process ids are given again. */
export function commandOf(pid: number): string {
  try {
    const file = `/proc/${pid}/cmdline`;
    if (existsSync(file)) return readFileSync(file, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
  if (process.platform === "linux" || process.platform === "win32") return "";
  return spawnSync("ps", ["-o", "args=", "-p", String(pid)], { encoding: "utf8" }).stdout?.trim() ?? "";
}

/** Resolves true when the process is gone, false when it is still there after `withinMs`. */
export async function gone(pid: number, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (isAlive(pid)) {
    if (Date.now() > until) return false;
    await wait(LOOK_MS);
  }
  return true;
}

/** Whether one may listen there, at once or within `withinMs`. Port 0 is always free. */
export async function portIsFree(host: string, port: number, withinMs = 0): Promise<boolean> {
  for (const until = Date.now() + withinMs; ; await wait(LOOK_MS)) {
    if (port === 0 || (await mayListen(host, port))) return true;
    if (Date.now() >= until) return false;
  }
}

async function mayListen(host: string, port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ host, port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
