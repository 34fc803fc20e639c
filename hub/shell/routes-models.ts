/** The registry of models over HTTP: cards, bytes, releases and what is asked of them. */
import type { Context } from "hono";
import { hexToBytes } from "@noble/hashes/utils.js";
import { TenantId } from "../../contracts/ids.ts";
import { CARD_CHARS_MAX, MODEL_BYTES_MAX, ModelCard } from "../../contracts/model-card.ts";
import { hubObject } from "../../contracts/object-name.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { readBody, readBytes, refused } from "../../edge/shell/answer.ts";
import type { Bound, Registrar, Signed } from "../../edge/shell/guard.ts";
import { AskOfRelease, NewRelease } from "../models/asked.ts";
import type { Models } from "../models.ts";
import { settled } from "./settled.ts";

/** The units of a release by name, and a reason. */
const BODY_BYTES_MAX = 128 * 1024;

export function modelsObject(env: Env): DurableObjectStub<Models> {
  return env.MODELS.getByName(hubObject(TenantId.parse(env.TENANT), "models"));
}

export function modelRoutes(routes: Registrar): void {
  routes.signed("PUT", "/api/hub/models/:hash/card", async (c, who) => {
    const card = tenants(who) ?? (await readBody(c, ModelCard, CARD_CHARS_MAX));
    return isRefusal(card) ? refused(c, card) : tell(c, await settled(modelsObject(c.env).putCard(card, param(c, "hash"), who.subject)));
  });

  routes.signed("PUT", "/api/hub/models/:hash", async (c, who) => {
    const bytes = tenants(who) ?? (await readBytes(c.req.raw, MODEL_BYTES_MAX));
    if (isRefusal(bytes)) return refused(c, bytes);
    const whole = new Uint8Array(bytes);
    return tell(c, await settled(modelsObject(c.env).putBytes(param(c, "hash"), whole.buffer)));
  });

  routes.signed("GET", "/api/hub/models", async (c, who) => {
    const no = tenants(who);
    return no === null ? json(c, `{"models":${await modelsObject(c.env).models()}}`) : refused(c, no);
  });

  routes.signed("GET", "/api/hub/models/:hash", async (c, who) => {
    return text(c, tenants(who) ?? (await settled(modelsObject(c.env).model(param(c, "hash")))));
  });

  routes.signed("GET", "/api/hub/models/:hash/file", async (c, who) => {
    const hash = param(c, "hash");
    const first = tenants(who) ?? (await settled(modelsObject(c.env).part(hash, 0)));
    return isRefusal(first) ? refused(c, first) : fileOf(c.env, hash, first);
  });

  routes.signed("DELETE", "/api/hub/models/:hash", async (c, who) => tell(c, tenants(who) ?? (await settled(modelsObject(c.env).drop(param(c, "hash"))))));

  routes.signed("POST", "/api/hub/releases", async (c, who) => {
    const given = tenants(who) ?? (await readBody(c, NewRelease, BODY_BYTES_MAX));
    return text(c, isRefusal(given) ? given : await settled(modelsObject(c.env).release(given, who.subject)), 201);
  });

  routes.signed("GET", "/api/hub/releases", async (c, who) => {
    const no = tenants(who);
    return no === null ? json(c, `{"releases":${await modelsObject(c.env).releases()}}`) : refused(c, no);
  });

  routes.signed("GET", "/api/hub/releases/:id", async (c, who) => {
    return text(c, tenants(who) ?? (await settled(modelsObject(c.env).releaseNamed(param(c, "id")))));
  });

  routes.signed("POST", "/api/hub/releases/:id/asks", async (c, who) => {
    const given = tenants(who) ?? (await readBody(c, AskOfRelease, BODY_BYTES_MAX));
    return text(c, isRefusal(given) ? given : await settled(modelsObject(c.env).ask(param(c, "id"), given, who.subject)), 201);
  });
}

/** The whole file, part by part. */
function fileOf(env: Env, hash: string, first: { readonly part: string; readonly bytes: number }): Response {
  let [next, sent]: [string, number] = [first.part, 0];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = hexToBytes(next);
      controller.enqueue(part);
      sent += part.byteLength;
      if (sent >= first.bytes) return controller.close();
      const more = await settled(modelsObject(env).part(hash, sent));
      if (isRefusal(more)) return controller.error(new Error(more.rule));
      next = more.part;
    },
  });
  return new Response(body, { headers: { "content-type": "application/octet-stream", "cache-control": "private, max-age=31536000, immutable" } });
}

/** Models are the tenant's. */
function tenants(who: Signed): Refusal | null {
  return who.unit === undefined ? null : refuse("not-permitted", "models are the whole tenant's", "use a token that is not bound to one unit");
}

function param(c: Context<Bound>, name: string): string {
  return c.req.param(name) ?? "";
}

function tell(c: Context<Bound>, answer: object | Refusal): Response {
  return isRefusal(answer) ? refused(c, answer) : c.json(answer, 200, { "cache-control": "no-store" });
}

function text(c: Context<Bound>, answer: string | Refusal, status: 200 | 201 = 200): Response {
  return isRefusal(answer) ? refused(c, answer) : json(c, answer, status);
}

function json(c: Context<Bound>, body: string, status: 200 | 201 = 200): Response {
  return c.body(body, status, { "content-type": "application/json", "cache-control": "no-store" });
}
