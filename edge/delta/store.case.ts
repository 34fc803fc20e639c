/** How a unit's replica behaves: one suite, run on the memory side in Node and on SQLite in the Unit object. */
import { expect } from "vitest";
import { HLC_ZERO, tick } from "../../contracts/delta/clock.ts";
import type { Cell, EntityRecord } from "../../contracts/delta/merge.ts";
import { type Operation, Origin, type StreamName } from "../../contracts/delta/operation.ts";
import { beginIncarnation, openOutboxes } from "./incarnation.ts";
import { memoryReplica } from "./memory-store.ts";
import { putOperations } from "./outbox.ts";
import type { Inbox, ReplicaStore } from "./store.ts";

export type Opened = { readonly store: ReplicaStore; readonly transact: <T>(body: () => T) => T };

const A = Origin.parse("a@1");
const B = Origin.parse("a@2");
const PERSON = { person: "Ms Zhou" };

const operation = (seq: number, over: Partial<Operation> = {}): Operation => ({
  origin: A,
  stream: "customers",
  seq,
  txId: `tx-${seq}`,
  entity: "customer",
  id: "c-1",
  attr: "name",
  op: "set",
  value: `Works ${seq}`,
  hlc: tick(HLC_ZERO, 1_000 + seq),
  baseVersion: 0,
  actor: "test",
  reason: "test",
  contract: "customer@1",
  at: 1_000 + seq,
  ...over,
});
/** As a commit writes them: operations and how far the outbox is. */
const put = (store: ReplicaStore, ...operations: readonly Operation[]): void => {
  for (const one of operations) putOperations(store, { origin: one.origin, hlc: one.hlc, last: { [one.stream]: one.seq } }, [one]);
};
const cellOf = (value: Cell["value"], version = 1): Cell => ({ ...(value === undefined ? {} : { value }), hlc: HLC_ZERO, origin: A, version });
const recordOf = (cells: EntityRecord["cells"], version = 1): EntityRecord => ({ version, cells });
const seqs = (list: readonly Operation[]): readonly number[] => list.map(({ seq }) => seq);
const sorted = <T>(list: Iterable<T>): readonly T[] => [...list].toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

