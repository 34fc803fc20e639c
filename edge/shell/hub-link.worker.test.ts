import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { expect, test } from "vitest";
import type { Operation } from "../../contracts/delta/operation.ts";
import type { PushBatch, PushReply } from "../../contracts/delta/sync.ts";
import { NOTHING } from "../../contracts/effect.ts";
import type { Heard, HeardAsk, HubForUnit } from "../../contracts/rpc.ts";
import type { Receipt } from "../../contracts/receipt.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { Customer } from "../../contracts/customer.ts";
import { commit } from "./commit.ts";
import { sqliteEntities } from "./entities.ts";
import { hubLink, type HubLink } from "./hub-link.ts";
import { hubPort, type HubPort } from "./hub-port.ts";
import migrations from "./migrations/unit/migrations.js";
import { sqliteReplica } from "./replica-store.ts";
import { keepReceipt } from "./unit-receipts.ts";
import { countPending, readMeta, type Db } from "./unit-tables.ts";

type Fake = {
  readonly hub: HubForUnit;
  readonly taken: Operation[];
  /** What it was asked, but for what every stream asks when it begins. */
  readonly asked: ("register" | "push" | "heard")[];
  /** What the unit said of itself. */
  readonly words: Pick<HeardAsk, "verified" | "receipt">[];
  answer: "yes" | "away" | "lost answer" | "stands still" | Refusal;
  /** What the slowest consumer has of `customers`, the one stream that is written here; null: nobody has asked. */
  confirmed: number | null;
};

/** A hub that keeps what it takes by (stream, seq), may be away, and may take a batch and lose its answer. */
function fakeHub(): Fake {
  const fake: Fake = {
    answer: "yes",
    confirmed: null,
    words: [],
    taken: [],
    asked: [],
    hub: {
      pull: async (ask) => here({ epoch: 1, lines: [], next: ask.after, more: false, collected: 0 }),
      load: async () => here({ epoch: 1, rows: [], next: null, start: "start" }),
      digest: async () => here({ epoch: 1, position: 0, cursor: "start", digests: {} }),
      rows: async () => here({ epoch: 1, position: 0, rows: [] }),
      note: async () => here({ noted: true }),
      models: async () => here({ releases: [] }),
      blob: async () => refuse("unknown-model", "a model", "none is here"),
      register: async () => {
        fake.asked.push("register");
        if (fake.answer === "away") throw new Error("Network connection lost.");
        return typeof fake.answer === "object" ? fake.answer : { epoch: 1 };
      },
      push: async (batch: PushBatch): Promise<PushReply | Refusal> => {
        fake.asked.push("push");
        if (fake.answer === "away") throw new Error("Network connection lost.");
        if (typeof fake.answer === "object") return fake.answer;
        for (const o of batch.operations) if (!fake.taken.some((t) => t.stream === o.stream && t.seq === o.seq)) fake.taken.push(o);
        if (fake.answer === "lost answer") throw new Error("Network connection lost.");
        const through = fake.answer === "stands still" ? (batch.operations[0]?.seq ?? 1) - 1 : (batch.operations.at(-1)?.seq ?? 0);
        const versions = batch.operations.map((_, i) => i + 1);
        return { epoch: 1, through: batch.operations.length === 0 ? (batch.acknowledged ?? 0) : through, receivedAt: 1, dead: [], versions };
      },
      heard: async ({ verified, receipt }: HeardAsk): Promise<Heard | Refusal> => {
        fake.asked.push("heard");
        if (verified !== undefined) fake.words.push({ verified, receipt });
        if (fake.answer === "away") throw new Error("Network connection lost.");
        if (typeof fake.answer === "object") return fake.answer;
        const next = fake.taken.find((o) => o.seq > (fake.confirmed ?? 0));
        return {
          consumers: fake.confirmed === null ? 0 : 1,
          through: { tickets: 0, assets: 0, customers: fake.confirmed ?? 0, people: 0 },
          ...(next === undefined ? {} : { oldestAt: next.at }),
        };
      },
    },
  };
  const here = <T>(reply: T): T => {
    if (fake.answer === "away") throw new Error("Network connection lost.");
    return reply;
  };
  return fake;
}

