/** What a CRM wants of a unit, said at the real hub: complaints about machines that have no ticket, and wishes about jobs that are there. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { Ticket } from "../contracts/ticket.ts";
import type { Wish } from "../contracts/wish.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import type { ComplaintTaken, EntityAnswer } from "../hub/feed/view.ts";
import { type Client, clientFor } from "../hub/shell/fixture/client.ts";
import { SITE, verdictAt } from "./fixture/site.ts";

const PATIENCE = { timeout: 20_000, interval: 50 };
const tag = (): string => crypto.randomUUID().slice(0, 8);

let crm: Client;
beforeAll(async () => void (crm = await clientFor("integrator")));

/** A unit with a machine of its own and its device, in step with the hub. `autonomy`: of tickets. */
async function unitWith(asset: string, autonomy: "act" | "confirm" = "act") {
  const name = `heard-${tag()}`;
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, { ...pumpVibration, autonomy: { ...pumpVibration.autonomy, ticket: autonomy } });
  const own = (text: string): string => text.replaceAll("pump-1", asset).replaceAll("dev-1", `dev-${asset}`);
  const put = await stub.putEntities(JSON.parse(own(JSON.stringify(SITE))) as typeof SITE, "test");
  if (isRefusal(put)) throw new Error(put.rule);
  const board = async (): Promise<Board> => {
    const answer = await stub.board();
    if (isRefusal(answer)) throw new Error(answer.rule);
    return answer as Board;
  };
  await vi.waitFor(async () => expect((await board()).hub).toMatchObject({ state: "up", pending: 0 }), PATIENCE);
  return { name, stub, board, asset };
}
type Here = Awaited<ReturnType<typeof unitWith>>;

const complain = async (ask: object): Promise<readonly [number, object]> => {
  const response = await crm.ask("POST", "/api/hub/complaints", ask);
  return [response.status, await response.json()];
};
/** What the hub has of it, once the unit has answered. */
async function answered(entity: "complaint" | "ticket", id: string, attr: string): Promise<Readonly<Record<string, unknown>>> {
  return vi.waitFor(async () => {
    const { attributes } = await crm.json<EntityAnswer>("GET", `/api/hub/entities/${entity}/${id}`);
    expect(attributes).toHaveProperty(attr);
    return Object.fromEntries(Object.entries(attributes).map(([name, { value }]) => [name, value]));
  }, PATIENCE);
}

test("T37 D31 a complaint at the hub about a machine without a ticket opens one in its unit, linked to what the machine had said; its answer is at the hub", async () => {
  const here = await unitWith(`pump-${tag()}`, "confirm");
  const other = await unitWith(`pump-${tag()}`);
  const at = Date.now() - 60_000;
  const heard = verdictAt(at, { asset: here.asset, device: `dev-${here.asset}` });
  const [verdict, cleared] = [heard, { ...heard, at: at + 1_000, state: "normal" as const }];
  await here.stub.applyVerdicts({ unit: here.name, slice: 0, from: 1, verdicts: [verdict, cleared] });
  const [alarm] = (await here.board()).alarms;
  expect([alarm?.clearedAt !== undefined, (await here.board()).tickets]).toEqual([true, []]);

  const key = `case-${tag()}`;
  const ask = { key, asset: here.asset, words: "it hums louder than last week", priority: "p2" };
  const [status, taken] = await complain(ask);
  expect([status, taken]).toMatchObject([200, { complaint: key, asset: here.asset, unit: here.name }]);
  const { ticket, answer } = await answered("complaint", key, "answer");
  expect(answer).toEqual({ at: expect.any(Number), alarms: [alarm?.id] });
  const { tickets } = await here.board();
  expect(tickets).toMatchObject([
    { id: ticket, asset: here.asset, source: "complaint", priority: "p2", complaints: [{ id: key, words: ask.words, alarms: [alarm?.id] }] },
  ]);
  expect(tickets[0]).not.toHaveProperty("alarm");
  expect((await other.board()).tickets).toEqual([]);

  // The same once more is the same; another one joins the job; a key of somebody else's is refused.
  expect(await complain(ask)).toEqual([200, { ...(taken as ComplaintTaken), cursor: expect.any(String) }]);
  const second = `case-${tag()}`;
  expect((await complain({ key: second, asset: here.asset, words: "and it drips", saidAt: Date.now() + 5_000 }))[0]).toBe(200);
  expect(await answered("complaint", second, "answer")).toMatchObject({ ticket, answer: { joined: true } });
  expect((await here.board()).tickets.map(({ complaints = [] }) => complaints.map(({ id }) => id))).toEqual([[key, second]]);
  expect(await complain({ ...ask, words: "something else" })).toMatchObject([409, { refused: "exists", field: "key" }]);
});

