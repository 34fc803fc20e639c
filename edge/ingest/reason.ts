/** Why a connection or a packet is refused: MQTT 5.0 reason codes, and what MQTT 3.1.1 can say instead. */

export const REASON = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscription: 0x11,
  unspecified: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  unsupportedVersion: 0x84,
  badClientId: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdInUse: 0x91,
  packetIdNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  payloadFormatInvalid: 0x99,
  qosNotSupported: 0x9b,
  subscriptionIdsNotSupported: 0xa1,
  sharedSubscriptionsNotSupported: 0x9e,
} as const;
export type Reason = (typeof REASON)[keyof typeof REASON];

export type Version = 4 | 5;

/** The return code of a 3.1.1 CONNACK, which knows five ways to say no [MQTT-3.2.2-6]. */
export function returnCode(reason: Reason): number {
  if (reason === REASON.success) return 0;
  if (reason === REASON.unsupportedVersion) return 1;
  if (reason === REASON.badClientId) return 2;
  if (reason === REASON.badUserNameOrPassword) return 4;
  return reason === REASON.notAuthorized ? 5 : 3;
}
