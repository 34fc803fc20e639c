/** The page's addresses: a section, and in it one thing. What a section filters by stands in the address too: a link shows the same to everybody. */
import { createRootRoute, createRoute, createRouter } from "@tanstack/react-router";
import { HubPage } from "./hub-page.tsx";
import { BrokenPage } from "./parts/broken-page.tsx";

export type Filters = Readonly<Partial<Record<"stream" | "unit" | "entity" | "id" | "outcome" | "after" | "before" | "from" | "to" | "asOf", string>>>;
const NAMES = ["stream", "unit", "entity", "id", "outcome", "after", "before", "from", "to", "asOf"] as const;

const root = createRootRoute({
  component: HubPage,
  validateSearch: (search: Readonly<Record<string, unknown>>): Filters =>
    Object.fromEntries(
      NAMES.flatMap((name) => {
        const value = search[name];
        // The address bar's numbers are read as numbers.
        return typeof value === "string" || typeof value === "number" ? [[name, String(value)]] : [];
      }),
    ),
});
const hub = createRoute({ getParentRoute: () => root, path: "/hub" });
const section = createRoute({ getParentRoute: () => root, path: "/hub/$section" });
const item = createRoute({ getParentRoute: () => root, path: "/hub/$section/$item" });

/** Parts of the page that are fetched later are another version's after the server was renewed. */
export const router = createRouter({ routeTree: root.addChildren([hub, section, item]), defaultErrorComponent: BrokenPage });

declare module "@tanstack/react-router" {
  interface Register {
    readonly router: typeof router;
  }
}
