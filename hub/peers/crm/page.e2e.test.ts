/** The CRM's page in a real browser: what comes over the feed appears by itself, in a font that the browser did not have. */
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../edge/web/browser.ts";
import { operationOf } from "../../merge/fixture/unit.ts";
import { type MemoryHub, startMemoryHub } from "../fixture/memory-hub.ts";
import { type Crm, startCrm } from "./server.ts";

const TOKEN = "a-token-of-the-crm";
const SEEN_MS = 20_000;
let browser: Browser;
let hub: MemoryHub;
let crm: Crm;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function crmWithTicket(): Promise<void> {
  hub = await startMemoryHub(TOKEN);
  closing.push(hub.close);
  crm = await startCrm({ feedUrl: hub.url, token: TOKEN, databasePath: ":memory:", port: 0, host: "127.0.0.1" });
  closing.push(crm.close);
  hub.push([operationOf("plant", 1, { stream: "assets", entity: "asset", id: "P-7", attr: "name", value: "橘洲一号增压泵 P-101" })]);
  hub.push([operationOf("plant", 1, { stream: "people", entity: "engineer", id: "li-wei", attr: "name", value: "李伟" })]);
  hub.push([ticket(1, "state", "offered"), ticket(2, "asset", "P-7"), ticket(3, "openedAt", 1_763_750_000_000), ticket(4, "kit", "k-1")]);
  await crm.until((one) => one.totals().items === 6, SEEN_MS);
}

function ticket(seq: number, attr: string, value: string | number): ReturnType<typeof operationOf> {
  return operationOf("plant", seq, { entity: "ticket", id: "019aa5f0-ticket", attr, value });
}

test.each([
  ["zh-CN", "light", 1_440, "已接单", "最近变更"],
  ["en-US", "dark", 390, "assigned", "Latest changes"],
] as const)("F7 in %s, %s, the page follows the feed without a reload and has no serious barrier", async (locale, colorScheme, width, assigned, journal) => {
  await crmWithTicket();
  const context = await browser.newContext({ locale, colorScheme, viewport: { width, height: 900 } });
  closing.push(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  const fonts: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("response", (response) => {
    if (response.url().endsWith(".woff2")) fonts.push(response.headers()["content-type"] ?? "");
  });
  await page.goto(crm.url);
  await page.locator("#tickets", { hasText: "橘洲一号增压泵 P-101" }).waitFor();
  await page.evaluate(() => document.fonts.ready);
  expect(await page.evaluate(() => document.fonts.check("14px 'Noto Sans SC Variable'", "橘洲一号"))).toBe(true);
  expect(fonts.length).toBeGreaterThan(0);
  expect(new Set(fonts)).toEqual(new Set(["font/woff2"]));

  await page.evaluate(() => Object.assign(window, { stays: true }));
  hub.push([
    ticket(5, "state", "assigned"),
    ticket(6, "to", "li-wei"),
    operationOf("plant", 7, { entity: "kit", id: "k-1", attr: "state", value: "reserved" }),
  ]);
  await page.locator("#tickets .state", { hasText: assigned }).waitFor();
  await page.locator("#tickets", { hasText: "李伟" }).waitFor();
  await page.locator("#journal li", { hasText: "李伟" }).first().waitFor();
  await page.getByRole("heading", { name: journal }).waitFor();
  expect(await page.evaluate(() => "stays" in window)).toBe(true);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);

  // What only the CRM may change is changed on the ticket's own page, and comes back over the feed.
  await page.locator("#tickets a").first().click();
  await page.locator("select[name=priority]").selectOption("p1");
  await page
    .locator("form", { has: page.locator("select[name=priority]") })
    .getByRole("button")
    .click();
  await page.locator("#writes .state.reserved").waitFor();
  await page.locator("#held", { hasText: "p1" }).waitFor();
  expect(hub.entities("ticket").get("019aa5f0-ticket")?.attributes).toMatchObject({ priority: "p1" });
  const own = await new AxeBuilder({ page }).analyze();
  expect(own.violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  await page.goto(crm.url);
  await page.locator("#tickets .tag.p1").waitFor();

  await hub.close();
  await page.locator("#figures dd.down").waitFor();
  await page.locator("#figures [data-since]").waitFor();
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  expect(complaints).toEqual([]);
});
