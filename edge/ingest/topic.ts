/**
 * Topic names and filters [MQTT-4.7], and who may use which: the first row of the permission table that matches decides.
 * Two ways in: `permitTopic` for a name that somebody publishes on or is delivered from, `permitFilter` for a SUBSCRIBE.
 */
import { DeviceId } from "../../contracts/ids.ts";
import { TOPICS, type TopicPermission } from "../../contracts/permission.ts";
import { TOPIC_BYTES_MAX } from "./broker/packet.ts";

/** Levels of one topic. Ours have five, other brokers stop at 200; matching walks one after the other. */
export const LEVELS_MAX = 256;

/** Who speaks: a device, or on open access anybody, who then may speak for each device of the unit. */
export type Speaker = { readonly device: string } | "anybody";
/** What the table's placeholders stand for here. `knows`: whether the unit has a device of this id. `topics`: rows that come before the table's. */
export type Grounds = { readonly unit: string; readonly knows: (device: string) => boolean; readonly topics?: readonly TopicPermission[] };

/** A name that may be published on: no wildcards, nothing empty [MQTT-4.7.1-1] [MQTT-4.7.3-1]. */
export function isTopicName(topic: string): boolean {
  return isShaped(topic) && !topic.includes("+") && !topic.includes("#");
}

/** A wildcard stands for whole levels, `#` only for the last ones [MQTT-4.7.1-1] [MQTT-4.7.1-2]. */
export function isTopicFilter(filter: string): boolean {
  if (!isShaped(filter)) return false;
  const levels = filter.split("/");
  return levels.every((level, i) => level === "+" || (level === "#" ? i === levels.length - 1 : !level.includes("+") && !level.includes("#")));
}

function isShaped(text: string): boolean {
  if (text.length === 0 || text.length > TOPIC_BYTES_MAX || text.includes("\0")) return false;
  let levels = 1;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) === 47) levels++;
  return levels <= LEVELS_MAX;
}

/** Whether a valid filter takes a valid name. Wildcards in the first level don't take names that begin with `$` [MQTT-4.7.2-1]. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (let i = 0; i < wanted.length; i++) {
    const level = wanted[i];
    if (level === "#") return true;
    if (i >= levels.length || (level !== "+" && level !== levels[i])) return false;
  }
  return wanted.length === levels.length;
}

/** Captures of `{name}` levels, or null. `#` takes its parent level too. */
function takes(filter: readonly string[], topic: readonly string[], found: Record<string, string>): Record<string, string> | null {
  for (let i = 0; i < filter.length; i++) {
    const level = filter[i];
    if (level === "#") return found;
    const name = topic[i];
    if (level === undefined || name === undefined) return null;
    if (level.startsWith("{")) found[level.slice(1, -1)] = name;
    else if (level !== "+" && level !== name) return null;
  }
  return filter.length === topic.length ? found : null;
}

type Row = { readonly levels: readonly string[]; readonly permission: TopicPermission };
const rowsOf = (topics: readonly TopicPermission[]): readonly Row[] => topics.map((permission) => ({ levels: permission.filter.split("/"), permission }));
const table = rowsOf(TOPICS);
const rowsBefore = new WeakMap<readonly TopicPermission[], readonly Row[]>();

function rowsFor({ topics }: Grounds): readonly Row[] {
  if (topics === undefined || topics.length === 0) return table;
  let rows = rowsBefore.get(topics);
  if (rows === undefined) rowsBefore.set(topics, (rows = [...rowsOf(topics), ...table]));
  return rows;
}

/** Whether `speaker` may publish on, or hear, the topic `name`. */
export function permitTopic(name: string, verb: "publish" | "subscribe", speaker: Speaker, grounds: Grounds): boolean {
  const decides = rowOf(name, speaker, grounds)?.[verb];
  return decides === "public" || decides === "device";
}

/** The first row that matches decides; none, no permission. */
function rowOf(name: string, speaker: Speaker, grounds: Grounds): TopicPermission | null {
  const levels = name.split("/");
  for (const { levels: filter, permission } of rowsFor(grounds)) {
    const found = takes(filter, levels, {});
    if (found !== null && fits(found, speaker, grounds)) return permission;
  }
  return null;
}

/** Why a filter is refused; null: it is not (`permitFilter`). */
export function refusalOfFilter(filter: string, speaker: Speaker, grounds: Grounds): "unspecified" | "not-authorized" | null {
  return permitFilter(filter, speaker, grounds) ? null : (rowOf(filter, speaker, grounds)?.refuses ?? "not-authorized");
}

/** A row with placeholders is about this unit, its devices, and the speaker's own topics; for all others the next row decides. */
function fits(found: Readonly<Record<string, string>>, speaker: Speaker, grounds: Grounds): boolean {
  const { unit, device } = found;
  if (unit !== undefined && unit !== grounds.unit) return false;
  if (device === undefined) return true;
  return speaker === "anybody" ? grounds.knows(device) : speaker.device === device;
}

/**
 * A filter is judged as if it were a name: one that spells out somebody else's topics is refused. One that only covers
 * them, such as `#`, is granted, and each message is judged again by its own topic before it is delivered.
 */
export function permitFilter(filter: string, speaker: Speaker, grounds: Grounds): boolean {
  return permitTopic(filter, "subscribe", speaker, grounds);
}

/** What a topic carries for the log: telemetry of a device, or blocks of its bursts. Null: ordinary broker traffic. */
export type Carried = { readonly device: DeviceId; readonly burst?: true };

export function carriedBy(topic: string, unit: string): Carried | null {
  const levels = topic.split("/");
  const kind = levels[4];
  if (levels.length !== 5 || levels[0] !== "u" || levels[1] !== unit || levels[2] !== "d" || (kind !== "telemetry" && kind !== "burst")) return null;
  const device = DeviceId.safeParse(levels[3]);
  if (!device.success) return null;
  return kind === "burst" ? { device: device.data, burst: true } : { device: device.data };
}
