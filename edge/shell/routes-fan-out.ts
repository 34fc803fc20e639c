/** What people say of notices and reports that wait for them: let it run, try it again, drop it. */
import { z } from "zod";
import { isRefusal } from "../../contracts/refusal.ts";
import { readBody, refused } from "./answer.ts";
import type { Registrar } from "./guard.ts";
import { tell } from "./routes-people.ts";
import { unitOf } from "./stubs.ts";

const BODY_BYTES_MAX = 1024;
const Said = z.strictObject({ key: z.string().min(1).max(250), type: z.enum(["allow", "again", "drop"]) });

export function fanOutRoutes(route: Registrar): void {
  route.signed("POST", "/api/u/:unit/tickets/:ticket/actions", async (c, who) => {
    const said = await readBody(c, Said, BODY_BYTES_MAX);
    return isRefusal(said) ? refused(c, said) : tell(c, await unitOf(c).sayOfAction(said.key, { type: said.type }, who.subject));
  });
}
