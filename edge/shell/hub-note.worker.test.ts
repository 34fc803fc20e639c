import { env } from "cloudflare:workers";
import { runInDurableObject } from "cloudflare:test";
import { drizzle } from "drizzle-orm/durable-sqlite";
import { migrate } from "drizzle-orm/durable-sqlite/migrator";
import { expect, test } from "vitest";
import type { Quarantined } from "../../contracts/board.ts";
import { type NoteAsk, UNKNOWN_CHANNEL } from "../../contracts/note.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import type { HubForUnit } from "../../contracts/rpc.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { sqliteEntities } from "./entities.ts";
import { type HubNotes, NOTE_MS, TELL_AGAIN_MS, hubNotes } from "./hub-note.ts";
import migrations from "./migrations/unit/migrations.js";

type Line = {
  readonly told: NoteAsk[];
  answer: "yes" | "away" | Refusal;
  count: number;
  rules: string;
  intake: "yes" | "away";
  now: number;
  readonly open: () => HubNotes;
};

async function onLine(name: string, body: (line: Line) => Promise<void>): Promise<void> {
  await runInDurableObject(env.UNIT.getByName(`default/${name}/unit`), async (_, state) => {
    const db = drizzle(state.storage);
    await migrate(db, migrations);
    const entities = sqliteEntities(db);
    entities.put({ family: "device", id: "p1", after: { id: "p1", asset: "a1", profile: "pump", name: "p1", addedAt: 1 } as never });
    const line: Line = {
      told: [],
      answer: "yes",
      count: 3,
      rules: "r1",
      intake: "yes",
      now: 1_000_000,
      open: () =>
        hubNotes({
          db,
          entities,
          hub: { note } as HubForUnit,
          proof: () => ({ origin: `${name}@1` as never, key: "k" }),
          scenario: pumpVibration,
          rules: line.rules,
          refused,
          transact: (run) => state.storage.transactionSync(run),
          now: () => line.now,
        }),
    };
    const note = async (ask: NoteAsk): Promise<{ readonly noted: true } | Refusal> => {
      if (line.answer === "away") throw new Error("Network connection lost.");
      if (line.answer !== "yes") return line.answer;
      line.told.push(ask);
      return { noted: true };
    };
    const refused = async (): Promise<readonly Quarantined[]> => {
      if (line.intake === "away") throw new Error("The intake is away.");
      return [{ device: "p1", rule: UNKNOWN_CHANNEL, field: "channels.noise", mend: "", count: line.count, lastAt: 1, sample: '{"channels":{"noise":1}}' }];
    };
    await body(line);
  });
}

const shown = (line: Line): readonly unknown[] =>
  line.told.map(({ unknown, scenario, used }) => [unknown?.[0]?.count, scenario !== undefined, used !== undefined]);

test("U33 a quarter of an hour lies between two notes, also for a unit that was opened again; the scenario goes along once a day and when it changed", () =>
  onLine("notes", async (line) => {
    const notes = line.open();
    await Promise.all([notes.tell(), notes.tell()]);
    expect(shown(line)).toEqual([[3, true, true]]);
    line.count = 4;
    line.now += NOTE_MS - 1;
    await notes.tell();
    await line.open().tell();
    expect(line.told).toHaveLength(1);
    line.now += 1;
    await line.open().tell();
    expect(shown(line).slice(1)).toEqual([[1, false, false]]);
    // Nothing new: nothing is said.
    line.now += NOTE_MS;
    await notes.tell();
    expect(line.told).toHaveLength(2);
    line.rules = "r2";
    line.now += NOTE_MS;
    await line.open().tell();
    expect(shown(line).slice(2)).toEqual([[undefined, true, true]]);
    line.now += TELL_AGAIN_MS;
    await line.open().tell();
    expect(shown(line).slice(3)).toEqual([[undefined, true, true]]);
  }));

test("U34 what fails is told whole with the next ones, not at once", () =>
  onLine("notes-away", async (line) => {
    const notes = line.open();
    for (const fail of [
      () => (line.answer = "away"),
      () => (line.answer = refuse("unknown-origin", "not registered", "register")),
      () => (line.intake = "away"),
    ]) {
      fail();
      await notes.tell();
      line.answer = "yes";
      await notes.tell();
      line.intake = "yes";
      expect(line.told).toEqual([]);
      line.now += NOTE_MS;
    }
    line.count = 9;
    await notes.tell();
    expect(shown(line)).toEqual([[9, true, true]]);
  }));
