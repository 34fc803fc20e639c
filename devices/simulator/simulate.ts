/** A fleet on the air: every simulated device has its own MQTT connection through the gateway, as a real one would. */
import type { Refusal } from "../../contracts/refusal.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { connectDevice, type DeviceLink, type LinkState } from "../sdk/device.ts";
import { isFaultName, type FaultName } from "./fault.ts";
import { mischiefOf, NO_MISCHIEF, type Mischief } from "./network.ts";
import { randomOf, type Random } from "./random.ts";
import { inject, mend, startSource, tick, type Source } from "./source.ts";

/** Devices in one fleet: more is a load test, not a simulation. */
export const FLEET_MAX = 1_000;
/** A simulated device keeps five minutes for a unit that is away; then it says so and forgets the oldest. */
const STORE_MAX = 300;
/** So many samples, told when the fleet begins, and a model that learns a machine's noise as it runs has learnt it. */
export const HISTORY = 400;
/** Backlog older than a minute is history to a unit: a simulated device is back fast. */
const BACKOFF = { firstMs: 500, mostMs: 5_000 };

export type FleetEvent =
  | { readonly type: "link"; readonly device: string; readonly state: LinkState; readonly why: string; readonly at: number }
  | { readonly type: "fault"; readonly device: string; readonly mode: FaultName; readonly at: number }
  | { readonly type: "mended"; readonly device: string; readonly at: number }
  | { readonly type: "refused"; readonly device: string; readonly refusal: Refusal; readonly at: number };

export type FleetOptions = {
  readonly mqttUrl: string;
  readonly unit: string;
  readonly devices: readonly { readonly id: string; readonly password: string }[];
  readonly seed: number;
  /** Samples that each device has kept from before the fleet began, healthy: they are told in one go. None by itself. */
  readonly history?: number;
  /** Samples a second of each device; 1 by itself. */
  readonly rateHz?: number;
  readonly mischief?: Mischief;
  readonly fault?: { readonly device: string; readonly mode: FaultName; readonly afterMs: number };
  readonly onEvent?: (event: FleetEvent) => void;
  /** Each sample that the unit has acknowledged. */
  readonly onAcknowledged?: (device: string, sentAt: number, ackedAt: number) => void;
  readonly now?: () => number;
};

export type FleetStats = {
  readonly devices: number;
  readonly up: number;
  readonly measured: number;
  readonly published: number;
  readonly acknowledged: number;
  readonly waiting: number;
  readonly refused: number;
  readonly dropped: number;
  readonly duplicates: number;
  readonly reordered: number;
  readonly lost: number;
  readonly outages: number;
};

export type Fleet = {
  /** Begins a fault; refuses `unknown-device` and, for a mode that is not simulated, `malformed`. */
  inject(device: string, mode: string): { readonly at: number } | Refusal;
  /** Repairs a machine; one that is healthy stays so. */
  mend(device: string): { readonly at: number } | Refusal;
  stats(): FleetStats;
  /** Resolves once every device has had a link, or the fleet has stopped. */
  ready(): Promise<void>;
  stop(): Promise<void>;
};

type Member = { source: Source; readonly link: DeviceLink; readonly random: Random; up: boolean; timer: ReturnType<typeof setTimeout> | undefined };

