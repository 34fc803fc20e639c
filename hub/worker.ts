/** The hub's Worker: `HubRpc` for units, `hubApp` for people and the CRM. Every route goes through the permission table. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { type Context, Hono } from "hono";
import type { z } from "zod";
import type { StreamName } from "../contracts/delta/operation.ts";
import {
  DigestAsk,
  type DigestReply,
  LoadAsk,
  type LoadReply,
  PullAsk,
  type PullReply,
  type PushBatch,
  type PushReply,
  RowsAsk,
  type RowsReply,
} from "../contracts/delta/sync.ts";
import { JSON_DEPTH_MAX, deeperThan } from "../contracts/delta/json.ts";
import { BlobAsk, type BlobReply, ModelsAsk, type ModelsReply } from "../contracts/models-wire.ts";
import { NoteAsk } from "../contracts/note.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../contracts/refusal.ts";
import { type Heard, HeardAsk, type HubForUnit, type Registration, type Spoken } from "../contracts/rpc.ts";
import { DELTA_VERSION } from "../contracts/version.ts";
import { failed, readBody, refused } from "../edge/shell/answer.ts";
import { type Bound, guard, hashSecret, makeSecret } from "../edge/shell/guard.ts";
import { STREAMS } from "./feed/cursor.ts";
import { PAGE_ITEMS } from "./feed/page.ts";
import { readQuery } from "./feed/query.ts";
import type { StreamAdmission } from "./merge/admission.ts";
import { readBatch } from "./merge/batch.ts";
import { TokenAsk, UnitAsk } from "./api/access.ts";
import { streamOf } from "./registry/document.ts";
import type { Negotiated } from "./registry/negotiate.ts";
import { readRegistration } from "./registry/register.ts";
import { consumerOf } from "./shell/feed-consumer.ts";
import { feedEvents } from "./shell/feed-events.ts";
import { awaitPage, readPage, streamObject } from "./shell/feed-reader.ts";
import { DESCRIBED } from "./api/described.ts";
import { describeApi } from "./api/openapi.ts";
import { backupRoutes } from "./shell/routes-backup.ts";
import { bridgeRoutes } from "./shell/routes-bridges.ts";
import { nudge } from "./shell/nudge.ts";
import { wakeOutgoing } from "./shell/relay/outgoing-object.ts";
import { contractRoutes, registryObject } from "./shell/routes-contracts.ts";
import { heldRoutes } from "./shell/routes-held.ts";
import { masterRoutes } from "./shell/routes-master.ts";
import { modelRoutes, modelsObject } from "./shell/routes-models.ts";
import { outgoingRoutes } from "./shell/routes-outgoing.ts";
import { pageRoutes } from "./shell/routes-pages.ts";
import { qualityRoutes } from "./shell/routes-quality.ts";
import { quarantineRoutes } from "./shell/routes-quarantine.ts";
import { complaintRoutes } from "./shell/routes-complaints.ts";
import { streamRoutes } from "./shell/routes-streams.ts";
import { syncRoutes } from "./shell/routes-sync.ts";
import { settled } from "./shell/settled.ts";
import { tooManyWait } from "./shell/too-many-wait.ts";

export { Hub } from "./hub.ts";
export { Line } from "./line.ts";
export { Outgoing } from "./outgoing.ts";
export { Master } from "./master.ts";
export { Models } from "./models.ts";
export { Registry } from "./contracts.ts";

/** Bodies of the hub's own requests: a name and a role. */
const BODY_BYTES_MAX = 4_096;
/** Nesting of what a unit notes; a sample has at most `JSON_DEPTH_MAX`. */
const NOTE_DEPTH_MAX = JSON_DEPTH_MAX + 4;

export class HubRpc extends WorkerEntrypoint<Env> implements HubForUnit {
  async register(registration: Registration): Promise<{ readonly epoch: number; readonly contracts: readonly Spoken[] } | Refusal> {
    const read = readRegistration(registration, this.env.TENANT);
    if (isRefusal(read)) return read;
    const negotiated = await settled(registryObject(this.env).negotiate(read.registration.contracts));
    if (isRefusal(negotiated)) return negotiated;
    const { spoken, published } = JSON.parse(negotiated) as Negotiated;
    const admission = await settled(streamObject(this.env, "registry").register(registration));
    if (isRefusal(admission)) return admission;
    await registryObject(this.env).noteSpoken(read.unit, spoken);
    // Before the answer every stream knows the origin; when one of them fails, the unit registers again.
    const contracts = read.registration.contracts.map(({ subject, version, fingerprint, schema }) => ({
      subject,
      major: version,
      fingerprint,
      document: schema,
    }));
    const { erased = [] } = read.registration;
    const admitted = await Promise.all(
      STREAMS.map((stream) =>
        settled(
          streamObject(this.env, stream).admit(
            JSON.stringify({
              ...admission,
              contracts: contracts.filter(({ document }) => streamOf(document) === stream),
              published: published.filter(({ document }) => streamOf(document) === stream),
              erased,
            } satisfies StreamAdmission),
          ),
        ),
      ),
    );
    let epoch = 0;
    for (const one of admitted) {
      if (isRefusal(one)) return one;
      epoch = Math.max(epoch, one.epoch);
    }
    return { epoch, contracts: spoken };
  }

