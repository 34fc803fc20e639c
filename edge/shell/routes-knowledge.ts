/** What a unit knows of machines, over HTTP. */
import { z } from "zod";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";
import { isRefusal } from "../../contracts/refusal.ts";

/** A maker's whole catalogue of pumps: 5,000 entries of some 600 bytes. */
const DOCUMENT_BYTES_MAX = 4 * 1024 * 1024;

export function knowledgeRoutes(route: Registrar): void {
  route.signed("GET", "/api/u/:unit/knowledge", async (c) => tell(c, await unitOf(c).knowledge()));
  route.signed("POST", "/api/u/:unit/knowledge", async (c, who) => {
    const document = await readBody(c, z.unknown(), DOCUMENT_BYTES_MAX);
    if (isRefusal(document)) return refused(c, document);
    const answer = await unitOf(c).learn(document, c.req.query("dry") !== undefined, who.subject);
    // The first fault is the refusal; the others go with it.
    if (!isRefusal(answer) && "faults" in answer && answer.faults[0] !== undefined) {
      const said = refused(c, answer.faults[0]);
      return c.json({ ...answer.faults[0], ...answer }, said.status as 400);
    }
    return tell(c, answer);
  });
}
