/** What one field of a plan's input says about another: ids that are told apart, amounts of one length, times that one clock can hold. */
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { PlanInput } from "./plan-format.ts";

/**
 * From the earliest shift, or the earliest window where nobody has a shift, to the latest: some eight years in seconds. The optimiser counts in
 * whole numbers of 32 bits.
 */
const SPAN_S_MAX = 250_000_000;

export function checkInput(input: PlanInput): Refusal | null {
  return checkIds(input) ?? checkAmounts(input) ?? checkTimes(input) ?? checkBreaks(input);
}

function checkIds({ jobs, shipments, vehicles }: PlanInput): Refusal | null {
  const lists: readonly (readonly [string, readonly number[]])[] = [
    ["jobs", jobs.map(({ id }) => id)],
    ["vehicles", vehicles.map(({ id }) => id)],
    ["shipments.pickup", shipments.map(({ pickup }) => pickup.id)],
    ["shipments.delivery", shipments.map(({ delivery }) => delivery.id)],
  ];
  for (const [name, ids] of lists) {
    const seen = new Set<number>();
    const twice = ids.findIndex((id) => seen.size === seen.add(id).size);
    if (twice !== -1)
      return refuse("malformed", `id ${ids[twice]} names one thing`, "give each an id of its own", `${name.replace(/(\..*)?$/, `[${twice}]$1`)}.id`);
  }
  return null;
}

/** All amounts and capacities count the same dimensions. */
function checkAmounts({ jobs, shipments, vehicles }: PlanInput): Refusal | null {
  const lists = [
    ...jobs.flatMap((job, i) => (["delivery", "pickup", "amount"] as const).map((name) => [`jobs[${i}].${name}`, job[name]] as const)),
    ...shipments.map(({ amount }, i) => [`shipments[${i}].amount`, amount] as const),
  ].flatMap(([field, list]) => (list === undefined ? [] : [[field, list.length] as const]));
  const [, dims] = lists[0] ?? ["", 0];
  for (const [field, count] of [
    ...lists,
    ...vehicles.flatMap(({ capacity }, i) => (capacity === undefined ? [] : [[`vehicles[${i}].capacity`, capacity.length] as const])),
  ]) {
    if (lists.length > 0 && count !== dims) return refuse("malformed", `has as many entries as the others, ${dims}`, "give 0 for what does not matter", field);
  }
  const without = vehicles.findIndex(({ capacity }) => capacity === undefined);
  if (dims > 0 && without !== -1)
    return refuse("malformed", `is given where jobs have amounts, with ${dims} entries`, "say what fits in", `vehicles[${without}].capacity`);
  return null;
}

/** Windows that are over before the first shift only leave their job out; what lies too far behind it would be planned at another time. */
function checkTimes({ jobs, shipments, vehicles }: PlanInput): Refusal | null {
  const shifts = vehicles.flatMap(({ time_window: window }, i) => (window === undefined ? [] : [[`vehicles[${i}].time_window[0]`, window[0]] as const]));
  const tasks = [
    ...jobs.map((job, i) => [`jobs[${i}]`, job] as const),
    ...shipments.flatMap(({ pickup, delivery }, i) => [[`shipments[${i}].pickup`, pickup] as const, [`shipments[${i}].delivery`, delivery] as const]),
    ...vehicles.flatMap(({ breaks }, i) => breaks.map((one, j) => [`vehicles[${i}].breaks[${j}]`, one] as const)),
  ];
  const opens = tasks.flatMap(([field, { time_windows: windows = [] }]) => windows.map(([from], i) => [`${field}.time_windows[${i}][0]`, from] as const));
  const first = (shifts.length > 0 ? shifts : opens).reduce((least, [, from]) => Math.min(least, from), Infinity);
  const far = [...shifts, ...opens].find(([, from]) => from > first + SPAN_S_MAX);
  if (far === undefined) return null;
  const what = shifts.length > 0 ? "shift" : "window";
  return refuse(
    "malformed",
    `lies within ${SPAN_S_MAX} s of the earliest ${what}, at ${first}`,
    "use one clock for all, and plan some years at a time",
    far[0],
  );
}

/** Each break as soon as it may be, one after the other: where even that leaves the shift, nobody could have a job. */
function checkBreaks({ vehicles }: PlanInput): Refusal | null {
  for (const [i, { breaks, time_window: shift }] of vehicles.entries()) {
    let free = shift?.[0] ?? -Infinity;
    for (const [j, { service, time_windows: windows }] of breaks.entries()) {
      const begins = windows === undefined ? free : Math.max(free, windows.find(([, to]) => to >= free)?.[0] ?? Infinity);
      free = begins + service;
      if (free > (shift?.[1] ?? Number.MAX_VALUE))
        return refuse(
          "malformed",
          shift === undefined ? "can be taken after the breaks before it" : `can be taken within the shift, ${shift.join(" to ")}, after the breaks before it`,
          "change its windows or the shift, or leave it out",
          `vehicles[${i}].breaks[${j}]`,
        );
    }
  }
  return null;
}
