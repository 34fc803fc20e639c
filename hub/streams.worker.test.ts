import { env, exports } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { type FeedItem, FeedPage } from "../contracts/delta/operation.ts";
import { PushReply } from "../contracts/delta/sync.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { STREAMS, readCursor, writeCursor } from "./feed/cursor.ts";
import { HeldAnswer } from "./feed/held.ts";
import { familyDigest } from "./feed/value-digest.ts";
import {
  ChainAnswer,
  DeadAnswer,
  DigestAnswer,
  EntityAnswer,
  EraseAnswer,
  SnapshotPage,
  StreamsAnswer,
  SubjectAnswer,
  VerifyAnswer,
  WriteAnswer,
} from "./feed/view.ts";
import { type LinkHealth, LinksAnswer } from "./health/link-health.ts";
import { KEY, batchOf, operationOf, operations, originOf } from "./merge/fixture/unit.ts";
import { LOG_LINES_MAX } from "./merge/credit.ts";
import { chainHash } from "./merge/log.ts";
import { NOWHERE, writeUnitCursor } from "./merge/place.ts";
import { type Client, clientFor, newUnit } from "./shell/fixture/client.ts";
import { streamObject } from "./shell/feed-reader.ts";

const hub = exports.HubRpc;
let crm: Client;
let admin: Client;
beforeAll(async () => {
  crm = await clientFor("integrator");
  admin = await clientFor("admin");
});

type Entities = ReadonlyMap<string, { readonly version: number; readonly attributes: Readonly<Record<string, unknown>> }>;
/** What somebody holds who applied items to what he had. */
const applied = (before: Entities, items: readonly FeedItem[]): Entities => {
  const held = new Map(before);
  for (const { operation } of items) {
    const { entity, id, attr, op, outcome, value, version } = operation;
    const key = `${entity}/${id}`;
    if (outcome !== "applied") continue;
    if (op === "delete") held.delete(key);
    else {
      const { [attr]: _, ...others } = held.get(key)?.attributes ?? {};
      held.set(key, { version, attributes: value === undefined ? others : { ...others, [attr]: value } });
    }
  }
  return held;
};
const drain = async (client: Client, after: string): Promise<readonly FeedItem[]> => {
  const items: FeedItem[] = [];
  for (let cursor = after; ;) {
    const page = FeedPage.parse(await client.json("GET", `/api/feed?limit=500&after=${cursor}`));
    items.push(...page.items);
    if (page.items.length === 0) return items;
    cursor = page.next;
  }
};
const snapshot = async (
  client: Client,
  query: string,
  between: () => Promise<unknown> = () => Promise.resolve(),
): Promise<{ readonly entities: Entities; readonly cursor: string; readonly pages: number }> => {
  const entities = new Map<string, Entities extends ReadonlyMap<string, infer V> ? V : never>();
  let [after, cursor, pages] = ["", "", 0];
  for (;;) {
    const page = SnapshotPage.parse(await client.json("GET", `/api/snapshot?${query}${after}`));
    pages += 1;
    if (cursor !== "") expect(page.cursor).toBe(cursor);
    cursor = page.cursor;
    for (const { entity, id, version, attributes } of page.rows) {
      expect(entities.has(`${entity}/${id}`)).toBe(false);
      entities.set(`${entity}/${id}`, { version, attributes });
    }
    if (page.next === null) return { entities, cursor, pages };
    after = `&after=${page.next}`;
    await between();
  }
};
const ticketsHead = (): Promise<number> => runInDurableObject(streamObject(env, "tickets"), (object) => object.head().position);

