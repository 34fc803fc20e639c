import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FeedPage } from "../contracts/delta/operation.ts";
import type { PushReply } from "../contracts/delta/sync.ts";
import { isRefusal, type Refusal } from "../contracts/refusal.ts";
import { build } from "../devices/server/build.ts";
import { type Apart, startApart } from "../devices/server/apart.ts";
import { ROOT } from "../devices/server/paths.ts";
import { portIsFree } from "../devices/server/processes.ts";
import { startServer } from "../devices/server/server.ts";
import { batchOf, operationOf, registrationOf } from "./merge/fixture/unit.ts";
import { startCrm } from "./peers/crm/server.ts";

const host = "127.0.0.1";
const ADMIN = "the-administrator-of-this-test";
const BATCH = 20;
const ROUNDS = 3;
const SEEN_MS = 60_000;
let folder = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "outpost-hub-"));
  await build(["hub"], () => undefined);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("D1 D2 F8 with the hub's process killed again and again, every operation reaches the CRM once and in order", async () => {
  const registry = join(folder, "registry");
  const startHub = (port: number): Promise<Apart> =>
    startApart({
      layout: "hub",
      host,
      port,
      dataDir: join(folder, "hub"),
      registry,
      vars: { ADMIN_TOKEN_SHA256: createHash("sha256").update(ADMIN).digest("hex") },
    });
  let hub = await startHub(0);
  const port = Number(new URL(hub.url).port);
  const unit = await startServer({
    layout: "edge",
    host,
    port: 0,
    dataDir: join(folder, "unit"),
    registry,
    vars: {},
    bundle: join(ROOT, "hub", "peers", "fixture", "pusher"),
  });
  const call = async <T>(name: "register" | "push", argument: unknown): Promise<T | Refusal | null> => {
    const response = await fetch(unit.url, { method: "POST", body: JSON.stringify({ call: name, argument }), signal: AbortSignal.timeout(10_000) }).catch(
      () => null,
    );
    return response === null || !response.ok ? null : ((await response.json()) as T | Refusal);
  };
  const made = await fetch(`${hub.url}/api/hub/tokens`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN}` },
    body: JSON.stringify({ role: "integrator" }),
  });
  const { token } = (await made.json()) as { token: string };
  const crm = await startCrm({ feedUrl: hub.url, token, databasePath: join(folder, "crm.sqlite"), port: 0, host });
  const run = { acknowledged: 0, failed: 0, pushing: true };
  try {
    while ((await call("register", registrationOf("plant"))) === null) await wait(50);

    // As a unit does: the same batch again until it is acknowledged, then the next.
    const pusher = (async () => {
      while (run.pushing) {
        const batch = batchOf(
          "plant",
          Array.from({ length: BATCH }, (_, i) => operationOf("plant", run.acknowledged + 1 + i)),
        );
        const reply = await call<PushReply>("push", batch);
        if (isRefusal(reply)) throw new Error(reply.rule);
        if (reply === null) {
          run.failed += 1;
          await wait(20);
        } else run.acknowledged = reply.through;
      }
    })();
    const pushed = async (more: number): Promise<void> => {
      const goal = run.acknowledged + more;
      while (run.acknowledged < goal) await Promise.race([pusher, wait(10)]);
    };
    for (let round = 0; round < ROUNDS; round++) {
      await pushed(3 * BATCH);
      const before = run.failed;
      await hub.kill();
      expect(await portIsFree(host, port)).toBe(true);
      while (run.failed === before) await wait(10);
      hub = await startHub(port);
    }
    await pushed(3 * BATCH);
    run.pushing = false;
    await pusher;

    await crm.until((c) => c.totals().items >= run.acknowledged, SEEN_MS);
    const seqs = Array.from({ length: run.acknowledged }, (_, i) => i + 1);
    expect(crm.journal().map((line) => line.hubSeq)).toEqual(seqs);
    expect(crm.entities("assignment")).toMatchObject([{ version: run.acknowledged, attributes: { engineer: `engineer-${run.acknowledged}` } }]);
    expect(crm.totals()).toMatchObject({ skipped: 0, dead: 0 });
    const last = FeedPage.parse(await (await fetch(`${hub.url}/api/feed?limit=500`, { headers: { authorization: `Bearer ${token}` } })).json());
    expect(last.items.map((item) => item.operation.seq)).toEqual(seqs.slice(0, 500));
    expect(run.failed).toBeGreaterThanOrEqual(ROUNDS);
  } finally {
    run.pushing = false;
    await crm.close();
    await unit.dispose();
    await hub.kill();
  }
});
