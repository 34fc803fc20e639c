/**
 * An import, carried out: the plan is made upon what the stream holds, kept as a run, then written a batch at a time. What was written is found
 * unchanged the next time, so that the same file goes on where a crash left it, and changes nothing when it is whole.
 *
 *   file ─ family as of a place ─ plan ─┬─ dry run: told
 *                                       └─ run, reviews, aliases (one transaction) ─ batches ─▶ stream ─ run ends
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { uuidv7 } from "uuidv7";
import { canonical } from "../../../contracts/delta/json.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import { type ImportAnswer, type ImportAsk, type ImportRun, SHOWN_MAX } from "../../master/asked.ts";
import { type Table, readCsv } from "../../master/csv.ts";
import { type Entry, entriesOf } from "../../master/entry.ts";
import { writeRejects } from "../../master/export.ts";
import { type Held, type ImportPlan, planImport, readList } from "../../master/import.ts";
import { columnsOf } from "../../master/mapping.ts";
import type { Reject } from "../../master/row.ts";
import { BATCH, type FamilyAt, type Tell, readFamily, streamOf, writeBatch } from "./streams.ts";
import * as merges from "./merge-tables.ts";
import * as tables from "./tables.ts";

/** How long refused rows can be fetched: they hold what the source wrote, people's names and numbers too. */
export const REJECTS_KEPT_MS = 7 * 86_400_000;
/** Reviews that wait for a person; more is a mapping that is wrong, or nobody who looks. */
const REVIEWS_MAX = 20_000;
/** Old ids of all families: what a table of two columns holds without being noticed. */
const ALIASES_MAX = 500_000;

export type Desk = { readonly db: tables.Db; readonly env: Env; readonly tell: Tell };

/** Refuses what reading and planning refuse, `malformed` for units that nobody named, and `quota-exceeded`; then nothing is written. */
export async function importTable(desk: Desk, ask: ImportAsk, by: string, now: () => Millis): Promise<ImportAnswer | Refusal> {
  const { db, env } = desk;
  const mapping: Readonly<Record<string, unknown>> = { family: ask.family, ...ask.mapping };
  if (mapping["family"] !== ask.family) return refuse("malformed", "the mapping is one of another family", "name the mapping's family", "family");
  const table: Table | Refusal = ask.csv === undefined ? readList(ask.rows) : readCsv(ask.csv, columnsOf(mapping));
  if (isRefusal(table)) return table;
  const family = await readFamily(env, ask.family);
  if (isRefusal(family)) return family;
  const held = await heldOf(desk, ask, family);
  if (isRefusal(held)) return held;
  const plan = planImport(table, mapping, held, ask);
  if (isRefusal(plan)) return plan;
  const entries = entriesOf(plan, new Map(family.rows.map((row) => [row.id, row])), ask.units);
  if (plan.counts.new > 0 && ask.units.length === 0) return refuse("malformed", "no unit would see what is new", "name the units that shall see it", "units");
  const told = {
    dryRun: ask.dryRun,
    counts: plan.counts,
    unread: [...plan.unread],
    rejects: plan.rejects.slice(0, SHOWN_MAX),
    reviews: plan.review.slice(0, SHOWN_MAX).map(({ fields, ...rest }) => ({ ...rest, fields: [...fields] })),
  };
  if (ask.dryRun) {
    const rejectsCsv = plan.rejects.length > 0 ? { rejectsCsv: writeRejects(table, plan.rejects) } : {};
    const planned = plan.planned.slice(0, SHOWN_MAX).map(({ changes, ...rest }) => ({ ...rest, changes: [...changes] }));
    return { run: null, continued: false, ...told, planned, ...rejectsCsv };
  }
  if (tables.countPending(db) + plan.review.length > REVIEWS_MAX)
    return refuse("quota-exceeded", `at most ${REVIEWS_MAX} reviews wait`, "decide some, or import with match false", "match");
  if (tables.countAliases(db) + plan.aliases.length > ALIASES_MAX)
    return refuse("quota-exceeded", `at most ${ALIASES_MAX} old ids are kept`, "import with our own ids, without autoMerge", "autoMerge");
  const { run, fingerprint, continued } = beginRun(desk, ask, by, plan, table, family, now());
  try {
    const { ended, csv } = await writeEntries(desk, run, fingerprint, entries, family.place.epoch, { table, plan, now });
    return { run: ended, continued, ...told, counts: ended.counts, ...(csv === null ? {} : { rejectsCsv: csv }) };
  } catch (error) {
    // The stream did not answer: nobody goes on until the same file comes again.
    tables.stopRuns(db);
    throw error;
  }
}

async function heldOf({ db, env }: Desk, { family }: ImportAsk, { rows }: FamilyAt): Promise<Held | Refusal> {
  const known = new Set(rows.map(({ id }) => id));
  // Of those that machines name, the ids.
  const customers = family === "asset" ? await readFamily(env, "customer", (row) => ({ ...row, attributes: {} })) : null;
  if (isRefusal(customers)) return customers;
  const others = new Set(customers?.rows.map(({ id }) => id));
  return {
    entities: rows,
    // Who is there under his own name is himself, whatever an alias of before a restore says.
    aliasOf: (id) => (known.has(id) ? undefined : tables.aliasOf(db, family, id)),
    standsFor: (of, id) => {
      if (others.has(id)) return id;
      const survivor = tables.survivorOf(db, of, id);
      return others.has(survivor) ? survivor : undefined;
    },
    apart: tables.readApart(db, family),
  };
}

