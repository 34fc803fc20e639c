/** `outpost serve` as a process of its own, as a site runs it: started on a folder, asked where it listens, stopped or killed. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { failure } from "../cli/outcome.ts";
import { findServer, type Running } from "../server/folder.ts";
import { ROOT } from "../server/paths.ts";
import { gone, portIsFree } from "../server/processes.ts";

const HOST = "127.0.0.1";
/** Starting takes two seconds, a first build ten; two busy cores can make it many times that. */
const START_MS = 120_000;
/** It closes its connections and waits for workerd. */
const STOP_MS = 20_000;
const KILLED_MS = 10_000;

export type ServedOptions = { readonly dir: string; readonly port?: number; readonly mqttPort?: number; readonly openAccess: boolean };

export type Served = Running & {
  readonly httpPort: number;
  readonly mqttPort: number;
  /** As by SIGTERM. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL to the process and to its workerd. Resolves when neither they nor their ports are left; rejects when one is. */
  kill(): Promise<void>;
};

/** Resolves when both ports answer. Rejects with what the server said when it does not start. */
export async function startServed({ dir, port = 0, mqttPort = 0, openAccess }: ServedOptions): Promise<Served> {
  const argv = ["serve", "--data", dir, "--port", String(port), "--mqtt-port", String(mqttPort), ...(openAccess ? ["--open-access"] : ["--host", HOST])];
  const child = spawn(process.execPath, [join(ROOT, "devices", "cli.ts"), ...argv], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2_000)));
  await new Promise<void>((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => end(failure(`serve did not start within ${START_MS / 1_000} s: ${complaint.trim()}`)), START_MS);
    const end = (error?: Error): void => {
      clearTimeout(timer);
      if (error === undefined) return resolve();
      child.kill("SIGKILL");
      reject(error);
    };
    child.once("error", end);
    child.once("exit", () => end(failure(`serve ended: ${complaint.trim()}`)));
    child.stdout.on("data", (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`;
      if (/^ready /m.test(said)) end();
    });
  });
  const running = findServer(dir);
  if (running === null) throw failure(`serve on ${dir} says that it is ready and left no server.json`);
  const [httpPort, itsMqttPort] = [Number(new URL(running.url).port), Number(new URL(running.mqtt).port)];
  return {
    ...running,
    httpPort,
    mqttPort: itsMqttPort,
    async stop() {
      child.kill("SIGTERM");
      if (!(await gone(running.pid, STOP_MS))) child.kill("SIGKILL");
    },
    async kill() {
      // workerd may have been started anew since: the folder knows by which id.
      const workerdPid = findServer(dir)?.workerdPid ?? running.workerdPid;
      for (const pid of [running.pid, workerdPid]) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // Gone already.
        }
      }
      const ends = await Promise.all([gone(running.pid, KILLED_MS), gone(workerdPid, KILLED_MS)]);
      const frees = await Promise.all([httpPort, itsMqttPort].map((one) => portIsFree(HOST, one, KILLED_MS)));
      if (![...ends, ...frees].every(Boolean)) throw failure("the killed server or its port is still there");
    },
  };
}
