import { WorkerEntrypoint } from "cloudflare:workers";
import { Hono } from "hono";

export { Hub } from "./hub.ts";
export class HubRpc extends WorkerEntrypoint<Env> {}

export const hubApp = new Hono<{ Bindings: Env }>();
export default hubApp;
