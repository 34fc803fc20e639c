/**
 * Who was let in by the unit before, so that a gateway may take over its packets while the unit is away. Kept on the gateway's disk: keyed
 * digests of passwords with the instant of their last use, never the passwords. A unit's revocation reaches it when the unit is back.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";

/** Users that are remembered: the connections of an Intake. Whoever was let in longest ago is forgotten. */
const KNOWN_MAX = 10_000;
/** Sessions of one user: a device has one, a tool of people a few. */
const SESSIONS_MAX = 4;
const SAVE_EVERY_MS = 10_000;
const KEY_BYTES = 32;
const KEY_FILE = "known.key";
const KNOWN_FILE = "known.json";

const Entry = z.strictObject({ who: z.string(), digest: z.hex(), at: z.number(), sessions: z.array(z.string()) });
const File = z.strictObject({ format: z.literal(1), known: z.array(Entry) });
type Entry = z.infer<typeof Entry>;

export type Credentials = { readonly unit: string; readonly user: string; readonly password: string; readonly client: string };

export type Known = {
  /** The unit has let it in. */
  admitted(who: Credentials, keepsSession: boolean): void;
  /** The unit has refused it: if these very credentials were known, they are so no longer. */
  refused(who: Credentials): void;
  /** Null: not known, or too long ago. */
  find(who: Credentials): { readonly hasSession: boolean } | null;
  check(now: number): void;
  close(): void;
};

export type KnownOptions = { readonly folder: string; readonly ageMaxMs: number; readonly now: () => number };

/** Throws when the folder can't be used; a file of known users that can't be read is begun anew. */
export function openKnown({ folder, ageMaxMs, now }: KnownOptions): Known {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const key = keyOf(join(folder, KEY_FILE));
  const path = join(folder, KNOWN_FILE);
  // In the order of their last use.
  const known = new Map<string, Entry>(load(path).map((entry) => [entry.who, entry]));
  let dirty = false;
  let savedAt = now();

  const digestOf = ({ unit, user, password }: Credentials) => createHmac("sha256", key).update(`${unit}\n${user}\n${password}`).digest();
  const whoIs = ({ unit, user }: Credentials) => `${unit}\n${user}`;
  const isSame = (entry: Entry, who: Credentials) => timingSafeEqual(Buffer.from(entry.digest, "hex"), digestOf(who));

  function save(): void {
    if (!dirty) return;
    writeFileSync(`${path}.new`, JSON.stringify({ format: 1, known: [...known.values()] } satisfies z.infer<typeof File>), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
    dirty = false;
  }

  return {
    admitted(who, keepsSession) {
      const others = (known.get(whoIs(who))?.sessions ?? []).filter((client) => client !== who.client);
      const sessions = keepsSession ? [who.client, ...others].slice(0, SESSIONS_MAX) : others;
      known.delete(whoIs(who));
      known.set(whoIs(who), { who: whoIs(who), digest: digestOf(who).toString("hex"), at: now(), sessions });
      const [oldest] = known.keys();
      if (known.size > KNOWN_MAX && oldest !== undefined) known.delete(oldest);
      dirty = true;
    },
    refused(who) {
      const entry = known.get(whoIs(who));
      if (entry === undefined || !isSame(entry, who)) return;
      known.delete(whoIs(who));
      dirty = true;
    },
    find(who) {
      const entry = known.get(whoIs(who));
      if (entry === undefined || now() - entry.at > ageMaxMs || !isSame(entry, who)) return null;
      return { hasSession: entry.sessions.includes(who.client) };
    },
    check(at) {
      if (at - savedAt < SAVE_EVERY_MS) return;
      savedAt = at;
      save();
    },
    close: save,
  };
}

function keyOf(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(KEY_BYTES), { mode: 0o600, flush: true });
  return readFileSync(path);
}

function load(path: string): readonly Entry[] {
  if (!existsSync(path)) return [];
  try {
    return File.parse(JSON.parse(readFileSync(path, "utf8"))).known;
  } catch {
    return [];
  }
}
