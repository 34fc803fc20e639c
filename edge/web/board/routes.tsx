/** Two addresses, one page: the map and the chart stay while tickets come and go. */
import { createRootRoute, createRoute, createRouter, useNavigate, useParams, useSearch } from "@tanstack/react-router";
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

export const router = createRouter({ routeTree: root.addChildren([unit.addChildren([ticket])]) });

declare module "@tanstack/react-router" {
  interface Register {
    readonly router: typeof router;
  }
}

export type Choice = {
  readonly unit: string;
  readonly ticket: string | undefined;
  readonly device: string | undefined;
  readonly chooseTicket: (id: string) => void;
  readonly chooseDevice: (id: string) => void;
};

/** What the address says is chosen, and how to choose otherwise. */
export function useChoice(): Choice {
  const params = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const here = params.unit ?? "";
  return {
    unit: here,
    ticket: params.ticket,
    device: search.device,
    chooseTicket: (id) => void navigate({ to: "/u/$unit/tickets/$ticket", params: { unit: here, ticket: id }, search: {} }),
    chooseDevice: (id) =>
      void (params.ticket === undefined
        ? navigate({ to: "/u/$unit", params: { unit: here }, search: { device: id } })
        : navigate({ to: "/u/$unit/tickets/$ticket", params: { unit: here, ticket: params.ticket }, search: { device: id } })),
  };
}
