/**
 * A family of a stream put into the words of a newer major. What the stream holds was written in the older ones: from the position at which
 * the newer is published on, everything is taken, kept and told in the newer, so rows are read through the lens and written down anew, a
 * turn at a time. Nobody wrote anything: versions, clocks and writers stay, units at either major hold the same already, and what consumers
 * and histories are told is a line for each cell that is called or written otherwise now.
 *
 * ```
 * log   … name=x v3 │ position │ name gone · title=x (reworded, v3) … title=y v4 …
 *       older words            newer words
 * ```
 */
import { read } from "../../contracts/delta/clock.ts";
import { sameJson } from "../../contracts/delta/json.ts";
import { type Lens, recordThrough } from "../../contracts/delta/lens.ts";
import type { Cell, EntityRecord } from "../../contracts/delta/merge.ts";
import { recordDigest } from "../../contracts/delta/record.ts";
import type { RandomBytes } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type Forms, contractName } from "./admission.ts";
import { appendEntries } from "./log.ts";
import { meaningOfContract, readAs } from "./meaning.ts";
import { ownOrigin } from "./own.ts";
import type { KeyedRow, LoggedOperation, StreamStore } from "./store.ts";
import { type Entry, HUB_UNIT } from "./take.ts";
import { type Upgrade, lensBetween, openUpgrades } from "./words.ts";

export type UpgradeTables = { list(): readonly Upgrade[]; write(upgrade: Upgrade): void };

/** Rows of one turn: with some five lines each about half a second in which nobody else is served. */
export const UPGRADE_ROWS = 300;

/** One turn, inside a transaction. Returns whether there is more to do. */
export function upgradeTurn(store: StreamStore, forms: Forms, tables: UpgradeTables, now: Millis, random: RandomBytes, limit = UPGRADE_ROWS): boolean {
  const [upgrade] = openUpgrades(tables.list());
  if (upgrade === undefined) return false;
  const rewording = rewordingOf(forms, upgrade);
  // A major in between was retired before this stream heard of it: there are no words to say it in.
  const rows = rewording === null ? [] : store.rowsAfter(null, upgrade.subject, upgrade.after ?? "", limit);
  if (rewording !== null) reword(store, rewording, rows, now, random);
  const last = rows.at(-1);
  tables.write({ ...upgrade, after: rows.length < limit || last === undefined ? null : `${last.entity}\n${last.id}` });
  return openUpgrades(tables.list()).length > 0;
}

type Rewording = { readonly lens: Lens; readonly contract: string; readonly meaning: NonNullable<Entry["meaning"]> };

function rewordingOf(forms: Forms, { subject, from, major }: Upgrade): Rewording | null {
  const published = forms.published(subject);
  const [older, newer] = [from, major].map((one) => published.find((form) => form.major === one));
  const lens = lensBetween(published, from, major);
  const meaning = newer === undefined ? null : meaningOfContract(subject, major, newer.document);
  if (lens === null || meaning === null) return null;
  const before = older === undefined ? null : meaningOfContract(subject, from, older.document);
  // What was personal under either is sealed.
  return { lens, contract: contractName({ subject, major }), meaning: before === null ? meaning : readAs(before, meaning, lens) };
}

function reword(store: StreamStore, rewording: Rewording, rows: readonly KeyedRow[], now: Millis, random: RandomBytes): void {
  const state = store.readState();
  const origin = ownOrigin(store, state.epoch);
  const entries: Entry[] = [];
  for (const row of rows) {
    const record = recordThrough(rewording.lens, row.record, "up");
    const said = changesOf(row.record, record);
    for (const [attr, cell] of said) {
      const [seq, hubSeq] = [origin.through + entries.length + 1, state.head + entries.length + 1];
      entries.push(entryOf(row, attr, cell, rewording, { origin: origin.origin, seq, hubSeq, epoch: state.epoch, appliedAt: now }));
    }
    if (said.length > 0) store.writeRow(row.entity, row.id, { record, units: row.units, at: state.head + entries.length, digest: recordDigest(record) });
  }
  if (entries.length === 0) return;
  const hash = appendEntries(store, entries, HUB_UNIT, state.hash, random);
  store.writeState({ ...state, head: state.head + entries.length, hash });
  store.writeOrigin({ ...origin, through: origin.through + entries.length });
}

/** Cells that are called or written otherwise now. First the names that are gone, so that nobody who follows holds a value twice and forgets the wrong one. */
function changesOf(before: EntityRecord, after: EntityRecord): readonly (readonly [attr: string, cell: Cell])[] {
  const gone = Object.entries(before.cells).flatMap(([attr, cell]): readonly (readonly [string, Cell])[] => {
    const { value: _, held: __, ...stamp } = cell;
    return Object.hasOwn(after.cells, attr) ? [] : [[attr, stamp]];
  });
  const now = Object.entries(after.cells).filter(([attr, cell]) => {
    const was = Object.hasOwn(before.cells, attr) ? before.cells[attr] : undefined;
    return was === undefined || !sameJson(was, cell);
  });
  return [...gone, ...now];
}

function entryOf(
  { entity, id, units, record }: KeyedRow,
  attr: string,
  cell: Cell,
  { contract, meaning }: Rewording,
  stamp: Pick<LoggedOperation, "origin" | "seq" | "hubSeq" | "epoch" | "appliedAt">,
): Entry {
  const { value, held, hlc, origin } = cell;
  const operation: LoggedOperation = {
    ...stamp,
    stream: meaning.stream,
    txId: `reworded ${contract}`.slice(0, 64),
    entity,
    id,
    attr,
    op: value === undefined ? "unset" : "set",
    ...(value === undefined ? {} : { value }),
    hlc,
    baseVersion: record.version,
    actor: "outpost",
    reason: `in the words of ${contract}`,
    contract,
    at: read(hlc).ms,
    version: record.version,
    outcome: "applied",
    ...(held === undefined ? {} : { held }),
    shown: { hlc, origin },
    reworded: true,
  };
  return { operation, joins: [], audience: units, meaning };
}
