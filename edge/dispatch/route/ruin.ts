/**
 * Tears strings of neighbouring jobs out of routes that are near each other, so that there is room for something else (slack induction by string
 * removals: Christiaens and Vanden Berghe, Transportation Science 2020).
 */
import { startNode } from "./model.ts";
import { nearFrom } from "./near.ts";
import { holds, isInTime, refresh, unlink } from "./plan.ts";
import { draw } from "./random.ts";
import { dropOf, touch, type Search } from "./search.ts";

/** Jobs torn out at a time, on average: the paper's. */
const TORN_MEAN = 10;
/** Longest string: the paper's. */
const STRING_MAX = 10;
/** How often a string keeps a piece in its middle, and how often that piece is one longer: the paper's. */
const SPLIT = 0.5;
const SPLIT_LONGER = 0.01;
/** Jobs in no route that are tried in one iteration; where there are more, some by chance. Each costs a look at every route that changed. */
const ABSENT_TRIED = 12;

/** What is torn out, and of the jobs in no route some, wait in `removed`. */
export function ruin(search: Search): void {
  const { model, plan, random, near, now } = search;
  now.removed = 0;
  now.lifted = 0;
  callAbsent(search);
  let [used, planned] = [0, 0];
  for (let vehicle = 0; vehicle < model.vehicles; vehicle++) {
    if (plan.size[vehicle] === 0) continue;
    used++;
    planned += plan.size[vehicle]!;
  }
  if (used === 0) return;
  const longest = Math.min(STRING_MAX, planned / used);
  const strings = Math.floor(draw(random) * ((4 * TORN_MEAN) / (1 + longest) - 1) + 1);
  const row = nearFrom(near, model, Math.floor(draw(random) * model.jobs));
  let torn = 0;
  for (let i = 0; i < near.count && torn < strings; i++) {
    const job = near.list[row + i]!;
    const vehicle = plan.route[job]!;
    if (vehicle === -1 || search.ruinMark[vehicle] === now.mark || model.pinned[job] === 1) continue;
    search.ruinMark[vehicle] = now.mark;
    tear(search, job, vehicle, longest);
    torn++;
  }
}

function callAbsent({ model, absent, removed, random, now }: Search): void {
  let calls = Math.min(ABSENT_TRIED, now.absent);
  while (calls-- > 0) {
    const at = now.absent <= ABSENT_TRIED ? now.absent - 1 : Math.floor(draw(random) * now.absent);
    removed[now.removed++] = absent[at]!;
    now.lifted += dropOf(model, absent[at]!);
    absent[at] = absent[--now.absent]!;
  }
}

/** One string around `job`, with or without a piece in its middle that stays. */
function tear(search: Search, job: number, vehicle: number, longest: number): void {
  const { plan, model, random, line } = search;
  let [length, at] = [0, 0];
  const last = startNode(model, vehicle) + 1;
  for (let node = plan.next[plan.anchor[vehicle]!]!; node !== last; node = plan.next[node]!) {
    if (model.isBreak[node] === 1) continue;
    if (node === job) at = length;
    line[length++] = node;
  }
  const cut = Math.floor(draw(random) * Math.min(length, longest) + 1);
  let stays = 0;
  if (cut > 1 && cut < length && draw(random) < SPLIT) {
    stays = 1;
    while (cut + stays < length && draw(random) < SPLIT_LONGER) stays++;
  }
  const span = cut + stays;
  const lowest = Math.max(0, at - span + 1);
  const first = lowest + Math.floor(draw(random) * (Math.min(at, length - span) - lowest + 1));
  const stay = stays > 0 ? first + 1 + Math.floor(draw(random) * (cut - 1)) : first + span;
  touch(search, vehicle);
  for (let i = first; i < first + span; i++) if (i < stay || i >= stay + stays) remove(search, line[i]!, vehicle);
  refresh(plan, vehicle);
  // Without one of its jobs a route can take longer: a setup is needed again, or the direct way is not the short one. Then all of it goes.
  if (model.rich ? holds(plan, vehicle) : isInTime(plan, vehicle)) return;
  for (let i = 0; i < length; i++) remove(search, line[i]!, vehicle);
  refresh(plan, vehicle);
}

/** Of a pair both. */
function remove(search: Search, job: number, vehicle: number): void {
  const { plan, model, removed, now } = search;
  if (plan.route[job] !== vehicle) return;
  unlink(plan, job);
  const mate = model.mate[job]!;
  if (mate !== -1) unlink(plan, mate);
  if (model.bias.length > 0) {
    now.lifted += model.bias[job * model.vehicles + vehicle]!;
    if (mate !== -1) now.lifted += model.bias[mate * model.vehicles + vehicle]!;
  }
  removed[now.removed++] = model.isSecond[job] === 1 ? mate : job;
}
