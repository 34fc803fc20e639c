/** A routing server that an option names: how it is asked from here, and what is said when it does not answer as it should. */
import type { Place } from "../../contracts/instant.ts";
import type { TravelConnector } from "../../contracts/scenario.ts";
import { UNANSWERED, UNREACHABLE, type Known, type Way } from "../../edge/dispatch/matrix/known.ts";
import { FIRST, openLine, type Reply } from "../../edge/dispatch/matrix/line.ts";
import { osrm } from "../../edge/dispatch/matrix/osrm.ts";
import { ANSWER_CHARS_MAX, type Request } from "../../edge/dispatch/matrix/server.ts";
import { valhalla } from "../../edge/dispatch/matrix/valhalla.ts";
import { failure } from "./outcome.ts";

/** One request. A table of 2,500 ways takes a server tens of milliseconds. */
const CALL_MS = 10_000;
/** Failures in a row; the line waits a little after each. */
const FAILURES_MAX = 3;
/** Who is to be asked only after so long has said no, or is out of order. */
const PATIENCE_MS = 10_000;

/** Times in ms and lengths in m, `[from * places + to]`; −1 where there is no way. `nowhere`: places that the server's map does not hold, by index. */
export type Roads = { readonly ms: Int32Array; readonly m: Int32Array; readonly nowhere: readonly number[] };

/** Every way between the places, exactly where they are. Throws what `option` is to be told. */
export async function askRoads(option: string, connector: TravelConnector, places: readonly Place[], tell?: (done: number) => void): Promise<Roads> {
  const { known, ms, m, count } = wholeTable(places.length);
  const server = connector.kind === "osrm" ? osrm : valhalla;
  const line = openLine({ connector, server, timeZone: "UTC", known, state: FIRST, exactly: (cell) => places[cell] ?? { lat: 0, lon: 0 } });
  line.wants({ active: places.map((_, i) => i), ahead: [] });
  for (;;) {
    const turn = line.next(Date.now());
    const { why, failures, dueAt, offRoad } = line.state();
    if ("send" in turn) {
      line.ended(turn.job, turn.round, await send(turn.send), Date.now());
      tell?.(count() / Math.max(1, places.length * (places.length - 1)));
      continue;
    }
    if (why === undefined || dueAt <= Date.now()) {
      const nowhere = offRoad.map(([cell]) => cell).toSorted((a, b) => a - b);
      if (nowhere.length === 0 && ms.includes(UNANSWERED)) throw complaint(option, connector, "it answers for some places and not for others");
      return { ms, m, nowhere };
    }
    if (failures >= FAILURES_MAX || dueAt - Date.now() > PATIENCE_MS || (failures > 0 && count() === 0)) throw complaint(option, connector, why);
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, dueAt - Date.now())));
  }
}

/** Whether it answers at all, and with a table: asked about one way. Throws what `option` is to be told. */
export async function checkRouter(option: string, connector: TravelConnector, near: Place): Promise<{ readonly knowsPlace: boolean }> {
  const { nowhere } = await askRoads(option, connector, [near, { lat: near.lat + 0.01, lon: near.lon }]);
  return { knowsPlace: nowhere.length === 0 };
}

function complaint(option: string, { kind, url }: TravelConnector, why: string): Error {
  return failure(`${option}: no table from ${kind} at ${url}: ${why}; see that it runs and that the address is that of ${NAMES[kind]}, or leave ${option} out`);
}
const NAMES = { osrm: "osrm-routed", valhalla: "valhalla_service" } as const;

/** Goes nowhere but to the address: a redirect is an answer. */
async function send({ method, url, body }: Request): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body }),
      redirect: "manual",
      signal: AbortSignal.timeout(CALL_MS),
    });
    let text = "";
    const decoder = new TextDecoder();
    for await (const part of response.body ?? []) {
      text += decoder.decode(part, { stream: true });
      if (text.length > ANSWER_CHARS_MAX) return { type: "failed", why: `an answer of more than ${ANSWER_CHARS_MAX} characters` };
    }
    return { type: "answer", status: response.status, text };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError") return { type: "timeout" };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { type: "failed", why: cause instanceof Error ? cause.message || cause.name : String(cause) };
  }
}

/** A table of all, instead of the bounded one that a unit keeps. */
function wholeTable(places: number): { readonly known: Known; readonly ms: Int32Array; readonly m: Int32Array; readonly count: () => number } {
  const ms = new Int32Array(places * places).fill(UNANSWERED);
  const m = new Int32Array(places * places);
  const at = new Uint32Array(places * places);
  let count = 0;
  for (let i = 0; i < places; i++) ms[i * places + i] = 0;
  const way = (from: number, to: number): Way | undefined => {
    const i = from * places + to;
    return at[i] === 0 ? undefined : { ms: ms[i] ?? UNREACHABLE, m: m[i] ?? 0, at: (at[i] ?? 0) * 1_000 };
  };
  const known: Known = {
    way: (_, from, to) => way(from, to),
    take: (table) => {
      for (const [r, from] of table.from.entries())
        for (const [c, to] of table.to.entries()) {
          const [i, given] = [from * places + to, r * table.to.length + c];
          if (from === to || table.at[given] === 0) continue;
          if (at[i] === 0) count++;
          ms[i] = table.ms[given] ?? UNREACHABLE;
          m[i] = table.m[given] ?? 0;
          at[i] = table.at[given] ?? 0;
        }
    },
    tables: () => [],
    size: () => places,
    news: () => 0,
  };
  return { known, ms, m, count: () => count };
}
