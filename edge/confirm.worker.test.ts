/** A unit whose scenario lets nothing run without a person, asked over HTTP as its pages ask. */
import { env, exports } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Board } from "../contracts/board.ts";
import type { Down } from "../contracts/down.ts";
import type { PlanView } from "../contracts/plan.ts";
import type { PlannerWork } from "../contracts/planner.ts";
import type { Scenario } from "../contracts/scenario.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "./fixture/site.ts";

const careful: Scenario = {
  ...pumpVibration,
  autonomy: { ticket: "confirm", offer: "confirm", reserve: "confirm" },
  // Nobody listens there: an ask that were made would be kept and tried again.
  connectors: { wms: { url: "http://127.0.0.1:9/" } },
};

async function carefulUnit(name: string) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, careful);
  await stub.putEntities(SITE, "test");
  const { token: desk } = (await stub.addToken("dispatcher", "desk")) as { token: string };
  const { token: engineer } = (await stub.addToken("engineer", "li-wei")) as { token: string };
  const ask = (token: string, path: string, body?: object): Promise<Response> =>
    exports.default.fetch(
      new Request(`http://unit.test/api/u/${name}/${path}`, {
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      }),
    );
  return {
    stub,
    desk: (path: string, body?: object) => ask(desk, path, body),
    engineer: (path: string, body?: object) => ask(engineer, path, body),
    board: async () => (await (await ask(desk, "board")).json()) as Board,
    asks: () => runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT count(*) AS n FROM ask").one()["n"]),
  };
}

test("P7 where a person confirms, nothing runs before their word, whatever calls; each word lets one thing run", async () => {
  const { stub, desk, engineer, board, asks } = await carefulUnit("careful");
  await stub.applyVerdicts({ unit: "careful", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });

  // An alarm that proposes a ticket, and nothing else: no ticket, no offer, no kit, no ask, no timer.
  const before = await board();
  const [alarm] = before.alarms;
  const ticket = alarm?.proposed ?? "";
  expect(ticket).not.toBe("");
  expect([before.alarms.length, before.tickets, before.offers, before.kits, await asks()]).toEqual([1, [], [], [], 0]);

  // Whoever calls: the engineer, the desk by other routes, the same verdicts again, the timer.
  for (const path of [`tickets/${ticket}/confirm`, `tickets/${ticket}/cancel`]) expect((await engineer(path, { why: "x" })).status).toBe(403);
  expect((await engineer(`offers/${ticket}/accept`, {})).status).toBe(404);
  for (const to of ["travelling", "working", "resolved"]) expect((await engineer(`tickets/${ticket}/progress`, { to })).status).toBe(404);
  expect((await desk(`tickets/${ticket}/cancel`, { why: "no" })).status).toBe(404);
  expect((await desk(`alarms/${alarm?.id ?? ""}/acknowledge`, {})).status).toBe(200);
  await stub.applyVerdicts({ unit: "careful", slice: 0, from: 2, verdicts: [verdictAt(alarm?.raisedAt ?? 0, { episode: alarm?.episode })] });
  await runDurableObjectAlarm(stub);
  const after = await board();
  expect([after.alarms.map(({ proposed }) => proposed), after.tickets, after.offers, after.kits, await asks()]).toEqual([[ticket], [], [], [], 0]);

  // The first word opens the ticket. Its kit and its offer wait.
  expect((await desk(`tickets/${ticket}/confirm`, {})).status).toBe(200);
  const opened = await board();
  expect(opened.tickets).toMatchObject([{ id: ticket, state: "open", needsPerson: true }]);
  expect(opened.kits).toMatchObject([{ state: "proposed", needsPerson: true, attempts: 0 }]);
  expect([opened.alarms[0]?.proposed, opened.offers, await asks()]).toEqual([undefined, [], 0]);
  expect((await engineer(`tickets/${ticket}/progress`, { to: "travelling" })).status).toBe(409);
  expect(await (await engineer("phone")).json()).toMatchObject({ offers: [], tickets: [] });

  // The second lets the kit be reserved and one engineer be asked.
  expect((await desk(`tickets/${ticket}/confirm`, {})).status).toBe(200);
  const running = await board();
  expect(running.tickets).toMatchObject([{ state: "offered", to: "li-wei" }]);
  expect(running.kits[0]?.needsPerson).toBeUndefined();
  expect(await asks()).toBe(1);
  expect((await engineer(`offers/${running.offers[0]?.id ?? ""}/accept`, {})).status).toBe(200);
  const again = await desk(`tickets/${ticket}/confirm`, {});
  expect([again.status, await again.json()]).toMatchObject([409, { refused: "wrong-state" }]);
});

