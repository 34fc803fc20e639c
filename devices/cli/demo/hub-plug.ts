/** The demo's plug: pulled, the hub's process is killed; put in, it is started again on the same port with the same state. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { startHubProcess } from "../../server/hub.ts";
import type { HubOrder, HubProcess } from "../../server/hub.ts";

export type Plug = {
  /** Where the hub answers while it is plugged in. */
  readonly url: string;
  isIn(): boolean;
  /** Resolves when the hub's process is ready, or gone. Calls are served one after the other. */
  set(plugged: boolean): Promise<void>;
};

/** `onFirst` runs once, when the hub has come up for the first time. */
export async function makePlug(order: Omit<HubOrder, "port">, onFirst: (hub: HubProcess) => Promise<void>): Promise<Plug> {
  const port = await freePort(order.host);
  let hub: HubProcess | null = null;
  let met = false;
  let turn: Promise<void> = Promise.resolve();

  async function change(plugged: boolean): Promise<void> {
    if (plugged === (hub !== null)) return;
    if (hub !== null) {
      const old = hub;
      hub = null;
      await old.kill();
      return;
    }
    const started = await startHubProcess({ ...order, port });
    hub = started;
    if (met) return;
    await onFirst(started);
    met = true;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    isIn: () => hub !== null,
    set(plugged) {
      turn = turn.catch(() => undefined).then(() => change(plugged));
      return turn;
    },
  };
}

/** The hub's address is told before the hub runs. */
async function freePort(host: string): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => probe.once("error", reject).listen(0, host, resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
