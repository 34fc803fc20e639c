/** A unit that is taught, whose parts are counted, and whose tickets say what follows: over HTTP. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Board, Chain } from "../../contracts/board.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";

async function openUnit(name: string) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, pumpVibration);
  await stub.putEntities(SITE, "test");
  const tokenOf = async (role: "operations" | "dispatcher" | "engineer", subject: string) => ((await stub.addToken(role, subject)) as { token: string }).token;
  const tokens = { ops: await tokenOf("operations", "ops"), desk: await tokenOf("dispatcher", "desk"), wei: await tokenOf("engineer", "li-wei") };
  const call = async (who: keyof typeof tokens, method: string, path: string, body?: object): Promise<[number, Record<string, unknown>]> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json" };
    const answer = await exports.default.fetch(new Request(`http://unit.test/api/u/${name}/${path}`, { method, headers, ...sent }));
    return [answer.status, (await answer.json()) as Record<string, unknown>];
  };
  const chain = async () => {
    const [ticket] = ((await stub.board()) as Board).tickets;
    const chain = await stub.chain(ticket?.id ?? "");
    if (isRefusal(chain)) throw new Error(chain.rule);
    return chain as Chain;
  };
  return { stub, call, chain, fault: () => stub.applyVerdicts({ unit: name, slice: 0, from: 1, verdicts: [verdictAt(Date.now())] }) };
}

test("KG1 KG3 KG6 a document is tried, refused with every fault, taken whole, taken again without effect; an alarm's ticket cites its entries, also after a restart", async () => {
  const { stub, call, chain, fault } = await openUnit("taught");
  expect((await call("ops", "GET", "knowledge"))[1]["entries"]).toContainEqual(expect.objectContaining({ kind: "fault-mode", id: "bearing-wear", version: 0 }));
  expect(await call("desk", "POST", "knowledge", pumpKnowledge)).toMatchObject([403, { refused: "not-permitted" }]);
  const torn = { ...pumpKnowledge, entries: pumpKnowledge.entries.filter(({ kind }) => kind !== "tool") };
  expect(await call("ops", "POST", "knowledge", torn)).toMatchObject([
    404,
    { refused: "unknown-entity", field: expect.stringMatching(/^entries\.\d+\.tools/) as string },
  ]);
  expect((await call("ops", "POST", "knowledge?dry=1", torn))[1]["faults"]).toContainEqual(expect.objectContaining({ refused: "unknown-entity" }));
  expect(await call("ops", "POST", "knowledge?dry=1", pumpKnowledge)).toMatchObject([200, { taken: pumpKnowledge.entries.length, unchanged: 0 }]);
  expect(await call("ops", "POST", "knowledge", pumpKnowledge)).toMatchObject([200, { taken: pumpKnowledge.entries.length, unchanged: 0 }]);
  expect(await call("ops", "POST", "knowledge", pumpKnowledge)).toMatchObject([200, { taken: 0, unchanged: pumpKnowledge.entries.length }]);
  await evictDurableObject(stub);
  await fault();
  const { advice, alarm, decisions, ticket } = await chain();
  expect(alarm?.faultMode).toBe("bearing-wear");
  expect(advice?.diagnosis?.cites).toContainEqual({ entry: "symptom:vibration-of-bearings", version: 1 });
  expect(advice?.cited).toContainEqual(expect.objectContaining({ entry: "fault-mode:bearing-wear", version: 1, title: expect.anything() as object }));
  expect(advice?.similar).toMatchObject([{ id: "r-1", because: [{ code: "same-fault-mode" }, { code: "same-asset" }, { code: "age" }] }]);
  expect(advice?.lines.every(({ because, cites }) => because.length > 0 && cites.length > 0)).toBe(true);
  expect(decisions.find(({ subject }) => subject === ticket.alarm)).toMatchObject({
    reasons: expect.arrayContaining([expect.objectContaining({ code: "fault-mode-by-knowledge" })]) as unknown[],
    snapshot: { diagnosis: { cites: advice?.diagnosis?.cites } },
  });
});

test("KT1 KT3 KT5 KT9 parts in vans and at depots: counted, checked for each engineer, kept for whoever accepts, used at the end", async () => {
  const { call, chain, fault } = await openUnit("stocked");
  const depot = { id: "east", title: { en: "East", zh: "东库" }, place: { lat: 28.205, lon: 112.905 } };
  expect(await call("ops", "PUT", "depots", { depots: [depot] })).toEqual([200, { written: 1 }]);
  const receive = (id: string, place: string, part: string, quantity: number) => ({ id, type: "receive", place, part, quantity });
  const delivery = [receive("m-1", "van:li-wei", "BRG-6308", 2), receive("m-2", "depot:east", "SEAL-45", 5), receive("m-3", "depot:east", "GREASE-EP2", 5)];
  expect((await call("desk", "POST", "stock/movements", { movements: delivery }))[1]["levels"]).toHaveLength(3);
  expect(await call("desk", "POST", "stock/movements", { movements: delivery.slice(0, 1).map((one) => ({ ...one, quantity: 9 })) })).toMatchObject([
    409,
    { refused: "exists", field: "movements.0.id" },
  ]);
  expect(await call("wei", "POST", "stock/movements", { movements: [receive("m-4", "van:wang-fang", "BRG-6308", 2)] })).toMatchObject([
    403,
    { refused: "not-yours" },
  ]);
  expect(await call("desk", "POST", "stock/movements", { movements: [receive("m-5", "depot:none", "BRG-6308", 2)] })).toMatchObject([
    404,
    { refused: "unknown-entity" },
  ]);
  expect(
    await call("desk", "POST", "stock/movements", { movements: [{ type: "transfer", place: "van:li-wei", to: "depot:east", part: "BRG-6308", quantity: 3 }] }),
  ).toMatchObject([409, { refused: "wrong-state" }]);

  await fault();
  const { ticket, offers, parts } = await chain();
  expect(parts).toMatchObject({ engineer: "li-wei", outcome: "depot", stops: ["east"] });
  expect(await call("desk", "GET", `tickets/${ticket.id}/parts/wang-fang`)).toMatchObject([
    200,
    { outcome: "blocked", sources: expect.arrayContaining([{ part: "BRG-6308", quantity: 2, from: "order" }]) as unknown[] },
  ]);
  expect(await call("wei", "GET", `tickets/${ticket.id}/parts/wang-fang`)).toMatchObject([403, { refused: "not-yours", field: "engineer" }]);
  expect(await call("wei", "GET", `tickets/${ticket.id}/parts/li-wei`)).toMatchObject([200, { outcome: "depot" }]);
  await call("wei", "POST", `offers/${offers[0]?.id}/accept`, {});
  const levels = async () => (await call("desk", "GET", "stock"))[1]["levels"] as { place: string; part: string; onHand: number; holds: unknown[] }[];
  expect(await levels()).toMatchObject([
    { place: "depot:east", part: "GREASE-EP2", onHand: 5, holds: [{ quantity: 1 }] },
    { place: "depot:east", part: "SEAL-45", onHand: 5, holds: [{ quantity: 1 }] },
    { place: "van:li-wei", part: "BRG-6308", onHand: 2, holds: [{ quantity: 2 }] },
  ]);
  const report = { to: "resolved", cause: "worn", causeCode: "wear", action: "replaced", partsUsed: [{ part: "BRG-6308", quantity: 1 }] };
  for (const body of [{ to: "travelling" }, { to: "working" }, report]) expect((await call("wei", "POST", `tickets/${ticket.id}/progress`, body))[0]).toBe(200);
  expect(await levels()).toMatchObject([
    { onHand: 5, holds: [] },
    { onHand: 5, holds: [] },
    { part: "BRG-6308", onHand: 1, holds: [] },
  ]);

  const take = (place: string, to: string, part: string) => ({ type: "transfer", place, to, part, quantity: 1 });
  await call("desk", "POST", "stock/movements", { movements: [receive("m-6", "van:wang-fang", "FILTER", 1)] });
  for (const move of [
    take("van:wang-fang", "van:li-wei", "FILTER"),
    take("van:wang-fang", "depot:east", "FILTER"),
    take("depot:east", "van:wang-fang", "SEAL-45"),
  ])
    expect(await call("wei", "POST", "stock/movements", { movements: [move] })).toMatchObject([403, { refused: "not-yours" }]);
  const there = [take("depot:east", "van:li-wei", "SEAL-45"), take("van:li-wei", "van:wang-fang", "SEAL-45")];
  expect((await call("wei", "POST", "stock/movements", { movements: there }))[0]).toBe(200);
});
