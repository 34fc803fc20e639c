/**
 * What the hub's merge costs: operations of one unit, pushed by RPC from another process, one at a time and 500 at a time. Processor time of
 * the hub's workerd, and the time until each push is durable and answered. Each push is one transaction on disk.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PUSH_OPERATIONS_MAX, type Operation } from "../../contracts/delta/operation.ts";
import type { PushReply } from "../../contracts/delta/sync.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { batchOf, operationOf, registrationOf } from "../../hub/merge/fixture/unit.ts";
import { failure } from "../cli/outcome.ts";
import { build } from "../server/build.ts";
import type { Tell } from "../server/build.ts";
import { ROOT } from "../server/paths.ts";
import { startServer } from "../server/server.ts";
import { cpuMs, machine, quantile } from "./machine.ts";
import type { Measured } from "./machine.ts";

const HOST = "127.0.0.1";
const UNIT = "bench";
const SINGLES = 500;
const BATCHES = 40;
/** Statements are compiled, the object is awake. */
const WARM = 50;
/** Operations on one ticket: its life has some twenty. */
const OPERATIONS_A_TICKET = 20;
/** What a push of one may take, durable and answered: a third of the 300 ms from a unit to the CRM. */
const PROMISED_MS = 100;

const WRITES = [
  { attr: "state", value: "open" },
  { attr: "priority", value: "p1" },
  { attr: "faultMode", value: "bearing-wear" },
  { attr: "openedAt", value: 1_763_750_000_000 },
] as const;

export async function merge(tell: Tell): Promise<Measured> {
  await build(["hub"], tell);
  const dir = mkdtempSync(join(tmpdir(), "outpost-bench-"));
  const registry = join(dir, "registry");
  const hub = await startServer({ layout: "hub", host: HOST, port: 0, dataDir: join(dir, "hub"), registry, vars: {} });
  const bundle = join(ROOT, "hub", "peers", "fixture", "pusher");
  const pusher = await startServer({ layout: "edge", host: HOST, port: 0, dataDir: join(dir, "pusher"), registry, vars: {}, bundle });
  const call = async (name: "register" | "push", argument: unknown): Promise<unknown> => {
    const response = await fetch(pusher.url, { method: "POST", body: JSON.stringify({ call: name, argument }) });
    const answer: unknown = await response.json();
    if (!response.ok || isRefusal(answer)) throw failure(`${name}: ${JSON.stringify(answer)}`);
    return answer;
  };
  let seq = 0;
  const push = async (size: number): Promise<number> => {
    const list = Array.from({ length: size }, () => nextOperation((seq += 1)));
    const sentAt = performance.now();
    const reply = (await call("push", batchOf(UNIT, list))) as PushReply;
    if (reply.through !== seq || reply.dead.length > 0) throw failure(`operation ${seq} was not taken: ${JSON.stringify(reply).slice(0, 300)}`);
    return performance.now() - sentAt;
  };
  const measure = async (size: number, times: number): Promise<{ readonly ms: readonly number[]; readonly cpuUs: number }> => {
    const [before, ms] = [cpuMs(hub.workerdPid()), [] as number[]];
    for (let i = 0; i < times; i++) ms.push(await push(size));
    return { ms, cpuUs: ((cpuMs(hub.workerdPid()) - before) * 1_000) / (size * times) };
  };
  try {
    await call("register", registrationOf(UNIT));
    for (let i = 0; i < WARM; i++) await push(1 + (i % 10));
    tell(`${SINGLES} pushes of 1, ${BATCHES} of ${PUSH_OPERATIONS_MAX} …`);
    const singles = await measure(1, SINGLES);
    const batches = await measure(PUSH_OPERATIONS_MAX, BATCHES);
    const round = (value: number): number => Math.round(value * 10) / 10;
    return {
      bench: "merge",
      ratios: { singleP99OfPromise: Math.round((1_000 * quantile(singles.ms, 0.99)) / PROMISED_MS) / 1_000 },
      figures: {
        operations: seq,
        cpuUsOfOneInAPushOfOne: round(singles.cpuUs),
        cpuUsOfOneInAPushOf500: round(batches.cpuUs),
        pushOfOneP50Ms: round(quantile(singles.ms, 0.5)),
        pushOfOneP99Ms: round(quantile(singles.ms, 0.99)),
        pushOf500P50Ms: round(quantile(batches.ms, 0.5)),
        pushOf500P99Ms: round(quantile(batches.ms, 0.99)),
      },
      machine: machine(),
    };
  } finally {
    await pusher.dispose();
    await hub.dispose();
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function nextOperation(seq: number): Operation {
  const write = WRITES[seq % WRITES.length] ?? WRITES[0];
  return operationOf(UNIT, seq, { entity: "ticket", id: `t-${Math.floor(seq / OPERATIONS_A_TICKET)}`, ...write });
}
