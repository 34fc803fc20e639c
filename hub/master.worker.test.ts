import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { ROUTES } from "../contracts/permission.ts";
import type { StreamName } from "../contracts/delta/operation.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { DESCRIBED } from "./api/described.ts";
import { breaches } from "./api/fixture/held.ts";
import { describeApi } from "./api/openapi.ts";
import type { EntityAnswer } from "./feed/view.ts";
import { Hub } from "./hub.ts";
import type { DecidedAnswer, HistoryAnswer, ImportAnswer, MergeView, ReviewsAnswer } from "./master/asked.ts";
import { KEY, batchOf, operationOf, originOf } from "./merge/fixture/unit.ts";
import { NOWHERE, writeUnitCursor } from "./merge/place.ts";
import { newUnit } from "./shell/fixture/client.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { BATCH } from "./shell/master/streams.ts";
import v0 from "./shell/master/migrations/golden/0000.sql";
import { masterObject } from "./shell/routes-master.ts";

const api = describeApi(DESCRIBED);
const met = new Set<string>();
let steward = "";
let admin = "";

const tokenFor = async (role: "operations" | "admin" | "integrator", unit?: string): Promise<string> => {
  const secret = crypto.randomUUID();
  const signed = { role, subject: role === "operations" ? "lin" : role, ...(unit === undefined ? {} : { unit }) };
  await streamObject(env, "registry").addToken(hashSecret(secret), signed);
  return secret;
};
beforeAll(async () => {
  [steward, admin] = [await tokenFor("operations"), await tokenFor("admin")];
});
afterEach(() => void vi.restoreAllMocks());

