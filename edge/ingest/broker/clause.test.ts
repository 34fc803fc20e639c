/** The standard clause by clause, as a client sees it through mqtt-packet. */
import type { Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { REASON } from "../reason.ts";
import { ALIAS_MAX } from "./packet.ts";
import { SUBSCRIPTIONS_ATTACHED_MAX } from "./subscribe.ts";
import { joinAs, openRig, publishOn, receiveAll, type RigClient, subscribeTo } from "./rig.ts";

const LASTING = { clean: false, properties: { sessionExpiryInterval: 100 } };
const connectPacket = (fields: Partial<Extract<Packet, { cmd: "connect" }>> = {}): Packet => ({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 5,
  clientId: "c",
  clean: true,
  keepalive: 0,
  ...fields,
});
const published = (client: RigClient): Extract<Packet, { cmd: "publish" }> => client.next("publish");

test("MQ10 enhanced authentication is refused in a CONNACK with 0x8C, before and without AUTH [MQTT-4.12.0-1]", () => {
  const client = openRig().connect(5);
  client.say(connectPacket({ properties: { authenticationMethod: "SCRAM" } }));
  expect(client.next("connack").reasonCode).toBe(REASON.badAuthenticationMethod);
  expect(client.isClosed()).toBe(true);
});

test("MQ10 a second CONNECT, and AUTH that nobody asked for, end the connection with 0x82 [MQTT-3.1.0-2]", () => {
  for (const packet of [connectPacket(), { cmd: "auth", reasonCode: 0 } as const]) {
    const client = joinAs(openRig(), "c");
    client.say(packet);
    expect(client.next("disconnect").reasonCode).toBe(REASON.protocolError);
    expect(client.isClosed()).toBe(true);
  }
});

test("MQ10 who has no name is given one, which 5.0 hears [MQTT-3.1.3-6] [MQTT-3.2.2-16]; 3.1.1 gets none for a session that lasts [MQTT-3.1.3-8]", () => {
  const rig = openRig();
  const nameless = rig.connect(5);
  nameless.say(connectPacket({ clientId: "" }));
  expect(nameless.next("connack").properties?.assignedClientIdentifier).toBe("made-1");
  const old = rig.connect(4);
  // CONNECT, level 4, no flags, keep-alive 0, an empty name
  old.sayBytes(Uint8Array.of(0x10, 12, 0, 4, 77, 81, 84, 84, 4, 0, 0, 0, 0, 0));
  expect(old.next("connack").returnCode).toBe(2);
});

test("MQ11 the server's keep-alive is said where the client's is longer [MQTT-3.2.2-21], and silence of one and a half of it ends the connection [MQTT-3.1.2-22]", () => {
  const rig = openRig();
  const client = rig.connect(5);
  client.say(connectPacket({ keepalive: 120 }));
  expect(client.next("connack").properties?.serverKeepAlive).toBe(60);
  rig.advance(60_000);
  client.say({ cmd: "pingreq" });
  client.next("pingresp");
  rig.advance(89_999);
  expect(client.isClosed()).toBe(false);
  rig.advance(2);
  expect(client.next("disconnect").reasonCode).toBe(REASON.keepAliveTimeout);
  expect(client.isClosed()).toBe(true);
});

test("MQ12 a clean start finds nothing of the old session [MQTT-3.1.2-4]; one that is not clean finds it until it expires [MQTT-3.1.2-23]", () => {
  const rig = openRig();
  const first = joinAs(rig, "c", 5, LASTING);
  subscribeTo(first, "a", 1);
  first.lose();
  rig.advance(99_000);
  const second = joinAs(rig, "c", 5, LASTING);
  expect(second.present).toBe(true);
  second.lose();
  rig.advance(100_001);
  rig.crash();
  expect(joinAs(rig, "c", 5, LASTING).present).toBe(false);
  expect(joinAs(rig, "c", 5, { ...LASTING, clean: true }).present).toBe(false);
  expect(rig.disk.sessions.size).toBe(1);
});

test("MQ12 DISCONNECT changes when a session expires, and can't make one last that was not to [MQTT-3.14.2-2]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, LASTING);
  client.say({ cmd: "disconnect", properties: { sessionExpiryInterval: 0 } });
  expect(rig.disk.sessions.size).toBe(0);
  const brief = joinAs(rig, "c", 5);
  brief.say({ cmd: "disconnect", properties: { sessionExpiryInterval: 5 } });
  expect(brief.next("disconnect").reasonCode).toBe(REASON.protocolError);
});

