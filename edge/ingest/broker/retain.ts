/** The last message of each topic that asked to be kept [MQTT-3.3.1-5]: bounded by count and bytes; the table behind it is the shell's. */
import { matches } from "../topic.ts";
import type { Retained } from "./order.ts";

/** Retained topics of one Intake: ten for each of 1,000 devices. */
export const RETAINED_MAX = 10_240;
/** Of one device: its own state, channel by channel; one that makes up topics leaves room for the others. */
export const RETAINED_PER_DEVICE_MAX = 64;
/** Bytes of all of them: they are held in memory. */
export const RETAINED_BYTES_MAX = 16 * 1024 * 1024;

export type Kept = {
  /** Keeps it, or clears the topic when the payload is empty [MQTT-3.3.1-6]. False when there is no room, in all or for this device. */
  readonly keep: (message: Retained, now: number) => boolean;
  readonly get: (topic: string, now: number) => Retained | null;
  /** In which order it was kept: of what came after a subscription, its session has heard. */
  readonly orderOf: (topic: string) => number;
  readonly order: () => number;
  /** Topics that the filter takes. */
  readonly topicsOf: (filter: string) => readonly string[];
  readonly size: () => { readonly count: number; readonly bytes: number };
};

export function openKept(saved: Iterable<Retained>): Kept {
  const byTopic = new Map<string, { readonly message: Retained; readonly order: number }>();
  const ofDevice = new Map<string, number>();
  let bytes = 0;
  let order = 0;
  for (const message of saved) put(message);

  function put(message: Retained): void {
    remove(message.topic);
    byTopic.set(message.topic, { message, order: ++order });
    ofDevice.set(message.device, (ofDevice.get(message.device) ?? 0) + 1);
    bytes += bytesOf(message);
  }

  function remove(topic: string): void {
    const old = byTopic.get(topic)?.message;
    if (old === undefined) return;
    byTopic.delete(topic);
    bytes -= bytesOf(old);
    const left = (ofDevice.get(old.device) ?? 1) - 1;
    if (left === 0) ofDevice.delete(old.device);
    else ofDevice.set(old.device, left);
  }

  function get(topic: string, now: number): Retained | null {
    const message = byTopic.get(topic)?.message;
    return message === undefined || (message.expiresAt !== null && message.expiresAt <= now) ? null : message;
  }

  function keep(message: Retained, now: number): boolean {
    if (message.payload.length === 0) {
      remove(message.topic);
      return true;
    }
    if (byTopic.size >= RETAINED_MAX && !byTopic.has(message.topic)) sweep(now);
    const old = byTopic.get(message.topic)?.message;
    if (old === undefined && byTopic.size >= RETAINED_MAX) return false;
    // Whoever published last on a topic is charged with it.
    if (message.device !== "" && old?.device !== message.device && (ofDevice.get(message.device) ?? 0) >= RETAINED_PER_DEVICE_MAX) return false;
    if (bytes - (old === undefined ? 0 : bytesOf(old)) + bytesOf(message) > RETAINED_BYTES_MAX) return false;
    put(message);
    return true;
  }

  /** What has expired makes room; its rows go when their topics are kept again, or at the next start. */
  function sweep(now: number): void {
    for (const { message } of byTopic.values()) if (message.expiresAt !== null && message.expiresAt <= now) remove(message.topic);
  }

  function topicsOf(filter: string): readonly string[] {
    if (byTopic.has(filter)) return [filter];
    const found: string[] = [];
    for (const topic of byTopic.keys()) if (matches(filter, topic)) found.push(topic);
    return found;
  }

  return { keep, get, orderOf: (topic) => byTopic.get(topic)?.order ?? 0, order: () => order, topicsOf, size: () => ({ count: byTopic.size, bytes }) };
}

function bytesOf(message: Retained): number {
  return message.topic.length + message.payload.length + message.properties.length;
}
