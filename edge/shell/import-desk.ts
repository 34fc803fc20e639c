/** What comes in at a unit's door: imports and new devices. What becomes of the jobs that they touch follows in the same transaction. */
import { uuidv7 } from "uuidv7";
import { UNIT, type Decided } from "../../contracts/effect.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal, refuse, type Refusal } from "../../contracts/refusal.ts";
import { onAgreed, onPeople } from "../journey.ts";
import { addPassword } from "./sign-in.ts";
import { addDevice, type Coming, importEntities, type Import, type NewDevice, peopleChanged } from "./unit-import.ts";
import type { Runner } from "./runner.ts";
import { countPending, type Db, PENDING_MAX } from "./unit-tables.ts";

/** Refuses as `importEntities`, and `quota-exceeded` while too much waits for the hub. */
export function takeImport(runner: Runner, given: Import, actor: string, now: Millis): { readonly written: number } | Refusal {
  return take(runner, (coming) => importEntities(runner.desk.entities, { ...coming, given }), actor, now);
}

/** `isKnown`: the device was here before, and its old password stops working. Refuses as `addDevice`, and as `takeImport` does. */
export function takeDevice(
  runner: Runner,
  given: NewDevice,
  actor: string,
  now: Millis,
): { readonly device: string; readonly password: string; readonly isKnown: boolean } | Refusal {
  const { db, entities } = runner.desk;
  const isKnown = entities.get("device", given.device) !== undefined;
  const written = take(runner, (coming) => addDevice(entities, { ...coming, given }), actor, now);
  return isRefusal(written) ? written : { device: given.device, password: addPassword(db, given.device), isKnown };
}

/** Nothing more is taken in while so much waits for the hub. */
export function refuseFull(db: Db): Refusal | null {
  if (countPending(db).pending < PENDING_MAX) return null;
  return refuse("quota-exceeded", `at most ${PENDING_MAX} operations wait for the hub (PENDING_MAX)`, "let the unit reach its hub first");
}

function take(
  runner: Runner,
  decide: (coming: Omit<Coming<never>, "given">) => Decided | Refusal,
  actor: string,
  now: Millis,
): { readonly written: number } | Refusal {
  const full = refuseFull(runner.desk.db);
  if (full !== null) return full;
  const { unit, scenario } = runner.state();
  const decided = decide({ unit, scenario, actor, now });
  if (isRefusal(decided)) return decided;
  const people = peopleChanged(runner.desk.entities, decided);
  runner.input((write) => {
    write(decided, actor, "import");
    if (decided.changes.some(({ family }) => family === "agreement" || family === "calendar")) write(onAgreed(runner.view, now, uuidv7), UNIT, "agreed");
    if (people.length > 0) write(onPeople(runner.view, people, now, uuidv7), UNIT, "people");
  }, now);
  return { written: decided.changes.length };
}
