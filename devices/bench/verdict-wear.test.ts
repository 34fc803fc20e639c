import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isRefusal } from "../../contracts/refusal.ts";
import { benchWear, tableOfWear } from "./verdict-wear.ts";

const PRONOSTIA = fileURLToPath(new URL("../../../shared/data/pronostia", import.meta.url));

test("R10 without bearings the comparison is refused, and says where it looked", async () => {
  expect(await benchWear("/nowhere")).toMatchObject({ refused: "malformed", mend: "look at /nowhere" });
});

// The recordings are not part of this repository: without them nothing is tried, and the name of the test says so.
if (!existsSync(PRONOSTIA))
  test("R10 bearings run to failure: no recordings beside this repository, nothing was tried", () => expect(existsSync(PRONOSTIA)).toBe(false));
else
  test("R10 each bearing is warned of before its end and none before half of life, with the threshold of the others", async () => {
    const worth = await benchWear(PRONOSTIA);
    if (isRefusal(worth)) throw new Error(worth.rule);
    expect([worth.leads.length, worth.warned, worth.beforeHalf]).toEqual([6, 6, 0]);
    expect(worth.medianLeadMinutes).toBeGreaterThan(5);
    expect(worth.velocityZone.filter((part) => part === null).length).toBeGreaterThan(0);
    expect(tableOfWear(worth)).toContain("6 of 6 warned");
  });
