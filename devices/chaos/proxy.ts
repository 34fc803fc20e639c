/** The wire of `wire.ts` between clients and a port: every connection through it has one in each direction, and is broken after a while. */
import { connect, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { startFramer } from "../gateway/frame.ts";
import type { Random } from "../simulator/random.ts";
import { openWire, type Faults, type Wire } from "./wire.ts";

const HOST = "127.0.0.1";
/** Longer than any packet of these clients. */
const PACKET_MAX = 2 * 1024 * 1024;

export type Proxy = { readonly port: number; faults(): Faults & { readonly breaks: number }; close(): Promise<void> };

/** `breakMs`: about so long lasts a connection. */
export async function startProxy(target: number, share: number, breakMs: number, random: Random): Promise<Proxy> {
  const wires: Wire[] = [];
  const sockets = new Set<Socket>();
  let breaks = 0;
  const server = createServer((client) => {
    const up = connect({ port: target, host: HOST, noDelay: true });
    client.setNoDelay(true);
    const timer = setTimeout(
      () => {
        breaks++;
        end();
      },
      breakMs * (0.5 + random()),
    );
    const end = (): void => {
      clearTimeout(timer);
      for (const socket of [client, up]) {
        socket.destroy();
        sockets.delete(socket);
      }
    };
    for (const socket of [client, up]) {
      sockets.add(socket);
      socket.on("error", end).on("close", end);
    }
    lay(client, up);
    lay(up, client);
  });

  function lay(from: Socket, to: Socket): void {
    const framer = startFramer(PACKET_MAX);
    const wire = openWire(share, random);
    wires.push(wire);
    from.on("data", (bytes: Buffer) => {
      for (const packet of framer.push(bytes).packets) for (const one of wire.pass(packet)) to.write(one);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const sum = (read: (faults: Faults) => number): number => wires.reduce((total, wire) => total + read(wire.faults()), 0);
  return {
    port: (server.address() as AddressInfo).port,
    faults: () => ({ dropped: sum((one) => one.dropped), doubled: sum((one) => one.doubled), reordered: sum((one) => one.reordered), breaks }),
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
