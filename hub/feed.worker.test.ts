import { createExecutionContext } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { FeedPage, type FeedItem, type StreamName } from "../contracts/delta/operation.ts";
import { ROUTES } from "../contracts/permission.ts";
import { isRefusal } from "../contracts/refusal.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { START, readCursor, writeCursor } from "./feed/cursor.ts";
import { batchOf, operationOf, operations, registrationOf } from "./merge/fixture/unit.ts";
import { Hub } from "./hub.ts";
import { streamObject } from "./shell/feed-reader.ts";
import { heldFetch } from "./shell/fixture/held-fetch.ts";
import { Waiters } from "./shell/waiters.ts";
import hubApp from "./worker.ts";

const hub = exports.HubRpc;
let count = 0;
const newUnit = async (): Promise<string> => {
  const unit = `feed-${(count += 1)}-${crypto.randomUUID().slice(0, 8)}`;
  expect(await hub.register(registrationOf(unit))).toMatchObject({ epoch: 1 });
  return unit;
};
const tokenFor = async (unit?: string): Promise<string> => {
  const secret = crypto.randomUUID();
  await streamObject(env, "registry").addToken(hashSecret(secret), { role: "integrator", subject: "crm", ...(unit === undefined ? {} : { unit }) });
  return secret;
};
const ask = (path: string, token: string, init: RequestInit = {}): Promise<Response> =>
  heldFetch(
    new Request(`http://hub${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...(init.headers as Record<string, string> | undefined) } }),
  );
const page = async (token: string, query: Record<string, string | number> = {}): Promise<FeedPage> => {
  const response = await ask(`/api/feed?${new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]))}`, token);
  expect(response.status).toBe(200);
  return FeedPage.parse(await response.json());
};
/** Everything after a cursor, page by page. */
const drain = async (token: string, limit: number, after?: string): Promise<readonly FeedItem[]> => {
  const items: FeedItem[] = [];
  for (let cursor = after; ;) {
    const got = await page(token, { limit, ...(cursor === undefined ? {} : { after: cursor }) });
    items.push(...got.items);
    if (got.items.length === 0) return items;
    cursor = got.next;
  }
};
/** Where the feed ends for a token. */
const endOf = async (token: string): Promise<string> => {
  for (let after: string | undefined; ;) {
    const got = await page(token, after === undefined ? {} : { after });
    if (got.items.length === 0) return got.next;
    after = got.next;
  }
};
const assetOf = (unit: string, seq: number): ReturnType<typeof operationOf> =>
  operationOf(unit, seq, { stream: "assets", entity: "asset", id: `pump-${unit}`, attr: "name", value: `Pump ${seq}`, contract: "asset@1" });
const key = (item: FeedItem): string => `${item.stream}/${item.operation.hubSeq}`;

let integrator = "";
let first = "";
beforeAll(async () => {
  integrator = await tokenFor();
  first = await newUnit();
  for (let i = 0; i < 5; i++) {
    await hub.push(batchOf(first, operations(first, i * 8 + 1, i * 8 + 8)));
    await hub.push(
      batchOf(
        first,
        [1, 2, 3].map((n) => assetOf(first, i * 3 + n)),
        "assets",
      ),
    );
  }
});

describe("the feed", () => {
  test("F1 gives each operation once and in order per stream, whatever the size of the pages", async () => {
    const all = await drain(integrator, 500);
    for (const limit of [1, 3, 7, 100]) expect((await drain(integrator, limit)).map(key)).toEqual(all.map(key));
    for (const stream of ["tickets", "assets"] satisfies StreamName[]) {
      const seqs = all.filter((item) => item.stream === stream).map((item) => item.operation.hubSeq);
      expect(seqs).toEqual(seqs.map((_, i) => i + 1));
      expect(seqs.length).toBeGreaterThan(10);
    }
  });

  test("F1 resumes after any item with exactly the items behind it", async () => {
    const all = await drain(integrator, 500);
    for (const at of [0, 1, Math.floor(all.length / 2), all.length - 1]) {
      expect((await drain(integrator, 9, all[at]?.cursor)).map(key)).toEqual(all.slice(at + 1).map(key));
    }
  });

  test("F2 refuses a cursor that is cut or changed, and says what to do", async () => {
    const { next } = await page(integrator, { limit: 3 });
    for (const after of [next.slice(0, -3), `${next}A`, "'; DROP TABLE log", "%00", next.toLowerCase()]) {
      const response = await ask(`/api/feed?after=${encodeURIComponent(after)}`, integrator);
      expect([response.status, await response.json()]).toMatchObject([400, { refused: "bad-cursor", field: "after" }]);
    }
  });

  test("F11 a cursor whose place this log has not is led to where to go on, and is not refused", async () => {
    const { next } = await page(integrator, { limit: 3 });
    const place = readCursor(next);
    if (isRefusal(place)) throw new Error("a cursor of the feed must be readable");
    const ahead = writeCursor({ ...place, tickets: { epoch: 1, position: 999_999, tag: "0123456789ab" } });
    const other = writeCursor({ ...place, tickets: { ...place.tickets, tag: "0123456789ab" } });
    const epoch = writeCursor({ ...place, tickets: { epoch: 2, position: place.tickets.position, tag: "" } });
    for (const after of [ahead, other, epoch]) {
      const rewound = await page(integrator, { after, wait: 30 });
      // No backup was ever confirmed and no epoch says where it began: from the beginning, in this stream only.
      expect(rewound).toEqual({ items: [], next: writeCursor({ ...place, tickets: { epoch: 1, position: 0, tag: "" } }), rewound: "restored" });
      expect((await page(integrator, { after: rewound.next, limit: 1 })).rewound).toBeUndefined();
    }
  });

  test("F3 a long-poll is answered as soon as there is something, and holds up nobody", async () => {
    const unit = await newUnit();
    const { next } = await page(integrator, { limit: 500 });
    const began = Date.now();
    const waiting = Array.from({ length: 20 }, () => page(integrator, { after: next, wait: 30 }));
    expect((await page(integrator, { limit: 1 })).items).toHaveLength(1);
    await hub.push(batchOf(unit, operations(unit, 1, 2)));
    for (const got of await Promise.all(waiting)) expect(got.items.map((item) => item.operation.origin)).toEqual([`${unit}@1`, `${unit}@1`]);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test("F3 a long-poll for which there is no room is refused at once with when to come again, and asks nobody in a loop", async () => {
    const full = vi.spyOn(Waiters.prototype, "wait").mockResolvedValue(false);
    const waits = vi.spyOn(Hub.prototype, "waitPast");
    try {
      const end = await endOf(integrator);
      const answer = await ask(`/api/feed?after=${end}&wait=20`, integrator);
      expect([answer.status, answer.headers.get("retry-after"), await answer.json()]).toMatchObject([429, "5", { refused: "too-many", field: "wait" }]);
      expect(waits).toHaveBeenCalledTimes(4);
      // What there is, is given; and who does not wait is not refused.
      expect((await page(integrator, { wait: 20, limit: 1 })).items).toHaveLength(1);
      expect((await page(integrator, { after: end })).items).toEqual([]);
      const events = await ask(`/api/feed/stream?after=${end}`, integrator);
      expect(await events.text()).toMatch(/^retry: 500\n\nretry: 5000\n\n$/);
    } finally {
      full.mockRestore();
      waits.mockRestore();
    }
  });

  test("F3 places are bounded, and come free by waking, by leaving and by time", async () => {
    const waiters = new Waiters(2);
    const [a, b] = [waiters.wait("a", 60_000), waiters.wait("b", 60_000)];
    expect(await waiters.wait("c", 60_000)).toBe(false);
    waiters.leave("a");
    expect(await a).toBe(true);
    const c = waiters.wait("c", 60_000);
    waiters.wake();
    expect(await Promise.all([b, c, waiters.wait("d", 1), waiters.wait("e", 0)])).toEqual([true, true, true, true]);
    waiters.leave("nobody");
  });

  test("F3 whoever was woken by one stream waits at none", async () => {
    const left = vi.spyOn(Waiters.prototype, "leave");
    const waiting = page(integrator, { after: await endOf(integrator), wait: 20 });
    const unit = await newUnit();
    await hub.push(batchOf(unit, operations(unit, 1, 1)));
    expect((await waiting).items.length).toBeGreaterThan(0);
    await vi.waitFor(() => expect(left.mock.calls.length).toBeGreaterThanOrEqual(4));
    left.mockRestore();
  });

  test("F3 a long-poll ends after its time with nothing and a cursor to go on from", async () => {
    const { next } = await page(integrator, { limit: 500 });
    const began = Date.now();
    const got = await page(integrator, { after: next, wait: 0.3 });
    expect([got.items, got.next]).toEqual([[], next]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(250);
  });

  test("F4 refuses bounds that are none, with the field", async () => {
    for (const [query, field] of [
      ["limit=0", "limit"],
      ["limit=501", "limit"],
      ["limit=1.5", "limit"],
      ["limit=all", "limit"],
      ["wait=31", "wait"],
      ["wait=-1", "wait"],
      ["wait=NaN", "wait"],
    ]) {
      const response = await ask(`/api/feed?${query}`, integrator);
      expect([query, response.status, ((await response.json()) as { field?: string }).field]).toEqual([query, 400, field]);
    }
  });

  test("F5 a token of one unit shows that unit's operations only, and is not woken by others'", async () => {
    const [mine, theirs] = [await newUnit(), await newUnit()];
    const scoped = await tokenFor(mine);
    await hub.push(batchOf(theirs, operations(theirs, 1, 20)));
    expect(await drain(scoped, 100)).toEqual([]);
    const { next } = await page(scoped);
    const waiting = page(scoped, { after: next, wait: 20 });
    await hub.push(batchOf(theirs, operations(theirs, 21, 30)));
    await hub.push(batchOf(mine, operations(mine, 1, 3)));
    expect((await waiting).items.map((item) => item.operation.origin)).toEqual(Array.from({ length: 3 }, () => `${mine}@1`));
    expect((await drain(scoped, 2)).map((item) => item.operation.seq)).toEqual([1, 2, 3]);
    const contracts = (await (await ask("/api/hub/contracts", scoped)).json()) as { contracts: readonly { subject: string; units: readonly string[] }[] };
    expect(contracts.contracts.every((contract) => contract.units.join() === mine)).toBe(true);
    expect(contracts.contracts.map((contract) => contract.subject)).toContain("ticket");
  });

  test("F7 nobody without a token sees anything, and a token is not a key to everything", async () => {
    for (const { method, path, who } of ROUTES.filter((route) => route.at === "hub" && route.who !== "public")) {
      for (const authorization of [undefined, "Bearer wrong", "Basic YTpi", `Bearer ${"x".repeat(600)}`]) {
        const response = await heldFetch(new Request(`http://hub${path}`, { method, headers: authorization === undefined ? {} : { authorization } }));
        expect([path, response.status]).toEqual([path, 401]);
      }
      const response = await ask(path, integrator, { method });
      if (!(who as readonly string[]).includes("integrator")) expect([path, response.status]).toEqual([path, 403]);
      await response.body?.cancel();
    }
  });

  test("F7 an administrator makes a token, sees it once, and the hub keeps its hash", async () => {
    const admin = "an-administrator's-token".replaceAll("'", "");
    const as = (path: string, body: unknown, secret = admin): Promise<Response> =>
      heldFetch(new Request(`http://hub${path}`, { method: "POST", headers: { authorization: `Bearer ${secret}` }, body: JSON.stringify(body) }), (request) =>
        hubApp.fetch(request, { ...env, ADMIN_TOKEN_SHA256: `${"0".repeat(64)}, ${hashSecret(admin)}` }, createExecutionContext()),
      );
    const made = await as("/api/hub/tokens", { role: "integrator", unit: first });
    const { token } = (await made.json()) as { token: string };
    expect([made.status, token.length >= 22]).toEqual([201, true]);
    expect((await page(token, { limit: 1 })).items[0]?.operation.origin).toBe(`${first}@1`);
    expect((await as("/api/hub/tokens", { role: "admin" })).status).toBe(400);
    expect((await as("/api/hub/tokens", { role: "integrator" }, token)).status).toBe(403);
    expect(await (await as("/api/hub/units", { unit: "Not A Name" })).json()).toMatchObject({ refused: "malformed", field: "unit" });
    expect((await as("/api/hub/units", { unit: first })).status).toBe(201);
  });

  test("F7 every route of the hub in the table answers, and no other does", async () => {
    expect((await heldFetch(new Request("http://hub/api/hub/health"))).status).toBe(200);
    const declared = ROUTES.filter((route) => route.at === "hub").map(({ method, path }) => `${method} ${path}`);
    expect(hubApp.routes.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(declared.toSorted());
  });
});

