/** Releases carried out: begun, asked of, told to units, and shown with what units say became of them. Inside a transaction of the Models object. */
import type { UnitId } from "../../../contracts/ids.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { ModelRecord } from "../../../contracts/model-record.ts";
import type { ModelsAsk } from "../../../contracts/models-wire.ts";
import { RELEASES_MAX, RELEASE_ASKS_MAX, type Release, type ReleaseState } from "../../../contracts/release.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { AskOfRelease, KeptModel, NewRelease, ReleaseAtUnit, ReleaseListed, ReleaseView } from "../../models/asked.ts";
import { type KeptRelease, concerns, dueFor, isOver, nameOf, noted } from "../../models/release.ts";
import * as tables from "./tables.ts";
import type { Db } from "./tables.ts";

/** Releases that are kept; of more, those that were closed longest ago go. */
const KEPT_MAX = 1_000;
/** Records of one unit: what it runs, and what it ran. */
const RECORDS_MAX = 300;

export function unknownModel(): Refusal {
  return refuse("unknown-model", "a model of this registry", "see GET /api/hub/models, or put it there first", "hash");
}

export function shownModel({ card, held, at, by }: tables.ModelRow, all: readonly KeptRelease[]): KeptModel {
  return { card, held, at, by, releases: all.flatMap(({ id, hash }) => (hash === card.sha256 ? [id] : [])) };
}

/** Refuses `unknown-model`, `wrong-state` for one that is not whole or scores no rows, `exists` and `too-many`. */
export function begin(db: Db, { id, ...given }: NewRelease, by: string, now: Millis): KeptRelease | Refusal {
  const row = tables.readModel(db, given.hash);
  if (row === undefined) return unknownModel();
  if (!row.held) return refuse("wrong-state", "a model whose bytes are here", `PUT /api/hub/models/${given.hash} first`, "hash");
  if (row.card.kind === "text") return refuse("wrong-state", "a model that scores rows", "a text model belongs to no profile", "hash");
  const all = tables.listReleases(db);
  if (id !== undefined && all.some((one) => one.id === id)) return refuse("exists", `the release ${id} was begun before`, "choose another name", "id");
  if (all.filter((one) => one.closed === undefined).length >= RELEASES_MAX)
    return refuse("too-many", `at most ${RELEASES_MAX} releases are open`, "stop those that are done: what is live stays live");
  const twin = all.find((one) => one.closed === undefined && one.hash === given.hash && one.profile === given.profile && overlap(one.units, given.units));
  if (twin !== undefined) return refuse("exists", `${twin.id} releases this model to that profile already`, "ask that one, or stop it", "hash");
  const gone = all.filter((one) => one.closed !== undefined).toSorted((a, b) => (a.closed?.at ?? 0) - (b.closed?.at ?? 0));
  for (const one of gone.slice(0, Math.max(0, all.length + 1 - KEPT_MAX))) tables.dropRelease(db, one.id);
  const name = id ?? nameOf(row.card, given.profile, (taken) => all.some((one) => one.id === taken));
  const release: KeptRelease = { ...given, id: name, at: now, by, asks: [] };
  tables.writeRelease(db, release);
  return release;
}

/** Refuses `unknown-entity`, `too-many`, and `wrong-state` when it is closed and nothing is left to ask. */
export function ask(db: Db, id: string, { type, share, units, why }: AskOfRelease, by: string, now: Millis): KeptRelease | Refusal {
  const release = tables.readRelease(db, id);
  if (release === undefined) return unknownRelease();
  if (release.asks.length >= RELEASE_ASKS_MAX)
    return refuse("too-many", `at most ${RELEASE_ASKS_MAX} times is something asked of one release`, "stop it and begin another", "id");
  const stranger = units?.find((unit) => release.units !== undefined && !release.units.some((one) => one === unit));
  if (stranger !== undefined) return refuse("malformed", `units of the release; ${stranger} is none`, "begin another release for it", "units");
  // By the clock: units that have answered asks which a hub that was put back knows nothing of, hear of those made since.
  const n = Math.max(now, (release.asks.at(-1)?.n ?? 0) + 1);
  const one = {
    n,
    type,
    ...(share === undefined ? {} : { share }),
    at: now,
    by,
    ...(units === undefined ? {} : { units }),
    ...(why === undefined ? {} : { why }),
  };
  // Nobody begins what was ended everywhere.
  const ends = type !== "promote" && units === undefined && release.closed === undefined;
  const next: KeptRelease = { ...release, asks: [...release.asks, one], ...(ends ? { closed: { at: now, by } } : {}) };
  tables.writeRelease(db, next);
  return next;
}

