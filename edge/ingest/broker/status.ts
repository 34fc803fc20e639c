/** What the broker says of itself below `$SYS/broker/`, by the names that dashboards know; nothing while nobody listens. */
import { matches } from "../topic.ts";
import { deliver } from "./deliver.ts";
import { NO_BYTES } from "./property.ts";
import { type Core, type Message, messageOf } from "./state.ts";

/** How often: as other brokers do. */
export const STATUS_EVERY_MS = 10_000;

const encoder = new TextEncoder();

export function statusMessages(core: Core, filter: string): readonly Message[] {
  const { count, bytes } = core.kept.size();
  let connected = 0;
  for (const session of core.sessions.values()) if (session.conn !== null) connected++;
  const values: readonly (readonly [string, number])[] = [
    ["clients/connected", connected],
    ["clients/disconnected", core.sessions.size - connected],
    ["clients/total", core.sessions.size],
    ["messages/received", core.received],
    ["messages/sent", core.sent],
    ["publish/messages/dropped", core.dropped],
    ["retained messages/count", count],
    ["retained messages/bytes", bytes],
    ["subscriptions/count", core.router.count()],
    ["log/head", core.head],
  ];
  return values
    .map(([name, value]) => [`$SYS/broker/${name}`, value] as const)
    .filter(([topic]) => matches(filter, topic))
    .map(([topic, value]) =>
      messageOf({ topic, payload: encoder.encode(String(value)), properties: NO_BYTES, qos: 0, retain: false, expiresAt: null, from: "" }),
    );
}

/** Its turn has come, or somebody has begun to listen. */
export function publishStatus(core: Core): void {
  if (!core.router.hasStatus()) return;
  for (const message of statusMessages(core, "$SYS/#"))
    for (const target of core.router.of(message.topic, core.rules).targets) deliver(core, target, message, -1, false);
  core.statusAt = core.now + STATUS_EVERY_MS;
}
