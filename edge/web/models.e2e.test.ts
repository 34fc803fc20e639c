/** The models of a plant in a real browser: from a shadow to live and back, with words for what may not be done yet. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { bindingAtFirst } from "./fixture/models.ts";
import { UNIT } from "./fixture/plant.ts";
import { serveFixture, type Fixture } from "./fixture/server.ts";
import { barriersIn, DESK, overflowOf, PHONE, visit, type Visit } from "./fixture/visit.ts";

let browser: Browser;
let fixture: Fixture;
const visits: Visit[] = [];

beforeAll(async () => {
  [browser, fixture] = await Promise.all([launchBrowser(), serveFixture()]);
});
afterAll(async () => {
  await browser?.close();
  await fixture?.close();
});
beforeEach(async () => {
  for (const { close } of visits.splice(0)) await close();
  Object.assign(fixture.world.models, { binding: bindingAtFirst(), proven: false });
  fixture.posted.splice(0);
});

async function open(options = DESK, locale = "en-US"): Promise<Visit> {
  const opened = await visit(browser, `${fixture.url}/u/${UNIT}`, { ...options, locale, reducedMotion: "reduce" });
  visits.push(opened);
  return opened;
}

test("W70 a shadow is started, compared, made a canary and then live, and had back; what is not proven is refused in words", async () => {
  const { page, complaints } = await open();
  await page.getByRole("button", { name: "Models…" }).click();
  const panel = page.locator(".models");
  await panel.getByText("baseline 1").first().waitFor();
  await panel.getByLabel("Which model").selectOption({ label: "own-pumps 3" });
  await panel.getByRole("button", { name: "Start a shadow" }).click();
  await panel.getByText("2 of 5 closed jobs").waitFor();
  await panel.getByText("11.3 of 30 machine-days").waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  await panel.getByRole("button", { name: "Make it a canary" }).click();
  await page.getByRole("alert").getByText("It has not shown itself to be better than the live model.").waitFor();
  await page.getByRole("alert").getByRole("button").click();

  fixture.world.models.proven = true;
  await panel.getByRole("button", { name: "Make it a canary" }).click();
  await panel.getByText("on 10 % of the machines").waitFor();
  await panel.getByText(/So many alarms or more have a chance of/).waitFor();
  await panel.getByRole("button", { name: "Make it live" }).click();
  await panel.locator(".one", { hasText: "the one before" }).getByText("baseline 1").waitFor();
  await panel.getByRole("button", { name: "Roll back", exact: true }).click();
  await panel.getByRole("button", { name: "Sure? Back to baseline 1" }).click();
  await panel.getByText("rolled back by a person").waitFor();
  expect(fixture.posted.map(({ path }) => path.split("/").at(-1))).toEqual(["shadow", "canary", "canary", "promote", "roll-back"]);
  expect(complaints).toEqual([]);
});

test("W70 on a phone and in Chinese all of it fits", async () => {
  fixture.world.models.proven = true;
  const { page, complaints } = await open(PHONE, "zh-CN");
  await page.getByRole("button", { name: "模型…" }).click();
  const panel = page.locator(".models");
  await panel.getByRole("button", { name: "开始旁路" }).click();
  await panel.getByText("表现更优，可以继续。").waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  expect(complaints).toEqual([]);
});
