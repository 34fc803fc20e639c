/** `chaos`: faults injected into a real running server, and what of them its clients notice. */
import { chaosKill } from "../chaos/kill.ts";
import { chaosNetwork } from "../chaos/network.ts";
import type { Settled } from "../chaos/settle.ts";
import { failure, print, printJson, progress } from "./outcome.ts";

export type Chaos = { readonly rounds: number; readonly seed: number; readonly json: boolean };

export async function kill({ rounds, seed, json }: Chaos): Promise<void> {
  const seen = await chaosKill(rounds, seed, progress);
  tellSettled(seen, `${seen.rounds} times kill -9`, json);
}

export async function network({ rounds, seed, json }: Chaos): Promise<void> {
  const seen = await chaosNetwork(rounds, seed, progress);
  if (!json) print(`${seen.gaps} gaps of a device that asks for no answer, ${seen.gapsReported} reported`);
  tellSettled(seen, `${seen.dropped} packets lost, ${seen.doubled} doubled, ${seen.reordered} late, ${seen.breaks} connections broken`, json);
  if (seen.gapsReported !== seen.gaps) throw failure(`${seen.gaps} gaps, and ${seen.gapsReported} reported`);
}

function tellSettled(seen: Settled, faults: string, json: boolean): void {
  if (json) printJson(seen);
  else {
    print(`${faults}: ${seen.acknowledged} acknowledged, ${seen.lost} of them lost, ${seen.duplicates} twice`);
    print(`${seen.faults} faults, ${seen.tickets} tickets, ${seen.duplicateTickets} too many; ${seen.absorbed} messages came again and were counted once`);
    print(
      seen.qos2 === null ? "QoS 2 is not taken" : `at QoS 2: ${seen.qos2.acknowledged} acknowledged, ${seen.qos2.lost} lost, ${seen.qos2.duplicates} twice`,
    );
  }
  const kept = seen.lost === 0 && seen.duplicates === 0 && seen.strange === 0 && seen.tickets === seen.faults && seen.duplicateTickets === 0;
  if (!kept) throw failure("not every promise was kept");
}
