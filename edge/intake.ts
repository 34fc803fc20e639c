import { DurableObject } from "cloudflare:workers";

export class Intake extends DurableObject<Env> {}
