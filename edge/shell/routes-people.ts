/** What signed-in people ask of a unit: the desk's board and the engineer's phone. Bodies are parsed here, decisions are the unit's. */
import { z } from "zod";
import { PartCount } from "../../contracts/asset.ts";
import type { ComplaintAnswer } from "../../contracts/complaint-answer.ts";
import type { Answer } from "../../contracts/effect.ts";
import { AlarmId, EngineerId, OfferId, TicketId } from "../../contracts/ids.ts";
import { Instant, Place } from "../../contracts/instant.ts";
import { CauseCode, Finding } from "../../contracts/visit.ts";
import { isRefusal, malformed, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Ticket } from "../../contracts/ticket.ts";
import type { Context } from "hono";
import { deleteCookie } from "hono/cookie";
import { readBody, refused } from "./answer.ts";
import { cookieName, isOwnOrigin, type Bound, type Registrar, type Signed } from "./guard.ts";
import { intakeOf, unitOf } from "./stubs.ts";

/** A decline's reason, a cause and an action, a list of parts. */
const BODY_BYTES_MAX = 16 * 1024;

const Nothing = z.object({});
const Decline = z.strictObject({ reason: z.string().min(1).max(200) });
const Cancel = z.strictObject({ why: z.string().trim().min(1).max(500) });
const Progress = z.strictObject({
  to: z.enum(["travelling", "working", "resolved"]),
  cause: z.string().max(500).optional(),
  causeCode: CauseCode.optional(),
  finding: Finding.optional(),
  followUp: z.string().trim().min(1).max(1000).optional(),
  action: z.string().max(500).optional(),
  partsUsed: z.array(PartCount).max(50).optional(),
});
/** `at`: when they were there, by the clock of the unit; a report that waited for a connection is no fresh one. Absent: now. */
const WhereAbouts = z.strictObject({ place: Place, at: Instant.optional() });

export function peopleRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/me", async (c, who) => tell(c, await unitOf(c).me(who)));
  route.signed("POST", "/api/u/:unit/sign-out", async (c) => {
    const cookie = deleteCookie(c, cookieName(c.req.param("unit") ?? "", c.req.query("as") === "phone" ? "phone" : "desk"), { path: "/" });
    if (cookie !== undefined) await unitOf(c).signOut(cookie);
    return c.json({});
  });
  route.signed("GET", "/api/u/:unit/board", async (c) => tell(c, await unitOf(c).board()));
  route.signed("GET", "/api/u/:unit/scenario", async (c) => tell(c, await unitOf(c).scenario()));
  route.signed("GET", "/api/u/:unit/tickets", async (c) => tell(c, await unitOf(c).tickets()));
  route.signed("GET", "/api/u/:unit/tickets/:ticket/chain", async (c) => tell(c, await unitOf(c).chain(param(c, "ticket"))));
  route.signed("GET", "/api/u/:unit/tickets/:ticket/similar", async (c) => tell(c, await unitOf(c).similarTickets(param(c, "ticket"))));
  route.signed("GET", "/api/u/:unit/recurring", async (c) => tell(c, await unitOf(c).recurring()));
  route.signed("GET", "/api/u/:unit/decisions", async (c) => tell(c, await unitOf(c).decisions(c.req.query("after") ?? "")));
  route.signed("GET", "/api/u/:unit/phone", async (c, who) => tell(c, await unitOf(c).phone(who.subject)));
  route.signed("GET", "/api/u/:unit/live", joinLive);

  route.signed("GET", "/api/u/:unit/devices", async (c) => c.json(await intakeOf(c).glances()));
  route.signed("GET", "/api/u/:unit/devices/:device/trace", async (c) => tell(c, await intakeOf(c).traceOf(param(c, "device"), whole(c.req.query("after")))));
  route.signed("GET", "/api/u/:unit/tail", async (c) => c.json(await intakeOf(c).tailAfter(whole(c.req.query("after")), c.req.query("device"))));
  route.signed("GET", "/api/u/:unit/quarantine", async (c) => c.json(await intakeOf(c).quarantine()));

  answering(route, "/api/u/:unit/alarms/:alarm/acknowledge", Nothing, (c, who) => ({
    type: "acknowledge",
    alarm: AlarmId.parse(param(c, "alarm")),
    by: who.subject,
  }));
  answering(route, "/api/u/:unit/tickets/:ticket/confirm", Nothing, (c, who) => ({
    type: "confirm",
    ticket: TicketId.parse(param(c, "ticket")),
    by: who.subject,
  }));
  answering(route, "/api/u/:unit/tickets/:ticket/cancel", Cancel, (c, who, { why }) => ({
    type: "cancel",
    ticket: TicketId.parse(param(c, "ticket")),
    by: who.subject,
    why,
    as: who.role === "integrator" ? "crm" : "dispatcher",
  }));
  answering(route, "/api/u/:unit/offers/:offer/accept", Nothing, (c, who) => ({
    type: "accept",
    offer: OfferId.parse(param(c, "offer")),
    by: EngineerId.parse(who.subject),
  }));
  answering(route, "/api/u/:unit/offers/:offer/decline", Decline, (c, who, body) => ({
    type: "decline",
    offer: OfferId.parse(param(c, "offer")),
    by: EngineerId.parse(who.subject),
    reason: body.reason,
  }));
  answering(route, "/api/u/:unit/tickets/:ticket/progress", Progress, (c, who, { to, ...report }) => ({
    type: "progress",
    ticket: TicketId.parse(param(c, "ticket")),
    by: EngineerId.parse(who.subject),
    to,
    ...defined(report),
  }));
  answering(route, "/api/u/:unit/position", WhereAbouts, (_, who, { place, at }) => ({
    type: "position",
    by: EngineerId.parse(who.subject),
    place,
    at: at ?? Date.now(),
  }));
}

