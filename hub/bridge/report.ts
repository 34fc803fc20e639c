/**
 * Adds up what several systems counted, each in its own words. A sum stands only for what means the same everywhere: states that are
 * merely narrower or broader are refused with the pair named, unless the question covers all that the other system means by the word.
 */
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import type { Bridge, Scalar, StatePair, StateRule } from "./bridge.ts";

/** What is asked: entities of `subject` whose `attr` is one of `states`, in our words. */
export type Question = { readonly subject: string; readonly attr: string; readonly states: readonly string[] };
/** What one system counted, by its own value of the state. `bridge`: the id of the bridge that explains it; absent for our own count. */
export type Group = { readonly name: string; readonly bridge?: string; readonly counts: readonly { readonly state: Scalar; readonly count: number }[] };
/** `parts`, in the order of the groups: what each adds, and the states of its own that were counted. */
export type Sum = { readonly total: number; readonly parts: readonly { readonly name: string; readonly count: number; readonly states: readonly Scalar[] }[] };

/** Refuses `not-equivalent` with the pair, `unmapped` for a state that the bridge does not know, `malformed` for a group without a bridge. */
export function addUp(question: Question, groups: readonly Group[], bridges: readonly Bridge[]): Sum | Refusal {
  const parts: Sum["parts"][number][] = [];
  for (const group of groups) {
    const counted: readonly Scalar[] | Refusal = group.bridge === undefined ? question.states : countedBy(question, group, bridges);
    if (isRefusal(counted)) return counted;
    const inside = group.counts.filter(({ state }) => counted.includes(state));
    parts.push({ name: group.name, states: inside.map(({ state }) => state), count: inside.reduce((sum, { count }) => sum + count, 0) });
  }
  return { total: parts.reduce((sum, { count }) => sum + count, 0), parts };
}

/** The states of theirs that are exactly those asked for. */
function countedBy(question: Question, group: Group, bridges: readonly Bridge[]): readonly Scalar[] | Refusal {
  const rule = stateRuleOf(question, group, bridges);
  if (rule === undefined) {
    const what = `no bridge ${group.bridge ?? ""} that maps the states of ${question.subject}.${question.attr}`;
    return refuse("malformed", `${group.name}: ${what}`, "name the bridge of this system that does", group.name);
  }
  const strange = group.counts.find(({ state }) => !rule.pairs.some((pair) => pair.theirs === state) && !rule.refused.includes(state));
  if (strange !== undefined) {
    return refuse(
      "unmapped",
      `${group.name}: nothing says what ${String(strange.state)} is in our words`,
      "add it to the bridge",
      `${group.name}.${String(strange.state)}`,
    );
  }
  // The pairs that were asked for come first, so that a refusal names one of them.
  for (const pair of rule.pairs.toSorted((a, b) => Number(question.states.includes(b.ours)) - Number(question.states.includes(a.ours)))) {
    const apart = apartBy(pair, rule, question.states);
    if (apart !== null)
      return refuse(
        "not-equivalent",
        `${group.name}: ${apart}`,
        "count it apart, or ask for all the states that it covers",
        `${group.name}.${String(pair.theirs)}`,
      );
  }
  const silent = question.states.find((state) => !rule.pairs.some((pair) => pair.ours === state));
  if (silent !== undefined) return refuse("unmapped", `${group.name}: has no word for ${silent}`, "add it to the bridge", `${group.name}.${silent}`);
  const counted = new Set(rule.pairs.filter((pair) => question.states.includes(pair.ours)).map((pair) => pair.theirs));
  // What they say and we have no word for is in no state of ours.
  return [...counted];
}

function stateRuleOf(question: Question, group: Group, bridges: readonly Bridge[]): StateRule | undefined {
  const bridge = bridges.find(({ id, ours }) => id === group.bridge && ours.subject === question.subject);
  const by = bridge?.fields.find((field) => field.ours === question.attr && field.by.rule === "state")?.by;
  return by?.rule === "state" ? by : undefined;
}

/** Why a pair keeps the sum apart, or null. Only pairs that touch the question matter. */
function apartBy(pair: StatePair, { pairs, unions, splits }: StateRule, asked: readonly string[]): string | null {
  const mates = pairs.filter((other) => other.theirs === pair.theirs).map((other) => other.ours);
  const [some, all] = [mates.some((ours) => asked.includes(ours)), mates.every((ours) => asked.includes(ours))];
  if (!some || pair.relation === "equivalent") return null;
  const whole = pair.relation === "narrower" ? all && unions.includes(pair.theirs) : asked.includes(pair.ours) && splits.includes(pair.ours);
  if (whole) return null;
  const beyond = mates.filter((ours) => !asked.includes(ours));
  const besides = pair.relation === "narrower" && beyond.length > 0 ? `; ${beyond.join(", ")} would be counted too` : "";
  return `${pair.ours} is ${pair.relation} than ${String(pair.theirs)}: ${pair.than}${besides}`;
}
