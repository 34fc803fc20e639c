/**
 * How every link of the hub fares: one entry for each unit, consumer of the feed, webhook and connector, in order of what hangs on them.
 * All numbers come from what the streams, the registry and the outgoing object hold; nothing is remembered here.
 *
 *   streams ─ reach ─┐
 *   units' words ────┼─▶ one entry a link ─▶ findings, state ─▶ impact ─▶ ranked
 *   outgoing links ──┤
 *   open tickets ────┘
 */
import type { Millis } from "../../contracts/instant.ts";
import { HUB_UNIT } from "../merge/take.ts";
import type { Link } from "../relay/link.ts";
import { impactOf, rank } from "./impact.ts";
import { judge, stateOf } from "./judge.ts";
import { PATIENCE, UNIT_PATIENCE } from "./limit.ts";
import type { LinkHealth } from "./link-health.ts";
import type { Measured } from "./judge.ts";
import type { ComparedWord, ConsumerReach, OpenTicket, StreamReach, UnitWord } from "./reach.ts";

export type Inputs = {
  readonly streams: readonly StreamReach[];
  readonly words: readonly UnitWord[];
  readonly compared: readonly ComparedWord[];
  readonly outgoing: readonly Link[];
  readonly tickets: readonly OpenTicket[];
  /** By hash: whose the tokens are. */
  readonly names: Readonly<Record<string, string>>;
};

/** Named consumers stand in the streams under such a token, and among the outgoing links with more to say. */
const NAMED = "consumer:";

export function healthOf(inputs: Inputs, now: Millis): readonly LinkHealth[] {
  const units = new Set([
    ...inputs.words.map(({ unit }) => unit),
    ...inputs.streams.flatMap(({ origins, replicas }) => [...origins, ...replicas].map(({ unit }) => unit)),
  ]);
  units.delete(HUB_UNIT);
  const tokens = new Set(inputs.streams.flatMap(({ consumers }) => consumers.map(({ token }) => token)).filter((token) => !token.startsWith(NAMED)));
  return rank([
    ...[...units].map((unit) => unitLink(inputs, unit, now)),
    ...[...tokens].map((token) => feedLink(inputs, token, now)),
    ...inputs.outgoing.map((link) => outgoingLink(inputs, link, now)),
  ]);
}

function unitLink({ streams, words, tickets }: Inputs, unit: string, now: Millis): LinkHealth {
  const word = words.find((one) => one.unit === unit);
  const origins = streams.flatMap((stream) => stream.origins.filter((one) => one.unit === unit));
  const replicas = streams.flatMap((stream) => stream.replicas.filter((one) => one.unit === unit && !one.expelled));
  const reads = streams.some((stream) => stream.replicas.some((one) => one.unit === unit));
  const lastAt = latest([word?.at, ...origins.map((one) => one.lastAt), ...replicas.map(({ at }) => at)]);
  const newest = origins.filter((one) => one.lastAt !== undefined).toSorted((a, b) => (b.lastAt ?? 0) - (a.lastAt ?? 0));
  const delays = origins.flatMap(({ delaysMs }) => delaysMs);
  const [depth, through, dead] = [sum(replicas.map(({ lag }) => lag)), sum(origins.map((one) => one.through)), sum(origins.map((one) => one.dead))];
  const oldestAt = earliest(replicas.map((one) => one.oldestAt));
  const mine = tickets.filter((ticket) => ticket.units.includes(unit));
  const isSilent = lastAt === undefined || now - lastAt > UNIT_PATIENCE.behindMs;
  const heardTo = streams.find(({ stream }) => stream === "tickets")?.replicas.find((one) => one.unit === unit)?.applied ?? 0;
  return entry(
    {
      kind: "unit",
      id: unit,
      name: unit,
      unit,
      ...given({ lastAt, oldestAt, compared: word?.verified, delayMs: newest[0]?.delaysMs[0], typicalDelayMs: middle(delays) }),
      confirmed: through - dead,
      known: through + depth,
      dead,
      lost: word?.receipt?.lost ?? 0,
      // What waits for a unit is known from where it reads: of one that never read nothing is.
      ...(reads ? { depth } : {}),
    },
    { patience: UNIT_PATIENCE, silentMs: lastAt === undefined ? undefined : now - lastAt },
    // What happened at a unit that is not heard of, or that holds something else, is not known here, whichever of its tickets it is about.
    { tickets: mine, waiting: isSilent || word?.verified?.equal === false ? mine : mine.filter(({ at }) => depth > 0 && at > heardTo), writes: 0 },
    now,
  );
}

