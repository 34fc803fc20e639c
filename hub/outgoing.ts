/**
 * Everything that leaves the hub by itself: webhooks, consumers' cursors, connectors. One object per tenant, `hubObject(tenant, "outgoing")`.
 * Thin: load, decide, commit, send.
 */
import { DurableObject } from "cloudflare:workers";

export class Outgoing extends DurableObject<Env> {}
