/** What a client publishes: checked against topic rules and permissions, then handed to the log or the subscribers. */
import type { Publish } from "./packet.ts";
import { RECEIVE_MAX } from "./packet.ts";
import { REASON, type Reason } from "./reason.ts";
import { close } from "./session-close.ts";
import type { Connected, Rules, Step } from "./session-step.ts";
import { carriedBy, isTopicName, permitTopic } from "./topic.ts";

export function publish(session: Connected, packet: Publish, rules: Rules): Step {
  if (packet.qos === 2) return close(session, REASON.qosNotSupported, "QoS 2 is not offered: the CONNACK says Maximum QoS 1 [MQTT-3.2.2-11]", rules);
  if (!isTopicName(packet.topic)) return close(session, REASON.topicNameInvalid, "a topic has 1 to 32 levels and no wildcards [MQTT-3.3.2-2]", rules);
  if (!permitTopic(packet.topic, "publish", session.speaker, rules)) return notPermitted(session, packet, rules);
  const unacknowledged = session.unacknowledged + (packet.id === 0 ? 0 : 1);
  if (session.version === 5 && unacknowledged > RECEIVE_MAX)
    return close(session, REASON.receiveMaximumExceeded, `at most ${RECEIVE_MAX} publishes may wait for their acknowledgement [MQTT-3.3.4-9]`, rules);
  const { topic, payload, properties, qos, retain } = packet;
  return {
    session: { ...session, unacknowledged },
    said: [],
    effects: [{ type: "publish", topic, payload, properties, qos, retain, carried: carriedBy(topic, rules.unit), ackId: packet.id }],
  };
}

/** 5.0 has a word for it at QoS 1; else the connection ends, so that nobody believes to have been heard [MQTT-3.3.5-2]. */
function notPermitted(session: Connected, packet: Publish, rules: Rules): Step {
  const reason: Reason = REASON.notAuthorized;
  if (session.version === 5 && packet.qos === 1) return { session, said: [{ type: "puback", id: packet.id, reason }], effects: [] };
  return close(session, reason, `this user name may not publish on ${packet.topic.slice(0, 200)}`, rules);
}
