/**
 * Lines of the log: written with the personal values sealed, each hashed onto the one before, and read again with what may still be opened.
 * The hash covers the sealed text, so that an erased subject leaves every chain whole.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Json } from "../../contracts/delta/json.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import { type RandomBytes, isSealed, makeKey, seal, subjectOf, unseal } from "../../contracts/delta/seal.ts";
import type { Line, LoggedOperation, StreamStore } from "./store.ts";
import type { Entry } from "./take.ts";

/** What the first line is chained to. */
export const CHAIN_START = "0".repeat(64);

/** What a line's hash covers: the operation, what it brought, whose it is, and to whom the entity is new by it. */
export type Chained = Pick<Line, "text" | "written" | "unit" | "joins">;

export function chainHash(before: string, { text, written, unit, joins }: Chained): string {
  return bytesToHex(sha256(utf8ToBytes([before, "2", JSON.stringify({ unit, joins, written }), text].join("\n"))));
}

/**
 * Whether a line goes on from the one before, and its columns say what it says. Lines of before the whole was covered go on by their text
 * alone; a later one can't be passed off as such, since its hash is another.
 */
export function isChained(before: string, line: Chained & Pick<Line, "hash" | "hubSeq" | "origin" | "seq" | "entity" | "id" | "outcome">): boolean {
  const whole = chainHash(before, line) === line.hash;
  if (!whole && bytesToHex(sha256(utf8ToBytes(`${before}\n${line.text}`))) !== line.hash) return false;
  const said = JSON.parse(line.text) as LoggedOperation;
  const isSame = (["hubSeq", "origin", "seq", "entity", "id", "outcome"] as const).every((name) => said[name] === line[name]);
  return isSame || !whole;
}

/** Writes entries behind a chain's end and returns its new end. */
export function appendEntries(store: StreamStore, entries: readonly Entry[], unit: string, chain: string, random: RandomBytes): string {
  let hash = chain;
  for (const entry of entries) {
    const { operation, written, meaning } = entry;
    const { entity, id, hubSeq, origin, seq, outcome } = operation;
    const sealing = sealer(store, meaning, entity, id, operation.attr, random);
    const text = JSON.stringify({
      ...operation,
      ...(operation.value === undefined ? {} : { value: sealing(operation.value) }),
      ...(operation.held === undefined ? {} : { held: operation.held.map((one) => (one.value === undefined ? one : { ...one, value: sealing(one.value) })) }),
    });
    const brought = written === undefined ? null : JSON.stringify(sealedWritten(store, written, operation, sealing, random));
    const line = { hubSeq, origin, seq, unit, entity, id, outcome, text, written: brought, joins: entry.joins };
    hash = chainHash(hash, line);
    store.appendLine({ ...line, hash }, entry.audience);
  }
  return hash;
}

/** A line as the feed tells it. Values whose key was destroyed are gone, and the line says so. */
export function readLine(store: Pick<StreamStore, "readKey">, line: Pick<Line, "text">): LoggedOperation {
  return openText(line.text, (subject) => store.readKey(subject) ?? null);
}

/** `keyOf`: null once it was destroyed. */
export function openText(text: string, keyOf: (subject: string) => string | null): LoggedOperation {
  const operation = JSON.parse(text) as LoggedOperation;
  if (!text.includes('"$sealed"')) return operation;
  const subject = subjectOf(operation.entity, operation.id);
  const key = keyOf(subject);
  const open = (value: Json | undefined): Json | undefined => (isSealed(value) ? (key === null ? undefined : unseal(key, subject, value)) : value);
  const { value, held, ...rest } = operation;
  const opened = open(value);
  const others = held?.map(({ value: one, ...other }) => {
    const plain = open(one);
    return plain === undefined ? other : { ...other, value: plain };
  });
  const erased = key === null && (isSealed(value) || held?.some((one) => isSealed(one.value)) === true);
  return {
    ...rest,
    ...(opened === undefined ? {} : { value: opened }),
    ...(others === undefined ? {} : { held: others }),
    ...(erased ? { erased: true as const } : {}),
  };
}

type Sealing = (value: Json) => Json;

function sealer(store: StreamStore, meaning: Meaning | undefined, entity: string, id: string, attr: string, random: RandomBytes): Sealing {
  return meaning === undefined || !meaning.isPersonal(attr) ? (value) => value : (value) => sealFor(store, entity, id, value, random);
}

/** Whoever has not heard the lines of an erasure hears of it with the entity. */
export function erasedOf(store: Pick<StreamStore, "readKey">, entity: string, id: string): { readonly erased?: true } {
  return store.readKey(subjectOf(entity, id)) === null ? { erased: true } : {};
}

/** Null for a subject that was erased: nothing of it is written again, sealed or not. */
export function sealFor(store: Pick<StreamStore, "readKey" | "writeKey">, entity: string, id: string, value: Json, random: RandomBytes): Json {
  const subject = subjectOf(entity, id);
  const known = store.readKey(subject);
  if (known === null) return null;
  const key = known ?? makeKey(random);
  if (known === undefined) store.writeKey(subject, key);
  return seal(key, subject, value, random);
}

/** What `sealFor` sealed; null when the subject was erased since. */
export function unsealFor(store: Pick<StreamStore, "readKey">, entity: string, id: string, value: Json): Json {
  const subject = subjectOf(entity, id);
  const key = store.readKey(subject);
  if (!isSealed(value)) return value;
  return key === null || key === undefined ? null : unseal(key, subject, value);
}

/** What could not be read may be anybody's: it is sealed under the entity that it names. */
function sealedWritten(
  store: StreamStore,
  written: NonNullable<Entry["written"]>,
  operation: LoggedOperation,
  sealing: Sealing,
  random: RandomBytes,
): NonNullable<Entry["written"]> {
  const { value, raw, ...rest } = written;
  return {
    ...rest,
    ...(value === undefined ? {} : { value: sealing(value) }),
    ...(raw === undefined ? {} : { raw: JSON.stringify(sealFor(store, operation.entity, operation.id, raw, random)) }),
  };
}
