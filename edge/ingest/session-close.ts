/** How a connection ends, and what becomes of its will. */
import { NO_BYTES, type Said } from "./packet.ts";
import { REASON, type Reason } from "./reason.ts";
import type { Effect, Rules, Session, Step } from "./session-step.ts";
import { carriedBy, isTopicName, permitTopic } from "./topic.ts";

/** Closes for a reason of ours; the will is published [MQTT-3.1.2-8]. */
export function close(session: Session, reason: Reason, rule: string, rules: Rules): Step {
  if (session.state === "closed") return stay(session);
  const said: readonly Said[] = session.state === "connected" ? [{ type: "disconnect", reason }] : refusable(reason);
  return { session: { state: "closed" }, said, effects: [...willOf(session, rules), { type: "close", reason, rule }] };
}

/** The socket is gone without a DISCONNECT. */
export function lost(session: Session, rules: Rules): Step {
  return { session: { state: "closed" }, said: [], effects: willOf(session, rules) };
}

/** Before a CONNECT was understood only an unknown version is answered [MQTT-3.1.2-2] [MQTT-3.1.4-1]. */
function refusable(reason: Reason): readonly Said[] {
  return reason === REASON.unsupportedVersion ? [{ type: "connack", reason, assigned: null, forgetsSession: false }] : [];
}

/** The will of a connection that ends without having taken it back, if its client may publish it. */
export function willOf(session: Session, rules: Rules): readonly Effect[] {
  if (session.state !== "connected" || session.will === null) return [];
  const { topic, payload, qos, retain } = session.will;
  if (!isTopicName(topic) || !permitTopic(topic, "publish", session.speaker, rules)) return [];
  return [{ type: "publish", topic, payload, properties: NO_BYTES, qos: qos === 0 ? 0 : 1, retain, carried: carriedBy(topic, rules.unit), ackId: 0 }];
}

export function stay(session: Session): Step {
  return { session, said: [], effects: [] };
}
