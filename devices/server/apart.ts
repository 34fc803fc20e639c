/**
 * A Worker in a process of its own, as it is when deployed: hub and edge can be killed one without the other.
 * They find each other through the registry folder, by the names of their Workers.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { gone, portIsFree } from "./processes.ts";

/** Starting takes 0.3 s; two busy cores can make it many times that. */
const START_MS = 60_000;
const KILLED_MS = 5_000;

export const ApartOrder = z.object({
  layout: z.enum(["hub", "edge"]),
  host: z.string(),
  port: z.number().int(),
  dataDir: z.string(),
  registry: z.string().optional(),
  vars: z.record(z.string(), z.string()),
  /** Name of the Worker, where it is not the layout's. */
  name: z.string().optional(),
  bundle: z.string().optional(),
});
export type ApartOrder = z.infer<typeof ApartOrder>;
const Ready = z.object({ url: z.string(), workerdPid: z.number().int() });
export type Ready = z.infer<typeof Ready>;

export type Apart = {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly workerdPid: number;
  /** SIGKILL to the process and to its workerd: nothing is finished, nothing is said. Resolves when both are gone and the port is free. */
  kill(): Promise<void>;
};

/** Needs the layout's bundle. Rejects with the process's own words when it does not start. */
export async function startApart(order: ApartOrder): Promise<Apart> {
  const program = join(fileURLToPath(import.meta.url), "..", "apart-process.ts");
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  let said = "";
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  // The pipe stays open: when this process dies, however it dies, the other's reads its end and stops.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the ${order.layout}'s process did not start within ${START_MS} ms`)), START_MS);
    child.once("error", reject);
    child.once("exit", () => {
      clearTimeout(timer);
      reject(new Error(`the ${order.layout}'s process ended: ${complaint.trim()}`));
    });
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes("\n")) return;
      clearTimeout(timer);
      resolve(Ready.parse(JSON.parse(said)));
    });
  });
  const port = Number(new URL(ready.url).port);
  return {
    url: ready.url,
    port,
    pid,
    workerdPid: ready.workerdPid,
    async kill() {
      for (const one of [pid, ready.workerdPid]) {
        try {
          process.kill(one, "SIGKILL");
        } catch {
          // Gone already.
        }
      }
      if (!((await gone(pid, KILLED_MS)) && (await gone(ready.workerdPid, KILLED_MS)) && (await portIsFree(order.host, port, KILLED_MS))))
        throw new Error(`the ${order.layout}'s process does not end`);
    },
  };
}
