/** Load on a broker, from a process of its own: what a client costs must not be counted as the broker's, nor slow it more than any other's. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { failure } from "../cli/outcome.ts";

/** `ws` goes straight to a WebSocket; `tcp` to a port of this machine. */
const Target = z.union([z.strictObject({ tcp: z.number().int() }), z.strictObject({ ws: z.string() })]);
export type Target = z.infer<typeof Target>;

export const LoadOrder = z.discriminatedUnion("kind", [
  /** Publishers as fast as they are acknowledged (QoS 1), or as fast as one subscriber gets it (QoS 0). */
  z.strictObject({
    kind: z.literal("flow"),
    target: Target,
    qos: z.union([z.literal(0), z.literal(1)]),
    connections: z.number().int(),
    bytes: z.number().int(),
    warmMs: z.number(),
    ms: z.number(),
  }),
  /** Connections that say nothing, until standard input ends. */
  z.strictObject({ kind: z.literal("silent"), target: Target, connections: z.number().int() }),
  /** One publisher at a steady rate to one subscriber: how long each message is on its way. */
  z.strictObject({ kind: z.literal("ping"), target: Target, hz: z.number(), ms: z.number(), topic: z.string() }),
  /** Somebody who is hard on the broker, until standard input ends. */
  z.strictObject({ kind: z.literal("nuisance"), target: Target, nuisance: z.enum(["slow", "flood", "big", "retained"]) }),
]);
export type LoadOrder = z.infer<typeof LoadOrder>;

/** Of the stretch that was measured. `delivered` by the subscriber's count; `lost`: QoS 0 messages that it waited for in vain. */
export const FlowSeen = z.object({ ms: z.number(), published: z.number(), delivered: z.number(), lost: z.number() });
export type FlowSeen = z.infer<typeof FlowSeen>;
export const SilentSeen = z.object({ connected: z.number(), refused: z.number(), ms: z.number() });
/** It has begun. `refused`: the broker does not let it. */
export const NuisanceSeen = z.object({ refused: z.boolean() });
export const PingSeen = z.object({ ms: z.array(z.number()), unanswered: z.number() });

const PROGRAM = fileURLToPath(new URL("./mqtt-load-process.ts", import.meta.url));
/** Over what the order itself takes: connecting, and the wait for what is still on its way. */
const SPARE_MS = 90_000;

/** `marks`: instants of the stretch's beginning and end, told as they come, so that the broker's processor time can be read then. */
export type Marks = { readonly begin?: () => void; readonly end?: () => void };

/** Runs one order to its end. */
export async function runLoad<T>(order: LoadOrder, seen: z.ZodType<T>, marks: Marks = {}): Promise<T> {
  const { result, stop } = startLoad(order, seen, marks);
  const timer = setTimeout(stop, SPARE_MS + ("ms" in order ? order.ms : 0));
  return await result.finally(() => {
    clearTimeout(timer);
    stop();
  });
}

/** `stop` ends the process; what it has said by then stands. */
export function startLoad<T>(order: LoadOrder, seen: z.ZodType<T>, marks: Marks = {}): { readonly result: Promise<T>; stop(): void } {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(order)}\n`);
  let [said, complaint] = ["", ""];
  child.stderr.on("data", (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-1_000)));
  const result = new Promise<T>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      const lines = said.split("\n");
      said = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "begin") marks.begin?.();
        else if (line === "end") marks.end?.();
        else resolve(seen.parse(JSON.parse(line)));
      }
    });
    child.once("error", reject);
    child.once("exit", () => reject(failure(`the load process ended: ${complaint.trim()}`)));
  });
  return { result, stop: () => void child.kill("SIGKILL") };
}
