/**
 * The oracle's own reading of a stream's log, line by line as it grows: D3, D4, D6, D7, D9 and D10 as far as a line shows them, and what became
 * of each content. It reads lines only, never what the merge thinks.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { read } from "../../contracts/delta/clock.ts";
import { type Json, canonical } from "../../contracts/delta/json.ts";
import { CHAIN_START } from "../merge/log.ts";
import type { MergeRule } from "../../contracts/delta/operation.ts";
import type { MemoryStream } from "../merge/memory-store.ts";
import type { Line, LoggedOperation } from "../merge/store.ts";
import { type Content, keyOfOperation } from "./content.ts";
import { RULES, UNKNOWN, hubMeaning } from "./contract.ts";

/** No line's clock may be further ahead of the hub's than this. */
const CLOCK_AHEAD_MS = 60_000;

/** The writer of a cell, as far as a later write is judged by it. */
type Applied = { readonly origin: string; readonly hlc: string; readonly version: number; readonly epoch: number };

export type Tell = (rule: string, what: string) => void;
type Seen = {
  version: number;
  deleted: boolean;
  notes: { readonly current: Json | undefined; readonly all: readonly Json[] } | null;
  /** By attribute, what was applied to it last; by origin, the last seq that was applied here. */
  readonly cells: Map<string, Applied>;
  readonly seqs: Map<string, number>;
};
/** What the log says of one content. `at`: positions of its lines. */
export type Told = { applied: number; lost: number; dead: number; redelivered: number };

export type Ledger = {
  head: number;
  hash: string;
  readonly throughs: Map<string, number>;
  readonly entities: Map<string, Seen>;
  readonly told: Map<string, Told>;
  /** By `{origin} {seq}`, the content that stands under a number. */
  readonly numbers: Map<string, string>;
  /** Gaps that were declared: an origin's numbers that will never come. */
  readonly gaps: { readonly origin: string; readonly from: number; readonly to: number }[];
};

export function openLedger(): Ledger {
  return { head: 0, hash: CHAIN_START, throughs: new Map(), entities: new Map(), told: new Map(), numbers: new Map(), gaps: [] };
}

export type Watch = {
  readonly contents: ReadonlyMap<string, Content>;
  readonly mended: boolean;
  readonly collected: boolean;
  /** The log does not begin at its beginning any more: whoever names a place before that can't be shown to have read this very log. */
  readonly trimmed: boolean;
  /** By value, all notes that were written. */
  readonly notes: ReadonlyMap<Json, Content>;
  /** The stream was put back in silence, and again before anybody noticed: what was seen of it then can't be told from what was not. */
  readonly blurred: boolean;
  /** What each number that the hub gave out stood for, over all restores; absent once one of them was in silence. */
  readonly hubNumbers: Map<string, string> | undefined;
  readonly tell: Tell;
  /** A line that nobody has read before. */
  readonly count: (operation: LoggedOperation, contested: boolean) => void;
};

/** Reads on to the head. */
export function readOn(ledger: Ledger, store: Pick<MemoryStream, "readState" | "everAt">, watch: Watch): void {
  const { head, hash } = store.readState();
  const { tell } = watch;
  for (let at = ledger.head + 1; at <= head; at++) {
    const line = store.everAt(at);
    if (line === undefined) {
      tell("D3", `the hub's number ${at} is missing`);
      break;
    }
    const { hash: next, operation } = readText(line, ledger.hash);
    ledger.hash = next;
    if (line.hash !== next) tell("D10", `line ${at} is not chained to the one before`);
    readOne(ledger, operation, watch);
    ledger.head = at;
  }
  if (ledger.head === head && ledger.hash !== hash) tell("D10", `the chain does not end at the head ${head}`);
}

type Read = { readonly before: string; readonly hash: string; readonly operation: LoggedOperation };

/** Logs are read anew after each restore; most of their lines are the very same ones. */
const READ = new WeakMap<Line, Read>();

function readText(line: Line, before: string): Read {
  const known = READ.get(line);
  if (known?.before === before) return known;
  const { unit, joins, written } = line;
  const covered = `${before}\n2\n${JSON.stringify({ unit, joins, written })}\n${line.text}`;
  const read = { before, hash: bytesToHex(sha256(utf8ToBytes(covered))), operation: JSON.parse(line.text) as LoggedOperation };
  READ.set(line, read);
  return read;
}

