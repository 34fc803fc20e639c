/** What a Worker's isolate holds, by the inspector that workerd opens: the isolate's own count, not that of the process around it. */
import { z } from "zod";

/** It answers between two pieces of the isolate's own work, and a busy machine has many of these. */
const ANSWER_MS = 180_000;
/** `backingStorageSize`: of array buffers and of wasm memories, which lie outside the heap. */
const HeapUsage = z.object({
  usedSize: z.number(),
  totalSize: z.number(),
  embedderHeapUsedSize: z.number().optional(),
  backingStorageSize: z.number().optional(),
});
const Targets = z.array(z.object({ webSocketDebuggerUrl: z.string() }));
const Answer = z.object({ id: z.number().optional(), result: z.unknown().optional(), error: z.unknown().optional() });

/** Bytes in the heap and in the buffers beside it. */
export type Held = { readonly heapBytes: number; readonly buffersBytes: number };
export type Inspector = { ask(method: string, params?: object): Promise<unknown>; close(): void };

/** The only Worker behind that address. */
export async function openInspector(url: string): Promise<Inspector> {
  const [target] = Targets.parse(await (await fetch(new URL("/json", url.replace(/^ws/, "http")))).json());
  if (target === undefined) throw new Error(`nothing to inspect at ${url}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error(`no inspector at ${url}`)), { once: true });
  });
  const waiting = new Map<number, (answer: z.infer<typeof Answer>) => void>();
  socket.addEventListener("message", ({ data }) => {
    const answer = Answer.parse(JSON.parse(String(data)));
    if (answer.id === undefined) return;
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  let id = 0;
  return {
    ask: (method, params = {}) =>
      new Promise((resolve, reject) => {
        const own = ++id;
        const timer = setTimeout(() => reject(new Error(`${method} was not answered within ${ANSWER_MS / 1_000} s`)), ANSWER_MS);
        waiting.set(own, ({ result, error }) => {
          clearTimeout(timer);
          if (error === undefined) resolve(result);
          else reject(new Error(`${method}: ${JSON.stringify(error)}`));
        });
        socket.send(JSON.stringify({ id: own, method, params }));
      }),
    close: () => socket.close(),
  };
}

/** After what nobody holds any more is collected. */
export async function heldBy(inspector: Inspector): Promise<Held> {
  await inspector.ask("HeapProfiler.enable");
  await inspector.ask("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize = 0, embedderHeapUsedSize = 0 } = HeapUsage.parse(await inspector.ask("Runtime.getHeapUsage"));
  return { heapBytes: usedSize + embedderHeapUsedSize, buffersBytes: backingStorageSize };
}

const Profile = z.object({
  profile: z.object({
    nodes: z.array(z.object({ id: z.number(), callFrame: z.object({ functionName: z.string() }), children: z.array(z.number()).optional() })),
    samples: z.array(z.number()),
  }),
});
const SAMPLED_EVERY_US = 500;

/**
 * µs of the isolate's own time that were spent meanwhile in functions of a name, and in what they called. The profiler looks every half millisecond
 * and only while the isolate runs, so looks are counted: what lies between two of them may be a wait.
 */
export async function profiled(inspector: Inspector, meanwhile: () => Promise<void>): Promise<(name: RegExp) => number> {
  await inspector.ask("Profiler.enable");
  await inspector.ask("Profiler.setSamplingInterval", { interval: SAMPLED_EVERY_US });
  await inspector.ask("Profiler.start");
  await meanwhile();
  const { profile } = Profile.parse(await inspector.ask("Profiler.stop"));
  const nameOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const callerOf = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const isIn = (id: number, name: RegExp): boolean => {
    for (let at: number | undefined = id; at !== undefined; at = callerOf.get(at)) if (name.test(nameOf.get(at) ?? "")) return true;
    return false;
  };
  return (name) => profile.samples.filter((id) => isIn(id, name)).length * SAMPLED_EVERY_US;
}