test("MQ12 the same client elsewhere takes the session over: the first hears 0x8E [MQTT-3.1.4-3]", () => {
  const rig = openRig();
  const first = joinAs(rig, "c", 5, LASTING);
  subscribeTo(first, "a", 2);
  const second = joinAs(rig, "c", 5, LASTING);
  expect(first.next("disconnect").reasonCode).toBe(REASON.sessionTakenOver);
  expect(second.present).toBe(true);
  publishOn(joinAs(rig, "p"), "a", "x", 2);
  expect(receiveAll(second)).toEqual(["x"]);
});

test("MQ13 a will is published when the connection is lost, and at DISCONNECT with 0x04, not without [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3]", () => {
  const rig = openRig();
  const hears = joinAs(rig, "hears");
  subscribeTo(hears, "w/#", 2);
  const will = (topic: string): { will: { topic: string; payload: Buffer; qos: 2; retain: false } } => ({
    will: { topic, payload: Buffer.from(topic), qos: 2, retain: false },
  });
  joinAs(rig, "lost", 5, will("w/lost")).lose();
  joinAs(rig, "said", 5, will("w/said")).say({ cmd: "disconnect", reasonCode: 4 });
  joinAs(rig, "taken back", 5, will("w/back")).say({ cmd: "disconnect" });
  expect(receiveAll(hears)).toEqual(["w/lost", "w/said"]);
});

test("MQ13 a will waits for its delay, not beyond the session [MQTT-3.1.3-9]; who comes back in time takes it back; a crash loses none", () => {
  const rig = openRig();
  const hears = joinAs(rig, "hears", 5, { clean: false, properties: { sessionExpiryInterval: 1_000 } });
  subscribeTo(hears, "w", 1);
  const fields = (delay: number, expiry: number): Parameters<typeof joinAs>[3] => ({
    clean: false,
    properties: { sessionExpiryInterval: expiry },
    will: { topic: "w", payload: Buffer.from(`${delay}/${expiry}`), qos: 1, retain: false, properties: { willDelayInterval: delay } },
  });
  joinAs(rig, "a", 5, fields(3, 60)).lose();
  joinAs(rig, "b", 5, fields(30, 5)).lose();
  joinAs(rig, "c", 5, fields(30, 60)).lose();
  joinAs(rig, "d", 5, fields(4, 0)).lose();
  expect(receiveAll(hears)).toEqual(["4/0"]);
  rig.advance(2_900);
  expect(receiveAll(hears)).toEqual([]);
  rig.advance(200);
  expect(receiveAll(hears)).toEqual(["3/60"]);
  rig.advance(2_000);
  expect(receiveAll(hears)).toEqual(["30/5"]);
  joinAs(rig, "c", 5, LASTING).lose();
  joinAs(rig, "e", 5, fields(10, 60)).lose();
  rig.crash();
  rig.advance(30_000);
  const again = joinAs(rig, "hears", 5, LASTING);
  expect(receiveAll(again)).toEqual(["10/60"]);
});

test("MQ14 what is retained is sent by the handling that is asked for, says so, and goes with an empty payload [MQTT-3.3.1-6] [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]", () => {
  const rig = openRig();
  const says = joinAs(rig, "says");
  for (const [topic, qos] of [
    ["r/0", 0],
    ["r/1", 1],
    ["r/2", 2],
  ] as const)
    publishOn(says, topic, topic, qos, { retain: true });
  rig.crash();
  const hears = joinAs(rig, "hears", 5, LASTING);
  subscribeTo(hears, "r/#", 2);
  expect(hears.all("publish").map(({ retain, qos }) => [retain, qos])).toEqual([
    [true, 0],
    [true, 1],
    [true, 2],
  ]);
  expect([...receiveAll(hears)].toSorted()).toEqual(["r/0", "r/1", "r/2"]);
  subscribeTo(hears, "r/#", 2, { rh: 1 });
  expect(receiveAll(hears)).toEqual([]);
  subscribeTo(hears, "r/1", 2, { rh: 2 });
  expect(receiveAll(hears)).toEqual([]);
  subscribeTo(hears, "r/1", 2, { rh: 1 });
  expect(receiveAll(hears)).toEqual([]);
  publishOn(joinAs(rig, "says"), "r/1", "", 1, { retain: true });
  expect(receiveAll(hears)).toEqual([""]);
  subscribeTo(hears, "r/#", 2);
  expect([...receiveAll(hears)].toSorted()).toEqual(["r/0", "r/2"]);
});

