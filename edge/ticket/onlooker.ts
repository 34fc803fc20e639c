/** Which engineers see what was photographed on a visit: whoever has or had the job, and whoever goes to the same asset now. */
import type { UnitView } from "../../contracts/entity.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import { isHelper } from "./condition.ts";
import { isOverState } from "./life.ts";

export function seesVisit(view: UnitView, ticket: Ticket, engineer: string): boolean {
  const isInvolved = (one: Ticket): boolean =>
    ("to" in one && one.to === engineer) || isHelper(one, engineer) || view.list("offer", { ticket: one.id, engineer, state: "open" }).length > 0;
  const worked =
    view.list("offer", { ticket: ticket.id, engineer, state: "accepted" }).length > 0 ||
    (ticket.history ?? []).some(({ by }) => by === engineer) ||
    (ticket.photos ?? []).some(({ by }) => by === engineer);
  return worked || isInvolved(ticket) || view.list("ticket", { asset: ticket.asset }).some((one) => !isOverState(one.state) && isInvolved(one));
}
