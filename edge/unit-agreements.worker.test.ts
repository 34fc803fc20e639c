/** Agreements that a CRM writes first at the real hub, and real units that never joined them. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { Ticket } from "../contracts/ticket.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { streamObject } from "../hub/shell/feed-reader.ts";
import { type Client, clientFor } from "../hub/shell/fixture/client.ts";

const HOUR = 3_600_000;
const CLASS = { respondMs: HOUR, resolveMs: 2 * HOUR, calendar: "office", stops: [], tell: [] };
const TERMS = {
  title: "Gold",
  kind: "service",
  from: 1,
  timeZone: "Asia/Shanghai",
  coverage: { labour: "covered" },
  payer: "provider",
  exclusions: [],
  responses: { p3: CLASS },
};
const OFFICE = { title: { zh: "全天", en: "always" }, weekly: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }], exceptions: [] };

let crm: Client;
beforeAll(async () => void (crm = await clientFor("integrator")));

const tag = (): string => crypto.randomUUID().slice(0, 8);
const write = (entity: string, id: string, changes: object, more: object = {}) =>
  crm.ask("POST", "/api/writes", { key: crypto.randomUUID(), entity, id, changes: { id, ...changes }, reason: "signed", ...more });

/** A unit with one machine of a customer, and a job that is open there. */
async function unitWith(customer: string, asset: string, model = "P-180") {
  const name = `agreed-${tag()}`;
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, pumpVibration);
  const place = pumpVibration.site.place;
  const machine = { id: asset, name: "Pump", kind: "pump", model, customer, position: place, moves: false, installedAt: 1 };
  const entities = [
    { family: "customer" as const, entity: { id: customer, name: "Works" } },
    { family: "asset" as const, entity: machine },
  ];
  const put = await stub.putEntities({ entities }, "test");
  if (isRefusal(put)) throw new Error(put.rule);
  await stub.answer({ type: "open", by: "desk", asset: asset as never, words: "it drips", priority: "p3" });
  const board = async (): Promise<Board> => {
    const answer = await stub.board();
    if (isRefusal(answer)) throw new Error(answer.rule);
    return answer as Board;
  };
  await vi.waitFor(async () => expect((await board()).hub).toMatchObject({ state: "up", pending: 0 }), { timeout: 20_000, interval: 50 });
  return { name, ticket: async (): Promise<Ticket | undefined> => (await board()).tickets[0] };
}
type Here = Awaited<ReturnType<typeof unitWith>>;
const promisedBy = (here: Here, agreement: string): Promise<unknown> =>
  vi.waitFor(async () => expect(await here.ticket()).toMatchObject({ agreement, payer: { labour: "provider" } }), { timeout: 20_000, interval: 50 });

test("D30 what a CRM writes first about a customer or an asset reaches the units that see it, with its calendar; another unit hears nothing", async () => {
  const [acme, other, pump] = [`acme-${tag()}`, `other-${tag()}`, `pump-${tag()}`];
  const mine = await unitWith(acme, pump);
  const stranger = await unitWith(other, `pump-${tag()}`);
  const gold = `gold-${tag()}`;
  expect((await write("agreement", gold, { ...TERMS, scope: { customer: acme } })).status).toBe(200);
  await promisedBy(mine, gold);
  // By its asset, which is another stream's.
  const silver = `silver-${tag()}`;
  const terms = { ...TERMS, kind: "warranty", scope: { assets: [pump] }, responses: { p3: { ...CLASS, calendar: `office-${silver}` } } };
  expect((await write("agreement", silver, terms)).status).toBe(200);
  await promisedBy(mine, silver);
  // A calendar is for whom the agreement is that names it: no units are named for it.
  expect((await write("calendar", `office-${silver}`, OFFICE)).status).toBe(200);
  const seenBy = async (entity: string, id: string): Promise<readonly string[]> =>
    (JSON.parse(await streamObject(env, "customers").records(entity, [id])) as readonly { readonly units: readonly string[] }[])[0]?.units ?? [];
  expect([await seenBy("agreement", gold), await seenBy("calendar", `office-${silver}`)]).toEqual([[mine.name], [mine.name]]);
  expect(await stranger.ticket()).not.toHaveProperty("agreement");
  // About nobody that the hub knows: then somebody has to say for whom.
  expect((await write("agreement", `void-${tag()}`, { ...TERMS, scope: { customer: `nobody-${tag()}` } })).status).toBe(400);
});

test("D30 a customer or a machine that comes to a unit later brings the agreements about it along", async () => {
  const [acme, pump, model] = [`acme-${tag()}`, `pump-${tag()}`, `M-${tag()}`];
  const first = await unitWith(acme, `pump-${tag()}`);
  const gold = `gold-${tag()}`;
  expect((await write("agreement", gold, { ...TERMS, scope: { customer: acme } })).status).toBe(200);
  await promisedBy(first, gold);
  await promisedBy(await unitWith(acme, `pump-${tag()}`), gold);
  const bronze = `bronze-${tag()}`;
  const terms = { ...TERMS, kind: "warranty", scope: { models: [model] } };
  expect((await write("agreement", bronze, terms, { units: [first.name] })).status).toBe(200);
  await promisedBy(await unitWith(`late-${tag()}`, pump, model), bronze);
});
