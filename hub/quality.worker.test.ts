/** Data quality through the real objects: what is pushed is counted, compared and scanned; what no contract names becomes a field. */
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import { contractsOfUnit, fingerprint } from "../contracts/contract.ts";
import { readFrame, writeFrame } from "../contracts/delta/frame.ts";
import type { Json } from "../contracts/delta/json.ts";
import type { Operation } from "../contracts/delta/operation.ts";
import { ROUTES } from "../contracts/permission.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { SITE, verdictAt } from "../edge/fixture/site.ts";
import { connectClient, connectPacket } from "../edge/shell/intake-client.ts";
import { intakeNamed, unitNamed } from "../edge/shell/stubs.ts";
import { breaches } from "./api/fixture/held.ts";
import { DESCRIBED } from "./api/described.ts";
import { type OpenApi, describeApi } from "./api/openapi.ts";
import type { QualityAnswer, SubjectQuality } from "./api/quality.ts";
import { pumpVibration } from "./catalogue/pump-vibration.ts";
import { KEY, batchOf, operationOf, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { DAY_MS, dayOf } from "./quality/period.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";
import { outgoingObject } from "./shell/relay/outgoing-object.ts";
import { registryObject } from "./shell/routes-contracts.ts";
import { lineOf } from "./shell/routes-sync.ts";

const api: OpenApi = JSON.parse(JSON.stringify(describeApi(DESCRIBED))) as OpenApi;
const met = new Set<string>();
let steward: Client;
let count = 0;

beforeAll(async () => {
  steward = await clientFor("operations", undefined, "lin");
});

/** Each exchange is held against the description that the hub serves. */
async function call<T>(method: string, path: string, sent?: unknown, status = 200): Promise<T> {
  const got = await steward.json<T>(method, path, sent, status);
  expect(breaches(api, { method, path, ...(sent === undefined ? {} : { sent }), status, got: got as Json })).toEqual([]);
  if (status < 300) met.add(`${method} ${path.split("?", 1)[0] ?? ""}`);
  return got;
}

const meter = (over: object = {}, about: object = {}): Record<string, Json> => ({
  type: "object",
  properties: {
    id: { type: "string", pattern: "^[a-z0-9-]{1,40}$" },
    state: { type: "string", enum: ["on", "off"], "x-meaning": { on: "it counts", off: "it stands still" } },
    reading: { type: "number", "x-uom": "Cel" },
    copy: { type: "number", "x-uom": "Cel" },
    note: { type: "string", maxLength: 200 },
    serial: { type: "string", maxLength: 40 },
    owner: { type: "string", maxLength: 100, "x-class": "personal", "x-purpose": ["calling back"] },
    ...over,
  },
  required: ["id"],
  additionalProperties: false,
  "x-key": { attr: "id", format: "^[a-z0-9-]{1,40}$", namespace: "meter" },
  "x-stream": "assets",
  "x-merge": { "*": "lww" },
  "x-quality": { freshnessMs: 60_000, validity: 0.9 },
  ...about,
});

type Meter = { readonly subject: string; readonly unit: string; readonly schema: Record<string, Json> };

/** A subject of its own, published, and a unit that speaks it. */
async function newMeter(): Promise<Meter> {
  const [subject, unit, schema] = [`meter-${(count += 1)}`, `meters-${count}`, meter()];
  await call("POST", "/api/hub/contracts", { subject, schema, why: "heat is metered" }, 201);
  const contract = { subject, version: 1, fingerprint: fingerprint(schema), schema };
  const registered = await exports.HubRpc.register(registrationOf(unit, { contracts: [...contractsOfUnit(), contract] }));
  if (isRefusal(registered)) throw new Error(registered.rule);
  return { subject, unit, schema };
}

type Said = { readonly id?: string; readonly attr: string; readonly value?: Json; readonly op?: Operation["op"]; readonly at?: number };
const seqs = new Map<string, number>();

async function push({ subject, unit }: Meter, said: readonly Said[]): Promise<unknown> {
  let answer: unknown;
  for (let from = 0; from < said.length; from += 400) {
    const operations = said.slice(from, from + 400).map(({ id = "m-1", attr, value, op = "set", at = Date.now() }) => {
      const seq = (seqs.get(unit) ?? 0) + 1;
      seqs.set(unit, seq);
      return operationOf(
        unit,
        seq,
        { stream: "assets", entity: subject, id, attr, op, ...(value === undefined ? {} : { value }), contract: `${subject}@1` },
        at,
      );
    });
    answer = await exports.HubRpc.push(batchOf(unit, operations, "assets"));
    expect(answer).not.toHaveProperty("refused");
  }
  return answer;
}

const headline = (): Promise<QualityAnswer> => call("GET", "/api/hub/quality?days=3");
async function qualityOf(subject: string): Promise<SubjectQuality | undefined> {
  return (await headline()).subjects.find((one) => one.subject === subject);
}

test("Q20 what is pushed is counted: the headline's figures are those of an oracle, by subject and in all", async () => {
  const one = await newMeter();
  const before = (await headline()).usable;
  // Of each kind so many, in any order; what each comes to is said here by hand.
  const late = Date.now() - 300_000;
  const kinds: readonly (readonly [number, Said])[] = [
    [50, { attr: "reading", value: 61.5 }],
    [7, { attr: "state", value: "on" }],
    [5, { attr: "reading", value: "warm" }],
    [4, { attr: "state", value: "broken" }],
    [11, { attr: "reading", value: 60, at: late }],
    [3, { attr: "invented", value: 1 }],
  ];
  await push(
    one,
    kinds.flatMap(([n, said], k) => Array.from({ length: n }, (_, i) => ({ ...said, id: `m-${k}-${i}` }))),
  );
  expect(await qualityOf(one.subject)).toEqual({
    subject: one.subject,
    stream: "assets",
    usable: { received: 80, usable: 57 / 80, invalid: 9 / 80, unmapped: 3 / 80, stale: 11 / 80 },
    reasons: { rejected: 9, "unknown-field": 3, stale: 11 },
    promises: [
      { promise: "freshness", promised: 0.99, measured: 1 - 11 / 80, kept: false },
      { promise: "validity", promised: 0.9, measured: 1 - 9 / 80, kept: false },
    ],
  });
  const after = (await headline()).usable;
  const [was, is] = [before?.received ?? 0, after?.received ?? 0];
  expect([is - was, Math.round(is * (after?.usable ?? 0)) - Math.round(was * (before?.usable ?? 0))]).toEqual([80, 57]);
});

test("Q20 a push that comes again is not counted again, one that is refused not at all; an eviction takes nothing that the quiet second laid down", async () => {
  const one = await newMeter();
  const said = [{ attr: "reading", value: 1, at: Date.now() }];
  await push(one, said);
  seqs.set(one.unit, 0);
  await push(one, said);
  const foreign = { ...operationOf("other", 2, { stream: "assets", entity: one.subject, attr: "reading", value: 1, contract: `${one.subject}@1` }) };
  expect(await exports.HubRpc.push({ ...batchOf(one.unit, [foreign], "assets") })).toMatchObject({ refused: "not-permitted" });
  const rows = (): Promise<number> =>
    runInDurableObject(streamObject(env, "assets"), (_, state) =>
      Number(state.storage.sql.exec("SELECT count(*) AS n FROM quality_period WHERE subject = ?", one.subject).one()["n"]),
    );
  await vi.waitUntil(async () => (await rows()) === 1, { timeout: 5_000 });
  await evictDurableObject(streamObject(env, "assets"));
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 1, usable: 1 } });
});

