/**
 * The hub's end of the WebSocket of a unit that is elsewhere: one object per unit, thin. Frames in are calls of `HubRpc`, frames out their
 * answers, and nudges. The socket hibernates: while nothing is said, nothing runs.
 *
 *   unit ── frame { call, ask, with } ──▶ Line ── HubRpc ──▶ streams
 *   unit ◀── frame { call, reply } · { nudge } ── Line
 */
import { DurableObject } from "cloudflare:workers";
import { type FrameDown, FrameUp, type Nudge, cutFrame, frameReader } from "../contracts/delta/frame.ts";
import { deeperThan } from "../contracts/delta/json.ts";
import type { DigestAsk, LoadAsk, PullAsk, PushBatch, RowsAsk } from "../contracts/delta/sync.ts";
import { type Refusal, isRefusal, refuse } from "../contracts/refusal.ts";
import type { BlobAsk, ModelsAsk } from "../contracts/models-wire.ts";
import type { NoteAsk } from "../contracts/note.ts";
import type { HeardAsk, Registration } from "../contracts/rpc.ts";
import { flattenPush } from "./merge/batch.ts";
import { settled } from "./shell/settled.ts";

/** Connections of one unit: the one that is alive and those that do not know yet that they are dead. The oldest gives way. */
const SOCKETS_MAX = 4;
/** Calls of one unit at once: one a stream, and as many that were given up and asked again. */
const CALLS_MAX = 16;

/** What is kept with a connection while this object sleeps. `nth`: which connection of this unit it is. */
type Attached = { readonly unit: string; readonly nth: number };

export class Line extends DurableObject<Env> {
  #calls = 0;
  /** Of what comes in pieces: gone with this object, and then the rest is no frame and the unit connects anew. */
  readonly #readers = new WeakMap<WebSocket, ReturnType<typeof frameReader>>();

  /** The Worker has looked the token up: it is this unit's. */
  override async fetch(request: Request): Promise<Response> {
    // The platform lists them in no order.
    const open = this.ctx.getWebSockets().filter((one) => one.readyState === WebSocket.OPEN);
    const byAge = open.map((socket) => ({ socket, nth: attached(socket).nth })).toSorted((a, b) => a.nth - b.nth);
    for (const { socket } of byAge.slice(0, Math.max(0, byAge.length + 1 - SOCKETS_MAX))) socket.close(1013, "too many connections of this unit");
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.ctx.acceptWebSocket(ours);
    ours.serializeAttachment({ unit: request.headers.get("x-outpost-unit") ?? "", nth: (byAge.at(-1)?.nth ?? 0) + 1 } satisfies Attached);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  /** There is something for the unit; whether it is connected. */
  nudge(of: Nudge): boolean {
    const sockets = this.ctx.getWebSockets();
    for (const socket of sockets) send(socket, { nudge: of });
    return sockets.length > 0;
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    const { unit } = attached(socket);
    const read = this.#readers.get(socket) ?? frameReader();
    this.#readers.set(socket, read);
    const frame = typeof message === "string" ? null : read(new Uint8Array(message));
    if (frame === undefined) return;
    const parsed = isRefusal(frame) ? null : FrameUp.safeParse(frame);
    if (parsed?.success !== true) {
      socket.close(1003, isRefusal(frame) ? frame.rule : "not a frame of the delta protocol");
      return;
    }
    const { call, ask, with: given } = parsed.data;
    if (this.#calls >= CALLS_MAX) {
      send(socket, { call, reply: refuse("too-many", `at most ${CALLS_MAX} calls at once`, "wait for the answers") });
      return;
    }
    this.#calls += 1;
    try {
      const handed = ask === "push" ? flattenPush(given) : given;
      const reply = speaksFor(unit, given) ?? tooDeep(handed) ?? (await settled(this.#ask(ask, handed)));
      send(socket, { call, reply });
    } catch (error) {
      // The unit asks again: what the call did is not known.
      send(socket, { call, failed: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#calls -= 1;
    }
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // 1005 and 1006 say that no code was sent; they can't be sent back.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  #ask(ask: FrameUp["ask"], given: unknown): Promise<unknown> {
    const hub = this.env.HUB;
    // What was given is parsed behind the call, as whatever comes by RPC is.
    switch (ask) {
      case "register":
        return hub.register(given as Registration);
      case "push":
        return hub.push(given as PushBatch);
      case "pull":
        return hub.pull(given as PullAsk);
      case "load":
        return hub.load(given as LoadAsk);
      case "digest":
        return hub.digest(given as DigestAsk);
      case "rows":
        return hub.rows(given as RowsAsk);
      case "heard":
        return hub.heard(given as HeardAsk);
      case "note":
        return hub.note(given as NoteAsk);
      case "models":
        return hub.models(given as ModelsAsk);
      case "blob":
        return hub.blob(given as BlobAsk);
    }
  }
}

/** What is handed to another object is copied level by level: some 2,000 exhaust the stack. A schema in a registration has fewer than 100. */
const DEPTH_MAX = 200;

function tooDeep(given: unknown): Refusal | null {
  return deeperThan(given, DEPTH_MAX) ? refuse("malformed", `nested at most ${DEPTH_MAX} deep`, "flatten it", "with") : null;
}

function attached(socket: WebSocket): Attached {
  return socket.deserializeAttachment() as Attached;
}

/** The token is one unit's: it says nothing in the name of another. */
function speaksFor(unit: string, given: unknown): Refusal | null {
  const { unit: named, origin } = typeof given === "object" && given !== null ? (given as { readonly unit?: unknown; readonly origin?: unknown }) : {};
  const of = typeof named === "string" ? named : typeof origin === "string" ? origin.slice(0, Math.max(0, origin.indexOf("@"))) : "";
  return of === unit ? null : refuse("not-permitted", `this line is ${unit}'s`, "connect each unit with a token of its own", "origin");
}

function send(socket: WebSocket, message: FrameDown): void {
  const pieces = cutFrame(message);
  if (isRefusal(pieces)) {
    // Whoever asked hears why there is no answer. A nudge is never that long.
    if ("call" in message) send(socket, { call: message.call, reply: pieces });
    return;
  }
  try {
    for (const piece of pieces) socket.send(piece);
  } catch {
    // It has gone: whoever asked will ask again on another.
  }
}
