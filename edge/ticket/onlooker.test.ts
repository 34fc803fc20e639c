import { expect, test } from "vitest";
import { AssetId, TicketId } from "../../contracts/ids.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { accept, engineer, REPORT, scenarioOf, stage } from "../sim/cast.ts";
import { START } from "../sim/plant.ts";
import { seesVisit } from "./onlooker.ts";

test("T33 photographs of a visit are seen by whoever has, had or is asked for it, and by whoever goes to its asset now", () => {
  const set = stage(scenarioOf(pumpVibration), [engineer("near", 1), engineer("far", 30), engineer("none", 60)]);
  const { view } = set.world;
  const open = (id: string) =>
    set.say(START, { type: "open", ticket: TicketId.parse(id), by: "desk", asset: AssetId.parse("pump"), words: "drips", priority: "p3" });
  const sees = (id: string) => ["near", "far", "none"].filter((who) => seesVisit(view, view.get("ticket", id) ?? (undefined as never), who));
  open("first");
  expect(sees("first")).toEqual(["near"]);
  const [offer] = view.list("offer", { state: "open" });
  if (offer === undefined) throw new Error("no offer");
  set.say(START, accept(offer));
  for (const to of ["travelling", "working", "resolved"] as const)
    set.say(START, { type: "progress", ticket: TicketId.parse("first"), by: offer.engineer, to, ...REPORT });
  expect(view.get("ticket", "first")?.state).toBe("resolved");
  expect(sees("first")).toEqual(["near"]);
  set.say(START, { type: "absent", engineer: offer.engineer, by: "desk", from: START, until: START + 86_400_000 });
  open("second");
  expect(view.list("offer", { state: "open" }).map(({ ticket, engineer: who }) => `${ticket} ${who}`)).toEqual(["second far"]);
  // Who goes there now looks up what was found before.
  expect(sees("first")).toEqual(["near", "far"]);
  expect(sees("second")).toEqual(["far"]);
});
