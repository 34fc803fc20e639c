/**
 * Commissioning ahead of time: healthy machines run for as many rows as the scenario asks for, and their normal is learnt by the very
 * fold that a unit runs, with the scenario's own model. So a fleet arrives commissioned, whatever model it meets.
 */
import type { Device } from "../../contracts/device.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { BATCH_MAX } from "../../contracts/telemetry.ts";
import { nextAsk, onScores, onTelemetry } from "../../edge/journey.ts";
import { startTracks } from "../../edge/journey/start.ts";
import type { Scorer } from "../../edge/verdict/scorer.ts";
import { startMachine, step, type Channels } from "./machine.ts";
import type { MachineKind } from "./plate.ts";
import { randomOf } from "./random.ts";

/** In the order of the template's profile `pump`. A test holds it against the template. */
export const CHANNELS = ["vibration.a.rms", "vibration.b.rms", "current", "pressure", "temperature.motor", "temperature.fluid", "voltage", "flow"] as const;

export type Commissionable = { readonly device: Device; readonly kind: MachineKind };

/** Devices without a baseline in, the same devices with one out. The same device and model always give the same baseline: it belongs to the machine, not to a run. */
export async function commission(machines: readonly Commissionable[], scenario: Scenario, scorer: Scorer, learntAt: number): Promise<readonly Device[]> {
  const devices = machines.map(({ device }) => device);
  const tracks = startTracks({ unit: "commissioning", version: 1, scenario, devices, openAccess: false }, () => scorer.hash, []);
  const rows = scenario.commissioningRows;
  for (const { device, kind } of machines) {
    const run = healthyRun(device.id, kind, rows).map((channels, i) => ({ ts: learntAt - (rows - i) * 1_000, channels }));
    for (let from = 0; from < rows; from += BATCH_MAX)
      onTelemetry(tracks, [{ device: device.id, payload: new TextEncoder().encode(JSON.stringify(run.slice(from, from + BATCH_MAX))), arrivedAt: learntAt }]);
  }
  const learnt = new Map<string, NonNullable<Device["baseline"]>>();
  for (let ask = nextAsk(tracks); ask !== null; ask = nextAsk(tracks)) {
    for (const { device, baseline } of onScores(tracks, ask, await scorer.run(ask)).learnt) learnt.set(device, baseline);
  }
  return devices.map((device) => {
    const baseline = learnt.get(device.id);
    return baseline === undefined ? device : { ...device, baseline };
  });
}

/** One row a second. */
export function healthyRun(device: string, kind: MachineKind, rows: number): readonly Channels[] {
  const random = randomOf(0, `commissioning/${device}`);
  let machine = startMachine(device, kind, random);
  return Array.from({ length: rows }, () => {
    const next = step(machine, 1_000, random);
    machine = next.machine;
    return next.channels;
  });
}
