/** Master data over HTTP: imports, reviews, merges; and old ids for whoever reads by them. */
import type { Context } from "hono";
import { TenantId } from "../../contracts/ids.ts";
import { hubObject } from "../../contracts/object-name.ts";
import { readJson } from "../../contracts/body.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { readBody, readBytes, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar, Signed } from "../../edge/shell/guard.ts";
import { type ImportAnswer, DecideAsk, ImportAsk, ImportQuery, ReviewsQuery, UndoAsk } from "../master/asked.ts";
import { CSV_BYTES_MAX, readText } from "../master/csv.ts";
import type { Master } from "../master.ts";
import { settled } from "./settled.ts";

/** A file as a JSON text, where quotes and line ends take two characters, beside its mapping. */
const IMPORT_CHARS_MAX = 2 * CSV_BYTES_MAX + 256 * 1024;
const BODY_BYTES_MAX = 64 * 1024;

export function masterObject(env: Env): DurableObjectStub<Master> {
  return env.MASTER.getByName(hubObject(TenantId.parse(env.TENANT), "master"));
}

export function masterRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/master/imports", async (c, who) => {
    const ask = tenants(who) ?? (await readImport(c));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(masterObject(c.env).importTable(JSON.stringify(ask), who.subject));
    if (isRefusal(answer)) return refused(c, answer);
    return json(c, answer, (JSON.parse(answer) as ImportAnswer).run === null ? 200 : 201);
  });

  routes.signed("GET", "/api/hub/master/imports", async (c, who) => {
    const no = tenants(who);
    return no === null ? json(c, JSON.stringify({ runs: await masterObject(c.env).runs() })) : refused(c, no);
  });

  routes.signed("GET", "/api/hub/master/imports/:id", async (c, who) => {
    const run = tenants(who) ?? (await settled(masterObject(c.env).run(param(c, "id"))));
    return isRefusal(run) ? refused(c, run) : json(c, JSON.stringify(run));
  });

  routes.signed("GET", "/api/hub/master/imports/:id/rejects.csv", async (c, who) => {
    const id = param(c, "id");
    const text = tenants(who) ?? (await settled(masterObject(c.env).rejects(id)));
    if (isRefusal(text)) return refused(c, text);
    const headers = {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="rejects-${id}.csv"`,
      "cache-control": "no-store",
    };
    return c.body(text, 200, headers);
  });

  routes.signed("GET", "/api/hub/master/reviews", async (c, who) => {
    const no = tenants(who);
    const query = ReviewsQuery.safeParse(c.req.query());
    if (no !== null) return refused(c, no);
    if (!query.success) return refused(c, malformed(query.error, "send family, after and limit, or nothing"));
    const { family, after = "", limit } = query.data;
    return json(c, await masterObject(c.env).reviews(family, after, limit));
  });

  routes.signed("POST", "/api/hub/master/reviews/:id", async (c, who) => {
    const ask = tenants(who) ?? (await readBody(c, DecideAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(masterObject(c.env).decide(param(c, "id"), JSON.stringify(ask), who.subject));
    return isRefusal(answer) ? refused(c, answer) : json(c, answer);
  });

  routes.signed("GET", "/api/hub/master/merges", async (c, who) => {
    const no = tenants(who);
    return no === null ? json(c, JSON.stringify({ merges: await masterObject(c.env).merges() })) : refused(c, no);
  });

  routes.signed("POST", "/api/hub/master/merges/:id/undo", async (c, who) => {
    const ask = tenants(who) ?? (await readBody(c, UndoAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const undone = await settled(masterObject(c.env).undo(param(c, "id"), who.subject, ask.why));
    return isRefusal(undone) ? refused(c, undone) : json(c, JSON.stringify(undone));
  });
}

/** An entity by an id that may be an old one: when nothing lives under it, the one that stands for it. `read` answers as `Hub.entityAt` does. */
export async function readAsAlias(
  env: Env,
  entity: string,
  id: string,
  read: (id: string) => Promise<string | null | Refusal>,
): Promise<string | null | Refusal> {
  const own = await read(id);
  if (isRefusal(own) || (own !== null && isAlive(own))) return own;
  const survivor = await masterObject(env).survivor(entity, id);
  const other = survivor === null ? null : await read(survivor);
  return other === null || isRefusal(other) ? own : JSON.stringify({ ...(JSON.parse(other) as object), askedAs: id });
}

/** Every id that means the one that is erased; refused rows of its family are dropped. */
export async function idsOf(env: Env, entity: string, id: string): Promise<readonly string[]> {
  const ids = await masterObject(env).forget(entity, id);
  return ids.includes(id) ? [...ids] : [id, ...ids];
}

/** Whether it was there at the moment asked for. */
function isAlive(text: string): boolean {
  const { deleted, version } = JSON.parse(text) as { readonly deleted?: unknown; readonly version: number };
  return deleted === undefined && version > 0;
}

/** JSON, or a file with the rest in the query. Refuses `malformed` and `too-large`. */
async function readImport(c: Context<Bound>): Promise<ImportAsk | Refusal> {
  const type = c.req.header("content-type") ?? "";
  if (!type.startsWith("text/csv")) return await readBody(c, ImportAsk, IMPORT_CHARS_MAX);
  const query = ImportQuery.safeParse(c.req.query());
  if (!query.success) return malformed(query.error, "send family, mapping, fileName, units, dryRun, autoMerge and match in the address");
  const bytes = await readBytes(c.req.raw, CSV_BYTES_MAX);
  if (isRefusal(bytes)) return bytes;
  const csv = readText(bytes, /charset="?([\w-]+)/i.exec(type)?.[1]);
  if (isRefusal(csv)) return csv;
  const { mapping, units, dryRun, autoMerge, match, ...rest } = query.data;
  const flags = Object.entries({ dryRun, autoMerge, match }).flatMap(([name, flag]) => (flag === undefined ? [] : [[name, flag === "true"]]));
  const said = mapping === undefined ? { json: undefined } : readJson(mapping);
  if (isRefusal(said)) return { ...said, field: "mapping" };
  const read = said.json;
  const family = rest.family ?? (typeof read === "object" && read !== null && "family" in read ? read.family : undefined);
  const whole = { ...rest, family, csv, mapping: read, ...(units === undefined ? {} : { units: units.split(",") }), ...Object.fromEntries(flags) };
  const ask = ImportAsk.safeParse(whole);
  return ask.success ? ask.data : malformed(ask.error, "send the mapping as JSON in the address, and the family");
}

/** Master data is the tenant's. */
function tenants(who: Signed): Refusal | null {
  return who.unit === undefined ? null : refuse("not-permitted", "master data is the whole tenant's", "use a token that is not bound to one unit");
}

function param(c: Context<Bound>, name: string): string {
  return c.req.param(name) ?? "";
}

function json(c: Context<Bound>, text: string, status: 200 | 201 = 200): Response {
  return c.body(text, status, { "content-type": "application/json", "cache-control": "no-store" });
}
