/** MQTT over TCP for units that speak MQTT over WebSocket: any client connects here, and each connection becomes one WebSocket to its unit. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { startBridge, type Bridge, type Ended } from "./bridge.ts";

/** Connections at a time. Each holds some kilobytes and two file descriptors, of which a process commonly has 4,096 or more. */
export const CONNECTIONS_MAX = 2_000;
const CHECK_MS = 1_000;

export type GatewayOptions = {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  /** Where a unit takes MQTT: `ws://…/mqtt/{unit}`. */
  readonly upstream: (unit: string) => string;
  /** The unit of a client whose user name has no `unit/` before the device. */
  readonly unit: string;
  readonly connectionsMax?: number;
  readonly onLog?: (line: string) => void;
  readonly now?: () => number;
};

export type GatewayCounts = { readonly accepted: number; readonly refusedFull: number } & Readonly<Record<Ended, number>>;

export type Gateway = {
  readonly port: number;
  connections(): number;
  counts(): GatewayCounts;
  close(): Promise<void>;
};

/** Rejects when the port is taken (`EADDRINUSE`). The unit may be away: its clients are refused at once and try again. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const now = options.now ?? Date.now;
  const bridges = new Map<Socket, Bridge>();
  const counts: { -readonly [K in keyof GatewayCounts]: number } = {
    accepted: 0,
    refusedFull: 0,
    "client-closed": 0,
    "unit-closed": 0,
    "not-mqtt": 0,
    malformed: 0,
    "too-large": 0,
    silent: 0,
    stuck: 0,
    "unit-away": 0,
    "unit-unknown": 0,
    "gateway-closed": 0,
  };

  function accept(socket: Socket): void {
    // Before anything is read, so that a flood costs an accept and no more.
    if (bridges.size >= (options.connectionsMax ?? CONNECTIONS_MAX)) {
      counts.refusedFull += 1;
      socket.on("error", () => {}).destroy();
      return;
    }
    counts.accepted += 1;
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    const onEnd = (ended: Ended, unit: string | null): void => {
      counts[ended] += 1;
      if (ended !== "client-closed" && ended !== "gateway-closed") options.onLog?.(`gateway: ${from} ${unit ?? "-"} ${ended}`);
    };
    bridges.set(socket, startBridge({ socket, upstream: options.upstream, unit: options.unit, now, onEnd }));
    socket.once("close", () => bridges.delete(socket));
  }

  const server = createServer(accept);
  const checks = setInterval(() => {
    for (const bridge of bridges.values()) bridge.check(now());
  }, CHECK_MS);
  server.listen(options.port, options.host);
  await once(server, "listening").catch((error: unknown) => {
    clearInterval(checks);
    throw error;
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");

  async function close(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    for (const bridge of bridges.values()) bridge.close();
    // `check` goes on until the last connection is gone: a client that does not close is cut off.
    await closed;
    clearInterval(checks);
  }
  return { port: address.port, connections: () => bridges.size, counts: () => ({ ...counts }), close };
}
