/**
 * The unit's end of a link for tests and figures: a WebSocket server with the machine that Intakes use, and behind it the smallest broker
 * that answers. What it received outlives its stop, as a disk would.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from "mqtt-packet";
import { type WebSocket, WebSocketServer } from "ws";
import { LINK_PROTOCOL, type MemberEnd } from "../../contracts/gateway-wire.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { type GatewayLink, openGatewayLink } from "../../edge/ingest/gateway-link.ts";

export type UnitDisk = {
  readonly received: { readonly client: string; readonly user: string; readonly text: string; readonly bytes: number }[];
  readonly stored: {
    readonly seq: number;
    readonly device: string;
    readonly client: string;
    readonly ageMs: number;
    readonly type: string;
    readonly text: string;
  }[];
  readonly connects: { readonly user: string; readonly password: string; readonly client: string; readonly keepalive: number }[];
  readonly gone: { readonly client: string; readonly why: MemberEnd }[];
  readonly pings: { count: number };
  /** How often a link asked whether the unit is alive. */
  readonly asks: { count: number };
  readonly tokens: (string | undefined)[];
  throughByGateway: Map<string, number>;
};

export function emptyDisk(): UnitDisk {
  return { received: [], stored: [], connects: [], gone: [], pings: { count: 0 }, asks: { count: 0 }, tokens: [], throughByGateway: new Map() };
}

export type TestUnit = {
  readonly port: number;
  readonly disk: UnitDisk;
  links(): number;
  members(): number;
  /** Something to every member, as far as each can hear it: answers how many could. */
  tellAll(bytes: Uint8Array): number;
  /** Reads nothing more from its links, or goes on. */
  freeze(frozen: boolean): void;
  /** Cuts the links without a word. */
  cut(): void;
  stop(): Promise<void>;
};

export type TestUnitOptions = {
  readonly port?: number;
  readonly disk?: UnitDisk;
  readonly admit?: (user: string, password: string) => number;
  /** CONNACK's properties. */
  readonly serverKeepAlive?: number;
  readonly hasRoom?: () => boolean;
  readonly limits?: { readonly memberBytes?: number; readonly linkBytes?: number };
  /** Whether stored packets are committed at once. */
  readonly commits?: () => boolean;
};

type Speaking = { connect: IConnectPacket | null; readonly read: ReturnType<typeof parser>; paused: boolean };

export async function startUnit(options: TestUnitOptions = {}): Promise<TestUnit> {
  const disk = options.disk ?? emptyDisk();
  const links = new Map<WebSocket, GatewayLink>();
  const speaking = new Map<GatewayLink, Map<number, Speaking>>();
  const http = createServer();
  const server = new WebSocketServer({ server: http, handleProtocols: (offered) => (offered.has(LINK_PROTOCOL) ? LINK_PROTOCOL : false) });

  server.on("connection", (ws, request) => {
    disk.tokens.push(request.headers.authorization);
    const members = new Map<number, Speaking>();
    const link = openGatewayLink(
      {
        opened: ({ id }) => members.set(id, speaker(link, id)),
        bytes: (id, bytes) => void members.get(id)?.read.parse(Buffer.from(bytes)),
        gone(id, why) {
          disk.gone.push({ client: members.get(id)?.connect?.clientId ?? "", why });
          members.delete(id);
        },
        paused(id, paused) {
          const one = members.get(id);
          if (one !== undefined) one.paused = paused;
        },
        stored(gateway, packets) {
          if (options.commits?.() === false) return;
          for (const { seq, device, client, ageMs, version, packet } of packets) {
            if (seq <= (disk.throughByGateway.get(gateway) ?? 0)) continue;
            disk.throughByGateway.set(gateway, seq);
            const read = parser({ protocolVersion: version });
            read.on("packet", (one: Packet) =>
              disk.stored.push({ seq, device, client, ageMs, type: one.cmd, text: one.cmd === "publish" ? one.payload.toString() : "" }),
            );
            read.parse(Buffer.from(packet));
          }
          link.accepted(disk.throughByGateway.get(gateway) ?? 0);
        },
        through: (gateway) => disk.throughByGateway.get(gateway) ?? 0,
        hasRoom: options.hasRoom ?? (() => true),
      },
      options.limits,
    );
    links.set(ws, link);
    speaking.set(link, members);
    ws.on("message", (message: Buffer, isBinary: boolean) => {
      if (!isBinary) disk.asks.count += 1;
      const refused = link.take(isBinary ? message : message.toString());
      if (isRefusal(refused)) ws.close(1002, refused.rule);
      settle(ws, link);
    });
    ws.on("error", () => ws.terminate());
    ws.on("close", () => {
      links.delete(ws);
      link.lost();
    });
    settle(ws, link);
  });

  function settle(ws: WebSocket, link: GatewayLink): void {
    for (const message of link.settle()) ws.send(message);
  }

  function speaker(link: GatewayLink, id: number): Speaking {
    const one: Speaking = { connect: null, read: parser(), paused: false };
    const say = (packet: Packet): void => link.say(id, generate(packet, { protocolVersion: one.connect?.protocolVersion ?? 4 }));
    one.read.on("packet", (packet: Packet) => {
      if (packet.cmd === "connect") {
        one.connect = packet;
        const [user, password] = [packet.username ?? "", packet.password?.toString() ?? ""];
        disk.connects.push({ user, password, client: packet.clientId, keepalive: packet.keepalive ?? 0 });
        const code = options.admit?.(user, password) ?? 0;
        const properties = options.serverKeepAlive === undefined ? {} : { properties: { serverKeepAlive: options.serverKeepAlive } };
        say({ cmd: "connack", sessionPresent: false, returnCode: code, reasonCode: code, ...properties });
        if (code !== 0) link.end(id);
      }
      if (packet.cmd === "publish") take(packet);
      if (packet.cmd === "subscribe" && packet.messageId !== undefined)
        say({ cmd: "suback", messageId: packet.messageId, granted: packet.subscriptions.map(() => 0) });
      if (packet.cmd === "pingreq") disk.pings.count += 1;
    });
    function take(packet: IPublishPacket): void {
      const payload = Buffer.from(packet.payload);
      disk.received.push({
        client: one.connect?.clientId ?? "",
        user: one.connect?.username ?? "",
        text: payload.subarray(0, 200).toString(),
        bytes: payload.length,
      });
      if (packet.qos === 1 && packet.messageId !== undefined) say({ cmd: "puback", messageId: packet.messageId });
    }
    return one;
  }

  http.listen(options.port ?? 0, "127.0.0.1");
  await once(http, "listening");

  return {
    port: (http.address() as AddressInfo).port,
    disk,
    links: () => links.size,
    members: () => [...links.values()].reduce((sum, link) => sum + link.members(), 0),
    tellAll(bytes) {
      let heard = 0;
      for (const [ws, link] of links) {
        for (const [id, { paused }] of speaking.get(link) ?? []) {
          if (paused) continue;
          heard += 1;
          link.say(id, bytes);
        }
        settle(ws, link);
      }
      return heard;
    },
    freeze(frozen) {
      for (const ws of links.keys()) {
        if (frozen) ws.pause();
        else ws.resume();
      }
    },
    cut() {
      for (const ws of links.keys()) ws.terminate();
    },
    async stop() {
      if (!http.listening) return;
      const closed = once(http, "close");
      http.close();
      server.close();
      for (const ws of links.keys()) ws.terminate();
      http.closeAllConnections();
      await closed;
    },
  };
}
