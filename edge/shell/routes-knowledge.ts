/** What a unit knows of machines, over HTTP. */
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

/** A maker's whole catalogue of pumps: 5,000 entries of some 600 bytes. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

export function knowledgeRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/knowledge", async (c) => tell(c, await unitOf(c).knowledge()));
  // With `dry` every fault is told and nothing written; without it the first fault is the refusal.
  route.signed("POST", "/api/u/:unit/knowledge", async (c, who) => {
    const document = await readBody(c, z.unknown(), DOCUMENT_BYTES_MAX);
    if (isRefusal(document)) return refused(c, document);
    const dry = c.req.query("dry") !== undefined;
    const answer = await unitOf(c).learn(document, dry, who.subject);
    const first = !dry && "faults" in answer ? answer.faults[0] : undefined;
    return first === undefined ? tell(c, answer) : refused(c, first);
  });
}
