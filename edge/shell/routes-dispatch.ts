/** What people ask of the plan and say about their part in it: who is expected where, why not somebody, "I'm late", "I'm away". */
import { z } from "zod";
import { EngineerId, TicketId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Registrar, Signed } from "./guard.ts";
import { answering, param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

const Late = z.strictObject({ arriveAt: Instant });
const Absence = z.strictObject({ from: Instant.optional(), until: Instant });
const Move = z.strictObject({ to: EngineerId });
const Keep = Move.extend({ why: z.string().trim().min(1).max(500) });
const Nothing = z.object({});

export function dispatchRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/plan", async (c) => tell(c, await unitOf(c).plan()));
  route.signed("GET", "/api/u/:unit/planner", async (c) => tell(c, await unitOf(c).plannerWork()));
  route.signed("GET", "/api/u/:unit/tickets/:ticket/why-not/:engineer", async (c) => tell(c, await unitOf(c).whyNot(param(c, "ticket"), param(c, "engineer"))));
  answering(route, "/api/u/:unit/plan/moves/:ticket/confirm", Move, (c, who, { to }) => ({
    type: "move",
    ticket: TicketId.parse(param(c, "ticket")),
    by: who.subject,
    to,
  }));
  answering(route, "/api/u/:unit/plan/moves/:ticket/decline", Keep, (c, who, { to, why }) => ({
    type: "keep",
    ticket: TicketId.parse(param(c, "ticket")),
    by: who.subject,
    to,
    why,
  }));
  answering(route, "/api/u/:unit/tickets/:ticket/late", Late, (c, who, { arriveAt }) => ({
    type: "late",
    ticket: TicketId.parse(param(c, "ticket")),
    by: EngineerId.parse(who.subject),
    arriveAt,
  }));
  answering(route, "/api/u/:unit/engineers/:engineer/absence", Absence, (c, who, { from = Date.now(), until }) => {
    const engineer = EngineerId.parse(param(c, "engineer"));
    return mayNot(who, engineer) ?? { type: "absent", engineer, by: who.subject, from, until };
  });
  answering(route, "/api/u/:unit/engineers/:engineer/presence", Nothing, (c, who) => {
    const engineer = EngineerId.parse(param(c, "engineer"));
    return mayNot(who, engineer) ?? { type: "present", engineer, by: who.subject };
  });
}

/** The desk speaks for everybody. */
function mayNot(who: Signed, engineer: EngineerId): Refusal | null {
  return who.role === "engineer" && who.subject !== engineer
    ? refuse("not-yours", "engineers speak for themselves", "ask the desk to say it", "engineer")
    : null;
}
