/** Replicas, as units keep them, against the real hub: over its entry point, with its objects killed, restored and put back. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { FeedPage, type FeedItem, type StreamName } from "../contracts/delta/operation.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { STREAMS } from "./feed/cursor.ts";
import { familyDigest } from "./feed/value-digest.ts";
import { DigestAnswer, type RestoreAnswer, SubjectAnswer, VerifyAnswer } from "./feed/view.ts";
import { KEY } from "./merge/fixture/unit.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";
import { type Replica, replicaOf } from "./sim/fixture/replica.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { nudge } from "./shell/nudge.ts";

const hub = exports.HubRpc;
let admin: Client;
let crm: Client;
beforeAll(async () => {
  admin = await clientFor("admin");
  crm = await clientFor("integrator");
});

/** A stub's methods can't be picked off it. */
const plain: Parameters<Replica["talk"]>[0] = {
  register: (registration) => hub.register(registration),
  push: (batch) => hub.push(batch),
  pull: (ask) => hub.pull(ask),
  load: (ask) => hub.load(ask),
  digest: (ask) => hub.digest(ask),
  rows: (ask) => hub.rows(ask),
};
let count = 0;
const newReplica = (): Replica => replicaOf(`sync-${(count += 1)}-${crypto.randomUUID().slice(0, 8)}`);
const ticket = (replica: Replica, n: number, more: Readonly<Record<string, string>> = {}): void =>
  void replica.commit("ticket", `t-${n}-${replica.name}`, { id: `t-${n}-${replica.name}`, state: "open", faultMode: "bearing", ...more });
const customer = (replica: Replica, id: string, name: string): void => void replica.commit("customer", id, { id, name });
/** Quiet and connected means equal. */
const expectEqual = async (replica: Replica, streams: readonly StreamName[] = STREAMS): Promise<void> => {
  expect(replica.pending()).toBe(0);
  for (const stream of streams) {
    const answer = await hub.digest({ origin: replica.origin, stream, key: KEY });
    if (isRefusal(answer)) throw new Error(answer.rule);
    expect([stream, replica.digests(stream)]).toEqual([stream, answer.digests]);
  }
};
const seqsOf = async (replica: Replica): Promise<readonly number[]> => {
  const scoped = await clientFor("integrator", replica.name);
  return (await drain(scoped, ""))
    .filter(({ stream, operation }) => stream === "tickets" && operation.origin === replica.origin)
    .map(({ operation }) => operation.seq);
};
const drain = async (client: Client, after: string): Promise<readonly FeedItem[]> => {
  const items: FeedItem[] = [];
  for (let cursor = after; ;) {
    const page = FeedPage.parse(await client.json("GET", `/api/feed?limit=500&after=${cursor}`));
    items.push(...page.items);
    if (page.items.length === 0 && page.rewound === undefined) return items;
    cursor = page.next;
  }
};
type Entity = { readonly entity: string; readonly id: string; readonly attributes: Readonly<Record<string, unknown>> };
/** What somebody holds who applied items one after another. */
const applied = (items: readonly FeedItem[]): readonly Entity[] => {
  const held = new Map<string, Entity>();
  for (const { operation } of items) {
    const { entity, id, attr, op, outcome, value } = operation;
    if (outcome !== "applied") continue;
    const { [attr]: _, ...others } = held.get(`${entity}/${id}`)?.attributes ?? {};
    if (op === "delete") held.delete(`${entity}/${id}`);
    else held.set(`${entity}/${id}`, { entity, id, attributes: value === undefined ? others : { ...others, [attr]: value } });
  }
  return [...held.values()];
};
const epochOf = (stream: StreamName): Promise<number> => runInDurableObject(streamObject(env, stream), (object) => object.head().epoch);
const oneTo = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1);

