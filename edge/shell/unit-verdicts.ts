/**
 * Transitions from an Intake, applied once and in order. A batch is one input; when a stage throws on it (a bug), its transitions are
 * taken one by one, and the one that can't be taken is recorded and passed over: it must not keep the others from an engineer.
 */
import { uuidv7 } from "uuidv7";
import { UNIT } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import { VerdictBatch, type Verdict } from "../../contracts/verdict.ts";
import { onVerdicts } from "../journey.ts";
import { failed } from "./failed.ts";
import type { Runner } from "./runner.ts";
import { readThrough, writeThrough, type Db } from "./unit-tables.ts";

/** `through`: the last seq applied. Refuses `malformed`, `wrong-unit` and `gap`, which names the seq that is expected. */
export function applyBatch(runner: Runner, db: Db, batch: VerdictBatch, now: Millis, decide = onVerdicts): { readonly through: number } | Refusal {
  const parsed = VerdictBatch.safeParse(batch);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse("malformed", issue?.message ?? "a verdict batch", "send what contracts/verdict.ts says", issue?.path.join("."));
  }
  const { unit, slice, from, verdicts } = parsed.data;
  const own = runner.state().unit;
  if (unit !== own) return refuse("wrong-unit", `this is unit ${own}`, "send verdicts to the unit that they are of", "unit");
  const through = readThrough(db, slice);
  if (from > through + 1) return refuse("gap", `transitions of slice ${slice} go on at ${through + 1}`, `send from ${through + 1}`, "from");
  const last = from + verdicts.length - 1;
  if (last <= through) return { through };
  const fresh = verdicts.slice(through + 1 - from);
  const apply = (some: readonly Verdict[], seq: number): void =>
    runner.input((write) => {
      for (const verdict of some) write(decide(runner.view, [verdict], now, uuidv7), UNIT, `verdict ${verdict.state}`);
      writeThrough(db, slice, seq);
    }, now);
  try {
    apply(fresh, last);
  } catch (error) {
    console.error(`${own}: a batch of verdicts is taken one by one`, error);
    for (const [i, verdict] of fresh.entries()) applyAlone(runner, db, slice, through + 1 + i, verdict, now, apply);
  }
  return { through: last };
}

function applyAlone(
  runner: Runner,
  db: Db,
  slice: number,
  seq: number,
  verdict: Verdict,
  now: Millis,
  apply: (some: readonly Verdict[], seq: number) => void,
): void {
  try {
    apply([verdict], seq);
  } catch (error) {
    runner.input((write) => {
      write(failed("verdict", verdict.episode, error, now, { verdict }), UNIT, "verdict failed");
      writeThrough(db, slice, seq);
    }, now);
  }
}
