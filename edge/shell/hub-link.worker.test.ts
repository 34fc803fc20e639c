import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { expect, test } from "vitest";
import type { Operation, PushBatch, PushReply } from "../../contracts/delta/operation.ts";
import { NOTHING } from "../../contracts/effect.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { Customer } from "../../contracts/customer.ts";
import { commit } from "./commit.ts";
import { sqliteEntities } from "./entities.ts";
import { hubLink, type HubLink } from "./hub-link.ts";
import migrations from "./migrations/unit/migrations.js";
import { countPending, readMeta, type Db } from "./unit-tables.ts";

type Fake = { readonly hub: HubForUnit; readonly taken: Operation[]; answer: "yes" | "away" | "lost answer" | Refusal };

/** A hub that keeps what it takes by (stream, seq), may be away, and may take a batch and lose its answer. */
function fakeHub(): Fake {
  const fake: Fake = {
    answer: "yes",
    taken: [],
    hub: {
      register: async () => {
        if (fake.answer === "away") throw new Error("Network connection lost.");
        return typeof fake.answer === "object" ? fake.answer : { epoch: 1 };
      },
      push: async (batch: PushBatch): Promise<PushReply | Refusal> => {
        if (fake.answer === "away") throw new Error("Network connection lost.");
        if (typeof fake.answer === "object") return fake.answer;
        for (const o of batch.operations) if (!fake.taken.some((t) => t.stream === o.stream && t.seq === o.seq)) fake.taken.push(o);
        if (fake.answer === "lost answer") throw new Error("Network connection lost.");
        return { epoch: 1, through: batch.operations.at(-1)?.seq ?? 0, receivedAt: 1, dead: [] };
      },
    },
  };
  return fake;
}

async function onLine(
  name: string,
  body: (line: { readonly db: Db; readonly fake: Fake; readonly link: HubLink; readonly write: (n: number) => void }) => Promise<void>,
): Promise<void> {
  await runInDurableObject(env.UNIT.getByName(`default/${name}/unit`), async (_, state) => {
    const db = drizzle(state.storage);
    await migrate(db, migrations);
    const fake = fakeHub();
    let clock = 1_000;
    let ids = 0;
    const origin = `${name}@1` as never;
    const link = hubLink({
      db,
      hub: fake.hub,
      origin,
      transact: (run) => state.storage.transactionSync(run),
      now: () => (clock += 1),
      chance: () => 0,
      onChange: () => {},
      registration: () => ({ tenant: "default", unit: name, incarnation: "1", key: "k".repeat(22), contracts: [] }),
    });
    const entities = sqliteEntities(db);
    const ledger = { db, entities, origin, syncs: true, rules: "r", decisionsMax: 100, newId: () => `id-${(ids += 1)}` };
    const write = (n: number): void => {
      const after = Customer.parse({ id: "own", name: `Works ${n}` });
      state.storage.transactionSync(() =>
        commit(ledger, { ...NOTHING, changes: [{ family: "customer", id: "own", after }] }, { actor: "test", reason: "test", now: clock, hubCalls: 0 }),
      );
    };
    await body({ db, fake, link, write });
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
    expect(await link.drain()).toBeNull();
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
    expect(await link.drain()).toBeNull();
    expect(seqs(fake)).toEqual(fake.taken.map((_, i) => i + 1));
  }));

test("U11 a hub that does not know the unit any more is registered at again", () =>
  onLine("forgotten", async ({ db, fake, link, write }) => {
    expect(await link.drain()).toBeNull();
    expect(readMeta(db, "registered")).toBe("1");
    write(1);
    fake.answer = refuse("unknown-origin", "not registered", "register");
    const before = link.calls();
    expect(await link.drain()).toBeGreaterThan(0);
    fake.answer = "yes";
    expect(await link.drain()).toBeNull();
    expect(link.calls() - before).toBe(3);
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
