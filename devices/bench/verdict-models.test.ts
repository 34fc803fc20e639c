import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { benchModels } from "./verdict-models.ts";
import { tableOfModels } from "./verdict-skab.ts";

const SKAB = fileURLToPath(new URL("../../../shared/data/skab", import.meta.url));
const silent = (): void => undefined;

test("R9 without recordings the comparison of models is refused, and says where it looked", async () => {
  expect(await benchModels("/nowhere", silent)).toMatchObject({ refused: "malformed", mend: "look at /nowhere" });
});

// The recordings are not part of this repository: without them nothing is tried, and the name of the test says so.
if (!existsSync(SKAB))
  test("R9 the live model on real pumps: no recordings beside this repository, nothing was tried", () => expect(existsSync(SKAB)).toBe(false));
else
  test("R9 the live model on real pumps, through the path of live telemetry, is worth what its card says", async () => {
    const name = pumpVibration.profiles[0]?.model ?? "";
    const all = await benchModels(SKAB, silent, [name]);
    if (isRefusal(all)) throw new Error(all.rule);
    const of = (model: string) => all.worths.find((one) => one.model === model);
    const live = of(name);
    expect(live?.shipped.f1).toBeGreaterThan(0.84);
    expect(live?.shipped.falseShare).toBeLessThan(0.05);
    expect(live?.shipped.missedShare).toBeLessThan(0.25);
    expect(live?.shipped.nab).toBeGreaterThan(36);
    expect(live?.shipped.foundShare).toBe(1);
    // At most one rising edge an hour, none longer than a minute.
    expect(live?.calm.edges).toBeLessThanOrEqual(live?.calm.hours ?? 0);
    expect(live?.calm.longest).toBeLessThanOrEqual(60);
    expect(live?.crossed?.mean.f1).toBeGreaterThan(0.83);
    expect(live?.crossed?.folds.map((fold) => fold.length)).toEqual([5, 5, 5, 5, 5]);
    // What is known of an alarm that never ends, and a z-score that is chosen in the same folds.
    expect(of("always on")?.shipped).toMatchObject({ falseShare: 1, missedShare: 0 });
    expect(of("z-score")?.crossed?.mean.f1).toBeLessThan(live?.crossed?.mean.f1 ?? 0);
    expect(of("z-score")?.crossed?.mean.f1).toBeGreaterThan(0.4);
    expect(tableOfModels(all.worths, null)).toContain(`${name}: F1 FAR MAR NAB`);
    expect(all.predictions.get(name)?.split("\n").length).toBeGreaterThan(22_000);
  });