test("Q21 an error in counting is recorded and fails no push", async () => {
  const one = await newMeter();
  const assets = streamObject(env, "assets");
  const before = (await headline()).uncounted;
  await runInDurableObject(assets, (_, state) => void state.storage.sql.exec("INSERT INTO quality_mapping VALUES ('bad', 'bad', 'bad', 'no JSON')"));
  await assets.reopen();
  expect(
    await push(one, [
      { attr: "reading", value: 1 },
      { attr: "state", value: "on" },
    ]),
  ).toMatchObject({ through: 2, versions: [1, 2] });
  await runInDurableObject(assets, (_, state) => void state.storage.sql.exec("DELETE FROM quality_mapping WHERE bridge = 'bad'"));
  await assets.reopen();
  await push(one, [{ attr: "state", value: "off" }]);
  expect((await headline()).uncounted).toBe(before + 2);
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 1, usable: 1 } });
});

test("Q22 a value is mapped when every published bridge of its subject has a counterpart for it", async () => {
  const one = await newMeter();
  const bridge = {
    id: `erp-${one.subject}`,
    version: 1,
    system: "erp",
    ours: { subject: one.subject, major: 1 },
    theirs: { object: "Meter" },
    fields: [
      { ours: "id", theirs: "Key", by: { rule: "same" } },
      {
        ours: "state",
        theirs: "Status",
        way: "out",
        by: {
          rule: "state",
          pairs: [
            { ours: "on", theirs: "A", way: "out", relation: "equivalent" },
            { ours: "off", theirs: "B", way: "out", relation: "equivalent" },
          ],
          theirs: ["A", "B"],
        },
      },
    ],
  };
  await call("PUT", `/api/hub/bridges/${bridge.id}`, { bridge, why: "test" });
  await call("POST", `/api/hub/bridges/${bridge.id}/publish`, { why: "agreed" });
  const mapped = await runInDurableObject(streamObject(env, "assets"), (_, state) =>
    state.storage.sql.exec("SELECT attr, mapped FROM quality_mapping WHERE bridge = ?", bridge.id).toArray(),
  );
  expect(mapped).toEqual([{ attr: "state", mapped: '["\\"on\\"","\\"off\\""]' }]);
  await push(one, [
    { attr: "state", value: "on" },
    { attr: "state", value: "off" },
    { attr: "state", op: "unset" },
    { attr: "reading", value: 3 },
  ]);
  expect((await qualityOf(one.subject))?.usable).toMatchObject({ received: 4, usable: 1, unmapped: 0 });
  // The contract goes on, and the bridge does not.
  await call("PUT", `/api/hub/contracts/${one.subject}/mode`, { mode: "BACKWARD", why: "only the hub reads it" });
  const meanings = { on: "it counts", off: "it stands still", lost: "nobody knows" };
  const schema = meter({ state: { type: "string", enum: ["on", "off", "lost"], "x-meaning": meanings } });
  await call("POST", "/api/hub/contracts", { subject: one.subject, schema, leaving: [bridge.id], why: "some are lost" }, 201);
  await push(one, [{ attr: "state", value: "lost" }]);
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 5, usable: 0.8, unmapped: 0.2 }, reasons: { unmapped: 1 } });
  // What the stream was not told it asks for by itself.
  const assets = streamObject(env, "assets");
  const forget = (sql: SqlStorage): void => {
    sql.exec("DELETE FROM quality_mapping");
    sql.exec("DELETE FROM form WHERE subject = ? AND published = 1", one.subject);
  };
  await runInDurableObject(assets, (_, state) => forget(state.storage.sql));
  await assets.reopen();
  expect(await push(one, [{ attr: "state", value: "lost" }])).toMatchObject({ dead: [{ reason: "breaks-contract: state" }] });
  expect(await runDurableObjectAlarm(assets)).toBe(true);
  await push(one, [{ attr: "state", value: "lost", id: "m-2" }]);
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 7 }, reasons: { unmapped: 2, rejected: 1 } });
});

