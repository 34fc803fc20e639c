/** What the address says is chosen, and how to choose otherwise: a link shows the same to everybody. */
import { useNavigate, useParams, useRouterState, useSearch } from "@tanstack/react-router";

export type Choice = {
  readonly unit: string;
  readonly ticket: string | undefined;
  readonly device: string | undefined;
  /** Everybody's day, instead of the board. */
  readonly isPlan: boolean;
  readonly showPlan: () => void;
  readonly showBoard: () => void;
  readonly chooseTicket: (id: string) => void;
  readonly chooseDevice: (id: string) => void;
};

export function useChoice(): Choice {
  const params = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const here = params.unit ?? "";
  const isPlan = useRouterState({ select: ({ matches }) => matches.some(({ routeId }) => routeId === "/u/$unit/plan") });
  return {
    unit: here,
    ticket: params.ticket,
    device: search.device,
    isPlan,
    showPlan: () => void navigate({ to: "/u/$unit/plan", params: { unit: here }, search: {} }),
    showBoard: () => void navigate({ to: "/u/$unit", params: { unit: here }, search: {} }),
    chooseTicket: (id) => void navigate({ to: "/u/$unit/tickets/$ticket", params: { unit: here, ticket: id }, search: {} }),
    chooseDevice: (id) =>
      void (params.ticket === undefined
        ? navigate({ to: "/u/$unit", params: { unit: here }, search: { device: id } })
        : navigate({ to: "/u/$unit/tickets/$ticket", params: { unit: here, ticket: params.ticket }, search: { device: id } })),
  };
}
