/**
 * The smallest broker that tests of the SDK and the gateway need: TCP and WebSocket, CONNECT, PUBLISH at QoS 0 and 1, SUBSCRIBE, PING.
 * What it received outlives its stop, as a server's disk would.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createServer as createHttpServer } from "node:http";
import type { Duplex } from "node:stream";
import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from "mqtt-packet";
import { createWebSocketStream, WebSocketServer } from "ws";

const MESSAGE_BYTES_MAX = 1024 * 1024;

export type Received = { readonly user: string; readonly topic: string; readonly text: string; readonly bytes: number };

export type TestBroker = {
  readonly port: number;
  readonly received: Received[];
  readonly connects: IConnectPacket[];
  readonly paths: string[];
  /** Bytes that its clients have not taken yet. */
  unsent(): number;
  /** Ends every connection and frees the port; a second time it does nothing. */
  stop(): Promise<void>;
};

export type BrokerOptions = {
  readonly transport: "tcp" | "ws";
  readonly port?: number;
  readonly received?: Received[];
  /** The CONNACK's code for this user; 0 accepts. */
  readonly admit?: (user: string, password: string) => number;
  /** Whether a message is acknowledged; one that is not is not received either. */
  readonly acknowledge?: (received: Received) => boolean;
  /** While it says so, the broker reads nothing more from a connection that has greeted. */
  readonly paused?: () => boolean;
};

export async function startBroker(options: BrokerOptions): Promise<TestBroker> {
  const received = options.received ?? [];
  const connects: IConnectPacket[] = [];
  const paths: string[] = [];
  const streams = new Set<Duplex>();

  function speak(stream: Duplex): void {
    const read = parser();
    let connect: IConnectPacket | null = null;
    const filters: string[] = [];
    const say = (packet: Packet): void => void (stream.writable && stream.write(generate(packet, { protocolVersion: connect?.protocolVersion ?? 4 })));
    streams.add(stream);
    stream.on("close", () => streams.delete(stream)).on("error", () => stream.destroy());
    stream.on("data", (bytes: Buffer) => {
      read.parse(bytes);
      if (connect === null || options.paused?.() !== true) return;
      stream.pause();
      const poll = setInterval(() => {
        if (options.paused?.() === true && !stream.destroyed) return;
        clearInterval(poll);
        stream.resume();
      }, 5);
    });
    read.on("error", () => stream.destroy());
    read.on("packet", (packet: Packet) => {
      if (packet.cmd === "connect") {
        connect = packet;
        connects.push(packet);
        const code = options.admit?.(packet.username ?? "", packet.password?.toString() ?? "") ?? 0;
        say({ cmd: "connack", sessionPresent: false, returnCode: code, reasonCode: code });
        if (code !== 0) stream.end();
      }
      if (packet.cmd === "publish") take(packet);
      if (packet.cmd === "subscribe" && packet.messageId !== undefined) {
        filters.push(...packet.subscriptions.map((subscription) => subscription.topic));
        say({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(() => 0) });
      }
      if (packet.cmd === "pingreq") say({ cmd: "pingresp" });
      if (packet.cmd === "disconnect") stream.end();
    });

    function take(packet: IPublishPacket): void {
      const message = { user: connect?.username ?? "", topic: packet.topic, text: packet.payload.toString(), bytes: packet.payload.length };
      if (options.acknowledge?.(message) === false) return;
      received.push(message);
      if (packet.qos === 1 && packet.messageId !== undefined) say({ cmd: "puback", messageId: packet.messageId });
      if (filters.includes(packet.topic)) say({ cmd: "publish", topic: packet.topic, payload: packet.payload, qos: 0, dup: false, retain: false });
    }
  }

  const server = options.transport === "tcp" ? createServer(speak) : createHttpServer();
  if (options.transport === "ws") {
    // The platform behind a unit takes no message over a megabyte; whoever relies on that is found here.
    const sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MESSAGE_BYTES_MAX,
      handleProtocols: (offered) => (offered.has("mqtt") ? "mqtt" : false),
    });
    server.on("upgrade", (request, socket, head) => {
      paths.push(request.url);
      if (request.url === "/mqtt/nowhere") return void socket.end("HTTP/1.1 404 Not Found\r\n\r\n");
      sockets.handleUpgrade(request, socket, head, (ws) => speak(createWebSocketStream(ws)));
    });
  }
  server.listen(options.port ?? 0, "127.0.0.1");
  await once(server, "listening");

  const unsent = (): number => [...streams].reduce((sum, stream) => sum + stream.writableLength, 0);

  async function stop(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, "close");
    server.close();
    for (const stream of streams) stream.destroy();
    await closed;
  }
  return { port: (server.address() as AddressInfo).port, received, connects, paths, unsent, stop };
}
