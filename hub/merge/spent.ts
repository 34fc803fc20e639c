/**
 * What a number of an origin stood for, in short, where its line is gone: 32 bits of what names the operation. A unit put back in silence that
 * uses the number again is found out by it (D14), whatever its clock says.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { GAP } from "./gap.ts";

/** One of these was used for another operation with a chance of 2⁻³² to go unseen. */
export type Spent = { readonly hubSeq: number; readonly origin: string; readonly seq: number; readonly tag: number };

/** What an operation is called where it has no number yet: the transaction that wrote it, and when. */
export function tagOf(txId: unknown, at: unknown): number {
  const digest = sha256(utf8ToBytes(JSON.stringify([txId, at])));
  return new DataView(digest.buffer, digest.byteOffset).getUint32(0);
}

type Named = { readonly hubSeq: number; readonly origin: string; readonly seq: number; readonly entity: string; readonly txId: unknown; readonly at: unknown };

/** Of a line that goes. Null for one that stands for no operation, and for one whose name could not be read. */
export function spentOf({ hubSeq, origin, seq, entity, txId, at }: Named): Spent | null {
  return entity === GAP || txId === "unreadable" ? null : { hubSeq, origin, seq, tag: tagOf(txId, at) };
}
