/**
 * The data folder of a server: who uses it, and what the other commands on this machine need to speak to it.
 *
 *   DIR/state/        what the objects keep
 *   DIR/admin.json    digests of the administrator's tokens; the tokens themselves are nowhere
 *   DIR/server.json   the running server: addresses, process ids, a token good for this run only. Readable by its owner alone
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { refuse } from "../../contracts/refusal.ts";
import type { Refusal } from "../../contracts/refusal.ts";
import { commandOf, gone, isAlive } from "./processes.ts";

const OWNER_ONLY = 0o600;
/** A process that got SIGKILL is gone within milliseconds, unless the machine is drowning. */
const KILLED_MS = 5_000;

const Running = z.object({ url: z.string(), hub: z.string(), mqtt: z.string(), pid: z.number().int(), workerdPid: z.number().int(), token: z.string() });
export type Running = z.infer<typeof Running>;
const Admin = z.object({ sha256: z.array(z.string()) });

export function stateFolder(dir: string): string {
  return join(dir, "state");
}

/** 128 random bits in base64url. */
export function makeToken(): string {
  return randomBytes(16).toString("base64url");
}

export function digestOfToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** `endedOne`: a left workerd was ended just now; the system may hold its port for a moment more. */
export type Taken = { readonly endedOne: boolean };

/**
 * Takes the folder for this process, since two servers on one state would ruin it. Refuses `wrong-state` while another server runs there.
 * A server that was killed leaves workerd behind with the state open: that one is ended first.
 */
export async function takeFolder(dir: string): Promise<Taken | Refusal> {
  mkdirSync(dir, { recursive: true });
  const left = readServer(dir);
  let endedOne = false;
  if (left !== null && left.pid !== process.pid) {
    if (isAlive(left.pid) && /outpost|cli\.ts/.test(commandOf(left.pid))) {
      return refuse("wrong-state", `${dir} is in use by the server with process id ${left.pid}`, "stop that one, or choose another folder with --data");
    }
    if (isAlive(left.workerdPid) && commandOf(left.workerdPid).includes("workerd")) {
      process.kill(left.workerdPid, "SIGKILL");
      endedOne = true;
      if (!(await gone(left.workerdPid, KILLED_MS)))
        return refuse("unavailable", `workerd of a killed server (process id ${left.workerdPid}) does not end`, "end that process");
    }
  }
  tellServer(dir, { url: "", hub: "", mqtt: "", pid: process.pid, workerdPid: 0, token: "" });
  return { endedOne };
}

export function tellServer(dir: string, running: Running): void {
  writePrivate(join(dir, "server.json"), running);
}

export function leaveFolder(dir: string): void {
  if (readServer(dir)?.pid === process.pid) rmSync(join(dir, "server.json"), { force: true });
}

/** The server that runs on this folder, ready to be asked; null when none does. */
export function findServer(dir: string): Running | null {
  const found = readServer(dir);
  return found !== null && found.url !== "" && isAlive(found.pid) ? found : null;
}

/** Digests of the lasting administrator's tokens, and the token itself if this call made the first one. */
export function openAdmin(dir: string): { readonly sha256: readonly string[]; readonly made?: string } {
  const path = join(dir, "admin.json");
  if (existsSync(path)) return Admin.parse(JSON.parse(readFileSync(path, "utf8")));
  const made = makeToken();
  const sha256 = [digestOfToken(made)];
  writePrivate(path, { sha256 });
  return { sha256, made };
}

function readServer(dir: string): Running | null {
  try {
    return Running.parse(JSON.parse(readFileSync(join(dir, "server.json"), "utf8")));
  } catch {
    return null;
  }
}

/** Whole or not at all, and never readable by others, not even for an instant. */
function writePrivate(path: string, content: unknown): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(content, null, 2)}\n`, { mode: OWNER_ONLY });
  renameSync(fresh, path);
}
