/** An MQTT client for tests inside the Worker runtime: a WebSocket from the object's own fetch, and mqtt-packet as the other side. */
import { generate, type Packet, parser } from "mqtt-packet";

type Wanted = Packet["cmd"] | "close";
export type Client = {
  readonly say: (...packets: readonly Packet[]) => void;
  readonly sayBytes: (bytes: Uint8Array | string) => void;
  /** The next packet of this kind, from those that came and from those that come; `close` is the closing of the socket. */
  readonly hear: <C extends Packet["cmd"]>(cmd: C) => Promise<Extract<Packet, { cmd: C }>>;
  readonly closed: () => Promise<{ readonly code: number; readonly reason: string }>;
  /** Packets of a kind that came and were not heard yet. */
  readonly heard: (cmd: Packet["cmd"]) => number;
  readonly end: () => void;
};

/** Waits at most this long for a packet. */
const HEAR_MS = 10_000;

export async function connectClient(stub: { fetch: (request: Request) => Promise<Response> }, version: 4 | 5 = 4): Promise<Client> {
  const response = await stub.fetch(new Request("http://unit/mqtt/plant", { headers: { upgrade: "websocket", "sec-websocket-protocol": "mqtt" } }));
  const socket = response.webSocket;
  if (socket === null) throw new Error(`no socket: ${response.status} ${await response.text()}`);
  const came: Packet[] = [];
  const ends: { code: number; reason: string }[] = [];
  const waiting = new Set<() => void>();
  const tell = (): void => {
    for (const one of waiting) one();
  };
  const read = parser({ protocolVersion: version });
  read.on("packet", (packet) => came.push(packet));
  read.on("error", (error: unknown) => {
    throw error;
  });
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    read.parse(Buffer.from(data as ArrayBuffer));
    tell();
  });
  socket.addEventListener("close", ({ code, reason }) => {
    ends.push({ code, reason });
    tell();
  });
  socket.accept();

  function until<T>(what: Wanted, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(
          new Error(`no ${what} within ${HEAR_MS} ms; came: ${came.map((one) => one.cmd).join(" ")}${ends.map((one) => `, closed: ${one.reason}`).join("")}`),
        );
      }, HEAR_MS);
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        waiting.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  }

  return {
    say: (...packets) => {
      for (const packet of packets) socket.send(generate(packet, { protocolVersion: version }));
    },
    sayBytes: (bytes) => socket.send(bytes),
    hear: (cmd) =>
      until(cmd, () => {
        const at = came.findIndex((one) => one.cmd === cmd);
        return at < 0 ? undefined : (came.splice(at, 1)[0] as Extract<Packet, { cmd: typeof cmd }>);
      }),
    closed: () => until("close", () => ends[0]),
    heard: (cmd) => came.filter((one) => one.cmd === cmd).length,
    end: () => socket.close(1000, "done"),
  };
}

export function connectPacket(user: string | null, password: string, fields: object = {}): Packet {
  return {
    cmd: "connect",
    protocolId: "MQTT",
    protocolVersion: 4,
    clientId: "client",
    clean: true,
    keepalive: 60,
    ...(user === null ? {} : { username: user, password }),
    ...fields,
  };
}