/** A page of another site must not listen with this one's cookie. */
async function joinLive(c: Context<Bound>, who: Signed): Promise<Response> {
  const origin = c.req.header("origin");
  if (c.req.header("upgrade") !== "websocket") return refused(c, refuse("malformed", "a WebSocket", "connect with ws:// or wss://"));
  if (origin !== undefined && !isOwnOrigin(c, origin))
    return refused(c, refuse("not-permitted", "pages of this unit only", "open the board from the unit's own address"));
  const headers = new Headers(c.req.raw.headers);
  headers.set("x-outpost-role", who.role);
  headers.set("x-outpost-subject", who.subject);
  return unitOf(c).fetch(new Request(c.req.raw.url, { headers }));
}

/** The ticket as it is then; `about`: of a complaint. */
export type Answered = { readonly ticket?: Ticket; readonly about?: ComplaintAnswer };

/** A command of a person: its body becomes an answer to the unit, or is refused before it gets there. */
export function answering<T>(
  route: Registrar,
  path: string,
  schema: z.ZodType<T>,
  make: (c: Context<Bound>, who: Signed, body: T) => Answer | Refusal,
  show: (answered: Answered, who: Signed) => object = ({ about, ...rest }) => ({ ...rest, ...about }),
): void {
  route.signed("POST", path, async (c, who) => {
    const body = await readBody(c, schema, BODY_BYTES_MAX);
    if (isRefusal(body)) return refused(c, body);
    try {
      const answer = make(c, who, body);
      const answered = isRefusal(answer) ? answer : await unitOf(c).answer(answer);
      return tell(c, isRefusal(answered) ? answered : show(answered, who));
    } catch (error) {
      if (error instanceof z.ZodError) return refused(c, malformed(error, "check the id in the address"));
      throw error;
    }
  });
}

export function tell(c: Context<Bound>, answer: unknown, status: 200 | 201 = 200): Response {
  return isRefusal(answer) ? refused(c, answer) : c.json(answer as object, status);
}

export function param(c: Context<Bound>, name: string): string {
  return c.req.param(name) ?? "";
}

function whole(text: string | undefined): number {
  const n = Number(text ?? "0");
  return Number.isFinite(n) && n > 0 ? n : 0;
}

/** Without what was left out. */
export function defined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