function readOne(ledger: Ledger, line: LoggedOperation, watch: Watch): void {
  const { origin, seq, entity, id, attr, outcome } = line;
  inOrder(ledger, line, watch.tell);
  if (entity === "gap") return;
  const key = keyOfOperation(line);
  ledger.numbers.set(`${origin} ${seq}`, key);
  const content = watch.contents.get(key);
  if (content === undefined) watch.tell("D1", `line ${line.hubSeq} (${origin} ${seq}) says what nobody wrote: ${key}`);
  const told = ledger.told.get(key) ?? { applied: 0, lost: 0, dead: 0, redelivered: 0 };
  ledger.told.set(key, told);
  told[outcome] += 1;
  if (origin.startsWith("hub@") && watch.hubNumbers !== undefined) {
    const other = watch.hubNumbers.get(`${origin} ${seq}`) ?? key;
    if (other !== key) watch.tell("D3", `line ${line.hubSeq} has the number ${origin} ${seq}, which stood for ${other} before`);
    watch.hubNumbers.set(`${origin} ${seq}`, key);
  }
  if (line.redelivered === true) told.redelivered += 1;
  const meaning = hubMeaning(entity, watch.mended);
  const seen = ledger.entities.get(`${entity}\n${id}`) ?? { version: 0, deleted: false, notes: null, cells: new Map(), seqs: new Map() };
  ledger.entities.set(`${entity}\n${id}`, seen);
  if (outcome !== "dead" && read(line.hlc).ms > line.appliedAt + CLOCK_AHEAD_MS) watch.tell("D6", `line ${line.hubSeq} has a clock far ahead of the hub's`);
  const was = seen.cells.get(attr);
  watch.count(line, was !== undefined && was.origin !== origin);
  if (was !== undefined && outcome !== "dead") byTheRules(was, line, watch.tell);
  if (outcome !== "applied") return;
  if (meaning === undefined) watch.tell("D9", `line ${line.hubSeq} was applied without a contract for ${entity}`);
  else if (line.op !== "delete" && !meaning.knows(attr)) watch.tell("D9", `line ${line.hubSeq} was applied to ${attr}, which the contract does not know`);
  else if (content?.value !== undefined && !meaning.fits(attr, content.value))
    watch.tell("D9", `line ${line.hubSeq} brought a value that does not fit ${attr}`);
  // What begins anew after tombstones were collected begins beyond all versions there were.
  const begins = (seen.deleted || seen.version === 0) && watch.collected && line.version === line.hubSeq;
  if (line.version !== seen.version + 1 && !begins)
    watch.tell("D4", `${entity}/${id} went from version ${seen.version} to ${line.version} at line ${line.hubSeq}`);
  seen.version = line.version;
  seen.deleted = line.op === "delete";
  if (line.op === "delete") {
    seen.notes = null;
    seen.cells.clear();
    return;
  }
  seen.cells.set(attr, { origin, hlc: line.hlc, version: line.version, epoch: line.epoch });
  // A field that nobody knew is in quarantine by itself.
  if (line.redelivered === true && attr !== UNKNOWN && seq < (seen.seqs.get(origin) ?? 0))
    watch.tell("D3", `${origin} ${seq} on ${entity}/${id} was taken after ${seen.seqs.get(origin)}, which ought to have waited for it`);
  seen.seqs.set(origin, Math.max(seq, seen.seqs.get(origin) ?? 0));
  if (RULES[attr] === "manual") bothKept(seen, line, content, watch);
}

const SAID_OTHERWISE = /deleted|erased/;

/**
 * D6, D7: what the rule of the attribute makes of a write over what was there. Judged by what the line itself says its writer had seen, so
 * only where no restore has made that doubtful.
 */