describe("writes in the hub's name", () => {
  test("F13 D12 a write-back is taken once, reaches the unit by pull and the feed as an operation, and is refused where the contract gives it to the unit", async () => {
    const unit = await newUnit();
    const ticket = (seq: number, attr: string, value: string): ReturnType<typeof operationOf> =>
      operationOf(unit, seq, { entity: "ticket", id: `t-${unit}`, attr, value });
    await hub.push(batchOf(unit, [ticket(1, "state", "open"), ticket(2, "priority", "p3")]));
    const loaded = await hub.load({ origin: originOf(unit), stream: "tickets", key: KEY, limit: 9 });
    if (isRefusal(loaded)) throw new Error(loaded.rule);
    const before = FeedPage.parse(await crm.json("GET", "/api/feed?limit=1")).next;

    const write = { key: "w-1", entity: "ticket", id: `t-${unit}`, changes: { priority: "p1" }, reason: "the customer called" };
    const answer = WriteAnswer.parse(await crm.json("POST", "/api/writes", write));
    expect(answer).toMatchObject({ stream: "tickets", epoch: 1, results: [{ attr: "priority", outcome: "applied", version: 3, value: "p1" }] });
    expect(WriteAnswer.parse(await crm.json("POST", "/api/writes", write))).toEqual(answer);
    expect(await (await crm.ask("POST", "/api/writes", { ...write, id: "another" })).json()).toMatchObject({ refused: "stale-version", field: "key" });

    const pulled = await hub.pull({ origin: originOf(unit), stream: "tickets", key: KEY, after: loaded.start, limit: 9 });
    expect(pulled).toMatchObject({
      lines: [{ entity: "ticket", id: `t-${unit}`, attr: "priority", cell: { value: "p1", origin: "hub@1" }, reason: "the customer called" }],
    });
    expect((await drain(crm, before)).at(-1)).toMatchObject({ stream: "tickets", operation: { hubSeq: answer.position, origin: "hub@1", attr: "priority" } });
    const scoped = await clientFor("integrator", unit);
    expect((await drain(scoped, "")).map(({ operation }) => operation.origin)).toEqual([originOf(unit), originOf(unit), "hub@1"]);

    const state = { ...write, key: "w-2", changes: { state: "resolved" } };
    expect(await (await crm.ask("POST", "/api/writes", state)).json()).toMatchObject({ refused: "breaks-contract", rule: "not-writer: state" });
    const removal = { key: "w-d", entity: "ticket", id: `t-${unit}`, delete: true, reason: "test" };
    for (const asker of [crm, scoped])
      expect(await (await asker.ask("POST", "/api/writes", removal)).json()).toMatchObject({ refused: "breaks-contract", rule: "not-writer" });
    const nonsense = { ...write, key: "w-3", changes: { priority: "p9" } };
    expect(await (await crm.ask("POST", "/api/writes", nonsense)).json()).toMatchObject({ refused: "breaks-contract", field: "changes.priority" });
    expect(await (await crm.ask("POST", "/api/writes", { ...write, key: "w-4", id: "nobody-sees" })).json()).toMatchObject({
      refused: "malformed",
      field: "units",
    });
    expect(await (await crm.ask("POST", "/api/writes", { ...write, key: "w-5", entity: "spaceship" })).json()).toMatchObject({ refused: "unknown-contract" });
    expect(await (await crm.ask("POST", "/api/writes", { ...write, key: "w-6", delete: true })).json()).toMatchObject({ refused: "malformed" });
    expect(await ticketsHead()).toBe(answer.position);
  });

  test("F13 a token of one unit writes what that unit sees, and nothing else", async () => {
    const [mine, theirs] = [await newUnit(), await newUnit()];
    for (const unit of [mine, theirs])
      await hub.push(batchOf(unit, [operationOf(unit, 1, { entity: "ticket", id: `t-${unit}`, attr: "priority", value: "p3" })]));
    const scoped = await clientFor("integrator", mine);
    const write = (unit: string, more: object = {}): object => ({
      key: `k-${unit}`,
      entity: "ticket",
      id: `t-${unit}`,
      changes: { priority: "p2" },
      reason: "r",
      ...more,
    });
    expect((await scoped.ask("POST", "/api/writes", write(mine))).status).toBe(200);
    expect((await scoped.ask("POST", "/api/writes", write(theirs))).status).toBe(403);
    expect(await (await scoped.ask("POST", "/api/writes", write(mine, { key: "x", units: [theirs] }))).json()).toMatchObject({
      refused: "not-permitted",
      field: "units",
    });
  });

  test("F13 an entity that the hub makes for a unit comes to it whole, and to nobody else", async () => {
    const [mine, other] = [await newUnit(), await newUnit()];
    const pullOf = async (unit: string): Promise<unknown> => {
      const answer = await hub.pull({ origin: originOf(unit), stream: "customers", key: KEY, after: writeUnitCursor(NOWHERE), limit: 9 });
      return isRefusal(answer) ? answer : answer.lines.map((line) => [line.id, Object.keys(line.row?.cells ?? {}).toSorted()]);
    };
    await crm.json("POST", "/api/writes", {
      key: `c-${mine}`,
      entity: "customer",
      id: `c-${mine}`,
      changes: { id: `c-${mine}`, name: "Works" },
      units: [mine],
      reason: "import",
    });
    expect([await pullOf(mine), await pullOf(other)]).toEqual([[[`c-${mine}`, ["id", "name"]]], []]);
  });
});

