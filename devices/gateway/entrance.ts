/**
 * The doors of a gateway: TCP, and TLS. What comes faster than it can be dealt with is turned away before it is read, so that a storm costs
 * an accept; handshakes, which cost the most, are made a few at a time.
 */
import { constants } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import type { Identity } from "./connect-packet.ts";
import type { TlsMaterial } from "./tls.ts";

/** Handshakes at a time: each is about a millisecond of a core. */
const HANDSHAKES_MAX = 32;
/** A client answers its part of the handshake within this. */
const HANDSHAKE_MS = 10_000;
/** Connections a second that are taken, after a burst of as many. */
const ACCEPTS_PER_S = 1_000;
/** The reach of a system's line for connections that were not taken yet. */
const BACKLOG = 1_024;

export type EntranceCounts = {
  readonly accepted: number;
  readonly refusedFull: number;
  readonly refusedStorm: number;
  readonly handshakeFailed: number;
  readonly certificateRefused: number;
};

export type Visitor = { readonly socket: Socket; readonly secure: boolean; readonly identity: Identity | null };

export type Entrance = {
  readonly port: number | null;
  readonly tlsPort: number | null;
  counts(): EntranceCounts;
  /** From the next handshake on. */
  replaceTls(material: TlsMaterial): void;
  close(): Promise<void>;
};

export type EntranceOptions = {
  readonly host: string;
  /** 0 takes any free port; null: no such door. */
  readonly port: number | null;
  readonly tls: { readonly port: number; readonly material: TlsMaterial } | null;
  /** Whether another connection may be taken: those in a handshake are counted here. */
  readonly isFull: (inHandshake: number) => boolean;
  readonly acceptsPerS?: number;
  readonly now: () => number;
  readonly onVisitor: (visitor: Visitor) => void;
  readonly onLog: (line: string) => void;
};

/** Rejects when a port is taken (`EADDRINUSE`). */
export async function openEntrance(options: EntranceOptions): Promise<Entrance> {
  const { now } = options;
  const counts = { accepted: 0, refusedFull: 0, refusedStorm: 0, handshakeFailed: 0, certificateRefused: 0 };
  const perS = options.acceptsPerS ?? ACCEPTS_PER_S;
  let tokens = perS;
  let filledAt = now();
  let material = options.tls?.material ?? null;
  /** Taken, and waiting for a handshake or in one. */
  const shaking = new Set<Socket>();
  const waiting = new Set<Socket>();

  function mayEnter(socket: Socket): boolean {
    const at = now();
    tokens = Math.min(perS, tokens + (Math.max(0, at - filledAt) / 1_000) * perS);
    filledAt = at;
    const full = options.isFull(shaking.size + waiting.size);
    if (!full && tokens >= 1) {
      tokens -= 1;
      counts.accepted += 1;
      return true;
    }
    counts[full ? "refusedFull" : "refusedStorm"] += 1;
    socket.on("error", () => {}).destroy();
    return false;
  }

  const plain = createServer((socket) => {
    if (mayEnter(socket)) options.onVisitor({ socket, secure: false, identity: null });
  });

  const secure = createTlsServer({
    ...contextOf(material),
    handshakeTimeout: HANDSHAKE_MS,
    minVersion: "TLSv1.2",
    rejectUnauthorized: false,
    requestCert: material?.ca !== null,
  });
  secure.on("secureConnection", welcome);
  secure.on("tlsClientError", (error: Error, socket: TLSSocket) => {
    counts.handshakeFailed += 1;
    options.onLog(`gateway: ${socket.remoteAddress ?? "a client"} does not get through the handshake: ${error.message}`);
    socket.destroy();
  });
  /** Takes connections for `secure`, which listens on no port of its own. */
  const beforeTls = createServer((socket) => {
    if (!mayEnter(socket)) return;
    socket.on("error", () => socket.destroy());
    socket.once("close", () => shaken(socket));
    waiting.add(socket);
    shake();
  });

  function shake(): void {
    for (const socket of waiting) {
      if (shaking.size >= HANDSHAKES_MAX) return;
      waiting.delete(socket);
      shaking.add(socket);
      secure.emit("connection", socket);
    }
  }

  function shaken(socket: Socket): void {
    waiting.delete(socket);
    if (shaking.delete(socket)) shake();
  }

  function welcome(socket: TLSSocket): void {
    // The socket below it is the one that was taken.
    for (const one of shaking) if (one.remotePort === socket.remotePort && one.remoteAddress === socket.remoteAddress) shaken(one);
    const certificate = socket.getPeerCertificate();
    const given = Object.keys(certificate).length > 0;
    const identity = given && socket.authorized ? (material?.identityOf(certificate) ?? null) : null;
    const why = given ? whyNot(socket, identity, certificate.subject?.CN) : material?.passwords === false ? "has no certificate" : null;
    if (why === null) return options.onVisitor({ socket, secure: true, identity });
    counts.certificateRefused += 1;
    options.onLog(`gateway: ${socket.remoteAddress ?? "a client"} ${why}`);
    socket.on("error", () => {}).destroy();
  }

  const port = options.port === null ? null : await listen(plain, options.port);
  const tlsPort =
    options.tls === null
      ? null
      : await listen(beforeTls, options.tls.port).catch(async (error: unknown) => {
          if (port !== null) await closed(plain);
          throw error;
        });

  async function listen(server: Server, at: number): Promise<number> {
    server.listen({ port: at, host: options.host, backlog: BACKLOG });
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
    return address.port;
  }

  return {
    port,
    tlsPort,
    counts: () => ({ ...counts }),
    replaceTls(next) {
      material = next;
      secure.setSecureContext(contextOf(next));
    },
    async close() {
      for (const socket of [...waiting, ...shaking]) socket.destroy();
      await Promise.all([port === null ? null : closed(plain), tlsPort === null ? null : closed(beforeTls)]);
    },
  };
}

function whyNot(socket: TLSSocket, identity: Identity | null, name: unknown): string | null {
  if (!socket.authorized) return `has a certificate that is refused: ${String(socket.authorizationError)}`;
  return identity === null ? `has a certificate that speaks for no device: ${String(name)}` : null;
}

function contextOf(material: TlsMaterial | null) {
  if (material === null) return {};
  // No tickets: a session that is taken up again would pass by a new authority, and by the certificate's end.
  const secureOptions = constants.SSL_OP_NO_TICKET;
  return { cert: material.cert, key: material.key, secureOptions, ...(material.ca === null ? {} : { ca: material.ca }) };
}

async function closed(server: Server): Promise<void> {
  const over = once(server, "close");
  server.close();
  await over;
}
