/** A unit whose scenario lets nothing run without a person, asked over HTTP as its pages ask. */
import { env, exports } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Board } from "../contracts/board.ts";
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
