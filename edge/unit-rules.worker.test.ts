/** The hard rules in the unit as it is served: shelves that are known here, engineers who are imported, shifts that are taken back. */
import { env, exports } from "cloudflare:workers";
import { encode } from "cborg";
import { expect, test } from "vitest";
import type { Board } from "../contracts/board.ts";
import type { Decision } from "../contracts/decision.ts";
import { Engineer } from "../contracts/engineer.ts";
import type { EngineerId } from "../contracts/ids.ts";
import { Route } from "../contracts/mapping.ts";
import type { IntakePlan } from "../contracts/rpc.ts";
import type { DeviceProfile, Scenario } from "../contracts/scenario.ts";
import { Movement } from "../contracts/stock.ts";
import { pumpVibration } from "../hub/catalogue/pump-vibration.ts";
import { SITE } from "./fixture/site.ts";
import { readForeign } from "./ingest/mapping/foreign.ts";
import { proposeMapping } from "./ingest/mapping/propose.ts";

const HOUR = 3_600_000;
const { wms: _none, ...connectors } = pumpVibration.connectors;
const PARTS = ["BRG-6308", "SEAL-45", "GREASE-EP2"];
const home = pumpVibration.site.place;
const person = (id: string, more: Partial<Record<keyof Engineer, unknown>> = {}): Engineer =>
  Engineer.parse({
    id,
    name: id,
    skills: ["mechanical", "bearings", "hydraulics", "electrical"],
    shifts: [{ days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1440 }],
    home,
    locatable: true,
    ...more,
  });

/** Names of people and jobs are the tenant's: each unit here has its own. */
async function served(name: string, people: readonly Engineer[]) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, { ...pumpVibration, connectors });
  const assets = SITE.entities.filter(({ family }) => family === "asset" || family === "customer");
  const put = async (...engineers: readonly Engineer[]) =>
    await stub.putEntities({ entities: engineers.map((entity) => ({ family: "engineer" as const, entity })) }, "ops");
  await stub.putEntities({ entities: assets }, "ops");
  await put(...people);
  const asset = ((await stub.board()) as Board).assets[0]?.id ?? ("" as never);
  const open = async (ticket: string, faultMode: string) =>
    await stub.answer({ type: "open", ticket: ticket as never, by: "desk", asset, words: "x", faultMode: faultMode as never });
  const jobOf = async (id: string) => ((await stub.board()) as Board).tickets.find((ticket) => ticket.id === id);
  return { stub, put, open, jobOf };
}

test("P20 the offer for a job that is opened now goes to who has its parts, as they were received or counted just before", async () => {
  const { stub, open, jobOf } = await served("shelves", [person("a"), person("b")]);
  const ops = { role: "operations", subject: "ops" } as const;
  const move = async (movements: readonly unknown[]) =>
    await stub.moveStock(
      movements.map((one) => Movement.parse(one)),
      ops,
    );
  await move(PARTS.map((part) => ({ id: `in-${part}`, at: 1, by: "ops", type: "receive", place: "van:b", part, quantity: 9 })));
  await open("one", "bearing-wear");
  expect(await jobOf("one")).toMatchObject({ state: "offered", to: "b" });
  await stub.answer({ type: "cancel", ticket: "one" as never, by: "desk", why: "x" });
  await move(PARTS.map((part) => ({ id: `out-${part}`, at: 2, by: "ops", type: "count", place: "van:b", part, counted: 0 })));
  await move(PARTS.map((part) => ({ id: `a-${part}`, at: 3, by: "ops", type: "receive", place: "van:a", part, quantity: 9 })));
  await open("two", "bearing-wear");
  expect(await jobOf("two")).toMatchObject({ state: "offered", to: "a" });
});

test("P23 P24 who is imported without what a job asks for has neither the offer nor the job any more, and is located no longer off shift", async () => {
  const { stub, put, open, jobOf } = await served("imports", [person("c"), person("d", { home: { lat: home.lat + 0.2, lon: home.lon } })]);
  await open("import", "bearing-wear");
  const offered = await jobOf("import");
  expect(offered).toMatchObject({ state: "offered", to: "c" });
  await stub.answer({ type: "position", by: "c" as EngineerId, place: home, at: Date.now() });
  await put(person("c", { skills: ["electrical"], shifts: [] }));
  expect(await jobOf("import")).toMatchObject({ state: "offered", to: "d" });
  expect(((await stub.board()) as Board).positions).toEqual([]);
  const now = await jobOf("import");
  if (now?.state !== "offered") throw new Error("not offered");
  await stub.answer({ type: "accept", offer: now.offer, by: "d" as EngineerId });
  expect(await jobOf("import")).toMatchObject({ state: "assigned", to: "d" });
  await put(person("c"));
  await put(person("d", { skills: ["electrical"] }));
  expect(await jobOf("import")).toMatchObject({ state: "offered", to: "c" });
});

