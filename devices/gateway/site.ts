/**
 * A site's gateway: any MQTT client connects here over TCP or TLS, and all of them travel to their unit on one link.
 *
 *   TCP, TLS ─▶ entrance ─▶ client ─▶ line ─▶ seat: a member of the link, or, while the unit is away, the queue on this machine's disk
 */
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRefusal, type Refusal } from "../../contracts/refusal.ts";
import { type Client, type ClientEnd, type HeldBudget, startClient } from "./client.ts";
import { type Entrance, type EntranceCounts, openEntrance, type Visitor } from "./entrance.ts";
import { type Known, openKnown } from "./known.ts";
import type { LinkCounts } from "./link.ts";
import { readTls, type TlsFiles } from "./tls.ts";
import { openUplink, type Uplink, type UplinkCounts } from "./uplink.ts";

/** Clients at a time: as many as one Intake takes. A process needs a file descriptor for each, see `ulimit -n`. */
const CLIENTS_MAX = 10_000;
/** Bytes of all packets that are not complete yet. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
const CHECK_MS = 1_000;
/** How soon a replaced certificate is noticed. */
const FILES_EVERY_MS = 5_000;
/** What is kept of an absent unit's telemetry, unless told otherwise: about two million small packets. */
export const QUEUE_BYTES_MAX = 256 * 1024 * 1024;
/** How long it is kept, and how long a client may be let in on the word of a unit that is away. */
export const QUEUE_AGE_MS = 7 * 24 * 3_600_000;
const NAME_FILE = "gateway-name";

export type SiteOptions = {
  readonly host: string;
  /** 0 takes any free port; null: no plain TCP. */
  readonly port: number | null;
  readonly tls?: { readonly port: number; readonly files: TlsFiles };
  /** Where a unit takes links: `ws://…/mqtt/{unit}`. */
  readonly upstream: (unit: string) => string;
  /** The first is that of clients whose user name has no `unit/` before the device; others are refused. */
  readonly units: readonly [string, ...string[]];
  /** Authorizes the gateway to its unit. */
  readonly token?: string;
  /** Where the gateway keeps its name, whom it knows and its queue. Absent: while a unit is away, its clients are refused. */
  readonly folder?: string;
  readonly queueBytesMax?: number;
  readonly queueAgeMs?: number;
  readonly clientsMax?: number;
  readonly acceptsPerS?: number;
  readonly heldBytesMax?: number;
  readonly checkMs?: number;
  readonly onLog?: (line: string) => void;
  readonly now?: () => number;
  readonly random?: () => number;
};

/** `tooOld`, `torn`: packets left out when the unit was back, and files of the queue that were not whole. */
type Queued = { readonly queued: number; readonly tooOld: number; readonly torn: number };

export type SiteCounts = EntranceCounts & {
  readonly ends: Readonly<Partial<Record<ClientEnd, number>>>;
  readonly units: Readonly<Record<string, UplinkCounts & LinkCounts & { readonly state: string; readonly members: number } & Queued>>;
};

export type Site = {
  readonly port: number | null;
  readonly tlsPort: number | null;
  clients(): number;
  counts(): SiteCounts;
  /** Reads certificates and identities again. A refusal leaves the old ones in force. */
  reloadTls(): Refusal | null;
  close(): Promise<void>;
};

