/** The hub's page in a real browser, on the real embedded server: a plant of its own, and a unit elsewhere that does what each test needs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Cookie, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ModelCard } from "../../contracts/model-card.ts";
import type { ReceiptSummary } from "../../contracts/receipt.ts";
import { type Api, apiOf } from "../../devices/cli/api.ts";
import { build } from "../../devices/server/build.ts";
import { type DistantUnit, type Write, joinHub } from "../../devices/server/fixture/distant-unit.ts";
import { makePlant, until } from "../../devices/server/fixture/plant.ts";
import { digestOfToken } from "../../devices/server/folder.ts";
import { type Server, startServer } from "../../devices/server/server.ts";
import { launchBrowser } from "../../edge/web/browser.ts";
import { DESK, PHONE, type Visit, barriersIn, overflowOf, visit } from "../../edge/web/fixture/visit.ts";

const ADMIN = "the-administrator-of-this-test";
const HOUR_MS = 3_600_000;
const FLEET_FOLDER = join(import.meta.dirname, "..", "..", "edge", "verdict", "models");
const FLEET = ModelCard.parse(JSON.parse(readFileSync(join(FLEET_FOLDER, "fleet.json"), "utf8")));
const data = mkdtempSync(join(tmpdir(), "outpost-hub-page-"));
let [browser, server, api]: [Browser, Server, Api] = [] as never;
let [desk, reader]: [Cookie[], Cookie[]] = [[], []];
const closing: (() => Promise<unknown>)[] = [];
const units: DistantUnit[] = [];

beforeAll(async () => {
  await build(["web", "embedded"], () => undefined);
  server = await startServer({
    layout: "embedded",
    host: "127.0.0.1",
    port: 0,
    dataDir: join(data, "state"),
    vars: { ADMIN_TOKEN_SHA256: digestOfToken(ADMIN) },
  });
  api = apiOf(server.url, ADMIN);
  browser = await launchBrowser();
  await makePlant(api, { unit: "plant", template: "pump-vibration" }, ["pump-1"], ["li-wei"]);
  [desk, reader] = [await signedIn("operations"), await signedIn("integrator")];
}, 300_000);
afterAll(async () => {
  for (const unit of units) unit.leave();
  await browser?.close();
  await server?.dispose();
  rmSync(data, { recursive: true, force: true, maxRetries: 5 });
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** As a person does: by the link. */
async function signedIn(role: "operations" | "integrator"): Promise<Cookie[]> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.url + (await api.addHubLink(role, role === "operations" ? "lin" : "crm")));
  await page.getByRole("heading", { name: "Links", level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/hub");
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function open(path: string, options: BrowserContextOptions = DESK, cookies: readonly Cookie[] = desk): Promise<Visit> {
  const opened = await visit(browser, server.url + path, options, cookies);
  closing.push(opened.close);
  return opened;
}

/** As a link within the page leads there. */
async function go(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, "", to), path);
}

function csv(name: string, text: string) {
  return { name, mimeType: "text/csv", buffer: Buffer.from(text) };
}

/** Through the button that asks why. */
async function because(page: Page, open: string, why: string, send: string, within: Page | Locator = page): Promise<void> {
  await within.getByRole("button", { name: open }).first().click();
  const dialog = page.getByRole("dialog", { name: open });
  await dialog.getByLabel("Why?").fill(why);
  await dialog.getByRole("button", { name: send }).click();
}

async function joined(name: string): Promise<DistantUnit> {
  const unit = await joinHub(api, name);
  units.push(unit);
  return unit;
}

function ticket(id: string, priority: string, given: Readonly<Record<string, string | number>> = {}): readonly Write[] {
  const all = { state: "open", priority, respondBy: Date.now() + 4 * HOUR_MS, resolveBy: Date.now() + 8 * HOUR_MS, ...given };
  return Object.entries(all).map(([attr, value]) => ({ entity: "ticket", id, attr, value }));
}

const receipt: ReceiptSummary = {
  awayAt: Date.now() - 95_000,
  backAt: Date.now() - 65_000,
  convergedAt: Date.now() - 63_800,
  drill: true,
  operations: 47,
  heard: 3,
  conflictCount: 2,
  dead: 0,
  lost: 0,
  digests: (["tickets", "assets", "customers", "people"] as const).map((stream, i) => ({ stream, ours: `a3f09c1${i}`, theirs: `a3f09c1${i}` })),
  equal: true,
};

