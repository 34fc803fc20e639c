/** Where in the feed somebody wants to begin. */
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import { START, type Vector, badCursor, readCursor } from "../../feed/cursor.ts";
import { isInLog } from "../../relay/lag.ts";
import { readHeads } from "./log-reader.ts";

/** `now`, `start` or a cursor. Refuses `bad-cursor`, also one that lies in another epoch or ahead of the log. */
export async function placeOf(env: Env, from: string): Promise<Vector | Refusal> {
  if (from === "start") return START;
  const heads = await readHeads(env);
  if (from === "now") return heads;
  const at = readCursor(from);
  if (isRefusal(at)) return { ...at, field: "from" };
  return isInLog(at, heads) ? at : { ...badCursor("a stream has begun a new epoch since, or never came so far"), field: "from" };
}