  async push(batch: PushBatch): Promise<PushReply | Refusal> {
    const parsed = readBatch(batch);
    if (isRefusal(parsed)) return parsed;
    // Awaited here: a promise handed through would keep the caller's object from being evicted.
    const { answer, told } = await settled(streamObject(this.env, parsed.stream).push(parsed));
    if (told.length > 0) this.ctx.waitUntil(nudge(this.env, told, parsed.stream));
    if (isRefusal(answer)) return answer;
    const woken = wakeOutgoing(this.env);
    if (woken !== null) this.ctx.waitUntil(woken);
    return JSON.parse(answer) as PushReply;
  }

  async pull(ask: PullAsk): Promise<PullReply | Refusal> {
    return await this.#ask<PullReply, PullAsk>(PullAsk, ask, (stream, asked) => stream.pull(asked));
  }

  async load(ask: LoadAsk): Promise<LoadReply | Refusal> {
    return await this.#ask<LoadReply, LoadAsk>(LoadAsk, ask, (stream, asked) => stream.load(asked));
  }

  async digest(ask: DigestAsk): Promise<DigestReply | Refusal> {
    return await this.#ask<DigestReply, DigestAsk>(DigestAsk, ask, (stream, asked) => stream.digest(asked));
  }

  async rows(ask: RowsAsk): Promise<RowsReply | Refusal> {
    return await this.#ask<RowsReply, RowsAsk>(RowsAsk, ask, (stream, asked) => stream.rows(asked));
  }

  /** Refuses `malformed`, and what the stream refuses. */
  async #ask<Reply, Ask extends { readonly stream: StreamName }>(
    schema: z.ZodType<Ask>,
    ask: Ask,
    call: (stream: ReturnType<typeof streamObject>, asked: Ask) => Promise<string | Refusal>,
  ): Promise<Reply | Refusal> {
    const parsed = schema.safeParse(ask);
    if (!parsed.success) return malformed(parsed.error, "send origin, stream and key, and what this call asks for");
    const answer = await settled(call(streamObject(this.env, parsed.data.stream), parsed.data));
    return isRefusal(answer) ? answer : (JSON.parse(answer) as Reply);
  }

  /** Fields that no contract names, the use of the others, the scenario in force. Refuses `malformed`, `unknown-origin` and `not-permitted`. */
  async note(ask: NoteAsk): Promise<{ readonly noted: true } | Refusal> {
    const parsed = deeperThan(ask, NOTE_DEPTH_MAX) ? null : NoteAsk.safeParse(ask);
    if (parsed?.success !== true)
      return parsed === null
        ? refuse("malformed", `nested deeper than ${NOTE_DEPTH_MAX}`, "send flat samples", "unknown")
        : malformed(parsed.error, "see NoteAsk");
    const { origin, key, unknown, used, scenario } = parsed.data;
    const known = await settled(streamObject(this.env, "tickets").heard(origin, key));
    if (isRefusal(known)) return known;
    const [registry, unit] = [registryObject(this.env), origin.slice(0, origin.indexOf("@"))];
    if (unknown !== undefined) await registry.noteUnknown(unit, unknown);
    if (used !== undefined) await registry.noteUse(used);
    if (scenario !== undefined) await registry.noteScenario(unit, scenario);
    return { noted: true };
  }

  /** What became of releases; answered with those that wait for the unit. Refuses `malformed`, `unknown-origin` and `not-permitted`; the next one too. */
  async models(ask: ModelsAsk): Promise<ModelsReply | Refusal> {
    const parsed = ModelsAsk.safeParse(ask);
    if (!parsed.success) return malformed(parsed.error, "see ModelsAsk");
    const { origin, key, ...said } = parsed.data;
    const known = await settled(streamObject(this.env, "tickets").heard(origin, key));
    if (isRefusal(known)) return known;
    return JSON.parse(await modelsObject(this.env).hear(origin.slice(0, origin.indexOf("@")), JSON.stringify(said))) as ModelsReply;
  }

  /** Refuses `unknown-model` too. */
  async blob(ask: BlobAsk): Promise<BlobReply | Refusal> {
    const parsed = BlobAsk.safeParse(ask);
    if (!parsed.success) return malformed(parsed.error, "send origin, key, hash and offset");
    const { origin, key, hash, offset } = parsed.data;
    const known = await settled(streamObject(this.env, "tickets").heard(origin, key));
    return isRefusal(known) ? known : await settled(modelsObject(this.env).part(hash, offset));
  }

  async heard(ask: HeardAsk): Promise<Heard | Refusal> {
    const parsed = HeardAsk.safeParse(ask);
    if (!parsed.success) return malformed(parsed.error, "send origin and key");
    const { origin, key, verified, receipt } = parsed.data;
    const answers = await Promise.all(STREAMS.map(async (stream) => ({ stream, heard: await settled(streamObject(this.env, stream).heard(origin, key)) })));
    const through: Record<StreamName, number> = { tickets: 0, assets: 0, customers: 0, people: 0 };
    let [consumers, oldestAt] = [0, Number.POSITIVE_INFINITY];
    for (const { stream, heard } of answers) {
      if (isRefusal(heard)) return heard;
      through[stream] = heard.through;
      // A consumer reads all streams with each page: the counts differ only while one of its reads is under way.
      consumers = Math.max(consumers, heard.consumers);
      oldestAt = Math.min(oldestAt, heard.oldestAt ?? oldestAt);
    }
    // Its key was right: what it says of itself is believed.
    const said = { ...(verified === undefined ? {} : { verified }), ...(receipt === undefined ? {} : { receipt }) };
    await streamObject(this.env, "registry").noteWord(origin.slice(0, origin.indexOf("@")), said);
    return { consumers, through, ...(oldestAt === Number.POSITIVE_INFINITY ? {} : { oldestAt }) };
  }
}

