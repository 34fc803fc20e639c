/** The real Unit object and its replica in SQLite against the real hub: killed, evicted, cut off and without storage while it takes an answer. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { EntityRecord } from "../contracts/delta/merge.ts";
import { DeviceId } from "../contracts/ids.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { streamObject } from "../hub/shell/feed-reader.ts";
import { type Client, clientFor } from "../hub/shell/fixture/client.ts";
import { lineOf } from "../hub/shell/routes-sync.ts";
import { SITE, verdictAt } from "./fixture/site.ts";
import { PENDING_MAX } from "./shell/unit-tables.ts";
import type { Unit } from "./unit.ts";

let [admin, crm]: [Client | undefined, Client | undefined] = [undefined, undefined];
const by = (client: Client | undefined): Client => {
  if (client === undefined) throw new Error("not before the tests");
  return client;
};
beforeAll(async () => {
  admin = await clientFor("admin");
  crm = await clientFor("integrator");
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Here = {
  readonly name: string;
  readonly id: string;
  readonly stub: () => DurableObjectStub<Unit>;
  /** Writes the customer's name at the unit; a kill may meet it. */
  write(name: string): Promise<unknown>;
  /** Writes it at the hub. */
  tell(name: string): Promise<unknown>;
};
let count = 0;
async function unitHere(kind: string): Promise<Here> {
  const name = `${kind}-${(count += 1)}-${crypto.randomUUID().slice(0, 8)}`;
  const id = `c-${name}`;
  const stub = (): DurableObjectStub<Unit> => env.UNIT.getByName(`default/${name}/unit`);
  const here: Here = {
    name,
    id,
    stub,
    write: (words) => stub().putEntities({ entities: [{ family: "customer", entity: { id, name: words } }] }, "test"),
    tell: (words) => by(crm).json("POST", "/api/writes", { key: crypto.randomUUID(), entity: "customer", id, changes: { name: words }, reason: "corrected" }),
  };
  await stub().create(name, pumpVibration);
  await here.write("first");
  await quiet(here);
  return here;
}
const boardOf = async ({ stub }: Here): Promise<Board> => {
  const board = await stub().board();
  if (isRefusal(board)) throw new Error(board.rule);
  return board as Board;
};
const hubOf = async (here: Here): Promise<Board["hub"]> => (await boardOf(here)).hub;
const quiet = (here: Here): Promise<unknown> =>
  vi.waitFor(async () => expect(await hubOf(here)).toMatchObject({ state: "up", pending: 0 }), { timeout: 20_000, interval: 20 });
/** What the unit works with, its copy of the hub's record, and how far it has heard. */
const kept = (here: Here): Promise<{ readonly name: unknown; readonly base: unknown; readonly cursor: unknown; readonly through: unknown }> =>
  runInDurableObject(here.stub(), (_, { storage }) => {
    const one = (query: string, ...given: string[]): Record<string, SqlStorageValue> => storage.sql.exec(query, ...given).toArray()[0] ?? {};
    const record = EntityRecord.parse(JSON.parse(String(one("SELECT record FROM base WHERE entity = 'customer' AND id = ?", here.id)["record"])));
    return {
      name: (JSON.parse(String(one("SELECT body FROM entity WHERE family = 'customer' AND id = ?", here.id)["body"])) as { readonly name: string }).name,
      base: record.cells["name"]?.value,
      cursor: one("SELECT cursor FROM inbox WHERE stream = 'customers'")["cursor"],
      through: one("SELECT max(through) AS through FROM outbox WHERE stream = 'customers'")["through"],
    };
  });
const atHub = async (here: Here): Promise<unknown> =>
  runInDurableObject(streamObject(env, "customers"), (_, { storage }) => {
    const [row] = storage.sql.exec("SELECT record FROM entity WHERE entity = 'customer' AND id = ?", here.id).toArray();
    return EntityRecord.parse(JSON.parse(String(row?.["record"]))).cells["name"]?.value;
  });
const everywhere = (here: Here, name: string): Promise<unknown> =>
  vi.waitFor(
    async () => {
      expect([await atHub(here), await kept(here)]).toMatchObject([name, { name, base: name }]);
      expect(await hubOf(here)).toMatchObject({ pending: 0 });
    },
    { timeout: 20_000, interval: 50 },
  );
