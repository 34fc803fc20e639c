/** Hub and edge in one Worker on one port: the default of `npm start`. */
import { Hono } from "hono";
import { edgeApp } from "../edge/worker.ts";
import { hubApp } from "./worker.ts";

export { Intake } from "../edge/intake.ts";
export { Unit } from "../edge/unit.ts";
export { Hub, HubRpc } from "./worker.ts";

const app = new Hono<{ Bindings: Env }>();
app.route("/", hubApp);
app.route("/", edgeApp);
export default app;
