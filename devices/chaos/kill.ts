/**
 * `kill -9` of the server and of its workerd, again and again, while pumps speak at QoS 1 and, where the server takes it, numbers travel at QoS 2
 * to a subscriber whose session outlives its connections. The clients' own journals say what must be there afterwards.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Tell } from "../server/build.ts";
import { randomOf } from "../simulator/random.ts";
import { breakDown, startListener, startPump, startTeller, takesQos2, type Login, type Speaker } from "./clients.ts";
import { startJournal } from "./journal.ts";
import { apiTo, enterPlant, UNIT } from "./plant.ts";
import { startServed } from "./served.ts";
import { settle, type Settled } from "./settle.ts";
import { until } from "./until.ts";

const TALKERS = ["pump-1", "pump-2", "pump-3"];
/** Each fails once, in a round of its own: each must have one ticket in the end. */
const FAILING = ["pump-4", "pump-5", "pump-6"];
const TELLER = "pump-7";
const TOPIC = "chaos/words";
/** Acknowledged in a round before the server may die. */
const ACKNOWLEDGED_MIN = 100;
/** The server dies at an instant of its own within this. */
const KILL_WITHIN_MS = 500;
const ROUND_MS = 60_000;
const FINISH_MS = 60_000;

export type KillSeen = Settled & { readonly rounds: number };

export async function chaosKill(rounds: number, seed: number, tell: Tell): Promise<KillSeen> {
  const dir = mkdtempSync(join(tmpdir(), "outpost-chaos-"));
  const random = randomOf(seed, "kill");
  let served = await startServed({ dir, openAccess: false });
  const ends: (() => Promise<unknown>)[] = [() => served.kill()];
  try {
    const passwords = await enterPlant(apiTo(served), [...TALKERS, ...FAILING, TELLER]);
    const { mqttPort, httpPort } = served;
    const login = (device: string): Login => ({ port: mqttPort, unit: UNIT, device, password: passwords.get(device) ?? "" });
    const words = startJournal();
    const ear = (await takesQos2(login(TELLER))) ? await startListener(login("pump-1"), TOPIC, words) : null;
    if (ear === null) tell("the server does not take QoS 2: QoS 1 alone");
    else ends.push(() => ear.endAsync(true));
    const pumps = TALKERS.map((device) => startPump(login(device)));
    const teller = ear === null ? null : startTeller(login(TELLER), TOPIC);
    const speakers = teller === null ? pumps : [...pumps, teller];
    ends.push(...speakers.map((one) => () => one.close()));

    const broken: Promise<number>[] = [];
    for (let round = 1; round <= rounds; round++) {
      const before = acknowledgedBy(speakers);
      const failing = FAILING[round - 1];
      if (failing !== undefined) broken.push(breakDown(login(failing)));
      await until(ROUND_MS, `round ${round}: not enough is acknowledged`, () => acknowledgedBy(speakers) - before >= ACKNOWLEDGED_MIN);
      await wait(random() * KILL_WITHIN_MS);
      await served.kill();
      served = await startServed({ dir, port: httpPort, mqttPort, openAccess: false });
      tell(`round ${round} of ${rounds}: ${acknowledgedBy(speakers)} acknowledged, killed and there again`);
    }
    const told = await Promise.all(broken);
    for (const one of speakers) if (!(await one.finish(FINISH_MS))) tell(`${one.device}: not all is acknowledged within ${FINISH_MS / 1_000} s`);
    return { rounds, ...(await settle(served, { pumps, teller, words, failing: FAILING.slice(0, told.length), told, besides: 0 })) };
  } finally {
    for (const end of ends.toReversed()) await end().catch(() => undefined);
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function acknowledgedBy(speakers: readonly Speaker[]): number {
  return speakers.reduce((sum, one) => sum + one.journal.sum().acknowledged, 0);
}
