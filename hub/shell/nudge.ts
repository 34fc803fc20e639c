/** Tells units that somebody wrote something for them. A nudge that is lost costs time only: units look for themselves now and then. */
import type { StreamName } from "../../contracts/delta/operation.ts";
import { lineOf } from "./routes-sync.ts";

/** Units told of one commit at once; a customer of every site may be seen by more. */
const NUDGES_MAX = 200;

export async function nudge(env: Env, units: readonly string[], stream: StreamName): Promise<void> {
  await Promise.allSettled(
    units.slice(0, NUDGES_MAX).map(async (unit) => {
      // It is connected from elsewhere, or runs on this platform.
      if (!(await lineOf(env, unit).nudge(stream))) await env.EDGE?.nudge(unit, stream);
    }),
  );
}