describe("a snapshot", () => {
  test("F12 is what the hub held at its cursor, whatever is written between its pages, and the feed from its cursor continues it", async () => {
    const unit = await newUnit("snap");
    const kit = (seq: number, n: number, attr: string, value: string | number): ReturnType<typeof operationOf> =>
      operationOf(unit, seq, { entity: "kit", id: `k-${String(n).padStart(3, "0")}-${unit}`, attr, value });
    let seq = 0;
    const push = async (list: readonly ReturnType<typeof operationOf>[]): Promise<void> => {
      const reply = await hub.push(batchOf(unit, list));
      if (isRefusal(reply)) throw new Error(reply.rule);
      expect(reply.dead).toEqual([]);
    };
    await push(Array.from({ length: 40 }, (_, n) => kit((seq += 1), n, "depot", "east")));
    await push(Array.from({ length: 10 }, (_, n) => kit((seq += 1), n * 4, "attempts", 1)));
    await push([operationOf(unit, (seq += 1), { entity: "kit", id: `k-039-${unit}`, attr: "", op: "delete" })]);
    // What it must be: the feed up to the cursor, applied by hand.
    const upTo = async (cursor: string): Promise<Entities> => {
      const vector = readCursor(cursor);
      if (isRefusal(vector)) throw new Error(vector.rule);
      const all = await drain(crm, "");
      return applied(
        new Map(),
        all.filter(({ stream, operation }) => operation.hubSeq <= vector[stream].position),
      );
    };
    let round = 0;
    const meddle = async (): Promise<void> => {
      round += 1;
      const n = (round * 7) % 45;
      await push([
        kit((seq += 1), n, "depot", `moved-${round}`),
        kit((seq += 1), (n + 11) % 40, "attempts", round),
        operationOf(unit, (seq += 1), { entity: "kit", id: `k-${String((round * 5) % 39).padStart(3, "0")}-${unit}`, attr: "", op: "delete" }),
        // One of those that are gone is there again, as another.
        kit((seq += 1), (round * 3) % 39, "reservation", `r-${round}`),
      ]);
    };
    const taken = await snapshot(crm, "limit=3", meddle);
    expect(taken.pages).toBeGreaterThan(10);
    const strip = (entities: Entities): unknown => Object.fromEntries([...entities].filter(([, { attributes }]) => Object.keys(attributes).length > 0));
    expect(strip(taken.entities)).toEqual(strip(await upTo(taken.cursor)));
    const now = await snapshot(crm, "limit=500");
    expect(strip(applied(taken.entities, await drain(crm, taken.cursor)))).toEqual(strip(now.entities));
    expect((await snapshot(crm, "limit=2&entity=kit")).entities.size).toBe([...now.entities.keys()].filter((key) => key.startsWith("kit/")).length);
  });

  test("F12 tombstones are not collected and lines not trimmed under it; when it was given up it says so", async () => {
    const unit = await newUnit("hold");
    const id = `k-${unit}`;
    await hub.push(batchOf(unit, [operationOf(unit, 1, { entity: "kit", id, attr: "depot", value: "east" })]));
    const first = SnapshotPage.parse(await crm.json("GET", "/api/snapshot?limit=1&entity=assignment"));
    const begun = SnapshotPage.parse(await crm.json("GET", "/api/snapshot?limit=1"));
    await hub.push(batchOf(unit, [operationOf(unit, 2, { entity: "kit", id, attr: "", op: "delete" })]));
    const load = await hub.load({ origin: originOf(unit), stream: "tickets", key: KEY, limit: 9 });
    if (isRefusal(load)) throw new Error(load.rule);
    await hub.pull({ origin: originOf(unit), stream: "tickets", key: KEY, after: load.start, limit: 9 });
    await runDurableObjectAlarm(streamObject(env, "tickets"));
    const rest: string[] = [];
    for (let next = begun.next; next !== null;) {
      const page = SnapshotPage.parse(await crm.json("GET", `/api/snapshot?limit=500&after=${next}`));
      rest.push(...page.rows.map((row) => row.id));
      next = page.next;
    }
    expect(rest).toContain(id);
    expect(begun.next).not.toBeNull();
    expect((await crm.ask("GET", `/api/snapshot?after=${begun.next ?? ""}`)).status).toBe(410);
    expect((await crm.ask("GET", `/api/snapshot?after=${(begun.next ?? "").slice(1)}`)).status).toBe(400);
    expect((await crm.ask("GET", "/api/snapshot?limit=501")).status).toBe(400);
    if (first.next !== null) await crm.json("GET", `/api/snapshot?limit=500&after=${first.next}`);
  });

  test("F12 a token of one unit is shown what that unit sees", async () => {
    const [mine, theirs] = [await newUnit(), await newUnit()];
    for (const unit of [mine, theirs]) await hub.push(batchOf(unit, [operationOf(unit, 1, { entity: "kit", id: `k-${unit}`, attr: "depot", value: "east" })]));
    const scoped = await clientFor("integrator", mine);
    expect([...(await snapshot(scoped, "limit=2")).entities.keys()]).toEqual([`kit/k-${mine}`]);
  });
});