test("P7 a decline is not a person's word for the next offer: the ticket waits again", async () => {
  const { stub, desk, engineer, board } = await carefulUnit("careful-again");
  await stub.applyVerdicts({ unit: "careful-again", slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const ticket = (await board()).alarms[0]?.proposed ?? "";
  for (let word = 0; word < 2; word++) expect((await desk(`tickets/${ticket}/confirm`, {})).status).toBe(200);
  const [offer] = (await board()).offers;
  expect((await engineer(`offers/${offer?.id ?? ""}/decline`, { reason: "too far" })).status).toBe(200);
  const waits = await board();
  expect(waits.tickets).toMatchObject([{ state: "open", needsPerson: true, asked: ["li-wei"] }]);
  expect(waits.offers.map(({ state }) => state)).toEqual(["declined"]);
  expect((await desk(`tickets/${ticket}/confirm`, {})).status).toBe(200);
  expect((await board()).tickets).toMatchObject([{ state: "offered", to: "wang-fang" }]);
});

/** A job that somebody far away accepted while whoever is near was away, who is back now: a better plan has it with them. */
async function betterPlan(name: string) {
  const unit = await carefulUnit(name);
  const { stub, desk, board } = unit;
  const { token } = (await stub.addToken("engineer", "wang-fang")) as { token: string };
  const headers = { authorization: `Bearer ${token}` };
  expect((await desk("engineers/li-wei/absence", { until: Date.now() + 3_600_000 })).status).toBe(200);
  expect((await desk("tickets", { id: `${name}-job`, asset: "pump-1", words: "it rattles", faultMode: "loosening", priority: "p1" })).status).toBe(200);
  const [ticket] = (await board()).tickets;
  expect((await desk(`tickets/${ticket?.id}/confirm`, {})).status).toBe(200);
  const [offer] = (await board()).offers;
  const accepted = await exports.default.fetch(
    new Request(`http://unit.test/api/u/${name}/offers/${offer?.id}/accept`, { method: "POST", headers, body: "{}" }),
  );
  expect([offer?.engineer, accepted.status]).toEqual(["wang-fang", 200]);
  const moves = async () => ((await (await desk("plan")).json()) as PlanView).moves;
  expect(await moves()).toEqual([]);
  expect((await desk("engineers/li-wei/presence", {})).status).toBe(200);
  await expect.poll(moves, PATIENCE).toMatchObject([{ ticket: ticket?.id, from: "wang-fang", to: "li-wei" }]);
  const [move] = await moves();
  if (move === undefined) throw new Error("no move");
  return { ...unit, moves, move };
}
/** The planner is another object, and has more units than this one. */
const PATIENCE = { timeout: 30_000, interval: 50 };

test("PL18 a move that a better plan proposes is shown with what it would change, and one word of the desk asks the other engineer", async () => {
  const { desk, engineer, board, moves, move } = await betterPlan("better");
  expect(move.would.arriveAt).toBeLessThan(move.is.arriveAt);
  expect(move.gainMs).toBeGreaterThan(0);
  // Nothing has happened, and nobody but the desk lets it happen; who looks at an older plan is told.
  expect((await board()).tickets).toMatchObject([{ state: "assigned", to: "wang-fang" }]);
  expect((await engineer(`plan/moves/${move.ticket}/confirm`, { to: "li-wei" })).status).toBe(403);
  const other = await desk(`plan/moves/${move.ticket}/confirm`, { to: "wang-fang" });
  expect([other.status, await other.json()]).toMatchObject([409, { refused: "stale-version", field: "to" }]);

  expect((await desk(`plan/moves/${move.ticket}/confirm`, { to: "li-wei" })).status).toBe(200);
  const { tickets, offers } = await board();
  expect(tickets).toMatchObject([{ id: move.ticket, state: "offered", to: "li-wei" }]);
  expect(tickets[0]?.needsPerson).toBeUndefined();
  expect(await moves()).toEqual([]);
  const again = await desk(`plan/moves/${move.ticket}/confirm`, { to: "li-wei" });
  expect([again.status, await again.json()]).toMatchObject([409, { refused: "wrong-state" }]);
  const offer = offers.find(({ state }) => state === "open");
  expect((await engineer(`offers/${offer?.id}/accept`, {})).status).toBe(200);
  expect((await board()).tickets).toMatchObject([{ state: "assigned", to: "li-wei" }]);
});

test("PL19 W61 a move that was declined with a reason is gone from every open plan, and no later plan proposes it again", async () => {
  const { stub, desk, board, moves, move } = await betterPlan("as-it-is");
  const { token } = (await stub.addToken("dispatcher", "another")) as { token: string };
  const headers = { authorization: `Bearer ${token}`, upgrade: "websocket" };
  const socket = (await exports.default.fetch(new Request("http://unit.test/api/u/as-it-is/live", { headers }))).webSocket;
  const heard: string[] = [];
  socket?.addEventListener("message", ({ data }) => void heard.push((JSON.parse(String(data)) as Down).type));
  socket?.accept();
  expect((await desk(`plan/moves/${move.ticket}/decline`, { to: "li-wei", why: "" })).status).toBe(400);
  expect(await moves()).toHaveLength(1);
  expect((await desk(`plan/moves/${move.ticket}/decline`, { to: "li-wei", why: "the customer knows her" })).status).toBe(200);
  await expect.poll(() => heard).toContain("plan");
  expect(await moves()).toEqual([]);
  const { answered } = (await stub.plannerWork()) as PlannerWork;
  expect((await desk("tickets", { id: "elsewhere", asset: "pump-1", words: "another one", priority: "p3" })).status).toBe(200);
  await expect.poll(async () => ((await stub.plannerWork()) as PlannerWork).answered, PATIENCE).toBeGreaterThan(answered);
  await expect.poll(async () => ((await stub.plannerWork()) as PlannerWork).resting, PATIENCE).toBe(true);
  expect(await moves()).toEqual([]);
  expect((await board()).tickets.find(({ id }) => id === move.ticket)).toMatchObject({ state: "assigned", to: "wang-fang" });
});
