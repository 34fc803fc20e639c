/** The built pages in a real browser, against the fixture's plant behind the unit's own addresses. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { launchBrowser } from "./browser.ts";
import { UNIT } from "./fixture/plant.ts";
import { serveFixture, type Fixture } from "./fixture/server.ts";
import { DESK as desk, PHONE as phone, type Visit, barriersIn, overflowOf, visit } from "./fixture/visit.ts";
import { outfit } from "./fixture/life.ts";
import { advance, answer, fault, plugIn, propose } from "./fixture/world.ts";

/** First load of the engineer's page: what a poor connection carries in a few seconds. Fonts come by range, afterwards. */
const PHONE_SCRIPT_BYTES_MAX = 300 * 1024;
const built = join(import.meta.dirname, "../../dist/web");

let browser: Browser;
let fixture: Fixture;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  if (!existsSync(join(built, "board.html"))) throw new Error("the pages are not built: run `npm run build`");
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

async function plant(options: Parameters<typeof serveFixture>[0] = {}): Promise<void> {
  fixture = await serveFixture(options);
  closing.push(fixture.close);
}

async function open(path: string, options: BrowserContextOptions, locale = "en-US"): Promise<Visit> {
  const opened = await visit(browser, `${fixture.url}${path}`, { ...options, locale });
  closing.push(opened.close);
  return opened;
}

/** Gzipped bytes of an entry's script and of all that it imports before it runs. */
function firstLoad(entry: string): number {
  const html = readFileSync(join(built, entry), "utf8");
  const scripts = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path ?? "");
  return scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(built, path))).length, 0);
}

test("W1 the board shows map, figures, score and chain, and says nothing on the console", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now() - 20_000, Date.now() - 40_000);
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.locator(".maplibregl-canvas").waitFor();
  await page.getByRole("button", { name: "Boiler feed A", exact: true }).waitFor();
  const chain = page.getByRole("region", { name: "The ticket step by step" });
  for (const step of ["Vibration", "Alarm", "Ticket", "Repairs", "Engineer", "Kit", "WMS", "Accepted"]) await chain.getByText(step, { exact: true }).waitFor();
  expect(
    await chain
      .locator("time")
      .filter({ hasText: /^\d\d:\d\d:\d\d\.\d{3}$/ })
      .count(),
  ).toBe(7);
  await page.getByRole("img", { name: "Score and channels of Boiler feed A over time" }).locator("canvas").first().waitFor();
  await page.getByText("李伟 Li Wei would arrive 11 min later: 9 min of travel after 10 min of other work.").waitFor();
  await expect.poll(() => page.locator(".tile").nth(2).innerText()).toMatch(/Absorbed\n+\d+\n+\d+ duplicate, 8 reordered/);
  expect(await page.locator(".tile").nth(3).innerText()).toMatch(/Hub calls\n+0/);
  expect(await page.locator(".tile.wide").innerText()).toMatch(/against 8:18.*running/s);
  expect(complaints).toEqual([]);
});

test("W2 a ticket appears and moves on without a reload", async () => {
  await plant();
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("heading", { name: "No ticket yet" }).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  fixture.tell(fault(fixture.world, "pump-3", Date.now()));
  await page.locator("#ticket-title", { hasText: "Boiler feed A" }).waitFor();
  const engineer = await open(`/p/${UNIT}?as=chen-jie`, phone);
  await engineer.page.getByRole("button", { name: "Accept" }).click();
  await page.locator(".ticket-head .step", { hasText: "accepted" }).waitFor();
  await page.locator(".chosen-one", { hasText: "accepted" }).waitFor();
  expect([...complaints, ...engineer.complaints]).toEqual([]);
});

test("W3 after a cut socket the board catches up with what it missed", async () => {
  await plant();
  const { page } = await open(`/u/${UNIT}`, desk);
  await page.getByText("live", { exact: true }).waitFor();
  fixture.cutLive();
  fault(fixture.world, "pump-4", Date.now());
  await page.locator("#ticket-title", { hasText: "Boiler feed B" }).waitFor();
});

