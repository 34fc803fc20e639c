/**
 * Data quality in a stream's object. What a transaction decided is counted after its commit, laid into the tables by a timer, and names that
 * no contract has are told to the registry in batches. Nothing here makes a push fail or wait: what goes wrong is recorded.
 *
 * ```
 * commit ─ entries ─▶ counting ─(timer)─▶ tables ─▶ headline, drifts, profiles, a scan's look at the fields
 *                └──▶ unknown names ─(timer)─▶ registry: quarantine
 * ```
 */
import type { Millis } from "../../../contracts/instant.ts";
import { NOTES_MAX, type Note } from "../../../contracts/note.ts";
import type { Entry } from "../../merge/take.ts";
import { flush, isDue, observeTaken, openQuality } from "./counting.ts";
import type { Db } from "./period-tables.ts";
import type { Standard } from "./standard.ts";
import { takenOf, unknownIn } from "./taken.ts";

/**
 * A stream that is quiet for so long lays down what it has: an object without requests does not live for long, and takes what waits in its
 * memory along. One that is busy waits until it is due.
 */
const QUIET_MS = 1_000;
/** Unknown names are gathered this long: a unit that sends one sends it with every entity of a push. */
const GATHER_MS = 1_000;

export type Around = {
  readonly db: Db;
  readonly standard: Standard;
  readonly now: () => Millis;
  /** Runs something after so long, as long as the object lives. */
  readonly later: (ms: Millis, body: () => void | Promise<void>) => void;
  /** Tells the registry. May fail. */
  readonly note: (unit: string, notes: readonly Note[]) => Promise<void>;
};

export type StreamQuality = {
  /** After the commit of what was decided. */
  committed(entries: readonly Entry[]): void;
  /** Lays down everything that waits, so that the tables say all. */
  settle(): void;
  /** Operations that could not be counted since the object was opened: a bug. */
  uncounted(): number;
};

export function streamQuality({ db, standard, now, later, note }: Around): StreamQuality {
  const quality = openQuality(standard);
  const unknown = new Map<string, { readonly unit: string; readonly note: Note }>();
  let uncounted = 0;
  let quietAt = 0;
  let [planned, telling] = [false, false];

  const plan = (ms: Millis): void => {
    if (planned || quality.waiting.size === 0) return;
    planned = true;
    later(ms, turn);
  };

  /** A part is laid down when it is due or the stream is quiet; the next part has a turn of its own, so that a push in between waits for one only. */
  const turn = (): void => {
    planned = false;
    const at = now();
    if (quality.waiting.size === 0) return;
    if (at < quietAt && !isDue(quality, at)) return plan(quietAt - at);
    try {
      flush(db, quality, at);
      plan(0);
    } catch (error) {
      // With the next push it is tried again.
      console.error("quality: what was counted is not laid down yet", error);
    }
  };

  const gather = (entries: readonly Entry[]): void => {
    for (const { unit, note: one } of unknownIn(entries)) add(unit, one);
    tellLater();
  };

  const add = (unit: string, one: Note): void => {
    const key = `${unit}\n${one.subject}\n${one.field}`;
    const known = unknown.get(key);
    // Beyond it the dead letters still say what came.
    if (known === undefined && unknown.size >= NOTES_MAX) return;
    unknown.set(key, { unit, note: { ...(known?.note ?? one), count: (known?.note.count ?? 0) + (one.count ?? 1) } });
  };

  const tellLater = (): void => {
    if (telling || unknown.size === 0) return;
    telling = true;
    later(GATHER_MS, tell);
  };

  const tell = async (): Promise<void> => {
    const byUnit = Map.groupBy(unknown.values(), ({ unit }) => unit);
    unknown.clear();
    let failed = false;
    for (const [unit, notes] of byUnit) {
      try {
        await note(
          unit,
          notes.map((one) => one.note),
        );
      } catch (error) {
        console.error("quality: unknown fields are told with the next ones", error);
        failed = true;
        for (const one of notes) add(unit, one.note);
      }
    }
    telling = false;
    if (!failed) tellLater();
  };

  return {
    committed(entries) {
      if (entries.length === 0) return;
      try {
        observeTaken(quality, takenOf(entries), now());
        quietAt = now() + QUIET_MS;
        plan(isDue(quality, now()) ? 0 : QUIET_MS);
        gather(entries);
      } catch (error) {
        uncounted += entries.length;
        console.error("quality: a push was not counted", error);
      }
    },
    settle() {
      while (quality.waiting.size > 0) flush(db, quality, now());
    },
    uncounted: () => uncounted,
  };
}