test("MQ14 as published it keeps its retain flag only for who asked for that [MQTT-3.3.1-12] [MQTT-3.3.1-13]; No Local hears nothing of its own [MQTT-3.8.3-3]", () => {
  const rig = openRig();
  const [plain, kept, own] = [joinAs(rig, "plain"), joinAs(rig, "kept"), joinAs(rig, "own")];
  subscribeTo(plain, "t", 1);
  subscribeTo(kept, "t", 1, { rap: true });
  subscribeTo(own, "t", 1, { nl: true });
  publishOn(own, "t", "x", 1, { retain: true });
  expect(published(plain).retain).toBe(false);
  expect(published(kept).retain).toBe(true);
  expect(own.all("publish")).toEqual([]);
});

test("MQ14 ten thousand retained topics reach one subscriber in pieces, each once, and others have their turn between", () => {
  const rig = openRig({ rules: { receiveMax: 100 } });
  const says = joinAs(rig, "says", 4);
  for (let i = 0; i < 10_000; i++) publishOn(says, `r/${i}`, String(i), 0, { retain: true });
  const hears = joinAs(rig, "hears", 4);
  subscribeTo(hears, "r/#", 0);
  expect(new Set(hears.all("publish").map(({ topic }) => topic)).size).toBe(10_000);
  expect(hears.all("publish")).toHaveLength(10_000);
});

test("MQ15 a message that expired is not sent [MQTT-3.3.2-5], one that waited says what is left of it [MQTT-3.3.2-6]", () => {
  const rig = openRig();
  const hears = joinAs(rig, "hears", 5, LASTING);
  subscribeTo(hears, "e", 1);
  hears.lose();
  const says = joinAs(rig, "says");
  publishOn(says, "e", "short", 1, { properties: { messageExpiryInterval: 5 } });
  publishOn(says, "e", "long", 1, { properties: { messageExpiryInterval: 60 } });
  publishOn(says, "e", "kept", 1, { retain: true, properties: { messageExpiryInterval: 5 } });
  rig.advance(10_000);
  const again = joinAs(rig, "hears", 5, LASTING);
  const came = again.all("publish");
  expect(came.map(({ payload }) => payload.toString())).toEqual(["long"]);
  expect(came[0]?.properties?.messageExpiryInterval).toBe(50);
  receiveAll(again);
  subscribeTo(again, "e", 1);
  expect(receiveAll(again)).toEqual([]);
  rig.prune();
  expect(rig.disk.rows).toEqual([]);
});

test("MQ16 one of a shared subscription's members hears each message [MQTT-4.8.2-4]; absent ones only where nobody is there; who hears it anyway hears it once", () => {
  const rig = openRig();
  const members = ["a", "b", "c"].map((name) => joinAs(rig, name, 5, LASTING));
  for (const member of members) subscribeTo(member, "$share/g/s/+", 2);
  const says = joinAs(rig, "says");
  for (let i = 0; i < 9; i++) publishOn(says, "s/x", String(i), 2);
  expect(members.map((member) => receiveAll(member).length)).toEqual([3, 3, 3]);
  for (const member of members) member.lose();
  for (let i = 0; i < 6; i++) publishOn(says, "s/x", `late ${i}`, 1);
  rig.crash();
  const back = ["a", "b", "c"].map((name) => joinAs(rig, name, 5, LASTING));
  expect(back.map((member) => receiveAll(member).length)).toEqual([2, 2, 2]);
});

