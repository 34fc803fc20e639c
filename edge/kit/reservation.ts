/**
 * Exactly one reservation for a kit, whatever is retried, answered twice, answered late or changed meanwhile.
 *
 * How: one ask at a time, under a key that names the version of the lines; its outcome is always waited for, also when nobody wants it any more. Other
 * lines: where the warehouse can replace what is held, it is asked to, and the lines that stay are never free in between; where what is new can't be
 * had, the old is kept. Where it can't, what is held goes back before anything else is asked for. A reservation that nobody knows goes back at once.
 * The state and its asks are committed together, so a crash repeats an ask, under the same key.
 */
import type { PartCount } from "../../contracts/asset.ts";
import type { Ask } from "../../contracts/effect.ts";
import type { KitId, PartId, TicketId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { GIVING_MAX, LINES_MAX, type Reservation } from "../../contracts/reservation.ts";

/** `decision`: whose step this is. Answers carry the key of the ask that they answer. */
export type ReservationEvent =
  /** A person lets it run. `lines`: what they were shown, where that is more than what is asked for now. */
  | { readonly type: "allow"; readonly lines?: readonly PartCount[] }
  /**
   * Other lines. What is held is replaced by them, or goes back and they are asked for, under one decision. `needsPerson`: more of anything than was
   * ever let run waits for a person's word, and what is held stays until then.
   */
  | { readonly type: "change"; readonly lines: readonly PartCount[]; readonly decision: string; readonly needsPerson?: boolean }
  /** The same lines once more: what was short may be there now. */
  | { readonly type: "again"; readonly decision: string }
  | { readonly type: "cancel" }
  | { readonly type: "use" }
  | {
      readonly type: "reserved";
      readonly key: string;
      readonly reservation: string;
      readonly depot: string;
      readonly at: Millis;
      readonly replaceable?: true | undefined;
      readonly replaced?: string | undefined;
    }
  | { readonly type: "short"; readonly key: string; readonly missing: readonly PartCount[] }
  | { readonly type: "unreachable"; readonly key: string; readonly attempts: number; readonly why: string }
  | { readonly type: "rejected"; readonly key: string; readonly why: string }
  | { readonly type: "released"; readonly key: string };

export type ReservationStep = { readonly reservation: Reservation; readonly asks: readonly Ask[] };

/** A kit's reservation as it begins. Without lines nothing is ever asked. */
export function startReservation(
  kit: { readonly kit: KitId; readonly ticket: TicketId; readonly lines: readonly PartCount[]; readonly needsPerson?: boolean },
  decision: string,
): ReservationStep {
  const needs = kit.needsPerson === true ? { needsPerson: true as const } : {};
  return settle({ kit: kit.kit, ticket: kit.ticket, version: 1, lines: sumLines(kit.lines), decision, wanted: true, ...needs, giving: [], gone: [] }, []);
}

/** What an event makes of it; null when it tells nothing new. */
export function advanceReservation(now: Reservation, event: ReservationEvent): ReservationStep | null {
  switch (event.type) {
    case "allow": {
      const { needsPerson, ...rest } = now;
      if (needsPerson === undefined) return null;
      return settle({ ...rest, allowed: mostOf(allowedOf(now), mostOf(now.lines, sumLines(event.lines ?? []))) }, []);
    }
    case "change": {
      const lines = sumLines(event.lines);
      if (isOver(now) || isSame(lines, now.lines)) return null;
      const { needsPerson: _asked, ...rest } = now;
      const changed = { ...rest, version: now.version + 1, lines, decision: event.decision };
      if (event.needsPerson !== true) return settle(now.needsPerson === true ? { ...changed, needsPerson: true } : changed, []);
      const allowed = allowedOf(now);
      return settle(isWithin(lines, allowed) ? { ...changed, allowed } : { ...changed, allowed, needsPerson: true }, []);
    }
    case "again": {
      const isOpen = now.missing?.version === now.version || now.rejected?.version === now.version;
      return isOver(now) || !isOpen ? null : settle({ ...now, version: now.version + 1, decision: event.decision }, []);
    }
    case "cancel":
      return isOver(now) ? null : settle({ ...now, wanted: false }, []);
    case "use":
      // A job that was done without its parts keeps nothing: what is still asked for goes back when it comes.
      return isOver(now) ? null : settle(now.held === undefined ? { ...now, wanted: false } : { ...now, used: true }, []);
    case "reserved":
      return onReserved(now, event);
    case "short":
      return answered(now, event.key, (version) => ({ missing: { version, lines: [...event.missing] } }));
    case "rejected":
      return answered(now, event.key, (version) => ({ rejected: { version, why: event.why.slice(0, 200) } }));
    case "unreachable": {
      const { asking } = now;
      // The ask goes on for days if it must: it is told at every doubling, not at every try.
      if (asking === undefined || event.key !== keyOf(now, asking.version) || event.attempts < Math.max(1, 2 * asking.attempts)) return null;
      return { reservation: { ...now, asking: { ...asking, attempts: event.attempts, why: event.why.slice(0, 200) } }, asks: [] };
    }
    case "released": {
      const back = now.giving.find((reservation) => releaseKeyOf(now, reservation) === event.key);
      if (back === undefined) return null;
      return settle({ ...now, giving: now.giving.filter((one) => one !== back), gone: [...now.gone, back].slice(-GIVING_MAX) }, []);
    }
  }
}

export function keyOf({ kit }: { readonly kit: KitId }, version: number): string {
  return `${kit}:v${version}`;
}

/** Whose key it is; null where it is of no version that was asked for. */
function versionIn(now: Reservation, key: string): number | null {
  const version = Number(key.slice(keyOf(now, 0).length - 1));
  return Number.isInteger(version) && version >= 1 && version <= now.version && key === keyOf(now, version) ? version : null;
}

export function releaseKeyOf({ kit }: { readonly kit: KitId }, reservation: string): string {
  return `${kit}:release:${reservation}`;
}

function onReserved(now: Reservation, event: Extract<ReservationEvent, { type: "reserved" }>): ReservationStep | null {
  const { key, reservation, depot, at, replaceable, replaced } = event;
  const { asking, held, ...rest } = now;
  const isAwaited = asking !== undefined && key === keyOf(now, asking.version) && held?.reservation === asking.replaces;
  if (now.giving.includes(reservation) || (held?.reservation === reservation && !isAwaited)) return null;
  if (isAwaited) {
    // A WMS may give a number again that has gone back.
    const gone = now.gone.filter((one) => one !== reservation);
    const fresh = { version: asking.version, reservation, depot, at, ...(replaceable === undefined ? {} : { replaceable }) };
    if (held === undefined || held.reservation === reservation) return settle({ ...rest, gone, held: fresh }, []);
    if (replaced === held.reservation) return settle({ ...rest, gone: [...gone, replaced].slice(-GIVING_MAX), held: fresh }, []);
    // It doesn't say what became of the old one: that goes back, once more or not.
    const given = giveBack({ ...rest, gone, held: fresh }, held.reservation);
    return settle(given.reservation, given.asks);
  }
  if (now.gone.includes(reservation)) return null;
  if (held !== undefined && replaced === held.reservation) {
    // An ask that was answered otherwise reached it once more, late: what was held is this one by now.
    const isOurs = { version: versionIn(now, key) ?? held.version, reservation, depot, at, ...(replaceable === undefined ? {} : { replaceable }) };
    const moved = asking?.replaces === replaced ? { asking: { ...asking, replaces: reservation } } : asking === undefined ? {} : { asking };
    return settle({ ...rest, ...moved, gone: [...now.gone, replaced].slice(-GIVING_MAX), held: isOurs }, []);
  }
  // A second one under one key, or one that was answered otherwise before: the WMS broke its word, or remembers better than we do.
  return giveBack(now, reservation);
}

/** The ask is answered without anything being held. */
function answered(now: Reservation, key: string, what: (version: number) => Partial<Reservation>): ReservationStep | null {
  const { asking, ...rest } = now;
  if (asking === undefined || key !== keyOf(now, asking.version)) return null;
  return settle({ ...rest, ...what(asking.version) }, []);
}

/** Brings about what is wanted, one step at a time: first what goes back, then what is asked for. */
function settle(now: Reservation, asks: readonly Ask[]): ReservationStep {
  const { held, ...rest } = now;
  // What is being replaced is another one soon, or stays: until that is known there is nothing to give back.
  const isBound = held === undefined || held.reservation === now.asking?.replaces || now.used === true;
  const isKept = held?.version === now.version || (held?.replaceable === true && now.lines.length > 0);
  if (!isBound && (!now.wanted || (!isKept && now.needsPerson !== true))) {
    const given = giveBack(rest, held.reservation);
    return settle(given.reservation, [...asks, ...given.asks]);
  }
  const isAnswered = held?.version === now.version || now.missing?.version === now.version || now.rejected?.version === now.version;
  const isIdle = now.asking === undefined && now.giving.length === 0;
  if (isOver(now) || now.needsPerson === true || now.lines.length === 0 || isAnswered || !isIdle) return { reservation: now, asks };
  const { missing: _missing, rejected: _rejected, ...fresh } = now;
  const replaces = held === undefined ? {} : { replaces: held.reservation };
  const ask: Ask = { type: "reserve", key: keyOf(now, now.version), kit: now.kit, ticket: now.ticket, lines: now.lines, ...replaces };
  return { reservation: { ...fresh, asking: { version: now.version, attempts: 0, ...replaces } }, asks: [...asks, ask] };
}

function giveBack(now: Reservation, reservation: string): ReservationStep {
  const ask: Ask = { type: "release", key: releaseKeyOf(now, reservation), kit: now.kit, ticket: now.ticket, reservation };
  return { reservation: { ...now, giving: [...now.giving, reservation].slice(-GIVING_MAX) }, asks: [ask] };
}

function isOver({ wanted, used }: Reservation): boolean {
  return !wanted || used === true;
}

/** One line for each part, in order of name: the same kit however its lines are cut. */
function sumLines(lines: readonly PartCount[]): PartCount[] {
  const pieces = new Map<PartId, number>();
  for (const { part, quantity } of lines) pieces.set(part, (pieces.get(part) ?? 0) + quantity);
  return [...pieces].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([part, quantity]) => ({ part, quantity }));
}

/** What persons have let run: of a reservation that no rule held up, all of it. */
function allowedOf({ allowed, needsPerson, lines }: Reservation): PartCount[] {
  return allowed ?? (needsPerson === true ? [] : lines);
}

function isWithin(lines: readonly PartCount[], allowed: readonly PartCount[]): boolean {
  return lines.every(({ part, quantity }) => allowed.some((one) => one.part === part && one.quantity >= quantity));
}

/** Of each part the larger number; more kinds of them than a kit has are forgotten, and asked about again. */
function mostOf(a: readonly PartCount[], b: readonly PartCount[]): PartCount[] {
  const pieces = new Map(a.map(({ part, quantity }) => [part, quantity]));
  for (const { part, quantity } of b) pieces.set(part, Math.max(pieces.get(part) ?? 0, quantity));
  return [...pieces].map(([part, quantity]) => ({ part, quantity })).slice(-LINES_MAX);
}

function isSame(a: readonly PartCount[], b: readonly PartCount[]): boolean {
  return a.length === b.length && a.every(({ part, quantity }, i) => b[i]?.part === part && b[i].quantity === quantity);
}
