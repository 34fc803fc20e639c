/**
 * Dead letters: what could not be merged, kept with its reason until a person has it tried again or discards it. Operations of the same
 * origin on the same entity that came after it wait behind it, so that an entity is never half of what its writer said.
 */
import type { Json } from "../../contracts/delta/json.ts";
import type { RandomBytes } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";
import { unsealFor } from "./log.ts";
import { type Known, lookInto, writeTaken } from "./push.ts";
import type { DeadLetter, KnownOrigin, LoggedOperation, StreamStore } from "./store.ts";
import { settle } from "./take.ts";

/** Tries an entity's dead letters of an origin again, in order, up to the first that still can't be taken. Returns how many were taken. */
export function redeliver(
  store: StreamStore,
  origin: KnownOrigin,
  entity: string,
  id: string,
  known: Known,
  now: Millis,
  random: RandomBytes,
): { readonly redelivered: number; readonly left: number } {
  let [current, redelivered] = [origin, 0];
  const letters = store.listDead(origin.origin, entity, id);
  for (const letter of letters) {
    const raw = readBuried(store, letter);
    // A gap, or what an erased subject left: there is nothing to try.
    if (raw === null) {
      current = close(store, current, letter, "discarded");
      continue;
    }
    const state = store.readState();
    const identity = { origin: current.origin, stream: (raw as { readonly stream: LoggedOperation["stream"] }).stream, seq: letter.seq };
    const sender = { origin: current.origin, unit: current.unit, stream: identity.stream, through: letter.seq - 1, ...known };
    const done = settle(raw, identity, sender, state, lookInto(store, current.origin), now, true);
    if (done.entry.operation.outcome === "dead") {
      // One that holds up nothing does not hold up these either.
      if (letter.blocks) break;
      continue;
    }
    const rows = new Map(done.row === undefined ? [] : [[`${entity}\n${id}`, done.row]]);
    writeTaken(store, current, { through: current.through, state: done.state, entries: [done.entry], rows }, random, now);
    current = close(store, current, letter, "redelivered");
    redelivered += 1;
  }
  return { redelivered, left: store.listDead(origin.origin, entity, id).length };
}

/** Gives one up for good; those that waited for it are tried. Refuses `wrong-state`. */
export function discard(
  store: StreamStore,
  origin: KnownOrigin,
  hubSeq: number,
  known: Known,
  now: Millis,
  random: RandomBytes,
): { readonly redelivered: number; readonly left: number } | Refusal {
  const letter = store.listDead(origin.origin).find((one) => one.hubSeq === hubSeq);
  if (letter === undefined) return refuse("wrong-state", "no open dead letter of that number", "load the list again", "hubSeq");
  return redeliver(store, close(store, origin, letter, "discarded"), letter.entity, letter.id, known, now, random);
}

/** The operation as it came; null when there is none to try, or its subject was erased. */
export function readBuried(store: StreamStore, letter: DeadLetter): Json {
  const text = unsealFor(store, letter.entity, letter.id, JSON.parse(letter.text) as Json);
  return typeof text === "string" && text !== "" ? (JSON.parse(text) as Json) : null;
}

function close(store: StreamStore, origin: KnownOrigin, letter: DeadLetter, state: "redelivered" | "discarded"): KnownOrigin {
  store.writeDead({ ...letter, state });
  const next = { ...origin, dead: Math.max(0, origin.dead - 1) };
  store.writeOrigin(next);
  return next;
}