test("MQ16 a malformed shared filter is refused with 0x8F, No Local with one ends the connection [MQTT-4.8.2-1] [MQTT-4.8.2-2] [MQTT-3.8.3-4]; it brings nothing retained", () => {
  const rig = openRig();
  publishOn(joinAs(rig, "says"), "s", "kept", 1, { retain: true });
  const client = joinAs(rig, "c");
  for (const filter of ["$share//s", "$share/a+/s", "$share/g", "$share/g/"]) expect(subscribeTo(client, filter)).toBe(REASON.topicFilterInvalid);
  expect(subscribeTo(client, "$share/g/s")).toBe(2);
  expect(receiveAll(client)).toEqual([]);
  client.say({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "$share/g/s", qos: 1, nl: true }] });
  expect(client.next("disconnect").reasonCode).toBe(REASON.protocolError);
});

test("MQ17 overlapping subscriptions bring a message once, at the highest QoS, with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-3] [MQTT-3.3.4-4]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, LASTING);
  subscribeTo(client, "o/#", 0, {}, 2);
  subscribeTo(client, "o/+", 2, {}, 300);
  subscribeTo(client, "o/x", 1);
  publishOn(joinAs(rig, "p"), "o/x", "x", 2);
  const came = published(client);
  expect([came.qos, came.properties?.subscriptionIdentifier]).toEqual([2, [2, 300]]);
  expect(client.all("publish")).toEqual([]);
});

test("MQ18 a client's aliases stand for topics on its connection; 0 or too high is 0x94, unknown ones 0x82 [MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.3.2-12]", () => {
  const rig = openRig();
  const hears = joinAs(rig, "hears");
  subscribeTo(hears, "al", 1);
  const says = joinAs(rig, "says");
  const properties = { topicAlias: ALIAS_MAX };
  publishOn(says, "al", "1", 1, { properties });
  publishOn(says, "", "2", 1, { properties });
  expect(receiveAll(hears)).toEqual(["1", "2"]);
  for (const [alias, reason] of [
    [ALIAS_MAX + 1, REASON.topicAliasInvalid],
    [3, REASON.protocolError],
  ] as const) {
    const other = joinAs(rig, "other");
    other.say({ cmd: "publish", topic: "", payload: "", qos: 0, dup: false, retain: false, properties: { topicAlias: alias } });
    expect(other.next("disconnect").reasonCode).toBe(reason);
  }
});

test("MQ18 towards a client that takes aliases the first message of a topic sets one, later ones are sent by it, within its maximum [MQTT-3.1.2-26] [MQTT-3.1.2-27]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, { properties: { topicAliasMaximum: 1 } });
  subscribeTo(client, "#", 0);
  const says = joinAs(rig, "p");
  for (const topic of ["x", "x", "y", "y", "x"]) publishOn(says, topic, "");
  expect(client.all("publish").map(({ topic, properties }) => [topic, properties?.topicAlias])).toEqual([
    ["x", 1],
    ["", 1],
    ["y", undefined],
    ["y", undefined],
    ["", 1],
  ]);
});

test("MQ19 unfinished publishes to a client keep within its Receive Maximum, those of a client within ours, else 0x93 [MQTT-3.3.4-7] [MQTT-3.3.4-9]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, { clean: false, properties: { receiveMaximum: 2, sessionExpiryInterval: 9 } });
  subscribeTo(client, "f", 2);
  const says = joinAs(rig, "p");
  for (let i = 0; i < 9; i++) publishOn(says, "f", String(i), i % 2 === 0 ? 1 : 2);
  expect(client.all("publish")).toHaveLength(2);
  expect(receiveAll(client)).toEqual(["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  for (let messageId = 1; messageId <= 21; messageId++) says.say({ cmd: "publish", topic: "f", payload: "", qos: 2, dup: false, retain: false, messageId });
  expect(says.next("disconnect").reasonCode).toBe(REASON.receiveMaximumExceeded);
});

test("MQ20 what is larger than a client takes is not sent to it, to the byte, and its publisher is acknowledged [MQTT-3.1.2-24] [MQTT-3.1.2-25]", () => {
  for (const [max, count] of [
    [64, 1],
    [63, 0],
  ] as const) {
    const rig = openRig();
    const client = joinAs(rig, "c", 5, { clean: false, properties: { maximumPacketSize: max, sessionExpiryInterval: 9 } });
    subscribeTo(client, "size", 1);
    // 2 header, 2 + 4 topic, 2 identifier, 1 properties
    publishOn(joinAs(rig, "p"), "size", "x".repeat(64 - 11), 1);
    expect(receiveAll(client)).toHaveLength(count);
    rig.prune();
    expect(rig.disk.rows).toEqual([]);
  }
});

test("MQ21 user properties, content type, response topic and correlation go on as they came [MQTT-3.3.2-17] [MQTT-3.3.2-20] [MQTT-3.3.2-15] [MQTT-3.3.2-16]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, LASTING);
  subscribeTo(client, "p", 1);
  client.lose();
  const properties = {
    payloadFormatIndicator: true,
    contentType: "text",
    responseTopic: "answers",
    correlationData: Buffer.from([0, 1]),
    userProperties: { a: ["1", "2"], b: "3" },
  };
  publishOn(joinAs(rig, "says"), "p", "x", 1, { properties });
  rig.crash();
  expect(published(joinAs(rig, "c", 5, LASTING)).properties).toEqual(properties);
});

