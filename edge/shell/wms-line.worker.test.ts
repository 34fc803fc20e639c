/** The line to a warehouse that loses answers, is away, refuses and comes back: over HTTP, through restarts. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Board } from "../../contracts/board.ts";
import type { Kit } from "../../contracts/kit.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { SITE, verdictAt } from "../fixture/site.ts";

type Behave = "answers" | "loses its answers" | "refuses";
const warehouse = { behave: "answers" as Behave, calls: [] as string[], byKey: new Map<string, string>(), held: new Set<string>() };
const through = globalThis.fetch;

beforeEach(() => {
  Object.assign(warehouse, { behave: "answers", calls: [], byKey: new Map(), held: new Set() });
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    return new URL(request.url).host === "wms.test" ? serve(request) : through(input, init);
  });
});
afterEach(() => void vi.unstubAllGlobals());

/** One reservation for each key, whatever becomes of the answer. */
function serve(request: Request): Response {
  const key = request.headers.get("idempotency-key") ?? "";
  warehouse.calls.push(`${request.method} ${key}`);
  if (warehouse.behave === "refuses") return Response.json({ error: "no such customer" }, { status: 422 });
  const number =
    request.method === "DELETE" ? (new URL(request.url).pathname.split("/").at(-1) ?? "") : (warehouse.byKey.get(key) ?? `R-${warehouse.byKey.size + 1}`);
  if (request.method === "DELETE") warehouse.held.delete(number);
  else if (!warehouse.byKey.has(key)) warehouse.held.add(number);
  if (request.method === "POST") warehouse.byKey.set(key, number);
  if (warehouse.behave === "loses its answers") throw new DOMException("no answer in time", "TimeoutError");
  return Response.json({ reservation: number, depot: "east" }, { status: request.method === "POST" ? 201 : 200 });
}

async function openUnit(name: string) {
  const stub = env.UNIT.getByName(`default/${name}/unit`);
  await stub.create(name, { ...pumpVibration, connectors: { wms: { url: "http://wms.test" } } });
  await stub.putEntities(SITE, "test");
  const kits = async (): Promise<readonly Kit[]> => ((await stub.board()) as Board).kits;
  const sql = (query: string) => runInDurableObject(stub, (_, state) => state.storage.sql.exec(query).toArray());
  return {
    stub,
    kits,
    breaker: async () => JSON.parse(String((await sql("SELECT value FROM meta WHERE key = 'wmsBreaker'"))[0]?.["value"])) as Record<string, unknown>,
    asks: () => sql("SELECT key, attempts, next_at FROM ask"),
    fault: (seq: number, asset = "pump-1") =>
      stub.applyVerdicts({ unit: name, slice: 0, from: seq, verdicts: [verdictAt(Date.now(), { asset, device: `d-${seq}`, episode: `d-${seq}@1` })] }),
    /** The time of the ask, and of the breaker where it is open, is over. */
    later: async (breakerToo: boolean) => {
      await sql("UPDATE ask SET next_at = 1");
      if (breakerToo) await sql("UPDATE meta SET value = json_set(value, '$.until', 0, '$.probeUntil', 0) WHERE key = 'wmsBreaker'");
      await runDurableObjectAlarm(stub);
    },
  };
}

const secondPump = {
  entities: [
    {
      family: "asset" as const,
      entity: {
        id: "pump-2",
        name: "Pump 2",
        kind: "pump",
        model: "P-180",
        customer: "own",
        position: { lat: 28.2, lon: 112.9 },
        moves: false,
        installedAt: 1,
      },
    },
  ],
};

test("KT7 KT8 a warehouse that takes asks and loses its answers: the breaker opens, outlives a restart, and in the end each kit has one reservation", async () => {
  const unit = await openUnit("wms-away");
  await unit.stub.putEntities(secondPump, "test");
  warehouse.behave = "loses its answers";
  await unit.fault(1);
  for (const attempts of [1, 2, 3]) {
    await vi.waitFor(async () => expect(await unit.asks()).toMatchObject([{ attempts }]), 10_000);
    if (attempts < 3) await unit.later(false);
  }
  expect(await unit.breaker()).toMatchObject({ state: "open", why: "3 time-outs in a row" });
  expect(await unit.kits()).toMatchObject([{ state: "unreachable" }]);

  // Nobody is called while it is open, whoever asks and however often this object begins anew.
  const calls = warehouse.calls.length;
  await evictDurableObject(unit.stub);
  await unit.fault(2, "pump-2");
  await unit.later(false);
  await vi.waitFor(async () => expect((await unit.kits()).map(({ state }) => state)).toEqual(["unreachable", "unreachable"]), 10_000);
  expect(warehouse.calls).toHaveLength(calls);

  // A probe is one call; a second one that goes well closes it.
  warehouse.behave = "answers";
  await evictDurableObject(unit.stub);
  await unit.later(true);
  await vi.waitFor(async () => expect((await unit.kits()).map(({ state }) => state)).toEqual(["reserved", "reserved"]), 10_000);
  expect(await unit.breaker()).toMatchObject({ state: "closed" });
  expect(await unit.asks()).toEqual([]);
  expect(new Set(warehouse.calls).size).toBe(2);
  expect([...warehouse.held].toSorted()).toEqual((await unit.kits()).map(({ reservation }) => reservation).toSorted());
});

test("KT6 T10 what is refused is not asked again by itself; a person has it asked once more, and what is called off goes back", async () => {
  const unit = await openUnit("wms-refuses");
  warehouse.behave = "refuses";
  await unit.fault(1);
  await vi.waitFor(async () => expect(await unit.kits()).toMatchObject([{ state: "refused" }]), 10_000);
  expect(await unit.asks()).toEqual([]);
  expect(await unit.breaker()).toMatchObject({ state: "closed" });
  const ticket = (await unit.kits())[0]?.ticket;
  if (ticket === undefined) throw new Error("no kit");
  expect(await unit.stub.chain(ticket)).toMatchObject({ reservation: { rejected: { why: "the WMS answered 422" } } });

  warehouse.behave = "answers";
  await unit.stub.answer({ type: "ask-again", ticket, by: "desk" });
  await vi.waitFor(async () => expect(await unit.kits()).toMatchObject([{ state: "reserved", reservation: "R-1" }]), 10_000);
  await unit.stub.answer({ type: "cancel", ticket, by: "desk", why: "sold" });
  await vi.waitFor(async () => expect(await unit.stub.chain(ticket)).toMatchObject({ reservation: { wanted: false, giving: [], gone: ["R-1"] } }), 10_000);
  expect([...warehouse.held]).toEqual([]);
  expect(await unit.kits()).toMatchObject([{ state: "none", reservation: "R-1" }]);
});
