/**
 * Reviews before a person, what is decided, and the way back. A merge is kept before its first write, with places instead of values: what its members
 * were is read from the log as of its position. So one that a crash cut short is carried on by the same keys, and nothing personal lies here.
 */
import { uuidv7 } from "uuidv7";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import { type AsOf, recordOf } from "../../master/as-of.ts";
import type { DecideAsk, DecidedAnswer, ReviewView, ReviewsAnswer } from "../../master/asked.ts";
import { changesOf } from "../../master/entry.ts";
import { pairKey } from "../../master/identity.ts";
import { type Decided, type Reference, type Review, decideReview, proposeMerge } from "../../master/merge-review.ts";
import type { MasterFamily } from "../../master/profile.ts";
import { type Naming, judgeNamings, relationsTo } from "../../master/relation.ts";
import { type EntityWrite, writesBetween } from "../../master/write.ts";
import type { OwnWritten } from "../../merge/own.ts";
import type { Desk } from "./importing.ts";
import { type StreamWrite, headOf, readAt, readNamings, readRecords, writeInOrder } from "./streams.ts";
import * as merges from "./merge-tables.ts";
import * as tables from "./tables.ts";

/** Pairs looked at for one page: those that are settled by themselves are passed over. */
const LOOKED_MAX = 200;

type Deed = { readonly by: string; readonly at: Millis; readonly why: string };
type Before = { readonly review: Review; readonly members: readonly AsOf[]; readonly position: number; readonly namings: readonly Naming[] };

/** Pairs that wait, oldest first, each with the values that stand now. */
export async function readReviews(desk: Desk, family: MasterFamily | undefined, after: string, limit: number): Promise<ReviewsAnswer> {
  const views: ReviewView[] = [];
  let [last, looked]: [string, number] = [after, 0];
  for (;;) {
    const kept = tables.listPending(desk.db, family, last, limit);
    for (const one of kept) {
      last = one.id;
      looked += 1;
      const view = await viewOf(desk, one);
      if (view !== null) views.push(view);
      if (views.length === limit || looked === LOOKED_MAX) return { reviews: views, pending: tables.countPending(desk.db), next: last };
    }
    if (kept.length < limit) return { reviews: views, pending: tables.countPending(desk.db), next: null };
  }
}

/** Null for a pair that is one by now, or of which one is gone: until a merge is taken back or it is imported again. */
async function viewOf(desk: Desk, kept: tables.KeptReview): Promise<ReviewView | null> {
  const before = await look(desk, kept);
  if (isRefusal(before)) return null;
  const { id, family, at, run, pair } = kept;
  const { survivor, members, attributes, references } = before.review;
  return {
    id,
    family,
    at,
    run,
    ...pair,
    fields: [...pair.fields],
    survivor,
    members: [...members],
    references: [...references],
    attributes: attributes.map(({ choices, ...rest }) => ({ ...rest, choices: choices.map(({ from, ...choice }) => ({ ...choice, from: [...from] })) })),
  };
}

/** Refuses `wrong-state` when there are no two any more, `too-many` and `too-late`. */
async function look({ db, env }: Desk, { family, a, b }: tables.KeptReview): Promise<Before | Refusal> {
  const ids = [a, b].map((id) => tables.survivorOf(db, family, id));
  if (ids[0] === ids[1]) return refuse("wrong-state", "the two are one by now", "look at the other reviews", "id");
  const position = await headOf(env, family);
  const members = await readAt(env, family, ids, position);
  if (isRefusal(members)) return members;
  const namings = await readNamings(env, family, ids);
  if (isRefusal(namings)) return namings;
  const review = proposeMerge(family, members, namings.filter(isOurs(family)).map(referenceOf));
  return isRefusal(review) ? review : { review, members, position, namings };
}

/** Refuses `unknown-entity`, `wrong-state`, `stale-version`, `needs-person` and what deciding and writing refuse; then nothing is changed. */
export async function decide(desk: Desk, id: string, ask: DecideAsk, by: string, at: Millis): Promise<DecidedAnswer | Refusal> {
  const kept = tables.readReview(desk.db, id);
  if (kept === undefined) return refuse("unknown-entity", "no review of that id", "see GET /api/hub/master/reviews", "id");
  if (kept.state !== "pending") return refuse("wrong-state", `this was decided: ${kept.state}`, "take the merge back first", "id");
  const deed = { by, at, why: ask.why };
  if (ask.is === "distinct") return tellApart(desk, kept, deed);
  const before = await look(desk, kept);
  if (isRefusal(before)) return before;
  const { review, members, position, namings } = before;
  const unseen = review.members.find(({ id, version }) => ask.seen[id] !== version);
  if (unseen !== undefined)
    return refuse("stale-version", `${unseen.id} is version ${unseen.version}`, "look again, and send the versions of what you saw", "seen");
  const survivor = ask.survivor ?? review.survivor;
  const decided = decideReview(review, { is: "same", survivor, values: ask.values }, members);
  const no = isRefusal(decided) ? decided : judgeNamings(namings, survivor);
  if (no !== null) return no;
  const records = await readRecords(
    desk.env,
    kept.family,
    review.members.map((member) => member.id),
  );
  const merge: merges.Merge = {
    id: uuidv7(),
    kind: "review",
    family: kept.family,
    review: id,
    run: kept.run,
    survivor,
    state: "merging",
    ...deed,
    position,
    members: review.members.map((member) => ({ ...member, units: records.get(member.id)?.units ?? [] })),
    values: ask.values,
    refs: review.references,
    after: null,
    undo: null,
  };
  desk.db.transaction(() => {
    merges.writeMerge(desk.db, merge);
    for (const member of review.members) if (member.id !== survivor) tables.addAlias(desk.db, kept.family, member.id, survivor, merge.id);
    tables.settleReview(desk.db, id, "same", deed);
  });
  const done = await carryOut(desk, merge);
  return isRefusal(done) ? done : { is: "same", review: id, merge: merges.mergeView(done) };
}

