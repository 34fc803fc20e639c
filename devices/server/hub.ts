/**
 * The hub as a process of its own beside the edge's, as it is when deployed: it can be killed while the unit goes on.
 * The edge finds it through the registry folder, by the name of its Worker.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { gone, portIsFree } from "./processes.ts";

/** Starting takes 0.3 s; two busy cores can make it many times that. */
const START_MS = 60_000;
const KILLED_MS = 5_000;

export const HubOrder = z.object({
  host: z.string(),
  port: z.number().int(),
  dataDir: z.string(),
  registry: z.string(),
  vars: z.record(z.string(), z.string()),
  bundle: z.string().optional(),
});
export type HubOrder = z.infer<typeof HubOrder>;
export const HubReady = z.object({ url: z.string(), workerdPid: z.number().int() });

export type HubProcess = {
  readonly url: string;
  readonly pid: number;
  readonly workerdPid: number;
  /** SIGKILL to the process and to its workerd: nothing is finished, nothing is said. Resolves when both are gone and the port is free. */
  kill(): Promise<void>;
};

/** Needs the hub's bundle. Rejects with the process's own words when it does not start. */
export async function startHubProcess(order: HubOrder): Promise<HubProcess> {
  const program = join(fileURLToPath(import.meta.url), "..", "hub-process.ts");
  const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "pipe"] });
  const pid = child.pid ?? 0;
  let said = "";
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  // The pipe stays open: when this process dies, however it dies, the hub's reads its end and stops.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  const ready = await new Promise<z.infer<typeof HubReady>>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the hub's process did not start within ${START_MS} ms`)), START_MS);
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`the hub's process ended: ${complaint.trim()}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes("\n")) return;
      clearTimeout(timer);
      resolve(HubReady.parse(JSON.parse(said)));
    });
  });
  return {
    url: ready.url,
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
      const port = Number(new URL(ready.url).port);
      if (!((await gone(pid, KILLED_MS)) && (await gone(ready.workerdPid, KILLED_MS)) && (await portIsFree(order.host, port, KILLED_MS))))
        throw new Error("the hub's process does not end");
    },
  };
}
