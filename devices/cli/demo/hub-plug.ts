/** The demo's plug: pulled, the hub's process is killed; put in, it is started again on the same port with the same state. */
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { startApart } from "../../server/apart.ts";
import type { Apart, ApartOrder } from "../../server/apart.ts";

export type Plug = {
  /** Where the hub answers while it is plugged in. */
  readonly url: string;
  isIn(): boolean;
  /** Ids of the hub's process and of its workerd; none while it is unplugged. */
  pids(): readonly number[];
  /** Resolves when the hub's process is ready, or gone. Calls are served one after the other. */
  set(plugged: boolean): Promise<void>;
};

export async function makePlug(order: Omit<ApartOrder, "port" | "layout">): Promise<Plug> {
  const port = await freePort(order.host);
  let hub: Apart | null = null;
  let turn: Promise<void> = Promise.resolve();

  async function change(plugged: boolean): Promise<void> {
    if (plugged === (hub !== null)) return;
    if (hub === null) {
      hub = await startApart({ ...order, layout: "hub", port });
      return;
    }
    const old = hub;
    hub = null;
    await old.kill();
  }
  return {
    url: `http://127.0.0.1:${port}`,
    isIn: () => hub !== null,
    pids: () => (hub === null ? [] : [hub.pid, hub.workerdPid]),
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
