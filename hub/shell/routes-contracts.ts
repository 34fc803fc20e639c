/** The registry's routes: who may is the guard's, what may be asked is `registry/api.ts`'s, what follows is the object's. */
import type { Context } from "hono";
import { TenantId } from "../../contracts/ids.ts";
import { hubObject } from "../../contracts/object-name.ts";
import { type Refusal, isRefusal, malformed, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar, Signed } from "../../edge/shell/guard.ts";
import type { Registry } from "../contracts.ts";
import { DiffQuery, ModeAsk, PublishAsk, PublishDraftAsk, WhyAsk } from "../registry/api.ts";
import { DOCUMENT_BYTES_MAX } from "../registry/document.ts";
import { ImpactAsk } from "../registry/impact.ts";
import type { Inadmissible } from "../registry/publish.ts";
import { readListeners } from "./contracts/listeners.ts";
import { settled } from "./settled.ts";

/** A document, its lens and the reasons. */
const PUBLISH_BYTES_MAX = DOCUMENT_BYTES_MAX + 64 * 1024;
/** A mode, a reason. */
const BODY_BYTES_MAX = 4_096;
/** A reason, and every bridge by its id. */
const DRAFT_BYTES_MAX = 64 * 1024;

export function registryObject(env: Env): DurableObjectStub<Registry> {
  return env.REGISTRY.getByName(hubObject(TenantId.parse(env.TENANT), "contracts"));
}

export function contractRoutes(routes: Registrar): void {
  routes.signed("POST", "/api/hub/contracts", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, PublishAsk, PUBLISH_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(registryObject(c.env).publish(ask, who.subject));
    return isNo(answer) ? no(c, answer) : c.json(answer, "published" in answer && !answer.published ? 200 : 201);
  });

  routes.signed("POST", "/api/hub/contracts/impact", async (c) => {
    const ask = await readBody(c, ImpactAsk, PUBLISH_BYTES_MAX);
    return isRefusal(ask) ? refused(c, ask) : text(c, await settled(registryObject(c.env).impact(ask, await readListeners(c.env))));
  });

  routes.signed("GET", "/api/hub/contracts/:subject", async (c) => text(c, await settled(registryObject(c.env).describe(param(c, "subject")))));

  routes.signed("PUT", "/api/hub/contracts/:subject/mode", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, ModeAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const subject = param(c, "subject");
    const answer = await settled(registryObject(c.env).changeMode(subject, ask.mode, who.subject, ask.why));
    return isRefusal(answer) ? refused(c, answer) : c.json({ subject, ...answer });
  });

  routes.signed("GET", "/api/hub/contracts/:subject/diff", async (c) => {
    const query = DiffQuery.safeParse({ from: c.req.query("from"), to: c.req.query("to") });
    if (!query.success) return refused(c, malformed(query.error, "send from and to, such as from=1.0&to=1.1"));
    const answer = await settled(registryObject(c.env).diff(param(c, "subject"), query.data.from, query.data.to));
    return isRefusal(answer) ? refused(c, answer) : c.json(answer);
  });

  routes.signed("GET", "/api/hub/contracts/:subject/drafts/:draft", async (c) =>
    text(c, await settled(registryObject(c.env).draft(param(c, "subject"), param(c, "draft")))),
  );

  routes.signed("DELETE", "/api/hub/contracts/:subject/drafts/:draft", async (c, who) => {
    const refusal = allowed(who) ?? (await settled(registryObject(c.env).dropDraft(param(c, "subject"), param(c, "draft"))));
    return refusal === null ? c.json({ dropped: param(c, "draft") }) : refused(c, refusal);
  });

  routes.signed("POST", "/api/hub/contracts/:subject/drafts/:draft/publish", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, PublishDraftAsk, DRAFT_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const answer = await settled(registryObject(c.env).publishDraft(param(c, "subject"), param(c, "draft"), who.subject, ask.why, ask.leaving));
    return isNo(answer) ? no(c, answer) : c.json(answer, 201);
  });

  routes.signed("GET", "/api/hub/contracts/:subject/:version", async (c) =>
    text(c, await settled(registryObject(c.env).version(param(c, "subject"), param(c, "version")))),
  );

  routes.signed("POST", "/api/hub/contracts/:subject/:version/retire", async (c, who) => {
    const ask = allowed(who) ?? (await readBody(c, WhyAsk, BODY_BYTES_MAX));
    if (isRefusal(ask)) return refused(c, ask);
    const subject = param(c, "subject");
    const answer = await settled(registryObject(c.env).retire(subject, param(c, "version"), who.subject, ask.why));
    return isRefusal(answer) ? refused(c, answer) : c.json({ subject, ...answer });
  });
}

/** Contracts are the tenant's: a token that is good for one unit changes none. */
export function allowed(who: Signed): Refusal | null {
  return who.unit === undefined ? null : refuse("not-permitted", "contracts are the whole tenant's", "use a token that is not bound to one unit");
}

export function param(c: Context<Bound>, name: string): string {
  return c.req.param(name) ?? "";
}

/** An answer that is JSON text already. */
export function text(c: Context<Bound>, answer: string | Refusal): Response {
  return typeof answer === "string" ? c.body(answer, 200, { "content-type": "application/json" }) : refused(c, answer);
}

function isNo(answer: object): answer is Inadmissible | Refusal {
  return "refusal" in answer || isRefusal(answer);
}

/** A refusal with everything that is wrong: always 422 where there is a list of it. */
function no(c: Context<Bound>, answer: Inadmissible | Refusal): Response {
  if (isRefusal(answer)) return refused(c, answer);
  const { refusal, problems, changes } = answer;
  return problems.length + changes.length === 0 ? refused(c, refusal) : c.json({ ...refusal, problems, changes }, 422);
}
