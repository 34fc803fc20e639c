/** The smaller packets by their fields: acknowledgements, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT, AUTH. */
import { REASON, type Version } from "../reason.ts";
import { malformed, type Malformed, type Packet, type Qos, type Subscription } from "./packet.ts";
import { IN, noProperties, PROPERTY, readProperties } from "./property.ts";
import { readText } from "./text.ts";

type Ack = "puback" | "pubrec" | "pubrel" | "pubcomp";
/** What a client may give as the reason of each acknowledgement [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]. */
const OF_MESSAGES = new Set([0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]);
const OF_RELEASES = new Set([0x00, 0x92]);
/** And of DISCONNECT [MQTT-3.14.2-1]. */
const OF_DISCONNECT = new Set([0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99]);
/** "The session does not expire." */
const NEVER = 0xffffffff;

export function readAck(type: Ack, whole: Uint8Array, at: number, version: Version): Packet | Malformed {
  if (at + 2 > whole.length) return malformed(REASON.malformedPacket, "an acknowledgement ends before its identifier [MQTT-2.2.1]");
  const id = whole[at]! * 256 + whole[at + 1]!;
  if (id === 0) return malformed(REASON.protocolError, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  if (whole.length === at + 2) return { type, id, reason: 0 };
  if (version === 4) return malformed(REASON.malformedPacket, "an acknowledgement of 3.1.1 has two bytes");
  const reason = whole[at + 2]!;
  if (!(type === "puback" || type === "pubrec" ? OF_MESSAGES : OF_RELEASES).has(reason))
    return malformed(REASON.protocolError, `${reason} is no reason of a ${type.toUpperCase()} [MQTT-3.4.2-1]`);
  if (whole.length > at + 3) {
    const properties = readProperties(whole, at + 3, IN.ack);
    if (properties.type === "malformed") return properties;
    if (properties.end !== whole.length) return malformed(REASON.malformedPacket, "an acknowledgement is longer than its fields");
  }
  return { type, id, reason };
}

export function readSubscribe(whole: Uint8Array, start: number, version: Version): Packet | Malformed {
  const head = readHead(whole, start, version, IN.subscribe);
  if (head.type === "malformed") return head;
  const subscriptions: Subscription[] = [];
  for (let at = head.end; at < whole.length;) {
    const filter = readFilter(whole, at);
    if (filter.type === "malformed") return filter;
    const options = whole[filter.end];
    if (options === undefined) return malformed(REASON.malformedPacket, "a filter of SUBSCRIBE lacks its options [MQTT-3.8.3-1]");
    const qos = options & 3;
    const handling = (options >> 4) & 3;
    if (qos === 3 || (options & (version === 5 ? 0xc0 : 0xfc)) !== 0 || handling === 3)
      return malformed(REASON.malformedPacket, "subscription options have a QoS up to 2 and no reserved bits [MQTT-3.8.3-5]");
    const noLocal = (options & 4) !== 0;
    if (noLocal && filter.text.startsWith("$share/")) return malformed(REASON.protocolError, "No Local does not go with a shared subscription [MQTT-3.8.3-4]");
    subscriptions.push({
      filter: filter.text,
      qos: qos as Qos,
      noLocal,
      retainAsPublished: (options & 8) !== 0,
      retainHandling: handling as 0 | 1 | 2,
      sid: head.sid,
    });
    at = filter.end + 1;
  }
  if (subscriptions.length === 0) return malformed(REASON.protocolError, "a SUBSCRIBE has at least one filter [MQTT-3.8.3-2]");
  return { type: "subscribe", id: head.id, subscriptions };
}

export function readUnsubscribe(whole: Uint8Array, start: number, version: Version): Packet | Malformed {
  const head = readHead(whole, start, version, IN.unsubscribe);
  if (head.type === "malformed") return head;
  const filters: string[] = [];
  for (let at = head.end; at < whole.length;) {
    const filter = readFilter(whole, at);
    if (filter.type === "malformed") return filter;
    filters.push(filter.text);
    at = filter.end;
  }
  if (filters.length === 0) return malformed(REASON.protocolError, "an UNSUBSCRIBE has at least one filter [MQTT-3.10.3-2]");
  return { type: "unsubscribe", id: head.id, filters };
}

type Head = { readonly type: "head"; readonly id: number; readonly sid: number; readonly end: number };
function readHead(whole: Uint8Array, at: number, version: Version, place: number): Head | Malformed {
  if (at + 2 > whole.length) return malformed(REASON.malformedPacket, "the packet ends before its identifier [MQTT-2.2.1]");
  const id = whole[at]! * 256 + whole[at + 1]!;
  if (id === 0) return malformed(REASON.malformedPacket, "a packet identifier is not 0 [MQTT-2.2.1-3]");
  const properties = version === 5 ? readProperties(whole, at + 2, place) : noProperties(at + 2);
  if (properties.type === "malformed") return properties;
  return { type: "head", id, sid: properties.numbers.get(PROPERTY.subscriptionId) ?? 0, end: properties.end };
}

function readFilter(whole: Uint8Array, at: number): { readonly type: "filter"; readonly text: string; readonly end: number } | Malformed {
  const end = at + 2 + (whole[at] ?? 0) * 256 + (whole[at + 1] ?? 0);
  if (at + 2 > whole.length || end > whole.length) return malformed(REASON.malformedPacket, "a filter is longer than its packet [MQTT-3.8.3-1]");
  const text = readText(whole, at + 2, end);
  return text === null ? malformed(REASON.malformedPacket, "a filter is well-formed UTF-8 without U+0000 [MQTT-1.5.4-1]") : { type: "filter", text, end };
}

export function readDisconnect(whole: Uint8Array, at: number, version: Version): Packet | Malformed {
  if (at === whole.length) return { type: "disconnect", reason: 0, expiryMs: null };
  if (version === 4) return malformed(REASON.malformedPacket, "DISCONNECT of 3.1.1 has no body [MQTT-3.14]");
  const reason = whole[at]!;
  if (!OF_DISCONNECT.has(reason)) return malformed(REASON.protocolError, `${reason} is no reason of a client's DISCONNECT [MQTT-3.14.2-1]`);
  if (at + 1 === whole.length) return { type: "disconnect", reason, expiryMs: null };
  const properties = readProperties(whole, at + 1, IN.disconnect);
  if (properties.type === "malformed") return properties;
  if (properties.end !== whole.length) return malformed(REASON.malformedPacket, "DISCONNECT is longer than its fields [MQTT-3.14]");
  const expiry = properties.numbers.get(PROPERTY.sessionExpiry);
  return { type: "disconnect", reason, expiryMs: expiry === undefined ? null : expiry === NEVER ? Infinity : expiry * 1000 };
}

export function readAuth(whole: Uint8Array, at: number): Packet | Malformed {
  if (at === whole.length) return { type: "auth" };
  const properties = at + 1 === whole.length ? noProperties(at + 1) : readProperties(whole, at + 1, IN.auth);
  return properties.type === "malformed" ? properties : { type: "auth" };
}