const hubApp = new Hono<Bound>();

const routes = guard(hubApp, "hub", async (c, secret, by) => {
  const [registry, hash] = [streamObject(c.env, "registry"), hashSecret(secret)];
  const signed = await settled(by === "token" ? registry.whoIs(hash) : registry.whoVisits(hash));
  return signed ?? refuse("not-signed-in", "this token is unknown", "ask an administrator for a token: POST /api/hub/tokens");
});

routes.signed("GET", "/api/hub/openapi.json", (c) => c.json(describeApi(DESCRIBED)));
routes.open("GET", "/api/hub/health", (c) => c.json({ ok: true, delta: DELTA_VERSION }));

routes.signed("POST", "/api/hub/tokens", async (c) => {
  const asked = await readBody(c, TokenAsk, BODY_BYTES_MAX);
  if (isRefusal(asked)) return refused(c, asked);
  const secret = makeSecret();
  const no = await settled(
    streamObject(c.env, "registry").addToken(hashSecret(secret), {
      role: asked.role,
      subject: asked.subject ?? (asked.role === "integrator" ? "crm" : asked.role),
      ...(asked.unit === undefined ? {} : { unit: asked.unit }),
    }),
  );
  return no === null
    ? c.json({ token: secret, role: asked.role, ...(asked.unit === undefined ? {} : { unit: asked.unit }) }, 201, { "cache-control": "no-store" })
    : refused(c, no);
});

routes.signed("POST", "/api/hub/units", async (c) => {
  const asked = await readBody(c, UnitAsk, BODY_BYTES_MAX);
  if (isRefusal(asked)) return refused(c, asked);
  await streamObject(c.env, "registry").openUnit(asked.unit);
  return c.json({ unit: asked.unit, opened: true }, 201);
});

routes.signed("GET", "/api/hub/contracts", async (c, who) => {
  const [contracts, subjects] = await Promise.all([streamObject(c.env, "registry").contracts(who.unit), registryObject(c.env).subjects()]);
  return c.body(`{"contracts":${contracts},"subjects":${subjects}}`, 200, { "content-type": "application/json" });
});
contractRoutes(routes);
bridgeRoutes(routes);
quarantineRoutes(routes);
qualityRoutes(routes);
syncRoutes(routes);
pageRoutes(routes);
masterRoutes(routes);
modelRoutes(routes);
streamRoutes(routes);
complaintRoutes(routes);
heldRoutes(routes);
backupRoutes(routes);
outgoingRoutes(routes);

routes.signed("GET", "/api/feed", async (c, who) => {
  const query = readQuery(asked(c));
  if (isRefusal(query)) return refused(c, query);
  const { vector: _, full, ...page } = await awaitPage(c.env, query.after, query.limit, who.unit, query.waitMs, consumerOf(c, who));
  return full === true ? tooManyWait(c) : c.json(page, 200, { "cache-control": "no-store" });
});

routes.signed("GET", "/api/feed/stream", async (c, who) => {
  const { after } = asked(c);
  const query = readQuery({ after: c.req.header("last-event-id") ?? after, wait: undefined, limit: undefined });
  if (isRefusal(query)) return refused(c, query);
  const first = await readPage(c.env, query.after, PAGE_ITEMS, who.unit, consumerOf(c, who));
  return feedEvents(c.env, first, who.unit);
});

function asked(c: Context<Bound>): Parameters<typeof readQuery>[0] {
  return { after: c.req.query("after"), wait: c.req.query("wait"), limit: c.req.query("limit") };
}

// What no row names is a file of the pages, or nothing.
hubApp.notFound((c) =>
  c.req.path.startsWith("/api/") || c.req.method !== "GET"
    ? refused(c, refuse("malformed", "no such route", "see GET /api/hub/openapi.json"))
    : c.env.ASSETS.fetch(c.req.raw),
);
hubApp.onError((error, c) => failed(c, error, "the hub"));

export default hubApp;
