/** What the board asks for, and how it stays current: the live socket patches the board, the Intake's memory is asked each second. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState } from "react";
import type { Board } from "../../../contracts/board.ts";
import type { Changed } from "../../../contracts/down.ts";
import type { Api } from "../api.ts";
import { listen } from "../live.ts";
import { patch } from "./patch.ts";

const GLANCE_MS = 1_000;
/** With no live socket the board is asked for this often. */
const BOARD_POLL_MS = 4_000;
const DEMO_POLL_MS = 5_000;

export type Unit = { readonly unit: string; readonly api: Api };
/** `live`: the socket is open. */
type Here = Unit & { readonly live: boolean };
export const UnitContext = createContext<Here | null>(null);

export function useUnit(): Here {
  const unit = useContext(UnitContext);
  if (unit === null) throw new Error("a part of the board stands outside of its unit");
  return unit;
}

export const useMe = ({ unit, api }: Unit) => useQuery({ queryKey: [unit, "me"], queryFn: api.me, staleTime: Infinity });
export const useScenario = ({ unit, api }: Unit, enabled: boolean) =>
  useQuery({ queryKey: [unit, "scenario"], queryFn: api.scenario, enabled, staleTime: 60_000 });
export const useGlances = ({ unit, api }: Unit) => useQuery({ queryKey: [unit, "glances"], queryFn: api.glances, refetchInterval: GLANCE_MS });
export const useQuarantine = ({ unit, api }: Unit, enabled: boolean) =>
  useQuery({ queryKey: [unit, "quarantine"], queryFn: api.quarantine, enabled, refetchInterval: GLANCE_MS * 3 });
export const useMeters = ({ unit, api }: Unit, enabled: boolean) =>
  useQuery({ queryKey: [unit, "meters"], queryFn: api.meters, enabled, refetchInterval: GLANCE_MS * 3 });
/** `newest`: when a newer one was made, all are asked for again. */
export const useReceipts = ({ unit, api }: Unit, newest: number | undefined, enabled: boolean) =>
  useQuery({ queryKey: [unit, "receipts", newest], queryFn: api.receipts, enabled });
export const useDemo = ({ unit, api }: Unit) =>
  useQuery({ queryKey: [unit, "demo"], queryFn: api.demo, refetchInterval: ({ state }) => (state.data === null ? false : DEMO_POLL_MS) });

/** Asked again whenever something of the ticket changed: `version` says so. */
export const useChain = ({ unit, api }: Unit, ticket: string | undefined, version: string) =>
  useQuery({
    queryKey: [unit, "chain", ticket, version],
    queryFn: () => api.chain(ticket ?? ""),
    enabled: ticket !== undefined,
    placeholderData: (before) => (before?.ticket.id === ticket ? before : undefined),
  });

/** How often everybody's day is asked for while nobody says that it changed: the clock moves it too. */
const PLAN_CLOCK_MS = 60_000;
/** With no live socket. */
const PLAN_POLL_MS = 15_000;
/** One input may change many a job: they are asked for together. */
const PLAN_GATHER_MS = 300;

/** Asked again whenever the live socket says that it is another. */
export const usePlan = ({ unit, api, live }: Here) =>
  useQuery({ queryKey: [unit, "plan"], queryFn: api.plan, refetchInterval: live ? PLAN_CLOCK_MS : PLAN_POLL_MS });

/** The board, patched by the live socket. A board that was asked for while changes came in gets them laid over it again. */
export function useLiveBoard(
  { unit, api }: Unit,
  enabled: boolean,
): { readonly board: Board | undefined; readonly error: Error | null; readonly live: boolean } {
  const queries = useQueryClient();
  /** What came in while the board is being asked for; null otherwise. */
  const meanwhile = useRef<Changed[] | null>(null);
  const [live, setLive] = useState(false);
  const query = useQuery({
    queryKey: [unit, "board"],
    queryFn: async () => {
      const changes: Changed[] = [];
      meanwhile.current = changes;
      const board = await api.board().finally(() => {
        if (meanwhile.current === changes) meanwhile.current = null;
      });
      return patch(board, changes);
    },
    enabled,
    refetchInterval: live ? false : BOARD_POLL_MS,
    staleTime: Infinity,
  });
  useEffect(() => {
    if (!enabled) return;
    let gathering: ReturnType<typeof setTimeout> | undefined;
    const planned = () => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        void queries.invalidateQueries({ queryKey: [unit, "plan"] });
      }, PLAN_GATHER_MS);
    };
    const again = () => {
      void queries.invalidateQueries({ queryKey: [unit, "board"] });
      planned();
    };
    const close = listen(unit, "desk", {
      opened: () => {
        setLive(true);
        again();
      },
      closed: () => setLive(false),
      missed: again,
      planned,
      changed: (changes) => {
        meanwhile.current?.push(...changes);
        lay(queries, unit, (board) => patch(board, changes));
      },
      status: ({ hub, kpis }) => lay(queries, unit, (board) => ({ ...board, hub, kpis })),
    });
    return () => {
      clearTimeout(gathering);
      close();
    };
  }, [unit, enabled, queries]);
  return { board: query.data, error: query.error, live };
}

function lay(queries: QueryClient, unit: string, change: (board: Board) => Board): void {
  queries.setQueryData<Board>([unit, "board"], (board) => (board === undefined ? undefined : change(board)));
}
