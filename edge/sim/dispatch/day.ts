/**
 * The day as it passes: faults are heard of, phones ring, engineers answer, drive, wait, work and go home. What is decided about it comes from
 * a policy; what happens comes from the town, and is the same whoever decides.
 */
import type { EngineerId, PartId, TicketId } from "../../../contracts/ids.ts";
import type { Millis, Place } from "../../../contracts/instant.ts";
import type { FaultMode, Scenario } from "../../../contracts/scenario.ts";
import type { Travel } from "../../../contracts/travel.ts";
import { fateOf, MINUTE_MS, NIGHT, partsNeeded, serviceMs, travelFactor, type Crew, type Job, type Town } from "./town.ts";

/** What comes back to whoever decides. Each is called at its instant, `Day.now()`. */
export type Policy = {
  opened(job: Job): void;
  accepted(job: Job, engineer: EngineerId): boolean;
  declined(job: Job, engineer: EngineerId): void;
  left(job: Job, engineer: EngineerId): void;
  arrived(job: Job, engineer: EngineerId): void;
  /** The engineer is free. A job that was not mended for want of a part is opened again as another one. */
  done(job: Job, engineer: EngineerId, used: readonly PartId[]): void;
  /** Away from now on. */
  ill(engineer: EngineerId): void;
  /** What an engineer who is free does next, and when they would set out for it. */
  next(engineer: EngineerId): { readonly job: TicketId; readonly leaveAt: Millis } | null;
};

/** What a policy may do, and what it can see. */
export type Day = {
  now(): Millis;
  at(when: Millis, run: () => void): void;
  /** An engineer's phone rings. */
  ask(job: Job, engineer: EngineerId): void;
  /** Something may have changed for an engineer who is free. */
  look(engineer: EngineerId): void;
  /** A visit is told to be somebody's, or nobody's. */
  assign(job: TicketId, engineer: EngineerId | null, why: Assigned["why"]): void;
  readonly town: Town;
  readonly people: ReadonlyMap<EngineerId, Person>;
  readonly records: ReadonlyMap<TicketId, Visit>;
};

export type Person = {
  readonly crew: Crew;
  readonly stock: Map<PartId, number>;
  place: Place;
  /** The way that is being driven. */
  way: { readonly to: Place; readonly leftAt: Millis; readonly arrivesAt: Millis } | null;
  state: "free" | "driving" | "waiting" | "working";
  job: TicketId | null;
  isAway: boolean;
  busyMs: Millis;
};

/** `taken`: moved by whoever decides · `given-back`: by the engineer, who can't do it any more. */
export type Assigned = { readonly at: Millis; readonly engineer: EngineerId | null; readonly why: "accepted" | "taken" | "given-back" };

export type Visit = {
  readonly job: Job;
  arrivedAt?: Millis;
  doneAt?: Millis;
  by?: EngineerId;
  travelMs: Millis;
  mended?: boolean;
  readonly asked: EngineerId[];
  declined: number;
  silent: number;
  readonly history: Assigned[];
};

/** Events of one day; the busiest seeds need a tenth of it. */
const EVENTS_MAX = 200_000;