test("Q23 a field that no contract names reaches quarantine by itself; proposed and published, its dead letter is taken", async () => {
  const one = await newMeter();
  expect(
    await push(one, [
      { attr: "noise", value: 41.5 },
      { attr: "noise", value: 39, id: "m-2" },
      { attr: "reading", value: 3 },
    ]),
  ).toMatchObject({
    dead: [{ seq: 1, reason: "unknown-field: noise" }, { seq: 2 }],
  });
  type Row = { readonly id: string; readonly field: string; readonly count: number };
  const rows = async (): Promise<readonly Row[]> => (await call<{ unknown: Row[] }>("GET", `/api/hub/quarantine?unit=${one.unit}`)).unknown;
  await vi.waitUntil(async () => (await rows()).length > 0, { timeout: 5_000 });
  const [row] = await rows();
  expect(row).toMatchObject({ subject: one.subject, field: "noise", count: 2, type: "number", samples: ["9.9"] });
  const draft = await call<{ draft: string; ready: boolean }>(
    "POST",
    `/api/hub/quarantine/${row?.id}/propose`,
    { why: "they measure it", uom: "dB[SPL]", class: "plain" },
    201,
  );
  expect(draft.ready).toBe(true);
  const letter = { origin: originOf(one.unit), stream: "assets", entity: one.subject, id: "m-1" };
  expect(await call("POST", "/api/hub/dead/redeliver", letter)).toMatchObject({ redelivered: 0, left: 1 });
  await call("POST", `/api/hub/contracts/${one.subject}/drafts/${draft.draft}/publish`, { why: "agreed" }, 201);
  // The stream has heard of it: nobody needs to register again.
  expect(await call("POST", "/api/hub/dead/redeliver", letter)).toEqual({ redelivered: 1, left: 0 });
  expect(await call("GET", `/api/hub/entities/${one.subject}/m-1`)).toMatchObject({ attributes: { noise: { value: 41.5 } } });
  expect(await rows()).toEqual([]);
  // What was refused once is counted once, and a new one is known.
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 3 }, reasons: { "unknown-field": 2 } });
  await push(one, [{ attr: "noise", value: 40 }]);
  expect(await qualityOf(one.subject)).toMatchObject({ usable: { received: 4, usable: 0.5 }, reasons: { "unknown-field": 2 } });
});