test("MQ21 a payload that is not the text it says it is, is answered 0x99; a response topic with a wildcard ends the connection [MQTT-3.3.2-4] [MQTT-3.3.2-14]", () => {
  const client = joinAs(openRig(), "c");
  client.say({
    cmd: "publish",
    topic: "t",
    payload: Buffer.from([0xff]),
    qos: 2,
    dup: false,
    retain: false,
    messageId: 1,
    properties: { payloadFormatIndicator: true },
  });
  expect(client.next("pubrec").reasonCode).toBe(REASON.payloadFormatInvalid);
  client.say({ cmd: "publish", topic: "t", payload: "", qos: 0, dup: false, retain: false, properties: { responseTopic: "a/+" } });
  expect(client.next("disconnect").reasonCode).toBe(REASON.protocolError);
});

test("MQ22 each filter has its answer, refused ones by the row that refuses: 0x80 or 0x87, in 3.1.1 0x80 [MQTT-3.8.4-6] [MQTT-3.9.3-2]", () => {
  const topics = [{ filter: "test/nosubscribe", publish: "device", subscribe: [], refuses: "unspecified" } as const];
  for (const version of [4, 5] as const) {
    const client = joinAs(openRig({ rules: { topics } }), "c", version);
    client.say({ cmd: "subscribe", messageId: 3, subscriptions: ["a", "test/nosubscribe", "u/other/#", "b/#/c"].map((topic) => ({ topic, qos: 1 })) });
    expect(client.next("suback").granted).toEqual(version === 5 ? [1, 0x80, 0x87, 0x8f] : [1, 0x80, 0x80, 0x80]);
    client.say({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["a", "b"] });
    expect(client.next("unsuback").granted ?? []).toEqual(version === 5 ? [0, 0x11] : []);
  }
});

test("MQ22 the filters of a session are bounded by number and by length, 0x97; one that it has already takes no more room", () => {
  const client = joinAs(openRig(), "c");
  const ask = (...topics: string[]): unknown => {
    client.say({ cmd: "subscribe", messageId: 3, subscriptions: topics.map((topic) => ({ topic, qos: 0 })) });
    return client.next("suback").granted;
  };
  for (let i = 0; i < SUBSCRIPTIONS_ATTACHED_MAX; i++) expect(ask(`t/${i}`)).toEqual([0]);
  expect(ask("t/more", "t/0")).toEqual([REASON.quotaExceeded, 0]);
  const long = joinAs(openRig(), "long");
  const granted = Array.from({ length: 12 }, (_, i) => {
    long.say({ cmd: "subscribe", messageId: 3, subscriptions: [{ topic: `${i}`.padEnd(400, "x"), qos: 0 }] });
    return long.next("suback").granted[0];
  });
  expect(granted).toEqual([...Array.from({ length: 10 }, () => 0), REASON.quotaExceeded, REASON.quotaExceeded]);
});

