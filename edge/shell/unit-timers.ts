/** The timers of a unit, each an input of its own. One that throws (a bug) is recorded and passed over: the others still come due. */
import { uuidv7 } from "uuidv7";
import { Due, UNIT } from "../../contracts/effect.ts";
import type { UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { onDue } from "../journey.ts";
import { failed } from "./failed.ts";
import { applyTimers, type Db, nextDue } from "./unit-tables.ts";
import type { Write } from "./write.ts";

/** Timers served by one alarm; more wait for the next, so that an input is never kept waiting long. */
const TIMERS_A_TURN = 200;

export type Timed = {
  readonly db: Db;
  readonly unit: string;
  readonly view: UnitView;
  readonly input: (body: (write: Write) => void, now: Millis) => void;
  readonly decideDue: typeof onDue;
};

/** Serves those that are due. */
export function serveTimers({ db, unit, view, input, decideDue }: Timed, now: Millis): void {
  for (let i = 0; i < TIMERS_A_TURN; i++) {
    const timer = nextDue(db, now);
    if (timer === undefined) return;
    const cancel = (): void => applyTimers(db, [{ cancel: timer.key }]);
    try {
      const due = Due.parse(JSON.parse(timer.due));
      input((write) => {
        cancel();
        write(decideDue(view, due, now, uuidv7), UNIT, due.type);
      }, now);
    } catch (error) {
      console.error(`${unit}: timer ${timer.key} is passed over`, error);
      input((write) => {
        cancel();
        write(failed("timer", timer.key, error, now), UNIT, "timer failed");
      }, now);
    }
  }
}
