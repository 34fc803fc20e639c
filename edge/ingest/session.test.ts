import { expect, test } from "vitest";
import type { Connect, Packet, Publish } from "./packet.ts";
import { RECEIVE_MAX } from "./packet.ts";
import { REASON, type Version } from "./reason.ts";
import { acknowledge, admitted, CONNECT_WITHIN_MS, deliver, onPacket, openSession, OUT_INFLIGHT_MAX, silentBy } from "./session.ts";
import { close, lost } from "./session-close.ts";
import type { Connected, Rules, Session, Step } from "./session-step.ts";
import { SUBSCRIPTIONS_MAX } from "./session-subscribe.ts";

const rules: Rules = { unit: "plant", knows: (device) => device === "pump-1", open: false, newId: () => "made" };
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
function connect(fields: Partial<Connect> = {}): Connect {
  return {
    type: "connect",
    version: 4,
    client: "c",
    clean: true,
    keepAliveMs: 10_000,
    user: "pump-1",
    password: "pw",
    will: null,
    receiveMax: 65_535,
    packetMax: 70_000,
    wantsSession: false,
    ...fields,
  };
}
function publishOf(fields: Partial<Publish> = {}): Publish {
  return {
    type: "publish",
    topic: "u/plant/d/pump-1/telemetry",
    payload: text("{}"),
    qos: 1,
    retain: false,
    dup: false,
    id: 7,
    properties: text(""),
    ...fields,
  };
}
function joined(fields: Partial<Connect> = {}): Connected {
  const first = onPacket(openSession(0), connect(fields), rules, 0);
  const { session } = admitted(first.session, { device: "pump-1" }, rules, 0);
  if (session.state !== "connected") throw new Error("not connected");
  return session;
}
const reasonOf = (step: Step): number | undefined => step.effects.find((effect) => effect.type === "close")?.reason;
const say = (session: Session, packet: Packet): Step => onPacket(session, packet, rules, 1_000);

test("I8 CONNECT asks the unit, and its answer makes the CONNACK", () => {
  const first = onPacket(openSession(0), connect(), rules, 5);
  expect(first).toMatchObject({ session: { state: "admitting" }, said: [], effects: [{ type: "admit", user: "pump-1", password: "pw" }] });
  expect(admitted(first.session, { device: "pump-1" }, rules, 9)).toMatchObject({
    session: { state: "connected", heardAt: 9 },
    said: [{ type: "connack", reason: 0 }],
    effects: [{ type: "joined", client: "c" }],
  });
  const refused = admitted(first.session, REASON.badUserNameOrPassword, rules, 9);
  expect(refused).toMatchObject({ session: { state: "closed" }, said: [{ type: "connack", reason: 0x86 }] });
  expect(reasonOf(refused)).toBe(0x86);
});

test("I8 without credentials nobody gets in, unless access is open", () => {
  expect(onPacket(openSession(0), connect({ user: null, password: null }), rules, 0)).toMatchObject({
    session: { state: "closed" },
    said: [{ type: "connack", reason: 0x86 }],
  });
  expect(onPacket(openSession(0), connect({ user: null, password: null }), { ...rules, open: true }, 0)).toMatchObject({
    session: { state: "connected", speaker: "anybody" },
  });
});

test("I8 an empty client identifier is given a name, or refused where the session should last", () => {
  expect(onPacket(openSession(0), connect({ client: "", clean: false }), rules, 0)).toMatchObject({
    session: { state: "closed" },
    said: [{ type: "connack", reason: 0x85 }],
  });
  const asked = onPacket(openSession(0), connect({ client: "", version: 5, clean: false }), rules, 0);
  expect(admitted(asked.session, { device: "pump-1" }, rules, 0)).toMatchObject({ session: { client: "made" }, said: [{ assigned: "made" }] });
});

test("I8 a will of QoS 2 is refused in 5.0, and sent at QoS 1 in 3.1.1", () => {
  const will = { topic: "lines/gone", payload: text("bye"), qos: 2, retain: false } as const;
  expect(onPacket(openSession(0), connect({ version: 5, will }), rules, 0)).toMatchObject({
    session: { state: "closed" },
    said: [{ type: "connack", reason: 0x9b }],
  });
  expect(lost(joined({ will }), rules).effects).toMatchObject([{ type: "publish", qos: 1 }]);
});

