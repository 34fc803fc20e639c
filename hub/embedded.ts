/** Hub and edge in one Worker on one port: the default of `npm start`. The hub's routes are few and fixed; everything else is the edge's. */
import { ROUTES } from "../contracts/permission.ts";
import edgeApp from "../edge/worker.ts";
import hubApp from "./worker.ts";

export { Intake } from "../edge/intake.ts";
export { Planner } from "../edge/planner.ts";
export { Unit } from "../edge/unit.ts";
export { UnitRpc } from "../edge/worker.ts";
export { Hub, HubRpc, Line, Master, Models, Outgoing, Registry } from "./worker.ts";

const paths = ROUTES.filter((route) => route.at === "hub").map((route) => route.path);
const PATHS = new Set(paths);
/** Of routes with parameters: what stands before the first. */
const PREFIXES = [...new Set(paths.filter((path) => path.includes("/:")).map((path) => path.slice(0, path.indexOf("/:") + 1)))];

const isHub = (path: string): boolean => PATHS.has(path) || PREFIXES.some((prefix) => path.startsWith(prefix));

export default {
  fetch(request, env, ctx) {
    return isHub(new URL(request.url).pathname) ? hubApp.fetch(request, env, ctx) : edgeApp.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