/** Refuses files for TLS that are missing, expired or don't fit; rejects when a port is taken (`EADDRINUSE`) or the folder can't be used. */
export async function startSite(options: SiteOptions): Promise<Site | Refusal> {
  const now = options.now ?? Date.now;
  const onLog = options.onLog ?? (() => {});
  const { tls, folder } = options;
  const material = tls === undefined ? null : readTls(tls.files, now());
  if (isRefusal(material)) return material;
  if (material !== null && material.warning !== null) onLog(`gateway: ${material.warning}`);

  const ageMaxMs = options.queueAgeMs ?? QUEUE_AGE_MS;
  const name = folder === undefined ? `gateway-${randomUUID()}` : nameIn(folder);
  const known = folder === undefined ? null : openKnown({ folder, ageMaxMs, now });
  const uplinks = new Map<string, Uplink>();
  const clients = new Set<Client>();
  const held: HeldBudget = { max: options.heldBytesMax ?? HELD_BYTES_MAX, bytes: 0 };
  const ends: Partial<Record<ClientEnd, number>> = {};
  const uplinkOf = new Map<Client, Uplink>();

  function receive({ socket, secure, identity }: Visitor): void {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    const client = startClient({
      socket,
      unit: options.units[0],
      secure,
      identity,
      held,
      now,
      onGreeting(greeted, hello) {
        const uplink = uplinks.get(hello.unit);
        if (uplink === undefined) return greeted.refuse("unit-unknown");
        uplinkOf.set(greeted, uplink);
        uplink.enter(greeted, hello);
      },
      onAnswer: (answered, answer) => uplinkOf.get(answered)?.answered(answered, answer),
      onEnd(left, why) {
        uplinkOf.get(left)?.left(left);
        uplinkOf.delete(left);
        ends[why] = (ends[why] ?? 0) + 1;
        if (isTold(why)) onLog(`gateway: ${from} ${left.hello()?.unit ?? "-"} ${why}`);
      },
    });
    clients.add(client);
    socket.once("close", () => clients.delete(client));
  }

  const entrance: Entrance = await openEntrance({
    host: options.host,
    port: options.port,
    tls: tls === undefined || material === null ? null : { port: tls.port, material },
    isFull: (inHandshake) => clients.size + inHandshake >= (options.clientsMax ?? CLIENTS_MAX),
    ...(options.acceptsPerS === undefined ? {} : { acceptsPerS: options.acceptsPerS }),
    now,
    onVisitor: receive,
    onLog,
  });
  for (const unit of options.units)
    uplinks.set(
      unit,
      await openUplink({
        unit,
        url: options.upstream(unit),
        gateway: name,
        ...(options.token === undefined ? {} : { token: options.token }),
        now,
        random: options.random ?? Math.random,
        newId: randomUUID,
        onLog,
        ...storedIn(folder, unit, known),
      }),
    );

  function storedIn(place: string | undefined, unit: string, whom: Known | null) {
    if (place === undefined || whom === null) return {};
    return { stored: { folder: join(place, "queue", unit), bytesMax: options.queueBytesMax ?? QUEUE_BYTES_MAX, ageMaxMs, known: whom } };
  }

  function reloadTls(): Refusal | null {
    if (tls === undefined) return null;
    const read = readTls(tls.files, now());
    if (isRefusal(read)) {
      onLog(`gateway: the old certificate stays: ${read.rule}; ${read.mend}`);
      return read;
    }
    entrance.replaceTls(read);
    onLog(`gateway: certificates were read again${read.warning === null ? "" : `; ${read.warning}`}`);
    return null;
  }

  let stamp = tls === undefined ? "" : stampOf(tls.files);
  let lookedAt = now();
  const checks = setInterval(() => {
    const at = now();
    for (const client of clients) client.check(at);
    for (const uplink of uplinks.values()) uplink.check(at);
    known?.check(at);
    if (tls === undefined || at - lookedAt < FILES_EVERY_MS) return;
    lookedAt = at;
    const seen = stampOf(tls.files);
    if (seen === stamp) return;
    stamp = seen;
    reloadTls();
  }, options.checkMs ?? CHECK_MS);

  return {
    port: entrance.port,
    tlsPort: entrance.tlsPort,
    clients: () => clients.size,
    counts: () => ({ ...entrance.counts(), ends: { ...ends }, units: Object.fromEntries([...uplinks].map(([unit, uplink]) => [unit, countsOf(uplink)])) }),
    reloadTls,
    async close() {
      const closed = entrance.close();
      for (const client of clients) client.close();
      // The checks go on until the last client is gone: one that doesn't close is cut off.
      await closed;
      clearInterval(checks);
      for (const uplink of uplinks.values()) await uplink.close();
      known?.close();
    },
  };
}

function countsOf(uplink: Uplink) {
  return {
    ...uplink.counts(),
    ...uplink.link.counts(),
    state: uplink.state(),
    members: uplink.link.members(),
    queued: uplink.queue()?.packets() ?? 0,
    tooOld: uplink.queue()?.counts().tooOld ?? 0,
    torn: uplink.queue()?.counts().torn ?? 0,
  };
}

/** What an operator can do something about. */
function isTold(why: ClientEnd): boolean {
  return why !== "client-closed" && why !== "gateway-closed" && why !== "unit-away" && why !== "unit-back" && why !== "refused";
}

/** Under this name the unit remembers what it has of the queue: it lives as long as the folder. */
function nameIn(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, NAME_FILE);
  if (!existsSync(path)) writeFileSync(path, `gateway-${randomUUID()}`, { flush: true });
  return readFileSync(path, "utf8").trim();
}

function stampOf({ cert, key, clientCa, identities }: TlsFiles): string {
  return [cert, key, clientCa, identities].map((path) => (path === undefined ? "" : String(statSync(path, { throwIfNoEntry: false })?.mtimeMs))).join(" ");
}
