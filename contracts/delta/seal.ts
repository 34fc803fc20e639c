/**
 * Personal values where a log must hold them: encrypted under a key of their subject (XChaCha20-Poly1305, the subject as associated text).
 * Destroying the key erases them everywhere at once, and hashes over the sealed text still verify. Chance is an argument.
 */
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import type { Json } from "./json.ts";

const NONCE_BYTES = 24;
const KEY_BYTES = 32;

export type RandomBytes = (count: number) => Uint8Array;

/** A sealed value in the place of a plain one: nonce and box, in hexadecimal. */
export const Sealed = z.strictObject({ $sealed: z.string() });
export type Sealed = z.infer<typeof Sealed>;

export function makeKey(random: RandomBytes): string {
  return bytesToHex(random(KEY_BYTES));
}

export function seal(key: string, subject: string, value: Json, random: RandomBytes): Sealed {
  const nonce = random(NONCE_BYTES);
  const box = xchacha20poly1305(hexToBytes(key), nonce, utf8ToBytes(subject)).encrypt(utf8ToBytes(JSON.stringify(value)));
  return { $sealed: bytesToHex(nonce) + bytesToHex(box) };
}

/** Throws when the box was changed or belongs to another subject: that is damage, not an expected no. */
export function unseal(key: string, subject: string, sealed: Sealed): Json {
  const bytes = hexToBytes(sealed.$sealed);
  const plain = xchacha20poly1305(hexToBytes(key), bytes.subarray(0, NONCE_BYTES), utf8ToBytes(subject)).decrypt(bytes.subarray(NONCE_BYTES));
  return JSON.parse(new TextDecoder().decode(plain)) as Json;
}

export function isSealed(value: unknown): value is Sealed {
  return Sealed.safeParse(value).success;
}

export function subjectOf(entity: string, id: string): string {
  return `${entity}/${id}`;
}
