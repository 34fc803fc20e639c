/** Who reads a feed: what the streams keep of how far it has got. */
import type { Context } from "hono";
import { type Bound, type Signed, hashSecret } from "../../edge/shell/guard.ts";
import type { Consumer } from "./consumer-tables.ts";

/** An integrator is its token. An administrator who looks in consumes nothing, and neither does a page. */
export function consumerOf(c: Context<Bound>, who: Signed): Consumer | undefined {
  const sent = c.req.header("authorization");
  if (who.role !== "integrator" || sent === undefined) return undefined;
  const secret = sent.slice("Bearer ".length);
  return { token: hashSecret(secret), ...(who.unit === undefined ? {} : { unit: who.unit }) };
}
