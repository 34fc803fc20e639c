/**
 * `demo`: everything on this machine, on a fresh folder. To a person: the hub unplugged, a button to plug it in, a phone to answer.
 * With `--once`: the hub there from the start, one fault, and the run ends when the CRM has heard that an engineer accepted.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRefusal } from "../../contracts/refusal.ts";
import { build } from "../server/build.ts";
import { leaveFolder, takeFolder } from "../server/folder.ts";
import type { Taken } from "../server/folder.ts";
import { startClosing } from "./closing.ts";
import { runOnce } from "./demo/once.ts";
import { setScene } from "./demo/scene.ts";
import { show } from "./demo/show.ts";
import { addresses, needPort } from "./serve.ts";
import { printJson, progress, usage } from "./outcome.ts";

const LOOPBACK = "127.0.0.1";
const EVERYWHERE = "0.0.0.0";
/** Where a demo for a person keeps its state, so that the next one finds what a killed one left running. */
const FOLDER = ".outpost-demo";

export type Demo = {
  readonly port: number;
  readonly mqttPort: number;
  readonly once: boolean;
  readonly json: boolean;
  readonly model?: string;
  readonly lan: boolean;
};

export async function demo(options: Demo): Promise<void> {
  if (options.json && !options.once) throw usage("--json goes with --once: a demo for a person does not end");
  const startedAt = Date.now();
  const closing = startClosing();
  closing.onSignals(!options.once);
  try {
    const { dir, taken } = await freshFolder(options.once, closing);
    const host = options.lan ? EVERYWHERE : LOOPBACK;
    await needPort(host, options.port, "--port", taken);
    await needPort(host, options.mqttPort, "--mqtt-port", taken);
    await build(options.once ? ["web", "embedded"] : ["web", "edge", "hub"], progress);
    const scene = await setScene({
      dir,
      host,
      port: options.port,
      mqttPort: options.mqttPort,
      apart: !options.once,
      publicHost: options.lan ? (addresses()[0] ?? LOOPBACK) : LOOPBACK,
      closing,
      ...(options.model === undefined ? {} : { model: options.model }),
    });
    if (options.once) {
      const journey = await runOnce(scene);
      await closing.close();
      if (options.json) printJson(journey);
      return;
    }
    await show(scene, startedAt);
  } catch (error) {
    await closing.close();
    throw error;
  }
}

/** Fresh: whatever an earlier demo kept is gone. A run that ends by itself has a folder of its own, as has a second demo beside a first. */
async function freshFolder(once: boolean, closing: ReturnType<typeof startClosing>): Promise<{ readonly dir: string; readonly taken: Taken }> {
  const taken = once ? null : await takeFolder(FOLDER);
  if (taken !== null && !isRefusal(taken)) {
    for (const part of ["edge", "hub", "registry", "peers"]) rmSync(join(FOLDER, part), { recursive: true, force: true });
    closing.add(() => leaveFolder(FOLDER));
    return { dir: FOLDER, taken };
  }
  const dir = mkdtempSync(join(tmpdir(), "outpost-demo-"));
  closing.add(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return { dir, taken: { endedOne: false } };
}
