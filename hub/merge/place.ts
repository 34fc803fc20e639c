/**
 * A place in a stream's log, as a replica or a consumer keeps it: the epoch, the position, and the beginning of the audit chain's hash
 * there. The hash tells a log that was restored from an older copy from the one that the holder has read: same numbers, another history.
 */
import { checkSum, fromText, toText } from "../../contracts/delta/base64.ts";
import type { StreamState, StreamStore } from "./store.ts";

/** Position 0: nothing yet; epoch 0: not even the epoch. `tag` may be empty in what was given out before there were tags. */
export type Place = { readonly epoch: number; readonly position: number; readonly tag: string };
export const NOWHERE: Place = { epoch: 0, position: 0, tag: "" };

const TAG_CHARS = 12;
/** Of the same, in what travels with every push. */
const SEEN_CHARS = 8;

type PlaceStore = Pick<StreamStore, "lineAt">;

export function placeOf(store: PlaceStore, state: StreamState, position: number): Place {
  return { epoch: state.epoch, position, tag: tagAt(store, state, position) ?? "" };
}

/** Null when what follows the place is what its holder has not seen. `expired`: lines behind it are gone; `restored`: this log is another one. */
export function lostAt(store: PlaceStore, state: StreamState, place: Place): "restored" | "expired" | null {
  if (place.position > state.head) return "restored";
  if (place.position < state.horizon) return "expired";
  const tag = tagAt(store, state, place.position);
  // The last line that is gone tells the next ones from another history's by its epoch only.
  if (tag === null || place.position === 0) return place.position === 0 || place.epoch === state.epoch ? null : "expired";
  if (place.tag === "") return place.epoch === state.epoch ? null : "restored";
  return tag === place.tag ? null : "restored";
}

/** Where a lost one goes on: the restore point, not the head. Unknown for a copy that was put back without a word: then all of the log may be new. */
export function restartOf(store: PlaceStore, state: StreamState, place: Place, lost: "restored" | "expired"): Place {
  if (lost === "expired") return placeOf(store, state, state.head);
  const since = state.restores.filter(({ epoch }) => epoch > place.epoch).map(({ point }) => point);
  const point = since.length === 0 || !isOurs(state, place.epoch) ? state.horizon : Math.min(...since);
  return placeOf(store, state, Math.min(Math.max(point, state.horizon), place.position, state.head));
}

/** Whether an epoch is one of this log's: another one began on a copy that was put back elsewhere, and where it parted from this log is not known. */
export function isOurs({ restores }: StreamState, epoch: number): boolean {
  return epoch <= 1 || restores.some((restore) => restore.epoch === epoch);
}

/** `{epoch}.{position}.{tag}` */
export function writePlace({ epoch, position, tag }: Place): string {
  return `${epoch}.${position}.${tag}`;
}

export function readPlace(text: string): Place | null {
  const [, epoch, position, tag = ""] = /^(\d{1,9})\.(\d{1,15})(?:\.([0-9a-f]{0,16}))?$/.exec(text) ?? [];
  return epoch === undefined || position === undefined ? null : { epoch: Number(epoch), position: Number(position), tag };
}

/** A replica's cursor of one stream, opaque to it. */
export function writeUnitCursor(place: Place): string {
  const body = `u1;${writePlace(place)}`;
  return toText(`${body};${checkSum(body)}`);
}

/** What a unit shows of the log with its next question. */
export function writeSeen(store: PlaceStore, state: StreamState): string {
  return `${state.head}.${(tagAt(store, state, state.head) ?? "").slice(0, SEEN_CHARS)}`;
}

/** Null for what is no cursor of a stream. */
export function readUnitCursor(cursor: string): Place | null {
  const [, body, place, sum] = /^(u1;([0-9a-f.]+));([0-9a-z]+)$/.exec(fromText(cursor) ?? "") ?? [];
  return body === undefined || place === undefined || sum !== checkSum(body) ? null : readPlace(place);
}

/** Null where the line is not there. */
export function tagAt(store: PlaceStore, state: StreamState, position: number): string | null {
  if (position === 0) return "";
  const hash = position === state.head ? state.hash : store.lineAt(position)?.hash;
  return hash === undefined ? null : hash.slice(0, TAG_CHARS);
}
