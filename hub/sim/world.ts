/** One seeded world: a hub, units, a CRM, the messages between them, and the oracle's notes. Time and chance come from the seed alone. */
import type { Json } from "../../contracts/delta/json.ts";
import type { MergeRule, StreamName } from "../../contracts/delta/operation.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Random, startRandom } from "../../edge/sim/random.ts";
import type { LoggedOperation } from "../merge/store.ts";
import type { Content } from "./content.ts";
import { type Major, STREAMS, ruleNamed } from "./contract.ts";
import { type Crm, startCrm } from "./crm-side.ts";
import type { Counted } from "./fault.ts";
import { type Backup, type Hub, type StreamSide, startHub } from "./hub-side.ts";
import { type Ledger, openLedger, readOn } from "./ledger.ts";
import { type Unit, type UnitCopy, startUnit } from "./unit-side.ts";

/** A message under way. `party`: who sent it or waits for it. */
export type Message = { readonly party: string; readonly go: () => void };

/** How likely each trouble is in this world: seeds differ, so that rare things meet each other. */
export type Odds = {
  readonly drop: number;
  readonly duplicate: number;
  readonly crash: number;
  readonly sleep: number;
  readonly poison: number;
  readonly trouble: number;
};

export type Kept = { readonly copy: UnitCopy; readonly keys: ReadonlySet<string> };

export type World = {
  readonly seed: number;
  readonly random: Random;
  /** What is trimmed when, by chances of its own: seeds without it are the worlds they were before there was any. */
  readonly trims: Random;
  readonly odds: Odds;
  readonly hub: Hub;
  readonly units: Unit[];
  readonly crm: Crm;
  readonly messages: Message[];
  readonly contents: Map<string, Content>;
  /** Contents that a unit's storage holds or has handed over, by unit. */
  readonly commits: Map<string, Set<string>>;
  readonly copies: Map<string, Kept[]>;
  readonly ledgers: Map<StreamName, Ledger>;
  /** What an acknowledged number stood for. */
  readonly acknowledgedAs: Map<string, string>;
  /** Up to here a backup that was confirmed held an origin, and an older one was put back. */
  readonly excusedGaps: Map<string, number>;
  /** Lines read before, by stream: a line is counted once. */
  readonly counted: Map<StreamName, number>;
  /** What the hub's log is checked against a unit's copy up to: by unit and stream. */
  readonly checked: Map<string, number>;
  readonly notes: Map<Json, Content>;
  /** Streams that were put back in silence, and again before anybody noticed. */
  readonly blurred: Set<StreamName>;
  /** Streams that were put back in silence behind an epoch: its number may stand for two histories. Another restore leads from one into the other. */
  readonly forked: Set<StreamName>;
  /** By stream, what each number that the hub gave out stood for. */
  readonly hubNumbers: Map<StreamName, Map<string, string>>;
  /** By stream that was put back in silence: how many such restores it had noticed then. */
  readonly unnoticed: Map<StreamName, number>;
  /** Backups that were taken then: who puts one back puts back a log that knows nothing of it. */
  readonly doubtful: Set<Backup>;
  readonly erased: Set<string>;
  readonly faults: Partial<Record<Counted, number>>;
  readonly merges: Partial<Record<MergeRule, number>>;
  readonly outcomes: Record<string, number>;
  readonly violations: string[];
  now: Millis;
  made: number;
  operations: number;
  calm: boolean;
};

const START: Millis = 1_760_000_000_000;
const UNITS_MIN = 2;
const UNITS_MAX = 4;
const TRIM_SEED = 1_000_000_007;
/** A seed that is as wrong as this says no more. */
const VIOLATIONS_MAX = 20;