describe("digests and histories", () => {
  test("F14 the digest of a family is that of the values a consumer holds, and another when one differs", async () => {
    const unit = await newUnit("digest");
    await hub.push(batchOf(unit, operations(unit, 1, 7)));
    const digests = async (): Promise<DigestAnswer> => DigestAnswer.parse(await crm.json("GET", "/api/hub/digest"));
    const held = async (): Promise<string> => {
      const { entities } = await snapshot(crm, "limit=500&entity=assignment");
      return familyDigest([...entities].map(([key, { attributes }]) => ({ id: key.slice("assignment/".length), attributes })));
    };
    const before = await digests();
    expect(before.streams.tickets.families["assignment"]?.digest).toBe(await held());
    await hub.push(batchOf(unit, operations(unit, 8, 8)));
    const after = await digests();
    expect(after.streams.tickets.families["assignment"]?.digest).not.toBe(before.streams.tickets.families["assignment"]?.digest);
    expect(after.streams.tickets.families["assignment"]?.digest).toBe(await held());
    expect(after.streams.assets).toEqual(before.streams.assets);
    expect(FeedPage.parse(await crm.json("GET", `/api/feed?after=${after.cursor}`)).items).toEqual([]);
    const scoped = await clientFor("integrator", unit);
    expect(DigestAnswer.parse(await scoped.json("GET", "/api/hub/digest")).streams.tickets.families).toMatchObject({ assignment: { entities: 1 } });
  });

  test("F21 what a consumer holds is compared with what the hub held at its place, whatever came since, and shown with its link", async () => {
    const unit = await newUnit("held");
    const kit = (seq: number, given: Parameters<typeof operationOf>[2]): ReturnType<typeof operationOf> =>
      operationOf(unit, seq, { entity: "kit", id: `kit-${unit}`, attr: "attempts", value: seq, ...given });
    const person = { stream: "customers", entity: "customer", id: `c-${unit}`, attr: "contact" } as const;
    await hub.push(batchOf(unit, [kit(1, {}), kit(2, { attr: "depot", value: "east" }), kit(3, { id: `gone-${unit}` })]));
    await hub.push(batchOf(unit, [operationOf(unit, 1, { ...person, value: { person: "Ms Zhou" } })], "customers"));
    const reader = await clientFor("integrator", undefined, `reader-${unit}`);
    const held = async (): Promise<{ readonly cursor: string; readonly families: Readonly<Record<string, string>> }> => {
      const { entities, cursor } = await snapshot(reader, "limit=500");
      const families = Map.groupBy([...entities], ([key]) => key.slice(0, key.indexOf("/")));
      return {
        cursor,
        families: Object.fromEntries(
          [...families].map(([name, rows]) => [name, familyDigest(rows.map(([key, { attributes }]) => ({ id: key.slice(name.length + 1), attributes })))]),
        ),
      };
    };
    const tell = async (told: object, client = reader): Promise<HeldAnswer> => HeldAnswer.parse(await client.json("POST", "/api/hub/digest", told));
    const link = async (name: string): Promise<LinkHealth | undefined> =>
      LinksAnswer.parse(await admin.json("GET", "/api/hub/health/links")).links.find((one) => one.name === name);
    const all = { ...(await held()), whole: true };
    await reader.json("GET", `/api/feed?limit=1&after=${all.cursor}`);
    expect((await link(`reader-${unit}`))?.compared).toBeUndefined();
    expect(await tell(all)).toMatchObject({ outcome: "equal", apart: [], behind: 0, families: { kit: { outcome: "equal" } } });
    expect(await link(`reader-${unit}`)).toMatchObject({ state: "ok", compared: { equal: true } });

    // Changed, deleted and new since: at its place it held the same, and does not any more once it says it is here.
    await hub.push(batchOf(unit, [kit(4, {}), kit(5, { id: `gone-${unit}`, attr: "", op: "delete" }), kit(6, { id: `new-${unit}` })]));
    expect(await tell(all)).toMatchObject({ outcome: "equal", behind: 3 });
    const now = await held();
    const stale = await tell({ ...all, cursor: now.cursor });
    expect(stale).toMatchObject({ outcome: "apart", apart: ["kit"], mend: expect.stringContaining("GET /api/snapshot") as string });
    expect(await link(`reader-${unit}`)).toMatchObject({
      state: "broken",
      compared: { equal: false, apart: ["kit"] },
      findings: [{ code: "unequal", why: "kit" }],
    });
    expect(await tell({ cursor: now.cursor, families: { kit: now.families["kit"] } })).toMatchObject({ outcome: "equal" });
    expect(await link(`reader-${unit}`)).toMatchObject({ state: "ok", compared: { equal: true } });

    // What it was before it was erased nobody can say; who has read of it can be compared again.
    await admin.json("POST", "/api/hub/subjects/erase", { entity: "customer", id: `c-${unit}`, key: `e-${unit}` });
    expect(await tell({ ...now, whole: true })).toMatchObject({ outcome: "later", families: { customer: { outcome: "later" }, kit: { outcome: "equal" } } });
    expect(await tell({ ...(await held()), whole: true })).toMatchObject({ outcome: "equal" });

    // Too far behind, and at a place that never was: no comparison, and what was known stays.
    const many = Array.from({ length: 201 }, (_, i) => kit(7 + i, { id: `kit-${unit}-${i}` }));
    for (let i = 0; i < many.length; i += 100) await hub.push(batchOf(unit, many.slice(i, i + 100)));
    expect(await tell({ ...now, whole: true })).toMatchObject({ outcome: "later", families: { kit: { outcome: "later" } } });
    const vector = readCursor(now.cursor);
    if (isRefusal(vector)) throw new Error(vector.rule);
    const never = writeCursor({ ...vector, tickets: { ...vector.tickets, position: 9_999_999 } });
    expect(await tell({ ...now, cursor: never, families: { kit: "0" } })).toMatchObject({
      outcome: "rewound",
      mend: expect.stringContaining("GET /api/feed") as string,
    });
    expect(await link(`reader-${unit}`)).toMatchObject({ compared: { equal: true } });
    expect((await reader.ask("POST", "/api/hub/digest", { ...all, cursor: "nonsense" })).status).toBe(400);

    // Of one unit only what it writes alone; a named consumer only what its filter lets through.
    const other = await newUnit("other");
    await hub.push(batchOf(other, [operationOf(other, 1, { ...person, attr: "name", value: "Works" })], "customers"));
    const scoped = await clientFor("integrator", unit, `scoped-${unit}`);
    const here = await held();
    expect(await tell({ cursor: here.cursor, families: { customer: "0", ship: familyDigest([]) } }, scoped)).toMatchObject({
      outcome: "equal",
      families: { customer: { outcome: "shared" } },
    });
    const name = `named-${unit}`.slice(0, 40);
    await reader.json("POST", "/api/hub/consumers", { name, entities: ["kit"] }, 201);
    const named = { cursor: here.cursor, consumer: name };
    for (const [field, more] of [
      ["families.customer", { families: { customer: "0" } }],
      ["whole", { families: {}, whole: true }],
    ] as const)
      expect(await (await reader.ask("POST", "/api/hub/digest", { ...named, ...more })).json()).toMatchObject({ refused: "malformed", field });
    expect((await crm.ask("POST", "/api/hub/digest", { ...named, families: { kit: "0" } })).status).toBe(404);
    await tell({ ...named, families: { kit: "0" } });
    expect(await link(name)).toMatchObject({ kind: "consumer", compared: { equal: false, apart: ["kit"] } });
    await reader.json("DELETE", `/api/hub/consumers/${name}`);
    await reader.json("POST", "/api/hub/consumers", { name, entities: ["kit"] }, 201);
    expect((await link(name))?.compared).toBeUndefined();
  });

  test("F15 an entity is read as it was at a position and at an instant, with who wrote each attribute", async () => {
    const unit = await newUnit("asof");
    const at = async (asOf = ""): Promise<z.infer<typeof EntityAnswer>> =>
      EntityAnswer.parse(await crm.json("GET", `/api/hub/entities/assignment/ticket-${unit}?asOf=${encodeURIComponent(asOf)}`));
    await hub.push(batchOf(unit, operations(unit, 1, 2)));
    const first = await at();
    expect(first).toMatchObject({ stream: "tickets", version: 2, attributes: { engineer: { value: "engineer-2", actor: "test", origin: originOf(unit) } } });
    const position = first.attributes["engineer"]?.hubSeq ?? 0;
    await hub.push(batchOf(unit, operations(unit, 3, 4)));
    expect((await at()).attributes["engineer"]?.value).toBe("engineer-4");
    expect((await at(String(position))).attributes["engineer"]?.value).toBe("engineer-2");
    expect((await at(String(position - 1))).attributes["engineer"]?.value).toBe("engineer-1");
    expect(await at("2001-01-01T00:00:00Z")).toMatchObject({ version: 0, attributes: {} });
    expect((await at(new Date(Date.now() + 60_000).toISOString())).attributes["engineer"]?.value).toBe("engineer-4");
    expect((await crm.ask("GET", `/api/hub/entities/assignment/ticket-${unit}?asOf=yesterday`)).status).toBe(400);
    expect(await (await crm.ask("GET", "/api/hub/entities/assignment/nothing")).json()).toMatchObject({ refused: "unknown-entity" });
    const stranger = await clientFor("integrator", await newUnit());
    expect((await stranger.ask("GET", `/api/hub/entities/assignment/ticket-${unit}`)).status).toBe(404);
  });
});

