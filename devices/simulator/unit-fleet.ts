/**
 * A fleet in virtual time: machines, their faults and the network between them and the unit, as bytes with the instant of their arrival.
 *
 *   machine ─▶ sample ─▶ network (doubles, reorders, loses, holds back) ─▶ JSON ─▶ message
 */
import type { DemoSite } from "./site.ts";
import type { Logged } from "../../edge/journey/track.ts";
import { FAULT_MODES, type FaultName } from "./fault.ts";
import { startMachine, step, type Machine } from "./machine.ts";
import { CALM_NETWORK, mischiefOf, pass, type MischiefCounts, type Network } from "./network.ts";
import { between, randomOf, type Random } from "./random.ts";

/** One sample a second, as the template's channels say. */
export const PERIOD_MS = 1_000;
/** Devices speak in turn within the second, so many turns of it; the unit hears each turn at its end. */
export const TURNS = 4;
export const TURN_MS = PERIOD_MS / TURNS;
/** From the device to the unit's door, over the plant's network. */
const LINK_MS = [5, 60] as const;
/** Before a run its machines have run for so many samples: a model that learns a machine's noise as it runs has learnt it. */
const HISTORY = 400;
/** After a break the SDK sends what waited as one message. */
const BACKLOG_FROM = 3;
const DAY_MS = 86_400_000;

export type FaultRow = { readonly device: string; readonly asset: string; readonly mode: FaultName; readonly beganAt: number; mendedAt: number | null };

export type VirtualFleet = {
  /** What the machines measured before the run began, healthy and with a network that holds: device by device, in order. */
  history(): readonly Logged[];
  /** What arrives within the turn that begins at `from`, in order of arrival. */
  turn(from: number): readonly Logged[];
  /** Whatever is wrong with the asset's machine is repaired. False when nothing was. */
  mend(asset: string, at: number): boolean;
  /** In the order in which they began. */
  readonly faults: readonly FaultRow[];
  measured(): number;
  counts(): MischiefCounts;
};

type Member = {
  readonly id: string;
  readonly asset: string;
  readonly phaseMs: number;
  readonly random: Random;
  readonly past: Random;
  readonly link: Random;
  readonly chance: Random;
  machine: Machine;
  network: Network;
  seq: number;
  faultAt: number;
  fault: FaultRow | null;
};

export type VirtualFleetOptions = {
  readonly site: DemoSite;
  readonly seed: number;
  readonly startAt: number;
  /** Faults that begin per device and day of health. */
  readonly faultsPerDay: number;
  readonly modes: readonly FaultName[];
};

export function startVirtualFleet({ site, seed, startAt, faultsPerDay, modes }: VirtualFleetOptions): VirtualFleet {
  const faults: FaultRow[] = [];
  let measured = 0;
  const members = site.devices.map((device): Member => {
    const chance = randomOf(seed, `fault/${device.id}`);
    return {
      id: device.id,
      asset: device.asset,
      phaseMs: Math.floor(randomOf(seed, `phase/${device.id}`)() * PERIOD_MS),
      random: randomOf(seed, `run/${device.id}`),
      past: randomOf(seed, `past/${device.id}`),
      link: randomOf(seed, `link/${device.id}`),
      chance,
      machine: startMachine(device.id, "pump", randomOf(seed, `start/${device.id}`)),
      network: CALM_NETWORK,
      seq: 0,
      faultAt: startAt + untilFault(faultsPerDay, chance),
      fault: null,
    };
  });
  const turns = Array.from({ length: TURNS }, (_, t) => members.filter(({ phaseMs }) => Math.floor(phaseMs / TURN_MS) === t));

  function measure(member: Member, at: number): readonly Logged[] {
    if (member.fault === null && at >= member.faultAt) begin(member, at);
    const { machine, channels } = step(member.machine, PERIOD_MS, member.random);
    member.machine = machine;
    measured++;
    const { network, out } = pass(member.network, { ts: at, channels, seq: member.seq++ }, mischiefOf(machine), member.random);
    member.network = network;
    const arrivedAt = Math.round(at + between(member.link, ...LINK_MS));
    const payloads = out.length >= BACKLOG_FROM ? [JSON.stringify(out)] : out.map((one) => JSON.stringify(one));
    return payloads.map((text) => ({ device: member.id, payload: Buffer.from(text), arrivedAt }));
  }

  function begin(member: Member, at: number): void {
    const mode = modes[Math.floor(member.chance() * modes.length)];
    if (mode === undefined) return;
    member.fault = { device: member.id, asset: member.asset, mode, beganAt: at, mendedAt: null };
    member.machine = { ...member.machine, fault: { mode, ageMs: 0 } };
    faults.push(member.fault);
  }

  function measureBefore(member: Member): Logged {
    const before = Array.from({ length: HISTORY }, (_, i) => {
      const { machine, channels } = step(member.machine, PERIOD_MS, member.past);
      member.machine = machine;
      return { ts: startAt - (HISTORY - i) * PERIOD_MS + member.phaseMs, channels, seq: member.seq++ };
    });
    return { device: member.id, payload: Buffer.from(JSON.stringify(before)), arrivedAt: startAt };
  }

  return {
    faults,
    history: () => members.map(measureBefore),
    measured: () => measured,
    turn(from) {
      const speaking = turns[Math.floor((from % PERIOD_MS) / TURN_MS)] ?? [];
      const second = from - (from % PERIOD_MS);
      return speaking.flatMap((member) => measure(member, second + member.phaseMs)).sort((a, b) => a.arrivedAt - b.arrivedAt);
    },
    mend(asset, at) {
      let mended = false;
      for (const member of members) {
        if (member.asset !== asset || member.fault === null) continue;
        mended = true;
        member.fault.mendedAt = at;
        member.fault = null;
        member.machine = { ...member.machine, fault: null };
        member.faultAt = at + untilFault(faultsPerDay, member.chance);
      }
      return mended;
    },
    counts() {
      const sum = (of: (counts: MischiefCounts) => number): number => members.reduce((total, { network }) => total + of(network.counts), 0);
      return { duplicates: sum((c) => c.duplicates), reordered: sum((c) => c.reordered), lost: sum((c) => c.lost), outages: sum((c) => c.outages) };
    },
  };
}

/** Failures come without memory: exponential. */
function untilFault(perDay: number, chance: Random): number {
  return perDay === 0 ? Infinity : (-Math.log(1 - chance()) * DAY_MS) / perDay;
}

/** Faults that machines can have and the scenario knows. */
export function modesOf(known: readonly { readonly id: string }[]): readonly FaultName[] {
  return FAULT_MODES.filter((mode) => known.some(({ id }) => id === mode));
}