function byTheRules(was: Applied, line: LoggedOperation, tell: Tell): void {
  const rule = RULES[line.attr];
  // A deletion, an erasure, and what came too late for either, are decided before any rule.
  if (line.op === "delete" || rule === undefined || SAID_OTHERWISE.test(line.reason ?? "")) return;
  if (rule === "manual" && line.outcome === "lost") tell("D7", `line ${line.hubSeq} lost what was written to ${line.attr}`);
  if (was.epoch > 1 || line.epoch > 1 || rule === "manual") return;
  const isSeen = was.origin === line.origin || line.baseVersion >= was.version;
  if (isSeen && was.origin !== line.origin && line.baseVersion === was.version && line.hlc <= was.hlc)
    tell("D6", `line ${line.hubSeq} has a clock before that of what its writer had seen`);
  const wins = winsBy(rule, was, line);
  if (wins !== undefined && (isSeen || wins) !== (line.outcome === "applied"))
    tell("D6", `line ${line.hubSeq} was ${line.outcome}, and by ${rule} ought ${isSeen || wins ? "" : "not "}to hold over version ${was.version}`);
}

/** Undefined for rules that reckon with values. */
function winsBy(rule: MergeRule, was: Applied, line: LoggedOperation): boolean | undefined {
  if (rule !== "lww" && rule !== "hub-wins" && rule !== "unit-wins") return undefined;
  const isLater = line.hlc === was.hlc ? line.origin > was.origin : line.hlc > was.hlc;
  const [before, after] = [was.origin.startsWith("hub@"), line.origin.startsWith("hub@")];
  return rule === "lww" || before === after ? isLater : after === (rule === "hub-wins");
}

/** D3: per origin each seq once, one after another; a dead letter that is taken after all has a second line, and a gap says how far it goes. */
function inOrder(ledger: Ledger, line: LoggedOperation, tell: Tell): void {
  const { origin, seq } = line;
  const through = ledger.throughs.get(origin) ?? 0;
  if (line.redelivered === true) {
    if (seq > through) tell("D3", `${origin} ${seq} is redelivered before it came`);
    return;
  }
  const gap = line.entity === "gap" ? /^gap: seq (\d+) to (\d+)/.exec(line.reason ?? "") : null;
  const from = gap === null ? seq : Number(gap[1]);
  if (from !== through + 1) tell("D3", `${origin} went from ${through} to ${from} at line ${line.hubSeq}`);
  if (gap !== null) ledger.gaps.push({ origin, from, to: Number(gap[2]) });
  ledger.throughs.set(origin, gap === null ? seq : Number(gap[2]));
}

/** D7: of what stood before, only what the writer saw, or wrote himself, may go; or what those whom he saw had replaced. */
function bothKept(seen: Seen, line: LoggedOperation, content: Content | undefined, watch: Watch): void {
  const now = [line.value, ...(line.held ?? []).map((one) => one.value)].filter((value) => value !== undefined);
  const dropped = (seen.notes?.all ?? []).filter((value) => !now.includes(value));
  if (dropped.length > 0 && !watch.blurred && content !== undefined && content.afterDeletion !== true) {
    const replaced = replacedBy(content, watch.notes);
    for (const value of dropped)
      if (!replaced(value)) watch.tell("D7", `line ${line.hubSeq} dropped ${canonical(value)}, which its writer ${content.writer} had not seen`);
  }
  // As far as no restore made doubtful what was seen, and the log still reaches to where a consumer saw it.
  const settled =
    now.length > 1 &&
    !(watch.trimmed && line.origin.startsWith("hub@")) &&
    line.epoch === 1 &&
    watch.hubNumbers !== undefined &&
    (seen.notes?.all ?? []).every((value) => content?.saw.includes(value) === true);
  if (settled) watch.tell("D7", `line ${line.hubSeq} kept what its writer ${content?.writer ?? ""} had seen and settled`);
  seen.notes = { current: line.value, all: now };
}

/** Whether a note goes with another: it was before its writer's eyes, or before the eyes of one whose note was. Notes are `{writer}:{number}`. */
function replacedBy(content: Content, notes: ReadonlyMap<Json, Content>): (value: Json) => boolean {
  const saw = new Set<Json>();
  const writers = new Set([content.writer]);
  const open = [...content.saw];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (saw.has(value)) continue;
    saw.add(value);
    const other = notes.get(value);
    if (other !== undefined) open.push(...other.saw);
    writers.add(String(value).split(":")[0] ?? "");
  }
  return (value) => saw.has(value) || writers.has(String(value).split(":")[0] ?? "");
}
