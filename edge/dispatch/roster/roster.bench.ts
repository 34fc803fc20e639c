/** Four weeks for 25 engineers in three zones with 8 kinds of jobs: how long the roster takes, its longest step, and how near it is to the least. In Node. */
import { machine, type Measured, quantile } from "../../../devices/bench/machine.ts";
import { SkillId } from "../../../contracts/ids.ts";
import type { RosterAsk } from "../../../contracts/roster.ts";
import { askOf, engineerOf, HOUR, SUN } from "./fixture.ts";
import { evenness } from "./fairness.ts";
import { makeRoster, type Roster, rosterSteps } from "./make.ts";
import { flatNeed } from "./need.ts";

const SKILLS = ["hydraulics", "electrics", "pumps", "welding", "controls", "motors", "gears", "seals"];
const DAYS = 28;
const ENGINEERS = 25;
const ITERATIONS = 2_000;
/** Monday, 23 March 2026. */
const FROM = 1_774_224_000_000;
const SEED = 1;

/** What a step may last at most, beside whatever else is on its thread. */
const STEP_MS = 5;

/** ms of the thread's processor time; `least` is the work there is in shifts of eight hours, which nobody can do in fewer. */
export function benchRoster(): Measured {
  const ask = fourWeeks();
  const took: number[] = [];
  const steps = rosterSteps(ask, { seed: SEED, iterations: ITERATIONS });
  let roster: Roster | undefined;
  while (roster === undefined) {
    const from = process.threadCpuUsage();
    const step = steps.next();
    const { user, system } = process.threadCpuUsage(from);
    took.push((user + system) / 1_000);
    if (step.done === true) roster = step.value;
  }
  const unsearched = makeRoster(ask, { seed: SEED, iterations: 0 });
  const least = ask.needs.reduce((hours, { perHour, workMs }) => hours + ((perHour[0] ?? 0) * DAYS * 24 * workMs * ask.headroom) / HOUR, 0) / 8;
  const rounded = (value: number): number => Number(value.toPrecision(3));
  return {
    bench: "roster",
    ratios: { "shifts/least": rounded(roster.proposals.length / least), "cost/first": rounded(roster.cost / unsearched.cost) },
    figures: {
      "ms in all": rounded(took.reduce((sum, ms) => sum + ms, 0)),
      "step p50": rounded(quantile(took, 0.5)),
      "step p99": rounded(quantile(took, 0.99)),
      "steps over 5 ms, %": rounded((100 * took.filter((ms) => ms > STEP_MS).length) / took.length),
      steps: took.length,
      "step max": rounded(Math.max(...took)),
      shifts: roster.proposals.length,
      least: rounded(least),
      "share before": rounded(roster.before.share),
      "share after": rounded(roster.after.share),
      nights: roster.fairness.reduce((sum, { nights }) => sum + nights, 0),
      "evenness of hours": rounded(evenness(roster.fairness.map(({ dutyMs }) => dutyMs))),
    },
    machine: machine(),
  };
}

function fourWeeks(): RosterAsk {
  const skills = (n: number): string[] => [0, 1, 3, 5].slice(0, 2 + (n % 3)).map((step) => SKILLS[(n + step) % SKILLS.length] ?? "pumps");
  const engineers = Array.from({ length: ENGINEERS }, (_, n) => engineerOf(`e${n}`, SUN[n % SUN.length] ?? "UTC", skills(n)));
  const needs = SKILLS.map((skill, n) => flatNeed([SkillId.parse(skill)], 0.1 + 0.05 * (n % 4), HOUR));
  return askOf(FROM, DAYS, { engineers, needs, headroom: 1.2 });
}
