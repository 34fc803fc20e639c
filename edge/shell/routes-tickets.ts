/** What people and programs ask of tickets and alarms besides answering offers: new ones, complaints, pauses, checklists, photographs, shelves and windows. */
import type { Context } from "hono";
import { uuidv7 } from "uuidv7";
import { z } from "zod";
import { Suppression } from "../../contracts/alarm.ts";
import { AlarmId, AssetId, EngineerId, FaultModeId, SuppressionId, TicketId } from "../../contracts/ids.ts";
import { Instant } from "../../contracts/instant.ts";
import { isRefusal, refuse } from "../../contracts/refusal.ts";
import { Priority } from "../../contracts/ticket.ts";
import { Complaint, CREW_MAX, PauseReason, Photo, PHOTO_BYTES_MAX } from "../../contracts/visit.ts";
import { readBytes, refused } from "./answer.ts";
import type { Bound, Registrar, Signed } from "./guard.ts";
import { glanceOf } from "../ticket/complaint.ts";
import { type Answered, answering, defined, param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

const words = z.string().trim().min(1, "say what is to be done").max(1000);
const why = z.string().trim().min(1, "say why").max(500);

const Nothing = z.object({});
const NewTicket = z.strictObject({
  /** Made by whoever asks, so that asking twice opens one. */
  id: TicketId.optional(),
  asset: AssetId,
  words,
  faultMode: FaultModeId.optional(),
  priority: Priority.optional(),
  crew: z.number().int().min(1).max(CREW_MAX).optional(),
  parent: TicketId.optional(),
  follows: TicketId.optional(),
});
const NewComplaint = z.strictObject({ id: Complaint.shape.id.optional(), asset: AssetId, words, at: Instant.optional(), priority: Priority.optional() });
const Why = z.strictObject({ why });
const Pause = z.strictObject({ reason: PauseReason, note: z.string().trim().min(1).max(200).optional(), until: Instant.optional() });
const Parent = z.strictObject({ parent: TicketId.nullable() });
const Crew = z.strictObject({ crew: z.number().int().min(1).max(CREW_MAX) });
const Leave = z.strictObject({ engineer: EngineerId.optional() });
const Tick = z.strictObject({ step: z.string().min(1).max(64), done: z.boolean() });
const Shelve = z.strictObject({ until: Instant, why });
const Suppress = Suppression.pick({ asset: true, device: true, from: true, to: true, recurs: true, last: true }).extend({ id: SuppressionId.optional(), why });
const Taken = z.object({ type: Photo.shape.type, at: z.coerce.number().pipe(Instant) });

export function ticketRoutes(route: Registrar): void {
  const ticketOf = (c: Context<Bound>) => TicketId.parse(param(c, "ticket"));
  const alarmOf = (c: Context<Bound>) => AlarmId.parse(param(c, "alarm"));
  const asWho = (who: Signed) => (who.role === "engineer" ? "engineer" : "dispatcher");

  answering(route, "/api/u/:unit/tickets", NewTicket, (_, who, { id, ...wanted }) => ({
    type: "open",
    ticket: id ?? TicketId.parse(uuidv7()),
    by: who.subject,
    as: who.role === "integrator" ? "crm" : "dispatcher",
    ...defined(wanted),
  }));
  answering(
    route,
    "/api/u/:unit/complaints",
    NewComplaint,
    (_, who, { id, ...said }) => {
      const as = callerOf(who);
      // How soon somebody comes is for the agreement to say.
      if (as === "customer" && said.priority !== undefined) return refuse("malformed", "the agreement decides the priority", "leave it out", "priority");
      return { type: "complain", id: id ?? uuidv7(), by: who.subject, as, ...defined(said) };
    },
    forCaller,
  );
  answering(route, "/api/u/:unit/tickets/:ticket/close", Nothing, (c, who) => ({ type: "close", ticket: ticketOf(c), by: who.subject }));
  answering(
    route,
    "/api/u/:unit/tickets/:ticket/reopen",
    Why,
    (c, who, body) => ({ type: "reopen", ticket: ticketOf(c), by: who.subject, as: callerOf(who), ...body }),
    forCaller,
  );
  answering(route, "/api/u/:unit/tickets/:ticket/return", Why, (c, who, body) => ({ type: "return", ticket: ticketOf(c), by: who.subject, ...body }));
  answering(route, "/api/u/:unit/tickets/:ticket/parent", Parent, (c, who, body) => ({ type: "place", ticket: ticketOf(c), by: who.subject, ...body }));
  answering(route, "/api/u/:unit/tickets/:ticket/crew", Crew, (c, who, body) => ({ type: "crew", ticket: ticketOf(c), by: who.subject, ...body }));
  answering(route, "/api/u/:unit/tickets/:ticket/pause", Pause, (c, who, body) => ({
    type: "pause",
    ticket: ticketOf(c),
    by: who.subject,
    as: asWho(who),
    ...defined(body),
  }));
  answering(route, "/api/u/:unit/tickets/:ticket/resume", Nothing, (c, who) => ({ type: "resume", ticket: ticketOf(c), by: who.subject, as: asWho(who) }));
  answering(route, "/api/u/:unit/tickets/:ticket/leave", Leave, (c, who, { engineer }) => {
    const leaving = who.role === "engineer" ? EngineerId.parse(who.subject) : engineer;
    if (leaving === undefined) return refuse("malformed", "who leaves", "name the helper", "engineer");
    return { type: "leave", ticket: ticketOf(c), engineer: leaving, by: who.subject, as: asWho(who) };
  });
  answering(route, "/api/u/:unit/tickets/:ticket/checklist", Tick, (c, who, body) => ({
    type: "tick",
    ticket: ticketOf(c),
    by: EngineerId.parse(who.subject),
    ...body,
  }));
  answering(route, "/api/u/:unit/alarms/:alarm/shelve", Shelve, (c, who, body) => ({ type: "shelve", alarm: alarmOf(c), by: who.subject, ...body }));
  answering(route, "/api/u/:unit/alarms/:alarm/unshelve", Nothing, (c, who) => ({ type: "unshelve", alarm: alarmOf(c), by: who.subject }));
  answering(route, "/api/u/:unit/suppressions", Suppress, (_, who, { id, ...window }) => ({
    type: "suppress",
    id: id ?? SuppressionId.parse(uuidv7()),
    by: who.subject,
    ...defined(window),
  }));
  answering(route, "/api/u/:unit/suppressions/:suppression/end", Nothing, (c, who) => ({
    type: "unsuppress",
    suppression: SuppressionId.parse(param(c, "suppression")),
    by: who.subject,
  }));
  route.signed("POST", "/api/u/:unit/tickets/:ticket/photos", takePhoto);
  route.signed("GET", "/api/u/:unit/tickets/:ticket/photos/:photo", showPhoto);
}

function callerOf({ role }: Signed): "dispatcher" | "crm" | "customer" {
  return role === "customer" ? "customer" : role === "integrator" ? "crm" : "dispatcher";
}

/** A customer sees how far the job is and what is promised, and nobody's name. */
function forCaller({ ticket, about }: Answered, who: Signed): object {
  const whole = who.role === "customer" || ticket === undefined ? {} : { ticket };
  return { ...whole, ...(ticket === undefined ? {} : { job: glanceOf(ticket) }), ...about };
}

/** The picture itself as the body, its kind as the content type, when it was taken as `?at=`. */
async function takePhoto(c: Context<Bound>, who: Signed): Promise<Response> {
  const said = Taken.safeParse({ type: c.req.header("content-type"), at: c.req.query("at") ?? Date.now() });
  if (!said.success)
    return refused(
      c,
      refuse("malformed", `a picture of ${Photo.shape.type.options.join(", ")}`, "say its kind as content-type, and ?at= in ms", "content-type"),
    );
  const bytes = await readBytes(c.req.raw, PHOTO_BYTES_MAX);
  if (isRefusal(bytes)) return refused(c, bytes);
  const { buffer } = new Uint8Array(bytes);
  return tell(c, await unitOf(c).photograph(param(c, "ticket"), who.subject, said.data.type, said.data.at, buffer), 201);
}

async function showPhoto(c: Context<Bound>, who: Signed): Promise<Response> {
  const photo = await unitOf(c).photo(param(c, "ticket"), param(c, "photo"), who);
  if (isRefusal(photo)) return refused(c, photo);
  const { type, bytes } = photo as { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };
  // Named by its content, so it never changes.
  return new Response(bytes, {
    headers: { "content-type": type, "cache-control": "private, max-age=31536000, immutable", "x-content-type-options": "nosniff" },
  });
}
