/** Hub and edge in one Worker on one port: the default of `npm start`. The hub's routes are few and fixed; everything else is the edge's. */
import { ROUTES } from "../contracts/permission.ts";
import edgeApp from "../edge/worker.ts";
import hubApp from "./worker.ts";

export { Intake } from "../edge/intake.ts";
export { Unit } from "../edge/unit.ts";
export { Hub, HubRpc } from "./worker.ts";

const HUB_PATHS = new Set(ROUTES.filter((route) => route.at === "hub").map((route) => route.path));

export default {
  fetch(request, env, ctx) {
    return HUB_PATHS.has(new URL(request.url).pathname) ? hubApp.fetch(request, env, ctx) : edgeApp.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
