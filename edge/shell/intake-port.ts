/** One connection's way out: its WebSocket, or a member's place on a gateway's link. What is thrown by a socket that is gone stays here. */
import type { Sleeping } from "../ingest/broker/order.ts";
import { REASON, type Reason } from "../ingest/reason.ts";

export type Port = {
  /** One frame. False: nobody is there any more. */
  readonly send: (bytes: Uint8Array) => boolean;
  readonly close: (reason: Reason, rule: string) => void;
  /** Keeps what the connection is, should the object sleep. False: it can't be kept. */
  readonly keep: (sleeping: Sleeping) => boolean;
};

/** Of one frame; a longer packet comes in several [MQTT-6.0.0-2]. The platform's own clients take 1 MiB. */
const FRAME_BYTES_MAX = 512 * 1024;
/** What a close frame can say. */
const CLOSE_REASON_BYTES_MAX = 120;
const CODES = new Map<Reason, number>([
  [REASON.success, 1000],
  [REASON.packetTooLarge, 1009],
  [REASON.malformedPacket, 1002],
  [REASON.protocolError, 1002],
]);
const POLICY = 1008;

export function socketPort(socket: WebSocket): Port {
  return {
    send: (bytes) =>
      didNotThrow(() => {
        for (let from = 0; from < bytes.length; from += FRAME_BYTES_MAX)
          socket.send(bytes.length <= FRAME_BYTES_MAX ? bytes : bytes.subarray(from, from + FRAME_BYTES_MAX));
      }),
    close: (reason, rule) => void didNotThrow(() => socket.close(CODES.get(reason) ?? POLICY, asciiOf(rule))),
    keep: (sleeping) => didNotThrow(() => socket.serializeAttachment(sleeping)),
  };
}

/** Null: it kept nothing, or in a layout of before. */
export function keptBy(socket: WebSocket): Sleeping | null {
  const kept = socket.deserializeAttachment() as Sleeping | null;
  return kept?.format === 2 ? kept : null;
}

function didNotThrow(body: () => void): boolean {
  try {
    body();
    return true;
  } catch {
    return false;
  }
}

function asciiOf(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?").slice(0, CLOSE_REASON_BYTES_MAX);
}
