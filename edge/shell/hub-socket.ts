/**
 * The hub over a WebSocket that the unit opens: for a unit that is not on the hub's platform, such as a box in the plant. The same calls
 * as over RPC. A connection that broke is opened again with the next call; every call that was under way fails and is asked again.
 */
import { FrameDown, type FrameUp, readFrame, writeFrame } from "../../contracts/delta/frame.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";

/** Opening takes three round trips, an answer one; a hub that needs longer is away, or its connection is and nobody has said so. */
const OPEN_MS = 8_000;
const ANSWER_MS = 9_000;

export type HubSocket = HubForUnit & { close(): void };
type Waiting = { readonly resolve: (reply: unknown) => void; readonly reject: (error: Error) => void };

/** `address`: http or https of the hub. `onNudge`: somebody wrote something for this unit. */
export function hubSocket(address: string, token: string, unit: string, onNudge: (stream: StreamName) => void): HubSocket {
  const waiting = new Map<number, Waiting>();
  let socket: WebSocket | null = null;
  let opening: Promise<WebSocket> | null = null;
  let calls = 0;

  const drop = (gone: WebSocket, why: string): void => {
    if (socket !== gone) return;
    socket = null;
    for (const { reject } of waiting.values()) reject(new Error(why));
    waiting.clear();
  };

  const open = async (): Promise<WebSocket> => {
    const url = new URL(`/api/hub/sync/${unit}`, address);
    const asked = fetch(url, { headers: { upgrade: "websocket", authorization: `Bearer ${token}` } });
    const response = await within(OPEN_MS, asked, () => new Error(`the hub took no connection within ${OPEN_MS} ms`));
    const opened = response.webSocket;
    if (opened === null) throw new Error(`the hub answered ${response.status} to the connection: ${(await response.text()).slice(0, 200)}`);
    opened.binaryType = "arraybuffer";
    opened.addEventListener("message", ({ data }) => hear(data));
    opened.addEventListener("close", () => drop(opened, "the hub's connection ended"));
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

  const hear = (data: unknown): void => {
    const parsed = FrameDown.safeParse(data instanceof ArrayBuffer ? readFrame(new Uint8Array(data)) : null);
    if (!parsed.success) return;
    if ("nudge" in parsed.data) return onNudge(parsed.data.nudge);
    const one = waiting.get(parsed.data.call);
    waiting.delete(parsed.data.call);
    if ("reply" in parsed.data) one?.resolve(parsed.data.reply);
    else if ("failed" in parsed.data) one?.reject(new Error(parsed.data.failed));
  };

  const ask = async <T>(name: FrameUp["ask"], given: unknown): Promise<T> => {
    const line = await connected();
    const call = ++calls;
    const answer = new Promise<T>((resolve, reject) => {
      waiting.set(call, { resolve: (reply) => resolve(reply as T), reject });
      try {
        line.send(writeFrame({ call, ask: name, with: given }));
      } catch (error) {
        waiting.delete(call);
        drop(line, "the hub's connection broke");
        reject(error instanceof Error ? error : new Error(String(error)));
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
    close() {
      const line = socket;
      if (line === null) return;
      drop(line, "closed");
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
