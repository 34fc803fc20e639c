/** Where in the feed somebody wants to begin. */
import type { Rewound } from "../../../contracts/delta/operation.ts";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import { START, type Vector, badCursor, readCursor } from "../../feed/cursor.ts";
import { readPage } from "../feed-reader.ts";
import { readHeads } from "./log-reader.ts";

/** `now`, `start` or a cursor. Refuses `bad-cursor`, also for a place that the log has not, or not any more. */
export async function placeOf(env: Env, from: string): Promise<Vector | Refusal> {
  if (from === "start") return START;
  if (from === "now") return await readHeads(env);
  const at = readCursor(from);
  if (isRefusal(at)) return { ...at, field: "from" };
  const { rewound } = await readPage(env, at, 1, undefined);
  return rewound === undefined ? at : { ...notInLog(rewound), field: "from" };
}

/** What a cursor is that the log has not, or not any more. */
export function notInLog(rewound: Rewound): Refusal {
  return badCursor(rewound === "restored" ? "the hub was put back from a backup, or never came so far" : "the lines behind it are gone");
}
