/**
 * The hub over a WebSocket that the unit opens: for a unit that is not on the hub's platform, such as a box in the plant. The same calls
 * as over RPC. A connection that broke is opened again with the next call; every call that was under way fails and is asked again, and
 * where none was, whoever is told of nudges is told that there are none any more.
 */
import { FrameDown, type FrameUp, type Nudge, cutFrame, frameReader } from "../../contracts/delta/frame.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";

/** Opening takes three round trips, an answer one; a hub that needs longer is away, or its connection is and nobody has said so. */
const OPEN_MS = 8_000;
const ANSWER_MS = 9_000;

export type HubSocket = HubForUnit & { close(): void };
type Waiting = { readonly resolve: (reply: unknown) => void; readonly reject: (error: Error) => void };

export type HubSocketEnds = {
  /** http or https of the hub. */
  readonly address: string;
  readonly token: string;
  readonly unit: string;
  /** There is something for this unit. */
  readonly onNudge: (of: Nudge) => void;
  /** The connection ended while nothing was asked over it: nobody else would notice, and no nudge comes until something is asked. */
  readonly onCut: (why: string) => void;
};

export function hubSocket({ address, token, unit, onNudge, onCut }: HubSocketEnds): HubSocket {
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | null = null;
  let opening: Promise<WebSocket> | null = null;
  let calls = 0;

  const drop = (gone: WebSocket, why: string): void => {
    if (socket !== gone) return;
    socket = null;
    const asked = [...waiting.values()];
    waiting.clear();
    for (const { reject } of asked) reject(new Error(why));
    if (asked.length === 0) onCut(why);
  };

  const open = async (): Promise<WebSocket> => {
    const url = new URL(`/api/hub/sync/${unit}`, address);
    const asked = fetch(url, { headers: { upgrade: "websocket", authorization: `Bearer ${token}` } });
    const response = await within(OPEN_MS, asked, () => new Error(`the hub took no connection within ${OPEN_MS} ms`));
    const opened = response.webSocket;
    if (opened === null) throw new Error(`the hub answered ${response.status} to the connection: ${(await response.text()).slice(0, 200)}`);
    opened.binaryType = "arraybuffer";
    const read = frameReader();
    opened.addEventListener("message", ({ data }) => hear(opened, data instanceof ArrayBuffer ? read(new Uint8Array(data)) : null));
    opened.addEventListener("close", ({ code, reason }) => drop(opened, `the hub's connection ended: ${code} ${reason}`.trimEnd()));
    opened.addEventListener("error", () => drop(opened, "the hub's connection broke"));
    opened.accept();
    socket = opened;
    return opened;
  };

  const connected = async (): Promise<WebSocket> => {
    if (socket !== null) return socket;
    opening ??= open().finally(() => (opening = null));
    return opening;
  };

  const hear = (from: WebSocket, frame: unknown): void => {
    if (frame === undefined) return;
    const parsed = FrameDown.safeParse(frame);
    if (!parsed.success) {
      // Which call it answers can't be told: all of them fail now, with the reason, instead of waiting for what will not come.
      const why = `the hub sent what can't be read: ${isRefusal(frame) ? frame.rule : "not a frame of the delta protocol"}`;
      drop(from, why);
      from.close(1003, why);
      return;
    }
    if ("nudge" in parsed.data) return onNudge(parsed.data.nudge);
    const one = waiting.get(parsed.data.call);
    waiting.delete(parsed.data.call);
    if ("reply" in parsed.data) one?.resolve(parsed.data.reply);
    else if ("failed" in parsed.data) one?.reject(new Error(parsed.data.failed));
  };

  const ask = async <T>(name: FrameUp["ask"], given: unknown): Promise<T> => {
    const line = await connected();
    const call = ++calls;
    const pieces = cutFrame({ call, ask: name, with: given });
    if (isRefusal(pieces)) throw new Error(pieces.rule);
    const answer = new Promise<T>((resolve, reject) => {
      waiting.set(call, { resolve: (reply) => resolve(reply as T), reject });
      try {
        for (const piece of pieces) line.send(piece);
      } catch (error) {
        drop(line, "the hub's connection broke");
        if (waiting.delete(call)) reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return within(ANSWER_MS, answer, () => {
      const silent = new Error(`the hub did not answer within ${ANSWER_MS} ms`);
      drop(line, silent.message);
      line.close(1000);
      return silent;
    });
  };

  return {
    register: (registration) => ask("register", registration),
    push: (batch) => ask("push", batch),
    pull: (given) => ask("pull", given),
    load: (given) => ask("load", given),
    digest: (given) => ask("digest", given),
    rows: (given) => ask("rows", given),
    heard: (given) => ask("heard", given),
    note: (given) => ask("note", given),
    models: (given) => ask("models", given),
    blob: (given) => ask("blob", given),
    close() {
      const line = socket;
      if (line === null) return;
      socket = null;
      for (const { reject } of waiting.values()) reject(new Error("closed"));
      waiting.clear();
      line.close(1000);
    },
  };
}

async function within<T>(ms: number, body: Promise<T>, late: () => Error): Promise<T> {
  let timer: number | null = null;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await Promise.race([body, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