export function runDay(town: Town, travel: Travel, policyOf: (day: Day) => Policy): Day {
  const agenda = startAgenda();
  let now: Millis = Math.min(...town.jobs.map((job) => job.openedAt));
  const people = new Map<EngineerId, Person>(town.crew.map((crew) => [crew.engineer.id, startPerson(crew)]));
  const records = new Map<TicketId, Visit>();
  const at: Day["at"] = (when, run) => agenda.put(Math.max(now, when), run);
  const day: Day = { now: () => now, at, ask, look, assign, town, people, records };
  const policy = policyOf(day);

  function open(job: Job): void {
    records.set(job.id, { job, travelMs: 0, asked: [], declined: 0, silent: 0, history: [] });
    policy.opened(job);
  }

  function ask(job: Job, engineer: EngineerId): void {
    const visit = visitOf(job.id);
    const { answer, afterMs } = fateOf(town.seed, job.id, engineer, visit.asked.filter((one) => one === engineer).length);
    visit.asked.push(engineer);
    if (answer === "none") return void visit.silent++;
    at(now + afterMs, () => {
      if (answer === "decline") {
        visit.declined++;
        policy.declined(job, engineer);
      } else if (policy.accepted(job, engineer)) {
        assign(job.id, engineer, "accepted");
        look(engineer);
      }
    });
  }

  function assign(job: TicketId, engineer: EngineerId | null, why: Assigned["why"]): void {
    visitOf(job).history.push({ at: now, engineer, why });
  }

  function look(engineer: EngineerId): void {
    const person = personOf(engineer);
    if (person.state !== "free" || person.isAway || now < person.crew.shiftFrom) return;
    const next = policy.next(engineer);
    if (next === null) return;
    if (next.leaveAt > now) return at(next.leaveAt, () => look(engineer));
    leave(person, visitOf(next.job));
  }

  function leave(person: Person, visit: Visit): void {
    const { job } = visit;
    const { id } = person.crew.engineer;
    const tookMs = Math.round(travel.leg(person.place, job.site).ms * travelFactor(town.seed, job.id));
    person.state = "driving";
    person.way = { to: job.site, leftAt: now, arrivesAt: now + tookMs };
    person.job = job.id;
    person.busyMs += tookMs;
    visit.travelMs += tookMs;
    policy.left(job, id);
    at(now + tookMs, () => {
      person.place = job.site;
      person.way = null;
      const waits = job.appointment === undefined ? 0 : Math.max(0, job.appointment.from - now);
      person.state = "waiting";
      at(now + waits, () => begin(person, visit));
    });
  }

  function begin(person: Person, visit: Visit): void {
    const { job } = visit;
    const { id } = person.crew.engineer;
    person.state = "working";
    visit.arrivedAt = now;
    visit.by = id;
    policy.arrived(job, id);
    const mode = modeOf(town.scenario, job);
    const works = serviceMs(town.seed, job.id, mode.workMs);
    person.busyMs += works;
    at(now + works, () => {
      const needed = partsNeeded(town.seed, job);
      const missing = needed.find((part) => (person.stock.get(part) ?? 0) < 1);
      const used = missing === undefined ? needed : [];
      for (const part of used) person.stock.set(part, (person.stock.get(part) ?? 0) - 1);
      person.state = "free";
      person.job = null;
      visit.doneAt = now;
      visit.mended = missing === undefined;
      policy.done(job, id, used);
      if (missing !== undefined) open(again(town, job, missing, now));
      const { illAt } = person.crew;
      if (illAt !== undefined && illAt <= now) fall(person);
      else look(id);
    });
  }

  function fall(person: Person): void {
    if (person.isAway) return;
    person.isAway = true;
    policy.ill(person.crew.engineer.id);
  }

  function personOf(engineer: EngineerId): Person {
    const person = people.get(engineer);
    if (person === undefined) throw new Error(`nobody is ${engineer}`);
    return person;
  }

  function visitOf(job: TicketId): Visit {
    const visit = records.get(job);
    if (visit === undefined) throw new Error(`there is no job ${job}`);
    return visit;
  }

  for (const job of town.jobs) at(job.openedAt, () => open(job));
  for (const person of people.values()) {
    at(person.crew.shiftFrom, () => look(person.crew.engineer.id));
    if (person.crew.illAt !== undefined) at(person.crew.illAt, () => void (person.state === "free" && fall(person)));
  }
  let events = 0;
  for (let next = agenda.take(); next !== null && next.at <= NIGHT; next = agenda.take()) {
    if (++events > EVENTS_MAX) throw new Error(`seed ${town.seed} does not come to rest`);
    now = next.at;
    next.run();
  }
  return day;
}

/** Where somebody is: on the way, as far along it as the time. */
export function whereIs({ place, way }: Person, now: Millis): Place {
  if (way === null) return place;
  const share = Math.min(1, (now - way.leftAt) / Math.max(1, way.arrivesAt - way.leftAt));
  return { lat: place.lat + (way.to.lat - place.lat) * share, lon: place.lon + (way.to.lon - place.lon) * share };
}

export function modeOf({ faultModes }: Scenario, { faultMode }: Pick<Job, "faultMode">): FaultMode {
  const mode = faultModes.find(({ id }) => id === faultMode);
  if (mode === undefined) throw new Error(`no fault mode ${faultMode}`);
  return mode;
}

/** The second visit, promised as the first one was. */
function again({ scenario }: Town, { appointment: _agreed, ...job }: Job, missing: PartId, now: Millis): Job {
  return { ...job, id: `${job.id}-2` as TicketId, follows: job.id, parts: [missing], openedAt: now, respondBy: now + scenario.sla[job.priority].respondMs };
}

/** The work of a visit may end so long after its shift, and no longer: whoever plans keeps to it. */
export const OVERTIME_MS = 60 * MINUTE_MS;

function startPerson(crew: Crew): Person {
  return { crew, stock: new Map(crew.stock), place: crew.engineer.home, way: null, state: "free", job: null, isAway: false, busyMs: 0 };
}

type Entry = { readonly at: Millis; readonly order: number; readonly run: () => void };

/** Earliest first; at one instant in the order in which they were put. A binary heap. */
function startAgenda(): { put(at: Millis, run: () => void): void; take(): Entry | null } {
  const heap: Entry[] = [];
  let order = 0;
  const before = (a: number, b: number): boolean => {
    const [one, other] = [heap[a], heap[b]];
    return one !== undefined && (other === undefined || one.at < other.at || (one.at === other.at && one.order < other.order));
  };
  const swap = (a: number, b: number): void => {
    const [one, other] = [heap[a], heap[b]];
    if (one !== undefined && other !== undefined) [heap[a], heap[b]] = [other, one];
  };
  return {
    put: (at, run) => {
      heap.push({ at, order: order++, run });
      for (let child = heap.length - 1; child > 0;) {
        const parent = (child - 1) >> 1;
        if (!before(child, parent)) return;
        swap(child, parent);
        child = parent;
      }
    },
    take: () => {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) return null;
      if (heap.length === 0) return first;
      heap[0] = last;
      for (let parent = 0; ;) {
        const left = 2 * parent + 1;
        const smaller = before(left + 1, left) ? left + 1 : left;
        if (!before(smaller, parent) || smaller >= heap.length) return first;
        swap(smaller, parent);
        parent = smaller;
      }
    },
  };
}