describe("server-sent events", () => {
  test("F6 carry the cursor as id, resume after Last-Event-ID, and go on live", async () => {
    const all = await drain(integrator, 500);
    const from = all.at(-4);
    const unit = await newUnit();
    const stream = await ask("/api/feed/stream", integrator, { headers: { "last-event-id": from?.cursor ?? "" } });
    expect(stream.headers.get("content-type")).toBe("text/event-stream");
    const events = readEvents(stream);
    for (const item of all.slice(-3)) expect(await events.next()).toEqual({ done: false, value: { id: item.cursor, item } });
    await hub.push(batchOf(unit, operations(unit, 1, 1)));
    expect((await events.next()).value?.item.operation.origin).toBe(`${unit}@1`);
    await events.return(undefined);
  });

  test("F6 a consumer that does not read makes the hub hold one page and no more", async () => {
    const unit = await newUnit();
    for (let i = 0; i < 4; i++) await hub.push(batchOf(unit, operations(unit, i * 400 + 1, i * 400 + 400)));
    const secret = await tokenFor(unit);
    let calls = 0;
    const counted = new Proxy(env.HUB_OBJECT, {
      get(target, name) {
        if (name === "getByName") calls += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const stream = await hubApp.fetch(
      new Request("http://hub/api/feed/stream", { headers: { authorization: `Bearer ${secret}` } }),
      { ...env, HUB_OBJECT: counted },
      createExecutionContext(),
    );
    // Meanwhile others are served, as often as the consumer could have been.
    for (let i = 0; i < 30; i++) await page(integrator, { limit: 50 });
    expect(calls).toBeLessThanOrEqual(1 + 3 * 4);
    const events = readEvents(stream);
    const seqs: number[] = [];
    while (seqs.length < 1_600) seqs.push((await events.next()).value?.item.operation.seq ?? -1);
    expect(seqs).toEqual(Array.from({ length: 1_600 }, (_, i) => i + 1));
    await events.return(undefined);
  });

  test("F11 say where to go on when the place is none of this log, and go on there", async () => {
    const place = readCursor((await page(integrator, { limit: 3 })).next);
    if (isRefusal(place)) throw new Error("a cursor of the feed must be readable");
    const other = writeCursor({ ...place, tickets: { ...place.tickets, tag: "0123456789ab" } });
    const stream = await ask("/api/feed/stream", integrator, { headers: { "last-event-id": other } });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("event: operation")) text += (await reader?.read())?.value ?? "";
    await reader?.cancel();
    const next = writeCursor({ ...place, tickets: { epoch: 1, position: 0, tag: "" } });
    expect(text).toContain(`id: ${next}\nevent: rewound\ndata: ${JSON.stringify({ rewound: "restored", next })}\n\n`);
    expect(text.indexOf("event: rewound")).toBeLessThan(text.indexOf("event: operation"));
    expect(/event: operation\ndata: (.+)/.exec(text)?.[1]).toContain('"hubSeq":1,');
  });

  test("F2 a bad Last-Event-ID is refused before the stream begins", async () => {
    expect((await ask("/api/feed/stream", integrator, { headers: { "last-event-id": "nonsense" } })).status).toBe(400);
    expect(readCursor(writeCursor(START))).toEqual(START);
  });
});

async function* readEvents(response: Response): AsyncGenerator<{ readonly id: string; readonly item: FeedItem }, undefined> {
  let text = "";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) return undefined;
      text += chunk.value;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const id = /^id: (.+)$/m.exec(block)?.[1];
        const data = /^data: (.+)$/m.exec(block)?.[1];
        if (id !== undefined && data !== undefined) yield { id, item: JSON.parse(data) as FeedItem };
      }
    }
  } finally {
    await reader?.cancel();
  }
}
