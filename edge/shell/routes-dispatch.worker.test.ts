import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import type { Board } from "../../contracts/board.ts";
import { PlanView, WhyNot } from "../../contracts/plan.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";

const HOUR_MS = 3_600_000;

async function running(unit: string) {
  const stub = env.UNIT.getByName(`default/${unit}/unit`);
  await stub.create(unit, pumpVibration);
  await stub.putEntities(SITE, "test");
  await stub.applyVerdicts({ unit, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] });
  const token = async (role: "dispatcher" | "engineer", subject: string): Promise<string> => ((await stub.addToken(role, subject)) as { token: string }).token;
  const tokens = { desk: await token("dispatcher", "desk"), li: await token("engineer", "li-wei"), wang: await token("engineer", "wang-fang") };
  const call = async (who: keyof typeof tokens, path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const headers = { authorization: `Bearer ${tokens[who]}` };
    const init = body === undefined ? { headers } : { headers, method: "POST", body: JSON.stringify(body) };
    const response = await exports.default.fetch(new Request(`http://unit.test/api/u/${unit}/${path}`, init));
    return { status: response.status, body: await response.json() };
  };
  const board = async (): Promise<Board> => (await call("desk", "board")).body as Board;
  return { call, board };
}

test("P13 P15 P17 P19 the plan, why not, late and away over the unit's API, each for those whom it is for", async () => {
  const { call, board } = await running("planned");
  const [offer] = (await board()).offers;
  const ticket = offer?.ticket ?? "";
  expect(PlanView.parse((await call("desk", "plan")).body).tours.map(({ engineer, stops }) => [engineer, stops.map(({ hold }) => hold)])).toEqual([
    ["li-wei", ["promised"]],
    ["wang-fang", []],
  ]);
  expect(WhyNot.parse((await call("desk", `tickets/${ticket}/why-not/wang-fang`)).body)).toMatchObject({
    outcome: "change",
    chosen: "li-wei",
    why: { code: "later" },
    what: { change: "closer" },
  });
  expect(await call("desk", "tickets/none/why-not/wang-fang")).toMatchObject({ status: 404, body: { refused: "unknown-ticket" } });
  expect(await call("li", "plan")).toMatchObject({ status: 403 });
  expect(await call("li", `plan/moves/${ticket}/confirm`, { to: "wang-fang" })).toMatchObject({ status: 403 });
  expect(await call("desk", `plan/moves/${ticket}/confirm`, { to: "wang-fang" })).toMatchObject({ status: 409, body: { refused: "wrong-state" } });
  expect(await call("desk", `plan/moves/${ticket}/decline`, { to: "wang-fang", why: " " })).toMatchObject({ status: 400, body: { field: "why" } });
  await call("li", `offers/${offer?.id}/accept`, {});
  expect(await call("wang", `tickets/${ticket}/late`, { arriveAt: Date.now() + HOUR_MS })).toMatchObject({ body: { refused: "not-yours" } });
  const arriveAt = Date.now() + HOUR_MS;
  expect(await call("li", `tickets/${ticket}/late`, { arriveAt })).toMatchObject({ status: 200 });
  expect(PlanView.parse((await call("desk", "plan")).body).tours[0]?.stops[0]).toMatchObject({ hold: "accepted", startAt: arriveAt });
  expect(await call("wang", "engineers/li-wei/absence", { until: Date.now() + HOUR_MS })).toMatchObject({ body: { refused: "not-yours" } });
  expect(await call("li", "engineers/li-wei/absence", { until: 1 })).toMatchObject({ body: { refused: "malformed" } });
  expect(await call("li", "engineers/li-wei/absence", { until: Date.now() + 6 * HOUR_MS })).toMatchObject({ status: 200 });
  expect((await board()).offers.filter(({ state }) => state === "open")).toMatchObject([{ ticket, engineer: "wang-fang" }]);
  expect(await call("desk", "engineers/li-wei/presence", {})).toMatchObject({ status: 200 });
  expect((await board()).engineers.find(({ id }) => id === "li-wei")).not.toHaveProperty("absences");
});