export function startWorld(seed: number): World {
  const random = startRandom(seed);
  // Half of the seeds leave a kind of trouble out altogether.
  const odd = (most: number): number => (random.chance(0.3) ? 0 : most * random.next());
  const odds: Odds = { drop: odd(0.3), duplicate: odd(0.3), crash: odd(0.2), sleep: odd(0.3), poison: odd(0.06), trouble: 0.02 + odd(0.1) };
  const units = Array.from({ length: random.between(UNITS_MIN, UNITS_MAX) }, (_, i) => startUnit(nameOf(i), (random.chance(0.4) ? 1 : 2) satisfies Major));
  const bytes = (count: number): Uint8Array => Uint8Array.from({ length: count }, () => random.between(0, 255));
  return {
    seed,
    random,
    trims: startRandom(seed + TRIM_SEED),
    odds,
    hub: startHub(bytes),
    units,
    crm: startCrm(),
    messages: [],
    contents: new Map(),
    commits: new Map(units.map(({ name }) => [name, new Set()])),
    copies: new Map(),
    ledgers: new Map(STREAMS.map((stream) => [stream, openLedger()])),
    acknowledgedAs: new Map(),
    excusedGaps: new Map(),
    counted: new Map(),
    checked: new Map(),
    notes: new Map(),
    blurred: new Set(),
    forked: new Set(),
    hubNumbers: new Map(STREAMS.map((stream) => [stream, new Map()])),
    unnoticed: new Map(),
    doubtful: new Set(),
    erased: new Set(),
    faults: {},
    merges: {},
    outcomes: {},
    violations: [],
    now: START,
    made: 0,
    operations: 0,
    calm: false,
  };
}

export function nameOf(i: number): string {
  return String.fromCharCode("a".charCodeAt(0) + i);
}

export function addContent(world: World, content: Content): void {
  world.contents.set(content.key, content);
  if (content.attr !== "note" || content.value === undefined) return;
  // What is written again is the same note: it replaced what it replaced the first time.
  const before = world.notes.get(content.value)?.saw ?? [];
  world.notes.set(content.value, { ...content, saw: [...before, ...content.saw] });
}

export function count(world: World, fault: Counted, by = 1): void {
  world.faults[fault] = (world.faults[fault] ?? 0) + by;
}

export function tell(world: World, rule: string, what: string): void {
  if (world.violations.length < VIOLATIONS_MAX) world.violations.push(`${rule}: ${what}`);
}

/** Whether trouble of a probability comes now; never in calm. */
export function strikes(world: World, probability: number): boolean {
  return !world.calm && probability > 0 && world.random.chance(probability);
}

/** Writes until a crash; null: there is none. */
export function crashPoint(world: World): number | null {
  return strikes(world, world.odds.crash) ? world.random.between(0, 12) : null;
}

export function ledgerOf(world: World, stream: StreamName): Ledger {
  const ledger = world.ledgers.get(stream);
  if (ledger === undefined) throw new Error(`no ledger of ${stream}`);
  return ledger;
}

/** The oracle reads what the stream's log has grown by. */
export function audit(world: World, side: StreamSide): void {
  readOn(ledgerOf(world, side.name), side.store, {
    contents: world.contents,
    mended: world.hub.mended,
    collected: side.store.readState().collected > 0,
    trimmed: side.store.readState().horizon > 0,
    notes: world.notes,
    blurred: world.blurred.has(side.name),
    // Until a restore in silence is noticed, numbers are given out that were given out before.
    hubNumbers: world.unnoticed.has(side.name) ? undefined : world.hubNumbers.get(side.name),
    tell: (rule, what) => tell(world, rule, `${side.name}: ${what}`),
    count: (line, contested) => countLine(world, side.name, line, contested),
  });
}

/** After a restore the log is another one: it is read anew. */
export function auditAnew(world: World, side: StreamSide): void {
  world.ledgers.set(side.name, openLedger());
  audit(world, side);
}

function countLine(world: World, stream: StreamName, line: LoggedOperation, contested: boolean): void {
  const counted = world.counted.get(stream) ?? 0;
  if (line.hubSeq <= counted) return;
  world.counted.set(stream, line.hubSeq);
  const rule = ruleNamed(line.attr);
  if (line.outcome === "dead" || rule === undefined) return;
  if (contested) world.merges[rule] = (world.merges[rule] ?? 0) + 1;
  const outcome = `${rule} ${line.outcome === "applied" && line.held !== undefined ? "kept both" : line.outcome}`;
  world.outcomes[outcome] = (world.outcomes[outcome] ?? 0) + 1;
}