async function onLine(
  name: string,
  body: (line: {
    readonly receipts: readonly Receipt[];
    readonly db: Db;
    readonly fake: Fake;
    readonly link: HubLink;
    readonly port: HubPort;
    readonly open: () => HubLink;
    readonly write: (n: number) => void;
    readonly pass: (ms: number) => number;
  }) => Promise<void>,
): Promise<void> {
  await runInDurableObject(env.UNIT.getByName(`default/${name}/unit`), async (_, state) => {
    const db = drizzle(state.storage);
    await migrate(db, migrations);
    const fake = fakeHub();
    let clock = 1_000;
    let ids = 0;
    const origin = `${name}@1` as never;
    const receipts: Receipt[] = [];
    const port = hubPort({ HUB: fake.hub });
    const replica = sqliteReplica(db, (count) => crypto.getRandomValues(new Uint8Array(count)));
    const open = (): HubLink =>
      hubLink({
        db,
        replica,
        hub: port.background,
        origin: () => origin,
        heard: () => undefined,
        reborn: () => undefined,
        transact: (run) => state.storage.transactionSync(run),
        now: () => (clock += 1),
        chance: () => 0,
        onChange: () => {},
        onReceipt: (receipt) => {
          receipts.push(receipt);
          keepReceipt(db, receipt);
        },
        registration: () => ({ tenant: "default", unit: name, incarnation: "1", key: "k".repeat(22), contracts: [] }),
      });
    const link = open();
    const entities = sqliteEntities(db);
    const ledger = { db, entities, replica, origin: () => origin, syncs: true, rules: "r", decisionsMax: 100, newId: () => `id-${(ids += 1)}` };
    const write = (n: number): void => {
      const after = Customer.parse({ id: "own", name: `Works ${n}` });
      state.storage.transactionSync(() =>
        commit(ledger, { ...NOTHING, changes: [{ family: "customer", id: "own", after }] }, { actor: "test", reason: "test", now: clock, hubCalls: 0 }),
      );
    };
    await body({ receipts, db, fake, link, port, open, write, pass: (ms) => (clock += ms) });
  });
}

const seqs = (fake: Fake): readonly number[] => fake.taken.map((o) => o.seq);

test("U11 what is written while the hub is away waits, and arrives once, in order, when it is back", () =>
  onLine("away", async ({ db, fake, link, write }) => {
    fake.answer = "away";
    write(1);
    const retryAt = await link.drain();
    expect(retryAt).toBeGreaterThan(0);
    expect(link.state().state).toBe("down");
    write(2);
    write(3);
    expect(countPending(db).pending).toBeGreaterThan(2);
    fake.answer = "yes";
    await link.drain();
    expect(countPending(db)).toEqual({ pending: 0, oldestAt: null });
    expect(seqs(fake)).toEqual(fake.taken.map((_, i) => i + 1));
    expect(link.state().state).toBe("up");
  }));

test("U11 an answer that is lost sends the batch again, and the outbox keeps it until then", () =>
  onLine("lost", async ({ db, fake, link, write }) => {
    write(1);
    fake.answer = "lost answer";
    await link.drain();
    expect(countPending(db).pending).toBeGreaterThan(0);
    fake.answer = "yes";
    await link.drain();
    expect(countPending(db).pending).toBe(0);
    expect(seqs(fake)).toEqual(fake.taken.map((_, i) => i + 1));
  }));