function feedLink({ streams, tickets, names, compared }: Inputs, token: string, now: Millis): LinkHealth {
  const places = streams.flatMap(({ stream, position, consumers }) =>
    consumers.filter((one) => one.token === token).map((one) => ({ stream, head: position, ...one })),
  );
  const unit = places[0]?.unit ?? "";
  const lastAt = latest(places.map(({ at }) => at));
  const oldestAt = earliest(places.map((one) => one.oldestAt));
  const moved = places.filter((one) => one.delayMs !== undefined).toSorted((a, b) => b.at - a.at);
  const heardTo = places.find(({ stream }) => stream === "tickets")?.position ?? 0;
  const mine = seenBy(tickets, unit);
  const last = comparedOf(compared, token);
  return entry(
    {
      kind: "feed",
      id: token.slice(0, 12),
      name: names[token] ?? token.slice(0, 8),
      ...(unit === "" ? {} : { unit }),
      ...given({ lastAt, oldestAt, compared: last, delayMs: moved[0]?.delayMs }),
      confirmed: sum(places.map(({ position }) => position)),
      known: sum(streams.map(({ position }) => position)),
      dead: 0,
      lost: 0,
      depth: sum(places.map(({ head, position }: { head: number } & ConsumerReach) => Math.max(0, head - position))),
    },
    { patience: PATIENCE },
    // What it shows of any ticket may be what differs.
    { tickets: mine, waiting: last?.equal === false ? mine : mine.filter(({ at }) => at > heardTo), writes: 0 },
    now,
  );
}

function outgoingLink({ streams, tickets, compared }: Inputs, link: Link, now: Millis): LinkHealth {
  const { kind, id, name, unit, state, why, lagOperations, oldestAgeMs, delayMs, queued, breaker, deadLetters, lastError, lastOkAt } = link;
  const known = sum(streams.map(({ position }) => position));
  const mine = kind === "connector" ? [] : seenBy(tickets, unit ?? "");
  const last = kind === "consumer" ? comparedOf(compared, `${NAMED}${id}`) : undefined;
  const notBegun = kind === "consumer" && state === "new";
  const heardTo = lagOperations > 0 && !notBegun ? (link.ticketsAt ?? 0) : Number.POSITIVE_INFINITY;
  return entry(
    {
      kind,
      id,
      ...(kind === "connector" ? { name: id, system: name } : { name }),
      ...given({ unit, compared: last, delayMs, breaker, lastError, lastAt: lastOkAt, oldestAt: oldestAgeMs === undefined ? undefined : now - oldestAgeMs }),
      ...(kind === "connector" ? {} : { confirmed: Math.max(0, known - lagOperations), known }),
      dead: deadLetters,
      lost: 0,
      depth: kind === "connector" ? queued : lagOperations,
    },
    { patience: PATIENCE, delivery: kind === "webhook" ? state : undefined, notBegun, why, failures: link.failures, lastError },
    { tickets: mine, waiting: last?.equal === false ? mine : mine.filter(({ at }) => at > heardTo), writes: queued },
    now,
  );
}

/** Families only where some differ. */
function comparedOf(words: readonly ComparedWord[], token: string): LinkHealth["compared"] {
  const word = words.find((one) => one.token === token);
  if (word === undefined) return undefined;
  return { at: word.at, equal: word.equal, ...(word.equal ? {} : { apart: [...word.apart] }) };
}

function entry(
  measured: Omit<LinkHealth, "state" | "findings" | "impact">,
  judged: Pick<Measured, "patience" | "silentMs" | "delivery" | "notBegun" | "why" | "failures" | "lastError">,
  stake: { readonly tickets: readonly OpenTicket[]; readonly waiting: readonly OpenTicket[]; readonly writes: number },
  now: Millis,
): LinkHealth {
  const { oldestAt, delayMs, compared, breaker, dead, lost, kind } = measured;
  const waitingMs = oldestAt === undefined ? undefined : Math.max(0, now - oldestAt);
  const findings = judge({ ...judged, waitingMs, delayMs, compared, breaker, dead, lost }, now);
  const state = stateOf(findings);
  return { ...measured, state, findings: [...findings], impact: impactOf({ kind, state, ...stake }, now) };
}

function seenBy(tickets: readonly OpenTicket[], unit: string): readonly OpenTicket[] {
  return unit === "" ? tickets : tickets.filter(({ units }) => units.includes(unit));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function latest(instants: readonly (Millis | undefined)[]): Millis | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function earliest(instants: readonly (Millis | undefined)[]): Millis | undefined {
  const known = instants.filter((at) => at !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Of an even number the lower one of the two in the middle. */
function middle(lengths: readonly Millis[]): Millis | undefined {
  return lengths.toSorted((a, b) => a - b)[Math.floor((lengths.length - 1) / 2)];
}

/** Without what is not known. */
function given<T extends Readonly<Record<string, unknown>>>(values: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
