import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { VALUE_BYTES_MAX } from "../contracts/delta/operation.ts";
import { PushReply } from "../contracts/delta/sync.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { EntityAnswer } from "./feed/view.ts";
import { KEY, batchOf, operationOf, operations, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { NOWHERE } from "./merge/place.ts";
import { streamObject } from "./shell/feed-reader.ts";

const hub = exports.HubRpc;
const tickets = (): ReturnType<typeof streamObject> => streamObject(env, "tickets");
let units = 0;
const newUnit = async (): Promise<string> => {
  const unit = `unit-${(units += 1)}-${crypto.randomUUID().slice(0, 8)}`;
  expect(await hub.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
  return unit;
};
type Line = {
  readonly hubSeq: number;
  readonly seq: number;
  readonly outcome: string;
  readonly reason?: string;
  readonly value?: unknown;
  readonly version: number;
};
const logOf = async (unit: string): Promise<readonly Line[]> => {
  return linesOf(await tickets().read(NOWHERE, 500, unit));
};
const linesOf = (page: string): readonly Line[] => (JSON.parse(page) as { operations: readonly Line[] }).operations;
const head = (): Promise<number> =>
  runInDurableObject(tickets(), (_, state) => Number(state.storage.sql.exec("SELECT COALESCE(MAX(head), 0) AS head FROM stream").one()["head"]));

describe("registration", () => {
  test("G1 nobody pushes who has not registered", async () => {
    expect(await hub.push(batchOf("stranger", operations("stranger", 1, 1)))).toMatchObject({ refused: "unknown-origin" });
  });

  test("G2 registering again changes nothing, another key is refused, an opened unit may bring one", async () => {
    const unit = await newUnit();
    expect(await hub.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
    const other = registrationOf(unit, { incarnation: "2", key: "another-key-of-22-characters" });
    expect(await hub.register(other)).toMatchObject({ refused: "exists", field: "key" });
    expect(await hub.register(registrationOf(unit, { incarnation: "2" }))).toMatchObject({ epoch: 1 });
    await streamObject(env, "registry").openUnit(unit);
    expect(await hub.register(other)).toMatchObject({ epoch: 1 });
    expect(await hub.register(registrationOf(unit))).toMatchObject({ refused: "exists" });
  });

  test("G3 a push with a wrong key, or in another's name, is refused and leaves nothing", async () => {
    const [mine, theirs] = [await newUnit(), await newUnit()];
    const before = await head();
    expect(await hub.push(batchOf(mine, operations(mine, 1, 1), "tickets", `${KEY}x`))).toMatchObject({ refused: "not-permitted", field: "key" });
    expect(await hub.push(batchOf(mine, operations(theirs, 1, 1)))).toMatchObject({ refused: "not-permitted", field: "operations.0.origin" });
    expect(await hub.push({ ...batchOf(mine, operations(mine, 1, 1)), origin: originOf(mine, "2") })).toMatchObject({ refused: "unknown-origin" });
    expect(await head()).toBe(before);
  });

  test("G2 the hub keeps the hash of a key, not the key", async () => {
    await newUnit();
    for (const name of ["tickets", "registry"] as const) {
      const held = await runInDurableObject(streamObject(env, name), (_, state) =>
        ["origin", "unit", "token"].flatMap((table) => state.storage.sql.exec(`SELECT * FROM ${table}`).toArray()),
      );
      expect(held.length).toBeGreaterThan(0);
      expect(JSON.stringify(held)).not.toContain(KEY);
    }
  });
});

describe("a push", () => {
  test("D1 is applied once, however often it comes", async () => {
    const unit = await newUnit();
    const before = await head();
    const batch = batchOf(unit, operations(unit, 1, 5));
    const reply = PushReply.parse(await hub.push(batch));
    expect(reply).toMatchObject({ epoch: 1, through: 5, dead: [] });
    expect(await hub.push(batch)).toMatchObject({ through: 5 });
    expect(await hub.push(batchOf(unit, operations(unit, 4, 7)))).toMatchObject({ through: 7 });
    expect((await logOf(unit)).map((line) => line.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(await head()).toBe(before + 7);
  });

  test("D3 with a gap is refused whole, with the seq that is expected", async () => {
    const unit = await newUnit();
    await hub.push(batchOf(unit, operations(unit, 1, 2)));
    const refusal = await hub.push(batchOf(unit, operations(unit, 4, 5)));
    expect(refusal).toMatchObject({ refused: "gap", rule: expect.stringContaining("expected seq 3") as string });
    const holed = [...operations(unit, 3, 4), ...operations(unit, 6, 6)];
    expect(await hub.push(batchOf(unit, holed))).toMatchObject({ refused: "gap" });
    expect((await logOf(unit)).map((line) => line.seq)).toEqual([1, 2]);
  });

  test("D3 gives the stream gapless numbers, also when units push at the same time", async () => {
    const [a, b] = [await newUnit(), await newUnit()];
    const before = await head();
    await Promise.all([a, b, a, b].map((unit) => hub.push(batchOf(unit, operations(unit, 1, 50)))));
    const page = await tickets().read({ epoch: 1, position: before, tag: "" }, 500);
    expect(linesOf(page).map((line) => line.hubSeq)).toEqual(Array.from({ length: 100 }, (_, i) => before + 1 + i));
    for (const unit of [a, b]) expect((await logOf(unit)).map((line) => line.seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test("D4 raises the version by exactly 1 for each operation that applies; losers are logged with the value that stands", async () => {
    // Two lives of one unit: an alarm is nobody else's.
    const unit = await newUnit();
    await hub.register(registrationOf(unit, { incarnation: "2" }));
    const [first, second] = [originOf(unit), originOf(unit, "2")];
    const id = `alarm-${unit}`;
    const repeats = (origin: typeof first, seq: number, value: number): ReturnType<typeof operationOf> =>
      operationOf(unit, seq, { origin, entity: "alarm", id, attr: "repeats", value });
    await hub.push(batchOf(unit, [repeats(first, 1, 3), repeats(first, 2, 9)]));
    await hub.push({ ...batchOf(unit, [repeats(second, 1, 5), repeats(second, 2, 12)]), origin: second });
    expect((await logOf(unit)).map(({ outcome, version, value }) => [outcome, version, value])).toEqual([
      ["applied", 1, 3],
      ["applied", 2, 9],
      ["lost", 2, 9],
      ["applied", 3, 12],
    ]);
    const answer = await tickets().entityAt("alarm", id);
    const entity = EntityAnswer.omit({ stream: true }).parse(JSON.parse(typeof answer === "string" ? answer : ""));
    expect(entity).toMatchObject({ version: 3, attributes: { repeats: { value: 12, origin: second } } });
  });

  test("D1 with poison in it buries the poison with its reason, and goes on", async () => {
    const unit = await newUnit();
    // Each on an entity of its own: on the same one, what comes later would wait.
    const list = [
      operationOf(unit, 1),
      operationOf(unit, 2, { entity: "spaceship" }),
      operationOf(unit, 3, { id: "a", attr: "acceptedAt", value: "yesterday" }),
      operationOf(unit, 4, { id: "b", attr: "engineer", value: "x".repeat(VALUE_BYTES_MAX) }),
      { ...operationOf(unit, 5, { id: "c" }), hlc: "nonsense" as never },
      operationOf(unit, 6, { attr: "nickname" }),
      operationOf(unit, 7, { entity: "customer", attr: "name" }),
      operationOf(unit, 8),
    ];
    const dead = [
      { seq: 2, reason: "not-registered" },
      { seq: 3, reason: "breaks-contract: acceptedAt" },
      { seq: 4, reason: "too-large" },
      { seq: 5, reason: "malformed: hlc" },
      { seq: 6, reason: "unknown-field: nickname" },
      { seq: 7, reason: "not-registered" },
    ];
    expect(await hub.push(batchOf(unit, list))).toMatchObject({ through: 8, dead });
    expect(await hub.push(batchOf(unit, list))).toMatchObject({ through: 8, dead });
    expect((await logOf(unit)).map((line) => line.outcome)).toEqual(["applied", "dead", "dead", "dead", "dead", "dead", "dead", "applied"]);
  });

  test("D1 poison keeps its own entity waiting and no other, until it is redelivered or discarded", async () => {
    const unit = await newUnit();
    const on = (seq: number, id: string, sketch: object = {}): ReturnType<typeof operationOf> => operationOf(unit, seq, { id: `${id}-${unit}`, ...sketch });
    const list = [on(1, "x", { attr: "acceptedAt", value: "soon" }), on(2, "x"), on(3, "y"), on(4, "x", { attr: "offer", value: "o-1" })];
    expect(await hub.push(batchOf(unit, list))).toMatchObject({
      through: 4,
      versions: [0, 0, 1, 0],
      dead: [{ seq: 1 }, { seq: 2, reason: "waits: for seq 1" }, { seq: 4, reason: "waits: for seq 1" }],
    });
    const letters = JSON.parse(await tickets().deadLetters(unit)) as readonly { readonly seq: number; readonly hubSeq: number; readonly operation: unknown }[];
    expect(letters.map(({ seq, operation }) => [seq, operation])).toEqual([1, 2, 4].map((seq) => [seq, list[seq - 1]]));
    expect((await tickets().redeliver(originOf(unit), "assignment", `x-${unit}`)).answer).toBe('{"redelivered":0,"left":3}');
    expect((await tickets().discard(originOf(unit), letters[0]?.hubSeq ?? 0)).answer).toBe('{"redelivered":2,"left":0}');
    expect((await tickets().discard(originOf(unit), letters[0]?.hubSeq ?? 0)).answer).toMatchObject({ refused: "wrong-state" });
    const answer = await tickets().entityAt("assignment", `x-${unit}`);
    expect(JSON.parse(typeof answer === "string" ? answer : "")).toMatchObject({ attributes: { engineer: { value: "engineer-2" }, offer: { value: "o-1" } } });
    // Asked again, the unit hears what they came to after all.
    expect(await hub.push(batchOf(unit, list))).toMatchObject({ through: 4, versions: [0, 1, 1, 2], dead: [{ seq: 1 }] });
  });

  test("D1 one operation beyond every bound is buried instead of blocking its stream; two are refused", async () => {
    const unit = await newUnit();
    const giant = operationOf(unit, 1, { value: "x".repeat(400_000) });
    expect(await hub.push(batchOf(unit, [giant, operationOf(unit, 2)]))).toMatchObject({ refused: "too-large" });
    expect(await hub.push(batchOf(unit, [giant]))).toMatchObject({ through: 1, dead: [{ seq: 1, reason: "too-large" }] });
    expect(await hub.push(batchOf(unit, operations(unit, 2, 502)))).toMatchObject({ refused: "too-many" });
  });

  test("D6 from a clock more than 60 s ahead is re-stamped, flagged, and the original kept", async () => {
    const unit = await newUnit();
    const ahead = operationOf(unit, 1, {}, Date.now() + 120_000);
    const near = operationOf(unit, 2, { attr: "offer", value: "o-1" }, Date.now() + 30_000);
    await hub.push(batchOf(unit, [ahead, near]));
    const [first, second] = (await logOf(unit)) as readonly (Line & { readonly hlc: string })[];
    expect(first?.reason).toContain("clock-ahead");
    expect((first?.hlc ?? "z") < ahead.hlc).toBe(true);
    expect([second?.hlc, second?.reason]).toEqual([near.hlc, "test"]);
    const written = await runInDurableObject(
      tickets(),
      (_, state) => state.storage.sql.exec("SELECT written FROM log WHERE unit = ? AND seq = 1", unit).one()["written"],
    );
    expect(String(written)).toContain(ahead.hlc);
  });

  test("D2 what was acknowledged survives eviction; what was not acknowledged is applied once when it comes again", async () => {
    const unit = await newUnit();
    const batch = batchOf(unit, operations(unit, 1, 3));
    await hub.push(batch);
    await evictDurableObject(tickets());
    expect((await logOf(unit)).length).toBe(3);
    // The object dies between commit and acknowledgement: the unit hears nothing and sends the batch again.
    const more = batchOf(unit, operations(unit, 3, 6));
    const died = await runInDurableObject(tickets(), async (instance, state) => {
      const reply = instance.push(more).answer;
      await state.storage.sync();
      state.abort("killed before the answer");
      return reply;
    }).then(
      () => "answered",
      () => "killed",
    );
    expect(died).toBe("killed");
    expect(await hub.push(more)).toMatchObject({ through: 6 });
    expect((await logOf(unit)).map((line) => line.seq)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("D2 a crash inside the transaction leaves nothing of it", async () => {
    const unit = await newUnit();
    const before = await head();
    await runInDurableObject(tickets(), (_, state) => {
      state.storage.sql.exec("CREATE TRIGGER cut BEFORE UPDATE OF through ON origin BEGIN SELECT RAISE(ABORT, 'cut'); END");
    });
    const failed = await hub.push(batchOf(unit, operations(unit, 1, 3))).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).not.toBeNull();
    await runInDurableObject(tickets(), (_, state) => void state.storage.sql.exec("DROP TRIGGER cut"));
    expect([await head(), (await logOf(unit)).length]).toEqual([before, 0]);
    expect(await hub.push(batchOf(unit, operations(unit, 1, 3)))).toMatchObject({ through: 3 });
  });

  test("D9 something that is no push at all is refused with its field", async () => {
    for (const raw of [null, 7, {}, { ...batchOf("a", []), operations: 7 }, { ...batchOf("a", operations("a", 1, 1)), stream: "secrets" }]) {
      const refusal = await hub.push(raw);
      expect(isRefusal(refusal) && refusal.refused).toBe("malformed");
    }
    expect(await hub.push({ ...batchOf(await newUnit(), []), operations: [{} as never] })).toMatchObject({ refused: "malformed", field: "operations.0" });
  });
});
