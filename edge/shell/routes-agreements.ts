/** What the desk asks about a ticket's promise, and agreements that are brought in. */
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { param, tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

/** 1,000 agreements of some 2 KB: each with its classes for three priorities, and whom they tell. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

export function agreementRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/tickets/:ticket/promise", async (c) => tell(c, await unitOf(c).promise(param(c, "ticket"))));
  // With `dry` every fault is told and nothing written; without it the first fault is the refusal.
  route.signed("POST", "/api/u/:unit/agreements", async (c, who) => {
    const document = await readBody(c, z.unknown(), DOCUMENT_BYTES_MAX);
    if (isRefusal(document)) return refused(c, document);
    const dry = c.req.query("dry") !== undefined;
    const answer = await unitOf(c).agree(document, dry, who.subject);
    const first = !dry && "faults" in answer ? answer.faults[0] : undefined;
    return first === undefined ? tell(c, answer) : refused(c, first);
  });
}