test("Q23 a channel that no profile names comes from the Intake through its unit; proposed, it is the first contract of what the devices say", async () => {
  const name = `plant-q${(count += 1)}`;
  const unit = unitNamed(env, name);
  await unit.create(name, pumpVibration);
  const added = await unit.addDevice({ device: "pump-1" }, "test");
  if (isRefusal(added)) throw new Error(added.rule);
  const intake = intakeNamed(env, name);
  const client = await connectClient(intake);
  client.say(connectPacket("pump-1", added.password, { clientId: "pump-1" }));
  await client.hear("connack");
  const payload = Buffer.from(JSON.stringify({ ts: Date.now(), channels: { noise: 41.5, current: 3 } }));
  client.say({ cmd: "publish", topic: `u/${name}/d/pump-1/telemetry`, payload, qos: 1, messageId: 1, retain: false, dup: false });
  await client.hear("puback");
  client.end();
  await vi.waitUntil(async () => (await intake.quarantine()).length > 0, { timeout: 10_000 });
  // The first note may have been told before the message came: the quarter of an hour has passed.
  await runInDurableObject(unit, (_, state) => void state.storage.sql.exec(`UPDATE meta SET value = json_set(value, '$.triedAt', 0) WHERE key = 'noted'`));
  type Row = { readonly id: string; readonly subject: string };
  const rows = async (): Promise<readonly Row[]> => (await call<{ unknown: Row[] }>("GET", `/api/hub/quarantine?unit=${name}`)).unknown;
  await vi.waitUntil(
    async () => {
      await unit.nudge("tickets");
      return (await rows()).length > 0;
    },
    { timeout: 20_000, interval: 200 },
  );
  const [row] = await rows();
  const subject = `telemetry-${pumpVibration.profiles[0]?.id}`;
  expect(row).toMatchObject({ subject, field: "noise", count: 1, type: "number", samples: ["9.9"] });
  const draft = await call<{ draft: string; ready: boolean; major: number }>(
    "POST",
    `/api/hub/quarantine/${row?.id}/propose`,
    { why: "new sensors", uom: "dB[SPL]", class: "plain" },
    201,
  );
  expect(draft).toMatchObject({ ready: true, major: 1 });
  await call("POST", `/api/hub/contracts/${subject}/drafts/${draft.draft}/publish`, { why: "agreed" }, 201);
  expect(await call("GET", `/api/hub/contracts/${subject}/1.0`)).toMatchObject({
    schema: { properties: { noise: { "x-uom": "dB[SPL]" }, current: { "x-uom": "A" } } },
  });
  expect(await rows()).toEqual([]);
  // The scenario came along: a change names the unit's model and rules.
  const { touched } = await call<{ touched: { kind: string; id: string }[] }>("POST", "/api/hub/contracts/impact", {
    subject,
    schema: meter({ current: { type: "number", "x-uom": "mA" } }, { "x-stream": "assets" }),
  });
  expect(touched).toContainEqual(expect.objectContaining({ kind: "channel", id: `${name}/current` }));
}, 60_000);

