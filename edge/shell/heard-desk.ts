/** An answer of the hub as an input: what it changed here, what the stages make of that, and what the unit writes again of its own. */
import { uuidv7 } from "uuidv7";
import type { StreamName } from "../../contracts/delta/operation.ts";
import { UNIT, type Decided } from "../../contracts/effect.ts";
import type { Change, UnitView } from "../../contracts/entity.ts";
import type { Millis } from "../../contracts/instant.ts";
import type { Answered } from "../delta/exchange.ts";
import { namingOf } from "../delta/naming.ts";
import { putOperations, readPen } from "../delta/outbox.ts";
import { writeAgain } from "../delta/write.ts";
import { onAgreed, onComplaints, onHeard, onPeople } from "../journey.ts";
import { commit, type Committed, type Ledger } from "./commit.ts";
import { grammarOf } from "./grammar.ts";
import { applyHeard } from "./unit-heard.ts";

export type HeardDesk = { readonly unit: string; readonly ledger: Ledger; readonly view: UnitView };

/** Inside the transaction of the answer. `came`: changes that are the hub's; `followed`: those that the stages made of them. */
export function takeHeard(
  { unit, ledger, view }: HeardDesk,
  stream: StreamName,
  answered: Answered,
  now: Millis,
): { readonly came: readonly Change[]; readonly followed: readonly Committed[] } {
  const { db, entities, replica } = ledger;
  const naming = namingOf(unit, replica, (family, id) => entities.get(family, id) !== undefined);
  const came = applyHeard({ db, entities, replica, naming, stream, answered });
  const followed: Committed[] = [];
  const write = (decided: Decided, reason: string): void => void followed.push(...commit(ledger, decided, { actor: UNIT, reason, now, hubCalls: 0 }));

  const heard = answered.heard.map((one) => ({ ...one, id: naming.inward(one.entity, one.id) }));
  write(onHeard(view, heard, now, uuidv7), "heard from the hub");
  // One that is new to this unit comes whole, and no single write of it is heard.
  const isAbout = (family: string): boolean => family === "agreement" || family === "calendar";
  if (came.some(({ family }) => isAbout(family)) && !heard.some(({ entity }) => isAbout(entity))) write(onAgreed(view, now, uuidv7), "agreed at the hub");
  const people = came.filter(({ family, id }) => family === "engineer" && !heard.some((one) => one.entity === family && one.id === id));
  const ids = people.map(({ id }) => id);
  if (ids.length > 0) write(onPeople(view, ids, now, uuidv7), "people came in");
  const said = came.flatMap(({ family, id }) => (family === "complaint" ? [id] : []));
  if (said.length > 0) write(onComplaints(view, said, now, uuidv7), "said at the hub");
  if (answered.rewrite.length > 0) {
    const why = { txId: uuidv7(), actor: UNIT, reason: "written again after a restore of the hub", now };
    const { pen, operations } = writeAgain(readPen(replica, ledger.origin()), answered.rewrite, grammarOf(replica), why);
    putOperations(replica, pen, operations);
  }
  return { came, followed };
}