test("U11 a hub that does not know the unit any more is registered at again", () =>
  onLine("forgotten", async ({ db, fake, link, port, write }) => {
    await link.drain();
    expect(readMeta(db, "registered")).toMatch(/^forgotten@1 [0-9a-f]{16}$/);
    write(1);
    fake.answer = refuse("unknown-origin", "not registered", "register");
    fake.asked.length = 0;
    expect(await link.drain()).toBeGreaterThan(0);
    fake.answer = "yes";
    await link.drain();
    expect([countPending(db).pending, fake.asked, port.calls("path")]).toEqual([0, ["push", "register", "push", "heard"], 0]);
  }));

test("U11 what is written while a push is under way is sent by the same drain", () =>
  onLine("busy", async ({ db, fake, link, write }) => {
    write(1);
    const first = link.drain();
    write(2);
    expect(await link.drain()).toBeNull();
    await first;
    expect(countPending(db).pending).toBe(0);
    expect(seqs(fake)).toEqual(fake.taken.map((_, i) => i + 1));
  }));

test("U11 an answer that stands still is a failure: it is tried again later, not at once", () =>
  onLine("still", async ({ db, fake, link, write }) => {
    write(1);
    fake.answer = "stands still";
    expect(await link.drain()).toBeGreaterThan(0);
    expect([link.state().state, fake.asked]).toEqual(["down", ["register", "push"]]);
    expect(link.state().why).toContain("stands still at customers 0");
    const pending = countPending(db).pending;
    fake.answer = "yes";
    await link.drain();
    expect([pending > 0, countPending(db).pending, link.state().state]).toEqual([true, 0, "up"]);
  }));

test("U18 after a push the hub is asked how far the CRM is, later each time while it is behind, and no more once it has all", () =>
  onLine("crm", async ({ db, fake, link, write, pass }) => {
    /** Seconds until it wants to come again, "poll" when only to look for itself; and what it asked. */
    const come = async (): Promise<readonly [number | "poll", readonly string[]]> => {
      const now = pass(0);
      fake.asked.length = 0;
      const seconds = Math.round(((await link.drain()) ?? now) / 1_000 - now / 1_000);
      return [seconds > 5 ? "poll" : seconds, [...fake.asked]];
    };
    expect(await come()).toEqual(["poll", ["register"]]);
    write(1);
    const total = countPending(db).pending;
    // One push; the CRM gets a second.
    expect(await come()).toEqual([1, ["push"]]);
    expect(link.state().crm).toBeNull();
    // What comes before that asks nothing.
    expect(await come()).toEqual([1, []]);
    pass(1_000);
    expect(await come()).toEqual([1, ["heard"]]);
    expect(link.state().crm).toEqual({ consumers: 0, behind: total, oldestAt: fake.taken[0]?.at });
    fake.confirmed = 1;
    for (const next of [2, 4, 5, 5]) {
      pass(10_000);
      expect(await come()).toEqual([next, ["heard"]]);
    }
    expect(link.state().crm).toEqual({ consumers: 1, behind: total - 1, oldestAt: fake.taken[1]?.at });
    fake.confirmed = total;
    pass(10_000);
    expect(await come()).toEqual(["poll", ["heard"]]);
    expect(link.state().crm).toEqual({ consumers: 1, behind: 0, oldestAt: null });
    pass(100_000);
    expect(await come()).toEqual(["poll", []]);
  }));

test("U18 while the hub is away nobody is asked about the CRM, and a unit that was opened again asks once", () =>
  onLine("crm-away", async ({ fake, link, open, write, pass }) => {
    write(1);
    await link.drain();
    fake.answer = "away";
    write(2);
    pass(10_000);
    fake.asked.length = 0;
    await link.drain();
    expect([fake.asked, link.state().state, link.state().crm]).toEqual([["push"], "down", null]);
    fake.answer = "yes";
    await link.drain();
    const behind = fake.taken.length;
    expect(link.state()).toMatchObject({ state: "up", crm: { consumers: 0, behind } });
    const again = open();
    expect(again.state().crm).toBeNull();
    await again.drain();
    expect(again.state().crm).toMatchObject({ consumers: 0, behind });
  }));

