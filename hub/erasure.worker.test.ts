/** A person who was erased is nowhere: not at the hub, not at a unit, and not after the hub's storage was put back to before it. */
import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { beforeAll, expect, test, vi } from "vitest";
import type { Board } from "../contracts/board.ts";
import { isRefusal } from "../contracts/refusal.ts";
import type { Unit } from "../edge/unit.ts";
import { pumpVibration } from "./catalogue/pump-vibration.ts";
import { SubjectAnswer, VerifyAnswer } from "./feed/view.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";

const NAME = `north-${crypto.randomUUID().slice(0, 8)}`;
const ID = `c-${NAME}`;
const TRACES = ["Ms Zhou", "5555 0199"];
const contact = { person: "Ms Zhou", phone: "+86 731 5555 0199" };
let admin: Client;

const unit = (): DurableObjectStub<Unit> => env.UNIT.getByName(`default/${NAME}/unit`);
const customers = () => streamObject(env, "customers");
const settled = (): Promise<unknown> =>
  vi.waitUntil(
    async () => {
      const board = await unit().board();
      return !isRefusal(board) && (board as Board).hub.pending === 0 && (board as Board).hub.state === "up";
    },
    { timeout: 20_000, interval: 20 },
  );
/** Every table of an object. */
const textOf = (storage: DurableObjectStorage): string => {
  const tables = storage.sql
    .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf*'")
    .toArray()
    .map(({ name }) => String(name));
  return tables.map((table) => JSON.stringify(storage.sql.exec(`SELECT * FROM "${table}"`).toArray())).join("\n");
};
const nowhere = async (): Promise<void> => {
  const texts = {
    unit: await runInDurableObject(unit(), (_, { storage }) => textOf(storage)),
    // The logs hold what is sealed; what can be opened of them is the answer about the subject.
    hub: await runInDurableObject(customers(), (_, { storage }) => textOf(storage)),
    told: JSON.stringify(await admin.json("GET", "/api/feed?limit=500")),
  };
  for (const [where, text] of Object.entries(texts)) expect([where, TRACES.filter((trace) => text.includes(trace))]).toEqual([where, []]);
};
const subject = async () => SubjectAnswer.parse(await admin.json("GET", `/api/hub/subjects/customer/${ID}`));

beforeAll(async () => {
  admin = await clientFor("admin");
  await unit().create(NAME, pumpVibration);
  expect(await unit().putEntities({ entities: [{ family: "customer", entity: { id: ID, name: "Works", contact } }] }, "test")).toEqual({ written: 1 });
  await settled();
});

test("F20 F16 a unit forgets who was erased, and has him erased again at a hub whose storage was put back to before it", async () => {
  const kept = await runInDurableObject(customers(), (_, { storage }) =>
    ["stream", "origin", "entity", "member", "log", "audience", "replica", "dead", "subject_key", "taken"].map(
      (table) => [table, storage.sql.exec(`SELECT * FROM ${table}`).toArray()] as const,
    ),
  );
  await unit().putEntities({ entities: [{ family: "customer", entity: { id: `other-${NAME}`, name: "Dam" } }] }, "test");
  await settled();
  expect(await runInDurableObject(unit(), (_, { storage }) => textOf(storage))).toContain("Ms Zhou");
  await admin.json("POST", "/api/hub/subjects/erase", { entity: "customer", id: ID, key: "e-1" });
  await vi.waitUntil(async () => !(await runInDurableObject(unit(), (_, { storage }) => textOf(storage))).includes("Ms Zhou"), { timeout: 20_000 });
  await nowhere();

  await runInDurableObject(customers(), (object, { storage }) => {
    storage.transactionSync(() => {
      for (const [table, rows] of kept) {
        storage.sql.exec(`DELETE FROM ${table}`);
        for (const row of rows) {
          const names = Object.keys(row);
          storage.sql.exec(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`, ...Object.values(row));
        }
      }
    });
    object.reopen();
  });
  expect(await subject()).toMatchObject({ erased: false, values: [{ attr: "contact", value: contact }, { attr: "id" }, { attr: "name" }] });
  // The unit's next word finds it out.
  await unit().putEntities({ entities: [{ family: "customer", entity: { id: `third-${NAME}`, name: "Weir" } }] }, "test");
  await vi.waitUntil(async () => (await subject()).erased, { timeout: 20_000 });
  await settled();
  expect((await subject()).values.map(({ attr }) => attr)).toEqual(["id", "name"]);
  await nowhere();
  expect(VerifyAnswer.parse(await admin.json("GET", "/api/hub/audit/verify?stream=customers")).ok).toBe(true);
});