test("HP8 without a session the page shows nothing but how to get one, in both languages; it runs under a policy that allows no foreign and no inline script, and signing out ends the session", async () => {
  const { page: outside } = await open("/hub", PHONE, []);
  for (const path of ["/hub", "/hub/subjects/customer?id=works", "/hub/master/customer?id=works"]) {
    await outside.goto(server.url + path);
    await outside.getByRole("heading", { name: "Open your link" }).waitFor();
    await outside.getByRole("heading", { name: "请打开您的专属链接" }).waitFor();
    expect(await outside.getByText("outpost link add --hub --role operations").count()).toBe(2);
  }
  const answer = await fetch(`${server.url}/hub`);
  expect(answer.headers.get("content-security-policy")).toMatch(/^default-src 'self'; (?!.*script-src)(?!.*unsafe-eval).*frame-ancestors 'none'/);
  for (const [tag] of (await answer.text()).matchAll(/<script[^>]*>/g)) expect(tag).toContain("src=");
  const { page, complaints } = await open("/hub", DESK, await signedIn("operations"));
  await page.getByRole("link", { name: "plant", exact: true }).waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "You are signed out" }).waitFor();
  await page.goto(`${server.url}/hub`);
  await page.getByRole("heading", { name: "Open your link" }).waitFor();
  expect(complaints).toEqual([]);
});

test("HP9 links stand in order of what hangs on them, say what is wrong and what to do, and change without a reload", async () => {
  const pier = await joined("pier");
  await pier.write(...ticket("crane-4", "p1", { respondBy: Date.now() + 60_000 }), ...ticket("crane-7", "p2"));
  await pier.ask("heard", { verified: { at: Date.now(), equal: false } });
  const { page, complaints } = await open("/hub");
  const rows = page.locator(".links-table tbody tr");
  await rows.filter({ hasText: "plant" }).waitFor();
  const first = rows.first();
  await first.getByText("broken", { exact: false }).first().waitFor();
  const text = (await first.innerText()).replaceAll(/\s+/g, " ");
  expect(text).toMatch(/broken pier autonomous unit, both ways/);
  expect(text).toMatch(/Digests differed .* ago: both sides hold different values\. The unit repairs itself/);
  expect(text).toMatch(/P1 1 P2 1 2 wait 1 promise at risk 2 open tickets go over it · weight 63/);
  expect(text).toMatch(/≠ differ/);
  await pier.ask("heard", { verified: { at: Date.now(), equal: true } });
  await rows.filter({ hasText: /well\s*pier/ }).waitFor();
  expect((await rows.filter({ hasText: /well\s*pier/ }).innerText()).replaceAll(/\s+/g, " ")).toMatch(/= equal .* 100 % 8 of 8/);
  // From a unit to what it wrote.
  await page.getByRole("link", { name: "pier", exact: true }).click();
  await page.getByRole("heading", { name: "Operations", level: 1 }).waitFor();
  expect(new URL(page.url()).search).toBe("?unit=pier");
  expect(complaints).toEqual([]);
});

test("HP10 operations with outcome and latency: newest first, live, by entity, from a cursor; values of people stay sealed", async () => {
  const dock = await joined("dock");
  const before = await api.ask<{ readonly newer: string }>("GET", "/api/hub/operations?limit=1");
  await dock.write({ entity: "kit", id: "kit-41", attr: "attempts", value: 2, agoMs: 1_400 }, { entity: "spaceship", id: "x-1", attr: "speed", value: 9 });
  await dock.write({ stream: "customers", entity: "customer", id: "harbour", attr: "contact", value: { person: "Ms Zhou", phone: "+86 731 5555 0199" } });
  const { page, complaints } = await open("/hub/operations?unit=dock");
  const rows = page.locator("table.lines tbody tr:not(.detail)");
  await rows.nth(2).waitFor();
  const said = await rows.evaluateAll((all) => all.map((row) => [...row.querySelectorAll("td, th")].map((cell) => (cell.textContent ?? "").trim())));
  expect(said.map(([, , outcome, what, value]) => [outcome, what, value])).toEqual([
    ["applied", "customer contact harbour", "personal value, sealed"],
    ["dead", "spaceship speed x-1", ""],
    ["applied", "kit attempts kit-41", "2"],
  ]);
  expect(said[2]?.[1]).toMatch(/^1\.\d s$/);
  await page.getByText(/^3 shown · latency median/).waitFor();
  await dock.write({ entity: "kit", id: "kit-42", attr: "attempts", value: 7 });
  await rows.nth(3).waitFor();
  expect(await rows.first().innerText()).toContain("kit-42");

  await rows.nth(3).getByRole("button").click();
  const detail = page.locator(".line-detail");
  await detail.getByText("kit@2 · v1").waitFor();
  await detail.getByRole("button", { name: "All of this entity" }).click();
  await expect.poll(() => rows.count()).toBe(1);
  expect(new URL(page.url()).search).toBe("?entity=kit&id=kit-41");

  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("From a cursor").fill(before.newer);
  await page.getByLabel("Outcome").selectOption("dead");
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining("spaceship speed")]);
  await page.getByLabel("From a cursor").fill("nonsense");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("not a cursor of this feed").waitFor();
  expect(complaints).toEqual([]);
});

