/**
 * What a gateway needs for TLS, read from files and checked before it is used: certificate, key, the authority of its clients, and for whom
 * each client's certificate speaks. Files that are replaced are read again; while new ones are wrong, the old stay in force.
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PeerCertificate } from "node:tls";
import { createSecureContext } from "node:tls";
import { z } from "zod";
import { isRefusal, type Refusal, refuse } from "../../contracts/refusal.ts";
import type { Identity } from "./connect-packet.ts";

/** A certificate that ends within this is told of at each reading. */
const ENDS_SOON_MS = 14 * 24 * 3_600_000;
/** A file that is longer is no certificate and no list of devices. */
const FILE_BYTES_MAX = 4 * 1024 * 1024;

export type TlsFiles = {
  readonly cert: string;
  readonly key: string;
  /** The authority that signs the clients' certificates; without it none is asked for. */
  readonly clientCa?: string;
  /** JSON: `{ "<common name, or SHA-256 fingerprint>": { "user": "unit/device", "password": "…" } }` */
  readonly identities?: string;
  /** Whether a client without a certificate may sign in with user name and password. */
  readonly passwords: boolean;
};

export type TlsMaterial = {
  readonly cert: string;
  readonly key: string;
  readonly ca: string | null;
  readonly passwords: boolean;
  /** Whom a verified certificate speaks for; null for nobody. */
  identityOf(certificate: Pick<PeerCertificate, "subject" | "fingerprint256">): Identity | null;
  /** Something to tell people of, or null. */
  readonly warning: string | null;
};

const Identities = z.record(z.string().min(1), z.strictObject({ user: z.string().min(1), password: z.string() }));

/** Refuses a file that isn't there, can't be read, is no longer or not yet valid, or doesn't fit the others. */
export function readTls(files: TlsFiles, now: number): TlsMaterial | Refusal {
  const cert = readText(files.cert, "cert");
  const key = readText(files.key, "key");
  const ca = files.clientCa === undefined ? null : readText(files.clientCa, "clientCa");
  const list = files.identities === undefined ? "{}" : readText(files.identities, "identities");
  if (isRefusal(cert)) return cert;
  if (isRefusal(key)) return key;
  if (isRefusal(ca)) return ca;
  if (isRefusal(list)) return list;
  const own = checkCertificate(cert, files.cert, "cert", now);
  if (isRefusal(own)) return own;
  const authority = ca === null || files.clientCa === undefined ? null : checkCertificate(ca, files.clientCa, "clientCa", now);
  if (isRefusal(authority)) return authority;
  const pair = checkPair(files, cert, key);
  if (pair !== null) return pair;
  const identities = parseIdentities(list, files.identities ?? "");
  if (isRefusal(identities)) return identities;
  const ends = Math.min(own.endsAt, authority?.endsAt ?? Infinity);
  return {
    cert,
    key,
    ca,
    passwords: files.passwords,
    identityOf({ subject, fingerprint256 }) {
      const name = subject?.CN;
      return identities[fingerprint256] ?? (typeof name === "string" ? identities[name] : undefined) ?? null;
    },
    warning: ends - now > ENDS_SOON_MS ? null : `a certificate of this gateway ends on ${new Date(ends).toISOString()}`,
  };
}

function readText(path: string, field: string): string | Refusal {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > FILE_BYTES_MAX) return refuse("too-large", `${path} is larger than ${FILE_BYTES_MAX} bytes`, "name the right file", field);
    return bytes.toString("utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return refuse("malformed", missing ? `there is no file ${path}` : `${path} can't be read: ${String(error)}`, "name a file that this user can read", field);
  }
}

function checkCertificate(pem: string, path: string, field: string, now: number): { readonly endsAt: number } | Refusal {
  let read: X509Certificate;
  try {
    read = new X509Certificate(pem);
  } catch {
    return refuse("malformed", `${path} holds no certificate`, "use a PEM file: -----BEGIN CERTIFICATE-----", field);
  }
  const endsAt = Date.parse(read.validTo);
  if (endsAt <= now) return refuse("too-late", `the certificate in ${path} expired on ${read.validTo}`, "renew it, and put the new one in its place", field);
  if (Date.parse(read.validFrom) > now)
    return refuse("wrong-state", `the certificate in ${path} is valid from ${read.validFrom} only`, "set this machine's clock", field);
  return { endsAt };
}

function checkPair(files: TlsFiles, cert: string, key: string): Refusal | null {
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuse("malformed", `${files.key} is not the key of ${files.cert}: ${why}`, "use the pair that was made together", "key");
  }
}

function parseIdentities(text: string, path: string): z.infer<typeof Identities> | Refusal {
  try {
    const parsed = Identities.safeParse(JSON.parse(text));
    if (parsed.success) return parsed.data;
  } catch {
    // Said below.
  }
  return refuse("malformed", `${path} is no list of identities`, 'write { "<common name>": { "user": "unit/device", "password": "…" } }', "identities");
}