test("W4 an engineer sees why, accepts once, and closes the job with its cause", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page, complaints } = await open(`/p/${UNIT}?as=chen-jie`, phone);
  await page.getByText("4.2 km away, about 8 min by road.").waitFor();
  await page.getByText("lacks a skill: bearings.").waitFor();
  await page.getByRole("timer").waitFor();
  await page.getByRole("button", { name: "Accept" }).dblclick();
  await page.getByRole("button", { name: "I am on my way" }).click();
  await page.getByRole("button", { name: "I have arrived, starting work" }).click();
  await page.getByRole("button", { name: "Work is done…" }).click();
  const close = page.getByRole("button", { name: "Close the job" });
  await close.click();
  // W60: each field says what it lacks, and the first of them has the cursor.
  const lacks = page.getByRole("alert");
  await expect
    .poll(() => lacks.allInnerTexts())
    .toEqual([
      "“What did you find?” is open: choose one.",
      "“Kind of cause” is open: choose one.",
      "“What was the cause?” is empty: write a few words.",
      "“What did you do?” is empty: write a few words.",
    ]);
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("finding");
  expect(await barriersIn(page)).toEqual([]);
  await page.getByLabel("What was the cause?").fill("inner race spalled");
  await page.getByLabel("What did you do?").fill("bearing replaced");
  await page.getByLabel("the fault that was reported").check();
  await close.click();
  await expect.poll(() => lacks.allInnerTexts()).toEqual(["“Kind of cause” is open: choose one."]);
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("causeCode");
  expect(fixture.posted.filter(({ path }) => path.endsWith("/progress"))).toHaveLength(2);
  await page.getByLabel("Kind of cause").selectOption("wear");
  await page.getByRole("button", { name: "one SEAL-45 fewer" }).click();
  await close.click();
  await page.getByRole("heading", { name: "Job closed" }).waitFor();
  expect(fixture.posted.filter(({ path }) => path.endsWith("/accept"))).toHaveLength(1);
  expect(fixture.posted.at(-1)?.body).toEqual({
    to: "resolved",
    causeCode: "wear",
    finding: "confirmed-fault",
    cause: "inner race spalled",
    action: "bearing replaced",
    partsUsed: [
      { part: "BRG-6308", quantity: 2 },
      { part: "GREASE-EP2", quantity: 1 },
    ],
  });
  expect(complaints).toEqual([]);
});

const LOCKOUT = { id: "lockout", title: { en: "Lock out and check it is dead", zh: "断电上锁并验电" }, before: "working" };

test.each([
  ["en-US", "Lock out and check it is dead", "Take a photograph", "Pause…", "parts", "Go on"],
  ["zh-CN", "断电上锁并验电", "拍照", "暂停…", "备件", "继续"],
])(
  "W50 on the phone safety is ticked before work, photographs are taken and a job stands still with a reason (%s)",
  async (locale, step, take, pause, parts, resume) => {
    await plant();
    fault(fixture.world, "pump-3", Date.now());
    answer(fixture.world, "of-1", true, Date.now());
    advance(fixture.world, "tk-1", "travelling", "", "", Date.now());
    outfit(fixture.world, "tk-1", { checklist: [LOCKOUT], photosMin: 1 });
    const { page, complaints } = await open(`/p/${UNIT}?as=chen-jie`, phone, locale);
    const arrive = page.locator(".buttons .main");
    await arrive.click();
    await page.getByRole("alert").getByText("lockout").waitFor();
    await page.getByLabel(step).click();
    await page.locator(".choice.chosen").waitFor();
    await arrive.click();
    await page.getByText(take).waitFor();
    const size = 8;
    await page
      .locator('input[type="file"]')
      .setInputFiles({ name: "plate.png", mimeType: "image/png", buffer: await page.screenshot({ clip: { x: 0, y: 0, width: size, height: size } }) });
    await page.locator(".photos img").waitFor();
    await page.getByRole("button", { name: pause }).click();
    expect(await barriersIn(page)).toEqual([]);
    await page.getByRole("button", { name: parts, exact: true }).click();
    await page.getByRole("button", { name: resume, exact: true }).click();
    await page.getByText(take).waitFor();
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(fixture.posted.map(({ path }) => path.split("/").at(-1))).toEqual(["progress", "checklist", "progress", "photos", "pause", "progress"]);
    expect(complaints).toEqual([]);
  },
);

