/** Finished work of a unit that has more of it than it keeps. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { expect, test } from "vitest";
import { Alarm } from "../../contracts/alarm.ts";
import type { Change } from "../../contracts/entity.ts";
import { Ticket } from "../../contracts/ticket.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE } from "../fixture/site.ts";
import { sqliteEntities } from "./entities.ts";
import { booksClosedAt, MOVEMENTS_KEPT, REPAIRS_KEPT, readArchived, tidy } from "./unit-retention.ts";

const DAY_MS = 86_400_000;
const NOW = Date.now() + 2 * 3_600_000;

test("T34 beyond the limit, or the age, the oldest finished tickets go with all that is theirs, and are counted; repairs stay up to theirs", async () => {
  const stub = env.UNIT.getByName("default/archive/unit");
  const scenario = { ...pumpVibration, kind: "sandbox" as const, tickets: { finishedMax: 100, finishedMs: 400 * DAY_MS } };
  await stub.create("archive", scenario);
  await stub.putEntities(SITE, "test");
  await runInDurableObject(stub, (_, { storage }) => {
    const db = drizzle(storage);
    const entities = sqliteEntities(db);
    const put = (change: Change) => entities.put(change);
    const name = (n: number) => String(n).padStart(4, "0");
    for (let n = 0; n < 130; n++) {
      const [id, alarm] = [`t-${name(n)}`, `a-${name(n)}`];
      const every = { asset: "pump-1", alarm, episode: `e-${n}`, faultMode: "bearing-wear", severity: "high", priority: "p1", skills: [], repairs: [] };
      const ticket = Ticket.parse({
        ...every,
        id,
        kit: `k-${n}`,
        openedAt: 1,
        respondBy: 2,
        resolveBy: 3,
        asked: [],
        round: 0,
        state: "cancelled",
        why: "",
        cancelledAt: n < 120 ? NOW - DAY_MS : NOW - 500 * DAY_MS,
      });
      put({ family: "ticket", id, after: ticket });
      put({
        family: "alarm",
        id: alarm,
        after: Alarm.parse({
          id: alarm,
          asset: "pump-1",
          device: "dev-1",
          episode: `e-${n}`,
          faultMode: "bearing-wear",
          severity: "high",
          score: 1,
          evidence: [],
          model: "a".repeat(64),
          since: 1,
          sampleAt: 1,
          raisedAt: 1,
          repeats: 0,
          absorbed: 0,
          ticket: id,
          // One of the oldest still stands: its ticket stays.
          ...(n === 3 ? {} : { clearedAt: NOW - DAY_MS }),
        }),
      });
      storage.sql.exec("INSERT INTO photo (ticket, id, type, at, bytes) VALUES (?, 'p', 'image/jpeg', 1, X'00')", id);
    }
    for (let n = 0; n < REPAIRS_KEPT + 5; n++)
      put({
        family: "repair",
        id: `r-${name(n)}`,
        after: { id: `r-${name(n)}`, asset: "pump-1", faultMode: "bearing-wear", cause: "", action: "", parts: [], doneAt: n } as never,
      });
    // Visits of this year, more of them than are looked at in one go and older than all else, neither go nor keep others from going.
    const [{ alarm: _alarm, episode: _episode, ...one } = raise()] = entities.list("ticket");
    const times = { openedAt: NOW - DAY_MS, acceptedAt: 1, arrivedAt: 1, resolvedAt: 1, closedAt: NOW - DAY_MS };
    const closed = { to: "li-wei", offer: "o", cause: "", action: "", partsUsed: [], closedBy: "desk", countsOn: "gold", state: "closed", ...times };
    const { cancelledAt: _at, why: _why, ...every } = one as Extract<Ticket, { state: "cancelled" }>;
    for (let n = 0; n < 110; n++) put({ family: "ticket", id: `a-${n}`, after: Ticket.parse({ ...every, ...closed, id: `a-${n}` }) });
    const archived = tidy(db, entities, { ...scenario, tickets: { ...scenario.tickets, finishedMax: 210 } }, NOW);
    // 30 too many, one of which is held by its alarm.
    expect(archived).toMatchObject({ tickets: 29, alarms: 29, photos: 29, repairs: 6 });
    expect(entities.get("ticket", "t-0003")).toBeDefined();
    expect([entities.get("ticket", "t-0000"), entities.get("alarm", "a-0000")]).toEqual([undefined, undefined]);
    expect(storage.sql.exec("SELECT count(*) AS n FROM photo").one()["n"]).toBe(101);
    expect(entities.list("repair", { asset: "pump-1" })).toHaveLength(REPAIRS_KEPT);
    expect(tidy(db, entities, scenario, NOW + 1)).toEqual(archived);
    // An hour later those that are too old go, whatever their number.
    expect(tidy(db, entities, { ...scenario, tickets: { ...scenario.tickets, finishedMax: 1_000 } }, NOW + 3_600_000).tickets).toBe(29 + 9);
    expect(entities.list("ticket", { state: "closed" })).toHaveLength(110);
    expect(readArchived(db).tickets).toBe(38);
    // The hub is told nothing.
    expect(storage.sql.exec("SELECT count(*) AS n FROM operation").one()["n"]).toBe(0);
  });
});

test("KT13 beyond the number or the age the oldest movements go, the shelves keep what they came to, and what is told of before that is refused", async () => {
  const stub = env.UNIT.getByName("default/moved/unit");
  await stub.create("moved", { ...pumpVibration, kind: "sandbox" });
  await stub.putEntities(SITE, "test");
  const moved = (n: number, at: number) => ({
    id: `m-${String(n).padStart(5, "0")}`,
    at,
    by: "ops",
    type: "receive" as const,
    place: "van:li-wei",
    part: "SEAL-45",
    quantity: 1,
  });
  const who = { role: "operations", subject: "ops" } as never;
  const told = async (n: number, at: number) => stub.moveStock([moved(n, at)] as never, who);
  expect(await told(1, NOW - 200 * DAY_MS)).toMatchObject({ levels: [{ onHand: 1 }] });
  expect(await told(2, NOW - 1)).toMatchObject({ levels: [{ onHand: 2 }] });
  const surplus = 3;
  await runInDurableObject(stub, (_, { storage }) => {
    const db = drizzle(storage);
    const entities = sqliteEntities(db);
    for (let n = 0; n < MOVEMENTS_KEPT + surplus - 1; n++)
      storage.sql.exec(
        "INSERT INTO entity (family, id, body) VALUES ('movement', ?, ?)",
        `x-${n}`,
        JSON.stringify({ ...moved(0, NOW - 50 * DAY_MS + n), id: `x-${n}` }),
      );
    const archived = tidy(db, entities, pumpVibration, NOW);
    // One that is too old, and as many as there are too many.
    expect(archived.movements).toBe(1 + surplus);
    expect(storage.sql.exec("SELECT count(*) AS n FROM entity WHERE family = 'movement'").one()["n"]).toBe(MOVEMENTS_KEPT);
    expect(booksClosedAt(db)).toBe(NOW - 50 * DAY_MS + surplus - 1);
    expect(entities.list("stock", { engineer: "li-wei" })).toMatchObject([{ onHand: 2 }]);
  });
  // The first one again is not known any more: it is not made twice.
  expect(await told(1, NOW - 200 * DAY_MS)).toMatchObject({ refused: "too-late", field: "movements.0.at" });
  expect(await told(2, NOW - 1)).toMatchObject({ levels: [] });
  expect(await told(3, NOW)).toMatchObject({ levels: [{ onHand: 3 }] });
});

function raise(): never {
  throw new Error("no ticket");
}
