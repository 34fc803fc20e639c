/**
 * A TCP link between two local ports that counts its bytes and can be made long and lossy, without privileges. Loss is what TCP makes of it:
 * a lost segment comes after its retransmission, and everything behind it waits.
 */
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { once } from "node:events";

/** Payload of an Ethernet segment. */
const SEGMENT_BYTES = 1_448;
/** TCP waits at least this long before it sends again what was not acknowledged (RFC 6298 says 1 s, Linux 200 ms). */
const RETRANSMIT_MS = 200;

export type Shape = { readonly roundTripMs: number; /** Of segments, in [0, 1). */ readonly loss: number };
export type Link = {
  readonly port: number;
  /** Bytes of payload since the last call, in both directions. */
  bytes(): { readonly up: number; readonly down: number };
  close(): Promise<void>;
};

/** `chance` in [0, 1). */
export async function openLink(to: number, shape: Shape = { roundTripMs: 0, loss: 0 }, chance: () => number = Math.random): Promise<Link> {
  let [up, down] = [0, 0];
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to, "127.0.0.1");
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      open.add(socket);
      socket.on("error", () => undefined);
    }
    carry(near, far, shape, chance, (n) => (up += n));
    carry(far, near, shape, chance, (n) => (down += n));
    near.on("close", () => far.destroy() && open.delete(near));
    far.on("close", () => near.destroy() && open.delete(far));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    bytes() {
      const counted = { up, down };
      [up, down] = [0, 0];
      return counted;
    },
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** One direction: in order, each segment at its time, none before the one ahead of it. */
function carry(from: Socket, to: Socket, { roundTripMs, loss }: Shape, chance: () => number, count: (bytes: number) => void): void {
  const waiting: { readonly at: number; readonly segment: Buffer }[] = [];
  let timer: NodeJS.Timeout | null = null;
  const deliver = (): void => {
    timer = null;
    for (let next = waiting[0]; next !== undefined && next.at <= performance.now(); next = waiting[0]) {
      waiting.shift();
      if (to.writable) to.write(next.segment);
    }
    const [next] = waiting;
    if (next !== undefined) timer = setTimeout(deliver, Math.max(0, next.at - performance.now()));
  };
  from.on("data", (chunk: Buffer) => {
    count(chunk.byteLength);
    if (roundTripMs === 0 && loss === 0) return void to.write(chunk);
    for (let at = 0; at < chunk.byteLength; at += SEGMENT_BYTES) {
      let delay = roundTripMs / 2;
      for (let again = RETRANSMIT_MS + roundTripMs; chance() < loss; again *= 2) delay += again;
      const arrivesAt = Math.max(waiting.at(-1)?.at ?? 0, performance.now() + delay);
      waiting.push({ at: arrivesAt, segment: chunk.subarray(at, at + SEGMENT_BYTES) });
    }
    timer ??= setTimeout(deliver, roundTripMs / 2);
  });
}