export const STORE_CASES: Readonly<Record<string, (opened: Opened) => void>> = {
  "knows nothing at first"({ store }) {
    expect([store.readClock(), store.listOutboxes(), store.readOutbox(A, "customers"), store.readInbox("customers"), store.readBase("customer", "c")]).toEqual([
      HLC_ZERO,
      [],
      undefined,
      undefined,
      undefined,
    ]);
    expect([store.operationsAfter(A, "customers", 0, 9), [...store.listBases("customers")], store.erasedSubjects(9), store.isErased("customer", "c")]).toEqual([
      [],
      [],
      [],
      false,
    ]);
  },

  "gives back clock, outboxes and inboxes as they were put, the last of each"({ store }) {
    const hlc = tick(HLC_ZERO, 5_000);
    store.writeClock(tick(HLC_ZERO, 4_000));
    store.writeClock(hlc);
    expect(store.readClock()).toBe(hlc);
    const outbox = { origin: A, stream: "customers", from: 3, last: 9, through: 5, stable: 2 } as const;
    store.writeOutbox({ ...outbox, last: 8 });
    store.writeOutbox(outbox);
    store.writeOutbox({ ...outbox, origin: B, acknowledgedAt: 77 });
    expect(store.readOutbox(A, "customers")).toEqual(outbox);
    expect(sorted(store.listOutboxes())).toEqual([outbox, { ...outbox, origin: B, acknowledgedAt: 77 }]);
    expect(store.readOutbox(A, "tickets")).toBeUndefined();
    const inbox: Inbox = { stream: "people", epoch: 3, cursor: "c", repair: "digest", loaded: "k", start: "s", rewrites: true, seen: "7.ab" };
    store.writeInbox({ ...inbox, cursor: null, repair: null, start: null, rewrites: false, seen: null });
    expect(store.readInbox("people")).toEqual({ ...inbox, cursor: null, repair: null, start: null, rewrites: false, seen: null });
    store.writeInbox(inbox);
    expect([store.readInbox("people"), store.readInbox("assets")]).toEqual([inbox, undefined]);
  },

  "gives operations of one origin and stream, in order, after a seq, up to a limit; and those of one entity"({ store }) {
    const list = Array.from({ length: 12 }, (_, i) => operation(i + 1, { id: i % 3 === 0 ? "c-3" : "c-1" }));
    put(store, ...list, operation(1, { origin: B }), operation(1, { stream: "tickets", entity: "ticket", id: "t" }));
    expect(store.operationsAfter(A, "customers", 0, 99)).toEqual(list);
    expect([seqs(store.operationsAfter(A, "customers", 9, 2)), seqs(store.operationsAfter(A, "customers", 12, 9))]).toEqual([[10, 11], []]);
    expect([seqs(store.operationsOn(A, "customers", "customer", "c-3", 1)), seqs(store.operationsOn(A, "customers", "customer", "c", 0))]).toEqual([
      [4, 7, 10],
      [],
    ]);
    expect([store.operationsAfter(B, "customers", 0, 9).length, store.operationsAfter(A, "tickets", 0, 9).length]).toEqual([1, 1]);
  },

  "prunes what a backup holds, and withdraws what was written under numbers used twice; nobody else's"({ store }) {
    put(store, ...Array.from({ length: 9 }, (_, i) => operation(i + 1)), operation(1, { origin: B }));
    store.prune(A, "customers", 3);
    expect(seqs(store.operationsAfter(A, "customers", 0, 99))).toEqual([4, 5, 6, 7, 8, 9]);
    store.prune(A, "customers", 3);
    store.prune(A, "tickets", 9);
    store.withdraw(A, "customers", 8);
    expect(seqs(store.operationsAfter(A, "customers", 0, 99))).toEqual([4, 5, 6, 7]);
    // The numbers are free again.
    store.writeOutbox({ origin: A, stream: "customers", from: 4, last: 7, through: 3, stable: 3 });
    put(store, operation(8, { value: "another" }));
    expect(store.operationsAfter(A, "customers", 7, 9)).toEqual([operation(8, { value: "another" })]);
    expect(seqs(store.operationsAfter(B, "customers", 0, 9))).toEqual([1]);
  },

  "keeps the hub's records by stream, whatever an id is called, and drops them"({ store }) {
    const base = { record: recordOf({ name: cellOf("Works") }), at: 7 };
    store.writeBase("customers", "customer", "__proto__", base);
    store.writeBase("customers", "customer", "c", { ...base, at: 1 });
    store.writeBase("customers", "customer", "c", base);
    store.writeBase("assets", "asset", "c", base);
    expect([store.readBase("customer", "c"), store.readBase("customer", "__proto__"), store.readBase("asset", "x")]).toEqual([base, base, undefined]);
    expect(sorted([...store.listBases("customers")].map(({ entity, id, at }) => [entity, id, at]))).toEqual([
      ["customer", "__proto__", 7],
      ["customer", "c", 7],
    ]);
    store.writeBase("customers", "customer", "c", null);
    expect([store.readBase("customer", "c"), [...store.listBases("assets")].length]).toEqual([undefined, 1]);
  },

  "says personal values as they were written, until the subject is erased: then that there are none, under the same number"({ store }) {
    const contact = operation(1, { attr: "contact", value: PERSON });
    const name = operation(2);
    const other = operation(3, { id: "c-2", attr: "contact", value: PERSON });
    put(store, contact, name, other);
    store.writeBase("customers", "customer", "c-1", { record: recordOf({ contact: cellOf(PERSON), name: cellOf("Works", 2) }, 2), at: 5 });
    expect(store.operationsAfter(A, "customers", 0, 9)).toEqual([contact, name, other]);
    store.eraseSubject("customer", "c-1");
    const { value: _, ...bare } = contact;
    const gone: Operation = { ...bare, op: "unset" };
    expect(store.operationsAfter(A, "customers", 0, 9)).toEqual([gone, name, other]);
    expect(store.operationsOn(A, "customers", "customer", "c-1", 0)).toEqual([gone, name]);
    expect(store.readBase("customer", "c-1")).toEqual({ record: recordOf({ contact: cellOf(undefined), name: cellOf("Works", 2) }, 2), at: 5 });
    // Nothing of it is kept when it comes again, from the hub or from here.
    store.writeBase("customers", "customer", "c-1", {
      record: recordOf({ contact: { ...cellOf(PERSON, 3), held: [{ value: PERSON, hlc: HLC_ZERO, origin: B }] } }, 3),
      at: 6,
    });
    put(store, operation(4, { attr: "contact", value: PERSON }));
    expect(store.readBase("customer", "c-1")).toEqual({ record: recordOf({ contact: cellOf(undefined, 3) }, 3), at: 6 });
    expect(store.operationsAfter(A, "customers", 3, 9)).toMatchObject([{ seq: 4, op: "unset" }]);
    expect([store.isErased("customer", "c-1"), store.isErased("customer", "c-2"), store.isErased("asset", "c-1")]).toEqual([true, false, false]);
  },

  "tells who was erased in order of their names, up to a limit, whether it ever knew them or not"({ store }) {
    for (const id of ["b", "a/x", "a", "b"]) store.eraseSubject("customer", id);
    store.eraseSubject("engineer", "a");
    const all = [
      { entity: "customer", id: "a" },
      { entity: "customer", id: "a/x" },
      { entity: "customer", id: "b" },
      { entity: "engineer", id: "a" },
    ];
    expect([store.erasedSubjects(9), store.erasedSubjects(2)]).toEqual([all, all.slice(0, 2)]);
  },

  "takes a dead letter once"({ store }) {
    const letter = { origin: A, stream: "customers", seq: 3, reason: "breaks-contract: name", at: 9 } as const;
    store.writeDead(letter);
    store.writeDead(letter);
  },

  "writes all of a transaction or nothing of it"({ store, transact }) {
    put(store, operation(1));
    store.writeBase("customers", "customer", "c-1", { record: recordOf({ name: cellOf("Works") }), at: 1 });
    const before = told(store);
    expect(() =>
      transact(() => {
        put(store, operation(2), operation(3, { attr: "contact", value: PERSON }));
        store.prune(A, "customers", 1);
        store.withdraw(A, "customers", 3);
        store.writeBase("customers", "customer", "c-1", null);
        store.eraseSubject("customer", "c-1");
        store.writeInbox({ stream: "customers", epoch: 1, cursor: "c", repair: null, loaded: "", start: null, rewrites: false });
        throw new Error("crash");
      }),
    ).toThrow("crash");
    expect(told(store)).toEqual(before);
  },

  "tells the same as memory does after anything that a unit does"({ store }) {
    const memory = memoryReplica();
    let state = 11;
    const dice = (n: number): number => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8) % n;
    const streams: readonly StreamName[] = ["customers", "tickets"];
    for (let step = 0; step < 400; step++) {
      const [what, origin, stream, id] = [dice(9), [A, B][dice(2)] ?? A, streams[dice(2)] ?? "customers", `c-${dice(4)}`];
      const entity = stream === "customers" ? "customer" : "kit";
      const [chance, other] = [dice(5), dice(7)];
      for (const one of [store, memory]) {
        openOutboxes(one, origin, streams);
        const outbox = one.readOutbox(origin, stream);
        if (outbox === undefined) throw new Error("opened above");
        if (what < 4)
          put(
            one,
            operation(outbox.last + 1, { origin, stream, entity, id, ...(entity === "customer" && chance < 3 ? { attr: "contact", value: PERSON } : {}) }),
          );
        else if (what === 4) {
          const stable = Math.min(outbox.last, outbox.from + other);
          one.prune(origin, stream, stable);
          one.writeOutbox({ ...outbox, from: stable + 1, through: Math.max(outbox.through, stable), stable });
        } else if (what === 5 && other === 0) {
          const from = Math.max(outbox.from, outbox.last - chance);
          one.withdraw(origin, stream, from);
          one.writeOutbox({ ...outbox, last: from - 1, through: Math.min(outbox.through, from - 1), stable: Math.min(outbox.stable, from - 1) });
        } else if (what === 6)
          one.writeBase(stream, entity, id, chance === 0 ? null : { record: recordOf({ contact: cellOf(PERSON, step + 1) }, step + 1), at: step });
        else if (what === 7 && other === 0) one.eraseSubject(entity, id);
        else if (what === 8 && other < 2) beginIncarnation(one, origin, streams);
      }
    }
    expect(told(store)).toEqual(told(memory));
  },
};

/** Everything that a replica tells. */
function told(store: ReplicaStore): unknown {
  const outboxes = sorted(store.listOutboxes());
  return {
    clock: store.readClock(),
    outboxes,
    operations: outboxes.map(({ origin, stream }) => store.operationsAfter(origin, stream, 0, 1_000)),
    inboxes: (["customers", "tickets"] as const).map((stream) => store.readInbox(stream)),
    bases: (["customers", "tickets"] as const).map((stream) =>
      [...store.listBases(stream)].toSorted((a, b) => (`${a.entity}/${a.id}` < `${b.entity}/${b.id}` ? -1 : 1)),
    ),
    erased: store.erasedSubjects(100),
  };
}