/** What a unit says stands over what it said; answered with what waits for it. */
export function hear(db: Db, unit: string, said: Omit<ModelsAsk, "origin" | "key">, now: Millis): readonly Release[] {
  const { profiles, bindings, records, trials, releases } = said;
  const before = new Map(tables.readTold(db, { unit }).map((one) => [one.release, one.state]));
  const past = tables.readUnit(db, unit)?.records ?? [];
  tables.writeUnit(db, unit, { profiles, bindings, records: withPast(records, past, [...before.values()]), trials }, now);
  for (const state of releases) {
    if (tables.readRelease(db, state.release) === undefined) continue;
    const next = noted(before.get(state.release), state);
    before.set(state.release, next);
    tables.writeTold(db, unit, next, now);
  }
  const says = new Map(releases.map((one) => [one.release, one]));
  const due = dueFor({ unit, profiles, says, said: before }, tables.listReleases(db), (hash) => tables.readModel(db, hash)?.card);
  for (const { release, answered } of due.begins)
    tables.writeTold(db, unit, { release: release.id, hash: release.hash, profile: release.profile, state: "waiting", answered, at: now }, now);
  return due.releases;
}

/** What a released model did stays to be read when the unit runs it no more. */
function withPast(records: readonly ModelRecord[], past: readonly ModelRecord[], told: readonly ReleaseState[]): readonly ModelRecord[] {
  const isSame = (a: ModelRecord, b: ModelRecord): boolean => a.model === b.model && a.profile === b.profile;
  const gone = past.filter(
    (one) => !records.some((now) => isSame(now, one)) && told.some(({ hash, profile }) => hash === one.model && profile === one.profile),
  );
  return [...records, ...gone].slice(0, RECORDS_MAX);
}

/** Units that a release concerns, of those that ask for models. */
export function hearersOf(db: Db, id: string): readonly string[] {
  const release = tables.readRelease(db, id);
  return release === undefined ? [] : tables.listUnits(db).flatMap(({ unit, profiles }) => (concerns(release, unit, profiles) ? [unit] : []));
}

export function list(db: Db): readonly ReleaseListed[] {
  return tables
    .listReleases(db)
    .map((release) => listedOf(db, release))
    .toReversed();
}

/** Refuses `unknown-entity`. */
export function viewOf(db: Db, id: string): ReleaseView | Refusal {
  const release = tables.readRelease(db, id);
  if (release === undefined) return unknownRelease();
  const asks = release.asks.map(({ units, ...one }) => ({ ...one, ...(units === undefined ? {} : { units: [...units] as UnitId[] }) }));
  return { ...listedOf(db, release), asks, at: tables.readTold(db, { release: id }).map((told) => atUnit(db, release, told)) };
}

function listedOf(db: Db, { asks: _asks, at, by, wanted, ...release }: KeptRelease): ReleaseListed {
  const card = tables.readModel(db, release.hash)?.card;
  const states: Record<string, number> = {};
  for (const { state } of tables.readTold(db, { release: release.id })) states[state.state] = (states[state.state] ?? 0) + 1;
  return {
    ...release,
    name: card?.name ?? release.hash.slice(0, 8),
    version: card?.version ?? 0,
    wanted: wanted ?? "shadow",
    made: { at, by },
    states,
  };
}

function atUnit(db: Db, { hash, profile }: KeptRelease, { unit, at, state }: tables.Told): ReleaseAtUnit {
  const said = tables.readUnit(db, unit);
  const binding = said?.bindings.find((one) => one.profile === profile);
  const recordOf = (model: string | undefined) => said?.records.find((one) => one.profile === profile && one.model === model);
  const [record, live] = [recordOf(hash), binding?.live === hash ? undefined : recordOf(binding?.live)];
  const tried = isOver(state.state) || binding?.candidate?.hash !== hash ? undefined : said?.trials.find((one) => one.profile === profile);
  return {
    unit: unit as UnitId,
    toldAt: said?.at ?? at,
    state,
    ...(binding === undefined
      ? {}
      : {
          stage: {
            live: binding.live,
            ...(binding.candidate === undefined ? {} : { candidate: binding.candidate.hash }),
            ...(binding.drift === undefined ? {} : { drift: binding.drift }),
          },
        }),
    ...(record === undefined ? {} : { record }),
    ...(live === undefined ? {} : { live }),
    ...(tried?.comparison === undefined ? {} : { comparison: tried.comparison }),
    ...(tried?.canary === undefined ? {} : { canary: tried.canary }),
  };
}

function overlap(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === undefined || b === undefined || a.some((unit) => b.includes(unit));
}

function unknownRelease(): Refusal {
  return refuse("unknown-entity", "a release of this hub", "see GET /api/hub/releases", "id");
}