test("MQ23 what may not be published is refused at its QoS: 0x87 by 5.0's acknowledgement, else the connection ends [MQTT-3.3.5-2]", () => {
  const rig = openRig();
  const client = joinAs(rig, "c");
  for (const [qos, cmd] of [
    [1, "puback"],
    [2, "pubrec"],
  ] as const) {
    client.say({ cmd: "publish", topic: "u/other/x", payload: "", qos, dup: false, retain: false, messageId: 5 });
    expect(client.next(cmd).reasonCode).toBe(REASON.notAuthorized);
  }
  const old = joinAs(rig, "old", 4);
  old.say({ cmd: "publish", topic: "u/other/x", payload: "", qos: 1, dup: false, retain: false, messageId: 5 });
  expect(old.isClosed()).toBe(true);
});

test("MQ23 over its quota a device hears 0x97, telemetry that is too large too; nothing of it is logged", () => {
  let isOver = false;
  const rig = openRig({ rules: { quota: () => !isOver } });
  const client = joinAs(rig, "c");
  const topic = "u/plant/d/pump-1/telemetry";
  client.say({ cmd: "publish", topic, payload: "x".repeat(65_537), qos: 1, dup: false, retain: false, messageId: 5 });
  expect(client.next("puback").reasonCode).toBe(REASON.quotaExceeded);
  isOver = true;
  client.say({ cmd: "publish", topic, payload: "{}", qos: 2, dup: false, retain: false, messageId: 5 });
  expect(client.next("pubrec").reasonCode).toBe(REASON.quotaExceeded);
  expect(rig.disk.head).toBe(0);
});

test("MQ24 telemetry is an entry of its own before it is acknowledged; ordinary messages are entries only for sessions that last", () => {
  const rig = openRig({ commits: false });
  const client = joinAs(rig, "c");
  client.say({ cmd: "publish", topic: "u/plant/d/pump-1/telemetry", payload: "{}", qos: 1, dup: false, retain: false, messageId: 5 });
  expect(client.all("puback")).toEqual([]);
  rig.commit();
  rig.settle();
  client.next("puback");
  expect(rig.entries().map(({ kind }) => kind)).toEqual(["telemetry"]);
  client.say({ cmd: "publish", topic: "nobody/hears", payload: "x", qos: 1, dup: false, retain: false, messageId: 6 });
  expect(client.next("puback").reasonCode).toBe(REASON.noMatchingSubscribers);
  expect(rig.disk.head).toBe(1);
});

test("MQ25 the broker speaks of itself below $SYS while somebody listens, and has no timer while nobody does", () => {
  const rig = openRig();
  const client = joinAs(rig, "c");
  subscribeTo(client, "#", 0);
  rig.advance(20_000);
  expect(rig.broker().take().wakeBy).toBe(Infinity);
  subscribeTo(client, "$SYS/broker/clients/connected", 0);
  expect(published(client).payload.toString()).toBe("1");
  client.heard.length = 0;
  rig.advance(10_500);
  expect(client.all("publish").map(({ topic }) => topic)).toEqual(["$SYS/broker/clients/connected"]);
  client.say({ cmd: "unsubscribe", messageId: 4, unsubscriptions: ["$SYS/broker/clients/connected"] });
  rig.advance(20_000);
  expect(rig.broker().take().wakeBy).toBe(Infinity);
});

test("MQ26 a new password ends what a device has opened and its sessions; another device's client of the same name is another", () => {
  const rig = openRig({ rules: { open: false } });
  const fields = { ...LASTING, password: Buffer.from("p") };
  const one = joinAs(rig, "c", 5, { ...fields, username: "pump-1" });
  const two = joinAs(rig, "c", 5, { ...fields, username: "pump-2" });
  rig.broker().disconnect("pump-1", "this device has a new password", rig.now());
  rig.settle();
  expect(one.next("disconnect").reasonCode).toBe(REASON.notAuthorized);
  expect(two.isClosed()).toBe(false);
  expect([...rig.disk.sessions.keys()]).toEqual(["pump-2\nc"]);
});

test("MQ27 a subscriber that acknowledges nothing is bounded: a session that lasts goes on in the log, another one is closed with 0x97", () => {
  const rig = openRig();
  const lasting = joinAs(rig, "lasting", 5, LASTING);
  const brief = joinAs(rig, "brief");
  for (const client of [lasting, brief]) subscribeTo(client, "m", 1);
  const says = joinAs(rig, "says");
  for (let i = 0; i < 1_500; i++) publishOn(says, "m", String(i), 1);
  expect(brief.next("disconnect").reasonCode).toBe(REASON.quotaExceeded);
  expect(lasting.isClosed()).toBe(false);
  expect(receiveAll(lasting)).toEqual(Array.from({ length: 1_500 }, (_, i) => String(i)));
});

