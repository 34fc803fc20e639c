import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { benchModels, tableOfModels } from "./verdict-models.ts";

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
    const rows = await benchModels(SKAB, silent, ["shift"]);
    if (isRefusal(rows)) throw new Error(rows.rule);
    const [shift] = rows;
    expect(shift?.shipped.f1).toBeGreaterThan(0.84);
    expect(shift?.shipped.falseShare).toBeLessThan(0.05);
    expect(shift?.shipped.missedShare).toBeLessThan(0.25);
    expect(shift?.shipped.nab).toBeGreaterThan(36);
    expect(shift?.shipped.foundShare).toBe(1);
    // At most one rising edge an hour, none longer than a minute.
    expect(shift?.calm.edges).toBeLessThanOrEqual(shift?.calm.hours ?? 0);
    expect(shift?.calm.longest).toBeLessThanOrEqual(60);
    expect(shift?.crossed?.mean.f1).toBeGreaterThan(0.83);
    expect(shift?.crossed?.folds.map((fold) => fold.length)).toEqual([5, 5, 5, 5, 5]);
    expect(tableOfModels(rows)).toContain("shift");
  });
