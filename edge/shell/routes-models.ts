/** Models over HTTP: what a unit runs, the bytes and the card of another one, and its way from shadow to live and back. */
import { z } from "zod";
import { ApplyFloor } from "../../contracts/fit.ts";
import { CARD_CHARS_MAX, MODEL_BYTES_MAX, ModelCard } from "../../contracts/model-card.ts";
import { StartCanary, StartShadow } from "../../contracts/models-view.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { giveModel } from "./model-intakes.ts";
import { param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

const BODY_BYTES_MAX = 16 * 1024;
const Nothing = z.object({});

export function modelRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/models", async (c) => tell(c, await unitOf(c).models()));
  route.signed("PUT", "/api/u/:unit/models/:hash", async (c) => {
    const tooLarge = refuse("too-large", `a model of at most ${MODEL_BYTES_MAX} bytes`, "export a smaller graph");
    if (Number(c.req.header("content-length") ?? 0) > MODEL_BYTES_MAX) return refused(c, tooLarge);
    const bytes = await c.req.arrayBuffer();
    if (bytes.byteLength > MODEL_BYTES_MAX) return refused(c, tooLarge);
    return tell(c, await giveModel(c.env, param(c, "unit"), param(c, "hash"), bytes));
  });
  route.signed("PUT", "/api/u/:unit/models/:hash/card", async (c) => {
    const card = await readBody(c, ModelCard, CARD_CHARS_MAX);
    return isRefusal(card) ? refused(c, card) : tell(c, await unitOf(c).putModelCard(param(c, "hash"), card));
  });
  route.signed("POST", "/api/u/:unit/models/:profile/shadow", async (c, who) => {
    const given = await readBody(c, StartShadow, BODY_BYTES_MAX);
    return isRefusal(given) ? refused(c, given) : tell(c, await unitOf(c).startShadow(param(c, "profile"), given, who.subject));
  });
  route.signed("POST", "/api/u/:unit/models/:profile/canary", async (c, who) => {
    const given = await readBody(c, StartCanary, BODY_BYTES_MAX);
    if (isRefusal(given)) return refused(c, given);
    const ask = { type: "canary", ...(given.share === undefined ? {} : { share: given.share }) } as const;
    return tell(c, await unitOf(c).askOfModel(param(c, "profile"), ask, who.subject));
  });
  route.signed("GET", "/api/u/:unit/models/:profile/fit", async (c) => tell(c, await unitOf(c).fit(param(c, "profile"))));
  route.signed("POST", "/api/u/:unit/models/:profile/fit", async (c, who) => {
    const given = await readBody(c, ApplyFloor, BODY_BYTES_MAX);
    return isRefusal(given) ? refused(c, given) : tell(c, await unitOf(c).applyFit(param(c, "profile"), given, who.subject));
  });
  for (const type of ["promote", "roll-back", "stop"] as const)
    route.signed("POST", `/api/u/:unit/models/:profile/${type}`, async (c, who) => {
      const given = await readBody(c, Nothing, BODY_BYTES_MAX);
      return isRefusal(given) ? refused(c, given) : tell(c, await unitOf(c).askOfModel(param(c, "profile"), { type }, who.subject));
    });
}
