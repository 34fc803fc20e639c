/** SUBSCRIBE and UNSUBSCRIBE: one answer for each filter, in its order [MQTT-3.8.4-6] [MQTT-3.11.3-2]. */
import type { Packet, Subscription } from "./packet.ts";
import { REASON } from "./reason.ts";
import type { Connected, Effect, Rules, Step } from "./session-step.ts";
import { isTopicFilter, permitFilter } from "./topic.ts";

/** Filters of one connection: they live in its attachment. */
export const SUBSCRIPTIONS_MAX = 50;
/** Of the attachment's 16 KiB, with room for a will, a client identifier and what is in flight. */
export const FILTERS_BYTES_MAX = 4 * 1024;

/** What 3.1.1 says for every no [MQTT-3.9.3-2]. */
const FAILURE = 0x80;
const NO_SUBSCRIPTION = 0x11;

export function subscribe(session: Connected, packet: Packet & { readonly type: "subscribe" }, rules: Rules): Step {
  let subscriptions = session.subscriptions;
  const reasons: number[] = [];
  const effects: Effect[] = [];
  for (const asked of packet.subscriptions) {
    const others = subscriptions.filter((one) => one.filter !== asked.filter);
    const no = objection(session, others, asked, rules);
    if (no !== null) {
      reasons.push(session.version === 5 ? no : FAILURE);
      continue;
    }
    const subscription: Subscription = { ...asked, qos: asked.qos === 0 ? 0 : 1 };
    const isNew = others.length === subscriptions.length;
    subscriptions = [...others, subscription];
    reasons.push(subscription.qos);
    effects.push({ type: "subscribed", subscription, sendRetained: asked.retainHandling === 0 || (asked.retainHandling === 1 && isNew) });
  }
  return { session: { ...session, subscriptions }, said: [{ type: "suback", id: packet.id, reasons }], effects };
}

function objection(session: Connected, others: readonly Subscription[], asked: Subscription, rules: Rules): number | null {
  if (asked.filter.startsWith("$share/")) return REASON.sharedSubscriptionsNotSupported;
  if (!isTopicFilter(asked.filter)) return REASON.topicFilterInvalid;
  if (!permitFilter(asked.filter, session.speaker, rules)) return REASON.notAuthorized;
  const bytes = others.reduce((sum, one) => sum + one.filter.length, asked.filter.length);
  return others.length >= SUBSCRIPTIONS_MAX || bytes > FILTERS_BYTES_MAX ? REASON.quotaExceeded : null;
}

export function unsubscribe(session: Connected, packet: Packet & { readonly type: "unsubscribe" }): Step {
  const held = new Set(session.subscriptions.map((one) => one.filter));
  return {
    session: { ...session, subscriptions: session.subscriptions.filter((one) => !packet.filters.includes(one.filter)) },
    said: [{ type: "unsuback", id: packet.id, reasons: packet.filters.map((filter) => (held.has(filter) ? REASON.success : NO_SUBSCRIPTION)) }],
    effects: packet.filters.filter((filter) => held.has(filter)).map((filter) => ({ type: "unsubscribed", filter })),
  };
}
