import { expect, test } from "vitest";
import { Asset, Repair } from "../../contracts/asset.ts";
import type { Entity, Family, View } from "../../contracts/entity.ts";
import { pumpKnowledge } from "../../hub/catalogue/pump-knowledge.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { startKnowledge } from "../knowledge/scenario.ts";
import { adviseOn } from "./advice.ts";

const DAY = 86_400_000;
const NOW = 1_000 * DAY;
const graph = startKnowledge(pumpVibration, pumpKnowledge.entries);
const pump = (id: string, model = "ISW200") =>
  Asset.parse({ id, name: id, kind: "pump", model, customer: "acme", position: { lat: 28, lon: 113 }, moves: false, installedAt: 0 });
const repair = (
  id: string,
  asset: string,
  daysAgo: number,
  parts: Readonly<Record<string, number>>,
  action = "Replaced bearings",
  faultMode = "bearing-wear",
) =>
  Repair.parse({
    id,
    asset,
    faultMode,
    cause: "",
    action,
    doneAt: NOW - daysAgo * DAY,
    parts: Object.entries(parts).map(([part, quantity]) => ({ part, quantity })),
  });

function viewOf(rows: Readonly<Partial<Record<Family, readonly Entity[]>>>): View {
  const list = (family: Family, where?: { readonly asset?: string }) =>
    (rows[family] ?? []).filter((row) => where?.asset === undefined || ("asset" in row && row.asset === where.asset));
  return { get: () => undefined, list: list as View["list"] };
}

const view = viewOf({
  asset: [pump("A"), pump("B"), pump("C", "ISW150")],
  repair: [
    repair("r1", "A", 300, { "BRG-6308": 2 }, "Greased"),
    repair("r2", "A", 290, { "BRG-6308-C3": 2, "COUPLING-7": 1 }),
    repair("r3", "B", 100, { "BRG-6308": 2, "COUPLING-7": 1 }),
    repair("r4", "C", 100, { NONSENSE: 9 }),
    repair("r5", "B", 40, {}, "Cleaned fan", "overheating"),
  ],
});
const advise = (more: object = {}) =>
  adviseOn(graph, view, { asset: pump("A"), observed: { code: "E12", channels: 8 }, otherwise: pumpVibration.faultModeDefault, ...more }, NOW);

test("KG9 KT4 from a code to fault mode, history and kit, each with its sources", () => {
  const { diagnosis, needs, recent, similar, actions, used, kit } = advise();
  expect(diagnosis).toMatchObject({ faultMode: "bearing-wear", component: "bearings" });
  expect(needs).toMatchObject({ checklist: { id: "locked-out" }, procedure: { id: "replace-bearings" } });
  expect(recent.map(({ id }) => id)).toEqual(["r2", "r1"]);
  expect(similar.map(({ repair: { id } }) => id)).toEqual(["r3", "r2", "r1", "r5"]);
  // The greased ones came back ten days later.
  expect(actions.map(({ action, held, proved }) => [action, held, proved])).toEqual([
    ["Replaced bearings", 2, 2],
    ["Greased", 0, 1],
  ]);
  expect(used.map(({ part, repairs }) => [part, repairs])).toContainEqual(["COUPLING-7", 2]);
  const lines = new Map(kit.lines.map((line) => [line.part as string, line]));
  // A substitute counts as what it replaces; what is on no list was used, and is taken along.
  expect(lines.get("BRG-6308")).toMatchObject({
    quantity: 2,
    repairs: ["r3", "r2", "r1"],
    cites: [{ entry: "fault-mode:bearing-wear", version: 1 }, { entry: "component:bearings" }],
  });
  expect(lines.get("COUPLING-7")).toMatchObject({ quantity: 1, repairs: ["r3", "r2"], cites: [] });
  expect([...lines.keys()]).not.toContain("NONSENSE");
  expect([...lines.keys()]).not.toContain("BRG-6308-C3");
});

test("KG8 a mode that is settled is not diagnosed again, and one that nobody knows has no kit", () => {
  expect(advise({ faultMode: "supply" })).toMatchObject({ diagnosis: null, needs: { mode: { id: "supply" } }, kit: { lines: [{ part: "CONTACTOR-95" }] } });
  expect(advise({ faultMode: "never-heard" })).toMatchObject({ needs: null, kit: { lines: [], left: [] } });
  expect(adviseOn(graph, viewOf({}), { asset: pump("A"), observed: {}, otherwise: pumpVibration.faultModeDefault }, NOW)).toMatchObject({
    diagnosis: { faultMode: "unclear", undecided: true },
    recent: [],
    similar: [],
    kit: { lines: [] },
  });
});
