/** What a stream writes in the hub's own name: a CRM's write-back, master data, erasures; and dead letters that are tried again. */
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { ownMeaning } from "../merge/admission.ts";
import { concernedBy, concernedByCalendar, NO_SIGHT, type Sight } from "../merge/concern.ts";
import { discard, redeliver } from "../merge/dead.ts";
import { type Subject, eraseAgain } from "../merge/erase-again.ts";
import { type OwnWrite, type OwnWritten, erase, writeOwn } from "../merge/own.ts";
import { upgradeTurn } from "../merge/upgrade.ts";
import { mayWrite } from "../merge/writer.ts";
import { type OpenStream, type Stood, type Told, toldOf } from "./open-stream.ts";

/** The stream is that of the entity's contract. */
export type Write = Omit<OwnWrite, "stream">;

const random = (count: number): Uint8Array => crypto.getRandomValues(new Uint8Array(count));

/** `sight`: who sees the assets that an agreement names. Once for its key; answers `OwnWritten & Stood`. `unit`: only what this unit sees may be written. Refuses `unknown-contract`, `not-permitted`, `stale-version`, `unavailable` and what `merge/own.ts` refuses. */
export function takeWrite(stream: OpenStream, write: Write, unit: string | undefined, sight = NO_SIGHT): Told {
  return toldOf(
    stream.commit((): (OwnWritten & Stood) | Refusal => {
      const written = writeOne(stream, write, unit, sight);
      return isRefusal(written) ? written : { ...stream.stood(written.position), ...written };
    }),
  );
}

/** A list of them in one transaction: `written` has an answer or a refusal for each. One that is refused leaves the others. */
export function takeWrites(stream: OpenStream, writes: readonly Write[]): Told {
  return toldOf(
    stream.commit((): { readonly written: readonly (OwnWritten | Refusal)[] } => ({
      written: writes.map((write) => writeOne(stream, write, undefined, NO_SIGHT)),
    })),
  );
}

function writeOne({ store, forms, busy }: OpenStream, write: Write, unit: string | undefined, sight: Sight): OwnWritten | Refusal {
  const meaning = ownMeaning(write.entity, forms);
  if (meaning === undefined) return unknownEntity();
  const no = busy() ?? mayWrite(store, write, unit);
  return no ?? writeOwn(store, { ...write, ...unitsOf(store, write, unit, sight), stream: meaning.stream }, meaning, Date.now(), random);
}

/** Those that are named, and those that an agreement or its calendar is about; a writer who speaks for one unit brings it to that one. */
function unitsOf(store: OpenStream["store"], { entity, id, changes, units }: Write, unit: string | undefined, sight: Sight): Pick<Write, "units"> {
  if (changes === "delete" || (entity !== "agreement" && entity !== "calendar")) return units === undefined ? {} : { units };
  const concerned = entity === "agreement" ? concernedBy(store, changes, sight) : concernedByCalendar(store, id);
  return { units: [...new Set([...(units ?? []), ...concerned.filter((one) => unit === undefined || one === unit)])] };
}

/** As `takeWrite`. */
export function takeErasure(stream: OpenStream, entity: string, id: string, actor: string, key: string): Told {
  return toldOf(
    stream.commit((): (OwnWritten & Stood) | Refusal => {
      const meaning = ownMeaning(entity, stream.forms);
      if (meaning === undefined) return unknownEntity();
      const written = stream.busy() ?? erase(stream.store, entity, id, meaning, actor, key, Date.now(), random);
      return isRefusal(written) ? written : { ...stream.stood(written.position), ...written };
    }),
  );
}

/** Within a transaction: a subject that was erased here, before an older copy was put back. What that copy was being upgraded to is done first. */
export function eraseRestored({ store, forms, upgrades }: OpenStream, subject: Subject): void {
  for (let more = true; more;) more = upgradeTurn(store, forms, upgrades, Date.now(), random);
  eraseAgain(store, subject, ownMeaning(subject.entity, forms), "restore", Date.now(), random);
}

/** Refuses `unknown-origin`. */
export function redeliverDead(stream: OpenStream, origin: string, entity: string, id: string): Told {
  return toldOf(
    stream.commit(() => {
      const known = stream.busy() ?? stream.known(origin);
      return isRefusal(known) ? known : redeliver(stream.store, known, entity, id, stream.speechOf(known), Date.now(), random);
    }),
  );
}

/** Refuses `unknown-origin` and `wrong-state`. */
export function discardDead(stream: OpenStream, origin: string, hubSeq: number): Told {
  return toldOf(
    stream.commit(() => {
      const known = stream.busy() ?? stream.known(origin);
      return isRefusal(known) ? known : discard(stream.store, known, hubSeq, stream.speechOf(known), Date.now(), random);
    }),
  );
}

function unknownEntity(): Refusal {
  return refuse("unknown-contract", "no contract of that name", "see GET /api/hub/contracts", "entity");
}
