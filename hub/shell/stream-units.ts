/** What a stream does for its units: lets them push, and takes what they push. */
import type { PushReply } from "../../contracts/delta/sync.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { type StreamAdmission, ownMeaning, readAdmitted, withAdmitted } from "../merge/admission.ts";
import { readBatch } from "../merge/batch.ts";
import { creditOf } from "../merge/credit.ts";
import { eraseAsTold } from "../merge/erase-again.ts";
import { push } from "../merge/push.ts";
import { upgradeTurn } from "../merge/upgrade.ts";
import { writeForms } from "./form-tables.ts";
import { type OpenStream, type Told, toldOf } from "./open-stream.ts";

/** Lives of one unit, those included that only carry what an earlier one had not delivered. Each restore makes one or two. */
const LIVES_MAX = 256;

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** Lets an origin push here. Idempotent. Refuses `quota-exceeded`. */
export function admit(stream: OpenStream, { origin, unit, keyHash, contracts, published, erased = [] }: StreamAdmission): { readonly epoch: number } | Refusal {
  const { db, store } = stream;
  const { answer } = stream.commit((): { readonly epoch: number } | Refusal => {
    const known = store.readOrigin(origin);
    if (known === undefined && store.listOrigins(unit).length >= LIVES_MAX)
      return refuse(
        "quota-exceeded",
        `at most ${LIVES_MAX} lives of a unit`,
        "two copies of this unit may be running: stop one, or give it a unit of its own",
        "incarnation",
      );
    const no = writeForms(db, contracts, published, store.readState().head);
    if (no !== null) return no;
    const text = JSON.stringify(withAdmitted(readAdmitted(known?.admitted ?? ""), contracts));
    store.writeOrigin({ through: 0, stable: 0, dead: 0, ...known, origin, unit, keyHash, admitted: text });
    // Personal values are found by today's names: with somebody to erase, all rows have them first.
    for (let more = true; more;) more = upgradeTurn(store, stream.forms, stream.upgrades, Date.now(), random) && erased.length > 0;
    for (const subject of erased) eraseAsTold(store, unit, subject, ownMeaning(subject.entity, stream.forms), Date.now(), random);
    return { epoch: store.readState().epoch };
  });
  stream.learnt();
  return answer;
}

/** Applies each operation once; answers when all is durable. Refuses `unknown-origin`, `not-permitted`, `gap`, `stale-version` and what `readBatch` refuses. */
export function takePush(stream: OpenStream, raw: unknown): Told {
  const batch = readBatch(raw);
  if (isRefusal(batch)) return { answer: batch, told: [] };
  const room = stream.room();
  // What does not fit is not refused: it stays where it is, and the unit hears how much may come.
  const fitting = batch.operations.length <= room ? batch : { ...batch, operations: [], gap: undefined };
  return toldOf(
    stream.commit((): PushReply | Refusal => {
      const origin = stream.proven(batch.origin, batch.key);
      return isRefusal(origin) ? origin : push(stream.store, fitting, origin, stream.speechOf(origin), creditOf(room), Date.now(), random);
    }),
  );
}
