/** A model from the hub's registry to a real unit with its real Intake: offered, fetched, tried, promoted by proof, and had back. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { afterEach, expect, test, vi } from "vitest";
import { ModelHash, ProfileId } from "../contracts/ids.ts";
import { ModelCard } from "../contracts/model-card.ts";
import type { ModelsView } from "../contracts/models-view.ts";
import { BLOB_PART_BYTES } from "../contracts/models-wire.ts";
import { ROUTES } from "../contracts/permission.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { Watched } from "../contracts/rpc.ts";
import type { Ticket } from "../contracts/ticket.ts";
import { SITE, verdictAt } from "../edge/fixture/site.ts";
import { MODELS } from "../edge/shell/models.ts";
import eager from "../edge/verdict/fixtures/eager.onnx";
import { pumpVibration } from "./catalogue/pump-vibration.ts";
import { Models } from "./models.ts";
import type { KeptModel, ReleaseAtUnit, ReleaseView } from "./models/asked.ts";
import { readGraph } from "./models/graph.ts";
import { type Client, clientFor, newUnit } from "./shell/fixture/client.ts";
import v0 from "./shell/models/migrations/golden/0000.sql";
import { modelsObject } from "./shell/routes-models.ts";

const DAY = 86_400_000;
const profile = ProfileId.parse("pump");
const live = ModelHash.parse(MODELS.find(({ name }) => name === pumpVibration.profiles[0]?.model)?.hash);
const bounds = { ticketsMin: 1, assetDaysMin: 1, canaryDaysMin: 1 };

afterEach(() => {
  vi.restoreAllMocks();
});

/** The same graph under another hash: with a note behind it, as an exporter leaves it. A field of a protobuf message may come again anywhere. */
function noted(bytes: ArrayBuffer, length: number, note: string): Uint8Array<ArrayBuffer> {
  const text = utf8ToBytes(note.padEnd(length, " ")).subarray(0, length);
  const size = [(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, (length >> 14) & 0x7f];
  return Uint8Array.from([...new Uint8Array(bytes), 0x32, ...size, ...text]);
}

function cardOf(bytes: Uint8Array, name: string): ModelCard {
  const graph = readGraph(bytes);
  if (graph === null) throw new Error("no graph");
  const shapes = (tensors: typeof graph.inputs) => Object.fromEntries(tensors.map(({ name: of, dims }) => [of, dims.map((dim) => (dim === "" ? "C" : dim))]));
  return ModelCard.parse({
    name,
    version: 1,
    sha256: bytesToHex(sha256(bytes)),
    bytes: bytes.byteLength,
    title: "alarms early",
    data: "none",
    metrics: { f1: 0.8 },
    inputs: shapes(graph.inputs),
    outputs: shapes(graph.outputs),
  });
}

async function put(client: Client, bytes: Uint8Array<ArrayBuffer>, card: ModelCard, status = 200): Promise<unknown> {
  await client.json("PUT", `/api/hub/models/${card.sha256}/card`, card);
  return await sendBytes(client, card.sha256, bytes, status);
}

async function sendBytes(client: Client, hash: string, bytes: Uint8Array<ArrayBuffer>, status: number): Promise<unknown> {
  const headers = { authorization: `Bearer ${client.secret}`, "content-type": "application/octet-stream" };
  const response = await exports.default.fetch(`http://hub/api/hub/models/${hash}`, { method: "PUT", headers, body: bytes });
  const answer: unknown = await response.json();
  if (response.status !== status) throw new Error(`${response.status}: ${JSON.stringify(answer)}`);
  return answer;
}

const rule = (answer: unknown): string => (isRefusal(answer) ? `${answer.refused}: ${answer.rule}` : "");

test("HM1 HM2 a model is kept by its hash with its card, once both fit; it is listed, fetched, released, and dropped when no release is open", async () => {
  const steward = await clientFor("operations");
  const bytes = noted(eager, 300, "registry");
  const card = cardOf(bytes, "registry");
  const at = `/api/hub/models/${card.sha256}`;
  expect(await sendBytes(steward, card.sha256, bytes, 404)).toMatchObject({ refused: "unknown-model", field: "hash" });
  expect(await steward.json("PUT", `/api/hub/models/${"0".repeat(64)}/card`, card, 400)).toMatchObject({ field: "sha256" });
  expect(await steward.json("PUT", `${at}/card`, { ...card, inputs: {} }, 400)).toMatchObject({ refused: "malformed", field: "inputs.x" });
  expect(await steward.json("PUT", `${at}/card`, card)).toEqual({ hash: card.sha256, held: false });
  expect(await steward.json("POST", "/api/hub/releases", { hash: card.sha256, profile }, 409)).toMatchObject({ refused: "wrong-state", field: "hash" });
  expect(await sendBytes(steward, card.sha256, noted(eager, 300, "another"), 422)).toMatchObject({ refused: "bad-model", field: "sha256" });
  expect(await sendBytes(steward, card.sha256, new Uint8Array(16 * 1024 * 1024 + 1), 413)).toMatchObject({ refused: "too-large" });
  expect(await sendBytes(steward, card.sha256, bytes, 200)).toEqual({ hash: card.sha256, held: true });
  expect(await sendBytes(steward, card.sha256, bytes, 200)).toEqual({ hash: card.sha256, held: true });
  expect(await steward.json<KeptModel>("GET", at)).toMatchObject({ held: true, card: { name: "registry" }, releases: [] });
  const file = await steward.ask("GET", `${at}/file`);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
  expect(await steward.json("GET", "/api/hub/models")).toMatchObject({ models: [{ card: { sha256: card.sha256 } }] });
  expect(await steward.json("GET", `/api/hub/models/${"0".repeat(64)}`, undefined, 404)).toMatchObject({ refused: "unknown-model" });

  const narrow = { ...card, inputs: { ...card.inputs, x: ["B", 3, "more"] } };
  expect(await steward.json("PUT", `${at}/card`, narrow, 400)).toMatchObject({ refused: "malformed", field: "inputs.x" });
  expect(await steward.json("PUT", `${at}/card`, { ...card, outputs: { ...card.outputs, doubt: ["B"] } }, 400)).toMatchObject({ field: "outputs.doubt" });
  expect(await steward.json("PUT", `${at}/card`, { ...card, title: "set right" })).toEqual({ hash: card.sha256, held: true });
  expect(await steward.json("PUT", `${at}/card`, card)).toEqual({ hash: card.sha256, held: true });

  const made = await steward.json<ReleaseView>("POST", "/api/hub/releases", { hash: card.sha256, profile: "nobodys", units: ["north"], why: "try it" }, 201);
  expect(made).toMatchObject({ id: "registry-1-nobodys", wanted: "shadow", units: ["north"], why: "try it", asks: [], at: [], states: {} });
  expect(await steward.json("POST", "/api/hub/releases", { hash: card.sha256, profile: "nobodys" }, 409)).toMatchObject({ refused: "exists" });
  expect(await steward.json("DELETE", at, undefined, 409)).toMatchObject({ refused: "wrong-state" });
  expect(await steward.json("POST", `/api/hub/releases/${made.id}/asks`, { type: "stop", units: ["south"] }, 400)).toMatchObject({ field: "units" });
  expect(await steward.json("POST", "/api/hub/releases/none/asks", { type: "stop" }, 404)).toMatchObject({ refused: "unknown-entity" });
  expect(await steward.json("PUT", `${at}/card`, card)).toEqual({ hash: card.sha256, held: true });
  expect(await steward.json("PUT", `${at}/card`, { ...card, title: "another" }, 409)).toMatchObject({ refused: "wrong-state" });
  const stopped = await steward.json<ReleaseView>("POST", `/api/hub/releases/${made.id}/asks`, { type: "stop" }, 201);
  expect(stopped).toMatchObject({ closed: { by: expect.stringMatching(/^operations/) as string }, asks: [{ type: "stop" }] });
  // A hub that was put back does not use a number again that units have answered.
  expect(stopped.asks[0]?.n).toBeGreaterThanOrEqual(made.made.at);
  expect(await steward.json("DELETE", at)).toEqual({ hash: card.sha256, dropped: true });
  expect(await steward.json("GET", "/api/hub/releases")).toMatchObject({ releases: [{ id: made.id }] });
});

test("HM2 models are the whole tenant's, and a unit hears of them by its own key only", async () => {
  const bound = await clientFor("operations", "north");
  const integrator = await clientFor("integrator");
  for (const { method, path } of ROUTES.filter(({ at, path: of }) => at === "hub" && /^\/api\/hub\/(models|releases)/.test(of))) {
    const asked = path.replace(":hash", "0".repeat(64)).replace(":id", "r");
    const body = method === "GET" || method === "DELETE" ? undefined : {};
    expect([path, (await bound.ask(method, asked, body)).status, (await integrator.ask(method, asked, body)).status]).toEqual([path, 403, 403]);
  }
  const unit = await newUnit("models");
  const said = { origin: `${unit}@1` as never, key: "not-the-key-of-the-unit", profiles: [], bindings: [], records: [], trials: [], releases: [] };
  expect(await exports.HubRpc.models(said)).toMatchObject({ refused: expect.stringMatching(/unknown-origin|not-permitted/) as string });
  expect(await exports.HubRpc.blob({ ...said, hash: live, offset: -1 })).toMatchObject({ refused: "malformed" });
});

async function site(name: string) {
  const unit = () => env.UNIT.getByName(`default/${name}/unit`);
  const intake = env.INTAKE.getByName(`default/${name}/intake-0`);
  await unit().create(name, { ...pumpVibration, autonomy: { ticket: "act", offer: "act", reserve: "act" }, connectors: {} });
  await unit().putEntities(SITE, "admin");
  const seen = async (models: readonly (readonly [ModelHash, Watched["as"]])[]): Promise<void> => {
    const plan = (await unit().intakePlan()) as { readonly models?: readonly { readonly profile: string; readonly since: number }[] };
    const since = plan.models?.find((one) => one.profile === profile)?.since ?? 0;
    const told = { profile, since, devices: 1, learning: 0, rows: 200_000, failures: 0, watchedMs: 3 * DAY, episodes: 0 };
    await unit().watched({ part: 0, watched: models.map(([model, as]) => ({ ...told, model, as })), episodes: [], parked: [], drift: [] });
  };
  return { unit, intake, seen };
}

/** The live model alarmed, somebody went, and nothing was wrong. */
async function falseAlarm(unit: () => ReturnType<typeof env.UNIT.getByName>, name: string): Promise<void> {
  await unit().applyVerdicts({ unit: name, slice: 0, from: 1, verdicts: [verdictAt(Date.now(), { model: live })] });
  const ticket = structuredClone(await unit().tickets())[0] as Ticket;
  if (ticket.state !== "offered") throw new Error(ticket.state);
  const { id, to: by } = ticket;
  const say = async (answer: object): Promise<void> => expect(rule(await unit().answer(answer as never))).toBe("");
  await say({ type: "accept", offer: ticket.offer, by });
  for (const to of ["travelling", "working"]) await say({ type: "progress", ticket: id, by, to });
  const [{ checklist = [] }] = structuredClone(await unit().tickets()) as [Ticket];
  for (const { id: step } of checklist) await say({ type: "tick", ticket: id, by, step, done: true });
  const nothing = { cause: "nothing", causeCode: "nothing-found", action: "looked", partsUsed: [], finding: "false-alarm" };
  await say({ type: "progress", ticket: id, by, to: "resolved", ...nothing });
}

test("HM3 HM4 HM5 HM6 a release reaches the unit's Intake in parts over a broken line and a killed unit, is tried, goes up by proof and is had back; what a unit refuses it says", async () => {
  vi.spyOn(console, "warn").mockReturnValue();
  const steward = await clientFor("operations");
  const name = `models-${crypto.randomUUID().slice(0, 8)}`;
  const { unit, intake, seen } = await site(name);
  const bytes = noted(eager, 2 * BLOB_PART_BYTES, "long");
  const card = cardOf(bytes, "eager");
  const hash = card.sha256;
  await put(steward, bytes, card);

  // The line breaks at the second part: what came stays, also while the unit is gone.
  const asked: number[] = [];
  let broken = true;
  const { part } = Models.prototype;
  vi.spyOn(Models.prototype, "part").mockImplementation(function (this: Models, of: string, offset: number) {
    asked.push(offset);
    if (broken && offset === BLOB_PART_BYTES) throw new Error("the line broke");
    return part.call(this, of, offset);
  });
  const { id } = await steward.json<ReleaseView>("POST", "/api/hub/releases", { hash, profile, units: [name], wanted: "shadow", share: 0.5, bounds }, 201);
  const here = async (): Promise<ReleaseAtUnit | undefined> =>
    (await steward.json<ReleaseView>("GET", `/api/hub/releases/${id}`)).at.find((one) => one.unit === name);
  const until = async (state: string, more: (at: ReleaseAtUnit) => boolean = () => true): Promise<ReleaseAtUnit> => {
    await vi.waitUntil(
      async () => {
        await unit().nudge("models");
        const at = await here();
        return at?.state.state === state && more(at);
      },
      { timeout: 30_000, interval: 100 },
    );
    const at = await here();
    if (at === undefined) throw new Error("not told");
    return at;
  };
  const said = await until("fetching", ({ state }) => state.fetched === BLOB_PART_BYTES);
  expect(said.state).toMatchObject({ release: id, hash, profile: "pump" });
  expect(structuredClone(await intake.heldModels())).toEqual([]);
  await evictDurableObject(unit());
  broken = false;
  const before = asked.length;
  await until("shadow");
  // The first part did not come again.
  expect(asked.slice(before)).not.toContain(0);
  expect(asked.slice(before)).toContain(2 * BLOB_PART_BYTES);
  expect(structuredClone(await intake.heldModels())).toEqual([hash]);
  const view = structuredClone((await unit().models()) as ModelsView);
  expect(view.profiles.find(({ binding }) => binding.profile === profile)?.binding.candidate).toMatchObject({ hash, stage: "shadow", share: 0.5, release: id });
  expect(view.models.find((one) => one.hash === hash)).toMatchObject({ name: "eager", ships: false, card: { title: "alarms early" } });
  await runInDurableObject(unit(), (_, { storage }) => expect(storage.sql.exec("SELECT * FROM model_part").toArray()).toEqual([]));

  const asks: number[] = [];
  const say = async (ask: object): Promise<ReleaseView> => {
    const told = await steward.json<ReleaseView>("POST", `/api/hub/releases/${id}/asks`, ask, 201);
    asks.push(told.asks.at(-1)?.n ?? 0);
    return told;
  };
  // The hub can't force it: asked without proof, the unit says what is lacking.
  await say({ type: "promote", share: 0.25 });
  const no = await until("shadow", ({ state }) => state.refusal !== undefined);
  expect(no.state).toMatchObject({
    answered: asks[0],
    refusal: { refused: "not-better", rule: expect.stringContaining("nothing-seen") as string },
  });
  await falseAlarm(unit, name);
  await seen([
    [live, "live"],
    [hash, "beside"],
  ]);
  await say({ type: "promote", share: 0.25 });
  const canary = await until("canary");
  expect(canary).toMatchObject({
    state: { answered: asks[1] },
    comparison: { tickets: 1, live: { false: 1 } },
    live: { falseAlarmRate: 1, adoption: 1, corrections: 0 },
  });
  expect(canary.state).not.toHaveProperty("refusal");
  await seen([
    [live, "live"],
    [hash, "live"],
  ]);
  await say({ type: "promote", units: [name] });
  const up = await until("live");
  expect(up).toMatchObject({ stage: { live: hash }, record: { model: hash, stage: "live" }, state: { answered: asks[2] } });

  // Away, it stays as it is; what was asked meanwhile is done once, when the line is back.
  await unit().drill(60_000);
  const rolled = await say({ type: "roll-back" });
  expect([rolled.closed !== undefined, rolled.at[0]?.state.state]).toEqual([true, "live"]);
  await unit().drill(0);
  const back = await until("ended");
  expect(back).toMatchObject({ stage: { live }, state: { answered: asks[3], reasons: [{ code: "ended", about: { how: "rolled-back" } }] } });
  // What it did there stays to be read.
  expect(back.record).toMatchObject({ model: hash, stage: "live" });
  expect(structuredClone((await unit().models()) as ModelsView).profiles[0]?.binding).toMatchObject({
    live,
    ended: { release: id, by: expect.stringMatching(/^operations/) as string },
  });

  // Bytes that are not the hash's, as a registry that was spoilt gives them: refused by the unit, and said at the hub. Nothing was kept.
  const other = noted(eager, 900, "spoilt");
  const spoilt = cardOf(other, "spoilt");
  await put(steward, other, spoilt);
  vi.spyOn(Models.prototype, "part").mockImplementation(function (this: Models, of: string, offset: number) {
    const found = part.call(this, of, offset);
    return isRefusal(found) ? found : { ...found, part: found.part.replace(/.$/, (last) => (last === "0" ? "1" : "0")) };
  });
  const next = await steward.json<ReleaseView>("POST", "/api/hub/releases", { hash: spoilt.sha256, profile, units: [name] }, 201);
  await vi.waitUntil(
    async () => {
      await unit().nudge("models");
      return (await steward.json<ReleaseView>("GET", `/api/hub/releases/${next.id}`)).states["refused"] === 1;
    },
    { timeout: 30_000, interval: 100 },
  );
  const [refused] = (await steward.json<ReleaseView>("GET", `/api/hub/releases/${next.id}`)).at;
  expect(refused?.state).toMatchObject({
    state: "refused",
    refusal: { refused: "bad-model", field: "hash", rule: expect.stringContaining("SHA-256") as string },
  });
  expect(structuredClone(await intake.heldModels())).toEqual([hash]);
});

test("HM7 the registry of any earlier version is opened, and goes on where it stood", async () => {
  const golden = env.MODELS.getByName("golden/hub/models");
  await runInDurableObject(golden, (_, { storage: { sql } }) => {
    const tables = sql.exec(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    for (const { name } of tables.toArray()) sql.exec(`DROP TABLE "${String(name)}"`);
    for (const statement of v0.split(";\n")) if (statement.trim() !== "") sql.exec(statement);
  });
  await evictDurableObject(golden);
  const hash = "c".repeat(64);
  expect(await golden.part(hash, 0)).toEqual({ part: "010203", bytes: 3 });
  expect(JSON.parse(await golden.models())).toMatchObject([{ card: { name: "golden", sha256: hash }, held: true, by: "lin", releases: ["golden-1-pump"] }]);
  expect(JSON.parse(String(await golden.releaseNamed("golden-1-pump")))).toMatchObject({
    profile: "pump",
    made: { by: "lin" },
    asks: [{ type: "promote" }],
    at: [{ unit: "north", toldAt: 1795338500000, state: { state: "shadow", answered: 0 }, stage: { live: "a".repeat(64) } }],
  });
  expect(
    JSON.parse(String(await golden.hear("north", JSON.stringify({ profiles: ["pump"], bindings: [], records: [], trials: [], releases: [] })))),
  ).toMatchObject({
    releases: [{ id: "golden-1-pump", wanted: "canary" }],
  });
});

test("HM2 what the registry holds is in the hub's backup, bytes included", async () => {
  const steward = await clientFor("operations");
  const bytes = noted(eager, 400, "kept");
  const card = cardOf(bytes, "kept");
  await put(steward, bytes, card);
  const models = modelsObject(env);
  const { id, tables } = structuredClone(await models.beginCopy());
  const pieces = await Promise.all(tables.map(async (table) => ({ table, rows: await models.copyRows(id, table, 0) })));
  await models.endCopy(id);
  await steward.json("DELETE", `/api/hub/models/${card.sha256}`);
  await models.beginRestore();
  for (const { table, rows } of pieces) if (!isRefusal(rows)) expect(await models.restoreRows(table, rows.rows)).toBeNull();
  await models.endRestore(2);
  const file = await steward.ask("GET", `/api/hub/models/${card.sha256}/file`);
  expect(new Uint8Array(await file.arrayBuffer())).toEqual(bytes);
});
