/** Pumps for a bench on a real server: entered as commissioned ones, with the minutes before the first told, so that the model knows their noise. */
import type { MqttClient } from "mqtt";
import type { Api } from "../cli/api.ts";
import { FAULT_SIGMAS, healthyBaseline, isVibration, pumpChannels } from "../simulator/healthy-pump.ts";

const PLACE = { lat: 28.2, lon: 112.9 };
const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
const SKILLS = ["mechanical", "bearings", "hydraulics", "electrical"];
const PERIOD_MS = 1_000;
/** Each of them writes an answer's worth of rows: a busy machine takes seconds for a thousand. */
const WRITTEN_AT_ONCE = 250;
/** In one payload of less than 64 KiB. */
const ROWS_A_PAYLOAD = 215;

/** Makes the unit with those pumps and engineers who are on shift around the clock; the pumps' passwords. `model`: hash of another one than the template's. */
export async function enterPumps(
  api: Api,
  unit: string,
  ids: readonly string[],
  engineers: readonly string[] = [],
  model?: string,
): Promise<ReadonlyMap<string, string>> {
  await api.createUnit({ unit, template: "pump-vibration", ...(model === undefined ? {} : { model }) });
  const now = Date.now();
  const asset = { kind: "pump", model: "bench", customer: "works", position: PLACE, moves: false, installedAt: now };
  const baseline = healthyBaseline(now);
  await api.writeEntities(unit, [
    { family: "customer", entity: { id: "works", name: "Works" } },
    ...engineers.map((id) => ({ family: "engineer", entity: { id, name: id, skills: SKILLS, shifts: ALWAYS, home: PLACE, locatable: true } })),
  ]);
  for (let from = 0; from < ids.length; from += WRITTEN_AT_ONCE) {
    const some = ids.slice(from, from + WRITTEN_AT_ONCE);
    await api.writeEntities(
      unit,
      some.map((id) => ({ family: "asset", entity: { id, name: id, ...asset } })),
    );
    await api.writeEntities(
      unit,
      some.map((id) => ({ family: "device", entity: { id, asset: id, profile: "pump", name: id, baseline, addedAt: now } })),
    );
  }
  const passwords = new Map<string, string>();
  for (const id of ids) passwords.set(id, (await api.addDevice(unit, { device: id })).password);
  return passwords;
}

/** Each tells so many samples of the seconds before now; how many those are in all. */
export async function tellPast(clients: readonly MqttClient[], unit: string, ids: readonly string[], rows: number): Promise<number> {
  const end = Date.now();
  await Promise.all(
    clients.map(async (client, i) => {
      for (let from = 0; from < rows; from += ROWS_A_PAYLOAD) {
        const count = Math.min(ROWS_A_PAYLOAD, rows - from);
        const past = Array.from({ length: count }, (_, s) => ({ ts: end - (rows - from - s) * PERIOD_MS, channels: noisyChannels(false) }));
        await client.publishAsync(`u/${unit}/d/${ids[i]}/telemetry`, JSON.stringify(past), { qos: 1 });
      }
    }),
  );
  return rows * clients.length;
}

/** What one reads now, with its noise; `bad`: its bearing fails. */
export function noisyChannels(bad: boolean): Readonly<Record<string, number>> {
  return pumpChannels((channel) => noise() + (bad && isVibration(channel) ? FAULT_SIGMAS : 0));
}

/** About normal: the sum of four uniform numbers. */
function noise(): number {
  return (Math.random() + Math.random() + Math.random() + Math.random() - 2) * Math.sqrt(3);
}
