/**
 * Why a vehicle does not have a job, and why nobody has it: worked out, rule by rule, on the plan as it stands. The first rule that is in the way
 * is told, from those that nothing can change today to those that are only a question of what else is planned.
 */
import { bestInsertion } from "./insert.ts";
import { NEVER } from "./legs.ts";
import { startNode } from "./model.ts";
import { startPlan, type Plan } from "./plan.ts";
import type { Skill } from "./problem.ts";

export type WhyNot =
  /** It lacks these. */
  | { readonly code: "skills"; readonly skills: readonly Skill[] }
  /** The job is another's, or its engineer declined. */
  | { readonly code: "not-allowed" }
  /** More than it holds, or has in stock, of this dimension. */
  | { readonly code: "amount"; readonly dim: number }
  /** None of the job's windows meets its shift. */
  | { readonly code: "window" }
  | { readonly code: "unreachable" }
  /** Even with nothing else to do it would be too late, or not back in its shift. */
  | { readonly code: "too-long" }
  /** It may have no more jobs, or drive no further. */
  | { readonly code: "limit" }
  /** What is planned already leaves too little of this dimension. */
  | { readonly code: "amount-left"; readonly dim: number }
  /** What is planned already leaves no time. */
  | { readonly code: "time-left" }
  /** It could, and leaving the job out is cheaper by this. */
  | { readonly code: "dearer"; readonly by: number };

export const WHY_NOT: readonly WhyNot["code"][] = [
  "skills",
  "not-allowed",
  "amount",
  "window",
  "unreachable",
  "too-long",
  "limit",
  "amount-left",
  "time-left",
  "dearer",
];

/** Why nobody has it: the reason of the vehicle that came closest, and how many there are of each. */
export type WhyLeft = { readonly closest: WhyNot | null; readonly count: Readonly<Partial<Record<WhyNot["code"], number>>> };

export function closestOf(reasons: readonly WhyNot[]): WhyLeft {
  const count: Partial<Record<WhyNot["code"], number>> = {};
  let closest: WhyNot | null = null;
  for (const why of reasons) {
    count[why.code] = (count[why.code] ?? 0) + 1;
    if (closest === null || isCloser(why, closest)) closest = why;
  }
  return { closest, count };
}

function isCloser(a: WhyNot, b: WhyNot): boolean {
  if (a.code === "skills" && b.code === "skills") return a.skills.length < b.skills.length;
  return WHY_NOT.indexOf(a.code) > WHY_NOT.indexOf(b.code);
}

/** `bare`: the plan with nothing but what is pinned. In sparse models after `fillNode`. */
export function whyNot(plan: Plan, of: number, vehicle: number, bare: Plan = startPlan(plan.model)): WhyNot {
  const { model } = plan;
  const job = model.isSecond[of] === 1 ? model.mate[of]! : of;
  const jobs = model.mate[job] === -1 ? [job] : [job, model.mate[job]!];
  const skills = jobs.flatMap((one) => lacking(plan, one, vehicle));
  if (skills.length > 0) return { code: "skills", skills: [...new Set(skills)] };
  if (jobs.some((one) => model.allowed[one * model.vehicles + vehicle] === 0)) return { code: "not-allowed" };
  const tooMuch = dimOver(plan, job, vehicle, 0);
  if (tooMuch !== -1) return { code: "amount", dim: tooMuch };
  const [opens, closes] = [model.from[startNode(model, vehicle)]!, model.to[startNode(model, vehicle) + 1]!];
  if (jobs.some((one) => !meets(plan, one, opens, closes))) return { code: "window" };
  if (jobs.some((one) => isFar(plan, one, vehicle))) return { code: "unreachable" };
  if (model.jobsMax[vehicle]! < bare.size[vehicle]! + jobs.length) return { code: "limit" };
  if (bestInsertion(bare, job, vehicle) === null) return { code: reachesLimit(bare, job, vehicle) ? "limit" : "too-long" };
  const found = bestInsertion(plan, job, vehicle);
  if (found !== null) return { code: "dearer", by: found.delta - jobs.reduce((sum, one) => sum + model.dropCost[one]!, 0) };
  if (model.jobsMax[vehicle]! < plan.size[vehicle]! + jobs.length) return { code: "limit" };
  const left = model.mixed ? -1 : dimOver(plan, job, vehicle, 1);
  return left === -1 ? { code: "time-left" } : { code: "amount-left", dim: left };
}

function lacking({ model }: Plan, job: number, vehicle: number): Skill[] {
  const has = model.problem.vehicles[vehicle]?.skills ?? [];
  return (model.problem.jobs[job]?.skills ?? []).filter((skill) => !has.includes(skill));
}

/** The first dimension of which the vehicle has too little, with (1) or without (0) what is planned; −1 when there is none. */
function dimOver({ model, amount }: Plan, job: number, vehicle: number, planned: 0 | 1): number {
  for (let dim = 0; dim < model.dims; dim++) {
    const needs = Math.max(model.delivery[job * model.dims + dim]!, model.pickup[job * model.dims + dim]!);
    if (needs > 0 && needs + planned * amount[vehicle * model.dims + dim]! > model.capacity[vehicle * model.dims + dim]!) return dim;
  }
  return -1;
}

function meets({ model }: Plan, job: number, opens: number, closes: number): boolean {
  const [first, end] = [model.windowsAt[job]!, model.windowsAt[job + 1]!];
  if (first === end) return model.from[job]! <= closes && model.to[job]! >= opens;
  for (let at = first; at < end; at += 2) if (model.windows[at]! <= closes && model.windows[at + 1]! >= opens) return true;
  return false;
}

function isFar({ model }: Plan, job: number, vehicle: number): boolean {
  const { time, timeBack } = model.legs[vehicle]!;
  const start = startNode(model, vehicle);
  return timeBack[job * model.nodes + start]! >= NEVER || time[job * model.nodes + start + 1]! >= NEVER;
}

/** Whether it is a limit of the route, and not its clock, that keeps the job from a bare route. */
function reachesLimit(bare: Plan, job: number, vehicle: number): boolean {
  const { model } = bare;
  if (!model.bounded) return false;
  const [travelMax, distanceMax] = [model.travelMax[vehicle]!, model.distanceMax[vehicle]!];
  model.travelMax[vehicle] = model.distanceMax[vehicle] = Infinity;
  const fits = bestInsertion(bare, job, vehicle) !== null;
  model.travelMax[vehicle] = travelMax;
  model.distanceMax[vehicle] = distanceMax;
  return fits;
}