describe("subjects", () => {
  test("F16 erasing a subject leaves its values nowhere, every chain whole, and units and consumers hear of it", async () => {
    const unit = await newUnit("person");
    const id = `c-${unit}`;
    const customer = (seq: number, attr: string, value: unknown): ReturnType<typeof operationOf> =>
      operationOf(unit, seq, { stream: "customers", entity: "customer", id, attr, value: value as never });
    const contact = { person: "Ms Zhou", phone: "+86 731 5555 0199" };
    await hub.push(
      batchOf(
        unit,
        [customer(1, "name", "Works"), customer(2, "contact", { person: "old" }), customer(3, "contact", contact), customer(4, "contact", 7)],
        "customers",
      ),
    );
    const before = SubjectAnswer.parse(await admin.json("GET", `/api/hub/subjects/customer/${id}`));
    expect(before).toMatchObject({
      erased: false,
      units: [unit],
      values: [
        { attr: "contact", value: contact, personal: true },
        { attr: "name", personal: false, purposes: [] },
      ],
    });
    expect(before.values[0]?.purposes).toContain("arranging a visit");
    expect([before.sealedLines, before.deadLetters]).toEqual([2, 1]);
    expect((await crm.ask("GET", `/api/hub/subjects/customer/${id}`)).status).toBe(403);

    const load = await hub.load({ origin: originOf(unit), stream: "customers", key: KEY, limit: 256 });
    if (isRefusal(load)) throw new Error(load.rule);
    const erased = EraseAnswer.parse(await admin.json("POST", "/api/hub/subjects/erase", { entity: "customer", id, key: "e-1" }));
    expect(erased).toMatchObject({ stream: "customers", unset: ["contact"] });
    expect(EraseAnswer.parse(await admin.json("POST", "/api/hub/subjects/erase", { entity: "customer", id, key: "e-1" }))).toMatchObject({
      stream: "customers",
    });
    const pulled = await hub.pull({ origin: originOf(unit), stream: "customers", key: KEY, after: load.start, limit: 9 });
    expect(pulled).toMatchObject({ lines: [{ id, attr: "contact", erased: true }] });
    expect(SubjectAnswer.parse(await admin.json("GET", `/api/hub/subjects/customer/${id}`))).toMatchObject({
      erased: true,
      values: [{ attr: "name" }],
      sealedLines: 2,
    });
    const told = (await drain(crm, "")).filter(({ operation }) => operation.id === id);
    expect(told.map(({ operation }) => [operation.attr, operation.value, operation.erased])).toEqual([
      ["name", "Works", undefined],
      ["contact", undefined, true],
      ["contact", undefined, true],
      ["contact", undefined, undefined],
      ["contact", undefined, undefined],
    ]);
    const text = await runInDurableObject(streamObject(env, "customers"), (_, { storage }) =>
      ["log", "entity", "dead"].map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM ${table}`).toArray())).join(),
    );
    for (const trace of ["Zhou", "5555"]) expect(text).not.toContain(trace);
    expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify?stream=customers"))).toMatchObject({ ok: true });
    // What was buried of it can't be tried any more, and what a unit still says of it does not come back.
    const letter = { stream: "customers", origin: originOf(unit), entity: "customer", id };
    expect(await admin.json("POST", "/api/hub/dead/redeliver", letter)).toEqual({ redelivered: 0, left: 0 });
    expect(await hub.push(batchOf(unit, [customer(5, "contact", contact)], "customers"))).toMatchObject({ settled: [{ outcome: "lost", reason: "erased" }] });
  });
});

describe("the audit", () => {
  test("D10 the chain holds over everything that was written, anybody can check it by the lines, and a changed line is found", async () => {
    const unit = await newUnit("audit");
    await hub.push(batchOf(unit, [...operations(unit, 1, 30), operationOf(unit, 31, { entity: "spaceship" })]));
    const verified = VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify"));
    expect([verified.ok, Object.keys(verified.streams).toSorted()]).toEqual([true, [...STREAMS].toSorted()]);
    const head = await ticketsHead();
    expect(verified.streams.tickets).toMatchObject({ ok: true, lines: head, position: head });
    let [before, after] = ["0".repeat(64), 0];
    for (;;) {
      const chain = ChainAnswer.parse(await admin.json("GET", `/api/hub/audit?stream=tickets&after=${after}&limit=1000`));
      for (const line of chain.lines) {
        before = chainHash(before, line);
        expect(line.hash).toBe(before);
        after = line.hubSeq;
      }
      if (chain.lines.length < 1_000) {
        expect(chain.head).toBe(before);
        break;
      }
    }
    const tickets = streamObject(env, "tickets");
    const spoilt = head - 10;
    const swap = (from: string, to: string): Promise<void> =>
      runInDurableObject(
        tickets,
        (_, { storage }) => void storage.sql.exec("UPDATE log SET operation = replace(operation, ?, ?) WHERE hub_seq = ?", from, to, spoilt),
      );
    await swap('"actor":"test"', '"actor":"best"');
    expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify?stream=tickets"))).toMatchObject({
      ok: false,
      streams: { tickets: { ok: false, brokenAt: spoilt } },
    });
    await swap('"actor":"best"', '"actor":"test"');
    expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify"))).toMatchObject({ ok: true });
    const scoped = await clientFor("operations", unit);
    expect((await scoped.ask("GET", "/api/hub/audit?stream=tickets")).status).toBe(403);
  });
});

describe("dead letters over HTTP", () => {
  test("D1 are listed with what was sent, redelivered and discarded; a token of a unit sees its own", async () => {
    const [unit, other] = [await newUnit(), await newUnit()];
    const poison = operationOf(unit, 1, { attr: "acceptedAt", value: "soon" });
    await hub.push(batchOf(unit, [poison, operationOf(unit, 2)]));
    const [mine, theirs] = [await clientFor("operations", unit), await clientFor("operations", other)];
    const { dead } = DeadAnswer.parse(await mine.json("GET", "/api/hub/dead"));
    expect(dead.map(({ seq, reason, operation }) => [seq, reason, operation])).toEqual([
      [1, "breaks-contract: acceptedAt", poison],
      [2, "waits: for seq 1", operationOf(unit, 2)],
    ]);
    expect(DeadAnswer.parse(await theirs.json("GET", "/api/hub/dead")).dead).toEqual([]);
    const letter = { stream: "tickets", origin: originOf(unit), hubSeq: dead[0]?.hubSeq };
    expect((await theirs.ask("POST", "/api/hub/dead/discard", letter)).status).toBe(403);
    expect(
      await mine.json("POST", "/api/hub/dead/redeliver", { stream: "tickets", origin: originOf(unit), entity: "assignment", id: `ticket-${unit}` }),
    ).toEqual({ redelivered: 0, left: 2 });
    expect(await mine.json("POST", "/api/hub/dead/discard", letter)).toEqual({ redelivered: 1, left: 0 });
  });

  test("D1 a gap that a unit declares is a line of its own in the feed, and the stream goes on behind it", async () => {
    const unit = await newUnit("gap");
    await hub.push(batchOf(unit, operations(unit, 1, 2)));
    const gap = { from: 3, to: 9, reason: "forgotten after a backup" };
    // Refused whole: the gap is not told either.
    const before = await ticketsHead();
    expect(await hub.push({ ...batchOf(unit, operations(unit, 11, 12)), gap })).toMatchObject({ refused: "gap" });
    expect(await ticketsHead()).toBe(before);
    expect(await hub.push({ ...batchOf(unit, operations(unit, 10, 11)), gap })).toMatchObject({ through: 11 });
    expect(await hub.push({ ...batchOf(unit, operations(unit, 10, 11)), gap })).toMatchObject({ through: 11 });
    const scoped = await clientFor("integrator", unit);
    expect((await drain(scoped, "")).map(({ operation }) => [operation.entity, operation.seq, operation.reason])).toEqual([
      ["assignment", 1, "test"],
      ["assignment", 2, "test"],
      ["gap", 9, "gap: seq 3 to 9: forgotten after a backup"],
      ["assignment", 10, "test"],
      ["assignment", 11, "test"],
    ]);
  });
});

describe("how a stream stands", () => {
  test("F17 each reader and writer is listed with how far it is, and a unit that is expelled holds up nothing", async () => {
    const unit = await newUnit("stand");
    await hub.push(batchOf(unit, [operationOf(unit, 1, { entity: "ticket", id: `t-${unit}`, attr: "priority", value: "p3" })]));
    const load = await hub.load({ origin: originOf(unit), stream: "tickets", key: KEY, limit: 9 });
    if (isRefusal(load)) throw new Error(load.rule);
    await hub.pull({ origin: originOf(unit), stream: "tickets", key: KEY, after: load.start, limit: 9 });
    for (const n of [1, 2])
      await crm.json("POST", "/api/writes", { key: `s-${unit}-${n}`, entity: "ticket", id: `t-${unit}`, changes: { priority: `p${n}` }, reason: "r" });
    const stand = async (): Promise<z.infer<typeof StreamsAnswer>["streams"][number] | undefined> =>
      StreamsAnswer.parse(await admin.json("GET", "/api/hub/streams")).streams.find(({ stream }) => stream === "tickets");
    const before = await stand();
    expect(before).toMatchObject({ epoch: 1, credit: 500, horizon: 0, position: await ticketsHead() });
    expect(before?.replicas.find((one) => one.unit === unit)).toMatchObject({ lag: 2, expelled: false, oldestAt: expect.any(Number) as number });
    expect(before?.origins.find((one) => one.unit === unit)).toMatchObject({ through: 1, dead: 0 });
    await admin.json("POST", `/api/hub/units/${unit}/expel`);
    expect((await stand())?.replicas.find((one) => one.unit === unit)).toMatchObject({ expelled: true });
    const pull = { origin: originOf(unit), stream: "tickets", key: KEY, after: load.start, limit: 9 } as const;
    const told = await hub.pull(pull);
    expect(told).toMatchObject({ lost: "expired", lines: [] });
    // It is back when it asks from where it was told to go on: the answer could have been lost.
    expect((await stand())?.replicas.find((one) => one.unit === unit)).toMatchObject({ expelled: true });
    if (isRefusal(told)) throw new Error(told.rule);
    expect(await hub.pull({ ...pull, after: told.next })).toMatchObject({ lines: [] });
    expect((await stand())?.replicas.find((one) => one.unit === unit)).toMatchObject({ expelled: false });
  });

  test("D1 near the end of its room a stream gives less and less credit, at the end none: the unit waits and nothing is refused", async () => {
    const unit = await newUnit("full");
    const tickets = streamObject(env, "tickets");
    const head = await ticketsHead();
    // As if so many lines had gone before.
    const pretend = (lines: number): Promise<void> =>
      runInDurableObject(tickets, (object, { storage }) => {
        storage.sql.exec("UPDATE stream SET horizon = ?", head - lines);
        object.reopen();
      });
    try {
      await pretend(LOG_LINES_MAX - 20_000);
      expect(await hub.push(batchOf(unit, operations(unit, 1, 3)))).toMatchObject({ through: 3, credit: 200 });
      await pretend(LOG_LINES_MAX - 2);
      expect(await hub.push(batchOf(unit, operations(unit, 4, 9)))).toMatchObject({ through: 3, dead: [] });
      await pretend(LOG_LINES_MAX + 5);
      const reply = PushReply.parse(await hub.push(batchOf(unit, operations(unit, 4, 9))));
      expect(reply).toMatchObject({ through: 3, credit: 0, dead: [] });
      // A horizon before the first line is none that the hub would tell: it is read here.
      expect(JSON.parse(await tickets.stand())).toMatchObject({ credit: 0, lines: LOG_LINES_MAX + 5 + 3 });
    } finally {
      await pretend(head);
    }
    expect(await hub.push(batchOf(unit, operations(unit, 4, 9)))).toMatchObject({ through: 9, credit: 500 });
  });
});