function tellApart({ db }: Desk, { id, family, a, b }: tables.KeptReview, deed: Deed): DecidedAnswer {
  const pairs = new Set([pairKey(a, b), pairKey(tables.survivorOf(db, family, a), tables.survivorOf(db, family, b))]);
  db.transaction(() => {
    for (const pair of pairs) tables.addApart(db, family, pair, deed);
    tables.settleReview(db, id, "distinct", deed);
  });
  return { is: "distinct", review: id, pairs: pairs.size };
}

/** Writes what a kept merge comes to. When the first write is refused, it never was. */
async function carryOut(desk: Desk, merge: merges.Merge): Promise<merges.Merge | Refusal> {
  const decided = await decidedAgain(desk, merge);
  if (isRefusal(decided)) return forget(desk, merge, decided);
  const answers = await writeInOrder(desk.env, writesOf(merge, decided.writes, `merge/${merge.id}`, merge), desk.tell);
  const [first] = answers;
  if (isRefusal(first)) return forget(desk, merge, first);
  const done: merges.Merge = { ...merge, state: "merged", after: versionsAfter(merge, answers) };
  merges.writeMerge(desk.db, done);
  return done;
}

function forget({ db }: Desk, merge: merges.Merge, refusal: Refusal): Refusal {
  db.transaction(() => {
    tables.dropAliases(db, merge.id);
    merges.dropMerge(db, merge.id);
    if (merge.review !== null) tables.settleReview(db, merge.review, "pending", null);
  });
  return refusal;
}

/** Refuses `unknown-entity`, `wrong-state`, `stale-version` when somebody wrote since, and `too-late` beyond the log's horizon. */
export async function takeBack(desk: Desk, id: string, deed: Deed): Promise<merges.Merge | Refusal> {
  const merge = merges.readMerge(desk.db, id);
  if (merge === undefined) return refuse("unknown-entity", "no merge of that id", "see GET /api/hub/master/merges", "id");
  if (merge.state !== "merged") return refuse("wrong-state", `this merge is ${merge.state}`, "there is nothing to take back", "id");
  const changed = await changedSince(desk, merge);
  if (changed !== null)
    return refuse("stale-version", `${changed} has changed since`, "write what it shall be: the history of each id tells what it was", "id");
  const known = await restored(desk, merge);
  if (isRefusal(known)) return known;
  const undoing: merges.Merge = { ...merge, state: "undoing", undo: deed };
  merges.writeMerge(desk.db, undoing);
  return await carryBack(desk, undoing);
}

async function carryBack(desk: Desk, merge: merges.Merge): Promise<merges.Merge | Refusal> {
  const writes = await restored(desk, merge);
  if (isRefusal(writes)) return writes;
  await writeInOrder(desk.env, writesOf(merge, writes, `undo/${merge.id}`, { ...merge, ...merge.undo }), desk.tell);
  const undone: merges.Merge = { ...merge, state: "undone" };
  desk.db.transaction(() => {
    tables.dropAliases(desk.db, merge.id);
    if (merge.review !== null) tables.settleReview(desk.db, merge.review, "pending", null);
    // A row that was taken for somebody it is not is not taken for him again.
    else if (merge.undo !== null) tables.addApart(desk.db, merge.family, pairKey(merges.mergedKey(merge), merge.survivor), merge.undo);
    merges.writeMerge(desk.db, undone);
  });
  return undone;
}

/** What a crash cut short. The keys are the same: what was written is not written again. */
export async function carryOn(desk: Desk): Promise<void> {
  for (const merge of merges.openMerges(desk.db)) {
    const done = merge.state === "merging" ? await carryOut(desk, merge) : await carryBack(desk, merge);
    if (isRefusal(done)) console.error(`master: merge ${merge.id} can't go on: ${done.rule}`);
  }
}