type Answer<T> = { readonly status: number; readonly body: T };
/** Each exchange is held against the description that the hub serves. */
const call = async <T = Record<string, unknown>>(method: string, path: string, sent?: unknown, token = steward): Promise<Answer<T>> => {
  const init = { method, headers: { authorization: `Bearer ${token}` }, ...(sent === undefined ? {} : { body: JSON.stringify(sent) }) };
  const answer = await exports.default.fetch(new Request(`http://hub${path}`, init));
  const [text, { status }] = [await answer.text(), answer];
  const body = answer.headers.get("content-type")?.startsWith("text/csv") === true ? text : (JSON.parse(text) as unknown);
  expect(breaches(api, { method, path, ...(sent === undefined ? {} : { sent }), status, got: body })).toEqual([]);
  if (status < 300) met.add(`${method} ${path.split("?", 1)[0] ?? ""}`);
  return { status, body: body as T };
};
const done = async <T>(method: string, path: string, sent?: unknown, token?: string): Promise<T> => {
  const { status, body } = await call<T>(method, path, sent, token);
  if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

const MAPPING = {
  family: "customer",
  attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.person": { column: "Person" }, "contact.phone": { column: "Phone" } },
  country: "GB",
} as const;
const { id: _, ...unnamed } = MAPPING.attributes;
const UNNAMED = { ...MAPPING, attributes: unnamed };
const HEAD = "No,Name,Person,Phone";
let count = 0;
/** Letters that nobody else has, so that tests don't find one another's entities. */
const word = (): string =>
  Array.from({ length: 9 }, () => "abcdefghijklmnoprstuvwz"[Math.floor(Math.random() * 23)]).join("") + String.fromCharCode(97 + (count++ % 26));
const phone = (): string => ` 113 ${100 + (count += 7)} ${1000 + Math.floor(Math.random() * 9000)}`;
const bring = (csv: string, more: object = {}): Promise<ImportAnswer> =>
  done("POST", "/api/hub/master/imports", { family: "customer", mapping: MAPPING, csv, ...more });
const headOf = (stream: StreamName): Promise<number> => runInDurableObject(streamObject(env, stream), (hub) => hub.head().position);
const entity = (id: string, query = "", family = "customer"): Promise<EntityAnswer> => done("GET", `/api/hub/entities/${family}/${id}${query}`);
const valuesOf = async (id: string, family = "customer"): Promise<Record<string, unknown>> =>
  Object.fromEntries(Object.entries((await entity(id, "", family)).attributes).map(([attr, { value }]) => [attr, value]));
/** What a unit holds of a family that has pulled everything. */
const replicaOf = async (unit: string, stream: StreamName = "customers"): Promise<Record<string, Record<string, unknown>>> => {
  const held = new Map<string, Record<string, unknown>>();
  for (let after = writeUnitCursor(NOWHERE); ;) {
    const page = await exports.HubRpc.pull({ origin: originOf(unit), stream, key: KEY, after, limit: 200 });
    if (isRefusal(page)) throw new Error(page.rule);
    for (const { id, row, attr, cell, deleted } of page.lines) {
      if (deleted !== undefined || row?.deleted !== undefined) held.delete(id);
      else if (row !== undefined) held.set(id, Object.fromEntries(Object.entries(row.cells).map(([name, one]) => [name, one.value])));
      else held.set(id, { ...held.get(id), [attr]: cell?.value });
    }
    after = page.next;
    if (!page.more) return Object.fromEntries(held);
  }
};
/** Everything that lies in the Master object, table by table. */
const keptText = (): Promise<Record<string, string>> =>
  runInDurableObject(masterObject(env), (_, state) =>
    Object.fromEntries(
      ["run", "review", "alias", "apart", "merge", "reject"].map((name) => [name, JSON.stringify(state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray())]),
    ),
  );
const reviewOf = async (ids: readonly string[]): Promise<ReviewsAnswer["reviews"][number]> => {
  for (let after = ""; ;) {
    const page = await done<ReviewsAnswer>("GET", `/api/hub/master/reviews?limit=50${after}`);
    const found = page.reviews.find(({ members }) => members.every(({ id }) => ids.includes(id)));
    if (found !== undefined) return found;
    if (page.next === null) throw new Error(`no review of ${ids.join(", ")}`);
    after = `&after=${page.next}`;
  }
};
const seenOf = ({ members }: ReviewsAnswer["reviews"][number]): Record<string, number> => Object.fromEntries(members.map(({ id, version }) => [id, version]));
/** Two customers that are surely one, with a machine each. */
const twoOfOne = async (units: readonly [string, string]): Promise<readonly [string, string]> => {
  const name = word();
  const [a, b] = [`a-${name}`, `b-${name}`];
  const number = phone();
  await bring(`${HEAD}\n${a},${name} Pumps Ltd,${name} Smith,+44${number}\n`, { units: [units[0]] });
  const answer = await bring(`${HEAD}\n${b},${name} Pump Limited,${name} Smith,(0044)${number}\n`, { units: [units[1]] });
  expect(answer).toMatchObject({ counts: { new: 1, toReview: 1 }, reviews: [{ id: b, other: a, decision: "same" }] });
  const rows = [a, b].map((customer) => ({
    id: `m-${customer}`,
    name: `Pump of ${customer}`,
    kind: "pump",
    model: "CR 32",
    customer,
    position: { lat: 53.8, lon: -1.5 },
    moves: false,
    installedAt: 1_700_000_000_000,
  }));
  const attributes = Object.fromEntries(
    ["id", "name", "kind", "model", "customer", "moves", "installedAt", "position.lat", "position.lon"].map((path) => [path, { column: path }]),
  );
  const machines = { family: "asset", mapping: { attributes }, rows, units: [...units], match: false };
  expect(await done<ImportAnswer>("POST", "/api/hub/master/imports", machines)).toMatchObject({ counts: { new: 2, rejected: 0 } });
  return [a, b];
};

describe("an import", () => {
  test("MD16 writes attributes in the hub's name, which units that shall see them pull; the same file again writes nothing", async () => {
    const [unit, other] = [await newUnit(), await newUnit()];
    const name = word();
    const file = `${HEAD}\nc1-${name},${name} One,Jo,+44 113 496 0001\nc2-${name},${name} Zwei,,\n${name},,,\n`;
    const before = await headOf("customers");
    const dry = await bring(file, { units: [unit], dryRun: true });
    expect(dry).toMatchObject({ run: null, counts: { rows: 3, new: 2, rejected: 1 }, rejectsCsv: expect.stringContaining(name) as string });
    expect(dry.planned?.[0]).toMatchObject({ id: `c1-${name}`, changes: [{ attr: "contact", after: { person: "Jo" } }, { attr: "id" }, { attr: "name" }] });
    expect([await headOf("customers"), (await done<{ runs: unknown[] }>("GET", "/api/hub/master/imports")).runs.length]).toEqual([before, 0]);

    const first = await bring(file, { units: [unit], fileName: "customers.csv" });
    expect(first.run).toMatchObject({ by: "lin", fileName: "customers.csv", state: "done", written: 2, failed: 0, counts: { new: 2, rejected: 1 } });
    expect(await headOf("customers")).toBe(before + 5);
    expect(await replicaOf(unit)).toEqual({
      [`c1-${name}`]: { id: `c1-${name}`, name: `${name} One`, contact: { person: "Jo", phone: "+44 113 496 0001" } },
      [`c2-${name}`]: { id: `c2-${name}`, name: `${name} Zwei` },
    });
    expect(await replicaOf(other)).toEqual({});
    const { attributes } = await entity(`c1-${name}`);
    expect(attributes["name"]).toMatchObject({ actor: "lin", origin: "hub@1", reason: `import ${first.run?.id}, line 2` });

    expect(await bring(file, { units: [unit] })).toMatchObject({ continued: false, run: { written: 0, counts: { unchanged: 2, rejected: 1 } } });
    expect(await headOf("customers")).toBe(before + 5);
    // One attribute of one row is one operation; a unit that joins gets what it has not, whole.
    await bring(file.replace("Zwei", "Two"), { units: [unit] });
    expect(await headOf("customers")).toBe(before + 6);
    await bring(file.replace("Zwei", "Two"), { units: [unit, other] });
    expect(await replicaOf(other)).toEqual(await replicaOf(unit));
    expect(await headOf("customers")).toBe(before + 8);
  });

  test("MD16 a row that the stream refuses is told and in the file of rejects; what loses by a rule is counted", async () => {
    const [unit, name] = [await newUnit(), word()];
    const original = Hub.prototype.writeMany;
    vi.spyOn(Hub.prototype, "writeMany").mockImplementation(function (this: Hub, text: string) {
      const writes = (JSON.parse(text) as { id: string; changes: object }[]).map((write) =>
        write.id === `c2-${name}` ? { ...write, changes: { name: 7 } } : write,
      );
      return original.call(this, JSON.stringify(writes));
    });
    const { run, rejectsCsv } = await bring(`${HEAD}\nc1-${name},${name} eins,,\nc2-${name},${name} zwei,,\n`, { units: [unit] });
    expect(run).toMatchObject({ written: 1, failed: 1 });
    expect(await done("GET", `/api/hub/master/imports/${run?.id}/rejects.csv`)).toMatch(new RegExp(`c2-${name}.*changes.name`));
    expect(rejectsCsv).toContain(`c2-${name}`);
    expect(await done("GET", `/api/hub/master/imports/${run?.id}`)).toEqual(run);
  });

  test("MD17 killed between two batches, the same file goes on where it was, under the same run, and each write is taken once", async () => {
    const [unit, name] = [await newUnit(), word()];
    const rows = Array.from({ length: 2 * BATCH + 20 }, (_, i) => `${name}-${i},${name} ${i},,`);
    const file = `${[HEAD, ...rows].join("\n")}\n`;
    // Its transactions: the run, the first batch, and the second, which the stream has taken by then.
    await runInDurableObject(masterObject(env), (_, state) => {
      const original = state.storage.transactionSync.bind(state.storage);
      let transactions = 0;
      state.storage.transactionSync = (body) => {
        transactions += 1;
        if (transactions === 3) state.abort("killed");
        return original(body);
      };
    });
    const before = await headOf("customers");
    await expect(bring(file, { units: [unit], match: false })).rejects.toThrow();
    expect(await headOf("customers")).toBe(before + 4 * BATCH);
    const [stopped] = (await done<{ runs: { id: string; state: string; written: number }[] }>("GET", "/api/hub/master/imports")).runs;
    expect(stopped).toMatchObject({ state: "stopped", written: BATCH });

    const again = await bring(file, { units: [unit], match: false });
    expect(again).toMatchObject({ continued: true, run: { id: stopped?.id, state: "done", counts: { new: rows.length } } });
    expect(await headOf("customers")).toBe(before + 2 * rows.length);
    expect(Object.keys(await replicaOf(unit))).toHaveLength(rows.length);
    expect(await bring(file, { units: [unit], match: false })).toMatchObject({ continued: false, run: { written: 0, counts: { unchanged: rows.length } } });
  });

  test("MD18 personal values are sealed in the log and in no record of a run, review or merge; refused rows are kept apart and dropped", async () => {
    const [unit, name] = [await newUnit(), word()];
    const file = `${HEAD}\np1-${name},${name} Works,Wilhelmina,+44 20 7946 0011\np2-${name},,Theodora,+44 20 7946 0022\n`;
    const { run } = await bring(file, { units: [unit] });
    await bring(`${HEAD}\np3-${name},${name} Works Ltd,Wilhelmina,+44 20 7946 0011\n`, { units: [unit] });
    const log = await runInDurableObject(streamObject(env, "customers"), (_, state) =>
      JSON.stringify(state.storage.sql.exec("SELECT operation, written FROM log WHERE id = ?", `p1-${name}`).toArray()),
    );
    expect(log).toContain("$sealed");
    expect(log).not.toMatch(/Wilhelmina|7946/);
    const { reject, ...kept } = await keptText();
    expect(JSON.stringify(kept)).toContain(`p1-${name}`);
    expect(JSON.stringify(kept)).not.toMatch(/Wilhelmina|Theodora|7946|Works/);
    expect(reject).toContain("Theodora");
    expect(await done("GET", `/api/hub/master/imports/${run?.id}/rejects.csv`)).toContain("Theodora");
    // Somebody of that family is erased, whose row may be among them.
    await done("POST", "/api/hub/subjects/erase", { entity: "customer", id: `p1-${name}`, key: `e-${name}` }, admin);
    expect((await keptText())["reject"]).not.toContain("Theodora");
    expect((await call("GET", `/api/hub/master/imports/${run?.id}/rejects.csv`)).status).toBe(410);
    // Or their time is over.
    const late = await bring(file.replaceAll("p2", "p4"), { units: [unit] });
    await runInDurableObject(masterObject(env), (_, state) => void state.storage.sql.exec("UPDATE run SET rejects_until = 1 WHERE id = ?", late.run?.id));
    await runDurableObjectAlarm(masterObject(env));
    expect((await keptText())["reject"]).toBe("[]");
  });

  test("MD19 what can't be an import is refused with its field, before anything is written", async () => {
    const before = [await headOf("customers"), (await keptText())["run"]];
    const name = word();
    const file = `${HEAD}\nx-${name},${name},,\n`;
    const refusals: readonly (readonly [object, object])[] = [
      [{ csv: file }, { refused: "malformed", field: "units" }],
      [{ csv: file, rows: [] }, { refused: "malformed" }],
      [{ csv: `${HEAD}\n"x,y\n` }, { refused: "malformed", field: "line 2" }],
      [
        { csv: file, mapping: { ...MAPPING, attributes: { name: { column: "Nom" } } } },
        { refused: "malformed", field: "attributes.name" },
      ],
      [
        { csv: file, family: "engineer" },
        { refused: "malformed", field: "family" },
      ],
      [
        { csv: file, units: ["NOT A UNIT"] },
        { refused: "malformed", field: "units.0" },
      ],
      [
        { family: "engineer", mapping: { attributes: { name: { column: "Name" } } }, csv: file, autoMerge: true },
        { refused: "needs-person", field: "autoMerge" },
      ],
    ];
    for (const [more, refusal] of refusals)
      expect((await call("POST", "/api/hub/master/imports", { family: "customer", mapping: MAPPING, ...more })).body).toMatchObject(refusal);
    const scoped = await tokenFor("operations", await newUnit());
    expect((await call("POST", "/api/hub/master/imports", { family: "customer", mapping: MAPPING, csv: file }, scoped)).status).toBe(403);
    expect((await call("GET", "/api/hub/master/reviews", undefined, await tokenFor("integrator"))).status).toBe(403);
    expect([await headOf("customers"), (await keptText())["run"]]).toEqual(before);
  });

  test("MD19 a file comes as it is too, in the encoding that it names", async () => {
    const [unit, name] = [await newUnit(), word()];
    const query = new URLSearchParams({ mapping: JSON.stringify(MAPPING), units: unit, fileName: "kunden.csv" });
    // 水 in GB 18030.
    const bytes = new Uint8Array([...new TextEncoder().encode(`${HEAD}\ng-${name},${name} `), 0xcb, 0xae, ...new TextEncoder().encode(",,\n")]);
    const headers = { authorization: `Bearer ${steward}`, "content-type": "text/csv; charset=gb18030" };
    const answer = await exports.default.fetch(new Request(`http://hub/api/hub/master/imports?${query.toString()}`, { method: "POST", headers, body: bytes }));
    expect(await answer.json()).toMatchObject({ run: { fileName: "kunden.csv", written: 1 } });
    expect(await valuesOf(`g-${name}`)).toMatchObject({ name: `${name} 水` });
  });
});

describe("a review", () => {
  test("MD20 one thing: values as chosen, references and units follow, the old id is understood; taken back, everything is as it was", async () => {
    const units = [await newUnit(), await newUnit()] as const;
    const [a, b] = await twoOfOne(units);
    const was = [await valuesOf(a), await valuesOf(b), await replicaOf(units[0]), await replicaOf(units[1]), await replicaOf(units[0], "assets")];
    const review = await reviewOf([a, b]);
    expect(review.references).toMatchObject([
      { entity: "asset", id: `m-${a}`, value: a },
      { entity: "asset", id: `m-${b}`, value: b },
    ]);
    const names = review.attributes.find(({ attr }) => attr === "name");
    const place = names?.choices.findIndex(({ from }) => from.includes(b)) ?? 0;
    expect(names?.choices[place]?.by).toMatchObject({ actor: "lin", origin: "hub@1", reason: expect.stringMatching(/^import /) as string });
    const ask = { is: "same", survivor: a, values: { name: place }, seen: seenOf(review), why: "one letterhead" };

    expect((await call("POST", `/api/hub/master/reviews/${review.id}`, { ...ask, seen: { ...ask.seen, [b]: 1 } })).body).toMatchObject({
      refused: "stale-version",
    });
    expect((await call("POST", `/api/hub/master/reviews/${review.id}`, { ...ask, survivor: "nobody" })).body).toMatchObject({
      refused: "malformed",
      field: "survivor",
    });
    const decided = await done<DecidedAnswer>("POST", `/api/hub/master/reviews/${review.id}`, ask);
    if (decided.is !== "same") throw new Error("not merged");
    expect(decided.merge).toMatchObject({ state: "merged", survivor: a, gone: [b], by: "lin", why: "one letterhead" });
    expect((await call("POST", `/api/hub/master/reviews/${review.id}`, ask)).body).toMatchObject({ refused: "wrong-state" });

    // What nobody chose otherwise is as proposed: the latest.
    const one = { ...was[1], id: a };
    expect(await valuesOf(a)).toEqual(one);
    expect(await entity(b)).toMatchObject({ id: a, askedAs: b, attributes: { name: { actor: "lin", reason: `merge/${decided.merge.id}: one letterhead` } } });
    // Each unit hears of it by pull: whoever saw either of them sees the one.
    expect([await replicaOf(units[0]), await replicaOf(units[1])]).toEqual([{ [a]: one }, { [a]: one }]);
    const machine = await entity(`m-${b}`, "", "asset");
    expect(machine.attributes["customer"]).toMatchObject({ value: a });
    expect((await replicaOf(units[1], "assets"))[`m-${b}`]).toMatchObject({ customer: a });
    // A row that says the old id is the survivor's.
    expect(await bring(`${HEAD}\n${b},${String(was[1]?.["name"])},,\n`, { dryRun: true })).toMatchObject({ planned: [{ id: a }], counts: { new: 0 } });
    // As it was before, under its own name.
    const deleted = (await done<HistoryAnswer>("GET", `/api/hub/entities/customer/${b}/history`)).deletions[0];
    expect(await entity(b, `?asOf=${(deleted?.hubSeq ?? 0) - 1}`)).toMatchObject({ id: b, attributes: { name: { value: was[1]?.["name"] } } });

    const undo = `/api/hub/master/merges/${decided.merge.id}/undo`;
    expect(await done<MergeView>("POST", undo, { why: "two letterheads" })).toMatchObject({ state: "undone", undone: { by: "lin", why: "two letterheads" } });
    const back = [await valuesOf(a), await valuesOf(b), await replicaOf(units[0]), await replicaOf(units[1])];
    // Who has seen the one goes on seeing it.
    expect(back).toEqual([was[0], was[1], was[2], { ...(was[3] as object), [a]: was[0] }]);
    expect(await replicaOf(units[0], "assets")).toEqual(was[4]);
    expect((await entity(b)).askedAs).toBeUndefined();
    expect((await reviewOf([a, b])).id).toBe(review.id);
    expect((await call("POST", undo, { why: "again" })).body).toMatchObject({ refused: "wrong-state" });
    expect((await done<{ merges: MergeView[] }>("GET", "/api/hub/master/merges")).merges[0]).toMatchObject({ id: decided.merge.id, state: "undone" });
  });

  test("MD20 a merge is not taken back over what somebody wrote since", async () => {
    const unit = await newUnit();
    const [a, b] = await twoOfOne([unit, unit]);
    const review = await reviewOf([a, b]);
    const decided = await done<DecidedAnswer>("POST", `/api/hub/master/reviews/${review.id}`, { is: "same", seen: seenOf(review), why: "one" });
    if (decided.is !== "same") throw new Error("not merged");
    await bring(`${HEAD}\n${decided.merge.survivor},Renamed since,,\n`);
    const head = await headOf("customers");
    expect((await call("POST", `/api/hub/master/merges/${decided.merge.id}/undo`, { why: "oh" })).body).toMatchObject({ refused: "stale-version" });
    expect(await headOf("customers")).toBe(head);
  });

  test("MD20 two things: never brought up again", async () => {
    const unit = await newUnit();
    const [a, b] = await twoOfOne([unit, unit]);
    const review = await reviewOf([a, b]);
    const head = await headOf("customers");
    const answer = await done<DecidedAnswer>("POST", `/api/hub/master/reviews/${review.id}`, { is: "distinct", why: "father and son" });
    expect([answer, await headOf("customers")]).toEqual([{ is: "distinct", review: review.id, pairs: 1 }, head]);
    await expect(reviewOf([a, b])).rejects.toThrow("no review");
    await done("POST", "/api/writes", { key: `d-${b}`, entity: "customer", id: b, delete: true, reason: "test" }, admin);
    const { name, contact } = await valuesOf(a);
    const { person, phone } = contact as { person: string; phone: string };
    expect(await bring(`${HEAD}\n${b},${String(name)},${person},${phone}\n`, { units: [unit] })).toMatchObject({ counts: { new: 1, toReview: 0 } });
  });

  test("MD20 a machine that a unit still works with is not the one that goes", async () => {
    const [unit, name] = [await newUnit(), word()];
    const customer = `c-${name}`;
    await bring(`${HEAD}\n${customer},${name} Ltd,,\n`, { units: [unit] });
    const asset = (id: string): object => ({
      id,
      name: `${name} pump`,
      kind: "pump",
      model: "CR 32-4",
      customer,
      lat: 53.8,
      lon: -1.5,
      moves: false,
      installedAt: 1_700_000_000_000,
    });
    const attributes = Object.fromEntries(["id", "name", "kind", "model", "customer", "moves", "installedAt"].map((path) => [path, { column: path }]));
    const mapping = { attributes: { ...attributes, "position.lat": { column: "lat" }, "position.lon": { column: "lon" } } };
    const [a, b] = [`a-${name}`, `b-${name}`];
    const send = (id: string): Promise<ImportAnswer> => done("POST", "/api/hub/master/imports", { family: "asset", mapping, rows: [asset(id)], units: [unit] });
    await send(a);
    expect(await send(b)).toMatchObject({ counts: { toReview: 1 } });
    const device = operationOf(unit, 1, { stream: "assets", entity: "device", id: `d-${name}`, attr: "asset", value: b });
    expect(await exports.HubRpc.push(batchOf(unit, [device], "assets"))).toMatchObject({ through: 1, dead: [] });
    const review = await reviewOf([a, b]);
    const ask = { is: "same", survivor: a, seen: seenOf(review), why: "one machine" };
    expect((await call("POST", `/api/hub/master/reviews/${review.id}`, ask)).body).toMatchObject({
      refused: "needs-person",
      rule: expect.stringContaining(`d-${name}`) as string,
    });
    expect(await done("POST", `/api/hub/master/reviews/${review.id}`, { ...ask, survivor: b })).toMatchObject({ merge: { survivor: b, gone: [a] } });
  });

  test("MD17 a merge, and its way back, that were cut short by a crash are carried on, once", async () => {
    const unit = await newUnit();
    const [a, b] = await twoOfOne([unit, unit]);
    const was = await replicaOf(unit);
    const review = await reviewOf([a, b]);
    const original = Hub.prototype.writeMany;
    // The stream takes it and nobody hears of it; then the object is gone.
    const cut = async (at: number, act: () => Promise<unknown>): Promise<void> => {
      let batches = 0;
      vi.spyOn(Hub.prototype, "writeMany").mockImplementation(function (this: Hub, text: string) {
        batches += 1;
        const answer = original.call(this, text);
        if (batches === at) throw new Error("the connection was lost");
        return answer;
      });
      await expect(act()).rejects.toThrow();
      vi.restoreAllMocks();
      await evictDurableObject(masterObject(env));
    };
    await cut(2, () => done("POST", `/api/hub/master/reviews/${review.id}`, { is: "same", survivor: a, seen: seenOf(review), why: "one" }));
    const [merge] = (await done<{ merges: MergeView[] }>("GET", "/api/hub/master/merges")).merges;
    expect(merge).toMatchObject({ survivor: a, gone: [b] });
    await expect.poll(async () => (await done<{ merges: MergeView[] }>("GET", "/api/hub/master/merges")).merges[0]?.state, { timeout: 10_000 }).toBe("merged");
    expect(Object.keys(await replicaOf(unit))).toEqual([a]);
    const head = await headOf("customers");
    await cut(1, () => done("POST", `/api/hub/master/merges/${merge?.id}/undo`, { why: "two" }));
    await expect.poll(async () => (await done<{ merges: MergeView[] }>("GET", "/api/hub/master/merges")).merges[0]?.state, { timeout: 10_000 }).toBe("undone");
    expect(await replicaOf(unit)).toEqual(was);
    // Three attributes of the one that had gone, two of the other, and nothing twice.
    expect((await headOf("customers")) - head).toBe(5);
    expect((await replicaOf(unit, "assets"))[`m-${b}`]).toMatchObject({ customer: b });
  });
});

describe("what an import merges by itself", () => {
  test("MD21 a row that is surely one entity becomes it where the import says so, and is told apart when that is taken back", async () => {
    const [unit, name] = [await newUnit(), word()];
    const id = `k-${name}`;
    const number = phone();
    await bring(`${HEAD}\n${id},${name} Pumps Ltd,${name} Smith,+44${number}\n`, { units: [unit] });
    const was = await valuesOf(id);
    const file = `Name,Person,Phone\n${name} Pump Limited,${name} Smith,(0044)${number}\n`;
    const unasked = await bring(file, { mapping: UNNAMED, units: [unit], dryRun: true });
    expect(unasked).toMatchObject({ counts: { new: 1, changed: 0, toReview: 1 } });
    const { run } = await bring(file, { mapping: UNNAMED, units: [unit], autoMerge: true });
    expect(run).toMatchObject({ counts: { new: 0, changed: 1 }, autoMerge: true });
    expect(await valuesOf(id)).toMatchObject({ name: `${name} Pump Limited` });
    expect(await bring(file, { mapping: UNNAMED, units: [unit] })).toMatchObject({ counts: { new: 0, unchanged: 1 } });

    const merge = (await done<{ merges: MergeView[] }>("GET", "/api/hub/master/merges")).merges.find(({ survivor }) => survivor === id);
    expect(merge).toMatchObject({ kind: "import", state: "merged", by: "lin" });
    expect(await entity(merge?.gone[0] ?? "")).toMatchObject({ id });
    await done("POST", `/api/hub/master/merges/${merge?.id}/undo`, { why: "another firm" });
    expect(await valuesOf(id)).toEqual(was);
    expect(await bring(file, { mapping: UNNAMED, units: [unit], autoMerge: true })).toMatchObject({ counts: { new: 1, toReview: 0 } });
    expect(await valuesOf(id)).toEqual(was);
  });
});

describe("who was what", () => {
  test("MD22 the history tells each value of each attribute with actor, both instants and source, also under an old id", async () => {
    const [unit, name] = [await newUnit(), word()];
    const id = `h-${name}`;
    const first = await bring(`${HEAD}\n${id},${name} One,,\n`, { units: [unit] });
    await done("POST", "/api/writes", { key: `w-${name}`, entity: "customer", id, changes: { name: `${name} Two` }, reason: "the customer called" }, admin);
    const { attributes, deletions, horizon } = await done<HistoryAnswer>("GET", `/api/hub/entities/customer/${id}/history`);
    expect(attributes["name"]).toMatchObject([
      { value: `${name} One`, actor: "lin", origin: "hub@1", reason: `import ${first.run?.id}, line 2`, until: expect.any(Number) as number },
      { value: `${name} Two`, actor: "admin", reason: "the customer called" },
    ]);
    expect([deletions, horizon]).toEqual([[], 0]);
    const at = attributes["name"]?.[0]?.hubSeq ?? 0;
    expect((await entity(id, `?asOf=${at}`)).attributes["name"]).toMatchObject({ value: `${name} One`, actor: "lin", knownAt: expect.any(Number) as number });
    expect((await call("GET", `/api/hub/entities/customer/nobody-${name}/history`)).status).toBe(404);
  });

  test("MD18 whoever is erased is erased under every id that ever meant him", async () => {
    const unit = await newUnit();
    const [a, b] = await twoOfOne([unit, unit]);
    const review = await reviewOf([a, b]);
    const decided = await done<DecidedAnswer>("POST", `/api/hub/master/reviews/${review.id}`, { is: "same", survivor: a, seen: seenOf(review), why: "one" });
    if (decided.is !== "same") throw new Error("not merged");
    await done("POST", "/api/hub/subjects/erase", { entity: "customer", id: b, key: `e-${b}` }, admin);
    expect(await valuesOf(a)).not.toHaveProperty("contact");
    expect((await done<HistoryAnswer>("GET", `/api/hub/entities/customer/${b}/history`)).attributes["contact"]).toMatchObject([{ erased: true }]);
    const text = await runInDurableObject(streamObject(env, "customers"), (_, state) =>
      JSON.stringify(state.storage.sql.exec("SELECT subject FROM subject_key WHERE key IS NULL").toArray()),
    );
    for (const id of [a, b]) expect(text).toContain(`customer/${id}`);
  });
});

test.each([["0000", v0]])("MD23 master data of migration %s is opened, and goes on where it stood", async (_, dump) => {
  const golden = env.MASTER.getByName("golden/hub/master");
  await runInDurableObject(golden, (__, { storage: { sql } }) => {
    const tables = sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    for (const table of tables) sql.exec(`DROP TABLE "${String(table["name"])}"`);
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") sql.exec(statement);
  });
  await evictDurableObject(golden);
  // What ran then was stopped.
  expect(await golden.runs()).toMatchObject([
    { id: "run-2", state: "stopped", rejectsUntil: null },
    { id: "run-1", state: "done", counts: { new: 2 }, units: ["plant"] },
  ]);
  expect(await golden.rejects("run-1")).toBe("No,Name\r\nX 1,\r\n");
  expect(await golden.merges()).toMatchObject([{ id: "merge-1", kind: "review", survivor: "c1", gone: ["c2"], state: "merged", by: "lin" }]);
  expect([await golden.survivor("customer", "c2"), await golden.survivor("customer", "c1")]).toEqual(["c1", null]);
  expect(JSON.parse(await golden.reviews(undefined, "", 9))).toMatchObject({ pending: 1 });
});

test("K12 the tests here met each route of master data", () => {
  const mine = ROUTES.filter(({ path }) => path.startsWith("/api/hub/master") || path.endsWith("/history")).map(({ method, path }) => `${method} ${path}`);
  const untold = mine.filter((row) => ![...met].some((one) => new RegExp(`^${row.replaceAll(/:\w+/g, "[^/]+")}$`).test(one)));
  expect(untold).toEqual([]);
});