test("D31 a complaint about no machine, about one of several units and from a token of another unit is refused in words", async () => {
  const shared = `pump-${tag()}`;
  const [one, two] = [await unitWith(shared), await unitWith(shared)];
  const ask = { key: `case-${tag()}`, asset: shared, words: "it drips" };
  expect(await complain({ ...ask, asset: `none-${tag()}` })).toMatchObject([
    404,
    { refused: "unknown-asset", field: "asset", mend: expect.stringContaining("id") },
  ]);
  expect(await complain({ ...ask, words: "" })).toMatchObject([400, { refused: "malformed", field: "words" }]);
  expect(await complain(ask)).toMatchObject([400, { refused: "malformed", field: "unit", rule: expect.stringContaining(two.name) }]);
  expect(await complain({ ...ask, unit: "elsewhere" })).toMatchObject([400, { field: "unit" }]);
  const strange = await clientFor("integrator", (await unitWith(`pump-${tag()}`)).name);
  expect((await strange.ask("POST", "/api/hub/complaints", ask)).status).toBe(404);
  expect((await (await clientFor("operations")).ask("POST", "/api/hub/complaints", ask)).status).toBe(403);
  // Of several only the one that is named.
  expect(await complain({ ...ask, unit: two.name })).toMatchObject([200, { unit: two.name }]);
  await answered("complaint", ask.key, "answer");
  expect([(await one.board()).tickets.length, (await two.board()).tickets.length]).toEqual([0, 1]);
});

test("T36 what a CRM wishes of a job at the hub is done by the unit once, and answered there, a refusal in words", async () => {
  const here: Here = await unitWith(`pump-${tag()}`);
  const id = `job-${tag()}`;
  const opened = await here.stub.answer({
    type: "open",
    ticket: id as Ticket["id"],
    by: "desk",
    asset: here.asset as Ticket["asset"],
    words: "it drips",
    priority: "p3",
  });
  if (isRefusal(opened)) throw new Error(opened.rule);
  await answered("ticket", id, "state");
  const wish = async (want: Wish["want"], words: string): Promise<Readonly<Record<string, unknown>>> => {
    const key = `wish-${tag()}`;
    const changes = { wish: { key, want, words } };
    await crm.json("POST", "/api/writes", { key, entity: "ticket", id, changes, reason: "the customer called" });
    return vi.waitFor(async () => {
      const ticket = await answered("ticket", id, "wished");
      expect(ticket["wished"]).toMatchObject({ key });
      return ticket;
    }, PATIENCE);
  };
  expect((await wish("reopen", "it still drips"))["wished"]).toMatchObject({ refused: "wrong-state", rule: expect.any(String), mend: expect.any(String) });
  expect(await wish("complain", "it drips more and more")).toMatchObject({ state: "offered", complaints: [{ words: "it drips more and more" }] });
  expect(await wish("cancel", "sold")).toMatchObject({ state: "cancelled", why: "sold" });
  expect(await wish("reopen", "not sold after all")).toMatchObject({ state: "offered", reopened: { times: 1 } });
  expect((await here.board()).tickets.map((ticket) => [ticket.id, ticket.state])).toEqual([[id, "offered"]]);
  // Whoever writes what is no wish is told at once.
  const torn = { key: `wish-${tag()}`, entity: "ticket", id, changes: { wish: { key: "x", want: "fly", words: "up" } }, reason: "a joke" };
  expect(await crm.json("POST", "/api/writes", torn, 422)).toMatchObject({ refused: "breaks-contract", field: "changes.wish" });
});