type Begun = { readonly run: ImportRun; readonly fingerprint: string; readonly continued: boolean };

/** The run with its reviews and aliases, before the first write: what is written then is what they speak of. */
function beginRun({ db }: Desk, ask: ImportAsk, by: string, plan: ImportPlan, table: Table, { place, rows }: FamilyAt, at: Millis): Begun {
  const { dryRun: _, fileName = "", ...content } = ask;
  const fingerprint = bytesToHex(sha256(utf8ToBytes(canonical(content))));
  return db.transaction((): Begun => {
    const before = tables.unfinishedRun(db, fingerprint);
    const { family, autoMerge, units } = ask;
    const made = { id: uuidv7(), family, fileName, by, at, endedAt: null, autoMerge, units: [...units] };
    const counted = { counts: plan.counts, written: 0, overruled: 0, failed: 0, rejectsUntil: null };
    // What a run that was stopped had counted is what the whole of it comes to.
    const run: ImportRun = { ...made, ...counted, ...before, state: "running", rejectsUntil: plan.rejects.length > 0 ? at + REJECTS_KEPT_MS : null };
    tables.writeRun(db, fingerprint, run);
    if (plan.rejects.length > 0) tables.writeRejectsFile(db, run.id, writeRejects(table, plan.rejects));
    for (const { id: a, other: b, score, decision, rival, fields } of plan.review)
      tables.addReview(db, { id: uuidv7(), family, a, b, run: run.id, at, state: "pending", pair: { score, decision, rival, fields } });
    const standing = new Map(rows.map((row) => [row.id, row]));
    const unchanged = new Set(plan.planned.flatMap(({ id, outcome }) => (outcome === "unchanged" ? [id] : [])));
    for (const { from, to } of plan.aliases) {
      const id = uuidv7();
      const { version = 0, units: seen = [] } = standing.get(to) ?? {};
      const members = [
        { id: to, version, units: [...seen] },
        { id: from, version: 0, units: [] },
      ];
      const after = unchanged.has(to) ? { [to]: version } : null;
      const why = `a row of import ${run.id} was surely this ${family}`;
      const deed = { kind: "import", family, review: null, run: run.id, survivor: to, state: "merged", by, at, why } as const;
      merges.writeMerge(db, { id, ...deed, position: place.position, members, values: {}, refs: [], after, undo: null });
      tables.addAlias(db, family, from, to, id);
    }
    return { run, fingerprint, continued: before !== undefined };
  });
}

type Source = { readonly table: Table; readonly plan: ImportPlan; readonly now: () => Millis };

async function writeEntries(
  { db, env, tell }: Desk,
  begun: ImportRun,
  fingerprint: string,
  entries: readonly Entry[],
  epoch: number,
  { table, plan, now }: Source,
): Promise<{ readonly ended: ImportRun; readonly csv: string | null }> {
  let run = begun;
  const failed: Reject[] = [];
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH);
    const writes = batch.map(({ id, line, changes, seen }) => ({
      key: `import/${run.id}/${id}`,
      entity: run.family,
      id,
      changes,
      ...(seen === undefined ? {} : { seen, seenEpoch: epoch }),
      units: run.units,
      actor: run.by,
      reason: `import ${run.id}, line ${line}`,
    }));
    const answers = await writeBatch(env, streamOf(run.family), writes, tell);
    let { written, overruled } = run;
    db.transaction(() => {
      for (const [i, { id, line, changes }] of batch.entries()) {
        const answer = answers[i];
        if (answer === undefined || isRefusal(answer)) {
          const { field = "", rule = "it was not taken", mend = "import it again" } = answer ?? {};
          failed.push({ line, column: field, value: id, rule, mend });
          continue;
        }
        const lost = answer.results.filter(({ outcome }) => outcome === "lost").length;
        if (lost < Object.keys(changes).length) written += 1;
        overruled += lost;
        for (const merge of merges.unwrittenMerges(db, run.id, id))
          merges.writeMerge(db, { ...merge, position: answer.position - answer.results.length, after: { [id]: answer.results.at(-1)?.version ?? 0 } });
      }
      run = { ...run, written, overruled };
      tables.writeRun(db, fingerprint, run);
    });
  }
  const endedAt = now();
  run = { ...run, state: "done", endedAt, failed: failed.length, ...(failed.length > 0 ? { rejectsUntil: endedAt + REJECTS_KEPT_MS } : {}) };
  const rejects = [...plan.rejects, ...failed];
  const csv = rejects.length > 0 ? writeRejects(table, rejects) : null;
  db.transaction(() => {
    if (csv !== null && failed.length > 0) tables.writeRejectsFile(db, run.id, csv);
    tables.writeRun(db, fingerprint, run);
  });
  return { ended: run, csv };
}
