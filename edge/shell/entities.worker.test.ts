import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { describe, expect, test } from "vitest";
import { Customer } from "../../contracts/customer.ts";
import { Kit } from "../../contracts/kit.ts";
import { memoryEntities, sqliteEntities, type Entities } from "./entities.ts";
import migrations from "./migrations/unit/migrations.js";

const customer = Customer.parse({ id: "c-1", name: "Xiang River Pumps", contact: { person: "Zhou", phone: "1" } });
const kit = (id: string, state: Kit["state"]): Kit => Kit.parse({ id, ticket: `t-${id}`, lines: [], state, attempts: 0 });

const sides: Readonly<Record<string, (body: (entities: Entities) => void) => Promise<void>>> = {
  memory: async (body) => body(memoryEntities()),
  SQLite: async (body) => {
    const stub = env.UNIT.getByName("default/entities-suite/unit");
    await runInDurableObject(stub, async (_, state) => {
      const db = drizzle(state.storage);
      await migrate(db, migrations);
      state.storage.sql.exec("DELETE FROM entity");
      body(sqliteEntities(db));
    });
  },
};

describe.each(Object.keys(sides))("entities in %s", (name) => {
  const on = sides[name] ?? (async () => {});

  test("U1 what is put is read back whole, and the last word counts", () =>
    on((entities) => {
      entities.put({ family: "customer", id: customer.id, after: customer });
      entities.put({ family: "customer", id: customer.id, after: { ...customer, name: "Renamed" } });
      expect(entities.get("customer", "c-1")).toEqual({ ...customer, name: "Renamed" });
      expect(entities.list("customer")).toHaveLength(1);
    }));

  test("U1 a list selects by its columns and comes in the order of ids", () =>
    on((entities) => {
      for (const k of [kit("k-2", "proposed"), kit("k-1", "proposed"), kit("k-3", "reserved")]) entities.put({ family: "kit", id: k.id, after: k });
      expect(entities.list("kit", { state: "proposed" }).map((k) => k.id)).toEqual(["k-1", "k-2"]);
      expect(entities.list("kit", { ticket: "t-k-3" }).map((k) => k.id)).toEqual(["k-3"]);
      const moved = { ...kit("k-1", "reserved") };
      entities.put({ family: "kit", id: "k-1", after: moved });
      expect(entities.list("kit", { state: "proposed" }).map((k) => k.id)).toEqual(["k-2"]);
    }));

  test("U1 what was read is nobody's to change, and is read anew once it is written", () =>
    on((entities) => {
      entities.put({ family: "customer", id: customer.id, after: customer });
      const read = entities.get("customer", "c-1");
      expect(() => Object.assign(read?.contact ?? {}, { phone: "2" })).toThrow();
      expect(entities.list("customer")[0]).toEqual(customer);
      entities.put({ family: "customer", id: customer.id, after: { ...customer, contact: { phone: "2" } } });
      expect(entities.get("customer", "c-1")).toEqual({ ...customer, contact: { phone: "2" } });
      entities.put({ family: "customer", id: customer.id, after: customer });
      expect(entities.get("customer", "c-1")).toEqual(customer);
    }));

  test("U1 what is removed is gone, and families do not mix", () =>
    on((entities) => {
      entities.put({ family: "customer", id: "k-1", after: { ...customer, id: Customer.shape.id.parse("k-1") } });
      entities.put({ family: "kit", id: "k-1", after: kit("k-1", "none") });
      entities.put({ family: "kit", id: "k-1", after: null });
      expect(entities.get("kit", "k-1")).toBeUndefined();
      expect(entities.get("customer", "k-1")?.name).toBe(customer.name);
    }));
});