test("P24 RO16 a job that somebody took for a dated shift goes to others when the shift is taken back", async () => {
  const later = { from: Date.now() + 24 * HOUR, until: Date.now() + 32 * HOUR, kind: "duty" } as const;
  const { stub, put, open, jobOf } = await served("shifts", [person("e")]);
  await open("shift", "bearing-wear");
  const job = await jobOf("shift");
  if (job?.state !== "offered") throw new Error("not offered");
  await stub.answer({ type: "accept", offer: job.offer, by: "e" as EngineerId });
  await put(person("e", { shifts: [], extraShifts: [later] }));
  expect(await jobOf("shift")).toMatchObject({ state: "assigned", to: "e" });
  await stub.dropShift({ engineer: "e" as EngineerId, ...later }, "ops");
  expect((await jobOf("shift"))?.state).toBe("open");
});

test("MF17 a mapping is accepted by operations in one step: it is in the plan, its decision says who; one that can't be read is refused with its field", async () => {
  const name = "mapped";
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, { ...pumpVibration, connectors });
  await stub.putEntities(SITE, "ops");
  const device = ((await stub.board()) as Board).devices[0];
  const said = { t: 1_763_750_000, motor: { temp_F: 140 }, flow: "12" };
  const topic = `sensors/${device?.id}/raw`;
  const route = proposeMapping(topic, said, profileOf(pumpVibration), device?.id ?? "")?.route;
  const ask = async (role: "operations" | "dispatcher", body: object) => {
    const { token } = (await stub.addToken(role, "li")) as { readonly token: string };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await exports.default.fetch(`http://x/api/u/${name}/mappings`, { method: "POST", headers, body: JSON.stringify(body) });
    return [answer.status, await answer.json()] as const;
  };
  expect((await ask("dispatcher", { device: device?.id, route }))[0]).toBe(403);
  const wrong = { ...route, values: [{ channel: "flow", at: "$.flow", expression: "valu" }] };
  expect(await ask("operations", { device: device?.id, route: wrong })).toMatchObject([
    400,
    { field: "route.values.0.expression", rule: expect.stringContaining("valu") },
  ]);
  expect(await ask("operations", { device: "nobody", route })).toMatchObject([404, { refused: "unknown-device" }]);
  // Again is the same: a button pressed twice does no harm.
  for (let i = 0; i < 2; i++) expect(await ask("operations", { device: device?.id, route })).toMatchObject([200, { unit: name, profile: "pump" }]);
  const plan = structuredClone(await stub.intakePlan()) as IntakePlan;
  expect(profileOf(plan.scenario).mapping?.routes).toEqual([route]);
  const decided = (await stub.decisions("")) as readonly Decision[];
  expect(decided.find(({ outcome }) => outcome === "mapped")).toMatchObject({
    actor: "li",
    subject: "profile:pump",
    trigger: { type: "mapping", ref: device?.id },
  });
  // Compiled, decoded and read where the unit runs: without making code.
  for (const payload of [encode(said), new TextEncoder().encode(JSON.stringify(said))]) {
    const read = readForeign(payload, topic, profileOf(plan.scenario), null, 0);
    expect(read).toMatchObject({ messages: [{ ts: said.t * 1_000, channels: { flow: 12, "temperature.motor": 60 } }], refused: [] });
  }
  const ranged = { ...route, values: [{ channel: "flow", at: "$.m[?@.n=='flow'].v", expression: "value * 2.0" }] };
  const profile = { ...profileOf(pumpVibration), mapping: { routes: [Route.parse(ranged)] } };
  expect(readForeign(encode({ m: [{ n: "flow", v: 2.5 }] }), topic, profile, null, 0).messages).toMatchObject([{ channels: { flow: 5 } }]);
});

function profileOf({ profiles: [profile] }: Pick<Scenario, "profiles">): DeviceProfile {
  if (profile === undefined) throw new Error("a scenario has a profile");
  return profile;
}
