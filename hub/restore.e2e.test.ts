/** A hub whose storage is put back from an older copy in the middle of traffic, without a word to anybody: the real Workers, each a process of its own. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { FeedItem } from "../contracts/delta/operation.ts";
import type { Receipt } from "../contracts/receipt.ts";
import { apiOf } from "../devices/cli/api.ts";
import type { Api } from "../devices/cli/api.ts";
import { wholeFeed } from "../devices/cli/fixture/feed.ts";
import { startApart } from "../devices/server/apart.ts";
import type { Apart } from "../devices/server/apart.ts";
import { build } from "../devices/server/build.ts";
import { boardOf, makePlant, until } from "../devices/server/fixture/plant.ts";
import { digestOfToken, makeToken } from "../devices/server/folder.ts";

const host = "127.0.0.1";
const admin = makeToken();
const vars = { ADMIN_TOKEN_SHA256: digestOfToken(admin) };
const UNITS = ["north", "south"] as const;

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
beforeAll(() => build(["web", "edge", "hub"], () => undefined), 300_000);

/** Opens customers one after another, each with a name that is only its own, until told to stop. Returns what the unit has acknowledged. */
function traffic(api: Api, unit: string): { readonly made: ReadonlySet<string>; stop(): Promise<void> } {
  const made = new Set<string>();
  let on = true;
  const done = (async () => {
    for (let n = 0; on; n++) {
      const id = `${unit}-${n}`;
      await api.writeEntities(unit, [{ family: "customer", entity: { id, name: `Customer ${id}` } }]);
      made.add(id);
      await wait(20);
    }
  })();
  return {
    made,
    async stop() {
      on = false;
      await done;
    },
  };
}

test("D2 a hub put back from an older copy in the middle of traffic converges by itself, with nothing acknowledged lost", { timeout: 170_000 }, async () => {
  const dir = mkdtempSync(join(tmpdir(), "outpost-restore-"));
  ends.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
  const registry = join(dir, "registry");
  const start = async (layout: "hub" | "edge", port = 0): Promise<Apart> => {
    const started = await startApart({ layout, dataDir: join(dir, layout), registry, port, host, vars });
    ends.push(() => started.kill());
    return started;
  };
  const hub = await start("hub");
  const edge = await start("edge");
  const [edgeApi, hubApi] = [apiOf(edge.url, admin), apiOf(hub.url, admin)];
  for (const unit of UNITS) await makePlant(edgeApi, { unit, template: "pump-vibration" }, ["pump-1"], ["engineer-1"]);
  const talking = UNITS.map((unit) => traffic(edgeApi, unit));
  const token = await hubApi.addIntegratorToken();
  await until(async () => talking.every(({ made }) => made.size > 20));

  // A crash, and the copy that was made an hour ago; then an hour of work that the copy does not have.
  await hub.kill();
  cpSync(join(dir, "hub"), join(dir, "copy"), { recursive: true });
  const later = await start("hub", hub.port);
  const before = talking.map(({ made }) => made.size);
  await until(async () => talking.every(({ made }, i) => made.size > (before[i] ?? 0) + 60));
  await until(async () => (await wholeFeed(later.url, token)).length > 200);
  await later.kill();
  rmSync(join(dir, "hub"), { recursive: true, force: true });
  cpSync(join(dir, "copy"), join(dir, "hub"), { recursive: true });
  const restored = await start("hub", hub.port);
  const after = talking.map(({ made }) => made.size);
  await until(async () => talking.every(({ made }, i) => made.size > (after[i] ?? 0) + 20));
  await Promise.all(talking.map((one) => one.stop()));

  for (const unit of UNITS) await until(async () => (await boardOf(edgeApi, unit)).hub.pending === 0);
  const names = namesIn(await wholeFeed(restored.url, token));
  const missing = talking.flatMap(({ made }) => [...made]).filter((id) => names.get(id) !== `Customer ${id}`);
  expect(missing).toEqual([]);
  for (const unit of UNITS) {
    const receipts = await until(async () => {
      const kept = await edgeApi.ask<readonly Receipt[]>("GET", `/api/u/${unit}/receipts`);
      return kept.length > 0 && kept;
    });
    expect(receipts[0]).toMatchObject({ unit, lost: 0, dead: 0, equal: true });
  }
});

/** What a consumer that reads from the beginning holds of customers. */
function namesIn(items: readonly FeedItem[]): ReadonlyMap<string, unknown> {
  const names = new Map<string, unknown>();
  for (const { operation } of items)
    if (operation.entity === "customer" && operation.attr === "name" && operation.outcome === "applied") names.set(operation.id, operation.value);
  return names;
}
