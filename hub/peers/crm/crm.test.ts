import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HeldAnswer } from "../../feed/held.ts";
import { operationOf, operations } from "../../merge/fixture/unit.ts";
import { type MemoryHub, startMemoryHub } from "../fixture/memory-hub.ts";
import { type Crm, startCrm } from "./server.ts";
import { linesOf } from "./journal.ts";
import { type Comparison, comparing } from "./comparing.ts";
import { type Held, type Seen, openCrmStore } from "./store.ts";

const TOKEN = "a-token-of-the-crm";
const SEEN_MS = 20_000;
const HOUR_MS = 3_600_000;
let hub: MemoryHub;
let folder: string;
const open: Crm[] = [];

beforeEach(async () => {
  hub = await startMemoryHub(TOKEN);
  folder = mkdtempSync(join(tmpdir(), "crm-"));
});
afterEach(async () => {
  for (const crm of open.splice(0)) await crm.close();
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (): Promise<Crm> => {
  const crm = await startCrm({ feedUrl: hub.url, token: TOKEN, databasePath: join(folder, "crm.sqlite"), port: 0, host: "127.0.0.1" });
  open.push(crm);
  return crm;
};
const all = (crm: Crm): true | undefined => (crm.totals().items === hub.items().length ? true : undefined);
const rebuilt = (held: readonly Held[]): unknown =>
  Object.fromEntries(held.map((one) => [one.id, { version: one.version, attributes: one.deleted ? null : one.attributes }]));
const truth = (entity: string): unknown => Object.fromEntries(hub.entities(entity));

/** A ticket's life with everything that can happen to an attribute. */
const life = (unit: string, from: number): Parameters<MemoryHub["push"]>[0] => [
  operationOf(unit, from, { entity: "kit", id: `kit-${unit}-${from}`, attr: "attempts", value: 2 }),
  operationOf(unit, from + 1, { entity: "kit", id: `kit-${unit}-${from}`, attr: "attempts", value: 1 }),
  operationOf(unit, from + 2, { entity: "kit", id: `kit-${unit}-${from}`, attr: "depot", value: "east" }),
  operationOf(unit, from + 3, { entity: "kit", id: `kit-${unit}-${from}`, attr: "depot", op: "unset" }),
  operationOf(unit, from + 4, { entity: "spaceship" }),
  operationOf(unit, from + 5, { entity: "offer", id: `offer-${unit}-${from}`, attr: "state", value: "open" }),
  operationOf(unit, from + 6, { entity: "offer", id: `offer-${unit}-${from}`, attr: "", op: "delete" }),
  operationOf(unit, from + 7, { entity: "offer", id: "shared", attr: "state", value: from % 2 === 0 ? "open" : "expired" }),
];
const LIFE = 8;

describe("the reference CRM", () => {
  test("D5 rebuilds from the feed, field by field, exactly what the hub holds", async () => {
    for (let i = 0; i < 30; i++) {
      hub.push(life("plant", i * LIFE + 1));
      hub.push(life("quarry", i * LIFE + 1));
    }
    const crm = await start();
    await crm.until(all, SEEN_MS);
    for (const entity of ["kit", "offer", "spaceship"]) expect(rebuilt(crm.entities(entity))).toEqual(truth(entity));
    // Of each life the spaceship; and the offer that both name is that of the unit which was first.
    expect(crm.totals()).toMatchObject({ skipped: 0, repeated: 0, dead: 60 + 30 });
  });

  test("F3 hears of a change at once, by a request that was waiting for it", async () => {
    const crm = await start();
    hub.push(operations("plant", 1, 1));
    await crm.until(all, SEEN_MS);
    const asked = hub.asked();
    hub.push(operations("plant", 2, 2));
    await crm.until(all, SEEN_MS);
    expect(hub.asked() - asked).toBeLessThanOrEqual(2);
    const [, second] = crm.journal({ entity: "assignment", id: "ticket-plant" });
    expect(second).toMatchObject({ value: "engineer-2", outcome: "applied", hubSeq: 2 });
    expect((second?.seenAt ?? Infinity) - (second?.appliedAt ?? 0)).toBeLessThan(3_000);
  });

  test("F8 absorbs items that come again, and survives answers that break off", async () => {
    hub.push(operations("plant", 1, 60));
    const crm = await start();
    await crm.until(all, SEEN_MS);
    hub.spoil("again");
    hub.push(operations("plant", 61, 70));
    await crm.until((c) => c.totals().repeated > 0, SEEN_MS);
    hub.spoil("cut");
    hub.push(operations("plant", 71, 80));
    await crm.until(() => true, SEEN_MS);
    hub.spoil(null);
    await crm.until(all, SEEN_MS);
    expect(crm.journal().map((line) => line.hubSeq)).toEqual(Array.from({ length: 80 }, (_, i) => i + 1));
    expect(rebuilt(crm.entities("assignment"))).toEqual(truth("assignment"));
  });

  test("F8 killed with -9 again and again while it reads, it ends with every item once", async () => {
    const database = join(folder, "killed.sqlite");
    const children: ChildProcess[] = [];
    let seq = 1;
    const feed = (): void => {
      hub.push(operations("plant", seq, seq + 59));
      seq += 60;
    };
    try {
      for (let round = 0; round < 6; round++) {
        feed();
        const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), "--feed", hub.url, "--database", database], {
          env: { ...process.env, CRM_TOKEN: TOKEN },
          stdio: ["ignore", "pipe", "inherit"],
        });
        children.push(child);
        await new Promise<void>((resolve, reject) => {
          child.stdout.once("data", () => resolve());
          child.once("exit", () => reject(new Error("the CRM did not start")));
        });
        // It is reading now, somewhere between a page and its transaction: feed it a little more and kill it there.
        feed();
        const before = hub.asked();
        while (hub.asked() < before + (round % 3)) await new Promise((resolve) => setImmediate(resolve));
        const gone = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
        child.kill("SIGKILL");
        expect(await gone).toBe("SIGKILL");
      }
    } finally {
      for (const child of children) child.kill("SIGKILL");
    }
    const crm = await startCrm({ feedUrl: hub.url, token: TOKEN, databasePath: database, port: 0, host: "127.0.0.1" });
    open.push(crm);
    await crm.until(all, SEEN_MS);
    expect(crm.journal().map((line) => line.hubSeq)).toEqual(Array.from({ length: seq - 1 }, (_, i) => i + 1));
    expect(rebuilt(crm.entities("assignment"))).toEqual(truth("assignment"));
    expect(crm.totals()).toMatchObject({ skipped: 0 });
  });

  test("F21 compares when it has read through and on request; what was damaged here is found, and mended by a snapshot", async () => {
    hub.push(life("plant", 1));
    const crm = await start();
    await crm.until((one) => one.compared()?.outcome === "equal", SEEN_MS);
    const other = new DatabaseSync(join(folder, "crm.sqlite"));
    other.exec(`UPDATE attribute SET value = '"elsewhere"' WHERE entity = 'offer' AND attr = 'state'`);
    other.close();
    const found = (await (await fetch(`${crm.url}/api/compare`, { method: "POST", headers: { "content-type": "application/json" } })).json()) as Comparison;
    expect(found).toMatchObject({ outcome: "apart", apart: ["offer"], mend: expect.stringContaining("GET /api/snapshot") as string });
    hub.push(life("quarry", 1));
    await crm.until((one) => one.compared()?.outcome === "equal", SEEN_MS);
    expect(hub.compared()).toEqual(["equal", "apart", "equal"]);
    expect(await (await fetch(`${crm.url}/api/state`)).json()).toMatchObject({ compared: { outcome: "equal", apart: [] } });
  });

  test("F21 compares once an hour, sooner where the hub could not tell, and takes no second snapshot for what the first did not mend", async () => {
    const store = openCrmStore(":memory:");
    let now = 1_000;
    let outcome: HeldAnswer["outcome"] = "later";
    const tell = (): Promise<HeldAnswer> => Promise.resolve({ outcome, families: {}, apart: [], behind: 0, mend: "" });
    const one = comparing({ tell }, store, () => now);
    expect([one.isDue(now), await one.compare()]).toEqual([true, null]);
    store.rewind("a-cursor", null, now);
    await one.compare();
    expect([one.isDue(now + 59_999), one.isDue(now + 60_000), one.last()]).toEqual([false, true, null]);
    outcome = "equal";
    await one.compare();
    expect([one.isDue(now + HOUR_MS - 1), one.isDue((now += HOUR_MS)), store.owes()]).toEqual([false, true, null]);
    outcome = "apart";
    await one.compare();
    expect(store.owes()).toBe("snapshot");
    store.owe(null);
    one.begun();
    expect(one.isDue(now)).toBe(true);
    await one.compare();
    expect([store.owes(), one.isDue(now), one.last()?.outcome]).toEqual([null, false, "apart"]);
    await one.compare();
    expect(store.owes()).toBe("snapshot");
    store.close();
  });

  test("D8 a page that cannot be stored whole leaves no trace, the cursor included", async () => {
    hub.push(operations("plant", 1, 5));
    const crm = await start();
    await crm.until(all, SEEN_MS);
    await open.pop()?.close();
    const store = openCrmStore(join(folder, "crm.sqlite"));
    const before = store.totals();
    const [item] = hub.items();
    if (item === undefined) throw new Error("the hub has items");
    const fresh = { ...item, operation: { ...item.operation, hubSeq: 6 } };
    const broken = { ...item, operation: { ...item.operation, hubSeq: 7, id: null as never } };
    expect(() => store.apply([fresh, broken], "later", 1)).toThrow();
    expect(store.totals()).toEqual(before);
    store.close();
  });

  test("F7 shows what it holds in Chinese and English, and hostile values as text", async () => {
    const evil = `<script>alert(1)</script>"><img src=x onerror=alert(1)>`;
    const ticket = (seq: number, attr: string, value: string | number): ReturnType<typeof operationOf> =>
      operationOf("plant", seq, { entity: "ticket", id: "019aa5f0-ticket", attr, value });
    hub.push([
      ticket(1, "state", "assigned"),
      ticket(2, "asset", "P-7"),
      ticket(3, "to", "li-wei"),
      ticket(4, "openedAt", 1_763_750_000_000),
      ticket(5, "kit", "k-1"),
      ticket(6, "priority", "p1"),
    ]);
    hub.push([
      operationOf("plant", 7, { entity: "kit", id: "k-1", attr: "state", value: "reserved" }),
      operationOf("plant", 8, { entity: "kit", id: "k-1", attr: "depot", value: evil.slice(0, 100) }),
    ]);
    hub.push([operationOf("plant", 1, { stream: "assets", entity: "asset", id: "P-7", attr: "name", value: evil })]);
    hub.push([operationOf("plant", 1, { stream: "people", entity: "engineer", id: "li-wei", attr: "name", value: "李伟" })]);
    const crm = await start();
    await crm.until(all, SEEN_MS);
    const zh = await fetch(crm.url, { headers: { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" } });
    const text = await zh.text();
    for (const part of ["已接单", "李伟", "已预留", "P1", `lang="zh-CN"`]) expect(text).toContain(part);
    expect(text).not.toContain("<img src=x");
    expect(text).not.toContain("<script>");
    expect(zh.headers.get("content-security-policy")).toMatch(/default-src 'none'; style-src 'self'; script-src 'self';/);
    expect(await (await fetch(crm.url, { headers: { "accept-language": "en-US" } })).text()).toContain(">assigned<");
    const { entities } = (await (await fetch(`${crm.url}/api/entities/ticket`)).json()) as { entities: readonly Held[] };
    expect(entities).toMatchObject([{ id: "019aa5f0-ticket", version: 6, attributes: { state: "assigned", to: "li-wei" } }]);
    expect(await (await fetch(`${crm.url}/api/state`)).json()).toMatchObject({ items: hub.items().length, line: { state: "up" } });
  });

  test("F7 serves its own files and the font, lasting where the address carries the version, and nothing else", async () => {
    const crm = await start();
    const text = await (await fetch(crm.url)).text();
    const paths = [...text.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
    const style = paths.find((path) => path.startsWith("/fonts/")) ?? "";
    const sheet = await fetch(crm.url + style);
    const font = /url\(\.\/(files\/[\w[\]-]+\.woff2)\)/.exec(await sheet.text())?.[1] ?? "";
    const answered = await Promise.all(
      [...new Set(paths), style.replace("index.css", font)].map(async (path) => {
        const { status, headers } = await fetch(crm.url + path);
        return [status, headers.get("content-type"), headers.get("cache-control")];
      }),
    );
    expect(answered.toSorted()).toEqual([
      [200, "font/woff2", "public, max-age=31536000, immutable"],
      [200, "image/svg+xml", "no-cache"],
      [200, "text/css; charset=utf-8", "no-cache"],
      [200, "text/css; charset=utf-8", "public, max-age=31536000, immutable"],
      [200, "text/javascript; charset=utf-8", "no-cache"],
    ]);
    for (const path of ["/server.ts", "/public/crm.css", "/..%2Fserver.ts", style.replace("index.css", "package.json"), "/fonts/0/index.css"])
      expect([path, (await fetch(crm.url + path)).status]).toEqual([path, 404]);
  });
});

describe("a CRM whose hub is restored", () => {
  const settled = (crm: Crm, key: string): boolean => crm.writes().find((write) => write.key === key)?.state === "taken";
  const same = async (crm: Crm): Promise<void> => {
    const equal = (one: Crm): boolean => ENTITIES.every((entity) => JSON.stringify(livingOf(one, entity)) === JSON.stringify(truthOf(entity)));
    await crm.until(equal, SEEN_MS).catch(() => undefined);
    for (const entity of ENTITIES) expect(livingOf(crm, entity)).toEqual(truthOf(entity));
  };
  const ENTITIES = ["kit", "offer", "ticket"];
  const livingOf = (crm: Crm, entity: string): unknown =>
    crm
      .entities(entity)
      .filter(({ deleted }) => !deleted)
      .map(({ id, attributes }) => [id, sorted(attributes)]);
  const truthOf = (entity: string): unknown =>
    [...hub.entities(entity)]
      .filter(([, { attributes }]) => attributes !== null)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { attributes }]) => [id, sorted(attributes ?? {})]);
  const sorted = (attributes: Readonly<Record<string, unknown>>): unknown => Object.entries(attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));

  test("F11 goes on by itself from where it is led, holds what the hub holds, and offers again what it had written", async () => {
    for (let i = 0; i < 5; i++) hub.push(life("plant", i * LIFE + 1));
    hub.push([operationOf("plant", 5 * LIFE + 1, { entity: "ticket", id: "t-1", attr: "priority", value: "p3" })]);
    const crm = await start();
    await crm.until(all, SEEN_MS);
    const stable = crm.write({ entity: "ticket", id: "t-1", changes: { priority: "p2" }, reason: "before the backup" });
    await crm.until((one) => settled(one, stable), SEEN_MS);
    const backup = hub.backup(true);
    const lost = crm.write({ entity: "ticket", id: "t-1", changes: { priority: "p1", hold: { reason: "the customer is away" } }, reason: "after it" });
    await crm.until((one) => settled(one, lost), SEEN_MS);
    const work = Array.from({ length: 3 }, (_, i) => life("plant", 5 * LIFE + 2 + i * LIFE)).flat();
    hub.push(work);
    await crm.until(all, SEEN_MS);

    hub.restore(backup);
    await crm.until((one) => one.totals().rewound > 0, SEEN_MS);
    // Units offer again what the hub lost, under the numbers that it had there.
    hub.push(work);
    await crm.until((one) => settled(one, lost), SEEN_MS);
    await same(crm);
    expect(hub.entities("ticket").get("t-1")?.attributes).toEqual({ priority: "p1", hold: { reason: "the customer is away" } });
    // Twice at most: what a backup holds is not offered again.
    expect(crm.writes().map(({ key, state }) => [key, state])).toEqual([
      [lost, "taken"],
      [stable, "taken"],
    ]);
    expect(crm.totals().rewound).toBe(1);
    expect(crm.line().state).toBe("up");
  });

  test("F11 finds by digests what only the lost history had, and takes a snapshot", async () => {
    hub.push(life("plant", 1));
    const backup = hub.backup(true);
    const crm = await start();
    hub.push([operationOf("plant", LIFE + 1, { entity: "kit", id: "only-then", attr: "depot", value: "north" })]);
    hub.push([operationOf("plant", LIFE + 2, { entity: "kit", id: `kit-plant-1`, attr: "reservation", value: "r-1" })]);
    await crm.until(all, SEEN_MS);
    expect(crm.entities("kit").map(({ id }) => id)).toContain("only-then");
    hub.restore(backup);
    await crm.until((one) => one.totals().rewound > 0, SEEN_MS);
    await same(crm);
    expect(crm.entities("kit").map(({ id }) => id)).not.toContain("only-then");
    // And goes on as ever.
    hub.push([operationOf("plant", LIFE + 1, { entity: "kit", id: "new", attr: "depot", value: "south" })]);
    await crm.until((one) => one.entities("kit").some(({ id }) => id === "new"), SEEN_MS);
    await same(crm);
  });

  test("F11 whose place expired while it was away takes a snapshot, and goes on from its cursor", async () => {
    hub.push(life("plant", 1));
    const crm = await start();
    await crm.until(all, SEEN_MS);
    await open.pop()?.close();
    for (let i = 1; i < 4; i++) hub.push(life("plant", i * LIFE + 1));
    hub.trim();
    const again = await start();
    await again.until((one) => one.totals().rewound > 0, SEEN_MS);
    await same(again);
    hub.push(life("plant", 4 * LIFE + 1));
    await again.until((one) => one.journal({ entity: "kit", id: `kit-plant-${4 * LIFE + 1}` }).length > 0, SEEN_MS);
    await same(again);
    expect(again.totals()).toMatchObject({ rewound: 1 });
  });

  test("F13 what is changed while the hub is away waits, survives the CRM's own end, and is taken once; what is not the CRM's is refused", async () => {
    hub.push([operationOf("plant", 1, { entity: "ticket", id: "t-1", attr: "priority", value: "p3" })]);
    const crm = await start();
    await crm.until(all, SEEN_MS);
    hub.spoil("away");
    const key = crm.write({ entity: "ticket", id: "t-1", changes: { priority: "p1" }, reason: "urgent" });
    expect(crm.writes()).toMatchObject([{ key, state: "waiting" }]);
    await crm.until((one) => one.line().state === "down", SEEN_MS);
    await open.pop()?.close();
    const again = await start();
    hub.spoil(null);
    await again.until((one) => settled(one, key), SEEN_MS);
    again.write({ key, entity: "ticket", id: "t-1", changes: { priority: "p2" }, reason: "the same key" });
    const state = again.write({ entity: "ticket", id: "t-1", changes: { state: "resolved" }, reason: "not ours" });
    await again.until((one) => one.writes().some((write) => write.key === state && write.state === "refused"), SEEN_MS);
    expect(again.writes().find((write) => write.key === state)?.why).toContain("not-writer: state");
    await same(again);
    expect(again.writes().find((write) => write.key === key)?.changes).toEqual({ priority: "p1" });
    expect(hub.entities("ticket").get("t-1")?.attributes).toEqual({ priority: "p1" });
    expect(hub.items().filter(({ operation }) => operation.origin === "hub@1")).toHaveLength(1);
  });
});

