/**
 * Topic names and filters [MQTT-4.7], and who may use which: the first row of the permission table that matches decides.
 * Two ways in: `permitTopic` for a name that somebody publishes on or is delivered from, `permitFilter` for a SUBSCRIBE.
 */
import { DeviceId } from "../../contracts/ids.ts";
import { TOPICS } from "../../contracts/permission.ts";
import { TOPIC_BYTES_MAX } from "./packet.ts";

/** Levels of one topic. Ours have five; more than this is a way to make matching slow. */
export const LEVELS_MAX = 32;

/** Who speaks: a device, or on open access anybody, who then may speak for each device of the unit. */
export type Speaker = { readonly device: string } | "anybody";
/** What the table's placeholders stand for here. `knows`: whether the unit has a device of this id. */
export type Grounds = { readonly unit: string; readonly knows: (device: string) => boolean };

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

export function hasWildcard(filter: string): boolean {
  return filter.includes("+") || filter.includes("#");
}

/** Whether a valid filter takes a valid name. Wildcards in the first level don't take names that begin with `$` [MQTT-4.7.2-1]. */
export function matches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  return takes(filter.split("/"), topic.split("/"), {}) !== null;
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

const rows = TOPICS.map((row) => ({ levels: row.filter.split("/"), publish: row.publish, subscribe: row.subscribe }));

/** Whether `speaker` may publish on, or hear, the topic `name`. */
export function permitTopic(name: string, verb: "publish" | "subscribe", speaker: Speaker, grounds: Grounds): boolean {
  const levels = name.split("/");
  for (const row of rows) {
    const found = takes(row.levels, levels, {});
    if (found === null || !fits(found, speaker, grounds)) continue;
    return row[verb] === "public" || row[verb] === "device";
  }
  return false;
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
