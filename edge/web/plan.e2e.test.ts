/** Everybody's day in a real browser: the plan, moves that wait for a word, absences, shifts that are taken back. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { ENGINEERS, UNIT } from "./fixture/plant.ts";
import { proposeMove } from "./fixture/plan.ts";
import { serveFixture, type Fixture } from "./fixture/server.ts";
import { barriersIn, DESK, overflowOf, PHONE, visit, type Visit } from "./fixture/visit.ts";
import { answer, fault } from "./fixture/world.ts";

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
  const { world, posted } = fixture;
  for (const kept of [world.tickets, world.offers, world.kits, world.alarms, world.moves, world.engineers]) kept.clear();
  posted.splice(0);
  world.shiftDecisions.splice(0);
  fault(world, "pump-3", Date.now());
  answer(world, "of-1", true, Date.now());
});

async function open(path: string, options = DESK, locale = "en-US"): Promise<Visit> {
  const opened = await visit(browser, `${fixture.url}${path}`, { ...options, locale, reducedMotion: "reduce" });
  visits.push(opened);
  return opened;
}

test("W53 the plan shows everybody's day, and a job in it opens its ticket", async () => {
  const { page, complaints } = await open(`/u/${UNIT}`);
  await page.getByRole("button", { name: "Plan", exact: true }).click();
  const job = page.getByRole("button", {
    name: /^陈洁 Chen Jie: P1 Boiler feed A (\w+ )?\d\d:\d\d–\d\d:\d\d · accepted · .* on the way, .* · on site by (\w+ )?\d\d:\d\d/,
  });
  await job.waitFor();
  expect(new URL(page.url()).pathname).toBe(`/u/${UNIT}/plan`);
  for (const { name } of ENGINEERS) await page.locator(".timeline").getByText(name).waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  await job.focus();
  await page.keyboard.press("Enter");
  await page.locator("#ticket-title", { hasText: "Boiler feed A" }).waitFor();
  expect(complaints).toEqual([]);
});

test("W53 on a phone the plan is a list for each engineer", async () => {
  const { page, complaints } = await open(`/u/${UNIT}/plan`, PHONE, "zh-CN");
  const person = page.locator(".plan-list > li", { hasText: "陈洁" });
  await person.getByText(/承诺 .*\d\d:\d\d 前到场/).waitFor();
  expect(await page.locator(".plan-list > li").count()).toBe(ENGINEERS.length);
  expect(await overflowOf(page)).toBe(0);
  await person.getByText("Boiler feed A").click();
  await page.locator("#ticket-title", { hasText: "Boiler feed A" }).waitFor();
  expect(complaints).toEqual([]);
});

test("W61 the plan hears of a move and of a day that changed while it is open, and asks for what it missed", async () => {
  const { page } = await open(`/u/${UNIT}/plan`);
  await page.getByText("live", { exact: true }).waitFor();
  const asked = { times: 0 };
  page.on("request", (request) => {
    if (request.url().endsWith("/plan") && request.resourceType() === "fetch") asked.times++;
  });
  const moves = page.getByRole("region", { name: "A better plan: your word is needed" });
  proposeMove(fixture.world, "tk-1", "li-wei", Date.now());
  fixture.planned();
  fixture.planned();
  await moves.waitFor();
  expect(asked.times).toBe(1);
  fixture.world.moves.clear();
  fixture.planned();
  await moves.waitFor({ state: "detached" });
  // What was missed while the socket was cut is asked for when it is back.
  fixture.cutLive();
  proposeMove(fixture.world, "tk-1", "li-wei", Date.now());
  await moves.waitFor();
});

test("W54 a proposed move is confirmed in one tap; a refusal says in words what is in the way; another is declined with a reason", async () => {
  proposeMove(fixture.world, "tk-1", "li-wei", Date.now());
  const { page } = await open(`/u/${UNIT}/plan`);
  const moves = page.getByRole("region", { name: "A better plan: your word is needed" });
  await moves.getByText("Boiler feed A: from 陈洁 Chen Jie to 李伟 Li Wei").waitFor();
  await moves.getByText(/There at .*\d\d:\d\d rather than .*\d\d:\d\d\./).waitFor();
  fixture.refuseNext({ refused: "stale-version", rule: "whom the job would go to can't have it any more", mend: "leave it where it is", field: "to" });
  await moves.getByRole("button", { name: "Move it" }).click();
  await page.getByRole("alert").getByText("Somebody changed it first.").waitFor();
  await moves
    .getByRole("status")
    .getByText(/^李伟 Li Wei .+\.$/)
    .waitFor();
  await moves.getByRole("button", { name: "Move it" }).click();
  await moves.waitFor({ state: "detached" });
  expect(fixture.posted.at(-1)).toEqual({ path: `/api/u/${UNIT}/plan/moves/tk-1/confirm`, body: { to: "li-wei" } });
  await page.getByRole("button", { name: /Boiler feed A .* asked, no answer yet/ }).waitFor();
  proposeMove(fixture.world, "tk-1", "chen-jie", Date.now());
  const ticket = await open(`/u/${UNIT}/tickets/tk-1`, DESK, "zh-CN");
  const waits = ticket.page.getByRole("region", { name: "有更优安排，等您确认" });
  await waits.getByRole("button", { name: "保持不变…" }).click();
  const send = ticket.page.getByRole("dialog").getByRole("button", { name: "保持不变" });
  await send.click();
  // W60: what is lacking is said, and nothing is sent.
  await ticket.page.getByRole("dialog").getByText("“为什么保持不变？”").waitFor();
  expect([fixture.posted.length, await ticket.page.evaluate(() => document.activeElement?.getAttribute("name"))]).toEqual([2, "why"]);
  await ticket.page.getByLabel("为什么保持不变？").fill("客户熟悉他");
  await send.click();
  await waits.waitFor({ state: "detached" });
  expect(fixture.posted.at(-1)?.body).toEqual({ to: "chen-jie", why: "客户熟悉他" });
});

test("W52 an engineer is away by two taps and back by one; the desk enters it for somebody, and a wrong entry is named", async () => {
  const { page } = await open(`/u/${UNIT}/plan`);
  await page.getByText("live", { exact: true }).waitFor();
  const engineer = await open(`/p/${UNIT}?as=wang-fang`, PHONE);
  await engineer.page.getByRole("button", { name: "I am away or ill…" }).click();
  expect([await barriersIn(engineer.page), await overflowOf(engineer.page)]).toEqual([[], 0]);
  await engineer.page.getByRole("button", { name: "For the rest of today" }).click();
  await engineer.page.getByText(/^away \d{4}-\d\d-\d\d \d\d:\d\d – /).waitFor();
  expect(fixture.posted.at(-1)).toMatchObject({
    path: `/api/u/${UNIT}/engineers/wang-fang/absence`,
    body: { from: expect.any(Number), until: expect.any(Number) },
  });
  await page.getByText(/^away until \d\d-\d\d 00:00$/).waitFor();
  await engineer.page.getByRole("button", { name: "I am back" }).click();
  await engineer.page.getByText(/^away /).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "孙燕 Sun Yan: away…" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Until").fill("2020-01-01T10:00");
  await form.getByRole("button", { name: "Enter the absence" }).click();
  await form.getByRole("alert").getByText("Until: must be later than “From”.").waitFor();
  expect(fixture.posted.filter(({ path }) => path.includes("sun-yan"))).toEqual([]);
  await form.getByRole("button", { name: "Until tomorrow night" }).click();
  await form.waitFor({ state: "detached" });
  await page
    .locator(".plan-person", { hasText: "孙燕" })
    .getByText(/^away until/)
    .waitFor();
});

test("W55 accepted shifts stand in the roster and are taken back one by one", async () => {
  const zones = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Shanghai", "Europe/Berlin"];
  for (const [i, one] of ENGINEERS.entries()) fixture.world.engineers.set(one.id, { ...one, shifts: [], roster: { timeZone: zones[i] ?? "UTC" } });
  const { page, complaints } = await open(`/u/${UNIT}`);
  await page.getByRole("button", { name: "Roster…" }).click();
  const roster = page.locator(".roster");
  await roster.getByRole("heading", { name: "Jobs that would wait too long" }).waitFor();
  await roster.getByRole("button", { name: /^Accept/ }).click();
  await roster.getByRole("heading", { name: "Accepted shifts" }).waitFor();
  expect(await barriersIn(page)).toEqual([]);
  const drop = roster.getByRole("button", { name: /^Take back the shift of/ });
  const [before, name] = [await drop.count(), await drop.last().getAttribute("aria-label")];
  await drop.last().click();
  await expect.poll(() => drop.count(), { timeout: 10_000 }).toBe(before - 1);
  expect(await roster.getByRole("button", { name: name ?? "", exact: true }).count()).toBe(0);
  await roster.getByText("What was changed, and by whom").click();
  await roster.getByText(/^Taken back from /).waitFor();
  expect(fixture.posted.map(({ path }) => path)).toEqual([`/api/u/${UNIT}/roster/shifts`, `/api/u/${UNIT}/roster/shifts`]);
  expect(complaints).toEqual([]);
});

test("W56 the phone says where each part is", async () => {
  const { page } = await open(`/p/${UNIT}?as=chen-jie`, PHONE);
  await page.getByText("in your van").waitFor();
  await page.getByText("at changsha").first().waitFor();
});
