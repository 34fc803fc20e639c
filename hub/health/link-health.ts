/** How a link of the hub fares, as it is asked for and shown: the numbers, what follows from them, and what hangs on it. */
import { z } from "zod";
import { Instant } from "../../contracts/instant.ts";

const Count = z.number().int().min(0);
const Length = z.number().min(0).describe("milliseconds");

export const LinkKind = z.enum(["unit", "feed", "consumer", "webhook", "connector"]);
export type LinkKind = z.infer<typeof LinkKind>;

/** The worst of its findings; `ok`: there is none. */
export const LinkState = z.enum(["ok", "slow", "behind", "broken"]);
export type LinkState = z.infer<typeof LinkState>;

/**
 * One reason why a link is not well. `ms` or `count`: the figure; `why`: what the other side said.
 * `silent`: no word for so long · `unequal`: the digests differ · `not-compared`: they were not compared for so long · `waiting`: the oldest
 * that is not confirmed · `late`: how long the last delivery took · `dead-letters` · `lost`: neither side can account for · `breaker-open`,
 * `breaker-half-open` · `failing`: the last calls failed · `disabled` · `catching-up`: too far behind, told to read the feed · `not-begun`: it has never confirmed anything.
 */
export const Finding = z.strictObject({
  code: z.enum([
    "silent",
    "unequal",
    "not-compared",
    "waiting",
    "late",
    "dead-letters",
    "lost",
    "breaker-open",
    "breaker-half-open",
    "failing",
    "disabled",
    "catching-up",
    "not-begun",
  ]),
  state: LinkState.exclude(["ok"]),
  ms: Length.optional(),
  count: Count.optional(),
  why: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

export const TicketCounts = z.strictObject({ p1: Count, p2: Count, p3: Count });
export type TicketCounts = z.infer<typeof TicketCounts>;

/** What hangs on a link. `waiting`: open tickets of which something has not come through, `atStake`: all that go over it; `promises`: of those that wait, whose SLA is at risk. */
export const Impact = z.strictObject({ waiting: TicketCounts, promises: Count, writes: Count, atStake: TicketCounts, score: z.number().min(0) });
export type Impact = z.infer<typeof Impact>;

export const LinkHealth = z.strictObject({
  kind: LinkKind,
  id: z.string(),
  name: z.string(),
  /** Of a connector: what kind of system it calls. */
  system: z.string().optional(),
  /** The only unit that goes over it; absent: all of the tenant. */
  unit: z.string().optional(),
  state: LinkState,
  findings: z.array(Finding),
  /** Freshness: the last word of the other side; absent: none yet. */
  lastAt: Instant.optional(),
  /** Consistency: the last comparison of digests; absent: none was told. `apart`: of a consumer, families that differed. */
  compared: z.strictObject({ at: Instant, equal: z.boolean(), apart: z.array(z.string()).optional() }).optional(),
  /** Completeness: of what is `known` on either side, how much is `confirmed`. `dead` letters and what is `lost` are what is missing for good. */
  confirmed: Count.optional(),
  known: Count.optional(),
  dead: Count,
  lost: Count,
  /** Delay: how old the last change was when it arrived, and the middle one of the last few. */
  delayMs: Length.optional(),
  typicalDelayMs: Length.optional(),
  /** The queue: what is not confirmed, and since when the oldest waits. Absent for a unit that has never read. */
  depth: Count.optional(),
  oldestAt: Instant.optional(),
  breaker: z.enum(["closed", "open", "half-open"]).optional(),
  lastError: z.string().optional(),
  impact: Impact,
});
export type LinkHealth = z.infer<typeof LinkHealth>;

/** In order of what hangs on them. `now`: by the hub's clock. */
export const LinksAnswer = z.strictObject({ now: Instant, links: z.array(LinkHealth) });
export type LinksAnswer = z.infer<typeof LinksAnswer>;
