/**
 * The contract registry of a tenant: versions, modes, what units speak, quarantine, bridges, scans. One object per tenant,
 * `hubObject(tenant, "contracts")`. Thin: load, decide, commit, answer.
 */
import { DurableObject } from "cloudflare:workers";

export class Registry extends DurableObject<Env> {}
