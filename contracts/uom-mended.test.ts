import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { TEMPLATES } from "../hub/catalogue/templates.ts";
import { Scenario } from "./scenario.ts";
import { dimensionOf } from "./uom.ts";
import { mendUoms } from "./uom-mended.ts";

const old = Scenario.parse(JSON.parse(readFileSync(new URL("golden/scenario.v1.json", import.meta.url), "utf8")));

test("VB1 a scenario from when acceleration was written as gram is read as it was meant, and says which channels", () => {
  const { scenario, mended } = mendUoms(old);
  expect(mended).toEqual(["pump.vibration.a.rms", "pump.vibration.b.rms"]);
  const uoms = scenario.profiles[0]?.channels.map(({ uom }) => uom);
  expect(uoms).toEqual(old.profiles[0]?.channels.map(({ uom }) => (uom === "g" ? "[g]" : uom)));
  expect(mendUoms(scenario)).toEqual({ scenario, mended: [] });
});

test("VB1 what is weighed stays in gram", () => {
  const channels = old.profiles[0]?.channels.map((channel, i) => (i === 0 ? { ...channel, id: "sediment.mass", uom: "g" } : { ...channel, uom: "1" })) ?? [];
  const weighed = Scenario.parse({ ...old, profiles: old.profiles.map((profile) => ({ ...profile, channels })) });
  expect(mendUoms(weighed)).toEqual({ scenario: weighed, mended: [] });
});

test("VB1 no template has an acceleration in gram", () => {
  for (const template of TEMPLATES.values()) {
    expect(mendUoms(template).mended).toEqual([]);
    for (const { id, uom } of template.profiles.flatMap(({ channels }) => channels)) expect([id, dimensionOf(uom) === "g"]).toEqual([id, false]);
  }
});
