/** The feed, snapshots, writes and reports in the words of a published bridge. */
import type { Context } from "hono";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar } from "../../edge/shell/guard.ts";
import type { Bridge } from "../bridge/bridge.ts";
import { attributeCrossed, entityCrossed, writeCrossed } from "../bridge/crossing.ts";
import { type Group, addUp } from "../bridge/report.ts";
import { readQuery } from "../feed/query.ts";
import { readSnapshotPlace } from "../feed/snapshot.ts";
import { SNAPSHOT_ROWS_MAX, type SnapshotRow } from "../feed/view.ts";
import { CrossedQuery, CrossedWrite, ReportAsk } from "../registry/api-crossing.ts";
import { consumerOf } from "./feed-consumer.ts";
import { awaitPage, streamObject } from "./feed-reader.ts";
import { allowed, param, registryObject } from "./routes-contracts.ts";
import { streamOf, written } from "./routes-streams.ts";
import { settled } from "./settled.ts";
import { beginSnapshot, readSnapshot } from "./snapshot-reader.ts";
import { sightFor } from "./stream-concern.ts";
import { tooManyWait } from "./too-many-wait.ts";

/** One record of theirs, at the size that a write may have. */
const WRITE_BYTES_MAX = 256 * 1024;
/** 50 systems with 500 states each. */
const REPORT_BYTES_MAX = 2 * 1024 * 1024;
/** Pages that one report counts, 200,000 entities: a Worker may make 1,000 calls. */
const REPORT_PAGES_MAX = 400;
/** What our own count is called. */
const OURS = "outpost";

export function crossingRoutes(routes: Registrar): void {
  routes.signed("GET", "/api/hub/bridges/:id/feed", async (c, who) => {
    const query = readQuery({ after: c.req.query("after"), wait: c.req.query("wait"), limit: c.req.query("limit") });
    const bridge = isRefusal(query) ? query : await crossingOf(c);
    if (isRefusal(query) || isRefusal(bridge)) return refused(c, isRefusal(query) ? query : (bridge as Refusal));
    const { vector: _, full, ...page } = await awaitPage(c.env, query.after, query.limit, who.unit, query.waitMs, consumerOf(c, who));
    if (full === true) return tooManyWait(c);
    const items = page.items.map((item) => {
      const { entity, op, attr, value } = item.operation;
      const isTheirs = entity === bridge.ours.subject && op !== "delete";
      return { ...item, ...(isTheirs ? attributeCrossed(bridge, attr, value) : undefined) };
    });
    return c.json({ ...page, items }, 200, { "cache-control": "no-store" });
  });

  routes.signed("GET", "/api/hub/bridges/:id/records", async (c, who) => {
    const query = CrossedQuery.safeParse(c.req.query());
    if (!query.success) return refused(c, malformed(query.error, "send after and limit, or nothing"));
    const bridge = await crossingOf(c);
    if (isRefusal(bridge)) return refused(c, bridge);
    const { after, limit } = query.data;
    const place = after === undefined ? await beginSnapshot(c.env, bridge.ours.subject) : readSnapshotPlace(after);
    if (isRefusal(place)) return refused(c, place);
    const page = await readSnapshot(c.env, { ...place, entity: bridge.ours.subject }, who.unit, limit);
    if (isRefusal(page)) return refused(c, page);
    const rows = page.rows.map((row) => ({ ...row, ...entityCrossed(bridge, { id: row.id, ...row.attributes }) }));
    return c.json({ ...page, rows }, 200, { "cache-control": "no-store" });
  });

  routes.signed("POST", "/api/hub/bridges/:id/writes", async (c, who) => {
    const ask = await readBody(c, CrossedWrite, WRITE_BYTES_MAX);
    if (isRefusal(ask)) return refused(c, ask);
    const bridge = await crossingOf(c);
    if (isRefusal(bridge)) return refused(c, bridge);
    const { key, record, ...rest } = ask;
    const changes = writeCrossed(bridge, ask.id, record);
    if (isRefusal(changes)) return refused(c, changes);
    const entity = bridge.ours.subject;
    const stream = await streamOf(c.env, entity);
    if (isRefusal(stream)) return refused(c, stream);
    const write = { ...rest, entity, key: `${who.subject}/${key}`, changes, actor: who.subject };
    return written(
      c,
      stream,
      await settled(streamObject(c.env, stream).writeOwn(JSON.stringify(write), who.unit, JSON.stringify(await sightFor(c.env, write)))),
    );
  });

  routes.signed("POST", "/api/hub/bridges/report", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, ReportAsk, REPORT_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const counts = await countOurs(c.env, ask);
    if (isRefusal(counts)) return refused(c, counts);
    const bridges = JSON.parse(await registryObject(c.env).publishedBridges()) as readonly Bridge[];
    const sum = addUp(ask, [{ name: OURS, counts }, ...ask.systems], bridges);
    return isRefusal(sum) ? refused(c, sum) : c.json(sum, 200, { "cache-control": "no-store" });
  });
}

/** Refuses `unknown-contract`, and `wrong-state` for one that is not published or speaks another major than the hub. */
async function crossingOf(c: Context<Bound>): Promise<Bridge | Refusal> {
  const found = await settled(registryObject(c.env).crossing(param(c, "id")));
  return isRefusal(found) ? found : (JSON.parse(found) as Bridge);
}

/** Entities by their state, as of one moment. Refuses `too-many`, and what a snapshot refuses. */
async function countOurs(env: Env, { subject, attr }: ReportAsk): Promise<Group["counts"] | Refusal> {
  const stream = await streamOf(env, subject);
  if (isRefusal(stream)) return stream;
  const id = crypto.randomUUID();
  const begun = await settled(streamObject(env, stream).beginSnapshot(id));
  if (isRefusal(begun)) return begun;
  const counts = new Map<string, number>();
  try {
    let after: string | null = "";
    for (let pages = 0; after !== null; pages++) {
      if (pages >= REPORT_PAGES_MAX)
        return refuse(
          "too-many",
          `a report counts at most ${REPORT_PAGES_MAX * SNAPSHOT_ROWS_MAX} entities`,
          "count from a copy that follows the feed",
          "subject",
        );
      const text: string | Refusal = await settled(streamObject(env, stream).snapshot(id, undefined, subject, after, SNAPSHOT_ROWS_MAX));
      if (isRefusal(text)) return text;
      const page = JSON.parse(text) as { readonly rows: readonly SnapshotRow[]; readonly next: string | null };
      for (const { attributes } of page.rows) {
        const state = attributes[attr];
        if (typeof state === "string") counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      after = page.next;
    }
  } finally {
    await streamObject(env, stream).endSnapshot(id);
  }
  return [...counts].map(([state, count]) => ({ state, count }));
}