describe("units and the hub", () => {
  test("D5 D6 what two units and the hub write of one customer is one value everywhere", async () => {
    const [north, south] = [newReplica(), newReplica()];
    const id = `c-${north.name}`;
    customer(north, id, "from the north");
    ticket(north, 1);
    await north.talk(hub);
    customer(south, id, "from the south");
    await south.talk(hub);
    await crm.json("POST", "/api/writes", { key: `k-${id}`, entity: "customer", id, changes: { name: "from the hub" }, reason: "corrected" });
    await crm.json("POST", "/api/writes", {
      key: `p-${id}`,
      entity: "ticket",
      id: `t-1-${north.name}`,
      changes: { priority: "p1", hold: { reason: "paid late" } },
      reason: "CRM",
    });
    for (const replica of [north, south, north]) await replica.talk(hub);
    for (const replica of [north, south]) {
      expect(replica.heard("customer", id)).toEqual({ id, name: "from the hub" });
      await expectEqual(replica);
    }
    expect(north.heard("ticket", `t-1-${north.name}`)).toMatchObject({ state: "open", priority: "p1", hold: { reason: "paid late" } });
    expect(south.heard("ticket", `t-1-${north.name}`)).toBeNull();
    // Each goes on from what it heard: nobody writes over what he did not see.
    customer(south, id, "renamed");
    await south.talk(hub);
    await north.talk(hub);
    expect([north.heard("customer", id), south.heard("customer", id)]).toEqual([
      { id, name: "renamed" },
      { id, name: "renamed" },
    ]);
  });

  test("D5 those that others' writes concern are told of them, and nobody else; whoever can't be told looks for himself", async () => {
    const [north, south, other] = [newReplica(), newReplica(), newReplica()];
    const id = `c-${north.name}`;
    for (const replica of [north, south]) {
      customer(replica, id, replica.name);
      await replica.talk(hub);
    }
    customer(other, `c-${other.name}`, "elsewhere");
    await other.talk(hub);
    const [operation] = south.commit("customer", id, { id, name: "again" });
    if (operation === undefined) throw new Error("a change makes an operation");
    const { answer, told } = await streamObject(env, "customers").push({ origin: south.origin, stream: "customers", key: KEY, operations: [operation] });
    expect([isRefusal(answer), told]).toEqual([false, [north.name]]);
    const write = { key: `t-${id}`, entity: "customer", id, changes: { name: "the hub" }, reason: "r", actor: "crm" };
    const own = await streamObject(env, "customers").writeOwn(JSON.stringify(write));
    expect([...own.told].toSorted()).toEqual([north.name, south.name].toSorted());
    const heard: string[] = [];
    const edge = {
      async nudge(unit: string, stream: string) {
        if (unit === south.name) throw new Error("away");
        heard.push(`${unit} ${stream}`);
      },
    };
    await nudge({ ...env, EDGE: edge as never }, own.told, "customers");
    expect(heard).toEqual([`${north.name} customers`]);
  });

  test("D8 a unit that comes new loads what it sees, and goes on from where it was loaded", async () => {
    const old = newReplica();
    for (const n of oneTo(5)) customer(old, `c-${n}-${old.name}`, `Customer ${n}`);
    await old.talk(hub);
    const fresh = newReplica();
    await fresh.talk(hub);
    for (const n of [1, 2])
      await crm.json("POST", "/api/writes", {
        key: `u-${n}-${fresh.name}`,
        entity: "customer",
        id: `c-${n}-${old.name}`,
        changes: { name: `Seen ${n}` },
        units: [fresh.name],
        reason: "shared",
      });
    await fresh.talk(hub);
    expect([1, 2, 3].map((n) => fresh.heard("customer", `c-${n}-${old.name}`)?.["name"])).toEqual(["Seen 1", "Seen 2", undefined]);
    await old.talk(hub);
    await expectEqual(old);
    await expectEqual(fresh);
  });

  test("D1 D2 whatever dies between a push and its answer, each operation is there once and in order", async () => {
    const replica = newReplica();
    await replica.talk(hub);
    // A stub does not outlive its object's death.
    const tickets = (): ReturnType<typeof streamObject> => streamObject(env, "tickets");
    let calls = 0;
    // Each second call finds the object killed: before it took the push, or after it and before the answer.
    const deadly: Parameters<Replica["talk"]>[0] = {
      ...plain,
      async push(batch) {
        calls += 1;
        if (calls % 4 === 1) await kill("before");
        const answer = await hub.push(batch);
        if (calls % 4 === 3) await kill("after");
        return answer;
      },
    };
    const kill = (when: string): Promise<never> =>
      runInDurableObject(tickets(), async (_, state) => {
        await state.storage.sync();
        state.abort(`killed ${when}`);
      }).then(
        () => Promise.reject(new Error(`killed ${when}`)),
        (error: unknown) => Promise.reject(error instanceof Error ? error : new Error(String(error))),
      );
    let failures = 0;
    for (let n = 1; n <= 12; n++) {
      ticket(replica, n);
      ticket(replica, n, { faultMode: "seal" });
      await replica.talk(deadly, ["tickets"]).catch(() => (failures += 1));
      await tickets().head();
      if (n % 5 === 0) await evictDurableObject(tickets());
    }
    await replica.talk(hub);
    expect([failures, calls]).toEqual([6, 12]);
    expect(await seqsOf(replica)).toEqual(oneTo(12 * 4));
    await expectEqual(replica);
  });

  test("D2 a storage that fails in the middle of a write leaves nothing of it, wherever it fails", async () => {
    const replica = newReplica();
    ticket(replica, 1);
    await replica.talk(hub);
    const tickets = streamObject(env, "tickets");
    const state = (): Promise<unknown> =>
      runInDurableObject(tickets, (_, { storage }) =>
        ["stream", "origin", "entity", "member", "log", "audience", "replica", "dead", "subject_key", "taken"].map((table) =>
          storage.sql.exec(`SELECT * FROM ${table}`).toArray(),
        ),
      );
    let next = 1;
    for (const [table, event] of [
      ["log", "INSERT"],
      ["entity", "INSERT"],
      ["entity", "UPDATE"],
      ["member", "INSERT"],
      ["stream", "UPDATE"],
      ["origin", "UPDATE"],
    ] as const) {
      await runInDurableObject(
        tickets,
        (_, { storage }) => void storage.sql.exec(`CREATE TRIGGER cut BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'disk'); END`),
      );
      const before = await state();
      ticket(replica, 1, { faultMode: `${table}-${event}`.toLowerCase() });
      ticket(replica, (next += 1));
      const talked = replica.talk(hub, ["tickets"]);
      expect([
        table,
        event,
        await talked.then(
          () => "talked",
          () => "failed",
        ),
      ]).toEqual([table, event, "failed"]);
      expect(await state()).toEqual(before);
      const write = { key: `w-${table}-${event}-${replica.name}`, entity: "ticket", id: `t-1-${replica.name}`, changes: { priority: "p1" }, reason: "CRM" };
      if (table !== "member" && !(table === "entity" && event === "INSERT")) {
        expect((await crm.ask("POST", "/api/writes", write).catch(() => new Response(null, { status: 503 }))).status).toBe(503);
        expect(await state()).toEqual(before);
      }
      await runInDurableObject(tickets, (_, { storage }) => void storage.sql.exec("DROP TRIGGER cut"));
      await replica.talk(hub);
      await expectEqual(replica, ["tickets"]);
    }
  });
});

