/** The last message of each topic that asked to be kept [MQTT-3.3.1-5]: bounded by count and bytes; the table behind it is the shell's. */
import { matches } from "./topic.ts";

/** Retained topics of one Intake: a few for each of 1,000 devices. */
export const RETAINED_MAX = 4_096;
/** Of one device: its own state, channel by channel; one that makes up topics leaves room for the others. */
export const RETAINED_PER_DEVICE_MAX = 64;
/** Bytes of all of them: they are held in memory. */
export const RETAINED_BYTES_MAX = 8 * 1024 * 1024;
/** What one subscription is sent at once; a client that subscribes to everything is no reason to stall the others. */
export const RETAINED_SENT_MAX = 1_000;

/** `device`: who published it; empty when nobody needs to sign in, and then counted under no device. */
export type Retained = {
  readonly topic: string;
  readonly device: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly properties: Uint8Array;
};

export type RetainedStore = {
  /** Keeps it, or clears the topic when the payload is empty [MQTT-3.3.1-6]. False when there is no room, in all or for this device. */
  readonly keep: (message: Retained) => boolean;
  /** Those that the filter takes and `mayHear` lets through, at most RETAINED_SENT_MAX. */
  readonly of: (filter: string, mayHear: (topic: string) => boolean) => readonly Retained[];
  readonly size: () => { readonly count: number; readonly bytes: number };
};

export function retainedStore(saved: readonly Retained[]): RetainedStore {
  const byTopic = new Map<string, Retained>();
  const ofDevice = new Map<string, number>();
  let bytes = 0;
  for (const message of saved) put(message);

  function put(message: Retained): void {
    remove(message.topic);
    byTopic.set(message.topic, message);
    ofDevice.set(message.device, countOf(message.device) + 1);
    bytes += bytesOf(message);
  }

  function remove(topic: string): void {
    const old = byTopic.get(topic);
    if (old === undefined) return;
    byTopic.delete(topic);
    bytes -= bytesOf(old);
    const left = countOf(old.device) - 1;
    if (left === 0) ofDevice.delete(old.device);
    else ofDevice.set(old.device, left);
  }

  function countOf(device: string): number {
    return ofDevice.get(device) ?? 0;
  }

  function keep(message: Retained): boolean {
    if (message.payload.length === 0) {
      remove(message.topic);
      return true;
    }
    const old = byTopic.get(message.topic);
    if (old === undefined && byTopic.size >= RETAINED_MAX) return false;
    // Whoever published last on a topic is charged with it.
    if (message.device !== "" && old?.device !== message.device && countOf(message.device) >= RETAINED_PER_DEVICE_MAX) return false;
    if (bytes - (old === undefined ? 0 : bytesOf(old)) + bytesOf(message) > RETAINED_BYTES_MAX) return false;
    put(message);
    return true;
  }

  function of(filter: string, mayHear: (topic: string) => boolean): readonly Retained[] {
    const named = byTopic.get(filter);
    if (named !== undefined) return mayHear(filter) ? [named] : [];
    const found: Retained[] = [];
    for (const message of byTopic.values()) {
      if (found.length >= RETAINED_SENT_MAX) break;
      if (matches(filter, message.topic) && mayHear(message.topic)) found.push(message);
    }
    return found;
  }

  return { keep, of, size: () => ({ count: byTopic.size, bytes }) };
}

function bytesOf(message: Retained): number {
  return message.topic.length + message.payload.length + message.properties.length;
}
