/** A small unit for tests of one rule: one pump, a few engineers, a warehouse that is only asked. */
import { Asset, Repair } from "../../contracts/asset.ts";
import type { Answer, Decided, Due } from "../../contracts/effect.ts";
import { Engineer } from "../../contracts/engineer.ts";
import type { EntityOf, Family } from "../../contracts/entity.ts";
import type { OfferId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { Scenario } from "../../contracts/scenario.ts";
import { Verdict } from "../../contracts/verdict.ts";
import { onAnswer, onDue, onVerdicts } from "../journey.ts";
import { START } from "./plant.ts";
import { commit, startWorld, type World } from "./world.ts";

const ALWAYS = [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }];
const EVERYTHING = ["mechanical", "bearings", "hydraulics", "electrical"];
/** Degrees of latitude in a kilometre. */
const KM = 1 / 111.195;

/** What an engineer says of work that is done. */
export const REPORT = { cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [] };

export const PLACE = { lat: 28, lon: 113 };

/** `km` to the north of the pump. */
export function engineer(id: string, km: number, more: Partial<Record<keyof Engineer, unknown>> = {}): Engineer {
  return Engineer.parse({
    id,
    name: `Name Of ${id}`,
    skills: EVERYTHING,
    shifts: ALWAYS,
    home: { lat: PLACE.lat + km * KM, lon: PLACE.lon },
    locatable: true,
    ...more,
  });
}

export function verdict(more: Partial<Record<keyof Verdict, unknown>> = {}): Verdict {
  return Verdict.parse({
    device: "d1",
    asset: "pump",
    episode: "d1:1",
    state: "anomalous",
    at: START,
    arrivedAt: START,
    since: START - 5_000,
    score: 0.9,
    evidence: [
      { channel: "vibration.a.rms", share: 0.7 },
      { channel: "vibration.b.rms", share: 0.3 },
    ],
    model: "ab".repeat(32),
    fresh: true,
    absorbed: 0,
    ...more,
  });
}

/** What a template chooses about grouping and escalation is left out, where a test does not ask for it. */
export function scenarioOf(template: Scenario, more: Partial<Record<keyof Scenario, unknown>> = {}): Scenario {
  const { tickets: _chosen, ...rest } = template;
  return Scenario.parse({ ...rest, connectors: { wms: { url: "http://127.0.0.1:1/" } }, ...more });
}

export type Stage = {
  readonly world: World;
  /** The last decision that was committed. */
  last(): Decided;
  hear(at: Millis, ...verdicts: readonly Verdict[]): Decided;
  /** Commits unless it is refused. */
  say(at: Millis, answer: Answer): Decided | Refusal;
  due(at: Millis, due: Due): Decided;
  all<F extends Family>(family: F): readonly EntityOf<F>[];
  /** The only one of its family. */
  only<F extends Family>(family: F): EntityOf<F>;
  openOffer(): EntityOf<"offer">;
  expire(at: Millis): Decided;
};

export function stage(
  scenario: Scenario,
  engineers: readonly Engineer[] = [engineer("near", 1), engineer("far", 10)],
  repairs: readonly unknown[] = [],
): Stage {
  const pump = Asset.parse({ id: "pump", name: "Pump", kind: "pump", model: "P-180", customer: "acme", position: PLACE, moves: false, installedAt: 0 });
  const history = repairs.map((repair) => Repair.parse(repair));
  const world = startWorld(scenario, [
    { family: "asset", id: pump.id, after: pump },
    ...engineers.map((after) => ({ family: "engineer", id: after.id, after }) as const),
    ...history.map((after) => ({ family: "repair", id: after.id, after }) as const),
  ]);
  let last: Decided = { changes: [], asks: [], timers: [], because: [] };
  const keep = (decided: Decided): Decided => {
    commit(world, decided);
    last = decided;
    return decided;
  };
  const all = <F extends Family>(family: F) => world.view.list(family);
  const one = <T>(list: readonly T[], what: string): T => {
    const [first] = list;
    if (first === undefined || list.length > 1) throw new Error(`${list.length} of ${what}`);
    return first;
  };
  const due = (at: Millis, what: Due) => keep(onDue(world.view, what, at, world.newId));
  const openOffer = () => one(world.view.list("offer", { state: "open" }), "open offers");
  return {
    world,
    last: () => last,
    all,
    due,
    openOffer,
    hear: (at, ...verdicts) => keep(onVerdicts(world.view, verdicts, at, world.newId)),
    say: (at, answer) => {
      const decided = onAnswer(world.view, answer, at, world.newId);
      return isRefusal(decided) ? decided : keep(decided);
    },
    only: (family) => one(all(family), family),
    expire: (at) => due(at, { type: "offer-expires", offer: openOffer().id }),
  };
}

export function accept({ engineer: by, id }: { readonly engineer: Engineer["id"]; readonly id: OfferId }): Answer {
  return { type: "accept", offer: id, by };
}

export function decline({ engineer: by, id }: { readonly engineer: Engineer["id"]; readonly id: OfferId }): Answer {
  return { type: "decline", offer: id, by, reason: "on holiday with Anna" };
}

export function confirm(ticket: TicketId): Answer {
  return { type: "confirm", ticket, by: "desk" };
}
