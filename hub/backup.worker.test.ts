/** A hub that is lost, all of it, and put back from nothing but one backup. */
import { env, exports } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { FeedPage } from "../contracts/delta/operation.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { salesforce } from "./bridge/packs/salesforce.ts";
import { STREAMS } from "./feed/cursor.ts";
import type { RestoreAnswer } from "./feed/view.ts";
import type { ImportAnswer, ReviewsAnswer } from "./master/asked.ts";
import { KEY, operationOf, operations, originOf, registrationOf } from "./merge/fixture/unit.ts";
import { documentOf } from "./registry/fixture/document.ts";
import { type Client, clientFor } from "./shell/fixture/client.ts";
import { streamObject } from "./shell/feed-reader.ts";
import {
  ask,
  deadOf,
  due,
  eventsOf,
  heard,
  hook,
  idle,
  newUnit,
  outgoing,
  push,
  shown,
  status,
  until,
  useWorld,
  world,
} from "./shell/relay/fixture/outside.ts";
import { registryObject } from "./shell/routes-contracts.ts";
import { masterObject } from "./shell/routes-master.ts";

useWorld();

const objects = () => [...([...STREAMS, "registry"] as const).map((name) => streamObject(env, name)), outgoing(), masterObject(env), registryObject(env)];