/** The platform ends the object; its storage stays. */
const kill = (here: Here): Promise<unknown> => runInDurableObject(here.stub(), (_, state) => state.abort("killed")).catch(() => null);
const evict = async (here: Here): Promise<void> => {
  // Nobody can be evicted who is not there.
  await here.stub().board();
  await evictDurableObject(here.stub());
};
/** From now on a table can't be written, as when storage fails; or can again. */
const storage = (here: Here, table: string, works: boolean): Promise<unknown> =>
  runInDurableObject(here.stub(), (_, { storage: { sql } }) => {
    for (const when of ["INSERT", "UPDATE"]) {
      sql.exec(`DROP TRIGGER IF EXISTS fails_${table}_${when}`);
      if (!works) sql.exec(`CREATE TRIGGER fails_${table}_${when} BEFORE ${when} ON ${table} BEGIN SELECT RAISE(ABORT, 'storage fails'); END`);
    }
  });

test("U30 what is heard is laid into the record and into the unit's entity, and the cursor moves with them or not at all", async () => {
  const here = await unitHere("heard");
  const before = await kept(here);
  // Each part of the transaction in turn: the copy, the entity, the cursor.
  for (const table of ["base", "entity", "inbox"]) {
    await storage(here, table, false);
    await here.tell(`while ${table} fails`);
    await vi.waitFor(async () => expect(await hubOf(here)).toMatchObject({ state: "down" }), { timeout: 10_000, interval: 20 });
    expect([table, await kept(here)]).toEqual([table, before]);
    await storage(here, table, true);
    await everywhere(here, `while ${table} fails`);
    Object.assign(before, await kept(here));
  }
});

test("U11 U3 a commit that storage refuses leaves neither entity nor operation, and the next goes through", async () => {
  const here = await unitHere("commit");
  for (const table of ["operation", "outbox", "entity"]) {
    await storage(here, table, false);
    const thrown = await runInDurableObject(here.stub(), (unit) =>
      unit.putEntities({ entities: [{ family: "customer", entity: { id: here.id, name: "refused by storage" } }] }, "test").catch(String),
    );
    expect(thrown).toContain("storage fails");
    expect(await kept(here)).toMatchObject({ name: "first", base: "first" });
    await storage(here, table, true);
  }
  await here.write("kept");
  await everywhere(here, "kept");
});

test("U11 killed while a push is under way or its answer is taken, nothing acknowledged is lost, and both sides become equal", async () => {
  const here = await unitHere("killed");
  await storage(here, "base", false);
  await here.write("taken there, not known here");
  // The hub has it; the answer can't be written down.
  await vi.waitFor(async () => expect(await atHub(here)).toBe("taken there, not known here"), { timeout: 10_000, interval: 20 });
  await vi.waitFor(async () => expect((await hubOf(here)).pending).toBeGreaterThan(0));
  await storage(here, "base", true);
  await kill(here);
  await everywhere(here, "taken there, not known here");
  for (let i = 0; i < 6; i++) {
    await here.write(`unit ${i}`);
    await (i % 2 === 0 ? kill(here) : evict(here));
    expect((await kept(here)).name).toBe(`unit ${i}`);
  }
  await everywhere(here, "unit 5");
});

test("U30 killed and evicted while others write, a unit hears all of it once it is there again", async () => {
  const here = await unitHere("hears");
  for (let i = 0; i < 6; i++) {
    await here.tell(`hub ${i}`);
    await (i % 2 === 0 ? kill(here) : evict(here));
  }
  // Whoever is opened again asks.
  await everywhere(here, "hub 5");
  const receipt = (await hubOf(here)).receipt;
  expect(receipt === undefined || receipt.equal).toBe(true);
});

test("U32 when the connection of a unit elsewhere is cut while nothing is asked, it is there again at once, both sides are compared, and it is nudged again", async () => {
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => exports.default.fetch(new Request(input, init)));
  const here = await unitHere("elsewhere");
  const { secret } = await clientFor("unit", here.name);
  await here.stub().joinHub({ url: "http://hub", token: secret });
  const open = (): Promise<number> =>
    runInDurableObject(lineOf(env, here.name), (_, state) => state.getWebSockets().filter((one) => one.readyState === WebSocket.OPEN).length);
  await vi.waitFor(async () => expect(await open()).toBe(1), { timeout: 10_000, interval: 20 });
  await quiet(here);
  await runInDurableObject(lineOf(env, here.name), (_, state) => {
    for (const one of state.getWebSockets()) one.close(1012, "restarts");
  });
  // Nobody writes anything, and it does not wait for its next look, a minute later.
  await vi.waitFor(async () => expect(await open()).toBe(1), { timeout: 5_000, interval: 20 });
  await quiet(here);
  await here.tell("nudged");
  await everywhere(here, "nudged");
  expect(await hubOf(here)).toMatchObject({ state: "up", receipt: { equal: true, lost: 0 } });
});

