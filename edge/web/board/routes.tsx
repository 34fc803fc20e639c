/** Addresses of one page: the map and the chart stay while tickets come and go; everybody's day stands instead of them. */
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { BoardPage } from "./board-page.tsx";

const root = createRootRoute();
const unit = createRoute({
  getParentRoute: () => root,
  path: "/u/$unit",
  component: BoardPage,
  validateSearch: (search: Readonly<Record<string, unknown>>): { readonly device?: string } =>
    typeof search["device"] === "string" ? { device: search["device"] } : {},
});
const ticket = createRoute({ getParentRoute: () => unit, path: "tickets/$ticket" });
const plan = createRoute({ getParentRoute: () => unit, path: "plan" });

export const router = createRouter({ routeTree: root.addChildren([unit.addChildren([ticket, plan])]) });

declare module "@tanstack/react-router" {
  interface Register {
    readonly router: typeof router;
  }
}