test("HP11 a contract's versions with who and why, their difference, the impact of a pasted change, and then its publishing", async () => {
  const { page, complaints } = await open("/hub/contracts");
  await page.getByRole("link", { name: /^customer/ }).click();
  await page.getByText("came with this release").waitFor();
  await page.getByText("There is one version only").waitFor();
  await page.getByRole("button", { name: "Begin with the newest version" }).click();
  const text = page.getByRole("textbox", { name: "JSON Schema" });
  await expect.poll(() => text.inputValue()).toContain('"x-owner"');
  const document = JSON.parse(await text.inputValue()) as { properties: Record<string, unknown> };

  const { name: _, ...others } = document.properties;
  await text.fill(JSON.stringify({ ...document, properties: others }));
  await page.getByRole("button", { name: "What would it touch?" }).click();
  await page.getByText("Would be refused").waitFor();
  expect(await page.getByRole("button", { name: "Publish…" }).count()).toBe(0);
  await page.locator(".touched", { hasText: "plant" }).waitFor();
  await text.fill("{ not json");
  await page.getByText("This is not JSON.").waitFor();

  const number = { type: "string", maxLength: 40, "x-class": "plain", "x-writers": "any" };
  await text.fill(JSON.stringify({ ...document, properties: { ...document.properties, accountNumber: number } }));
  await page.getByRole("button", { name: "What would it touch?" }).click();
  await page.getByText("May be published under this mode").waitFor();
  await page.getByText("accountNumber is new and optional").waitFor();
  await page.getByRole("button", { name: "Publish…" }).click();
  const asked = page.getByRole("dialog", { name: "Publish…" });
  expect(await asked.getByRole("button", { name: "Publish as the next version" }).isDisabled()).toBe(true);
  await asked.getByLabel("Why?").fill("the CRM joins by its own number");
  await asked.getByRole("button", { name: "Publish as the next version" }).click();
  await page.getByText("Published as 1.1").waitFor();
  const newest = page.locator(".versions > li").first();
  await expect.poll(async () => (await newest.innerText()).replaceAll(/\s+/g, " ")).toMatch(/1\.1 published newest .* the CRM joins by its own number by lin/);
  await page.locator(".changes li", { hasText: "accountNumber is new and optional" }).waitFor();
  expect((await page.locator(".verdicts .chip").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "))).toEqual(["✓ yes", "✓ yes"]);

  await page.getByRole("button", { name: "Change…" }).click();
  const mode = page.getByRole("dialog", { name: "Change…" });
  await mode.getByLabel("Mode").selectOption("BACKWARD");
  await mode.getByLabel("Why?").fill("readers come along");
  await mode.getByRole("button", { name: "Change the mode" }).click();
  await page.getByText("Readers with the new version read what the last one wrote.").first().waitFor();
  await page.getByText("readers come along").waitFor();
  expect(complaints).toEqual([]);
});

test("HP12 a field that no contract names is shown without its values, proposed in one step, and leaves when it is published", async () => {
  const yard = await joined("yard");
  await yard.ask("note", { unknown: [{ subject: "repair", field: "siteCode", sample: "CS-0413", count: 37 }] });
  const { page, complaints } = await open("/hub/quarantine");
  const card = page.locator(".card", { hasText: "siteCode" });
  await card.getByText("37 times").waitFor();
  expect(await card.innerText()).not.toContain("0413");
  await card.getByRole("button", { name: "Propose to the contract…" }).click();
  const form = page.getByRole("dialog", { name: "Propose siteCode to repair" });
  await form.getByLabel("Why should it be in the contract?").fill("cranes stand at numbered sites");
  await form.getByText("Yes, personal").click();
  await form.getByRole("button", { name: "Make a draft" }).click();
  await form.getByText("It still lacks:").waitFor();
  await form.getByText("No, plain").click();
  await form.getByRole("button", { name: "Make a draft" }).click();
  await form.getByText("It lacks nothing and may be published.").waitFor();
  await form.getByRole("button", { name: "Publish the draft" }).click();
  const why = page.getByRole("dialog", { name: "Publish the draft" });
  await why.getByLabel("Why?").fill("agreed with service");
  await why.getByRole("button", { name: "Publish the draft" }).click();
  await form.getByText("Published as 1.1. The field has left quarantine.").waitFor();
  await page.keyboard.press("Escape");
  await card.waitFor({ state: "detached" });
  expect(complaints).toEqual([]);
});

test("HP13 a dead letter says why, keeps what was sent, is tried again, and is let go only when somebody is sure", async () => {
  const quay = await joined("quay");
  await quay.write({ entity: "kit", id: "kit-quay", attr: "colour", value: "crimson" }, { entity: "kit", id: "kit-quay", attr: "shade", value: "dark" });
  const { page, complaints } = await open("/hub/dead");
  const letter = page.locator(".letter", { hasText: "colour" });
  await letter.getByText("unknown-field: colour").waitFor();
  await letter.getByText("Propose it in quarantine and publish, then redeliver.").waitFor();
  await letter.getByText("What was sent").click();
  await letter.getByText("crimson").waitFor();
  await letter.getByRole("button", { name: "Redeliver" }).click();
  await page.locator(".told", { hasText: "0 redelivered" }).waitFor();
  await letter.getByRole("button", { name: "Discard…" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  expect(await letter.count()).toBe(1);
  await letter.getByRole("button", { name: "Discard…" }).click();
  await page.getByRole("button", { name: "Discard it" }).click();
  await letter.waitFor({ state: "detached" });
  await page.locator(".letter", { hasText: "shade" }).waitFor();
  expect(complaints).toEqual([]);
});

test("HP14 of a subject it is shown what is held and what for; it is erased when its id was typed, and not before", async () => {
  const shed = await joined("shed");
  const contact = { person: "Ms Qian", phone: "+86 731 5555 0777" };
  const harbour = { stream: "customers", entity: "customer", id: "east-harbour" } as const;
  await shed.write({ ...harbour, attr: "name", value: "East Harbour" }, { ...harbour, attr: "contact", value: contact });
  const { page, complaints } = await open("/hub/subjects");
  await page.getByLabel("Kind").selectOption("customer");
  await page.getByLabel("Id").fill("nobody");
  await page.getByRole("button", { name: "Look it up" }).click();
  await page.getByText("The hub holds nothing under this id.").waitFor();
  await page.getByLabel("Id").fill("east-harbour");
  await page.keyboard.press("Enter");
  const held = page.getByRole("region", { name: "customer east-harbour" });
  expect(await held.locator("li", { hasText: "contact" }).innerText()).toMatch(/personal[^]*Ms Qian[^]*Purpose: .*arranging a visit[^]*shed@01/);
  await held.getByRole("button", { name: "Erase…" }).click();
  const sure = page.getByRole("dialog", { name: "Erase east-harbour?" });
  const erase = sure.getByRole("button", { name: "Erase for ever" });
  expect(await erase.isDisabled()).toBe(true);
  await sure.getByLabel("To confirm, type east-harbour").fill("east-harbor");
  expect(await erase.isDisabled()).toBe(true);
  await sure.getByLabel("To confirm, type east-harbour").fill("east-harbour");
  await erase.click();
  await held.getByText("Erased: 1 value removed, the key destroyed.").waitFor();
  await held.getByText("what logs held of it can't be read any more").waitFor();
  expect(await held.innerText()).not.toContain("Qian");
  expect(complaints).toEqual([]);
});

test("HP15 the audit walks every chain on request; receipts show both sides' digests", async () => {
  const slip = await joined("slip");
  await slip.ask("heard", { verified: { at: Date.now(), equal: true }, receipt });
  const { page, complaints } = await open("/hub/audit");
  // The page's own time: what it asks again after a while, it asks when the test says that the while is over.
  await page.clock.install();
  await page.reload();
  await page.getByText("Not verified in this visit.").waitFor();
  await page.getByRole("button", { name: "Verify now" }).click();
  await page.getByText("All chains are whole").waitFor();
  expect(await page.locator(".card .chip").allInnerTexts()).toEqual(Array.from({ length: 4 }, () => expect.stringMatching(/^whole · \d+ lines?$/) as string));
  await page.getByRole("link", { name: "Receipts" }).click();
  const card = page.locator(".card", { hasText: "slip" });
  await card.getByText("outage drill").waitFor();
  expect((await card.locator(".receipt-figures").innerText()).split(/\n+/).filter((text) => /^\d+$/.test(text))).toEqual(["47", "3", "2", "0", "0"]);
  expect(await card.locator(".receipt-digests tbody tr").first().innerText()).toMatch(/tickets\s+a3f09c10\s+a3f09c10/);
  // A drill of the unit here: its receipt comes by itself.
  await api.ask("POST", "/api/u/plant/drill", { ms: 1_000 });
  const plant = page.locator(".card", { has: page.getByRole("heading", { name: "plant" }) });
  const told = async () => (await api.ask<{ readonly receipts: readonly { readonly unit: string }[] }>("GET", "/api/hub/receipts")).receipts;
  await until(async () => (await told()).some(({ unit }) => unit === "plant"), 90_000);
  expect(await plant.count()).toBe(0);
  await page.clock.fastForward(16_000);
  await plant.getByText("Both sides hold the same.").waitFor();
  // Counted from when the unit noticed it, which may be a moment after the drill began.
  await plant.getByText(/away for \d+(\.\d)? m?s/).waitFor();
  expect(complaints).toEqual([]);
});

test("HP16 an integrator has the sections to look at, and nothing that changes anything", async () => {
  const { page, complaints } = await open("/hub", DESK, reader);
  await page.getByRole("link", { name: "plant", exact: true }).waitFor();
  expect(await page.getByRole("navigation", { name: "Sections" }).getByRole("link").allInnerTexts()).toEqual([
    expect.stringMatching(/^Links/),
    "Operations",
    "Contracts",
    "Bridges",
    "Data quality",
    "Receipts",
  ]);
  await page.goto(`${server.url}/hub/contracts/kit`);
  await page.getByRole("button", { name: "Begin with the newest version" }).click();
  await page.getByRole("button", { name: "What would it touch?" }).click();
  await page.getByRole("heading", { name: "Who would notice" }).waitFor();
  const buttons = ["Change…", "Publish…", "Retire…", "Make it ours…", "Put…", "Set a baseline…", "Scan now"];
  const none = async () => expect(await Promise.all(buttons.map((name) => page.getByRole("button", { name }).count()))).toEqual(buttons.map(() => 0));
  await none();
  await go(page, "/hub/bridges/salesforce-account");
  await page.getByRole("heading", { name: "Try a value" }).waitFor();
  await none();
  await go(page, "/hub/quality/customer");
  await page.getByRole("heading", { name: "Drift" }).waitFor();
  await none();
  for (const section of ["subjects", "master", "models", "quarantine"]) {
    await go(page, `/hub/${section}`);
    await page.getByText("There is no such section").waitFor();
  }
  expect(complaints).toEqual([]);
});

test("HP19 a bridge says what crosses and what blocks it; a value is tried both ways; it is mended, put and published", async () => {
  const { document } = await api.ask<{ readonly document: { fields: { by: { pairs?: unknown[] } }[] } }>("GET", "/api/hub/bridges/salesforce-work-order");
  const own = { ...structuredClone(document), id: "our-work-order" };
  own.fields.find(({ by }) => by.pairs?.length === 11)?.by.pairs?.splice(0, 2);
  await api.ask("PUT", "/api/hub/bridges/our-work-order", { bridge: own, why: "states of our own" });
  const { page, complaints } = await open("/hub/bridges");
  await page.getByRole("link", { name: /^ticket WorkOrder not published$/ }).click();
  await page.getByText("2 findings block publishing").waitFor();
  await page.getByText('unmapped state: "open"').waitFor();
  expect(await page.getByRole("button", { name: "Publish…" }).count()).toBe(0);
  const pairs = await page.locator(".pairs").first().locator("li").allInnerTexts();
  expect(pairs.map((text) => text.replaceAll(/\s+/g, " "))).toContainEqual(
    expect.stringMatching(/^cancelled ⇄ Canceled broader than Canceled: ours is also said/),
  );

  const tried = page.locator(".tried");
  await page.getByLabel("Value").fill("paused");
  await page.getByRole("button", { name: "Try it" }).click();
  await expect.poll(() => tried.innerText()).toMatch(/crosses as\s+On Hold[^]*comes back as\s+paused\s+the same value/);
  await page.getByLabel("From").selectOption("theirs");
  await page.getByLabel("Value").fill("In Progress");
  await page.keyboard.press("Enter");
  await expect.poll(() => tried.innerText()).toMatch(/is refused[^]*"In Progress" has no counterpart among ours · add the pair to the bridge/);

  await page.getByText("The document").click();
  const text = page.getByLabel("Bridge (JSON)");
  await text.fill("{ not json");
  await page.getByText("This is not a JSON object.").waitFor();
  await text.fill(JSON.stringify({ ...own, version: 0 }));
  await because(page, "Put…", "mended", "Put it");
  expect(await page.getByRole("alert").innerText()).toMatch(/bridge\.version · .*>=1 · /);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Put…" }).waitFor({ state: "detached" });
  await text.fill(JSON.stringify({ ...document, id: "our-work-order", version: 2 }));
  await because(page, "Put…", "all states are mapped", "Put it");
  await page.getByText("Nothing blocks publishing").waitFor();
  await because(page, "Publish…", "agreed with the service desk", "Publish");
  await page.getByText("version 2 · agreed with the service desk").waitFor();
  expect(await page.getByRole("button", { name: "Publish…" }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test("HP20 how much can be used and why not, drift against a baseline, a scan and its schedule", async () => {
  const mill = await joined("mill");
  await mill.write(...[1, 2, 3, "many"].map((value, i) => ({ entity: "kit", id: `kit-mill-${i}`, attr: "attempts", value })));
  const counted = () =>
    api.ask<{ readonly subjects: readonly { readonly subject: string; readonly reasons: Readonly<Record<string, number>> }[] }>("GET", "/api/hub/quality");
  await until(async () => (await counted()).subjects.some(({ subject, reasons }) => subject === "kit" && (reasons["rejected"] ?? 0) > 0));
  const { page, complaints } = await open("/hub/quality");
  expect(await page.locator(".headline").innerText()).toMatch(/^\d+(\.\d)? %\s+can be used\s+of \d+ values received/);
  const kit = page.locator(".row", { hasText: "kit" });
  expect((await kit.innerText()).replaceAll(/\s+/g, " ")).toMatch(/^kit tickets \d+(\.\d)? % \d+ received .*✕ validity \d+(\.\d)? %, promised 99\.9 %/);
  await kit.getByRole("link", { name: "kit" }).click();
  await page.getByText(/refused by the merge/).waitFor();
  await page.getByText("No baseline yet: there is nothing to compare with.").waitFor();
  await because(page, "Set a baseline…", "an ordinary day", "Set it");
  await page.getByText(/^The baseline is set from \d+ fields?\.$/).waitFor();
  await page.getByText("As at the baseline.").waitFor();
  await page.locator(".fields summary", { hasText: "attempts" }).click();
  await page.locator(".fields .measures", { hasText: "number" }).waitFor();
  await page.getByRole("link", { name: "All contracts" }).click();
  await page.getByRole("button", { name: "Scan now" }).click();
  await page.getByText(/^Scanned: \d+ findings\.$/).waitFor({ timeout: 20_000 });
  await page.locator("summary", { hasText: "Undocumented" }).click();
  await page.locator(".found", { hasText: "Say in one sentence what it holds and who fills it." }).first().waitFor();
  await page.getByRole("button", { name: "Change the schedule…" }).click();
  const schedule = page.getByRole("dialog", { name: "Change the schedule…" });
  await schedule.getByLabel("Cron").fill("0 6 31 2 *");
  await schedule.getByLabel("Why?").fill("after the audit");
  await schedule.getByRole("button", { name: "Change it" }).click();
  await expect.poll(() => schedule.getByRole("alert").innerText()).toMatch(/cron · never comes true · check the day against the month/);
  await schedule.getByLabel("Cron").fill("0 6 1 * *");
  await schedule.getByRole("button", { name: "Change it" }).click();
  await page.getByText("0 6 1 * *").waitFor();
  expect(complaints).toEqual([]);
});

test("HP21 a file is tried, imported, its refused rows told; a pair is merged and taken back; an entity is read as it was", async () => {
  const { page, complaints } = await open("/hub/master/import");
  const file = page.locator("input[type=file]");
  await file.setInputFiles(csv("cut.csv", 'No,Name\nh1,"Harbour\n'));
  await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/line 2.*a quoted cell ends with its quote/);
  await file.setInputFiles(csv("register.csv", "No,Name,Person,Phone\nh1,Harbour Works Ltd,Ms Zhou,0731-55550199\n"));
  await page.getByLabel("id", { exact: true }).selectOption("No");
  expect(await page.getByLabel("contact.phone").inputValue()).toBe("Phone");
  await page.getByRole("button", { name: "Dry run" }).click();
  await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/units · no unit would see what is new · name the units that shall see it/);
  await page.getByLabel("plant").check();
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("What would happen", { exact: true }).waitFor();
  expect((await api.ask<{ readonly runs: readonly unknown[] }>("GET", "/api/hub/master/imports")).runs).toEqual([]);
  await page.getByRole("button", { name: "Import: 1 new, 0 changed" }).click();
  await page.getByText("Imported.").waitFor();

  await file.setInputFiles(csv("from-crm.csv", "Name,Person,Phone\nHarbour Works,Ms Zhou,0731-55550199\n,Mr X,1\n"));
  await page.getByRole("button", { name: "Dry run" }).click();
  await page.getByText("1 row may be somebody we know").waitFor();
  expect((await page.locator(".impact .changes li", { hasText: "line 3" }).first().innerText()).replaceAll(/\s+/g, " ")).toBe(
    "line 3 Name name is needed fill the cell",
  );
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download the refused rows" }).first().click()]);
  expect(readFileSync(await download.path(), "utf8")).toContain("name is needed");
  await page.getByRole("button", { name: "Import: 1 new, 0 changed" }).click();
  await page.locator(".impact").getByRole("link", { name: "Possible duplicates" }).click();

  const pair = page.getByRole("region", { name: /customer-/ }).filter({ hasText: "Harbour Works Ltd" });
  await pair.getByText("Value of name").waitFor();
  await pair.getByLabel("Harbour Works Ltd").check();
  await pair.getByLabel("h1", { exact: true }).check();
  await because(page, "One thing…", "the same phone", "Merge them", pair);
  await page.getByText("Merged: h1 stands for both.").waitFor();
  await page.getByRole("link", { name: "Merges" }).click();
  await page.getByText("the same phone").waitFor();
  const gone = /stands for (\S+)/.exec(await page.getByRole("link", { name: /^h1 stands for/ }).innerText())?.[1] ?? "";
  await page.getByRole("link", { name: "Customers" }).click();
  await page.getByLabel("Id").fill(gone);
  await page.keyboard.press("Enter");
  await page.getByText(`${gone} was merged: this is h1, which stands for it.`).waitFor();
  await page.getByRole("link", { name: "Merges" }).click();
  await because(page, "Take back…", "two branches after all", "Take it back");
  await page.getByText("taken back").first().waitFor();

  await go(page, "/hub/master/customer?id=h1");
  const now = page.getByRole("region", { name: "customer h1" });
  expect(await now.locator("li", { hasText: "name" }).innerText()).toMatch(/Harbour Works Ltd[^]*lin at hub@/);
  await page.getByRole("link", { name: "version 1", exact: true }).click();
  await page.getByText(/^As it was: position \d+/).waitFor();
  expect(await now.locator("li", { hasText: "name" }).count()).toBe(0);
  await page.getByLabel("As of").fill("yesterday");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/asOf · a position of the log, or an instant of RFC 3339.* · send one of the two/);
  expect(complaints).toEqual([]);
});

test("HP22 F21 a consumer that was never compared says what to do, and what it holds is compared on the page; what it tells by itself stands in its row", async () => {
  const token = await api.addIntegratorToken();
  const headers = { authorization: `Bearer ${token}` };
  await fetch(`${server.url}/api/feed?limit=1`, { headers });
  const { cursor, streams } = await api.ask<{
    readonly cursor: string;
    readonly streams: Readonly<Record<string, { readonly families: Readonly<Record<string, { readonly digest: string }>> }>>;
  }>("GET", "/api/hub/digest");
  const { page, complaints } = await open("/hub");
  await page.locator(".links-table tr", { hasText: "reads the cursor feed" }).first().getByRole("button", { name: "compare…" }).click();
  const dialog = page.getByRole("dialog", { name: /hold the same\?$/ });
  await dialog.getByText("POST /api/hub/digest, with its own token").waitFor();
  const theirs = dialog.getByLabel("Or compare here: paste what it holds");
  await theirs.fill("all of it");
  await dialog.getByText("This is neither digests such as").waitFor();
  await theirs.fill(JSON.stringify({ customer: streams["customers"]?.families["customer"]?.digest }));
  await dialog.getByText("1 family is equal on both sides.").waitFor();
  await theirs.fill(JSON.stringify({ entity: "customer", entities: [{ id: "works", attributes: { name: "Elsewhere" } }] }));
  await dialog.getByText("Let it take a snapshot").waitFor();
  expect((await dialog.locator("tr", { hasText: "customer" }).innerText()).replaceAll(/\s+/g, " ")).toMatch(/^customer \d+ \S+ ≠ differs$/);

  const tell = (customer: string | undefined): Promise<Response> =>
    fetch(`${server.url}/api/hub/digest`, { method: "POST", headers, body: JSON.stringify({ cursor, families: { customer } }) });
  await page.keyboard.press("Escape");
  await tell("0");
  const row = page.locator(".links-table tr", { hasText: "≠ differ" });
  await row.getByText("These families differed:").waitFor();
  expect(await row.locator(".findings code").first().innerText()).toBe("customer");
  await tell(streams["customers"]?.families["customer"]?.digest);
  await page.locator(".links-table tr", { hasText: "reads the cursor feed" }).filter({ hasText: "= equal" }).waitFor();
  expect(complaints).toEqual([]);
});

/** A model that ships, put into the registry and released to the plant: each part of it once. */
async function releaseFleet(): Promise<void> {
  const { releases } = await api.ask<{ readonly releases: readonly object[] }>("GET", "/api/hub/releases");
  if (releases.length > 0) return;
  await api.ask("PUT", `/api/hub/models/${FLEET.sha256}/card`, FLEET);
  await api.ask("PUT", `/api/hub/models/${FLEET.sha256}`, new Uint8Array(readFileSync(join(FLEET_FOLDER, "fleet.onnx"))));
  await api.ask("POST", "/api/hub/releases", { id: "fleet", hash: FLEET.sha256, profile: "pump", why: "the simple peer" });
}

test("HM9 a release says where it stands at each unit and why not further; it is asked on and ended with a reason, and what the unit does about it is seen", async () => {
  await releaseFleet();
  const { page, complaints } = await open("/hub/models");
  await page.getByRole("link", { name: "fleet open" }).click();
  const unit = page.locator(".at-unit", { hasText: "plant" });
  await unit.getByText("shadow", { exact: true }).waitFor({ timeout: 60_000 });
  expect(await unit.locator(".figures-table th[scope=col]").allInnerTexts()).toEqual(["Figure", "This model", "Live model"]);
  await because(page, "One stage further…", "it looked good", "Ask for it", unit);
  await unit.getByText("Not done").waitFor();
  expect(await unit.locator(".trouble").innerText()).toContain("nothing-seen");
  await because(page, "Stop…", "done", "End it");
  await unit.getByText("ended", { exact: true }).waitFor();
  await page.getByText(/No unit begins it any more: closed by lin/).waitFor();
  expect(await page.getByRole("button", { name: "Stop…" }).count()).toBe(0);
  await page.getByRole("link", { name: `fleet version ${FLEET.version}` }).click();
  expect(await page.locator(".measures code").innerText()).toBe(FLEET.sha256);
  expect(complaints).toEqual([]);
});

const SECTIONS: readonly (readonly [path: string, ready: (page: Page) => Promise<unknown>])[] = [
  ["/hub", (page) => page.locator(".link-name").first().waitFor()],
  ["/hub/operations", (page) => page.locator(".row-open, .card-head").first().click()],
  ["/hub/dead", (page) => page.locator(".letter").first().waitFor()],
  ["/hub/contracts/ticket", (page) => page.locator(".versions").waitFor()],
  ["/hub/bridges/dynamics365-work-order", (page) => page.locator(".pairs").first().waitFor()],
  ["/hub/quality", (page) => page.locator(".headline, .row").nth(1).waitFor()],
  ["/hub/quality/kit", (page) => page.locator(".fields summary", { hasText: "attempts" }).click()],
  ["/hub/master/asset", (page) => page.locator(".row").first().waitFor()],
  ["/hub/master/customer?id=tall-tower&asOf=2999-01-01T00:00:00Z", (page) => page.locator(".values").waitFor()],
  ["/hub/master/import", (page) => page.locator("input[type=file]").setInputFiles(csv("t.csv", "id,name,phone\nt,Tower,1\n"))],
  ["/hub/master/reviews", (page) => page.locator(".review").first().waitFor()],
  ["/hub/models", (page) => page.locator(".subject").nth(1).waitFor()],
  [`/hub/models/${FLEET.sha256}`, (page) => page.locator(".figures").waitFor()],
  ["/hub/models/fleet", (page) => page.locator(".at-unit").first().waitFor()],
  ["/hub/quarantine", (page) => page.locator(".card button").first().click()],
  ["/hub/subjects/customer?id=tall-tower", (page) => page.locator(".values").waitFor()],
  ["/hub/receipts", (page) => page.locator(".receipt").first().waitFor()],
  ["/hub/audit", (page) => page.locator(".measures").first().waitFor()],
];
/** Two customers that may be one, so that a pair waits. */
const TWINS = [
  { name: "Tower Crane Hire Ltd", phone: "+44 113 496 0000" },
  { name: "Tower Crane Hire", phone: "+44 113 496 0000" },
];
test.each([
  ["light", "en-US", DESK],
  ["dark", "zh-CN", PHONE],
] as const)("HP17 no section has a serious barrier or is wider than its screen: %s, %s", { timeout: 240_000 }, async (colorScheme, locale, size) => {
  const tower = await joined(`tower-${colorScheme}-${locale.toLowerCase()}-${size === PHONE ? "phone" : "desk"}`);
  await tower.write({ stream: "customers", entity: "customer", id: "tall-tower", attr: "contact", value: { person: "Mr Long", phone: "1" } });
  await tower.write({ entity: "kit", id: `kit-${"x".repeat(100)}`, attr: "unheardOf", value: "y".repeat(300) }, ...ticket("t-tower", "p1"));
  await tower.ask("note", { unknown: [{ subject: "asset", field: "oilTemperature", sample: 61.4, count: 212 }] });
  await tower.ask("heard", { verified: { at: Date.now(), equal: false }, receipt });
  const mapping = { attributes: { name: { column: "name" }, "contact.phone": { column: "phone" } } };
  await api.ask("POST", "/api/hub/master/imports", { family: "customer", mapping, rows: TWINS, units: ["plant"] });
  await releaseFleet();
  const { page, complaints } = await open("/hub", { ...size, colorScheme, locale, reducedMotion: "reduce" });
  for (const [path, ready] of SECTIONS) {
    await go(page, path);
    await ready(page);
    expect([path, await barriersIn(page), await overflowOf(page), complaints]).toEqual([path, [], 0, []]);
    await page.keyboard.press("Escape");
  }
});

test("HP18 everything is done by keyboard: a section, a line, a filter, a dialog and back; HP17 the language switches and stays; a part that can't be fetched says so", async () => {
  const crane = await joined("crane");
  await crane.write({ entity: "kit", id: "kit-crane", attr: "attempts", value: 1 });
  const { page } = await open("/hub");
  await page.getByRole("link", { name: "plant", exact: true }).waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
  await page.getByRole("navigation", { name: "Sections" }).getByRole("link", { name: "Operations" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("Unit", { exact: true }).focus();
  await page.keyboard.type("crane");
  await page.keyboard.press("Enter");
  const line = page.getByRole("button", { name: "kit attempts kit-crane" });
  await line.focus();
  await page.keyboard.press("Enter");
  await page.locator(".line-detail").waitFor();
  expect(await line.getAttribute("aria-expanded")).toBe("true");
  await page.goto(`${server.url}/hub/contracts/offer`);
  await page.getByRole("button", { name: "Change…" }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Change…" });
  await dialog.waitFor();
  expect(await dialog.evaluate((node) => node.contains(document.activeElement))).toBe(true);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Change…");

  const { page: chinese } = await open("/hub/audit", { ...DESK, locale: "zh-CN" });
  await chinese.getByRole("heading", { name: "审计", level: 1 }).waitFor();
  expect([await chinese.locator("html").getAttribute("lang"), await chinese.title()]).toEqual(["zh-CN", "审计 · Outpost 中枢"]);
  await chinese.getByRole("button", { name: "English" }).click();
  await chinese.getByRole("heading", { name: "Audit", level: 1 }).waitFor();
  await chinese.reload();
  await chinese.getByRole("heading", { name: "Audit", level: 1 }).waitFor();

  // A part of the page that is not there any more, as after an upgrade of the server.
  await chinese.route(/\/assets\/bridges-/, (route) => route.abort());
  await chinese.getByRole("link", { name: "Bridges" }).click();
  await chinese.getByRole("alert").getByText("Reload the page; if it stays so, page and hub are of different versions.").waitFor();
  await chinese.unroute(/\/assets\/bridges-/);
  await chinese.getByRole("button", { name: "Try again" }).click();
  await chinese.getByRole("heading", { name: "Bridges", level: 1 }).waitFor();
});