/** Everything is gone: storage, alarms, what was in memory. */
async function loseAll(): Promise<void> {
  for (const stub of objects()) {
    // First without what its memory would still write down.
    await evictDurableObject(stub as DurableObjectStub);
    await runInDurableObject(stub as DurableObjectStub, async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await evictDurableObject(stub as DurableObjectStub);
  }
}

/** What a hub says of itself to somebody who asks for everything. */
async function answersOf(admin: Client): Promise<Readonly<Record<string, unknown>>> {
  const paths = [
    "/api/hub/contracts",
    "/api/hub/contracts/ticket",
    "/api/hub/contracts/store",
    "/api/hub/quarantine",
    "/api/hub/bridges",
    "/api/hub/scans",
    "/api/hub/master/imports",
    "/api/hub/master/merges",
    "/api/hub/master/reviews",
    "/api/hub/connectors",
    "/api/hub/connectors/wms/queue",
    "/api/hub/dead",
    "/api/snapshot?limit=500&entity=customer",
    "/api/hub/entities/customer/gone",
  ];
  const answers = await Promise.all(paths.map(async (path) => [path, await admin.json<Record<string, unknown>>("GET", path)] as const));
  const { cursor: _, ...snapshot } = answers.find(([path]) => path.startsWith("/api/snapshot"))?.[1] ?? {};
  const { items } = FeedPage.parse(await admin.json("GET", "/api/feed?limit=500"));
  // A place says the epoch in which it was asked for, and an age is older each time.
  const connectors = { connectors: (await connectorsOf(admin)).map(({ oldestAgeMs: __, ...rest }) => rest) };
  return {
    ...Object.fromEntries(answers),
    "/api/hub/connectors": connectors,
    "/api/snapshot?limit=500&entity=customer": snapshot,
    feed: items.map(({ stream, operation }) => [stream, operation]),
  };
}

async function connectorsOf(admin: Client): Promise<readonly Record<string, unknown>[]> {
  return (await admin.json<{ connectors: readonly Record<string, unknown>[] }>("GET", "/api/hub/connectors")).connectors;
}

async function fill(admin: Client, unit: string): Promise<void> {
  const why = "the tenant's own";
  await admin.json("POST", "/api/hub/contracts", { subject: "store", schema: documentOf(), why }, 201);
  await admin.json("PUT", "/api/hub/contracts/store/mode", { mode: "FULL", why });
  await admin.json("POST", "/api/hub/contracts", { subject: "store", schema: documentOf({ note: { type: "string" } }), draft: true, why }, 201);
  await registryObject(env).noteUnknown(unit, [{ subject: "asset", field: "noise", sample: 41.5 }]);
  const [bridge] = salesforce.bridges;
  await admin.json("PUT", `/api/hub/bridges/${bridge?.id ?? ""}`, { bridge, why });
  await admin.json("PUT", "/api/hub/scans/schedule", { cron: "0 3 * * 1", zone: "Asia/Shanghai", why });
  const bring = (id: string, name: string, phone: string): Promise<ImportAnswer> =>
    admin.json(
      "POST",
      "/api/hub/master/imports",
      {
        family: "customer",
        mapping: { family: "customer", attributes: { id: { column: "No" }, name: { column: "Name" }, "contact.phone": { column: "Phone" } }, country: "GB" },
        csv: `No,Name,Phone\n${id},${name},${phone}\n`,
        units: [unit],
      },
      201,
    );
  await bring("stays", "Quillfeather Pumps Ltd", "+44 113 496 0001");
  await bring("gone", "Quillfeather Pump Limited", "(0044) 113 496 0001");
  const [review] = (await admin.json<ReviewsAnswer>("GET", "/api/hub/master/reviews")).reviews;
  const seen = Object.fromEntries((review?.members ?? []).map(({ id, version }) => [id, version]));
  await admin.json("POST", `/api/hub/master/reviews/${review?.id ?? ""}`, { is: "same", survivor: "stays", seen, why: "one letterhead" });
  await bring("similar", "Quillfeather Pumps (Leeds) Ltd", "+44 113 496 0002");
  await push(unit, [...operations(unit, 1, 3), operationOf(unit, 4, { entity: "spaceship" })]);
}

test("F19 a hub restored from nothing but its backup answers as before; followers are led back, webhooks go on, units catch up", async () => {
  const unit = await newUnit();
  const before = await clientFor("admin", undefined, "root");
  await fill(before, unit);
  const erp = await clientFor("integrator", unit, "erp");
  await erp.json("POST", "/api/hub/consumers", { name: "erp", from: "start" }, 201);
  const webhook = await hook(unit);
  const refusing = await hook(unit);
  world.behave.set(refusing.host, status(422));
  await push(unit, operations(unit, 5, 6));
  await heard(webhook.host, 2);
  await idle(webhook);
  const refused = await until(
    () => deadOf(refusing),
    (dead) => dead.length === 2,
  );
  const { next } = FeedPage.parse(await erp.json("GET", "/api/hub/consumers/erp/feed?limit=500"));
  await erp.json("POST", "/api/hub/consumers/erp/commit", { cursor: next });
  world.behave.set("wms.example.com", status(503));
  await before.json("POST", "/api/hub/connectors", { id: "wms", kind: "wms", url: "https://wms.example.com/api" }, 201);
  await before.json("POST", "/api/hub/connectors/wms/call", { method: "POST", path: "/reservations", body: { part: "seal" }, key: "res-1" }, 202);
  await runInDurableObject(outgoing(), (_, { storage }) => void storage.sql.exec("UPDATE connector SET next_at = ?", Date.now() + 3_600_000));
  const was = await answersOf(before);

  const backup = await (await before.ask("GET", "/api/hub/backup")).text();
  const { marks } = JSON.parse(backup.slice(0, backup.indexOf("\n"))) as { readonly marks: object };
  await before.json("POST", "/api/hub/backups/confirm", { marks });
  // What the backup does not have: the unit offers it again.
  await push(unit, operations(unit, 7, 8));
  await heard(webhook.host, 4);
  const { next: later } = FeedPage.parse(await before.json("GET", "/api/feed?limit=500"));

  await loseAll();
  expect(await streamObject(env, "registry").whoIs(hashSecret(before.secret))).toBeNull();
  const stranger = await clientFor("admin");
  world.heard = [];
  const restored = await stranger.json<RestoreAnswer>("POST", "/api/hub/restore", backup);
  expect(restored.objects.toSorted()).toEqual(["assets", "contracts", "customers", "master", "outgoing", "people", "registry", "tickets"]);
  expect(await answersOf(before)).toEqual(was);
  // No copy and nothing laid beside is left in any object.
  for (const stub of objects())
    expect(
      await runInDurableObject(stub as DurableObjectStub, (_, { storage }) =>
        storage.sql.exec("SELECT name FROM sqlite_master WHERE name GLOB 'copy_*' OR name GLOB 'back_*'").toArray(),
      ),
    ).toEqual([]);

  // Followers: whoever has read what is lost is told so, by the feed, under its name at the hub, and by webhook.
  expect((await before.json<FeedPage>("GET", `/api/feed?after=${later}`)).rewound).toBe("restored");
  const led = FeedPage.parse(await erp.json("GET", "/api/hub/consumers/erp/feed?limit=500"));
  expect(led).toMatchObject({ items: [], rewound: "restored" });
  await erp.json("POST", "/api/hub/consumers/erp/commit", { cursor: led.next });
  const [resync] = await until(
    () => eventsOf(webhook.host),
    (events) => events.length > 0,
  );
  expect(resync).toMatchObject({ type: "outpost.resync.v1", data: { why: "the hub was put back from a backup" } });
  await until(
    () => shown(webhook),
    (row) => row["state"] === "active",
  );
  expect((await deadOf(refusing)).map(({ subject, at }) => [subject, at])).toEqual(refused.map(({ subject, at }) => [subject, at]));

  // The unit has its key, and offers again what the backup lacks; everybody hears of it.
  expect(await exports.HubRpc.register(registrationOf(unit, { key: "another-key-of-22-characters" }))).toMatchObject({ refused: "exists" });
  expect(await exports.HubRpc.heard({ origin: originOf(unit), key: KEY })).toMatchObject({ consumers: expect.any(Number) as number });
  await push(unit, operations(unit, 7, 9));
  const told = await until(
    () => eventsOf(webhook.host).filter(({ type }) => type === "outpost.operation.v1"),
    (events) => events.length === 3,
  );
  expect(told.map(({ data }) => data["version"])).toEqual([6, 7, 8]);
  const page = FeedPage.parse(await erp.json("GET", "/api/hub/consumers/erp/feed?limit=500"));
  expect(page.items.map(({ operation }) => [operation.seq, operation.epoch])).toEqual([7, 8, 9].map((seq) => [seq, restored.streams.tickets?.epoch]));
  // The write that waited goes out under its key.
  world.behave.delete("wms.example.com");
  await runInDurableObject(outgoing(), (_, { storage }) => void storage.sql.exec("UPDATE connector SET next_at = 0"));
  await runDurableObjectAlarm(outgoing());
  expect((await heard("wms.example.com", 1)).map(({ headers }) => headers["idempotency-key"])).toEqual(["res-1"]);
  // The secret is the one that its receiver has.
  expect(world.heard.find(({ host }) => host === webhook.host)?.headers["webhook-signature"]).toMatch(/^v1,/);
  // A merge that the backup holds can be taken back.
  const merges = await before.json<{ merges: { id: string }[] }>("GET", "/api/hub/master/merges");
  await before.json("POST", `/api/hub/master/merges/${merges.merges[0]?.id ?? ""}/undo`, { why: "two after all" });
  expect((await before.json<{ id: string }>("GET", "/api/hub/entities/customer/gone")).id).toBe("gone");
});

test("F19 put back into a hub that goes on, what was said since stays said; a webhook that was removed does not speak by itself", async () => {
  const unit = await newUnit();
  const admin = await clientFor("admin", undefined, "root");
  const [kept, removed] = [await hook(unit), await hook(unit)];
  await admin.json("PUT", "/api/hub/contracts/alarm/mode", { mode: "FULL", why: "first" });
  await push(unit, operations(unit, 1, 2));
  for (const one of [kept, removed]) {
    await heard(one.host, 2);
    await idle(one);
  }
  const backup = await (await admin.ask("GET", "/api/hub/backup")).text();
  await admin.json("PUT", "/api/hub/contracts/alarm/mode", { mode: "NONE", why: "second" });
  await admin.json("POST", "/api/hub/contracts", { subject: "shed", schema: documentOf(), why: "since" }, 201);
  const rotated = await ask(kept.token, "POST", `/api/hub/webhooks/${kept.id}/rotate`);
  expect((await ask(removed.token, "DELETE", `/api/hub/webhooks/${removed.id}`)).status).toBeLessThan(300);
  await push(unit, operations(unit, 3, 3));
  await heard(kept.host, 3);
  await idle(kept);

  for (const _ of [1, 2]) await admin.json<RestoreAnswer>("POST", "/api/hub/restore", backup);
  expect(await admin.json("GET", "/api/hub/contracts/alarm")).toMatchObject({ mode: "NONE", modes: [{ why: "second" }, { why: "first" }] });
  expect(await admin.json("GET", "/api/hub/contracts/shed")).toMatchObject({ subject: "shed" });
  expect(await shown(removed)).toMatchObject({ state: "disabled", why: "put back from a backup: resume it if it is still wanted" });
  const secrets = await runInDurableObject(outgoing(), (_, { storage }) =>
    storage.sql.exec("SELECT secret FROM secret WHERE endpoint = ? AND until IS NULL", kept.id).toArray(),
  );
  expect(secrets).toEqual([{ secret: rotated.body["secret"] }]);
  await due(kept);
  const resync = await until(
    () => eventsOf(kept.host).at(-1),
    (event) => event?.type === "outpost.resync.v1",
  );
  expect(resync?.data).toMatchObject({ why: "the hub was put back from a backup" });
  expect(isRefusal(await exports.HubRpc.register(registrationOf(unit)))).toBe(false);

  // A backup of another form, or cut in a part that is not a stream's, changes nothing.
  const lines = backup.trimEnd().split("\n");
  const other = backup.replace(/"forms":\{[^}]*\}/, '"forms":{"hub":1}');
  expect(await (await admin.ask("POST", "/api/hub/restore", other)).json()).toMatchObject({ refused: "stale-version", field: "forms" });
  const old = backup.replace('"version":2', '"version":1');
  expect(await (await admin.ask("POST", "/api/hub/restore", old)).json()).toMatchObject({ refused: "stale-version", field: "version" });
  const cut = lines.filter((line) => !line.startsWith('{"object":"contracts","table":"mode"')).join("\n");
  expect((await admin.ask("POST", "/api/hub/restore", cut)).status).toBe(400);
});
