/** The live sockets of pages: each hears what changed and who it concerns. Hibernating; what a socket is for is in its attachment. */
import { z } from "zod";
import type { HubLink, Kpis } from "../../contracts/board.ts";
import { Changed, type Down } from "../../contracts/down.ts";
import type { Change } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { Up } from "../../contracts/up.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";

/** Pages connected to one unit. A control room and every engineer's phone of a large site, with room. */
export const SOCKETS_MAX = 500;
/** A page says hello and nothing else. */
const UP_BYTES_MAX = 1_024;

const Attachment = z.object({ role: z.string(), subject: z.string() });
type Watcher = z.infer<typeof Attachment>;

/** A boxful of sockets; `seq` lets a page notice that it missed something. */
export type Live = {
  join(who: Watcher): Response;
  hear(socket: WebSocket, message: string | ArrayBuffer): void;
  /** Ends the sockets of somebody who signed out. */
  leave(subject: string): void;
  tell(changes: readonly Change[], at: Millis): void;
  /** Whether anybody of the desk is watching. */
  hasDesk(): boolean;
  status(hub: () => HubLink, kpis: () => Kpis, at: Millis): void;
};

export function live(ctx: DurableObjectState): Live {
  let seq = 0;
  const send = (socket: WebSocket, down: Down): void => {
    try {
      socket.send(JSON.stringify(down));
    } catch {
      // Closed between the list and the send: its close event follows.
    }
  };
  const desk = (): readonly WebSocket[] => ctx.getWebSockets("live").filter((s) => Attachment.parse(s.deserializeAttachment()).role !== "engineer");
  return {
    join(who) {
      if (ctx.getWebSockets("live").length >= SOCKETS_MAX) return new Response("too many pages are connected", { status: 503 });
      const { 0: client, 1: server } = new WebSocketPair();
      ctx.acceptWebSocket(server, ["live"]);
      server.serializeAttachment(who);
      return new Response(null, { status: 101, webSocket: client });
    },
    hear(socket, message) {
      const up = typeof message === "string" && message.length <= UP_BYTES_MAX ? Up.safeParse(parse(message)) : null;
      if (up === null || !up.success) return socket.close(1008, "say hello, as contracts/up.ts has it");
      if (up.data.version !== PROTOCOL_VERSION) send(socket, { type: "reload", version: PROTOCOL_VERSION });
    },
    tell(changes, at) {
      const shown = changes.flatMap((change) => (change.after === null ? [] : (Changed.safeParse({ family: change.family, entity: change.after }).data ?? [])));
      if (shown.length === 0) return;
      seq += 1;
      for (const socket of ctx.getWebSockets("live")) {
        const who = Attachment.parse(socket.deserializeAttachment());
        send(socket, { type: "changes", seq, at, changes: shown.filter((c) => concerns(c, who)) });
      }
    },
    leave(subject) {
      for (const socket of ctx.getWebSockets("live")) {
        if (Attachment.parse(socket.deserializeAttachment()).subject === subject) socket.close(1000, "signed out");
      }
    },
    hasDesk: () => desk().length > 0,
    status(hub, kpis, at) {
      const down: Down = { type: "status", at, hub: hub(), kpis: kpis() };
      for (const socket of desk()) send(socket, down);
    },
  };
}

/** The desk hears everything; an engineer hears of what is theirs. */
function concerns(changed: Changed, who: Watcher): boolean {
  if (who.role !== "engineer") return true;
  const entity: Readonly<Record<string, unknown>> = changed.entity;
  return changed.family === "kit" || entity["engineer"] === who.subject || entity["to"] === who.subject;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