test("U33 U32 a unit elsewhere notes over its line as over RPC", async () => {
  const one = await newMeter();
  const { webSocket: socket } = await lineOf(env, one.unit).fetch(
    new Request("http://hub/api/hub/sync", { headers: { upgrade: "websocket", "x-outpost-unit": one.unit } }),
  );
  if (socket === null) throw new Error("no socket");
  socket.binaryType = "arraybuffer";
  socket.accept();
  const heard = new Promise<unknown>((resolve) => socket.addEventListener("message", ({ data }) => resolve(readFrame(new Uint8Array(data as ArrayBuffer)))));
  const unknown = [{ subject: one.subject, field: "hum", sample: "low" }];
  socket.send(writeFrame({ call: 1, ask: "note", with: { origin: originOf(one.unit), key: KEY, unknown } }));
  expect(await heard).toEqual({ call: 1, reply: { noted: true } });
  socket.close(1000);
  expect((await call<{ unknown: unknown[] }>("GET", `/api/hub/quarantine?unit=${one.unit}`)).unknown).toMatchObject([{ field: "hum", type: "string" }]);
});

/** What was counted so far was counted some days ago. */
async function days(ago: number, subject: string): Promise<void> {
  await headline();
  await runInDurableObject(streamObject(env, "assets"), (_, state) => {
    state.storage.sql.exec("UPDATE quality_period SET from_at = from_at - ? WHERE subject = ?", ago * DAY_MS, subject);
  });
}

test("Q24 pushed values in another uom than the baseline's are found, with the day since which; a baseline says who set it and why", async () => {
  const one = await newMeter();
  const cel = (i: number): number => 60 + 8 * Math.sin(i * 12.9898) + (i % 7);
  const readings = (scale: (cel: number) => number): readonly Said[] => Array.from({ length: 400 }, (_, i) => ({ attr: "reading", value: scale(cel(i)) }));
  const path = `/api/hub/quality/drift?subject=${one.subject}`;
  expect(await call("GET", path)).toMatchObject({ subjects: [{ subject: one.subject, baseline: null, findings: [] }] });
  const refused = await steward.json("POST", "/api/hub/quality/baselines", { subject: one.subject, why: "nothing yet" }, 409);
  expect(refused).toMatchObject({ refused: "wrong-state" });
  await push(
    one,
    readings((c) => c),
  );
  await days(3, one.subject);
  const set = await call("POST", "/api/hub/quality/baselines", { subject: one.subject, days: 28, why: "a quiet week" }, 201);
  expect(set).toMatchObject({ subject: one.subject, fields: 1, setBy: "lin", why: "a quiet week" });
  await push(
    one,
    readings((c) => c),
  );
  expect(await call("GET", path)).toMatchObject({ subjects: [{ baseline: { fields: 1, setBy: "lin" }, findings: [] }] });
  await runInDurableObject(streamObject(env, "assets"), (_, state) => {
    state.storage.sql.exec("DELETE FROM quality_period WHERE subject = ? AND from_at = ?", one.subject, dayOf(Date.now()).fromAt);
  });
  await push(
    one,
    readings((c) => c * 1.8 + 32),
  );
  const { subjects } = await call<{ subjects: { findings: unknown[] }[] }>("GET", path);
  expect(subjects[0]?.findings).toMatchObject([
    { path: "reading", kind: "uom", code: "other-uom", severity: "major", params: { uom: "[degF]", declared: "Cel" }, since: dayOf(Date.now()).fromAt },
  ]);
  const all = await call<{ subjects: { subject: string }[] }>("GET", "/api/hub/quality/drift");
  expect(all.subjects.map(({ subject }) => subject)).toEqual([one.subject]);
  expect(await steward.json("GET", "/api/hub/quality/drift?subject=nothing", undefined, 404)).toMatchObject({ refused: "unknown-contract" });
});

