/** Agreements and rosters over HTTP: imported, promised by, explained; gaps told, shifts accepted. */
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Board } from "../../contracts/board.ts";
import type { TicketPromise } from "../../contracts/promise.ts";
import type { RosterView } from "../../contracts/roster-view.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE } from "../fixture/site.ts";

const HOUR = 3_600_000;
const gold = {
  id: "gold",
  title: "Gold",
  kind: "service",
  scope: { customer: "own" },
  from: 1,
  timeZone: "Asia/Shanghai",
  coverage: { labour: "covered" },
  payer: "provider",
  exclusions: [],
  responses: { p3: { respondMs: HOUR, resolveMs: 2 * HOUR, calendar: "always", stops: ["customer"], tell: [] } },
};
const always = { id: "always", title: { zh: "全天", en: "always" }, weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }], exceptions: [] };

async function openUnit(name: string) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, pumpVibration);
  await stub.putEntities(SITE, "test");
  const { token } = (await stub.addToken("operations", "ops")) as { token: string };
  const call = async <T>(path: string, body?: object, method = "POST"): Promise<[number, T]> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const sent = body === undefined ? {} : { method, body: JSON.stringify(body) };
    const answer = await exports.default.fetch(new Request(`http://unit.test/api/u/${name}/${path}`, { headers, ...sent }));
    return [answer.status, (await answer.json()) as T];
  };
  return { stub, call };
}

test("AG14 AG19 imported agreements promise what is opened and what is open already, and say why", async () => {
  const { stub, call } = await openUnit("agreed");
  await call("tickets", { id: "wish-1", asset: "pump-1", words: "it drips", priority: "p3" });
  const ticket = async () => (await call<Board>("board"))[1].tickets[0];
  expect(await ticket()).not.toHaveProperty("agreement");
  await stub.putEntities(
    {
      entities: [
        { family: "calendar", entity: always },
        { family: "agreement", entity: gold },
      ],
    },
    "crm",
  );
  const openedAt = (await ticket())?.openedAt ?? 0;
  expect(await ticket()).toMatchObject({ agreement: "gold", respondBy: openedAt + HOUR, payer: { parts: "customer", labour: "provider" } });
  const [status, promise] = await call<TicketPromise>("tickets/wish-1/promise");
  expect([status, promise]).toMatchObject([
    200,
    { agreement: { title: "Gold" }, calendar: { id: "always", known: true, timeZone: "Asia/Shanghai" }, titles: { gold: "Gold" } },
  ]);
  expect(promise.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(["chosen", "covered", "not-covered", "response"]));
  expect(promise.forecasts.map(({ promise: which }) => which)).toEqual(["respond", "resolve"]);
  expect(await call("tickets/none/promise")).toMatchObject([404, { refused: "unknown-ticket" }]);
  const broken = { entities: [{ family: "calendar" as const, entity: { ...always, weekly: [{ days: [], from: 0, to: 0 }] } }] };
  expect(await stub.putEntities(broken, "crm")).toMatchObject({ refused: "malformed", field: "entities.0.entity.weekly" });
});

test("AG21 a document of agreements is tried, refused with every fault, taken whole, and taken again without effect; open jobs are promised by it", async () => {
  const { call, stub } = await openUnit("imported");
  // A customer of this unit's alone: what other units are promised reaches whoever sees the same.
  const pump = {
    id: "pump-8",
    name: "Pump 8",
    kind: "pump",
    model: "P-180",
    customer: "theirs",
    position: { lat: 28, lon: 113 },
    moves: false,
    installedAt: 1,
  };
  const theirs = [
    { family: "customer" as const, entity: { id: "theirs", name: "Theirs" } },
    { family: "asset" as const, entity: pump },
  ];
  await stub.putEntities({ entities: theirs }, "test");
  await call("tickets", { id: "wish-2", asset: "pump-8", words: "it drips", priority: "p3" });
  const responses = { p3: { ...gold.responses.p3, calendar: "around" } };
  const agreed = { ...gold, id: "silver", scope: { customer: "theirs", assets: ["pump-8", "pump-9"] }, responses };
  const document = { format: 1, agreements: [agreed], calendars: [{ ...always, id: "around" }] };
  const torn = { ...document, agreements: [...document.agreements, { ...agreed, id: "late", until: 0 }, { ...agreed, id: "void", scope: {} }] };
  expect(await call("agreements?dry=1", torn)).toMatchObject([200, { faults: [{ field: "agreements.1.until" }, { field: "agreements.2.scope" }], more: 0 }]);
  expect(await call("agreements", torn)).toMatchObject([400, { refused: "malformed", field: "agreements.1.until" }]);
  expect(await call("agreements?dry=1", document)).toEqual([200, { taken: 2, unchanged: 0, strangers: ["asset pump-9"] }]);
  const ticket = async () => (await call<Board>("board"))[1].tickets[0];
  expect(await ticket()).not.toHaveProperty("agreement");
  expect(await call("agreements", document)).toMatchObject([200, { taken: 2, unchanged: 0 }]);
  expect(await ticket()).toMatchObject({ agreement: "silver" });
  expect(await call("agreements", document)).toMatchObject([200, { taken: 0, unchanged: 2 }]);
  const { token } = (await stub.addToken("dispatcher", "desk")) as { token: string };
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const asked = new Request("http://unit.test/api/u/imported/agreements", { method: "POST", headers, body: JSON.stringify(document) });
  expect((await exports.default.fetch(asked)).status).toBe(403);
});

test("RO15 RO16 operations ask for a roster, accept shifts, which the unit keeps with its engineers, and take them back", async () => {
  const { stub, call } = await openUnit("rostered");
  const days = [{ days: [1, 2], from: 480, to: 960 }];
  const engineers = SITE.entities.filter(({ family }) => family === "engineer").map((one) => ({ ...one, entity: { ...(one.entity as object), shifts: days } }));
  await stub.putEntities({ entities: engineers }, "test");
  const [status, roster] = await call<RosterView>("roster?days=7");
  expect(status).toBe(200);
  expect(roster.before.gaps.length).toBeGreaterThan(0);
  const [{ id: _id, ...shift } = { id: "" }] = roster.proposals;
  expect(await call("roster/shifts", { shifts: [shift] })).toEqual([200, { written: 1 }]);
  const { engineers: now } = (await call<Board>("board"))[1];
  expect(now.flatMap(({ extraShifts = [] }) => extraShifts)).toHaveLength(1);
  expect(await call("roster/shifts", shift, "DELETE")).toEqual([200, { written: 1 }]);
  const [, after] = await call<RosterView>("roster?days=1");
  expect(after).toMatchObject({ accepted: [], history: [{ outcome: "shift-taken-back", shifts: [{}] }, { outcome: "shifts-accepted" }] });
  expect(await call("roster?days=99")).toMatchObject([400, { refused: "malformed", field: "days" }]);
  expect(await call("roster/shifts", { shifts: [] })).toMatchObject([400, { refused: "malformed" }]);
});
