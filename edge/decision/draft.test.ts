import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change, Where } from "../../contracts/entity.ts";
import { RepairId } from "../../contracts/ids.ts";
import { Repair } from "../../contracts/asset.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { commit, startWorld } from "../sim/world.ts";
import { advance } from "../ticket/ticket.ts";
import { startDraft } from "./draft.ts";

const repair = (id: string, asset: string, doneAt: number) => Repair.parse({ id, asset, faultMode: "cavitation", cause: "", action: "", parts: [], doneAt });
const change = fc
  .record({ id: fc.constantFrom("r1", "r2", "r3", "r4", "r5"), asset: fc.constantFrom("a", "b"), doneAt: fc.nat(99), gone: fc.boolean() })
  .map(({ id, asset, doneAt, gone }): Change => ({ family: "repair", id: RepairId.parse(id), after: gone ? null : repair(id, asset, doneAt) }));

test("E4 a draft reads as the store will read once it is committed", () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(change), (stored, written) => {
      const world = startWorld(pumpVibration, stored);
      const draft = startDraft(world.view, advance);
      const wheres: readonly (Where | undefined)[] = [undefined, { asset: "a" }, { asset: "b" }, { asset: "none" }];
      // Read once before: what was listed must not hide what is written later.
      for (const where of wheres) draft.view.list("repair", where);
      for (const one of written) draft.put(one);
      const lists = wheres.map((where) => draft.view.list("repair", where));
      const gets = ["r1", "r2", "r3", "r4", "r5"].map((id) => draft.view.get("repair", id));
      expect(draft.done().changes.length).toBe(new Set(written.map(({ id }) => id)).size);
      commit(world, draft.done());
      expect(lists).toEqual(wheres.map((where) => world.view.list("repair", where)));
      expect(gets).toEqual(["r1", "r2", "r3", "r4", "r5"].map((id) => world.view.get("repair", id)));
    }),
  );
});

test("E4 of what is set and cancelled under one key the last word counts", () => {
  const draft = startDraft(startWorld(pumpVibration, []).view, advance);
  draft.time({ cancel: "a" }, { cancel: "b" });
  draft.time({ set: "a", at: 1, due: { type: "dispatch-again", ticket: "t" as never } });
  expect(draft.done().timers).toEqual([{ set: "a", at: 1, due: { type: "dispatch-again", ticket: "t" } }, { cancel: "b" }]);
});
