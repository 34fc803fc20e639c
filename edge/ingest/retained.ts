/** The last message of each topic that asked to be kept [MQTT-3.3.1-5]: bounded by count and bytes; the table behind it is the shell's. */
import { matches } from "./topic.ts";

/** Retained topics of one Intake: a few for each of 1,000 devices. */
export const RETAINED_MAX = 4_096;
/** Bytes of all of them: they are held in memory. */
export const RETAINED_BYTES_MAX = 8 * 1024 * 1024;
/** What one subscription is sent at once; a client that subscribes to everything is no reason to stall the others. */
export const RETAINED_SENT_MAX = 1_000;

export type Retained = { readonly topic: string; readonly payload: Uint8Array; readonly qos: 0 | 1; readonly properties: Uint8Array };

export type RetainedStore = {
  /** Keeps it, or clears the topic when the payload is empty [MQTT-3.3.1-6]. False when there is no room. */
  readonly keep: (message: Retained) => boolean;
  readonly of: (filter: string) => readonly Retained[];
  readonly size: () => { readonly count: number; readonly bytes: number };
};

export function retainedStore(saved: readonly Retained[]): RetainedStore {
  const byTopic = new Map(saved.map((message) => [message.topic, message]));
  let bytes = saved.reduce((sum, message) => sum + bytesOf(message), 0);

  function keep(message: Retained): boolean {
    const old = byTopic.get(message.topic);
    const freed = old === undefined ? 0 : bytesOf(old);
    if (message.payload.length === 0) {
      byTopic.delete(message.topic);
      bytes -= freed;
      return true;
    }
    if (old === undefined && byTopic.size >= RETAINED_MAX) return false;
    if (bytes - freed + bytesOf(message) > RETAINED_BYTES_MAX) return false;
    byTopic.set(message.topic, message);
    bytes += bytesOf(message) - freed;
    return true;
  }

  function of(filter: string): readonly Retained[] {
    const named = byTopic.get(filter);
    if (named !== undefined) return [named];
    const found: Retained[] = [];
    for (const message of byTopic.values()) {
      if (found.length >= RETAINED_SENT_MAX) break;
      if (matches(filter, message.topic)) found.push(message);
    }
    return found;
  }

  return { keep, of, size: () => ({ count: byTopic.size, bytes }) };
}

function bytesOf(message: Retained): number {
  return message.topic.length + message.payload.length + message.properties.length;
}