test("U43 what others wrote so that the unit can't read it stays as it was here, is named on the board, and is told to the hub until it can", async () => {
  const here = await unitHere("unread");
  const damage = (value: unknown): Promise<unknown> =>
    runInDurableObject(streamObject(env, "customers"), (_, { storage: { sql } }) => {
      const [row] = sql.exec("SELECT record FROM entity WHERE entity = 'customer' AND id = ?", here.id).toArray();
      const record = EntityRecord.parse(JSON.parse(String(row?.["record"])));
      const cells = { ...record.cells, name: { ...record.cells["name"], value } };
      sql.exec("UPDATE entity SET record = ? WHERE entity = 'customer' AND id = ?", JSON.stringify({ ...record, cells }), here.id);
    });
  // A newer release at another unit may write what this one does not know.
  await damage({ given: "in another form" });
  await runInDurableObject(here.stub(), (_, { storage: { sql } }) => void sql.exec("UPDATE inbox SET repair = 'load', loaded = '' WHERE stream = 'customers'"));
  await here.stub().nudge("customers");
  await vi.waitFor(async () => expect(await hubOf(here)).toMatchObject({ unread: { count: 1, first: [{ family: "customer", id: here.id, attr: "name" }] } }), {
    timeout: 10_000,
    interval: 20,
  });
  expect((await kept(here)).name).toBe("first");
  // A note is due every quarter of an hour.
  await runInDurableObject(here.stub(), (_, { storage: { sql } }) => void sql.exec("DELETE FROM meta WHERE key = 'noted'"));
  await here.stub().nudge("customers");
  await vi.waitFor(
    async () =>
      expect(await by(admin).json("GET", `/api/hub/quarantine?unit=${here.name}`)).toMatchObject({
        unknown: [{ subject: "customer", field: "name (unread)", count: 1 }],
      }),
    { timeout: 10_000, interval: 50 },
  );
  await here.tell("readable");
  await everywhere(here, "readable");
  expect(await hubOf(here)).not.toHaveProperty("unread");
});

test("U42 more than a unit takes on waits for the hub: imports are refused and the board says so; verdicts and people go on", async () => {
  const here = await unitHere("full");
  await here.stub().putEntities(SITE, "test");
  await quiet(here);
  await here.stub().drill(600_000);
  await runInDurableObject(here.stub(), (_, { storage: { sql } }) => void sql.exec("UPDATE outbox SET last = last + ? WHERE stream = 'people'", PENDING_MAX));
  expect(await here.write("one more")).toMatchObject({ refused: "quota-exceeded", rule: expect.stringContaining("PENDING_MAX") });
  expect(await here.stub().addDevice({ device: DeviceId.parse("d-more") }, "test")).toMatchObject({ refused: "quota-exceeded" });
  expect(await here.stub().applyVerdicts({ unit: here.name, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] })).toEqual({ through: 1 });
  const board = await boardOf(here);
  expect([board.tickets.length, board.hub.full, board.hub.oldestPendingAt !== undefined]).toEqual([1, true, true]);
});

test("F16 U30 who was erased is erased at the unit: in its entity, its copy, what waits, and with the key", async () => {
  const here = await unitHere("erased");
  await here.stub().putEntities({ entities: [{ family: "customer", entity: { id: here.id, name: "first", contact: { person: "Ms Gone" } } }] }, "test");
  await quiet(here);
  await by(admin).json("POST", "/api/hub/subjects/erase", { entity: "customer", id: here.id, key: here.id });
  await vi.waitFor(
    () =>
      runInDurableObject(here.stub(), (_, { storage: { sql } }) => {
        const text = ["entity", "base", "operation", "subject_key"].map((table) => JSON.stringify(sql.exec(`SELECT * FROM ${table}`).toArray())).join("\n");
        expect([text.includes("Ms Gone"), sql.exec("SELECT key FROM subject_key WHERE subject = ?", `customer/${here.id}`).toArray()]).toEqual([
          false,
          [{ key: null }],
        ]);
      }),
    { timeout: 10_000, interval: 20 },
  );
});
