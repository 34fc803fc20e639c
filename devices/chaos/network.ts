/**
 * A bad wire between clients and the server: a share of the packets is lost, doubled or comes late, and connections break. The clients' journals
 * say what must be there afterwards; what is lost on the way of a client that asks for no answer must show as gaps.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Tell } from "../server/build.ts";
import { randomOf } from "../simulator/random.ts";
import { breakDown, startListener, startPump, startTeller, startWhisperer, takesQos2, type Login, type Whisperer } from "./clients.ts";
import { startJournal } from "./journal.ts";
import { apiTo, enterPlant, instantsOf, missingOf, UNIT } from "./plant.ts";
import { startProxy } from "./proxy.ts";
import { startServed, type Served } from "./served.ts";
import { settle, type Settled } from "./settle.ts";

const TALKERS = ["pump-1", "pump-2", "pump-3"];
const FAILING = ["pump-4", "pump-5", "pump-6"];
const TELLER = "pump-7";
const WHISPERER = "pump-8";
const TOPIC = "chaos/words";
/** Of each of the three faults, in each direction. */
const SHARE = 0.1;
/** About so long lives a connection: what was lost on it comes again on the next. */
const BREAK_MS = 1_500;
const ROUND_MS = 2_000;
const FINISH_MS = 60_000;
/** What is on its way when the last is said has come, and is read, within this. */
const QUIET_MS = 3_000;

export type NetworkSeen = Settled & {
  readonly rounds: number;
  readonly dropped: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly breaks: number;
  /** Of a device that asks for no answer: numbers that never came, by its own journal and by the unit's meter of it. */
  readonly gaps: number;
  readonly gapsReported: number;
};

/** A round is two seconds of traffic. */
export async function chaosNetwork(rounds: number, seed: number, tell: Tell): Promise<NetworkSeen> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-chaos-"));
  const served = await startServed({ dir, openAccess: false });
  const ends: (() => Promise<unknown>)[] = [() => served.stop()];
  try {
    const passwords = await enterPlant(apiTo(served), [...TALKERS, ...FAILING, TELLER, WHISPERER]);
    const proxy = await startProxy(served.mqttPort, SHARE, BREAK_MS, randomOf(seed, "wire"));
    ends.push(() => proxy.close());
    const login = (device: string, port = proxy.port): Login => ({ port, unit: UNIT, device, password: passwords.get(device) ?? "" });
    const words = startJournal();
    const ear = (await takesQos2(login(TELLER, served.mqttPort))) ? await startListener(login("pump-1"), TOPIC, words) : null;
    if (ear === null) tell("the server does not take QoS 2: QoS 1 alone");
    else ends.push(() => ear.endAsync(true));
    const pumps = TALKERS.map((device) => startPump(login(device)));
    const teller = ear === null ? null : startTeller(login(TELLER), TOPIC);
    const speakers = teller === null ? pumps : [...pumps, teller];
    ends.push(...speakers.map((one) => () => one.close()));
    const whisperer = startWhisperer(login(WHISPERER));
    ends.push(() => whisperer.close());
    const broken = FAILING.map((device) => breakDown(login(device)));
    for (let round = 1; round <= rounds; round++) {
      await wait(ROUND_MS);
      const { dropped, doubled, reordered, breaks } = proxy.faults();
      tell(`round ${round} of ${rounds}: ${dropped} lost, ${doubled} doubled, ${reordered} late, ${breaks} connections broken`);
    }
    const told = await Promise.all(broken);
    for (const one of speakers) if (!(await one.finish(FINISH_MS))) tell(`${one.device}: not all is acknowledged within ${FINISH_MS / 1_000} s`);
    await whisperer.close();
    await wait(QUIET_MS);
    const gaps = await gapsOf(served, whisperer);
    const heard = whisperer.numbers.size - gaps.unheard;
    const settled = await settle(served, { pumps, teller, words, failing: FAILING, told, besides: heard });
    return { rounds, ...settled, ...proxy.faults(), gaps: gaps.between, gapsReported: await missingOf(apiTo(served), WHISPERER) };
  } finally {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** By the instants in its trace. `unheard`: of all that was said; `between`: of those, what lies between others that came, since nobody can miss a last word. */
async function gapsOf(served: Served, { device, numbers }: Whisperer): Promise<{ readonly unheard: number; readonly between: number }> {
  const heard = new Set((await instantsOf(apiTo(served), device)).map((ts) => numbers.get(ts) ?? 0));
  const last = Math.max(0, ...heard);
  const first = Math.min(...heard);
  const all = [...numbers.values()];
  return { unheard: all.filter((seq) => !heard.has(seq)).length, between: all.filter((seq) => seq > first && seq < last && !heard.has(seq)).length };
}
