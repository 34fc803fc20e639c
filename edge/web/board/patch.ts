/** What the live socket said, laid over the board: each entity replaces the one with its id, or joins. Pure and idempotent. */
import type { Board } from "../../../contracts/board.ts";
import type { Changed } from "../../../contracts/down.ts";

export function patch(board: Board, changes: readonly Changed[]): Board {
  return changes.reduce(applyOne, board);
}

function applyOne(board: Board, change: Changed): Board {
  switch (change.family) {
    case "alarm":
      return { ...board, alarms: put(board.alarms, change.entity) };
    case "ticket":
      return { ...board, tickets: put(board.tickets, change.entity) };
    case "offer":
      return { ...board, offers: put(board.offers, change.entity) };
    case "kit":
      return { ...board, kits: put(board.kits, change.entity) };
    case "device":
      return { ...board, devices: put(board.devices, change.entity) };
    case "engineer":
      return { ...board, engineers: put(board.engineers, change.entity) };
    case "position":
      return { ...board, positions: put(board.positions, change.entity) };
    case "suppression":
      return { ...board, suppressions: put(board.suppressions, change.entity) };
  }
}

function put<T extends { readonly id: string }>(list: readonly T[], entity: T): T[] {
  const at = list.findIndex((one) => one.id === entity.id);
  return at < 0 ? [...list, entity] : list.with(at, entity);
}
