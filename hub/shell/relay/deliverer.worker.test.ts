import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import type { Operation } from "../../../contracts/delta/operation.ts";
import { operationOf, operations } from "../../merge/fixture/unit.ts";
import {
  type Event,
  ask,
  deadOf,
  due,
  eventsOf,
  heard,
  heardBy,
  hook,
  idle,
  never,
  newUnit,
  outgoing,
  push,
  shown,
  status,
  until,
  useWorld,
  world,
} from "./fixture/outside.ts";

useWorld();

test("O1 O2 each operation is one signed event, in order, from now on; a nudge says what changed and holds no value", async () => {
  const unit = await newUnit();
  await push(unit, operations(unit, 1, 3));
  const one = await hook(unit);
  await push(unit, operations(unit, 4, 8));
  const got = await heard(one.host, 5);
  expect(got).toHaveLength(5);
  const events = eventsOf(one.host);
  expect(events.map(({ hubseq }) => hubseq)).toEqual(events.map((_, i) => (events[0]?.hubseq ?? 0) + i));
  expect(events[0]).toMatchObject({
    specversion: "1.0",
    source: `/tenants/default/units/${unit}`,
    type: "outpost.operation.v1",
    subject: `assignment/ticket-${unit}`,
  });
  expect(events.map(({ data }) => data["attr"])).toEqual(Array.from({ length: 5 }, () => "engineer"));
  for (const { body, headers } of got) {
    expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
    expect(new Webhook(one.secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook("whsec_c29tZSBvdGhlciBzZWNyZXQgb2YgMjQgYnl0ZXM=").verify(body, headers)).toThrow("No matching signature");
    expect(body).not.toContain("engineer-");
  }
  // The event's cursor continues the feed behind it.
  const rest = await ask(one.token, "GET", `/api/feed?after=${events[2]?.cursor}`);
  expect((rest.body["items"] as { operation: { hubSeq: number } }[]).map(({ operation }) => operation.hubSeq)).toEqual(
    events.slice(3).map(({ hubseq }) => hubseq),
  );
  expect(await shown(one)).toMatchObject({ state: "active", delivered: 5, deadLetters: 0, lastError: null });
});

test("O1 a secret is shown where it is made and nowhere else; a rotated one signs beside the new one, until its day is over", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  expect(one.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const rotated = await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/rotate`);
  expect(rotated).toMatchObject({ status: 201, body: { id: one.id, secret: expect.stringMatching(/^whsec_/) as string } });
  const fresh = String(rotated.body["secret"]);
  for (const path of ["/api/hub/webhooks", `/api/hub/webhooks/${one.id}/dead`])
    expect(JSON.stringify((await ask(one.token, "GET", path)).body)).not.toContain("whsec_");
  expect(JSON.stringify(await outgoing().links())).not.toContain("whsec_");
  await push(unit, operations(unit, 1, 1));
  const [first] = await heard(one.host, 1);
  for (const secret of [one.secret, fresh]) expect(() => new Webhook(secret).verify(first?.body ?? "", first?.headers ?? {})).not.toThrow();
  expect(first?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  await runInDurableObject(outgoing(), (_, state) => void state.storage.sql.exec("UPDATE secret SET until = 1 WHERE until IS NOT NULL"));
  await push(unit, operations(unit, 2, 2));
  const [, second] = await heard(one.host, 2);
  expect(() => new Webhook(fresh).verify(second?.body ?? "", second?.headers ?? {})).not.toThrow();
  expect(() => new Webhook(one.secret).verify(second?.body ?? "", second?.headers ?? {})).toThrow("No matching signature");
});

test("O9 an endpoint hears what its filter and its token let through, and whole operations where that was chosen", async () => {
  const [unit, other] = [await newUnit(), await newUnit()];
  const one = await hook(unit, { entities: ["alarm"], attrs: ["repeats"], payload: "operation" });
  const alarm = (u: string, seq: number, attr: string, value: number): Operation =>
    operationOf(u, seq, { entity: "alarm", id: `alarm-${u}`, attr, value, contract: "alarm@1" });
  await push(other, [alarm(other, 1, "repeats", 9)]);
  await push(unit, [...operations(unit, 1, 2), alarm(unit, 3, "score", 1), alarm(unit, 4, "repeats", 7), ...operations(unit, 5, 6)]);
  await idle(one);
  await push(unit, [alarm(unit, 7, "repeats", 8)]);
  await heard(one.host, 2);
  await idle(one);
  expect(eventsOf(one.host).map(({ data }) => [data["seq"], data["value"]])).toEqual([
    [4, 7],
    [7, 8],
  ]);
});

test("O4 a failed event is sent again under the same id, with the object evicted in between; nothing overtakes it", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, status(500));
  await push(unit, operations(unit, 1, 3));
  await until(
    () => shown(one),
    (row) => row["failures"] === 1,
  );
  await evictDurableObject(outgoing());
  await outgoing().wake();
  expect(await shown(one)).toMatchObject({ failures: 1, lastError: "answered 500", state: "active" });
  expect(heardBy(one.host)).toHaveLength(1);
  await due(one);
  await until(
    () => shown(one),
    (row) => row["failures"] === 2,
  );
  await evictDurableObject(outgoing());
  world.behave.delete(one.host);
  await runInDurableObject(outgoing(), (_, state) => void state.storage.sql.exec("UPDATE endpoint SET next_at = 0"));
  // The alarm that was set before the eviction is still there.
  expect(await runDurableObjectAlarm(outgoing())).toBe(true);
  await heard(one.host, 5);
  const ids = heardBy(one.host).map(({ id }) => id);
  expect(ids.slice(0, 3)).toEqual([ids[0], ids[0], ids[0]]);
  expect(new Set(ids).size).toBe(3);
  expect(
    eventsOf(one.host)
      .slice(2)
      .map(({ hubseq }) => hubseq),
  ).toEqual([0, 1, 2].map((i) => (eventsOf(one.host)[0]?.hubseq ?? 0) + i));
  expect(
    await until(
      () => shown(one),
      (row) => row["failures"] === 0,
    ),
  ).toMatchObject({ deadLetters: 0, lastError: null });
});

test("O6 what was under way when the object died is sent again, under the same id, by its own poll at the latest", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, never);
  await push(unit, operations(unit, 1, 1));
  await heard(one.host, 1);
  await runInDurableObject(outgoing(), (_, state) => state.abort("killed by the test")).catch(() => undefined);
  world.behave.delete(one.host);
  // Nobody wakes it but its own poll.
  await due(one);
  await heard(one.host, 2);
  expect(new Set(heardBy(one.host).map(({ id }) => id)).size).toBe(1);
  await until(
    () => shown(one),
    (row) => row["delivered"] === 1,
  );
});

test("O4 what was delivered is not sent again when a later one fails", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  let fails = true;
  world.behave.set(one.host, async (request) => new Response(null, { status: fails && (await request.json<Event>()).data["version"] === 3 ? 500 : 200 }));
  await push(unit, operations(unit, 1, 4));
  await until(
    () => shown(one),
    (row) => row["failures"] === 1,
  );
  fails = false;
  await due(one);
  await heard(one.host, 5);
  await idle(one);
  expect(eventsOf(one.host).map(({ data }) => data["version"])).toEqual([1, 2, 3, 3, 4]);
});

test("O5 who goes back to a place while an event is under way goes back, whatever becomes of the event", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  await push(unit, operations(unit, 1, 2));
  await heard(one.host, 2);
  await idle(one);
  let held = true;
  world.behave.set(one.host, async () => {
    while (held) await scheduler.wait(2);
    return new Response();
  });
  await push(unit, operations(unit, 3, 3));
  await heard(one.host, 3);
  const first = eventsOf(one.host)[0]?.cursor;
  expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, { from: first })).status).toBe(202);
  held = false;
  await heard(one.host, 5);
  await idle(one);
  expect(eventsOf(one.host).map(({ data }) => data["version"])).toEqual([1, 2, 3, 2, 3]);
});

test("O5 410 disables the endpoint; resumed, it goes on where it stood, and loses nothing", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, status(410));
  await push(unit, operations(unit, 1, 2));
  expect(
    await until(
      () => shown(one),
      (row) => row["state"] === "disabled",
    ),
  ).toMatchObject({ why: "the receiver answered 410: it wants no more" });
  world.behave.delete(one.host);
  await push(unit, operations(unit, 3, 3));
  await outgoing().wake();
  await due(one);
  expect(heardBy(one.host)).toHaveLength(1);
  expect(await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/resume`)).toMatchObject({ status: 200 });
  await heard(one.host, 4);
  expect(eventsOf(one.host).map(({ hubseq }) => hubseq - (eventsOf(one.host)[0]?.hubseq ?? 0))).toEqual([0, 0, 1, 2]);
});

