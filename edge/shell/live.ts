/**
 * The live sockets of pages. The desk hears all that a board shows, and that the plan is another; an engineer hears of their own offers, of the jobs that they hold or come
 * along to with the kits of these, and that they lost one. Whom nothing concerns hears nothing. Hibernating; what a socket is for is in its
 * attachment.
 */
import { z } from "zod";
import type { HubLink, Kpis } from "../../contracts/board.ts";
import { Changed, type Down } from "../../contracts/down.ts";
import type { Family } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import { Up } from "../../contracts/up.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { PROTOCOL_VERSION } from "../../contracts/version.ts";
import type { Committed } from "./commit.ts";
import type { Entities } from "./entities.ts";

/** Pages connected to one unit. A control room and every engineer's phone of a large site, with room. */
export const SOCKETS_MAX = 500;
/** A page says hello and nothing else. */
const UP_BYTES_MAX = 1_024;

/** `id`: of the socket, made here. */
const Attachment = z.object({ role: z.string(), subject: z.string(), id: z.string().default("") });
type Watcher = z.infer<typeof Attachment>;

/** A boxful of sockets. */
export type Live = {
  join(who: Pick<Watcher, "role" | "subject">): Response;
  hear(socket: WebSocket, message: string | ArrayBuffer): void;
  /** Ends the sockets of somebody who signed out. */
  leave(subject: string): void;
  tell(changes: readonly Committed[], at: Millis): void;
  /** Whether anybody of the desk is watching. */
  hasDesk(): boolean;
  status(hub: () => HubLink, kpis: () => Kpis, at: Millis): void;
};

export function live(ctx: DurableObjectState, entities: Pick<Entities, "get" | "list">): Live {
  /** How much each socket was told, by its id. In memory: after a restart a page finds a gap, and asks for the whole. */
  const told = new Map<string, number>();
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
      const attachment: Watcher = { ...who, id: crypto.randomUUID() };
      server.serializeAttachment(attachment);
      return new Response(null, { status: 101, webSocket: client });
    },
    hear(socket, message) {
      const up = typeof message === "string" && message.length <= UP_BYTES_MAX ? Up.safeParse(parse(message)) : null;
      if (up === null || !up.success) return socket.close(1008, "say hello, as contracts/up.ts has it");
      if (up.data.version !== PROTOCOL_VERSION) send(socket, { type: "reload", version: PROTOCOL_VERSION });
    },
    tell(changes, at) {
      const sockets = ctx.getWebSockets("live");
      if (sockets.length === 0) return told.clear();
      const shown = changes.flatMap((change) => showOf(change, entities));
      if (changes.some(({ family }) => PLANNED.has(family))) for (const socket of desk()) send(socket, { type: "plan", at });
      if (shown.length === 0) return;
      for (const socket of sockets) {
        const who = Attachment.parse(socket.deserializeAttachment());
        const mine = [...new Map(shown.flatMap((one) => shownTo(one, who)).map((one) => [`${one.family} ${one.entity.id}`, one])).values()];
        if (mine.length === 0) continue;
        const seq = (told.get(who.id) ?? 0) + 1;
        told.set(who.id, seq);
        send(socket, { type: "changes", seq, at, changes: mine });
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

/** What everybody's day is made of. A position moves it too, each second: that a page reads when it asks next. */
const PLANNED: ReadonlySet<Family> = new Set(["ticket", "offer", "assignment", "engineer", "route", "move"]);

/** A change as pages hear it, the engineers whom it concerns, and to those who are off a job now: the offer by which they had it. */
type Shown = { readonly changed: Changed; readonly engineers: ReadonlySet<string>; readonly lost: ReadonlyMap<string, Changed> };

function showOf(change: Committed, entities: Pick<Entities, "get" | "list">): readonly Shown[] {
  const changed = change.after === null ? null : (Changed.safeParse({ family: change.family, entity: change.after }).data ?? null);
  if (changed === null) return [];
  switch (changed.family) {
    case "ticket": {
      const engineers = new Set(crewOf(changed.entity).keys());
      const left = change.before === undefined ? [] : [...crewOf(change.before as Ticket)].filter(([engineer]) => !engineers.has(engineer));
      const lost = left.flatMap(([engineer, id]) => {
        const offer = entities.get("offer", id);
        return offer === undefined ? [] : [[engineer, { family: "offer", entity: offer } satisfies Changed] as const];
      });
      return [{ changed, engineers, lost: new Map(lost) }];
    }
    case "offer":
      return [{ changed, engineers: new Set([changed.entity.engineer]), lost: NOBODY }];
    case "kit": {
      const ticket = entities.get("ticket", changed.entity.ticket);
      const asked = entities.list("offer", { ticket: changed.entity.ticket, state: "open" }).map(({ engineer }) => engineer);
      return [{ changed, engineers: new Set([...(ticket === undefined ? [] : crewOf(ticket).keys()), ...asked]), lost: NOBODY }];
    }
    case "engineer":
      return [{ changed, engineers: new Set([changed.entity.id]), lost: NOBODY }];
    case "alarm":
    case "device":
    case "position":
    case "suppression":
      return [{ changed, engineers: new Set(), lost: NOBODY }];
  }
}

const NOBODY: ReadonlyMap<string, Changed> = new Map();

/** Whoever is asked for a job, holds it or comes along, and the offer by which they do. */
function crewOf(ticket: Ticket): ReadonlyMap<string, string> {
  const lead = "to" in ticket ? [[ticket.to, ticket.offer] as const] : [];
  return new Map([...lead, ...(ticket.helpers ?? []).map(({ engineer, offer }) => [engineer, offer] as const)]);
}

function shownTo({ changed, engineers, lost }: Shown, who: Watcher): readonly Changed[] {
  if (who.role !== "engineer" || engineers.has(who.subject)) return [changed];
  const gone = lost.get(who.subject);
  return gone === undefined ? [] : [gone];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
