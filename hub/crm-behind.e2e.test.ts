/** The board of a real unit, a real hub and a real CRM: how far the CRM is behind, while it lives, is dead, and is back. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Board, HubLink } from "../contracts/board.ts";
import { FeedPage } from "../contracts/delta/operation.ts";
import { apiOf } from "../devices/cli/api.ts";
import { build } from "../devices/server/build.ts";
import { digestOfToken, makeToken } from "../devices/server/folder.ts";
import { startServer } from "../devices/server/server.ts";
import { startCrm } from "./peers/crm/server.ts";

const host = "127.0.0.1";
const SEEN_MS = 60_000;
const ends: (() => unknown)[] = [];
beforeAll(() => build(["embedded"], () => undefined), 300_000);
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

test("U18 F9 the board says by how many changes the CRM is behind: more with each while it is dead, none when it is back", async () => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-behind-"));
  ends.push(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const admin = makeToken();
  const server = await startServer({
    layout: "embedded",
    host,
    port: 0,
    dataDir: join(folder, "data"),
    vars: { ADMIN_TOKEN_SHA256: digestOfToken(admin) },
  });
  ends.push(() => server.dispose());
  const api = apiOf(server.url, admin);
  await api.createUnit({ unit: "plant", template: "pump-vibration" });
  const link = async (): Promise<HubLink> => (await api.ask<Board>("GET", "/api/u/plant/board")).hub;
  const linkWhen = async (fits: (hub: HubLink) => boolean): Promise<HubLink> => {
    const until = Date.now() + SEEN_MS;
    for (let last = await link(); ; last = await link()) {
      if (fits(last)) return last;
      if (Date.now() > until) throw new Error(`still ${JSON.stringify(last)}`);
      await wait(50);
    }
  };
  let written = 0;
  const write = async (customers: number): Promise<void> => {
    const first = written;
    written += customers;
    const entities = Array.from({ length: customers }, (_, i) => ({ family: "customer", entity: { id: `c-${first + i}`, name: `Customer ${first + i}` } }));
    expect(await api.writeEntities("plant", entities)).toBe(customers);
  };
  /** Looked at by the administrator, who is no consumer. */
  const fed = async (): Promise<readonly number[]> => {
    const page = FeedPage.parse(await api.ask("GET", "/api/feed?limit=500"));
    return page.items.map((item) => item.operation.at);
  };

  // Nobody has asked for the feed.
  await write(3);
  const nobody = await linkWhen(({ crm, pending }) => pending === 0 && crm !== undefined && crm.behind > 0);
  const before = await fed();
  expect(before.length).toBeGreaterThanOrEqual(3);
  expect(nobody.crm).toEqual({ consumers: 0, behind: before.length, oldestAt: before[0] });

  const token = await api.addIntegratorToken("plant");
  const open = async () => {
    const crm = await startCrm({ feedUrl: server.url, token, databasePath: join(folder, "crm.sqlite"), port: 0, host });
    let closed = false;
    const close = async (): Promise<void> => {
      if (!closed) await crm.close();
      closed = true;
    };
    ends.push(close);
    return { crm, close };
  };
  const first = await open();
  await write(1);
  expect((await linkWhen(({ crm }) => crm?.consumers === 1 && crm.behind === 0)).crm).toEqual({ consumers: 1, behind: 0 });
  const had = first.crm.totals().items;
  expect(had).toBe((await fed()).length);

  await first.close();
  for (const more of [1, 4]) {
    await write(more);
    const total = async (): Promise<readonly number[]> => (await fed()).slice(had);
    const dead = await linkWhen(({ crm, pending }) => pending === 0 && (crm?.behind ?? 0) >= (written - 4) * (had / 4));
    const lacking = await total();
    expect(lacking.length).toBe((written - 4) * (had / 4));
    expect([dead.state, dead.crm]).toEqual(["up", { consumers: 1, behind: lacking.length, oldestAt: lacking[0] }]);
  }

  const again = await open();
  expect((await linkWhen(({ crm }) => crm?.behind === 0)).crm).toEqual({ consumers: 1, behind: 0 });
  expect(again.crm.totals()).toMatchObject({ items: (await fed()).length, skipped: 0 });
});
