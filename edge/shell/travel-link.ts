/**
 * The unit's line to a routing server: asked after what may change which ways are needed, once for all that comes together, one request at a
 * time. An answer is kept in one transaction and looked up from then on; no decision waits for it.
 */
import type { Millis } from "../../contracts/instant.ts";
import { readFacts } from "../dispatch/facts.ts";
import { startKnown } from "../dispatch/matrix/known.ts";
import { FIRST, openLine } from "../dispatch/matrix/line.ts";
import { needOf } from "../dispatch/matrix/need.ts";
import { osrm } from "../dispatch/matrix/osrm.ts";
import type { TravelLink, TravelLinkParts } from "../dispatch/matrix/port.ts";
import { routed } from "../dispatch/matrix/routed.ts";
import { valhalla } from "../dispatch/matrix/valhalla.ts";
import { travelOf } from "../dispatch/travel.ts";

/** What comes within so long is asked for together: an import, an alarm that brings others. */
const COALESCE_MS = 1_000;
/** People on the road: where they are is asked about no more often. */
const MOVES_MS = 30_000;
/** Requests in one go, four times what the largest unit needs from nothing; then it rests. */
const REQUESTS_MAX = 400;
const REST_MS = 60_000;

export function travelLink({ view, connector, store, send, now, ...parts }: TravelLinkParts): TravelLink {
  const { timeZone } = view.scenario;
  const known = startKnown();
  const address = JSON.stringify([connector.kind, connector.url, connector.profile ?? ""]);
  const state = store.read(address, known) ?? FIRST;
  // What was known before is none.
  known.news();
  const server = connector.kind === "osrm" ? osrm : valhalla;
  const line = openLine({ connector, server, timeZone, known, state });
  const travel = routed({ known, connector, timeZone, now, otherwise: () => travelOf(view) });
  let isAsking = false;
  let lookAt: Millis | null = null;
  let dueAt: Millis | null = null;

  async function askAll(): Promise<void> {
    for (let requests = 0; requests < REQUESTS_MAX;) {
      if (lookAt !== null && lookAt <= now()) {
        lookAt = null;
        line.wants(needOf(view, readFacts(view, now())));
      }
      const turn = line.next(now());
      if ("wait" in turn) {
        dueAt = turn.wait;
        return;
      }
      requests++;
      const reply = await send(turn.send);
      parts.transact(() => {
        const tables = line.ended(turn.job, turn.round, reply, now());
        store.keep(address, line.state(), tables, known);
      });
    }
    dueAt = now() + REST_MS;
  }

  function run(): void {
    if (isAsking) return;
    isAsking = true;
    const work = parts
      .sleep(COALESCE_MS)
      .then(askAll)
      .catch((error: unknown) => {
        dueAt = now() + REST_MS;
        console.warn("ways are reckoned as they are known", error);
      })
      .finally(() => {
        isAsking = false;
        parts.rested(known.news());
      });
    parts.until(work);
  }

  const nextAt = (): Millis | null => (isAsking ? null : earlier(lookAt, dueAt));
  return {
    travel,
    wake: () => {
      const at = nextAt();
      if (at !== null && at <= now()) run();
    },
    ask: (why) => {
      const at = now() + (why === "plan" ? 0 : MOVES_MS);
      lookAt = lookAt === null ? at : Math.min(lookAt, at);
      if (why === "plan") run();
    },
    dueAt: nextAt,
    state: line.state,
  };
}

function earlier(a: Millis | null, b: Millis | null): Millis | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