test("O5 an event that the receiver refuses is a dead letter, the next ones follow, and it is sent again when somebody asks", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  let refuses = true;
  world.behave.set(one.host, async (request) => new Response(null, { status: refuses && (await request.json<Event>()).data["version"] === 2 ? 422 : 204 }));
  await push(unit, operations(unit, 1, 4));
  await heard(one.host, 4);
  const [dead] = await until(
    () => deadOf(one),
    (list) => list.length === 1,
  );
  expect(dead).toMatchObject({ type: "outpost.operation.v1", subject: `assignment/ticket-${unit}`, reason: "answered 422", again: false });

  // Refused once more: it stays.
  expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, {})).body).toEqual({ again: 1 });
  await heard(one.host, 5);
  await until(
    () => deadOf(one),
    (list) => list.length === 1 && list[0]?.["again"] === false,
  );
  refuses = false;
  expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, { n: dead?.["n"] })).body).toEqual({ again: 1 });
  await until(
    () => deadOf(one),
    (list) => list.length === 0,
  );
  const ids = heardBy(one.host).map(({ id }) => id);
  expect(ids.slice(4)).toEqual([ids[1], ids[1]]);
  expect(await shown(one)).toMatchObject({ delivered: 4, deadLetters: 0 });
});

test("O5 of dead letters that are sent again to a receiver that is out of order one is tried, and the others stay", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, status(422));
  await push(unit, operations(unit, 1, 3));
  await until(
    () => deadOf(one),
    (list) => list.length === 3,
  );
  world.behave.set(one.host, status(503));
  expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, {})).body).toEqual({ again: 3 });
  const left = await until(
    () => deadOf(one),
    (list) => list.every(({ again }) => again === false),
  );
  expect(left.map(({ reason }) => reason)).toEqual(["answered 503", "answered 422", "answered 422"]);
  expect(heardBy(one.host)).toHaveLength(4);
  // Its own events are not held back by that.
  expect(await shown(one)).toMatchObject({ failures: 0, state: "active" });
});

test("O5 everything since a cursor is sent again when somebody asks, dead letters included", async () => {
  const unit = await newUnit();
  const one = await hook(unit);
  world.behave.set(one.host, async (request) => new Response(null, { status: (await request.json<Event>()).data["version"] === 3 ? 400 : 204 }));
  await push(unit, operations(unit, 1, 4));
  await until(
    () => deadOf(one),
    (list) => list.length === 1,
  );
  await heard(one.host, 4);
  await idle(one);
  world.behave.delete(one.host);
  const cursor = eventsOf(one.host)[0]?.cursor;
  expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, { from: cursor })).status).toBe(202);
  await heard(one.host, 7);
  await idle(one);
  expect(
    eventsOf(one.host)
      .slice(4)
      .map(({ data }) => data["version"]),
  ).toEqual([2, 3, 4]);
  expect(await deadOf(one)).toEqual([]);
  for (const from of ["nonsense", `${cursor}x`])
    expect((await ask(one.token, "POST", `/api/hub/webhooks/${one.id}/redeliver`, { from })).body).toMatchObject({ refused: "bad-cursor" });
});
