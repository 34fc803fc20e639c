/** Tells units that somebody wrote something for them, or that a release waits. A nudge that is lost costs time only: units look for themselves now and then. */
import type { Nudge } from "../../contracts/delta/frame.ts";
import { lineOf } from "./routes-sync.ts";

/** Units told of one commit at once; a customer of every site may be seen by more. */
const NUDGES_MAX = 200;

export async function nudge(env: Env, units: readonly string[], of: Nudge): Promise<void> {
  await Promise.allSettled(
    units.slice(0, NUDGES_MAX).map(async (unit) => {
      // It is connected from elsewhere, or runs on this platform.
      if (!(await lineOf(env, unit).nudge(of))) await env.EDGE?.nudge(unit, of);
    }),
  );
}
