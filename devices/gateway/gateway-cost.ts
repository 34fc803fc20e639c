/**
 * What a packet costs in a gateway's own process: `outpost gateway` between clients and a unit that both are this process, so that only the
 * gateway's processor time is counted. The unit answers and stores nothing: this is the price of carrying, not of a broker.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { WebSocketServer } from "ws";
import { LINK_PROTOCOL } from "../../contracts/gateway-wire.ts";
import { openGatewayLink } from "../../edge/ingest/gateway-link.ts";
import { cpuMs } from "../bench/machine.ts";
import { startCli } from "../cli/run-cli.ts";

export type GatewayLoad = {
  readonly clients: number;
  /** Publishes in all. */
  readonly packets: number;
  /** Of each payload. */
  readonly bytes: number;
  readonly qos: 0 | 1;
  /** Publishes of one client that are written together, and at QoS 1 wait for their PUBACKs. */
  readonly window: number;
};

/** `cpuUs`: µs a publish, its PUBACK included at QoS 1; NaN where /proc does not tell. `messages`: WebSocket messages that the unit was sent. */
export type GatewayCost = { readonly perSecond: number; readonly cpuUs: number; readonly messages: number };

const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const PUBACK_BYTES = 4;
const CONNACK_BYTES = 4;
const TOPIC = "u/plant/d/P-1/telemetry";

/** Rejects when the gateway does not start. */
export async function gatewayCost(load: GatewayLoad): Promise<GatewayCost> {
  const unit = await startSink(load.packets);
  const run = startCli(["gateway", "--uplink", `http://127.0.0.1:${unit.port}`, "--unit", "plant", "--host", "127.0.0.1", "--mqtt-port", "0"]);
  try {
    const ready = await run.line(/^ready /);
    await run.complaint(/linked to plant/);
    const port = Number(/:(\d+)$/.exec(ready)?.[1]);
    const clients = await Promise.all(Array.from({ length: load.clients }, (_, i) => greet(port, `c${i}`)));
    const { pid = 0 } = run.child;
    const [cpu, began] = [cpuMs(pid), performance.now()];
    const share = Math.ceil(load.packets / load.clients);
    for (const socket of clients) pour(socket, share, load);
    await unit.done;
    const spent = cpuMs(pid) - cpu;
    const ms = performance.now() - began;
    for (const socket of clients) socket.destroy();
    return { perSecond: Math.round((load.packets * 1_000) / ms), cpuUs: Math.round((spent * 10_000) / load.packets) / 10, messages: unit.messages() };
  } finally {
    run.child.kill();
    await run.ended;
    await unit.stop();
  }
}

/** A unit that counts publishes and answers them by hand. */
async function startSink(packets: number) {
  const http = createServer();
  const server = new WebSocketServer({ server: http, handleProtocols: () => LINK_PROTOCOL });
  let counted = 0;
  let messages = 0;
  const finish: { now?: () => void } = {};
  const done = new Promise<void>((resolve) => {
    finish.now = resolve;
  });
  server.on("connection", (ws) => {
    const link = openGatewayLink({
      opened: () => {},
      bytes(member, bytes) {
        if ((bytes[0] ?? 0) >> 4 === 1) return link.say(member, CONNACK);
        const id = (bytes[0] ?? 0) & 0x06 ? idOf(bytes) : 0;
        if (id > 0) link.say(member, Uint8Array.of(0x40, 2, id >> 8, id & 0xff));
        counted += 1;
        if (counted >= packets) finish.now?.();
      },
      gone: () => {},
      paused: () => {},
      stored: () => {},
      through: () => 0,
      hasRoom: () => true,
    });
    ws.on("message", (message: Buffer, isBinary: boolean) => {
      messages += 1;
      link.take(isBinary ? message : message.toString());
      for (const said of link.settle()) ws.send(said);
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  return {
    port: (http.address() as AddressInfo).port,
    done,
    messages: () => messages,
    async stop() {
      const closed = once(http, "close");
      http.close();
      for (const ws of server.clients) ws.terminate();
      await closed;
    },
  };
}

async function greet(port: number, client: string): Promise<Socket> {
  const socket = connect(port, "127.0.0.1").setNoDelay(true);
  const name = Buffer.from(client);
  socket.write(Buffer.concat([Buffer.of(0x10, 12 + name.length, 0, 4), Buffer.from("MQTT"), Buffer.of(4, 2, 0, 0, 0, name.length), name]));
  for (let bytes = 0; bytes < CONNACK_BYTES;) {
    const [answer] = (await once(socket, "data")) as [Buffer];
    bytes += answer.length;
  }
  return socket;
}

/** Writes `count` publishes, a window at a time. */
function pour(socket: Socket, count: number, { bytes, qos, window }: GatewayLoad): void {
  const packet = publishOf(bytes, qos);
  const group = Buffer.concat(Array.from({ length: window }, () => packet));
  let left = count;
  let answered = 0;
  const write = (): void => {
    while (left > 0) {
      const now = Math.min(window, left);
      left -= now;
      const flows = socket.write(group.subarray(0, now * packet.length));
      if (qos === 1 || !flows) return;
    }
  };
  socket.on("drain", () => qos === 0 && write());
  socket.on("data", (answer) => {
    answered += answer.length;
    if (answered < window * PUBACK_BYTES) return;
    answered -= window * PUBACK_BYTES;
    write();
  });
  write();
}

function publishOf(bytes: number, qos: 0 | 1): Buffer {
  const topic = Buffer.from(TOPIC);
  const length = 2 + topic.length + qos * 2 + bytes;
  const header = length < 128 ? [0x30 | (qos << 1), length] : [0x30 | (qos << 1), (length & 0x7f) | 0x80, length >> 7];
  return Buffer.concat([Buffer.of(...header, 0, topic.length), topic, Buffer.of(...(qos === 1 ? [0, 7] : [])), Buffer.alloc(bytes, 0x20)]);
}

function idOf(bytes: Uint8Array): number {
  const at = (bytes[1] ?? 0) < 0x80 ? 2 : 3;
  const from = at + 2 + (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return (bytes[from] ?? 0) * 256 + (bytes[from + 1] ?? 0);
}
