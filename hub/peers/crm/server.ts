/** The reference CRM: follows the feed into its own SQLite, shows what it holds, as a page and as JSON, and writes back what people change. */
import { Hono } from "hono";
import { csrf } from "hono/csrf";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { listen } from "../listen.ts";
import { type Comparing, type Comparison, comparing } from "./comparing.ts";
import { type Line, follow } from "./follow.ts";
import { readPageFile } from "./files.ts";
import { hubClient } from "./hub-client.ts";
import type { OwnWrite } from "./own-writes.ts";
import { renderPage } from "./page.ts";
import { type CrmStore, type Held, type Seen, type Totals, openCrmStore } from "./store.ts";
import { readForm, renderTicket } from "./ticket-page.ts";
import { type WriteBack, writeBack } from "./write-back.ts";
import { languageOf } from "./words.ts";

export type CrmOptions = {
  /** The hub's address, with or without `/api/feed`. */
  readonly feedUrl: string;
  /** An integrator's token. */
  readonly token: string;
  /** File, or `:memory:`. */
  readonly databasePath: string;
  readonly port: number;
  readonly host: string;
  readonly now?: () => number;
};
export type Crm = {
  readonly url: string;
  entities(entity: string): readonly Held[];
  /** Every item applied here, with the instant it was seen: `feedAt` of the journey. */
  journal(where?: { readonly entity?: string; readonly id?: string }): readonly Seen[];
  totals(): Totals;
  line(): Line;
  /** The last comparison with the hub that told something. */
  compared(): Comparison | null;
  /** Compares now; null while nothing was read. Rejects where the hub does not answer. */
  compare(): Promise<Comparison | null>;
  /** Changes attributes at the hub, as soon as it hears; the same key is taken once. Returns the key. */
  write(write: { readonly key?: string; readonly entity: string; readonly id: string; readonly changes: OwnWrite["changes"]; readonly reason: string }): string;
  writes(): readonly OwnWrite[];
  /** Resolves with `find`'s first answer that is neither undefined nor false, asked after every page; rejects after `ms`. */
  until<T>(find: (crm: Crm) => T | undefined | false, ms: number): Promise<T>;
  close(): Promise<void>;
};

const POLICY = `default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`;
/** A page that hears nothing for longer thinks the line is cut; proxies close it sooner than a minute. */
const SILENCE_MS = 20_000;
const LASTING = "public, max-age=31536000, immutable";

export async function startCrm(options: CrmOptions): Promise<Crm> {
  const store = openCrmStore(options.databasePath);
  const now = options.now ?? Date.now;
  const listeners = new Set<() => void>();
  const stopped = new AbortController();
  const hub = hubClient(options.feedUrl, options.token, stopped.signal);
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const back = writeBack(hub, store.own, now, changed, stopped.signal);
  const comparisons = comparing(hub, store, now);
  const follower = follow(hub, store, comparisons, now, changed, back.again, stopped.signal);
  const { url, close } = await listen(pages(store, back, comparisons, follower.line, now, listeners).fetch, options.port, options.host);
  const crm: Crm = {
    url,
    entities: store.entities,
    journal: store.journal,
    totals: store.totals,
    line: follower.line,
    compared: comparisons.last,
    compare: comparisons.compare,
    write({ key = uuidv7(), ...write }) {
      back.put({ key, ...write });
      return key;
    },
    writes: () => store.own.list(WRITES_SHOWN),
    until: (find, ms) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = find(crm);
          if (found === undefined || found === false) return;
          clearTimeout(timer);
          listeners.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          listeners.delete(look);
          reject(new Error(`not seen at the CRM within ${ms} ms`));
        }, ms);
        listeners.add(look);
        look();
      }),
    async close() {
      stopped.abort();
      await Promise.all([follower.stop(), back.stop()]);
      await close();
      store.close();
    },
  };
  return crm;
}

/** A change as a program makes it. */
const Change = z.strictObject({
  key: z.string().min(1).max(100).optional(),
  entity: z.string().min(1).max(40),
  id: z.string().min(1).max(128),
  changes: z.record(z.string().min(1).max(64), z.json()),
  reason: z.string().min(1).max(200),
});
const WRITES_SHOWN = 100;

