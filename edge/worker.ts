import { Hono } from "hono";

export { Intake } from "./intake.ts";
export { Unit } from "./unit.ts";

export const edgeApp = new Hono<{ Bindings: Env }>();
export default edgeApp;
