import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { contractOf, fingerprint } from "../contracts/contract.ts";
import { ROUTES } from "../contracts/permission.ts";
import type { Registration } from "../contracts/rpc.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { breaches } from "./api/fixture/held.ts";
import { DESCRIBED } from "./api/described.ts";
import { type OpenApi, describeApi } from "./api/openapi.ts";
import { salesforce } from "./bridge/packs/salesforce.ts";
import { pumpVibration } from "./catalogue/pump-vibration.ts";
import { KEY, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { documentOf } from "./registry/fixture/document.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { outgoingObject } from "./shell/relay/outgoing-object.ts";
import v0 from "./shell/contracts/migrations/golden/0000.sql";
import { registryObject } from "./shell/routes-contracts.ts";

let api: OpenApi;
let [reader, steward] = ["", ""];
const met = new Set<string>();
let count = 0;
const newSubject = (): string => `store-${(count += 1)}`;

const tokenFor = async (role: "integrator" | "operations", unit?: string): Promise<string> => {
  const secret = crypto.randomUUID();
  await streamObject(env, "registry").addToken(hashSecret(secret), {
    role,
    subject: role === "operations" ? "lin" : "crm",
    ...(unit === undefined ? {} : { unit }),
  });
  return secret;
};

type Answer = { readonly status: number; readonly body: Record<string, unknown> };
/** Each exchange is held against the description that the hub serves. */
const call = async (token: string, method: string, path: string, sent?: unknown): Promise<Answer> => {
  const init = { method, headers: { authorization: `Bearer ${token}` }, ...(sent === undefined ? {} : { body: JSON.stringify(sent) }) };
  const answer = await exports.default.fetch(new Request(`http://hub${path}`, init));
  const body = (await answer.json()) as Record<string, unknown>;
  const { status } = answer;
  expect(breaches(api, { method, path, ...(sent === undefined ? {} : { sent }), status, got: body })).toEqual([]);
  if (status < 300) met.add(`${method} ${path.split("?", 1)[0] ?? ""}`);
  return { status, body };
};
const publish = (subject: string, schema: unknown, over: object = {}): Promise<Answer> =>
  call(steward, "POST", "/api/hub/contracts", { subject, schema, why: "cold stores are maintained too", ...over });
const note = { type: "string", maxLength: 200 };

beforeAll(async () => {
  reader = await tokenFor("integrator");
  steward = await tokenFor("operations");
  const served = await exports.default.fetch(new Request("http://hub/api/hub/openapi.json", { headers: { authorization: `Bearer ${reader}` } }));
  api = (await served.json()) as OpenApi;
});

describe("publishing", () => {
  test("K5 our own contracts are published before anybody asks, once", async () => {
    const { body } = await call(reader, "GET", "/api/hub/contracts/ticket");
    expect(body).toMatchObject({
      subject: "ticket",
      mode: "FULL_TRANSITIVE",
      versions: [
        { major: 1, revision: 0, state: "published", made: { by: "outpost" } },
        { major: 2, revision: 0, state: "published", lens: true, made: { by: "outpost" } },
      ],
    });
    expect(await call(reader, "GET", "/api/hub/contracts/ticket/2.0")).toMatchObject({ body: { fingerprint: contractOf("ticket").fingerprint } });
    await evictDurableObject(registryObject(env));
    expect((await call(reader, "GET", "/api/hub/contracts/ticket")).body["versions"]).toHaveLength(2);
    expect((await call(reader, "GET", "/api/hub/contracts")).body["subjects"]).toContainEqual({
      subject: "ticket",
      mode: "FULL_TRANSITIVE",
      newest: { major: 2, revision: 0 },
      versions: 2,
      drafts: 0,
    });
  });

  test("K4 a dry run changes nothing; a version is kept with who, when and why, as it was given", async () => {
    const subject = newSubject();
    const draft07 = documentOf({}, { $schema: "http://json-schema.org/draft-07/schema#" });
    expect(await publish(subject, draft07, { dryRun: true })).toMatchObject({ status: 200, body: { published: false, major: 1, revision: 0 } });
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}`)).status).toBe(404);
    const before = Date.now();
    expect(await publish(subject, draft07)).toMatchObject({ status: 201, body: { published: true, fingerprint: fingerprint(draft07) } });
    expect(await publish(subject, draft07)).toMatchObject({ status: 200, body: { published: false, same: true } });
    const { body } = await call(reader, "GET", `/api/hub/contracts/${subject}/1.0`);
    expect(body).toMatchObject({ schema: draft07, made: { by: "lin", why: "cold stores are maintained too" } });
    expect((body["made"] as { at: number }).at).toBeGreaterThanOrEqual(before);
  });

  test("K4 what breaks is answered 422 with the list of changes, and nothing is kept", async () => {
    const subject = newSubject();
    await publish(subject, documentOf());
    const { status, body } = await publish(subject, documentOf({ temperature: { type: "number", "x-uom": "K" } }));
    expect([status, body]).toMatchObject([
      422,
      { refused: "unfit-contract", field: `${subject}.temperature`, changes: [{ code: "uom-changed", breaking: true }] },
    ]);
    expect(await publish(subject, documentOf({ name: { "x-class": "personal" } }))).toMatchObject({
      status: 422,
      body: { problems: [{ code: "no-purpose", field: "name" }] },
    });
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}`)).body["versions"]).toHaveLength(1);
  });

  test("K7 a new major with its lens; the two are compared", async () => {
    const subject = newSubject();
    await publish(subject, documentOf());
    const kelvin = documentOf({ temperature: { type: "number", "x-uom": "K" } });
    const lens = [{ step: "scale", attr: "temperature", factor: 1, offset: 273.15 }];
    expect(await publish(subject, kelvin, { major: 2, lens })).toMatchObject({ status: 201, body: { major: 2, revision: 0 } });
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}/2.0`)).body).toMatchObject({ lens });
    expect(await call(reader, "GET", `/api/hub/contracts/${subject}/diff?from=1.0&to=2.0`)).toMatchObject({
      body: { backward: false, forward: false, changes: [{ code: "uom-changed" }] },
    });
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}/diff?from=1.0&to=9.0`)).status).toBe(404);
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}/diff?from=one`)).body).toMatchObject({ refused: "malformed", field: "from" });
  });

  test("K8 a mode is changed with who and why, and judges from then on; a version that nobody speaks is retired", async () => {
    const subject = newSubject();
    await publish(subject, documentOf({ note }));
    const narrower = documentOf({ note: { type: "string", maxLength: 100 } });
    expect((await publish(subject, narrower)).status).toBe(422);
    expect(await call(steward, "PUT", `/api/hub/contracts/${subject}/mode`, { mode: "FORWARD", why: "only the hub reads it" })).toMatchObject({ status: 200 });
    expect((await publish(subject, narrower)).status).toBe(201);
    const retire = (version: string): Promise<Answer> => call(steward, "POST", `/api/hub/contracts/${subject}/${version}/retire`, { why: "nobody needs it" });
    expect(await retire("1.0")).toMatchObject({ status: 200, body: { revision: 0, retired: { by: "lin", why: "nobody needs it" } } });
    expect([(await retire("1.0")).status, (await retire("1.1")).status, (await retire("1.7")).status]).toEqual([409, 409, 404]);
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}`)).body).toMatchObject({
      mode: "FORWARD",
      modes: [{ by: "lin", mode: "FORWARD", why: "only the hub reads it" }],
      versions: [{ state: "retired" }, { state: "published" }],
    });
  });

  test("K8 a draft may lack things; it is published when it lacks nothing, or dropped", async () => {
    const subject = newSubject();
    await publish(subject, documentOf());
    const made = await publish(subject, documentOf({ note: { ...note, "x-class": "personal" } }), { draft: true });
    expect(made).toMatchObject({ status: 201, body: { ready: false, problems: [{ code: "no-purpose" }] } });
    const draft = String(made.body["draft"]);
    expect(await call(steward, "POST", `/api/hub/contracts/${subject}/drafts/${draft}/publish`, { why: "done" })).toMatchObject({ status: 422 });
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}/drafts/${draft}`)).body).toMatchObject({ judged: { ready: false } });
    expect((await call(steward, "DELETE", `/api/hub/contracts/${subject}/drafts/${draft}`)).status).toBe(200);
    expect((await call(reader, "GET", `/api/hub/contracts/${subject}/drafts/${draft}`)).status).toBe(404);
    const ready = await publish(subject, documentOf({ note }), { draft: true });
    expect(await call(steward, "POST", `/api/hub/contracts/${subject}/drafts/${String(ready.body["draft"])}/publish`, { why: "done" })).toMatchObject({
      status: 201,
      body: { revision: 1, published: true },
    });
  });

  test("K3 what is beyond the limits, or came from a token of one unit or of a reader, is refused", async () => {
    expect(await publish("large", documentOf({}, { description: "x".repeat(1024 * 1024) }))).toMatchObject({ status: 413 });
    let deep: unknown = { type: "string" };
    for (let i = 0; i < 200; i++) deep = { not: deep };
    expect(await publish("deep", documentOf({ deep }))).toMatchObject({
      status: 400,
      body: { field: "schema", rule: expect.stringContaining("DOCUMENT_DEPTH_MAX") },
    });
    const tree = { type: "object", properties: { left: { $ref: "#/$defs/tree" } } };
    expect(await publish("cyclic", documentOf({ tree: { $ref: "#/$defs/tree" } }, { $defs: { tree } }))).toMatchObject({
      body: { problems: [{ code: "cyclic-reference" }] },
    });
    const bound = await tokenFor("operations", "plant");
    expect((await call(bound, "POST", "/api/hub/contracts", { subject: "x", schema: documentOf(), why: "x" })).status).toBe(403);
    expect((await call(reader, "POST", "/api/hub/contracts", { subject: "x", schema: documentOf(), why: "x" })).status).toBe(403);
  });
});

describe("units", () => {
  const changed = (subject: "asset", change: (properties: Record<string, unknown>) => void): Registration["contracts"][number] => {
    const schema = structuredClone(contractOf(subject).schema) as { properties: Record<string, unknown> };
    change(schema.properties);
    return { ...contractOf(subject), schema: schema as Registration["contracts"][number]["schema"], fingerprint: fingerprint(schema) };
  };

  test("K6 a unit hears what was negotiated, and is shown among those who speak it", async () => {
    const answer = await exports.HubRpc.register(registrationOf("speaker"));
    expect(answer).toMatchObject({ epoch: 1 });
    expect("contracts" in answer ? answer.contracts : []).toContainEqual({
      subject: "kit",
      fingerprint: contractOf("kit").fingerprint,
      major: 2,
      revision: 0,
      how: "same",
      newest: { major: 2, revision: 0, fingerprint: contractOf("kit").fingerprint },
    });
    const { body } = await call(reader, "GET", "/api/hub/contracts/kit");
    expect((body["versions"] as { major: number; units: string[] }[]).find(({ major }) => major === 2)?.units).toContain("speaker");
    expect(await call(steward, "POST", "/api/hub/contracts/kit/2.0/retire", { why: "test" })).toMatchObject({ status: 409 });
  });

  test("K6 a unit that fits is let in with what it carries; one that does not is refused with its field, and leaves nothing", async () => {
    const carrying = changed("asset", (properties) => (properties["colour"] = { type: "string" }));
    expect(await exports.HubRpc.register(registrationOf("carrier", { contracts: [carrying] }))).toMatchObject({ contracts: [{ how: "fits" }] });
    const misfit = changed("asset", (properties) => (properties["name"] = { type: "number", "x-writers": "any" }));
    expect(await exports.HubRpc.register(registrationOf("stranger", { contracts: [misfit] }))).toMatchObject({
      refused: "unfit-contract",
      field: "asset.name",
    });
    expect(await exports.HubRpc.heard({ origin: originOf("stranger"), key: KEY })).toMatchObject({ refused: "unknown-origin" });
    const { body } = await call(reader, "GET", "/api/hub/contracts/asset");
    expect((body["versions"] as { units: string[] }[])[0]?.units).not.toContain("stranger");
  });
});

describe("quarantine", () => {
  test("K9 a field that no contract names is counted and shown masked; it becomes a draft that asks for what nobody said", async () => {
    const unit = "sender";
    await exports.HubRpc.register(registrationOf(unit));
    const tell = (sample: unknown): Promise<unknown> =>
      exports.HubRpc.note({ origin: originOf(unit), key: KEY, unknown: [{ subject: "asset", field: "noise", sample: sample as number }] });
    expect(await exports.HubRpc.note({ origin: originOf(unit), key: "x".repeat(30), unknown: [] })).toMatchObject({ refused: "not-permitted" });
    for (const sample of [41.5, 39, 40.25]) expect(await tell(sample)).toEqual({ noted: true });
    await exports.HubRpc.note({
      origin: originOf(unit),
      key: KEY,
      unknown: [
        { subject: "asset", field: "name", sample: "known" },
        { subject: "asset", field: "owner", sample: "Li Wei" },
      ],
    });
    const { body } = await call(steward, "GET", `/api/hub/quarantine?unit=${unit}`);
    const rows = body["unknown"] as { id: string; field: string }[];
    expect(rows).toMatchObject(
      [
        { field: "noise", count: 3, type: "number", samples: ["9.9", "9"] },
        { field: "owner", type: "string", samples: ['"Aa Aa"'] },
      ].toSorted((a, b) => rows.findIndex((row) => row.field === a.field) - rows.findIndex((row) => row.field === b.field)),
    );
    expect(JSON.stringify(body)).not.toContain("Li Wei");
    expect((await call(steward, "GET", "/api/hub/quarantine?subject=ticket")).body).toEqual({ unknown: [] });

    const id = rows.find((row) => row.field === "noise")?.id ?? "";
    const propose = (over: object): Promise<Answer> => call(steward, "POST", `/api/hub/quarantine/${id}/propose`, { why: "the pumps measure it", ...over });
    const open = await propose({});
    expect(open).toMatchObject({
      status: 201,
      body: { ready: false, problems: [{ code: "unanswered", field: "noise", message: "nobody has said its x-uom yet" }, { code: "unanswered" }] },
    });
    expect(await propose({ uom: "dB[SPL]", class: "plain" })).toMatchObject({ status: 201, body: { draft: open.body["draft"], ready: true, problems: [] } });
    const publishing = await call(steward, "POST", `/api/hub/contracts/asset/drafts/${String(open.body["draft"])}/publish`, { why: "agreed" });
    expect(publishing).toMatchObject({ status: 201, body: { subject: "asset", revision: 1 } });
    expect((await call(reader, "GET", "/api/hub/contracts/asset/1.1")).body).toMatchObject({
      schema: { properties: { noise: { type: "number", "x-uom": "dB[SPL]" } } },
    });
    const left = (await call(steward, "GET", `/api/hub/quarantine?unit=${unit}`)).body["unknown"] as { field: string }[];
    expect(left.map(({ field }) => field)).toEqual(["owner"]);
    // Units that do not know it yet are read on.
    expect(await exports.HubRpc.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
  });

  test("K9 a proposal for what is not there, or for no name of an attribute, is refused", async () => {
    expect((await call(steward, "POST", "/api/hub/quarantine/nothing/propose", { why: "x" })).status).toBe(404);
    await registryObject(env).noteUnknown("sender", [{ subject: "asset", field: "contact.fax", sample: "1" }]);
    const rows = (await call(steward, "GET", "/api/hub/quarantine?subject=asset")).body["unknown"] as { id: string; field: string }[];
    const id = rows.find(({ field }) => field === "contact.fax")?.id ?? "";
    expect(await call(steward, "POST", `/api/hub/quarantine/${id}/propose`, { why: "x" })).toMatchObject({ status: 400, body: { field: "field" } });
  });
});

describe("impact, bridges, scans", () => {
  test("K10 a change names who speaks, maps and sets what it touches, before it is published", async () => {
    await exports.HubRpc.register(registrationOf("touched"));
    await exports.HubRpc.note({ origin: originOf("touched"), key: KEY, scenario: { ...pumpVibration, template: "pump-vibration" } });
    const workOrder = salesforce.bridges.find((bridge) => bridge.ours.subject === "ticket");
    if (workOrder === undefined) throw new Error("no bridge of tickets in the pack");
    expect((await call(steward, "PUT", `/api/hub/bridges/${workOrder.id}`, { bridge: workOrder, why: "the CRM of the tenant" })).status).toBe(200);
    await outgoingObject(env).addConsumer({ role: "integrator", subject: "crm" }, { name: "billing", attrs: ["ticket.priority"], from: "start" });
    await outgoingObject(env).addConsumer({ role: "integrator", subject: "crm" }, { name: "stock", entities: ["kit"], from: "start" });
    const schema = structuredClone(contractOf("ticket").schema) as { oneOf: { properties: { state: { const?: string }; priority: { enum: string[] } } }[] };
    for (const one of schema.oneOf) one.properties.priority.enum = ["p1", "p2"];
    const { status, body } = await call(steward, "POST", "/api/hub/contracts/impact", { subject: "ticket", schema });
    expect([status, body]).toMatchObject([200, { fields: [{ field: "priority", how: "changed" }], unknown: [], refused: { refused: "unfit-contract" } }]);
    const touched = body["touched"] as { kind: string; id: string; why: string }[];
    expect(touched).toContainEqual(expect.objectContaining({ kind: "unit", id: "touched" }));
    expect(touched).toContainEqual({ kind: "rule", id: "touched/sla.p3", why: "the SLA table promises by priority p3, which would be no value any more" });
    expect(touched.filter(({ kind }) => kind === "consumer")).toEqual([{ kind: "consumer", id: "billing", why: "reads priority" }]);
    expect(touched.filter(({ kind }) => kind === "bridge").map(({ id }) => id)).toEqual([workOrder.id]);
    expect((await call(reader, "GET", "/api/hub/contracts/ticket")).body["versions"]).toHaveLength(2);
  });

  test("K11 a bridge is published when nothing blocks it; a state without counterpart blocks", async () => {
    const listed = (await call(reader, "GET", "/api/hub/bridges")).body as { packs: { system: string; bridges: { id: string; subject: string }[] }[] };
    expect(listed.packs.map(({ system }) => system)).toEqual(["salesforce", "dynamics365"]);
    const id = listed.packs[0]?.bridges.find(({ subject }) => subject === "ticket")?.id ?? "";
    const ready = (await call(reader, "GET", `/api/hub/bridges/${id}`)).body;
    expect(ready).toMatchObject({ pack: "salesforce", publishable: true });
    const bridge = structuredClone(ready["document"]) as { fields: { ours: string; by: { rule: string; pairs: { ours: string }[] } }[] };
    const states = bridge.fields.find(({ by }) => by.rule === "state");
    if (states === undefined) throw new Error("the bridge maps no state");
    const gone = states.by.pairs[0]?.ours;
    states.by.pairs = states.by.pairs.filter(({ ours }) => ours !== gone);
    expect(await call(steward, "PUT", `/api/hub/bridges/${id}`, { bridge, why: "test" })).toMatchObject({ status: 200, body: { publishable: false } });
    const no = await call(steward, "POST", `/api/hub/bridges/${id}/publish`, { why: "test" });
    expect([no.status, no.body]).toMatchObject([
      422,
      { refused: "unmapped", findings: expect.arrayContaining([expect.objectContaining({ code: "unmapped", blocks: true })]) },
    ]);
    await call(steward, "PUT", `/api/hub/bridges/${id}`, { bridge: ready["document"], why: "mended" });
    expect(await call(steward, "POST", `/api/hub/bridges/${id}/publish`, { why: "agreed" })).toMatchObject({ status: 200, body: { publishable: true } });
    expect((await call(reader, "GET", `/api/hub/bridges/${id}`)).body).toMatchObject({ published: { by: "lin", why: "agreed" } });
    expect((await call(steward, "PUT", "/api/hub/bridges/other", { bridge: ready["document"], why: "test" })).status).toBe(400);
    expect((await call(reader, "GET", "/api/hub/bridges/nothing")).status).toBe(404);
  });

  describe("a bridge in use", () => {
    const subject = "cold-room";
    const pairs = [
      { ours: "open", theirs: "Ajar", relation: "narrower", than: "also a door that does not seal" },
      { ours: "shut", theirs: "Closed", relation: "equivalent" },
    ];
    const bridgeOf = (id: string, listed: readonly string[]) => ({
      id,
      version: 1,
      system: "depot",
      ours: { subject, major: 1 },
      theirs: { object: "Room" },
      fields: [
        { ours: "name", theirs: "Title", by: { rule: "same" } },
        { ours: "temperature", theirs: "Fahrenheit", by: { rule: "convert", ours: "Cel", theirs: "[degF]" } },
        { ours: "door", theirs: "Door", by: { rule: "state", pairs, ...(listed.length === 0 ? {} : { theirs: listed }) } },
      ],
    });
    const doors = (...values: readonly string[]) =>
      documentOf(
        { door: { type: "string", enum: values, "x-meaning": Object.fromEntries(values.map((value) => [value, `the door is ${value}`])) } },
        { "x-stream": "customers" },
      );
    const put = async (id: string, listed: readonly string[]): Promise<Answer> => {
      await call(steward, "PUT", `/api/hub/bridges/${id}`, { bridge: bridgeOf(id, listed), why: "the depot's system" });
      return await call(steward, "POST", `/api/hub/bridges/${id}/publish`, { why: "agreed with the depot" });
    };
    const id = "depot-room";

    test("B4 a bridge to a system that nobody describes is published when it lists that system's states", async () => {
      await publish(subject, doors("open", "shut"));
      await call(steward, "PUT", `/api/hub/contracts/${subject}/mode`, { mode: "BACKWARD", why: "rooms gain doors" });
      expect(await put("depot-unlisted", [])).toMatchObject({ status: 422, body: { refused: "unmapped", field: "Door" } });
      expect(await put(id, ["Ajar", "Closed"])).toMatchObject({ status: 200, body: { publishable: true } });
      expect((await call(reader, "GET", "/api/hub/bridges/depot-unlisted/records")).body).toMatchObject({ refused: "wrong-state" });
      expect((await call(reader, "GET", "/api/hub/bridges/nothing/records")).status).toBe(404);
    });

    test("B15 B16 a write comes in the words of the bridge, and the feed and the records have them beside ours", async () => {
      const write = (record: object, key: string) =>
        call(reader, "POST", `/api/hub/bridges/${id}/writes`, { key, id: "r-1", record, units: ["cold"], reason: "survey" });
      await exports.HubRpc.register(registrationOf("cold"));
      const { cursor } = (await call(reader, "GET", `/api/hub/bridges/${id}/records`)).body as { cursor: string };
      expect(await write({ Title: "hall", Fahrenheit: -4, Door: "Closed" }, "w-1")).toMatchObject({ status: 200, body: { stream: "customers" } });
      expect(await write({ Door: "Welded" }, "w-2")).toMatchObject({ status: 422, body: { refused: "unmapped", field: "Door" } });
      const { body } = await call(reader, "GET", `/api/hub/bridges/${id}/feed?after=${cursor}`);
      const items = body["items"] as { operation: { attr: string; value: unknown }; theirs?: unknown }[];
      expect(items.map(({ operation: { attr, value }, theirs }) => [attr, value, theirs]).toSorted()).toEqual([
        ["door", "shut", [{ Door: "Closed" }]],
        ["name", "hall", [{ Title: "hall" }]],
        ["temperature", -20, [{ Fahrenheit: -4 }]],
      ]);
      expect((await call(reader, "GET", `/api/hub/bridges/${id}/records`)).body["rows"]).toMatchObject([
        { id: "r-1", attributes: { temperature: -20 }, theirs: [{ Title: "hall", Fahrenheit: -4, Door: "Closed" }] },
      ]);
    });

    test("B11 a report adds what the hub counts to what others count, and refuses where the words do not mean the same", async () => {
      const systems = [
        {
          name: "depot",
          bridge: id,
          counts: [
            { state: "Closed", count: 4 },
            { state: "Ajar", count: 2 },
          ],
        },
      ];
      const report = (states: readonly string[]) => call(reader, "POST", "/api/hub/bridges/report", { subject, attr: "door", states, systems });
      expect(await report(["shut"])).toMatchObject({
        status: 200,
        body: {
          total: 5,
          parts: [
            { name: "outpost", count: 1 },
            { name: "depot", count: 4, states: ["Closed"] },
          ],
        },
      });
      expect(await report(["open"])).toMatchObject({
        status: 422,
        body: { refused: "not-equivalent", field: "depot.Ajar", rule: expect.stringContaining("does not seal") },
      });
    });

    test("K11 a version that leaves a published bridge without a counterpart is refused until the bridge says it, or is left behind by name", async () => {
      const more = doors("open", "shut", "stuck");
      const refused = { refused: "unmapped", problems: [{ code: "bridge-left-behind", field: "door", message: expect.stringContaining("stuck") }] };
      expect(await publish(subject, more)).toMatchObject({ status: 422, body: refused });
      expect(await publish(subject, more, { dryRun: true })).toMatchObject({ status: 422, body: refused });
      expect((await call(steward, "POST", "/api/hub/contracts/impact", { subject, schema: more })).body).toMatchObject({
        refused,
        touched: expect.arrayContaining([{ kind: "bridge", id, why: expect.stringContaining("stuck") }]),
      });
      const draft = (await publish(subject, more, { draft: true })).body;
      expect(draft).toMatchObject({ ready: false });
      const path = `/api/hub/contracts/${subject}/drafts/${String(draft["draft"])}/publish`;
      expect((await call(steward, "POST", path, { why: "the depot comes along next week" })).status).toBe(422);
      expect(await call(steward, "POST", path, { why: "the depot comes along next week", leaving: [id] })).toMatchObject({
        status: 201,
        body: { revision: 1 },
      });
    });
  });

  test("K13 scans run by their cron expression and on request; a bad expression is refused", async () => {
    const kept = (await call(steward, "GET", "/api/hub/scans")).body;
    expect(kept).toMatchObject({ schedule: { cron: "0 6 1 1,4,7,10 *", zone: "Asia/Shanghai" }, scans: [] });
    const put = (body: object): Promise<Answer> => call(steward, "PUT", "/api/hub/scans/schedule", { why: "test", ...body });
    for (const body of [{ cron: "61 * * * *" }, { cron: "0 0 31 2 *" }, { cron: "* * * * * *" }])
      expect(await put(body)).toMatchObject({ status: 400, body: { field: "cron" } });
    expect(await put({ cron: "0 3 * * *", zone: "Mars/Base" })).toMatchObject({ status: 400, body: { field: "zone" } });
    expect(await put({ cron: "0 3 * * *", zone: "Europe/Berlin" })).toMatchObject({ status: 200, body: { zone: "Europe/Berlin" } });
    // The day has come.
    await runInDurableObject(registryObject(env), (_, state) => void state.storage.sql.exec("UPDATE setting SET value = '1' WHERE key = 'nextScanAt'"));
    expect(await runDurableObjectAlarm(registryObject(env))).toBe(true);
    const ran = (await call(steward, "GET", "/api/hub/scans")).body as {
      schedule: { nextAt: number };
      scans: { subjects: { subject: string; findings: { code: string; path: string }[] }[] }[];
    };
    expect(ran.schedule.nextAt).toBeGreaterThan(Date.now());
    const asset = ran.scans[0]?.subjects.find(({ subject }) => subject === "asset");
    expect(asset?.findings).toContainEqual(expect.objectContaining({ code: "no-description", path: "model" }));
    expect((await call(steward, "POST", "/api/hub/scans")).status).toBe(201);
    expect((await call(steward, "GET", "/api/hub/scans")).body["scans"]).toHaveLength(2);
  });
});

/** Registries as each migration's code left them. Added for each migration, never edited. */
test.each([["0000", v0]])("K14 the registry of migration %s is opened, read and written on", async (_, dump) => {
  const golden = env.REGISTRY.getByName("golden/hub/contracts");
  await runInDurableObject(golden, (__, state) => {
    const { sql } = state.storage;
    const tables = sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    for (const table of tables) sql.exec(`DROP TABLE "${String(table["name"])}"`);
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") sql.exec(statement);
  });
  await evictDurableObject(golden);
  const read = async (answer: Promise<unknown>): Promise<unknown> => JSON.parse(String(await answer));
  expect(await read(golden.describe("store"))).toMatchObject({
    mode: "FULL",
    versions: [
      { major: 1, revision: 0, state: "retired", retired: { by: "lin" } },
      { major: 1, revision: 1, state: "published", units: ["plant"] },
      { major: 2, revision: 0, lens: true },
    ],
    drafts: [{ made: { by: "wang", why: "later" } }],
  });
  // Contracts of this release that were not there are published.
  expect(await read(golden.describe("ticket"))).toMatchObject({
    versions: [
      { major: 1, revision: 0 },
      { major: 2, revision: 0 },
    ],
  });
  expect(await read(golden.quarantine({}))).toMatchObject([{ unit: "plant", subject: "store", field: "humidity", type: "number" }]);
  expect(await read(golden.bridges())).toMatchObject({ bridges: [{ id: "salesforce-service-resource", published: { by: "lin", version: 1 } }] });
  expect(await read(golden.scans())).toMatchObject({ schedule: { cron: "0 3 * * *", zone: "Europe/Berlin" }, scans: [{ subjects: expect.any(Array) }] });
  expect(await golden.publish({ subject: "store", schema: documentOf({ note, colour: note }), major: 1, why: "test" }, "lin")).toMatchObject({
    major: 1,
    revision: 2,
  });
});

test("K12 what the hub serves is its description, and the tests here met each of these routes", () => {
  expect(api).toEqual(JSON.parse(JSON.stringify(describeApi(DESCRIBED))));
  const mine = ROUTES.filter(({ path }) => /^\/api\/hub\/(contracts|quarantine|bridges|scans)/.test(path)).map(({ method, path }) => `${method} ${path}`);
  const untold = mine.filter((row) => {
    const pattern = new RegExp(`^${row.replaceAll(/:\w+/g, "[^/]+")}$`);
    return ![...met].some((one) => pattern.test(one));
  });
  expect(untold).toEqual([]);
});
