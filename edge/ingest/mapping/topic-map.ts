/**
 * Which device a topic is about: of a unit's own topics by their name, of foreign ones by the mappings of the plan's profiles. Decided at the
 * broker, once for a topic and a speaker; what the payload means is read in the fold (`foreign.ts`).
 */
import { FORMS } from "../../../contracts/foreign-form.ts";
import type { DeviceId } from "../../../contracts/ids.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { IntakePlan } from "../../../contracts/rpc.ts";
import { carriedBy, type Speaker } from "../topic.ts";
import { captures, fill, folded } from "./topic-pattern.ts";

/** `foreign`: in the device's own words; the log keeps the topic, for the fold to find its route by. */
export type Mapped = { readonly kind: "telemetry" | "burst" | "foreign"; readonly device: DeviceId };

type Rule = { readonly levels: readonly string[]; readonly device: string | null; readonly profile: string; readonly via: ReadonlySet<string> };
type Known = { readonly id: DeviceId; readonly profile: string };
export type TopicMap = {
  readonly unit: string;
  /** By the first level of the topic. */
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  readonly byId: ReadonlyMap<string, Known>;
  /** Null where two devices would be the same. */
  readonly byFolded: ReadonlyMap<string, Known | null>;
};

/** Forms that many use: a device that speaks one before anybody has mapped it is shown to people. */
const KNOWN_FORMS = Object.values(FORMS).flatMap(({ topics }) => topics.map((topic) => topic.split("/")));

/** Made once for a plan. */
export function topicMapOf({ unit, scenario, devices }: Pick<IntakePlan, "unit" | "scenario" | "devices">): TopicMap {
  const rules = new Map<string, Rule[]>();
  for (const { id, mapping } of scenario.profiles) {
    for (const { topics, device } of mapping?.routes ?? []) {
      for (const topic of topics) {
        const levels = topic.split("/");
        const [first = ""] = levels;
        const named = device ?? (levels.includes("{device}") ? "{device}" : null);
        rules.set(first, [...(rules.get(first) ?? []), { levels, device: named, profile: id, via: new Set(mapping?.via) }]);
      }
    }
  }
  const known = devices.map(({ id, profile }) => ({ id, profile: profile as string }));
  const byFolded = new Map<string, Known | null>();
  for (const one of known) byFolded.set(folded(one.id), byFolded.has(folded(one.id)) ? null : one);
  return { unit, rules, byId: new Map(known.map((one) => [one.id as string, one])), byFolded };
}

/**
 * What a topic carries for the log. Null: ordinary broker traffic. Refuses `not-yours` for a foreign topic about a device that the speaker may not speak for.
 * A device's message on a topic with its own name in it, or of a known form, is its telemetry, mapped or not: what no mapping reads is shown to people.
 */
export function mappedBy(topic: string, map: TopicMap, speaker: Speaker): Mapped | Refusal | null {
  const own = carriedBy(topic, map.unit);
  if (own !== null) return { kind: own.burst === true ? "burst" : "telemetry", device: own.device };
  if (topic.startsWith("u/") || topic.startsWith("$")) return null;
  const levels = topic.split("/");
  for (const rule of map.rules.get(levels[0] ?? "") ?? []) {
    const found = captures(rule.levels, levels);
    if (found === null) continue;
    const device = rule.device === null ? speakerOf(map, speaker) : deviceOf(map, fill(rule.device, found));
    if (device?.profile !== rule.profile) continue;
    if (speaker === "anybody" || speaker.device === device.id || rule.via.has(speaker.device)) return { kind: "foreign", device: device.id };
    return refuse(
      "not-yours",
      "a device speaks for itself",
      `let it sign in itself, or name ${speaker.device} under via of the mapping of ${rule.profile}`,
      "topic",
    );
  }
  const device = unmappedOf(levels, map, speaker);
  return device === undefined ? null : { kind: "foreign", device: device.id };
}

function unmappedOf(levels: readonly string[], map: TopicMap, speaker: Speaker): Known | undefined {
  const form = KNOWN_FORMS.map((pattern) => captures(pattern, levels)).find((found) => found !== null);
  const named = form?.get("device");
  if (speaker === "anybody") return named === undefined ? levels.map((level) => map.byId.get(level)).find((one) => one !== undefined) : deviceOf(map, named);
  const self = speakerOf(map, speaker);
  if (self === undefined) return undefined;
  const names = named === undefined ? levels : [named];
  return (form !== undefined && named === undefined) || names.some((level) => level === self.id || deviceOf(map, level) === self) ? self : undefined;
}

function speakerOf(map: TopicMap, speaker: Speaker): Known | undefined {
  return speaker === "anybody" ? undefined : map.byId.get(speaker.device);
}

function deviceOf(map: TopicMap, name: string): Known | undefined {
  return map.byId.get(name) ?? map.byFolded.get(folded(name)) ?? undefined;
}
