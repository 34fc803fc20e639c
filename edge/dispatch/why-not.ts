/**
 * Why not this engineer? The smallest single change that would have chosen them, found by deciding again with that change made, and verified the
 * same way: what is answered was tried. Lengths of time are searched by halving, to the minute; who else is ahead stays as they are, unless the
 * change is of the ticket itself.
 */
import type { UnitView } from "../../contracts/entity.ts";
import type { EngineerId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { NotChosen } from "../../contracts/offer.ts";
import type { Candidate, WhatIf, WhyNot } from "../../contracts/plan.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { Priority } from "../../contracts/ticket.ts";
import { behindOf } from "./explain.ts";
import type { Worker } from "./facts.ts";
import { rank } from "./rank.ts";
import { aloneIn, caseOf, suppose, wayOf, type Case } from "./what-if.ts";

const MINUTE_MS = 60_000;
/** Changes that are told: more is no answer. */
const CHANGES_MAX = 4;
/** A shift is made longer by so much at most, and one is begun for so long. */
const LONGER_MIN = 8 * 60;
const SHIFT_MIN = 12 * 60;

/**
 * What a change that is no length of time counts as, in minutes: a word of somebody, then a rule of the desk, then things to be brought, then
 * what takes days.
 */
const EFFORT_MIN: Readonly<Record<WhatIf["change"], number>> = {
  closer: 0,
  "shift-until": 0,
  "job-gone": 0,
  "not-asked-yet": 5,
  "offer-answered": 5,
  "break-moved": 15,
  preferred: 30,
  part: 60,
  territory: 90,
  priority: 120,
  present: 240,
  "on-shift": 240,
  skill: 2_880,
};

/** As things stand now, whoever has the job meanwhile. Refuses `unknown-ticket`, `unknown-engineer`, and `wrong-state` for a job that has begun or is over. */
export function whyNot(view: UnitView, id: string, who: string, now: Millis): WhyNot | Refusal {
  const ticket = view.get("ticket", id);
  if (ticket === undefined) return refuse("unknown-ticket", "no such ticket in this unit", "check the ticket's id", "ticket");
  const engineer = view.get("engineer", who)?.id;
  if (engineer === undefined) return refuse("unknown-engineer", "no such engineer in this unit", "check the engineer's id", "engineer");
  if (ticket.state !== "open" && ticket.state !== "reopened" && ticket.state !== "offered" && ticket.state !== "assigned")
    return refuse("wrong-state", "a choice is asked about until the work on the ticket has begun", "look at the decision that was recorded");
  const base = caseOf(view, ticket, now);
  const { ranked, kept } = rank(base.facts, base.question);
  const [chosen] = ranked;
  if (chosen?.engineer === engineer) return { outcome: "would-be-chosen", engineer, figures: chosen };
  const why = kept.find((one) => one.engineer === engineer) ?? standing(ranked, chosen, engineer);
  const ahead = { engineer, ...(chosen === undefined ? {} : { chosen: chosen.engineer }), why };
  const tried = { count: 0 };
  const [first, ...others] = verified(base, engineer, search(base, engineer, chosen, tried));
  if (first !== undefined) return { outcome: "change", ...ahead, what: first.what, figures: first.figures, others: others.map(({ what }) => what) };
  const together = searchPair(base, engineer, chosen, why, tried);
  return { outcome: "nothing-single", ...ahead, tried: tried.count, ...(together === null ? {} : { together: [...together] }) };
}

/** The smallest of them that hold for everybody: each is decided about in full. */
function verified(base: Case, engineer: EngineerId, found: readonly Found[]): readonly Found[] {
  const held: Found[] = [];
  for (const one of found) {
    if (held.length === CHANGES_MAX) break;
    if (isChosen(base, engineer, [one.what])) held.push(one);
  }
  return held;
}

/** Decides anew, for everybody, with the changes made. */
export function isChosen(base: Case, engineer: EngineerId, what: readonly WhatIf[]): boolean {
  const changed = what.reduce((one, change) => suppose(one, engineer, change), base);
  return rank(changed.facts, changed.question).ranked[0]?.engineer === engineer;
}

function standing(ranked: readonly Candidate[], chosen: Candidate | undefined, engineer: EngineerId): NotChosen {
  const own = ranked.find((one) => one.engineer === engineer);
  return chosen === undefined || own === undefined ? { engineer, code: "unreachable" } : behindOf(chosen, own);
}

type Found = { readonly what: WhatIf; readonly figures: Candidate; readonly effort: number };

/** Single changes that put the engineer ahead of who is chosen, smallest first. */
function search(base: Case, engineer: EngineerId, chosen: Candidate | undefined, tried: { count: number }): Found[] {
  const worker = base.facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return [];
  // Only the engineer is decided about anew: the others' figures don't depend on them.
  const alone = aloneIn(base, engineer);
  const wins = (what: WhatIf): Candidate | null => {
    tried.count++;
    const all = what.change === "priority";
    const changed = suppose(all ? base : alone, engineer, what);
    const { ranked } = rank(changed.facts, changed.question);
    const own = ranked.find((one) => one.engineer === engineer);
    const rival = all ? ranked.find((one) => one.engineer !== engineer) : chosen;
    return own !== undefined && (rival === undefined || isAhead(own, rival)) ? own : null;
  };
  const found: Found[] = [];
  const take = (what: WhatIf | null): void => {
    const figures = what === null ? null : wins(what);
    if (what !== null && figures !== null) found.push({ what, figures, effort: effortOf(what) });
  };
  for (const what of discrete(base, worker)) take(what);
  const way = wayOf(base, engineer);
  if (way !== null) take(least(Math.floor(way / MINUTE_MS), (min) => ({ change: "closer", byMs: min * MINUTE_MS }), wins));
  const { duty } = worker;
  const isCalled = "onCall" in duty;
  // An absence is no end of a shift: a longer one has it in it, too.
  if (duty.state === "on" && duty.endAt !== undefined && duty.endAt !== duty.away?.at && !isCalled) {
    // What may be worked beyond the shift is part of it here: until when would it have to go?
    const { endAt } = duty;
    take(least(LONGER_MIN, (min) => ({ change: "shift-until", until: endAt + min * MINUTE_MS, byMs: min * MINUTE_MS }), wins));
  }
  if (duty.state === "off" || isCalled) take(least(SHIFT_MIN, (min) => ({ change: "on-shift", until: base.facts.now + min * MINUTE_MS }), wins));
  return found.toSorted((a, b) => a.effort - b.effort || (a.what.change < b.what.change ? -1 : 1));
}

function discrete({ facts, question }: Case, worker: Worker): WhatIf[] {
  const { ticket, preferred } = question;
  const { engineer } = worker;
  const missing = ticket.skills.filter((skill) => !engineer.skills.includes(skill));
  const parts = facts.partsFor(worker, ticket, question.site)?.missing ?? [];
  const [skill] = missing;
  const [part] = parts;
  const gone = [...worker.locked, ...worker.stops].filter(({ hold }) => hold !== "promised");
  return [
    ...(skill !== undefined && missing.length === 1 ? [{ change: "skill", skill } as const] : []),
    ...(part !== undefined && parts.length === 1 ? [{ change: "part", part: part.part, quantity: part.quantity } as const] : []),
    ...(ticket.asked.includes(engineer.id) ? [{ change: "not-asked-yet" } as const] : []),
    ...(worker.held === undefined ? [] : [{ change: "offer-answered", ticket: worker.held.ticket } as const]),
    ...(worker.duty.state === "absent" || (worker.duty.state === "on" && worker.duty.away !== undefined) ? [{ change: "present" } as const] : []),
    ...(engineer.territory === undefined ? [] : [{ change: "territory" } as const]),
    ...(worker.pauses.length === 0 ? [] : [{ change: "break-moved" } as const]),
    ...(preferred.has(engineer.id) ? [] : [{ change: "preferred" } as const]),
    ...gone.map((stop) => ({ change: "job-gone", ticket: stop.ticket.id, workMs: stop.workMs }) as const),
    ...Priority.options.slice(0, Priority.options.indexOf(ticket.priority)).map((priority) => ({ change: "priority", priority }) as const),
  ];
}

/** What opens the way, and one more on top of it. */
function searchPair(
  base: Case,
  engineer: EngineerId,
  chosen: Candidate | undefined,
  why: NotChosen,
  tried: { count: number },
): readonly [WhatIf, WhatIf] | null {
  const worker = base.facts.workers.find((one) => one.engineer.id === engineer);
  if (worker === undefined) return null;
  const opens = OPENS[why.code];
  const shift: WhatIf = { change: "on-shift", until: base.facts.now + SHIFT_MIN * MINUTE_MS };
  const first = [...discrete(base, worker), shift].find(({ change }) => change === opens);
  if (first === undefined) return null;
  const opened = suppose(base, engineer, first);
  const second = search(opened, engineer, chosen, tried).find(({ what }) => isChosen(base, engineer, [first, what]));
  return second === undefined ? null : [first, second.what];
}

const OPENS: Readonly<Partial<Record<NotChosen["code"], WhatIf["change"]>>> = {
  "lacks-skill": "skill",
  "lacks-part": "part",
  declined: "not-asked-yet",
  "no-answer": "not-asked-yet",
  "had-it": "not-asked-yet",
  "has-offer": "offer-answered",
  absent: "present",
  "off-shift": "on-shift",
  "outside-territory": "territory",
  break: "break-moved",
};

/**
 * A least whole number of minutes that wins; null when none of those tried does. More seldom hurts, but may: a longer shift has more breaks in it.
 * So half as many are tried, and half of those, until some win.
 */
function least(most: number, make: (minutes: number) => WhatIf, wins: (what: WhatIf) => Candidate | null): WhatIf | null {
  let high = most;
  while (high >= 1 && wins(make(high)) === null) high >>= 1;
  if (high < 1) return null;
  let low = 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (wins(make(middle)) === null) low = middle;
    else high = middle;
  }
  return make(high);
}

function isAhead(one: Candidate, other: Candidate): boolean {
  return one.cost.total < other.cost.total || (one.cost.total === other.cost.total && one.engineer < other.engineer);
}

function effortOf(what: WhatIf): number {
  const lasts = what.change === "closer" || what.change === "shift-until" ? what.byMs : what.change === "job-gone" ? what.workMs : 0;
  return EFFORT_MIN[what.change] + lasts / MINUTE_MS;
}
