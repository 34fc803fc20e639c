/** Packets for a client → bytes, in its version of the protocol. Frequent ones by hand; CONNACK, with its properties, by mqtt-packet. */
import { generate } from "mqtt-packet";
import { PACKET_BYTES_MAX, type Publish, RECEIVE_MAX, type Said } from "./packet.ts";
import { REASON, returnCode, type Version } from "./reason.ts";

export function encode(said: Said, version: Version): Uint8Array {
  switch (said.type) {
    case "publish":
      return encodePublish(said, version);
    case "puback":
      return version === 4 || said.reason === REASON.success
        ? Uint8Array.of(0x40, 2, said.id >> 8, said.id & 255)
        : Uint8Array.of(0x40, 3, said.id >> 8, said.id & 255, said.reason);
    case "suback":
      return encodeAck(0x90, said.id, version, said.reasons);
    case "unsuback":
      // 3.1.1 has no reasons here [MQTT-3.11]
      return encodeAck(0xb0, said.id, version, version === 5 ? said.reasons : []);
    case "pingresp":
      return Uint8Array.of(0xd0, 0);
    case "disconnect":
      // A 3.1.1 server has no DISCONNECT: it closes [MQTT-3.14].
      return version === 5 ? Uint8Array.of(0xe0, 1, said.reason) : new Uint8Array(0);
    case "connack":
      return encodeConnack(said, version);
  }
}

function encodeConnack(said: Said & { readonly type: "connack" }, version: Version): Uint8Array {
  if (version === 4) return Uint8Array.of(0x20, 2, 0, returnCode(said.reason));
  if (said.reason !== REASON.success) return Uint8Array.of(0x20, 3, 0, said.reason, 0);
  return generate(
    {
      cmd: "connack",
      sessionPresent: false,
      reasonCode: 0,
      properties: {
        maximumQoS: 1,
        receiveMaximum: RECEIVE_MAX,
        maximumPacketSize: PACKET_BYTES_MAX,
        subscriptionIdentifiersAvailable: false,
        sharedSubscriptionAvailable: false,
        ...(said.forgetsSession ? { sessionExpiryInterval: 0 } : {}),
        ...(said.assigned === null ? {} : { assignedClientIdentifier: said.assigned }),
      },
    },
    { protocolVersion: 5 },
  );
}

const encoder = new TextEncoder();

function encodePublish(publish: Publish, version: Version): Uint8Array {
  const topic = encoder.encode(publish.topic);
  const properties = version === 5 ? publish.properties.length : 0;
  const length = 2 + topic.length + (publish.qos > 0 ? 2 : 0) + (version === 5 ? varIntBytes(properties) + properties : 0) + publish.payload.length;
  const bytes = new Uint8Array(1 + varIntBytes(length) + length);
  bytes[0] = 0x30 | (publish.dup ? 8 : 0) | (publish.qos << 1) | (publish.retain ? 1 : 0);
  let at = writeVarInt(bytes, 1, length);
  bytes[at++] = topic.length >> 8;
  bytes[at++] = topic.length & 255;
  bytes.set(topic, at);
  at += topic.length;
  if (publish.qos > 0) {
    bytes[at++] = publish.id >> 8;
    bytes[at++] = publish.id & 255;
  }
  if (version === 5) {
    at = writeVarInt(bytes, at, properties);
    bytes.set(publish.properties, at);
    at += properties;
  }
  bytes.set(publish.payload, at);
  return bytes;
}

function encodeAck(first: number, id: number, version: Version, reasons: readonly number[]): Uint8Array {
  const length = 2 + (version === 5 ? 1 : 0) + reasons.length;
  const bytes = new Uint8Array(1 + varIntBytes(length) + length);
  bytes[0] = first;
  const at = writeVarInt(bytes, 1, length);
  bytes[at] = id >> 8;
  bytes[at + 1] = id & 255;
  bytes.set(reasons, bytes.length - reasons.length);
  return bytes;
}

function varIntBytes(value: number): number {
  if (value < 128) return 1;
  if (value < 16_384) return 2;
  return value < 2_097_152 ? 3 : 4;
}

function writeVarInt(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 127) {
    bytes[to++] = (rest & 127) | 128;
    rest >>= 7;
  }
  bytes[to++] = rest;
  return to;
}
