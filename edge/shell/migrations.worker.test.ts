import { env } from "cloudflare:workers";
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import type { Board } from "../../contracts/board.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { verdictAt } from "../fixture/site.ts";
import v0 from "./migrations/unit/golden/0000.sql";

/** Databases as each migration's code left them: a unit with one fault, its ticket offered. Added for each migration, never edited. */
const GOLDEN: readonly (readonly [string, string])[] = [["0000", v0]];

test.each(GOLDEN)("U14 the unit's database of migration %s opens with today's code and goes on", async (_, dump) => {
  const stub = env.UNIT.getByName("default/golden/unit");
  await runInDurableObject(stub, (__, state) => {
    for (const statement of dump.split(";\n")) if (statement.trim() !== "") state.storage.sql.exec(statement);
  });
  await evictDurableObject(stub);
  const board = (await stub.board()) as Board;
  // Its offer ran out long ago: opening serves the timer, and the next engineer is asked.
  expect(board.tickets).toMatchObject([{ state: "offered", to: "wang-fang", repairs: [{ id: "r-1" }] }]);
  expect(board.offers.map((o) => [o.engineer, o.state])).toEqual([
    ["li-wei", "expired"],
    ["wang-fang", "open"],
  ]);
  await runInDurableObject(stub, (__, state) => {
    for (const row of state.storage.sql.exec("SELECT family, body FROM entity"))
      FAMILIES[String(row["family"]) as Family].parse(JSON.parse(String(row["body"])));
  });
  // The slice goes on where it was: its first transition is a repeat, its second is new.
  expect(await stub.applyVerdicts({ unit: "golden", slice: 0, from: 1, verdicts: [verdictAt(1_763_750_000_000)] })).toEqual({ through: 1 });
  expect(
    await stub.applyVerdicts({
      unit: "golden",
      slice: 0,
      from: 2,
      verdicts: [verdictAt(1_763_750_060_000, { episode: "dev-1@1763750000000", state: "normal" })],
    }),
  ).toEqual({ through: 2 });
  expect(((await stub.board()) as Board).tickets).toHaveLength(1);
});
