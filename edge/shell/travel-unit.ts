/** A unit's line to its routing server, where its scenario names one; a sandbox has none. */
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { TravelLink } from "../dispatch/matrix/port.ts";
import { travelLink } from "./travel-link.ts";
import { sendRequest } from "./travel-send.ts";
import { travelStore } from "./travel-store.ts";

/** `view` has no travel of its own. `rested`: the line wants attention at another time now, and so many ways are known to be otherwise. */
export function waysOfUnit(ctx: DurableObjectState, view: UnitView, rested: (news: number) => void): TravelLink | null {
  const { kind, connectors } = view.scenario;
  if (kind !== "live" || connectors.travel === undefined) return null;
  const link = travelLink({
    view,
    connector: connectors.travel,
    store: travelStore(ctx.storage.kv),
    send: (request) => sendRequest(request),
    transact: (body) => ctx.storage.transactionSync(body),
    until: (work) => ctx.waitUntil(work),
    sleep: (ms) => scheduler.wait(ms),
    now: Date.now,
    rested,
  });
  link.ask("plan");
  return link;
}

/** Where somebody goes, stands or lives, and what there is to go to: what changes it changes which ways are needed. */
export function followWays(link: TravelLink | null, changes: readonly Change[]): void {
  if (changes.some(({ family }) => family === "ticket" || family === "engineer" || family === "asset")) link?.ask("plan");
  else if (changes.some(({ family }) => family === "position")) link?.ask("moved");
}