test.each([["zh-CN", "新建工单…", "需要做什么？", "开单", "更多…", "暂停…", "提交", "继续", "历史"]])(
  "W51 the desk opens a ticket, lets one stand still and go on, and reads its history (%s)",
  async (locale, add, ask, send, more, pause, say, resume, story) => {
    await plant();
    fault(fixture.world, "pump-3", Date.now());
    answer(fixture.world, "of-1", true, Date.now());
    const { page, complaints } = await open(`/u/${UNIT}/tickets/tk-1`, desk, locale);
    await page.getByRole("button", { name: more }).click();
    await page.getByRole("button", { name: pause }).click();
    await page.getByRole("button", { name: say, exact: true }).click();
    await page.locator(".ticket-head .step.paused").waitFor();
    await page.getByRole("button", { name: more }).click();
    await page.getByRole("button", { name: resume, exact: true }).click();
    await page.locator(".ticket-head .step.assigned").waitFor();
    await page.getByRole("button", { name: story }).click();
    await page.locator(".story ol li").nth(1).waitFor();
    expect(await barriersIn(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.locator(".story").waitFor({ state: "detached" });
    await page.getByRole("button", { name: add }).click();
    const open_ = page.getByRole("button", { name: send, exact: true });
    await page.getByLabel(ask).fill("change the oil");
    expect(await barriersIn(page)).toEqual([]);
    await open_.click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await vi.waitUntil(() => fixture.world.tickets.size === 2);
    expect(fixture.posted.at(-1)?.body).toMatchObject({ words: "change the oil", asset: expect.any(String), id: expect.any(String) });
    expect(complaints).toEqual([]);
  },
);

test("W40 why not somebody is answered with what would have chosen them, in either language", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now() - 20_000, Date.now() - 40_000);
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("button", { name: "What would it take for 李伟 Li Wei to be chosen?" }).click();
  // What it is depends on the hour: the fixture's engineers have shifts.
  await page.getByText(/Would be chosen if they .+\.|It would take two: they .+, and they .+\./).waitFor();
  const chinese = await open(`/u/${UNIT}`, phone, "zh-CN");
  await chinese.page.getByRole("button", { name: "怎样才会选中赵磊 Zhao Lei？" }).click();
  await chinese.page.getByText(/若.+，则会选中。|仅改变一项不足以选中。/).waitFor();
  expect([...complaints, ...chinese.complaints]).toEqual([]);
});

test("W41 I'm late is two taps, and the desk knows when", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page, complaints } = await open(`/p/${UNIT}?as=chen-jie`, phone);
  await page.getByRole("button", { name: "Accept" }).click();
  await page.getByRole("button", { name: "I will be late…" }).click();
  await page.getByRole("button", { name: "in 30 min" }).click();
  await page.getByText(/The desk knows: you will be there at \d\d:\d\d\./).waitFor();
  expect(fixture.posted.at(-1)?.path).toMatch(/\/late$/);
  expect(complaints).toEqual([]);
});

test("W5 declining needs a reason, and the reason is sent", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page } = await open(`/p/${UNIT}?as=chen-jie`, phone);
  await page.getByRole("button", { name: "Decline" }).click();
  await page.getByRole("button", { name: "Decline the job" }).click();
  await page.getByText("“Why not this time?” is open: choose one.").waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("reason");
  expect([await barriersIn(page), fixture.posted.filter(({ path }) => path.endsWith("/decline")).length]).toEqual([[], 0]);
  await page.getByLabel("Too far away").check();
  await page.getByRole("button", { name: "Decline the job" }).click();
  await page.getByRole("heading", { name: "No job right now" }).waitFor();
  expect(fixture.posted.at(-1)?.body).toEqual({ reason: "Too far away" });
});