test("F13 a ticket's page changes priority, hold and appointment; forms of other pages do not", async () => {
  hub.push([operationOf("plant", 1, { entity: "ticket", id: "t-1", attr: "priority", value: "p3" })]);
  const crm = await start();
  await crm.until(all, SEEN_MS);
  const post = async (fields: Record<string, string>, headers: Record<string, string> = { origin: crm.url }): Promise<number> => {
    const response = await fetch(`${crm.url}/tickets/t-1`, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
    return response.status;
  };
  expect(await post({ what: "priority", priority: "p1" })).toBe(303);
  expect(await post({ what: "hold", reason: "<b>away</b>" })).toBe(303);
  expect(await post({ what: "appointment", from: "2025-11-24T09:00", to: "2025-11-24T11:00" })).toBe(303);
  const now = (): Readonly<Record<string, unknown>> => hub.entities("ticket").get("t-1")?.attributes ?? {};
  await crm.until(() => now()["appointment"] !== undefined, SEEN_MS);
  expect(now()).toEqual({
    priority: "p1",
    hold: { reason: "<b>away</b>" },
    appointment: { from: Date.parse("2025-11-24T09:00"), to: Date.parse("2025-11-24T11:00") },
  });
  await crm.until((one) => one.entities("ticket")[0]?.attributes["appointment"] !== undefined, SEEN_MS);
  const page = await (await fetch(`${crm.url}/tickets/t-1`, { headers: { "accept-language": "zh" } })).text();
  for (const part of ["已采纳", "2025-11-24T09:00", "&lt;b&gt;away&lt;/b&gt;", `value="p1" selected`]) expect(page).toContain(part);
  expect(page).not.toContain("<b>away");
  expect(await post({ what: "hold", reason: "" })).toBe(303);
  await crm.until(() => !("hold" in now()), SEEN_MS);
  for (const fields of [
    { what: "priority", priority: "p9" },
    { what: "state", state: "open" },
    { what: "appointment", from: "2025-11-24T11:00", to: "2025-11-24T09:00" },
  ] as Record<string, string>[])
    expect(await post(fields)).toBe(400);
  expect(await post({ what: "priority", priority: "p2" }, { origin: "https://elsewhere.example" })).toBe(403);
  expect((await fetch(`${crm.url}/tickets/unknown`)).status).toBe(404);
  expect(now()["priority"]).toBe("p1");
});

test("F7 what one step wrote to one entity is one line of the journal, in the order in which it was written", () => {
  const seen = (n: number, attr: string, change: Partial<Seen> = {}): Seen => ({
    stream: "tickets",
    hubSeq: n,
    entity: "ticket",
    id: "t-1",
    attr,
    op: "set",
    value: n,
    outcome: "applied",
    origin: "plant",
    writtenAt: 10,
    appliedAt: 12,
    seenAt: 13 + n,
    ...change,
  });
  const lines = linesOf([seen(4, "to", { writtenAt: 20, outcome: "lost" }), seen(3, "state", { entity: "kit" }), seen(2, "b"), seen(1, "a")], 2);
  expect(lines.map(({ entity, at, lagMs, written }) => [entity, at, lagMs, written.map(({ attr, lost }) => `${attr}${lost ? "!" : ""}`)])).toEqual([
    ["ticket", 20, 0, ["to!"]],
    ["kit", 10, 6, ["state"]],
  ]);
  expect(linesOf([seen(2, "b"), seen(1, "a")], 9)).toMatchObject([{ lagMs: 5, written: [{ attr: "a" }, { attr: "b" }] }]);
});
