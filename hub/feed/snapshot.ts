/** Where a reader is in a snapshot: opaque to him, base64url of `s1;{id};{stream};{entity};{key};{cursor};{check}`. The check finds what was cut or mistyped. */
import { checkSum, fromText, toText } from "../../contracts/delta/base64.ts";
import { StreamName } from "../../contracts/delta/operation.ts";
import { type Refusal, refuse } from "../../contracts/refusal.ts";

/** `after`: the last key that was read in `stream`. `cursor`: of the feed, where all of it lies. */
export type SnapshotPlace = {
  readonly id: string;
  readonly stream: StreamName;
  /** The only family that is read; "" for all. */
  readonly entity: string;
  readonly after: string;
  readonly cursor: string;
};

/** A key is at most 170 characters, three times that when it is written for a URL. */
const TOKEN_CHARS_MAX = 2_048;

export function writeSnapshotPlace({ id, stream, entity, after, cursor }: SnapshotPlace): string {
  const body = ["s1", id, stream, encodeURIComponent(entity), encodeURIComponent(after), cursor].join(";");
  return toText(`${body};${checkSum(body)}`);
}

/** Refuses `bad-cursor`. */
export function readSnapshotPlace(token: string): SnapshotPlace | Refusal {
  const text = token.length > TOKEN_CHARS_MAX ? null : fromText(token);
  const [, body, sum] = /^(s1;[0-9a-f-]+;[a-z]+;[^;]*;[^;]*;[A-Za-z0-9_-]+);([0-9a-z]+)$/.exec(text ?? "") ?? [];
  const [, id = "", name, entity = "", after = "", cursor = ""] = (body ?? "").split(";");
  const stream = StreamName.safeParse(name);
  if (body === undefined || sum !== checkSum(body) || !stream.success)
    return refuse("bad-cursor", "not a place in a snapshot", "send `next` exactly as it was received, or leave `after` out to begin a new one", "after");
  return { id, stream: stream.data, entity: decodeURIComponent(entity), after: decodeURIComponent(after), cursor };
}