test("W6 a refusal is told in the reader's words, with the unit's rule beside them", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page } = await open(`/p/${UNIT}?as=chen-jie`, phone, "zh-CN");
  fixture.refuseNext({ refused: "not-yours", rule: "the offer went to li-wei", mend: "wait for another offer" });
  await page.getByRole("button", { name: "接单" }).click();
  const alert = page.getByRole("alert");
  await alert.getByText("这是派给他人的。").waitFor();
  expect(await alert.innerText()).toContain("the offer went to li-wei");
  await page.getByRole("button", { name: "接单" }).click();
  await page.getByRole("button", { name: "我已出发" }).waitFor();
});

test("W7 a browser that is not signed in is asked for its link in both languages", async () => {
  await plant({ signedIn: false });
  for (const path of [`/u/${UNIT}`, `/p/${UNIT}`]) {
    const { page } = await open(path, phone);
    await page.getByRole("heading", { name: "Open your link" }).waitFor();
    await page.getByRole("heading", { name: "请打开您的专属链接" }).waitFor();
  }
});

test("W8 both pages speak the browser's language, and switch", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  for (const [path, zh, en] of [
    [`/u/${UNIT}`, "确认告警", "Acknowledge alarm"],
    [`/p/${UNIT}?as=chen-jie`, "接单", "Accept"],
  ] as const) {
    const { page } = await open(path, desk, "zh-CN");
    await page.getByRole("button", { name: zh }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("button", { name: en }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: en }).waitFor();
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
  }
});

test.each([
  ["light", "en-US"],
  ["dark", "zh-CN"],
] as const)("W9 neither page has a serious barrier, %s", { timeout: 240_000 }, async (colorScheme, locale) => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const board = await open(`/u/${UNIT}`, { ...desk, colorScheme }, locale);
  await board.page.locator(".chain .link-box").first().waitFor();
  await board.page.locator(".curve canvas").first().waitFor();
  await board.page.locator(".maplibregl-marker:not(.hidden)").first().waitFor();
  expect(await barriersIn(board.page)).toEqual([]);
  await board.page.locator(".tile.press").last().click();
  await board.page.locator(".proposal li").first().waitFor();
  expect(await barriersIn(board.page)).toEqual([]);
  await board.page.locator(".proposal button").click();
  await board.page.locator(".proposal [role=status]").waitFor();
  expect(fixture.posted.at(-1)).toMatchObject({ path: `/api/u/${UNIT}/mappings`, body: { device: "pump-2", route: { topics: ["sensors/{device}/raw"] } } });
  await board.page.keyboard.press("Escape");
  await board.page.locator(".tile.press").first().click();
  await board.page.locator(".meters summary").first().click();
  expect(await barriersIn(board.page)).toEqual([]);
  const engineer = await open(`/p/${UNIT}?as=chen-jie`, { ...phone, colorScheme }, locale);
  await engineer.page.locator(".offer").waitFor();
  expect(await barriersIn(engineer.page)).toEqual([]);
});

test("W10 the board works by keyboard: a machine, a decision, an acknowledgement", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page } = await open(`/u/${UNIT}`, desk);
  await page.locator(".row.device", { hasText: "Cooling water 2" }).focus();
  await page.keyboard.press("Enter");
  await page.locator(".chart h2", { hasText: "Cooling water 2" }).waitFor();
  expect(page.url()).toContain("device=pump-2");
  await page.locator("button.link-box", { hasText: "Alarm" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Decision" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Decision" }).waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "Acknowledge alarm" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Alarm acknowledged").waitFor();
});