test("U31 when the hub is back after an absence both sides are compared, and a receipt says what it took", () =>
  onLine("receipt", async ({ receipts, db, fake, link, write, pass }) => {
    await link.drain();
    fake.answer = "away";
    write(1);
    await link.drain();
    write(2);
    pass(60_000);
    fake.answer = "yes";
    const pending = countPending(db).pending;
    await link.drain();
    expect(receipts).toMatchObject([{ unit: "receipt", drill: false, operations: pending, conflictCount: 0, dead: 0, lost: 0 }]);
    const [receipt] = receipts;
    expect((receipt?.backAt ?? 0) - (receipt?.awayAt ?? 0)).toBeGreaterThanOrEqual(60_000);
    await link.drain();
    expect(receipts).toHaveLength(1);
  }));

test("U31 a drill is an absence on purpose: nothing is called until it ends, and its receipt says so", () =>
  onLine("drill", async ({ receipts, fake, link, write, pass }) => {
    await link.drain();
    link.pause(pass(0) + 5_000);
    fake.asked.length = 0;
    write(1);
    const at = await link.drain();
    expect([fake.asked, link.state()]).toMatchObject([[], { state: "down", why: "an outage drill" }]);
    expect(at).toBeGreaterThan(0);
    pass(6_000);
    await link.drain();
    expect([fake.asked, receipts]).toMatchObject([["push", "heard"], [{ drill: true, lost: 0 }]]);
  }));

test("U31 an absence in which nobody wrote anything has its length too", () =>
  onLine("quiet", async ({ receipts, link, pass }) => {
    await link.drain();
    link.pause(pass(0) + 5_000);
    await link.drain();
    pass(6_000);
    await link.drain();
    const [receipt] = receipts;
    expect(receipt).toMatchObject({ drill: true, operations: 0, equal: true });
    expect((receipt?.backAt ?? 0) - (receipt?.awayAt ?? 0)).toBeGreaterThanOrEqual(5_000);
  }));

test("U31 the hub is told of the comparison and of the absence with the next question, also after the unit was opened again", () =>
  onLine("told", async ({ fake, link, open, write, pass }) => {
    await link.drain();
    expect(fake.words).toEqual([]);
    fake.answer = "away";
    write(1);
    await link.drain();
    fake.answer = "yes";
    await link.drain();
    const verified = link.state().verified;
    expect(verified).not.toBeNull();
    expect(fake.words).toMatchObject([{ verified, receipt: { drill: false, dead: 0, lost: 0 } }]);
    expect(fake.words[0]?.receipt).not.toHaveProperty("conflicts");
    const again = open();
    expect(again.state().verified).toEqual(verified);
    await again.drain();
    expect(fake.words.at(-1)).toEqual(fake.words[0]);
    // Once an hour while nothing happens, whoever was opened meanwhile.
    pass(3_600_000);
    await open().drain();
    expect(fake.words.at(-1)?.verified?.at).toBeGreaterThan(verified?.at ?? 0);
  }));

test("U32 U31 a connection that ended is an absence: the unit comes again soon, asks every stream, and both sides are compared", () =>
  onLine("cut", async ({ receipts, fake, link, pass }) => {
    await link.drain();
    const pulled: string[] = [];
    const { pull } = fake.hub;
    fake.hub.pull = (given) => {
      pulled.push(given.stream);
      return pull(given);
    };
    await link.drain();
    expect(pulled).toEqual([]);
    const at = link.cut("the hub's connection ended: 1012");
    expect([at - pass(0) <= 250, link.state()]).toMatchObject([true, { state: "down", why: "the hub's connection ended: 1012" }]);
    await link.drain();
    expect([[...new Set(pulled)].toSorted(), link.state().state, receipts.length]).toEqual([["assets", "customers", "people", "tickets"], "up", 1]);
  }));
