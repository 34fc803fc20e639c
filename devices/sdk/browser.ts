/** The link of a page: kept in IndexedDB, on the unit's clock. Nothing here, nor in what it loads, needs Node. */
import { askTime, startClock } from "./clock.ts";
import { connectDevice, type DeviceLink, type DeviceOptions } from "./device.ts";
import { indexedStore } from "./indexed-store.ts";

/** Questions for the time, a third of a second apart: the `Date` header's seconds are narrowed to about as much. */
const [ASKS, ASK_EVERY_MS] = [6, 370];

/** `timeUrl`: the unit's own HTTP address, or nothing where the page's clock is good enough. Rejects where the browser keeps nothing for us. */
export type PageOptions = Omit<DeviceOptions, "store" | "clock"> & { readonly timeUrl?: string };

export async function connectPage({ timeUrl, ...options }: PageOptions): Promise<DeviceLink> {
  const clock = startClock();
  const link = connectDevice({ ...options, clock, store: await indexedStore(`outpost.${options.unit}.${options.device}`) });
  for (let n = 0; timeUrl !== undefined && n < ASKS; n++) setTimeout(() => void askTime(timeUrl, clock), n * ASK_EVERY_MS);
  return link;
}