test("W11 in a demo a fault is injected, the hub plugged in, a phone's code shown, a sandbox made", async () => {
  await plant();
  const { page } = await open(`/u/${UNIT}`, desk);
  await page.getByText("simulated", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Inject a fault" }).click();
  await page.getByRole("combobox", { name: "Machine" }).selectOption("pump-7");
  await page.getByRole("dialog").getByRole("button", { name: "Inject a fault" }).click();
  await page.locator("#ticket-title", { hasText: "Yuelu intake" }).waitFor();
  expect(fixture.posted.at(-1)).toEqual({ path: `/api/u/${UNIT}/demo/fault`, body: { device: "pump-7", mode: "bearing-wear" } });
  await page.getByRole("button", { name: "Phones" }).click();
  await page.getByRole("img", { name: "QR code of the phone page of 陈洁 Chen Jie" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Plug the hub in" }).click();
  await page.getByRole("button", { name: "Unplug the hub" }).waitFor();
  await page.getByRole("button", { name: "Clone into a sandbox" }).click();
  expect(await page.getByRole("link", { name: "Open the sandbox" }).getAttribute("href")).toBe("/u/plant-sandbox-1");
});

test("W12 without a demo there are no demo buttons", async () => {
  await plant({ demo: false });
  const { page } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("button", { name: "Clone into a sandbox" }).waitFor();
  expect(await page.getByRole("button", { name: "Inject a fault" }).count()).toBe(0);
  expect(await page.getByText("simulated", { exact: true }).count()).toBe(0);
});

test("W13 a ticket's own address opens it, on a phone's width without scrolling sideways", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now() - 60_000);
  fault(fixture.world, "pump-4", Date.now());
  const { page } = await open(`/u/${UNIT}/tickets/tk-1`, phone);
  await page.locator("#ticket-title", { hasText: "Boiler feed A" }).waitFor();
  await page.locator(".maplibregl-canvas").waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

test("W14 the engineer's page loads less than 300 KB of script, and no inline script is anywhere", () => {
  expect(firstLoad("phone.html")).toBeLessThan(PHONE_SCRIPT_BYTES_MAX);
  for (const page of ["index.html", "phone.html", "board.html", "hub.html"]) {
    for (const [tag] of readFileSync(join(built, page), "utf8").matchAll(/<script[^>]*>/g)) expect(tag).toContain("src=");
  }
  // Fonts are loaded by range, never inlined.
  for (const style of readdirSync(join(built, "assets")).filter((name) => name.endsWith(".css")))
    expect(readFileSync(join(built, "assets", style), "utf8")).not.toContain("data:font");
});

test("W21 what waits for a person says so and is let run by one button, step by step", async () => {
  await plant();
  propose(fixture.world, "pump-3", Date.now());
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("heading", { name: "Waits for you" }).waitFor();
  const tickets = page.locator(".tickets");
  await tickets.getByRole("region", { name: "Waits for you" }).getByText("Boiler feed A").waitFor();
  expect(await page.locator("#ticket-title").count()).toBe(0);
  await tickets.getByRole("button", { name: "Open the ticket" }).click();
  await page.locator("#ticket-title", { hasText: "Boiler feed A" }).waitFor();
  const waits = page.locator("#ticket").getByRole("region", { name: "Waits for you" });
  await waits.getByText("reserve 3 parts").waitFor();
  await waits.getByText("ask the next engineer").waitFor();
  await tickets.locator(".row", { hasText: "Waits for you" }).waitFor();
  await page.locator(".kit-proposed", { hasText: "waits for the desk" }).waitFor();
  expect(await barriersIn(page)).toEqual([]);
  await waits.getByRole("button", { name: "Confirm" }).click();
  await page.locator(".ticket-head .step", { hasText: "offered" }).waitFor();
  await waits.waitFor({ state: "detached" });
  expect(fixture.posted.map(({ path }) => path)).toEqual(Array.from({ length: 2 }, () => `/api/u/${UNIT}/tickets/tk-1/confirm`));
  expect(complaints).toEqual([]);
});

test("W62 an alarm that nobody looked at, and that has no ticket, stands with whom it was told to until somebody acknowledges it", async () => {
  await plant();
  propose(fixture.world, "pump-3", Date.now());
  const [proposed] = fixture.world.alarms.values();
  if (proposed === undefined) throw new Error("no alarm");
  const { proposed: _ticket, ...alone } = proposed;
  const escalation = { level: 1, at: Date.now() };
  fixture.world.alarms.set(proposed.id, { ...alone, escalation });
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  const told = page.getByRole("region", { name: "escalated: shift lead" });
  await told.getByText(/Boiler feed A.*not acknowledged since \w+ \d\d:\d\d$/).waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
  await told.getByRole("button", { name: "Acknowledge alarm" }).click();
  await told.waitFor({ state: "detached" });
  expect(fixture.posted.map(({ path }) => path)).toEqual([`/api/u/${UNIT}/alarms/${proposed.id}/acknowledge`]);
  // One whose ticket is proposed, and a ticket that nobody accepts, say it where they stand.
  fixture.tell([{ family: "alarm", entity: { ...proposed, escalation } }]);
  await page.getByRole("region", { name: "Waits for you" }).getByText("escalated: shift lead").waitFor();
  // On a phone what asks for somebody comes first.
  await page.setViewportSize({ width: 390, height: 844 });
  const call = page.locator(".floor > .calls", { hasText: "escalated: shift lead" });
  await call.waitFor();
  expect([await overflowOf(page), ((await call.boundingBox())?.y ?? 9_999) < 400]).toEqual([0, true]);
  fixture.tell(fault(fixture.world, "pump-4", Date.now()));
  fixture.tell(outfit(fixture.world, "tk-1", { escalation }));
  await page.locator(".tickets .row", { hasText: "escalated: shift lead" }).waitFor();
  expect(complaints).toEqual([]);
});

test("W22 the desk calls a job off with a reason, and not without", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("button", { name: "Cancel…" }).click();
  const send = page.getByRole("button", { name: "Cancel the ticket" });
  await send.click();
  await page.getByText("“Why is it called off?” is empty: write a few words.").waitFor();
  expect(fixture.posted).toEqual([]);
  await page.getByLabel("Why is it called off?").fill("  the line is being rebuilt ");
  await send.click();
  await page.locator(".ticket-head", { hasText: "“the line is being rebuilt”" }).waitFor();
  expect(fixture.posted).toEqual([{ path: `/api/u/${UNIT}/tickets/tk-1/cancel`, body: { why: "the line is being rebuilt" } }]);
  expect(await page.getByRole("button", { name: "Cancel…" }).count()).toBe(0);
  expect(await page.locator(".sla").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test.each([
  ["en", "New ticket…", "“What is to be done?” is empty: write a few words.", "Open the ticket"],
  ["zh-CN", "新建工单…", "“需要做什么？”未填写，请写几个字。", "开单"],
] as const)("W60 a new ticket without words can be sent, says what it lacks and goes there (%s)", async (language, opens, lack, sends) => {
  await plant();
  const { page, complaints } = await open(`/u/${UNIT}`, desk, language);
  await page.getByRole("button", { name: opens }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("button", { name: sends, exact: true }).click();
  await form.getByText(lack).waitFor();
  expect(await page.evaluate(() => document.activeElement?.getAttribute("name"))).toBe("words");
  expect(await barriersIn(page)).toEqual([]);
  await page.keyboard.type("drips");
  await form.getByText(lack).waitFor({ state: "detached" });
  expect(fixture.posted).toEqual([]);
  await form.getByRole("button", { name: sends, exact: true }).click();
  await expect.poll(() => fixture.posted.length).toBe(1);
  expect(complaints).toEqual([]);
});

test("W59 the desk says how many engineers a visit needs, and which job it is part of, in either language", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  fault(fixture.world, "pump-2", Date.now());
  const { page, complaints } = await open(`/u/${UNIT}/tickets/tk-1`, desk);
  await page.getByRole("button", { name: "More…" }).click();
  await page.getByRole("button", { name: "Change the team's size…" }).click();
  await page.getByLabel("Engineers needed").selectOption("2");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "More…" }).click();
  await page.getByRole("button", { name: "Part of another ticket…" }).click();
  await page.getByLabel("Which job is it part of?").selectOption("tk-2");
  await page.getByRole("button", { name: "Send" }).click();
  await expect.poll(() => fixture.posted.length).toBe(2);
  const at = `/api/u/${UNIT}/tickets/tk-1`;
  expect(fixture.posted).toEqual([
    { path: `${at}/crew`, body: { crew: 2 } },
    { path: `${at}/parent`, body: { parent: "tk-2" } },
  ]);
  expect(fixture.world.tickets.get("tk-1")).toMatchObject({ crew: 2, parent: "tk-2" });
  expect(complaints).toEqual([]);
  const { page: chinese } = await open(`/u/${UNIT}/tickets/tk-1`, desk, "zh-CN");
  await chinese.getByRole("button", { name: "更多…" }).click();
  await chinese.getByRole("button", { name: "更改人数…" }).waitFor();
  await chinese.getByRole("button", { name: "归入其他工单…" }).waitFor();
});

test.each([
  ["desk", `/u/${UNIT}`, "No ticket yet"],
  ["phone", `/p/${UNIT}?as=chen-jie`, "No job right now"],
] as const)("W23 the %s's page asks and listens with the session of its own side", async (side, path, ready) => {
  await plant();
  const context = await browser.newContext(desk);
  closing.push(() => context.close());
  const page = await context.newPage();
  const asked: URL[] = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  page.on("websocket", (socket) => asked.push(new URL(socket.url())));
  const live = page.waitForEvent("websocket");
  await page.goto(`${fixture.url}${path}`);
  await page.getByRole("heading", { name: ready }).waitFor();
  await live;
  const sides = asked.filter(({ pathname }) => pathname.startsWith("/api/")).map(({ searchParams }) => searchParams.get("as") ?? "desk");
  expect(sides.length).toBeGreaterThan(2);
  expect(new Set(sides)).toEqual(new Set([side]));
});

test("W24 a browser whose language has an odd name is served like any other", async () => {
  await plant();
  fault(fixture.world, "pump-3", Date.now());
  for (const path of [`/u/${UNIT}`, `/p/${UNIT}?as=chen-jie`]) {
    const context = await browser.newContext(desk);
    closing.push(() => context.close());
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "language", { get: () => "en-US@posix", configurable: true });
      Object.defineProperty(Navigator.prototype, "languages", { get: () => ["en-US@posix"], configurable: true });
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${fixture.url}${path}`);
    await page.getByText("Boiler feed A").first().waitFor();
    if (path.startsWith("/u/")) await page.locator(".curve canvas").first().waitFor();
    expect(complaints).toEqual([]);
  }
});

test.each([
  [desk, "light"],
  [phone, "dark"],
] as const)("W25 the server's own address says what this is and how to get in, in both languages, without a script", async (options, colorScheme) => {
  await plant({ signedIn: false });
  const { page, complaints } = await open("/", { ...options, colorScheme, javaScriptEnabled: false });
  await page.getByRole("heading", { name: "Open your one-time link" }).waitFor();
  await page.getByRole("heading", { name: "请打开您的专属链接" }).waitFor();
  expect(complaints).toEqual([]);
  const scripted = await open("/", { ...options, colorScheme });
  expect(await barriersIn(scripted.page)).toEqual([]);
  expect(await scripted.page.evaluate(() => [document.scripts.length, document.documentElement.scrollWidth])).toEqual([0, options.viewport?.width]);
  expect(scripted.complaints).toEqual([]);
});

test("W31 once the hub is back one line says that both are in step; behind it the receipt, and those before", async () => {
  await plant();
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByText("live", { exact: true }).waitFor();
  expect(await page.locator(".in-step").count()).toBe(0);
  const now = Date.now();
  Object.assign(fixture.world, { pending: 47, pendingSince: now - 60_000 });
  plugIn(fixture.world, now - 40_000, false);
  Object.assign(fixture.world, { pending: 12, pendingSince: now - 20_000 });
  plugIn(fixture.world, now, true);
  fixture.tell([]);
  const line = page.getByRole("button", { name: "back in step: 12 sent, 0 lost, digests equal" });
  await line.focus();
  await page.keyboard.press("Enter");
  const receipt = page.getByRole("dialog", { name: "Convergence receipt" });
  await receipt.getByText("outage drill").waitFor();
  expect((await receipt.locator(".receipt-figures").innerText()).split(/\n+/).filter((text) => /^\d+$/.test(text))).toEqual(["12", "3", "2", "0", "0"]);
  expect(await receipt.locator(".receipt-digests tbody tr").allInnerTexts()).toEqual(
    fixture.world.receipts[0]?.digests.map(({ stream, ours, theirs }) => expect.stringMatching(`${stream}\\s+${ours}\\s+${theirs}`) as string),
  );
  await receipt.getByText("Both sides hold the same.").waitFor();
  await receipt.getByText("the hub's value stands").waitFor();
  await receipt.getByText("both values are kept until a person chooses").waitFor();
  await receipt.getByRole("button", { name: "47 sent, 0 lost" }).click();
  await receipt.getByText("47", { exact: true }).waitFor();
  expect(await receipt.getByText("outage drill").count()).toBe(0);
  expect(complaints).toEqual([]);
});

test.each([
  ["light", "en-US", desk],
  ["dark", "zh-CN", phone],
] as const)("W31 the receipt fits its screen and has no serious barrier, %s", { timeout: 240_000 }, async (colorScheme, locale, size) => {
  await plant();
  Object.assign(fixture.world, { pending: 12, pendingSince: Date.now() - 20_000 });
  plugIn(fixture.world, Date.now(), true);
  const { page } = await open(`/u/${UNIT}`, { ...size, colorScheme, reducedMotion: "reduce" }, locale);
  await page.locator(".in-step").click();
  await page.locator(".receipt-digests").waitFor();
  expect([await barriersIn(page), await overflowOf(page)]).toEqual([[], 0]);
});

test("W31 a receipt with losses or unequal digests is no good news; with the hub away there is none", async () => {
  await plant();
  plugIn(fixture.world, Date.now(), false);
  const [made] = fixture.world.receipts;
  if (made !== undefined) fixture.world.receipts[0] = { ...made, lost: 2, equal: false };
  const { page } = await open(`/u/${UNIT}`, desk, "zh-CN");
  await page.locator(".in-step .bad", { hasText: "丢失 2，摘要不一致" }).waitFor();
  Object.assign(fixture.world, { plugged: false, pendingSince: Date.now() });
  fixture.tell([]);
  await page.locator(".in-step").waitFor({ state: "detached" });
});

test("W32 a drill is begun with its length, counts down, and ends in its receipt", async () => {
  await plant();
  plugIn(fixture.world, Date.now() - 60_000, false);
  const { page, complaints } = await open(`/u/${UNIT}`, desk);
  await page.getByRole("button", { name: "Outage drill" }).click();
  await page.getByRole("dialog", { name: "Outage drill" }).getByRole("button", { name: "30 s" }).click();
  await page.getByRole("button", { name: /drill: \d+ s left/ }).waitFor();
  expect(fixture.posted.at(-1)).toEqual({ path: `/api/u/${UNIT}/drill`, body: { ms: 30_000 } });
  fixture.tell([]);
  await page.locator(".hub", { hasText: "away" }).waitFor();
  await page.getByRole("button", { name: "back in step: 47 sent, 0 lost, digests equal" }).waitFor();
  expect(complaints).toEqual([]);
});

test("W33 what the customer said stands on the board and on the phone, to the minute", async () => {
  await plant();
  const noon = new Date(new Date().setUTCHours(4, 0, 30, 0)).getTime();
  fault(fixture.world, "pump-3", Date.now());
  const ticket = fixture.world.tickets.get("tk-1");
  if (ticket !== undefined)
    fixture.world.tickets.set("tk-1", {
      ...ticket,
      hold: { reason: "the line still runs", until: noon },
      appointment: { from: noon + 90 * 60_000, to: noon + 150 * 60_000 },
    });
  for (const path of [`/u/${UNIT}`, `/p/${UNIT}?as=chen-jie`]) {
    const { page } = await open(path, phone);
    const said = page.getByRole("note");
    await said.waitFor();
    expect(await said.innerText()).toMatch(/wait until (?:\S+ )?12:00: the line still runs[^]*(?:\S+ )?13:30–14:30/);
  }
});