test("MQ28 a connection sleeps and wakes with its subscriptions, aliases and identifiers, though its session has no row", () => {
  const rig = openRig();
  const client = joinAs(rig, "c", 5, { properties: { topicAliasMaximum: 3 } });
  subscribeTo(client, "h", 2);
  client.say({ cmd: "publish", topic: "al", payload: "", qos: 2, dup: false, retain: false, messageId: 3, properties: { topicAlias: 1 } });
  client.next("pubrec");
  expect(rig.hibernate().has(client.conn)).toBe(true);
  client.say({ cmd: "publish", topic: "al", payload: "", qos: 2, dup: true, retain: false, messageId: 3, properties: { topicAlias: 1 } });
  client.next("pubrec");
  client.say({ cmd: "pubrel", messageId: 3 });
  client.next("pubcomp");
  publishOn(client, "", "x", 1, { properties: { topicAlias: 1 } });
  publishOn(joinAs(rig, "p"), "h", "heard", 2);
  expect(receiveAll(client)).toEqual(["heard"]);
});

test("MQ29 an acknowledgement that its message's QoS does not ask for ends the connection with 0x82; one of a message long finished is nothing [MQTT-4.3.2-3] [MQTT-4.3.3-8]", () => {
  for (const [qos, cmd] of [
    [1, "pubrec"],
    [1, "pubcomp"],
    [2, "puback"],
    [2, "pubcomp"],
  ] as const) {
    const rig = openRig();
    const client = joinAs(rig, "c", 5, LASTING);
    client.say({ cmd, messageId: 99 });
    subscribeTo(client, "t", 2);
    publishOn(joinAs(rig, "p"), "t", "x", qos);
    const messageId = published(client).messageId ?? 0;
    expect(client.isClosed()).toBe(false);
    client.say({ cmd, messageId });
    expect(client.next("disconnect").reasonCode).toBe(REASON.protocolError);
  }
});

test("MQ29 a publisher that hears itself is acknowledged first; 0x10 says at QoS 1 that nobody has subscribed [MQTT-3.4.2-1]", () => {
  const client = joinAs(openRig(), "c", 5, LASTING);
  subscribeTo(client, "t", 2, { nl: true });
  client.say({ cmd: "publish", topic: "t", payload: "x", qos: 1, dup: false, retain: false, messageId: 1 });
  expect(client.next("puback").reasonCode ?? 0).toBe(0);
  subscribeTo(client, "t", 2);
  client.say({ cmd: "publish", topic: "t", payload: "x", qos: 2, dup: false, retain: false, messageId: 2 });
  expect(client.heard.map(({ cmd }) => cmd)).toEqual(["pubrec", "publish"]);
  client.say({ cmd: "publish", topic: "nobody", payload: "x", qos: 1, dup: false, retain: false, messageId: 3 });
  expect(client.next("puback").reasonCode).toBe(REASON.noMatchingSubscribers);
});

test("MQ29 reason strings go to who asks for them, never to who declines, else where the code leaves one guessing; and into the packet that the client takes [MQTT-3.1.2-29] [MQTT-3.4.2-2]", () => {
  const over = { topic: "u/plant/d/pump-1/telemetry", payload: "x".repeat(65_537) };
  const forbidden = { topic: "u/other/x", payload: "" };
  const said = (properties: { readonly requestProblemInformation?: boolean; readonly maximumPacketSize?: number }, publish: typeof over): boolean => {
    const client = joinAs(openRig(), "c", 5, { properties });
    client.say({ cmd: "publish", ...publish, qos: 1, dup: false, retain: false, messageId: 1 });
    return client.next("puback").properties?.reasonString !== undefined;
  };
  expect([said({}, over), said({}, forbidden)]).toEqual([true, false]);
  expect([said({ requestProblemInformation: true }, over), said({ requestProblemInformation: true }, forbidden)]).toEqual([true, true]);
  expect(said({ requestProblemInformation: false }, over)).toBe(false);
  expect(said({ maximumPacketSize: 20 }, over)).toBe(false);
});
