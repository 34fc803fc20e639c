/** Rosters of a unit: what is open in the coming weeks, shifts that would close it, and those that somebody accepts. */
import type { Decision } from "../../../contracts/decision.ts";
import { NOTHING, type Decided } from "../../../contracts/effect.ts";
import type { Engineer, ExtraShift } from "../../../contracts/engineer.ts";
import { EXTRA_SHIFTS_MAX } from "../../../contracts/engineer.ts";
import type { UnitView } from "../../../contracts/entity.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../../contracts/refusal.ts";
import { type AcceptShifts, type DropShift, ROSTER_DAYS_MAX, RosterView } from "../../../contracts/roster-view.ts";
import type { Coverage } from "./cover.ts";
import { rosterSteps } from "./make.ts";
import { brokenBy, rosterAskOf } from "./unit-ask.ts";

const Entry = RosterView.shape.history.element;
/** Changes that a page shows. */
const HISTORY_SHOWN = 20;
/** Gaps that a page shows. */
const GAPS_SHOWN = 60;
/** Rounds of the search after the gaps are closed: more are fairer, and a unit has other work. */
const ITERATIONS = 30;
const SEED = 1;
/** The longest spell that anybody is on call; what is longer is a slip of the pen. */
const SHIFT_MS_MAX = 7 * 86_400_000;

/** In steps of a few milliseconds, for whoever shares a thread. Refuses `malformed`. */
export function* proposeRoster(view: UnitView, days: number, now: Millis): Generator<undefined, Omit<RosterView, "history"> | Refusal> {
  if (!Number.isInteger(days) || days < 1 || days > ROSTER_DAYS_MAX)
    return refuse("malformed", `1 to ${ROSTER_DAYS_MAX} days (ROSTER_DAYS_MAX)`, "ask for fewer days", "days");
  const ask = rosterAskOf(view, days, now);
  if (isRefusal(ask)) return ask;
  const names = Object.fromEntries(view.list("engineer").map(({ id, name }) => [id, name]));
  const steps = rosterSteps(ask, { seed: SEED, iterations: ITERATIONS });
  for (;;) {
    const step = steps.next();
    if (step.done !== true) {
      yield;
      continue;
    }
    const { before, after, proposals } = step.value;
    const { from, until, timeZone, respondMs } = ask;
    const added = proposals.flatMap((one) => (one.type === "add" ? [one.shift] : []));
    return { from, until, timeZone, respondMs, before: shown(before), after: shown(after), proposals: added, accepted: acceptedOf(view, now), names };
  }
}

/** All of them or none. Refuses `unknown-engineer`, `too-many`, and `not-permitted` for a shift that breaks a rule, naming it. */
export function acceptShifts(view: UnitView, { shifts }: AcceptShifts, actor: string, now: Millis): Decided | Refusal {
  const changed = new Map<string, Engineer>();
  const added = new Map<string, ExtraShift[]>();
  for (const [index, { engineer: id, kind, from, until }] of shifts.entries()) {
    const field = `shifts.${index}`;
    const engineer = changed.get(id) ?? view.get("engineer", id);
    if (engineer === undefined) return refuse("unknown-engineer", "an engineer of this unit", "ask for a roster again", `${field}.engineer`);
    if (until <= from || until <= now) return refuse("malformed", "a shift that ends after it begins, and is not over", "ask for a roster again", field);
    if (until - from > SHIFT_MS_MAX)
      return refuse("malformed", "a shift of at most a week (SHIFT_MS_MAX)", "accept shifts one after the other", `${field}.until`);
    const kept = (engineer.extraShifts ?? []).filter((one) => one.until > now);
    if (kept.some((one) => one.from === from && one.until === until && one.kind === kind)) continue;
    const [no] = brokenBy(engineer, { kind, from, until }, view.scenario.timeZone);
    if (no !== undefined)
      return refuse("not-permitted", `a shift of ${id} that keeps the rule ${no.rule}`, "ask for a roster again: shifts have changed", field);
    if (kept.length >= EXTRA_SHIFTS_MAX)
      return refuse("too-many", `at most ${EXTRA_SHIFTS_MAX} dated shifts of one engineer (EXTRA_SHIFTS_MAX)`, "accept fewer weeks", field);
    changed.set(id, { ...engineer, extraShifts: [...kept, { from, until, kind }] });
    added.set(id, [...(added.get(id) ?? []), { from, until, kind }]);
  }
  return decidedOf([...changed.values()], "shifts-accepted", added, actor, now);
}