export function startFleet(options: FleetOptions): Fleet {
  const now = options.now ?? Date.now;
  const periodMs = 1_000 / (options.rateHz ?? 1);
  const members = new Map<string, Member>();
  const linked = new Set<string>();
  const count = { measured: 0, refused: 0 };
  let waiters: (() => void)[] = [];
  let stopped = false;

  function add(id: string, password: string): void {
    const random = randomOf(options.seed, `run/${id}`);
    const link = connectDevice({
      url: options.mqttUrl,
      unit: options.unit,
      device: id,
      password,
      storeMax: STORE_MAX + (options.history ?? 0),
      whenFull: "drop-oldest",
      backoff: BACKOFF,
      random: randomOf(options.seed, `link/${id}`),
      now,
      onState: (state, why) => onState(id, state, why),
    });
    const member: Member = { source: startSource(id, options.seed), link, random, up: false, timer: undefined };
    members.set(id, member);
    remember(member, now(), options.history ?? 0);
    // Devices that all speak in the same instant are no fleet.
    schedule(member, now() + random() * periodMs);
  }

  function onState(id: string, state: LinkState, why: string): void {
    const member = members.get(id);
    if (member !== undefined) member.up = state === "up";
    if (state === "up") linked.add(id);
    options.onEvent?.({ type: "link", device: id, state, why, at: now() });
    wake();
  }

  function wake(): void {
    if (!stopped && linked.size < members.size) return;
    for (const waiter of waiters.splice(0)) waiter();
  }

  /** Keeps the beat without catching up: what was not measured was not measured. */
  function schedule(member: Member, dueAt: number): void {
    member.timer = setTimeout(
      () => {
        const at = now();
        measure(member, at);
        schedule(member, Math.max(dueAt + periodMs, at));
      },
      Math.max(0, dueAt - now()),
    );
  }

  function remember(member: Member, until: number, rows: number): void {
    for (let i = rows; i > 0; i--) {
      const { source, out } = tick(member.source, until - i * periodMs, periodMs, NO_MISCHIEF, member.random);
      member.source = source;
      for (const telemetry of out) void member.link.publish(telemetry);
    }
  }

  function measure(member: Member, at: number): void {
    const mischief = options.mischief ?? mischiefOf(member.source.machine);
    const { source, out } = tick(member.source, at, periodMs, mischief, member.random);
    member.source = source;
    count.measured += 1;
    for (const telemetry of out) {
      void member.link.publish(telemetry).then((published) => {
        if (!isRefusal(published)) return options.onAcknowledged?.(source.device, at, now());
        if (stopped) return;
        count.refused += 1;
        options.onEvent?.({ type: "refused", device: source.device, refusal: published, at: now() });
      });
    }
  }

  function change(device: string, to: (source: Source) => Source): { readonly at: number } | Refusal {
    const member = members.get(device);
    if (member === undefined) return refuse("unknown-device", "a device of this fleet", `choose one of ${[...members.keys()].join(", ").slice(0, 300)}`);
    member.source = to(member.source);
    return { at: now() };
  }

  function injectFault(device: string, mode: string): { readonly at: number } | Refusal {
    if (!isFaultName(mode)) return refuse("malformed", "a simulated fault mode", "choose bearing-wear, cavitation, loosening, overheating or supply", "mode");
    const changed = change(device, (source) => inject(source, mode));
    if (!isRefusal(changed)) options.onEvent?.({ type: "fault", device, mode, at: changed.at });
    return changed;
  }

  function mendFault(device: string): { readonly at: number } | Refusal {
    const changed = change(device, mend);
    if (!isRefusal(changed)) options.onEvent?.({ type: "mended", device, at: changed.at });
    return changed;
  }

  function stats(): FleetStats {
    const all = [...members.values()];
    const links = all.map((member) => member.link.counts());
    const sum = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((total, item) => total + of(item), 0);
    const network = (of: (counts: Source["network"]["counts"]) => number): number => sum(all, (member) => of(member.source.network.counts));
    return {
      devices: all.length,
      up: all.filter((member) => member.up).length,
      ...count,
      published: sum(links, (link) => link.published),
      acknowledged: sum(links, (link) => link.acknowledged),
      waiting: sum(links, (link) => link.waiting),
      dropped: sum(links, (link) => link.droppedOldest),
      duplicates: network((counts) => counts.duplicates),
      reordered: network((counts) => counts.reordered),
      lost: network((counts) => counts.lost),
      outages: network((counts) => counts.outages),
    };
  }

  async function stop(): Promise<void> {
    if (stopped) return;
    stopped = true;
    clearTimeout(faultTimer);
    for (const member of members.values()) clearTimeout(member.timer);
    wake();
    await Promise.all([...members.values()].map((member) => member.link.close()));
  }

  for (const { id, password } of options.devices.slice(0, FLEET_MAX)) add(id, password);
  const { fault } = options;
  const faultTimer = fault === undefined ? undefined : setTimeout(() => injectFault(fault.device, fault.mode), fault.afterMs);
  return {
    inject: injectFault,
    mend: mendFault,
    stats,
    ready: () =>
      new Promise((resolve) => {
        waiters.push(resolve);
        wake();
      }),
    stop,
  };
}