/** As it was decided: from the members as they were, the choices and the references that are kept. */
async function decidedAgain({ env }: Desk, merge: merges.Merge): Promise<Extract<Decided, { is: "same" }> | Refusal> {
  const ids = merge.members.map(({ id }) => id);
  const members = await readAt(env, merge.family, ids, merge.position);
  if (isRefusal(members)) return members;
  const review = proposeMerge(merge.family, members, merge.refs);
  if (isRefusal(review)) return review;
  const decided = decideReview(review, { is: "same", survivor: merge.survivor, values: merge.values }, members);
  if (isRefusal(decided)) return decided;
  return decided.is === "same" ? decided : refuse("wrong-state", "this is no merge", "decide the review again", "id");
}

/** The writes that lead back. References that somebody has moved on meanwhile stay where they are. */
async function restored(desk: Desk, merge: merges.Merge): Promise<readonly EntityWrite[] | Refusal> {
  if (merge.kind === "review") {
    const decided = await decidedAgain(desk, merge);
    if (isRefusal(decided)) return decided;
    const now = await readNamings(desk.env, merge.family, [merge.survivor]);
    if (isRefusal(now)) return now;
    const ours = new Set(merge.refs.map(nameOf));
    const still = new Set(now.map(nameOf));
    return decided.undo.filter((write) => !ours.has(nameOf(write)) || still.has(nameOf(write)));
  }
  const { survivor, after } = merge;
  const [was, is] = await Promise.all([merge.position, await headOf(desk.env, merge.family)].map((at) => readAt(desk.env, merge.family, [survivor], at)));
  if (isRefusal(was) || isRefusal(is)) return isRefusal(was) ? was : (is as Refusal);
  const [before, now] = [was?.[0], is?.[0]].map((one) => (one === undefined ? null : recordOf(one)));
  const unchanged = after?.[survivor] === merge.members.find(({ id }) => id === survivor)?.version;
  return before === null || before === undefined || now === null || now === undefined || unchanged
    ? []
    : writesBetween(merge.family, survivor, now.attributes, before.attributes);
}

/** The first member that is not what the merge left. */
async function changedSince({ env }: Desk, { family, members, survivor, after, kind }: merges.Merge): Promise<string | null> {
  if (after === null) return survivor;
  const ids = kind === "review" ? members.map(({ id }) => id) : [survivor];
  const records = await readRecords(env, family, ids);
  const changed = ids.find((id) => {
    const record = records.get(id);
    // A tombstone that was collected has not changed.
    if (record === undefined) return id === survivor;
    return record.version !== after[id] || record.deleted !== (id !== survivor);
  });
  return changed ?? null;
}

/** One write for each entity, in order. Whoever saw one of the members sees the survivor, and whoever saw one that went sees it again. */
function writesOf(
  { family, members, survivor, kind }: merges.Merge,
  writes: readonly EntityWrite[],
  key: string,
  { by, why }: { readonly by: string; readonly why: string },
): readonly StreamWrite[] {
  const units = [...new Set(members.flatMap((member) => member.units))];
  const unitsOf = (id: string): readonly string[] => (id === survivor ? units : (members.find((member) => member.id === id)?.units ?? []));
  const isMerge = key.startsWith("merge/");
  const groups = Map.groupBy(writes, nameOfEntity);
  // It says its own id again where it only joins units.
  const mine = `${family}/${survivor}`;
  const keys = isMerge && kind === "review" && !groups.has(mine) ? [mine, ...groups.keys()] : [...groups.keys()];
  return keys.map((name): StreamWrite => {
    const group = groups.get(name) ?? [];
    const entity = name.slice(0, name.indexOf("/"));
    const id = name.slice(name.indexOf("/") + 1);
    const isMember = entity === family && members.some((member) => member.id === id);
    const changes = group.some(({ op }) => op === "delete") ? "delete" : group.length === 0 ? { id } : changesOf(group);
    return { key: `${key}/${name}`, entity, id, changes, ...(isMember ? { units: unitsOf(id) } : {}), actor: by, reason: `${key}: ${why}` };
  });
}

function versionsAfter({ members, survivor }: merges.Merge, answers: readonly (OwnWritten | Refusal)[]): Readonly<Record<string, number>> {
  // The survivor is written first, those that go last, one write each.
  const gone = members.filter(({ id }) => id !== survivor);
  const last = (answer: OwnWritten | Refusal | undefined): number => (answer === undefined || isRefusal(answer) ? 0 : (answer.results.at(-1)?.version ?? 0));
  return Object.fromEntries([[survivor, last(answers[0])], ...gone.map(({ id }, i) => [id, last(answers[answers.length - gone.length + i])] as const)]);
}

function isOurs(family: MasterFamily): (naming: Naming) => boolean {
  const ours = new Set(relationsTo(family).flatMap(({ entity, attr, ours }) => (ours ? [`${entity}/${attr}`] : [])));
  return ({ entity, attr }) => ours.has(`${entity}/${attr}`);
}

function referenceOf({ entity, id, attr, value }: Naming): Reference {
  return { entity, id, attr, value };
}

function nameOf({ entity, id, attr }: { readonly entity: string; readonly id: string; readonly attr: string }): string {
  return `${entity}/${id}/${attr}`;
}

function nameOfEntity({ entity, id }: EntityWrite): string {
  return `${entity}/${id}`;
}