/** Whoever is in it by now finishes it; the same again changes nothing. Refuses `unknown-engineer`, and `too-late` for a shift that has begun. */
export function dropShift(view: UnitView, { engineer: id, kind, from, until }: DropShift, actor: string, now: Millis): Decided | Refusal {
  const engineer = view.get("engineer", id);
  if (engineer === undefined) return refuse("unknown-engineer", "an engineer of this unit", "ask for a roster again", "engineer");
  const { extraShifts = [], ...every } = engineer;
  const isIt = (one: (typeof extraShifts)[number]): boolean => one.from === from && one.until === until && one.kind === kind;
  if (!extraShifts.some(isIt)) return NOTHING;
  if (from <= now) return refuse("too-late", "a shift can be taken back until it begins", "say that the engineer is away instead", "from");
  const rest = extraShifts.filter((one) => !isIt(one));
  return decidedOf(
    [{ ...every, ...(rest.length === 0 ? {} : { extraShifts: rest }) }],
    "shift-taken-back",
    new Map([[id, [{ from, until, kind }]]]),
    actor,
    now,
  );
}

/** `shifts`: of which it tells, by engineer. */
function decidedOf(
  changed: readonly Engineer[],
  outcome: RosterView["history"][number]["outcome"],
  shifts: ReadonlyMap<string, readonly ExtraShift[]>,
  actor: string,
  now: Millis,
): Decided {
  const because = changed.map(({ id, extraShifts = [] }) => ({
    at: now,
    step: "answer" as const,
    trigger: { type: "roster", ref: id },
    subject: id,
    snapshot: { shifts: shifts.get(id) ?? [] },
    reasons: [{ code: "dated-shifts", about: { count: extraShifts.length } }],
    outcome,
    autonomy: "confirm" as const,
    actor,
  }));
  return { ...NOTHING, changes: changed.map((after) => ({ family: "engineer", id: after.id, after })), because };
}

/** What was decided of dated shifts, of all that was decided of engineers. */
export function shiftHistory(decisions: readonly Decision[]): RosterView["history"] {
  const told = decisions.flatMap((decision) => {
    const { at, actor: by, subject, outcome, snapshot } = decision;
    const read = Entry.safeParse({ at, by, engineer: subject, outcome, shifts: snapshot["shifts"] ?? [] });
    return read.success ? [read.data] : [];
  });
  return told.toSorted((a, b) => b.at - a.at).slice(0, HISTORY_SHOWN);
}

function acceptedOf(view: UnitView, now: Millis): RosterView["accepted"] {
  const all = view
    .list("engineer")
    .flatMap(({ id: engineer, extraShifts = [] }) =>
      extraShifts.filter(({ until }) => until > now).map((shift) => ({ id: `${engineer} ${shift.from} ${shift.kind}`, engineer, ...shift })),
    );
  return all.toSorted((a, b) => a.from - b.from || (a.engineer < b.engineer ? -1 : 1));
}

function shown({ share, gaps }: Coverage): RosterView["before"] {
  const some = gaps.slice(0, GAPS_SHOWN).map(({ skills, from, until, worstMs, cause }) => ({ skills: [...skills], from, until, worstMs, cause }));
  return { share, gaps: some, more: gaps.length - some.length };
}