test("Q25 a profile shows what values are like; of a personal field counts and shapes only", async () => {
  const one = await newMeter();
  const names = ["Li Wei", "Wang Fang", "Zhao Min"];
  await push(one, [
    ...Array.from({ length: 100 }, (_, i): Said => ({ attr: "reading", value: i, id: `m-${i}` })),
    ...names.map((value, i): Said => ({ attr: "owner", value, id: `m-${i}` })),
    { attr: "state", value: "on" },
    { attr: "state", value: "on", id: "m-2" },
  ]);
  const profile = (attr: string): Promise<Record<string, unknown>> => call("GET", `/api/hub/quality/profiles/${one.subject}/${attr}`);
  expect(await profile("reading")).toMatchObject({
    personal: false,
    usable: { received: 100, usable: 1 },
    profile: { observed: 100, present: 100, types: { number: 100 }, numbers: { count: 100, min: 0, max: 99 } },
    days: [{ span: "day", received: 100, usable: 100, present: 100 }],
    baselines: [],
  });
  expect(await profile("state")).toMatchObject({ profile: { distinct: 1, texts: { counts: [{ text: "on", count: 2 }], short: 0 } } });
  const owner = await profile("owner");
  expect(owner).toMatchObject({ personal: true, profile: { observed: 3, shapes: { counts: [{ text: "Aa Aa", count: 3 }] } } });
  expect(Object.keys(owner["profile"] as object)).not.toContain("texts");
  for (const name of names) expect(JSON.stringify(owner)).not.toContain(name);
  expect(await profile("serial")).toMatchObject({ usable: null, profile: null, days: [] });
  expect(await steward.json("GET", `/api/hub/quality/profiles/${one.subject}/nothing`, undefined, 404)).toMatchObject({ refused: "unknown-contract" });
});

