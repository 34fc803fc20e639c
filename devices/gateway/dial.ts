/**
 * A WebSocket to a unit that is dialled again whenever it is gone, with growing pauses, and asked whether it is alive. What is said on it is
 * `link.ts`'s.
 */
import { WebSocket } from "ws";
import { LINK_ANSWERS, LINK_ASKS, LINK_MESSAGE_BYTES_MAX, LINK_PROTOCOL } from "../../contracts/gateway-wire.ts";

/** The unit answers handshake and greeting within this each, or counts as away. */
const GREETING_MS = 5_000;
/** A link is asked whether it is alive this often; the unit gives it up after three times as long. */
const ASK_EVERY_MS = 20_000;
/** Without any message for so long after a question the link is dead, whatever TCP says. */
const DEAD_MS = 45_000;
/** Pauses between tries: doubled from the first to the longest, each shortened by up to a half by chance, so that a site's gateways don't come together. */
const PAUSE_FIRST_MS = 250;
const PAUSE_LONGEST_MS = 30_000;
/** The unit answers our close within this. */
const CLOSING_MS = 1_000;

export type Dialled = {
  /** What is sent while the socket is gone goes nowhere. `onSent`: it has left for the system. */
  send(message: Uint8Array, onSent?: () => void): void;
  /** Bytes that have not left yet. */
  waiting(): number;
  /** The unit has greeted: from now on the link has to stay alive, and the next pause is the first again. */
  greeted(): void;
  /** The unit breaks the rules of the link. */
  breakOff(rule: string): void;
  /** Called about once a second. */
  check(now: number): void;
  dials(): { readonly dialled: number; readonly refused: number };
  close(): Promise<void>;
};

export type DialOptions = {
  readonly url: string;
  readonly token?: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly onOpen: () => void;
  readonly onMessage: (message: Uint8Array) => void;
  /** `isNews`: it was up, or this was the first try. */
  readonly onGone: (why: string, isNews: boolean) => void;
};

export function keepDialled(options: DialOptions): Dialled {
  const { now } = options;
  const counts = { dialled: 0, refused: 0 };
  let ws: WebSocket | null = null;
  let redial: NodeJS.Timeout | null = null;
  let pauseMs = PAUSE_FIRST_MS;
  let isGreeted = false;
  let isClosed = false;
  let heardAt = 0;
  let askedAt = 0;

  dial();

  function dial(): void {
    redial = null;
    counts.dialled += 1;
    const socket = new WebSocket(options.url, LINK_PROTOCOL, {
      handshakeTimeout: GREETING_MS,
      perMessageDeflate: false,
      maxPayload: LINK_MESSAGE_BYTES_MAX,
      ...(options.token === undefined ? {} : { headers: { authorization: `Bearer ${options.token}` } }),
    });
    ws = socket;
    heardAt = askedAt = now();
    let why = "the unit is away";
    socket.on("open", () => socket === ws && options.onOpen());
    socket.on("message", (message: Buffer, isBinary: boolean) => {
      if (socket !== ws) return;
      heardAt = now();
      if (isBinary) options.onMessage(message);
      else if (message.toString() !== LINK_ANSWERS) breakOff("a text that is no answer");
    });
    socket.on("unexpected-response", (request, response) => {
      counts.refused += 1;
      request.destroy();
      gone(socket, `the unit refuses the link with ${response.statusCode ?? 0}`);
    });
    socket.on("error", (error) => {
      why = error.message;
    });
    socket.on("close", (_code, said) => gone(socket, said.length > 0 ? said.toString() : why));
  }

  function gone(socket: WebSocket, why: string): void {
    if (socket !== ws) return;
    ws = null;
    const isNews = isGreeted || pauseMs === PAUSE_FIRST_MS;
    isGreeted = false;
    options.onGone(why, isNews && !isClosed);
    if (isClosed) return;
    redial = setTimeout(dial, pauseMs * (1 - options.random() / 2));
    pauseMs = Math.min(pauseMs * 2, PAUSE_LONGEST_MS);
  }

  function breakOff(rule: string): void {
    const socket = ws;
    if (socket === null) return;
    socket.terminate();
    gone(socket, rule);
  }

  function check(at: number): void {
    if (ws === null) return;
    if (!isGreeted && at - askedAt > 2 * GREETING_MS) return breakOff("the unit does not greet");
    if (!isGreeted) return;
    if (at - heardAt > DEAD_MS) return breakOff("the unit does not answer");
    if (at - askedAt < ASK_EVERY_MS) return;
    askedAt = at;
    ws.send(LINK_ASKS);
  }

  async function close(): Promise<void> {
    isClosed = true;
    if (redial !== null) clearTimeout(redial);
    const socket = ws;
    if (socket === null) return;
    const over = new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
    });
    socket.close(1000);
    const late = setTimeout(() => socket.terminate(), CLOSING_MS);
    await over;
    clearTimeout(late);
  }

  return {
    send: (message, onSent) => ws?.readyState === WebSocket.OPEN && ws.send(message, onSent),
    waiting: () => ws?.bufferedAmount ?? 0,
    greeted() {
      isGreeted = true;
      pauseMs = PAUSE_FIRST_MS;
    },
    breakOff,
    check,
    dials: () => ({ ...counts }),
    close,
  };
}
