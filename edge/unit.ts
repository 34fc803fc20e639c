import { DurableObject } from "cloudflare:workers";

export class Unit extends DurableObject<Env> {}
