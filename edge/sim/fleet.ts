/**
 * A unit, its Intake, its engineers, its desk and its warehouse in virtual time, with the faults of a real one: batches lost, doubled
 * and late; taps twice, too late and by the wrong person; a warehouse that can't be reached; a crash before or after any commit.
 */
import type { Answer, Decided } from "../../contracts/effect.ts";
import type { AssetId, EngineerId, OfferId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { onAnswer, onDue, onVerdicts } from "../journey.ts";
import { drawPlant, START, type Transition } from "./plant.ts";
import { startRandom, type Random } from "./random.ts";
import { startWarehouse, type Warehouse } from "./wms.ts";
import { commit, reload, startWorld, type World } from "./world.ts";

export type FaultName =
  | "crash-before-commit"
  | "crash-after-commit"
  | "batch-lost"
  | "batch-doubled"
  | "ack-lost"
  | "tap-doubled"
  | "tap-refused"
  | "timer-doubled"
  | "wms-failed"
  | "cancelled";

export type Run = {
  /** What the devices said, with what repairs made of it. */
  readonly lines: readonly (readonly Transition[])[];
  readonly warehouse: Warehouse;
  readonly faults: Readonly<Record<FaultName, number>>;
  world(): World;
  readonly steps: number;
};

/** Called after each commit, with the input that led to it. */
export type Watch = (world: World, decided: Decided, input: string) => void;

/** Inputs of one run; the busiest seeds need a tenth of it. */
const STEPS_MAX = 20_000;

export function runFleet(seed: number, template: Scenario, watch: Watch): Run {
  const random = startRandom(seed);
  const plant = drawPlant(random, template);
  const warehouse = startWarehouse(random);
  const faults: Record<FaultName, number> = {
    "crash-before-commit": 0,
    "crash-after-commit": 0,
    "batch-lost": 0,
    "batch-doubled": 0,
    "ack-lost": 0,
    "tap-doubled": 0,
    "tap-refused": 0,
    "timer-doubled": 0,
    "wms-failed": 0,
    cancelled: 0,
  };
  const lines = plant.lines.map((line) => [...line]);
  /** How a line that has said everything goes on. */
  const resting = new Map<number, () => void>();
  const agenda: { readonly at: Millis; readonly order: number; readonly run: () => void }[] = [];
  let world = startWorld(plant.scenario, plant.changes);
  let now = START;
  let order = 0;
  let life = 0;
  let steps = 0;

  const later = (ms: Millis, run: () => void): void => void agenda.push({ at: now + ms, order: order++, run });
  /** Work of the unit's own process: gone when it crashes. */
  const ours = (ms: Millis, run: () => void): void => {
    const mine = life;
    later(ms, () => void (mine === life && run()));
  };
  const restart = (): void => {
    life++;
    world = reload(world);
    for (const key of Object.keys(world.kept.timers)) armTimer(key);
    for (const key of Object.keys(world.kept.asks)) ours(random.between(0, 1_000), () => perform(key));
  };
  /** One input, one transaction. False when the process died: the sender hears nothing. */
  const input = (name: string, decide: () => Decided, besides: () => void = () => undefined): boolean => {
    const decided = decide();
    if (random.chance(0.01)) return crash("crash-before-commit");
    besides();
    commit(world, decided);
    watch(world, decided, name);
    react(decided);
    for (const timer of decided.timers) if ("set" in timer) armTimer(timer.set);
    for (const ask of decided.asks) ours(random.between(1, 500), () => perform(ask.key));
    return random.chance(0.01) ? crash("crash-after-commit") : true;
  };
  const crash = (fault: FaultName): false => {
    faults[fault]++;
    restart();
    return false;
  };

  function armTimer(key: string): void {
    const timer = world.kept.timers[key];
    if (timer === undefined) return;
    ours(Math.max(0, timer.at - now), () => {
      if (world.kept.timers[key]?.at !== timer.at) return;
      const fire = (besides?: () => void): boolean => input(timer.due.type, () => onDue(world.view, timer.due, now, world.newId), besides);
      // At least once: a timer may fire again although what it did is written.
      if (random.chance(0.1)) {
        faults["timer-doubled"]++;
        if (!fire() || world.kept.timers[key]?.at !== timer.at) return;
      }
      fire(() => void delete world.kept.timers[key]);
    });
  }

  function perform(key: string): void {
    const row = world.kept.asks[key];
    if (row === undefined) return;
    const reply = warehouse.call(row.ask, now);
    if ("failed" in reply) {
      faults["wms-failed"]++;
      const attempts = row.attempts + 1;
      ours(Math.min(30_000, 500 * 2 ** attempts), () => perform(key));
      say({ type: "unreachable", kit: row.ask.kit, key, attempts, why: reply.failed }, () => void (row.attempts = attempts));
      return;
    }
    const done = (): void => void delete world.kept.asks[key];
    const { answer } = reply;
    if (!say(answer, done)) return;
    if (random.chance(0.1)) say(answer);
  }

  /** False when it was refused, or never heard. */
  function say(answer: Answer, besides?: () => void): boolean {
    const decided = onAnswer(world.view, answer, now, world.newId);
    if (isRefusal(decided)) {
      faults["tap-refused"]++;
      return false;
    }
    return input(answer.type, () => decided, besides);
  }

  /** A tap that got no answer is repeated; one that got an answer sometimes too. */
  function tap(answer: Answer, then: () => void = () => undefined): void {
    const lives = life;
    const taken = say(answer);
    if (lives !== life) return later(2_000, () => tap(answer, then));
    if (taken && random.chance(0.1)) {
      faults["tap-doubled"]++;
      say(answer);
    }
    if (taken) then();
  }

  function react(decided: Decided): void {
    for (const change of decided.changes) {
      if (change.family === "offer" && change.after?.state === "open") answerOffer(random, change.after.id, change.after.engineer, change.after.ticket);
      const waits =
        change.family === "ticket" && change.after?.state === "open" && (change.after.needsPerson ?? change.after.escalatedAt)
          ? change.after.id
          : change.family === "kit" && change.after?.needsPerson === true
            ? change.after.ticket
            : change.family === "alarm" && change.after?.proposed !== undefined
              ? change.after.proposed
              : undefined;
      if (waits !== undefined && random.chance(0.8)) later(random.between(1, 400) * 1_000, () => tap({ type: "confirm", ticket: waits, by: "desk" }));
      if (change.family === "ticket" && change.after?.state === "open" && random.chance(0.02)) {
        const { id } = change.after;
        later(random.between(1, 3_000) * 1_000, () => tap({ type: "cancel", ticket: id, by: "desk", why: "no longer needed" }, () => void faults.cancelled++));
      }
    }
  }

  function answerOffer(chance: Random, offer: OfferId, by: EngineerId, ticket: TicketId): void {
    const delay = chance.between(1, 140) * 1_000;
    if (chance.chance(0.1)) later(delay, () => void say({ type: "accept", offer, by: "engineer-9" as EngineerId }));
    const mood = chance.next();
    if (mood < 0.4) later(delay, () => tap({ type: "accept", offer, by }, () => work(by, ticket)));
    else if (mood < 0.7) later(delay, () => tap({ type: "decline", offer, by, reason: "busy" }));
  }

  function work(by: EngineerId, ticket: TicketId): void {
    const resolved: Answer = { type: "progress", ticket, by, to: "resolved", cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [] };
    const asset = world.view.get("ticket", ticket)?.asset;
    const finish = () => later(random.between(1, 7_200) * 1_000, () => tap(resolved, () => void (asset !== undefined && repair(asset))));
    const begin = () => later(random.between(1, 3_600) * 1_000, () => tap({ type: "progress", ticket, by, to: "working" }, finish));
    if (random.chance(0.8)) later(random.between(1, 600) * 1_000, () => tap({ type: "progress", ticket, by, to: "travelling" }, begin));
    else begin();
  }

  /** What stands on the asset comes to an end, unless the repair did not help. */
  function repair(asset: AssetId): void {
    lines.forEach((line, slice) => {
      const last = line.at(-1);
      if (last === undefined || last.verdict.asset !== asset || last.verdict.state === "normal" || random.chance(0.4)) return;
      const at = Math.max(now, last.at) + random.between(1, 1_200) * 1_000;
      line.push({ at, verdict: { ...last.verdict, state: "normal", at, arrivedAt: at, score: 0.1, fresh: true } });
      resting.get(slice)?.();
      resting.delete(slice);
    });
  }

  lines.forEach((line, slice) => {
    /** What the Intake knows to be applied. */
    let acknowledged = 0;
    const send = (): void => {
      const ready = line
        .filter(({ at }) => at <= now)
        .map(({ verdict }) => verdict)
        .slice(acknowledged, acknowledged + random.between(1, 4));
      const next = line[acknowledged]?.at;
      if (next === undefined) return void resting.set(slice, () => later(0, send));
      if (ready.length === 0) return later(next - now, send);
      const from = acknowledged + 1;
      later(5_000, send);
      if (random.chance(0.1)) return void faults["batch-lost"]++;
      const doubled = random.chance(0.2);
      if (doubled) faults["batch-doubled"]++;
      for (const wait of doubled ? [random.between(1, 2_000), random.between(1, 20_000)] : [random.between(1, 7_000)]) later(wait, () => receive(from, ready));
    };
    const receive = (from: number, verdicts: readonly (typeof line)[number]["verdict"][]): void => {
      const through = world.kept.through[slice] ?? 0;
      const last = from + verdicts.length - 1;
      if (from > through + 1) return;
      const heard =
        last <= through ||
        input(
          "verdicts",
          () => onVerdicts(world.view, verdicts.slice(through + 1 - from), now, world.newId),
          () => void (world.kept.through[slice] = last),
        );
      if (!heard) return;
      if (random.chance(0.1)) faults["ack-lost"]++;
      else acknowledged = Math.max(acknowledged, last);
    };
    later((line[0]?.at ?? now) - now, send);
  });

  while (agenda.length > 0) {
    if (++steps > STEPS_MAX) throw new Error(`seed ${seed} does not come to rest`);
    let first = 0;
    agenda.forEach((entry, i) => {
      const best = agenda[first];
      if (best !== undefined && (entry.at < best.at || (entry.at === best.at && entry.order < best.order))) first = i;
    });
    const [event] = agenda.splice(first, 1);
    if (event === undefined) break;
    now = Math.max(now, event.at);
    event.run();
  }
  return { lines, warehouse, faults, world: () => world, steps };
}
