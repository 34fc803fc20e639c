/** A connection of a load client: TCP, or WebSocket straight to the unit. */
import { connect } from "node:net";
import { WebSocket } from "ws";
import { CONNACK, startPackets } from "./mqtt-frames.ts";
import type { Target } from "./mqtt-load.ts";

const CONNECT_MS = 30_000;

export type Link = { send(bytes: Uint8Array): void; end(): void };
export type Heard = (first: number, bytes: Uint8Array, from: number, to: number) => void;

/** Resolves with the return code of CONNACK; what comes later is heard by `heard`. Rejects when there is none. */
export async function open(target: Target, hello: Uint8Array, heard: Heard): Promise<{ readonly link: Link; readonly code: number }> {
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no CONNACK")), CONNECT_MS);
    let connected = false;
    const push = startPackets((first, bytes, from, to) => {
      if (connected) return heard(first, bytes, from, to);
      if (first >> 4 !== CONNACK) return;
      connected = true;
      clearTimeout(timer);
      resolve({ link, code: bytes[from + 1] ?? 255 });
    });
    const lost = (): void => {
      clearTimeout(timer);
      reject(new Error("closed before CONNACK"));
    };
    const link = "tcp" in target ? tcp(target.tcp, hello, push, lost) : ws(target.ws, hello, push, lost);
  });
}

/** What is sent in one turn of the loop goes out in one write. */
function coalesced(write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let waiting: Uint8Array[] = [];
  return (bytes) => {
    if (waiting.push(bytes) > 1) return;
    queueMicrotask(() => {
      const all = waiting;
      waiting = [];
      write(all.length === 1 ? bytes : Buffer.concat(all));
    });
  };
}

function tcp(port: number, hello: Uint8Array, push: (chunk: Uint8Array) => void, lost: () => void): Link {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("data", push).on("error", lost).on("close", lost);
  socket.write(hello);
  return { send: coalesced((bytes) => socket.write(bytes)), end: () => socket.destroy() };
}

function ws(url: string, hello: Uint8Array, push: (chunk: Uint8Array) => void, lost: () => void): Link {
  const socket = new WebSocket(url, "mqtt", { perMessageDeflate: false });
  socket.on("open", () => socket.send(hello));
  socket.on("message", (bytes: Buffer) => push(bytes)).on("error", lost);
  socket.on("close", lost);
  return { send: coalesced((bytes) => socket.send(bytes)), end: () => socket.terminate() };
}