describe("restores", () => {
  test("F18 D2 D10 a hub put back from a backup begins an epoch; units offer again what it lacks, consumers are led back, what was erased stays so", async () => {
    const [north, south] = [newReplica(), newReplica()];
    const shared = `c-${north.name}`;
    const forgotten = `f-${north.name}`;
    for (const n of oneTo(10)) ticket(north, n);
    customer(north, shared, "Works");
    north.commit("customer", forgotten, { id: forgotten, name: "Forgotten Ltd", contact: { person: "Mr Deng" } });
    customer(south, shared, "Works");
    for (const replica of [north, south]) await replica.talk(hub);
    const cursor = FeedPage.parse(await crm.json("GET", "/api/feed?limit=500")).next;
    const read = await drain(crm, cursor);
    const place = read.at(-1)?.cursor ?? cursor;

    const copy = await (await admin.ask("GET", "/api/hub/backup")).text();
    const lines = copy.trimEnd().split("\n");
    const [head] = lines;
    const { marks } = JSON.parse(head ?? "") as { readonly marks: object };
    expect(await admin.json("POST", "/api/hub/backups/confirm", { marks })).toMatchObject({ stable: { tickets: expect.any(Number) as number } });

    // An hour of traffic that the copy does not have.
    for (const n of oneTo(10)) ticket(north, n, { faultMode: "seal" });
    for (const n of oneTo(5)) ticket(north, 10 + n);
    customer(south, shared, "Works, renamed");
    for (const replica of [north, south, north]) await replica.talk(hub);
    await crm.json("POST", "/api/writes", { key: `lost-${shared}`, entity: "customer", id: shared, changes: { name: "Written back" }, reason: "CRM" });
    await admin.json("POST", "/api/hub/subjects/erase", { entity: "customer", id: forgotten, key: `e-${forgotten}` });
    for (const replica of [north, south]) await replica.talk(hub);
    const seen = await drain(crm, "");
    const later = (await drain(crm, place)).at(-1)?.cursor ?? place;
    const before = await epochOf("tickets");

    // A backup that was cut changes nothing, nor does another tenant's.
    for (const broken of [
      lines.slice(0, -1).join("\n"),
      lines.slice(1).join("\n"),
      copy.replace('"tenant":"default"', '"tenant":"other"'),
      `${copy}${copy}`,
      "nonsense",
    ])
      expect((await admin.ask("POST", "/api/hub/restore", broken)).status).toBeGreaterThanOrEqual(400);
    expect(await epochOf("tickets")).toBe(before);

    const restored = await admin.json<RestoreAnswer>("POST", "/api/hub/restore", copy);
    expect(restored.streams.tickets?.epoch).toBe(before + 1);
    expect((await crm.json<FeedPage>("GET", `/api/feed?after=${later}`)).rewound).toBe("restored");
    for (const replica of [south, north, south, north]) await replica.talk(hub);
    for (const replica of [north, south]) await expectEqual(replica);
    for (const n of oneTo(15)) expect(north.heard("ticket", `t-${n}-${north.name}`)).toMatchObject({ faultMode: n <= 10 ? "seal" : "bearing" });
    expect(south.heard("customer", shared)).toMatchObject({ id: shared });
    // The write-back was the hub's own: its writer offers it again, under the same key.
    const write = { key: `lost-${shared}`, entity: "customer", id: shared, changes: { name: "Written back" }, reason: "CRM" };
    expect(await crm.json("POST", "/api/writes", write)).toMatchObject({ epoch: before + 1, results: [{ outcome: "applied" }] });
    expect(await crm.json("POST", "/api/writes", write)).toMatchObject({ epoch: before + 1 });
    for (const replica of [south, north]) await replica.talk(hub);
    expect([north, south].map((replica) => replica.heard("customer", shared)?.["name"])).toEqual(["Written back", "Written back"]);
    for (const replica of [north, south]) await expectEqual(replica);

    const subject = SubjectAnswer.parse(await admin.json("GET", `/api/hub/subjects/customer/${forgotten}`));
    expect([subject.erased, subject.values.map(({ attr }) => attr)]).toEqual([true, ["id", "name"]]);
    expect(north.heard("customer", forgotten)).toEqual({ id: forgotten, name: "Forgotten Ltd" });
    expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify")).ok).toBe(true);
    // A consumer that goes on from where it was led holds what the hub holds.
    const { streams } = DigestAnswer.parse(await crm.json("GET", "/api/hub/digest"));
    const held = applied([...seen, ...(await drain(crm, later))]);
    for (const [family, stream] of [
      ["ticket", "tickets"],
      ["customer", "customers"],
    ] as const)
      expect([family, familyDigest(held.filter(({ entity }) => entity === family))]).toEqual([family, streams[stream].families[family]?.digest]);
    expect(held.find(({ id }) => id === shared)?.attributes).toMatchObject({ name: "Written back" });
    // A second copy of the first backup: an epoch that was never used, again.
    expect((await admin.json<RestoreAnswer>("POST", "/api/hub/restore", copy)).streams.tickets?.epoch).toBe(before + 2);
    for (const replica of [north, south, north]) await replica.talk(hub);
    for (const replica of [north, south]) await expectEqual(replica);
    expect(north.heard("ticket", `t-15-${north.name}`)).not.toBeNull();
  });

  test("D2 a storage that is put back without a word is found out by the first unit that was told more, and converges", async () => {
    const [north, south] = [newReplica(), newReplica()];
    for (const n of oneTo(6)) ticket(north, n);
    ticket(south, 1);
    for (const replica of [north, south]) await replica.talk(hub);
    const tables = ["stream", "origin", "form", "entity", "member", "log", "audience", "replica", "dead", "subject_key", "taken"];
    const tickets = streamObject(env, "tickets");
    const kept = await runInDurableObject(tickets, (_, { storage }) =>
      tables.map((table) => [table, storage.sql.exec(`SELECT * FROM ${table}`).toArray()] as const),
    );
    const before = await epochOf("tickets");
    for (const n of oneTo(6)) ticket(north, n, { faultMode: "seal" });
    await north.talk(hub);
    for (const n of [7, 8]) ticket(north, n);
    await north.talk(hub);
    await runInDurableObject(tickets, (object, { storage }) => {
      storage.transactionSync(() => {
        for (const [table, rows] of kept) {
          storage.sql.exec(`DELETE FROM ${table}`);
          for (const row of rows) {
            const names = Object.keys(row);
            storage.sql.exec(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`, ...Object.values(row));
          }
        }
      });
      object.reopen();
    });
    // Another unit has written meanwhile: the numbers that were given out mean something else now.
    for (const n of oneTo(9)) ticket(south, n, { faultMode: "impeller" });
    await south.talk(hub);
    ticket(north, 9);
    for (const replica of [north, south, north, south]) await replica.talk(hub);
    expect(await epochOf("tickets")).toBeGreaterThan(before);
    for (const replica of [north, south]) await expectEqual(replica, ["tickets"]);
    for (const n of oneTo(9)) expect([n, north.heard("ticket", `t-${n}-${north.name}`)?.["faultMode"]]).toEqual([n, n <= 6 ? "seal" : "bearing"]);
    expect(DigestAnswer.parse(await crm.json("GET", "/api/hub/digest")).streams.tickets.epoch).toBe(await epochOf("tickets"));
    expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify?stream=tickets")).ok).toBe(true);
  });
});