function pages(store: CrmStore, back: WriteBack, comparisons: Comparing, line: () => Line, now: () => number, listeners: Set<() => void>): Hono {
  const app = new Hono();
  // Forms of other pages change nothing here.
  app.use(csrf());
  app.use(async (c, next) => {
    await next();
    c.header("content-security-policy", POLICY);
    c.header("x-content-type-options", "nosniff");
    if (!c.res.headers.has("cache-control")) c.header("cache-control", "no-store");
  });
  app.get("/", (c) => c.html(renderPage(store, line(), languageOf(c.req.query("lang") ?? c.req.header("accept-language")), now())));
  app.get("/api/changes", (c) => streamSSE(c, (stream) => tellChanges(stream, listeners)));
  app.get("/api/entities/:entity", (c) => c.json({ entity: c.req.param("entity"), entities: store.entities(c.req.param("entity")) }));
  app.get("/api/journal", (c) => c.json({ journal: store.journal(given({ entity: c.req.query("entity"), id: c.req.query("id") })) }));
  app.get("/api/writes", (c) => c.json({ writes: store.own.list(WRITES_SHOWN) }));
  app.post("/api/writes", async (c) => {
    const change = Change.safeParse(await c.req.json().catch(() => null));
    if (!change.success) return c.json({ error: change.error.issues[0]?.message ?? "not a change" }, 400);
    const { key = uuidv7(), ...write } = change.data;
    back.put({ key, ...write });
    return c.json(store.own.find(key) ?? { key }, 202);
  });
  const ticketOf = (id: string): Held | undefined => store.entities("ticket").find((ticket) => ticket.id === id && !ticket.deleted);
  app.get("/tickets/:id", (c) => {
    const ticket = ticketOf(c.req.param("id"));
    const language = languageOf(c.req.query("lang") ?? c.req.header("accept-language"));
    return ticket === undefined ? c.notFound() : c.html(renderTicket(ticket, store.own.list(WRITES_SHOWN, { entity: "ticket", id: ticket.id }), language));
  });
  app.post("/tickets/:id", async (c) => {
    const ticket = ticketOf(c.req.param("id"));
    const change = ticket === undefined ? null : readForm(await c.req.parseBody());
    if (ticket === undefined || change === null) return c.text("nothing was changed: see the form", 400);
    back.put({ key: uuidv7(), entity: "ticket", id: ticket.id, ...change });
    return c.redirect(`/tickets/${encodeURIComponent(ticket.id)}`, 303);
  });
  app.get("/api/state", (c) => c.json({ ...store.totals(), line: line(), compared: comparisons.last() }));
  app.post("/api/compare", async (c) => {
    try {
      const heard = await comparisons.compare();
      return heard === null ? c.json({ error: "nothing was read yet" }, 409) : c.json(heard);
    } catch (error) {
      return c.json({ error: error instanceof Error ? error.message : String(error) }, 502);
    }
  });
  app.get("*", (c) => {
    const file = readPageFile(c.req.path);
    if (file === null) return c.notFound();
    return c.body(file.body, 200, { "content-type": file.type, "cache-control": file.lasting ? LASTING : "no-cache" });
  });
  return app;
}

/** One event when the page begins to listen, one after each change; what happens while one is on its way is in the next. */
async function tellChanges(stream: SSEStreamingApi, listeners: Set<() => void>): Promise<void> {
  let wake: () => void = () => undefined;
  let changed = true;
  const hear = (): void => {
    changed = true;
    wake();
  };
  listeners.add(hear);
  stream.onAbort(hear);
  try {
    while (!stream.aborted) {
      const news = changed;
      changed = false;
      await stream.writeSSE(news ? { data: "changed" } : { event: "still", data: "" });
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, SILENCE_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (changed || stream.aborted) wake();
      });
    }
  } finally {
    listeners.delete(hear);
  }
}

function given(where: { readonly entity: string | undefined; readonly id: string | undefined }): { readonly entity?: string; readonly id?: string } {
  return { ...(where.entity === undefined ? {} : { entity: where.entity }), ...(where.id === undefined ? {} : { id: where.id }) };
}
