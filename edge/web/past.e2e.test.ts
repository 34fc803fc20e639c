/** Earlier jobs in like words and faults that come again, on the board in a real browser. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { UNIT } from "./fixture/plant.ts";
import { type Fixture, serveFixture } from "./fixture/server.ts";
import { barriersIn, DESK, overflowOf, PHONE, visit, type Visit } from "./fixture/visit.ts";
import { fault } from "./fixture/world.ts";

let browser: Browser;
let fixture: Fixture;
const visits: Visit[] = [];

beforeAll(async () => {
  [browser, fixture] = await Promise.all([launchBrowser(), serveFixture()]);
  fault(fixture.world, "pump-3", Date.now());
});
afterAll(async () => {
  await browser?.close();
  await fixture?.close();
});
beforeEach(async () => {
  for (const { close } of visits.splice(0)) await close();
});

async function open(options = DESK, locale = "en-US"): Promise<Visit> {
  const opened = await visit(browser, `${fixture.url}/u/${UNIT}`, { ...options, locale, reducedMotion: "reduce" });
  visits.push(opened);
  return opened;
}

test("VT12 a ticket shows earlier jobs in like words, and the board what comes again; both lead to the job", async () => {
  const { page, complaints } = await open();
  const part = page.locator("#ticket .past");
  await part.getByText("71 % alike").waitFor();
  await part.getByText("驱动端轴承滚道剥落").waitFor();
  await page.locator(".recurring summary").click();
  await page.locator(".recurring").getByText("4 jobs, 2 machines").waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  await page.locator(".recurring").getByRole("button", { name: "Hold down bolts" }).click();
  await page.waitForURL(/t-past-5/);
  expect(complaints.filter((one) => !one.includes("404"))).toEqual([]);
});

test("VT12 on a phone and in Chinese all of it fits", async () => {
  const { page, complaints } = await open(PHONE, "zh-CN");
  await page.locator("#ticket .past").getByText("相近度 71 %").waitFor();
  await page.locator(".recurring summary").click();
  await page.locator(".recurring").getByText("3 单，4 台设备").waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  expect(complaints).toEqual([]);
});
