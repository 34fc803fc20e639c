/** mosquitto beside ours, where it is installed: the broker whose suites and figures everybody knows. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { failure } from "../cli/outcome.ts";
import { gone, portIsFree } from "../server/processes.ts";

/** Where Debian and others put it; not on everybody's PATH. */
const PLACES = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto", "/opt/homebrew/sbin/mosquitto"];
const HOST = "127.0.0.1";
const START_MS = 10_000;
const STOP_MS = 5_000;
const LOOK_MS = 20;

export type Peer = { readonly port: number; readonly pid: number; stop(): Promise<void> };

/** Null where it is not installed. It keeps everything in memory and takes everybody on this machine. */
export async function startMosquitto(): Promise<Peer | null> {
  const program = PLACES.find(existsSync);
  if (program === undefined) return null;
  const port = await freePort();
  const child = spawn(program, ["-p", String(port)], { stdio: "ignore" });
  const pid = child.pid ?? 0;
  for (const until = Date.now() + START_MS; await portIsFree(HOST, port); await new Promise((resolve) => setTimeout(resolve, LOOK_MS)))
    if (Date.now() > until || child.exitCode !== null) throw failure(`${program} does not listen on port ${port}`);
  return {
    port,
    pid,
    async stop() {
      child.kill("SIGTERM");
      if (!(await gone(pid, STOP_MS))) child.kill("SIGKILL");
    },
  };
}

/** One that nobody had a moment ago: for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, HOST, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