test("I8 a client identifier that is too long is refused", () => {
  expect(onPacket(openSession(0), connect({ client: "c".repeat(257) }), rules, 0)).toMatchObject({
    session: { state: "closed" },
    said: [{ type: "connack", reason: 0x85 }],
  });
});

test("I8 a client that asks for a lasting session is told that it has none", () => {
  const asked = onPacket(openSession(0), connect({ version: 5, wantsSession: true }), rules, 0);
  expect(admitted(asked.session, { device: "pump-1" }, rules, 0).said).toMatchObject([{ type: "connack", forgetsSession: true }]);
});

test("I9 order: CONNECT comes first, and once", () => {
  expect(reasonOf(onPacket(openSession(0), { type: "pingreq" }, rules, 0))).toBe(REASON.protocolError);
  const again = say(joined({ version: 5 }), connect());
  expect(again.said).toEqual([{ type: "disconnect", reason: REASON.protocolError }]);
});

test("I10 silence of one and a half keep-alives is too long; keep-alive 0 never is", () => {
  expect(silentBy(joined())).toBe(15_000);
  expect(silentBy(say(joined(), { type: "pingreq" }).session)).toBe(16_000);
  expect(silentBy(joined({ keepAliveMs: 0 }))).toBe(Infinity);
  expect(silentBy(openSession(3))).toBe(3 + CONNECT_WITHIN_MS);
});

test("I11 telemetry is handed to the log and acknowledged only afterwards", () => {
  const step = say(joined(), publishOf());
  expect(step.said).toEqual([]);
  expect(step.effects).toMatchObject([{ type: "publish", carried: { device: "pump-1" }, ackId: 7, qos: 1 }]);
  expect(acknowledge(step.session, 7).said).toEqual([{ type: "puback", id: 7, reason: 0 }]);
});

test("I11 ordinary topics are published, never logged", () => {
  expect(say(joined(), publishOf({ topic: "lines/3" })).effects).toMatchObject([{ type: "publish", carried: null, topic: "lines/3" }]);
});

const closing: readonly (readonly [string, Version, Partial<Publish>, number])[] = [
  ["QoS 2", 4, { qos: 2 }, REASON.qosNotSupported],
  ["QoS 2", 5, { qos: 2 }, REASON.qosNotSupported],
  ["a wildcard in a name", 5, { topic: "a/+" }, REASON.topicNameInvalid],
  ["an empty topic", 5, { topic: "" }, REASON.topicNameInvalid],
  ["another device's topic", 4, { topic: "u/plant/d/pump-2/telemetry" }, REASON.notAuthorized],
  ["an unknown unit at QoS 0", 5, { topic: "u/x/d/pump-1/telemetry", qos: 0, id: 0 }, REASON.notAuthorized],
];
test.each(closing)("I12 %s closes the connection (version %i)", (_what, version, fields, reason) => {
  const step = say(joined({ version }), publishOf(fields));
  expect(step.session.state).toBe("closed");
  expect(reasonOf(step)).toBe(reason);
  expect(step.said).toEqual([{ type: "disconnect", reason }]);
});

test("I12 in 5.0 a QoS 1 publish that is not permitted is answered, and the connection stays", () => {
  const step = say(joined({ version: 5 }), publishOf({ topic: "u/plant/d/pump-2/telemetry" }));
  expect(step).toMatchObject({ session: { state: "connected" }, said: [{ type: "puback", id: 7, reason: REASON.notAuthorized }], effects: [] });
});

test("I12 more unacknowledged publishes than announced close a 5.0 connection", () => {
  let session: Session = joined({ version: 5 });
  for (let i = 1; i <= RECEIVE_MAX; i++) session = say(session, publishOf({ id: i })).session;
  expect(session.state).toBe("connected");
  expect(reasonOf(say(session, publishOf({ id: 60_000 })))).toBe(REASON.receiveMaximumExceeded);
});

