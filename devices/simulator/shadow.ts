/**
 * Devices that behave as their own baselines say: location and scatter of each channel as commissioning learnt them. For sandboxes of
 * units whose machines nobody has modelled: healthy by their own measure, one sample a second.
 */
import { connectDevice } from "../sdk/device.ts";
import { noise, randomOf } from "./random.ts";

const PERIOD_MS = 1_000;

export type ShadowDevice = {
  readonly id: string;
  readonly password: string;
  /** In the order of the profile; `mean` and `scale` are the baseline's. */
  readonly channels: readonly string[];
  readonly mean: readonly number[];
  readonly scale: readonly number[];
};

export function startShadows(options: { readonly mqttUrl: string; readonly unit: string; readonly devices: readonly ShadowDevice[]; readonly seed: number }): {
  stop(): Promise<void>;
} {
  const running = options.devices.map((device) => {
    const random = randomOf(options.seed, `shadow/${device.id}`);
    const link = connectDevice({ url: options.mqttUrl, unit: options.unit, device: device.id, password: device.password });
    const timer = setInterval(() => {
      const values = device.channels.map((channel, i) => [channel, (device.mean[i] ?? 0) + (device.scale[i] ?? 0) * noise(random)]);
      // What is refused is counted by the link; the next second has its own sample.
      void link.publish({ ts: Date.now(), channels: Object.fromEntries(values) as Record<string, number> });
    }, PERIOD_MS);
    return { link, timer };
  });
  return {
    async stop() {
      for (const { timer } of running) clearInterval(timer);
      await Promise.all(running.map(({ link }) => link.close()));
    },
  };
}