test("Q26 Q20 of what a unit of ours pushes everything is usable, and what its stages and pages don't read is called unread", async () => {
  const name = `plant-q${(count += 1)}`;
  const unit = unitNamed(env, name);
  await unit.create(name, pumpVibration);
  const put = await unit.putEntities(SITE, "test");
  if (isRefusal(put)) throw new Error(put.rule);
  await unit.applyVerdicts({ unit: name, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const families = ["alarm", "asset", "customer", "device", "engineer", "kit", "offer", "repair", "ticket"];
  const told = async (): Promise<readonly SubjectQuality[]> => (await headline()).subjects.filter(({ subject }) => families.includes(subject));
  await vi.waitUntil(async () => (await told()).length === families.length, { timeout: 20_000, interval: 100 });
  for (const { usable, promises } of await told()) expect([usable?.usable, promises.filter(({ kept }) => !kept)]).toEqual([1, []]);
  // It told what it reads when it first reached the hub, and since then it has entities: a day has passed.
  await runInDurableObject(
    unit,
    (_, state) => void state.storage.sql.exec(`UPDATE meta SET value = json_set(value, '$.triedAt', 0, '$.wholeAt', 0) WHERE key = 'noted'`),
  );
  const unread = async (): Promise<readonly string[]> => {
    await unit.nudge("tickets");
    const { subjects } = await call<{ subjects: { subject: string; findings: { code: string; path: string }[] }[] }>("POST", "/api/hub/scans", undefined, 201);
    return subjects
      .filter(({ subject }) => families.includes(subject))
      .flatMap(({ subject, findings }) => findings.flatMap(({ code, path }) => (code === "never-read" ? [`${subject}.${path}`] : [])));
  };
  const expected = [
    "alarm.acknowledgedBy",
    "alarm.label.finding",
    "alarm.label.ticket",
    "alarm.label.at",
    "asset.kind",
    "device.addedAt",
    "offer.answeredAt",
    "ticket.closedBy",
  ];
  await vi.waitFor(async () => expect(await unread()).toEqual(expected), { timeout: 20_000, interval: 200 });
}, 60_000);

test("Q26 a scan by alarm looks at the streams' values, at who fills and who reads: its findings are those that were planted, and no others of their topics", async () => {
  const one = await newMeter();
  const said = Array.from({ length: 120 }, (_, i): readonly Said[] => [
    { id: `m-${i}`, attr: "id", value: `m-${i}` },
    { id: `m-${i}`, attr: "state", value: i % 3 === 0 ? "on" : "off" },
    { id: `m-${i}`, attr: "reading", value: 20 + (i % 40) / 4 },
    { id: `m-${i}`, attr: "copy", value: 20 + (i % 40) / 4 },
    { id: `m-${i}`, attr: "note", value: i % 2 === 0 ? "2026-03-01" : "shut it down" },
    ...(i === 0 ? [{ id: "m-0", attr: "owner", value: "Li Wei" }] : []),
  ]);
  await push(one, said.flat());
  type Finding = { readonly topic: string; readonly code: string; readonly path: string };
  type Scans = {
    readonly scans: readonly { readonly unasked?: string[]; readonly subjects: readonly { readonly subject: string; readonly findings: Finding[] }[] }[];
  };
  const scanned = async (): Promise<readonly string[]> => {
    await runInDurableObject(registryObject(env), (_, state) => {
      state.storage.sql.exec("INSERT INTO setting VALUES ('nextScanAt', '1') ON CONFLICT DO UPDATE SET value = '1'");
    });
    expect(await runDurableObjectAlarm(registryObject(env))).toBe(true);
    const { scans } = await call<Scans>("GET", "/api/hub/scans");
    expect(scans[0]?.unasked).toBeUndefined();
    const found = scans[0]?.subjects.find(({ subject }) => subject === one.subject)?.findings ?? [];
    return found.filter(({ topic }) => topic !== "undocumented").map(({ code, path }) => `${code} ${path}`);
  };
  // Nobody has told yet who reads: that is not the same as nobody reading.
  expect((await scanned()).toSorted()).toEqual(["mixed-forms note", "never-filled serial", "rarely-filled owner", "same-values copy"]);
  const used = ["id", "state", "owner"].map((field) => ({ subject: one.subject, field, count: 120 }));
  expect(await exports.HubRpc.note({ origin: originOf(one.unit), key: KEY, used })).toEqual({ noted: true });
  await outgoingObject(env).addConsumer({ role: "integrator", subject: "crm" }, { name: `c-${one.subject}`, attrs: [`${one.subject}.reading`], from: "start" });
  expect((await scanned()).filter((line) => line.startsWith("never-read"))).toEqual(["never-read copy", "never-read note", "never-read serial"]);
  // Whoever follows the whole feed reads everything.
  const follower = await clientFor("integrator");
  await follower.json("GET", "/api/feed?limit=1");
  expect((await scanned()).filter((line) => line.startsWith("never-read"))).toEqual([]);
});

test("Q27 quality is the whole tenant's: a token of one unit sees none of it, and who reads sets no baseline", async () => {
  const bound = await clientFor("operations", "plant");
  for (const [method, path] of [
    ["GET", "/api/hub/quality"],
    ["GET", "/api/hub/quality/drift"],
    ["GET", "/api/hub/quality/profiles/ticket/state"],
    ["POST", "/api/hub/quality/baselines"],
  ] as const)
    expect((await bound.ask(method, path, method === "POST" ? { subject: "ticket", why: "x" } : undefined)).status).toBe(403);
  const reader = await clientFor("integrator");
  expect((await reader.ask("POST", "/api/hub/quality/baselines", { subject: "ticket", why: "x" })).status).toBe(403);
  for (const path of ["/api/hub/quality?days=0", "/api/hub/quality?days=36", "/api/hub/quality/drift?subject=NO"])
    expect((await reader.ask("GET", path)).status).toBe(400);
});

test("K12 the tests here met each route of data quality", () => {
  const mine = ROUTES.filter(({ path }) => path.startsWith("/api/hub/quality")).map(({ method, path }) => `${method} ${path}`);
  const untold = mine.filter((row) => ![...met].some((one) => new RegExp(`^${row.replaceAll(/:\w+/g, "[^/]+")}$`).test(one)));
  expect(untold).toEqual([]);
});