const filter = (
  name: string,
  more: object = {},
): { filter: string; qos: 0 | 1 | 2; noLocal: boolean; retainAsPublished: boolean; retainHandling: 0 | 1 | 2 } => ({
  filter: name,
  qos: 2,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  ...more,
});
test("I13 each filter has its answer: granted QoS, or why not", () => {
  const asked = [filter("lines/#"), filter("u/plant/d/+/telemetry"), filter("a#"), filter("$share/g/a"), filter("u/plant/d/pump-1/#", { qos: 0 })];
  const five = say(joined({ version: 5 }), { type: "subscribe", id: 3, subscriptions: asked });
  expect(five.said).toEqual([
    { type: "suback", id: 3, reasons: [1, REASON.notAuthorized, REASON.topicFilterInvalid, REASON.sharedSubscriptionsNotSupported, 0] },
  ]);
  const three = say(joined(), { type: "subscribe", id: 3, subscriptions: asked });
  expect(three.said).toEqual([{ type: "suback", id: 3, reasons: [1, 0x80, 0x80, 0x80, 0] }]);
  const left = say(three.session, { type: "unsubscribe", id: 4, filters: ["lines/#", "never"] });
  expect(left).toMatchObject({
    said: [{ type: "unsuback", id: 4, reasons: [0, 0x11] }],
    effects: [{ type: "unsubscribed", filter: "lines/#" }],
    session: { subscriptions: [{ filter: "u/plant/d/pump-1/#" }] },
  });
});

test("I13 retained messages go to a new subscription as its retain handling says", () => {
  const one = (session: Session, retainHandling: 0 | 1 | 2): Step =>
    say(session, { type: "subscribe", id: 3, subscriptions: [filter("a", { retainHandling })] });
  const sends = (step: Step): unknown => step.effects[0]?.type === "subscribed" && step.effects[0].sendRetained;
  const fresh = joined({ version: 5 });
  expect([sends(one(fresh, 0)), sends(one(fresh, 1)), sends(one(fresh, 2))]).toEqual([true, true, false]);
  const held = one(fresh, 0).session;
  expect([sends(one(held, 0)), sends(one(held, 1))]).toEqual([true, false]);
});

test("I13 filters of one connection are bounded", () => {
  const many = Array.from({ length: SUBSCRIPTIONS_MAX + 1 }, (_, i) => filter(`t/${i}`));
  const step = say(joined({ version: 5 }), { type: "subscribe", id: 1, subscriptions: many });
  expect(step.said[0]).toMatchObject({ reasons: [...Array.from({ length: SUBSCRIPTIONS_MAX }, () => 1), REASON.quotaExceeded] });
});

test("I14 QoS 1 towards a client waits for its acknowledgements", () => {
  let session = joined({ receiveMax: 2 });
  const message = { topic: "a", payload: text("x"), properties: text("") };
  for (const id of [1, 2]) {
    const sent = deliver(session, message, 1, false);
    if (sent === "wait") throw new Error("waits too early");
    expect(sent.said.id).toBe(id);
    session = sent.session;
  }
  expect(deliver(session, message, 1, false)).toBe("wait");
  expect(deliver(session, message, 0, false)).not.toBe("wait");
  const freed = say(session, { type: "puback", id: 1 });
  expect(freed.effects).toEqual([{ type: "drained" }]);
  expect(freed.session.state === "connected" && deliver(freed.session, message, 1, false)).toMatchObject({ said: { id: 3 } });
  expect(joined().outMax).toBe(OUT_INFLIGHT_MAX);
});

test("I15 the will is published when the connection is lost or closed, not after DISCONNECT", () => {
  const will = { topic: "lines/gone", payload: text("bye"), qos: 1, retain: true } as const;
  const session = joined({ version: 5, will });
  const published = [{ type: "publish", topic: "lines/gone", retain: true, ackId: 0 }];
  expect(lost(session, rules).effects).toMatchObject(published);
  expect(close(session, REASON.keepAliveTimeout, "silent", rules).effects).toMatchObject([...published, { type: "close", reason: 0x8d }]);
  expect(say(session, { type: "disconnect", reason: 4 }).effects).toMatchObject([...published, { type: "close" }]);
  expect(say(session, { type: "disconnect", reason: 0 }).effects).toMatchObject([{ type: "close" }]);
  expect(lost(joined({ will: { ...will, topic: "u/plant/d/pump-2/telemetry" } }), rules).effects).toEqual([]);
});
