/**
 * Whom an agreement concerns: units that see its customer, an asset that it names, or one of a model that it names; and a calendar, whom the
 * agreements that name it concern. The hub names them in a write of its own, as anybody may, so that what was first written here reaches units that
 * never joined it; and again when a customer or an asset comes to a unit later.
 */
import type { Json } from "../../contracts/delta/json.ts";
import { entityOf } from "../../contracts/delta/merge.ts";
import type { Meaning } from "../../contracts/delta/meaning.ts";
import type { RandomBytes } from "../../contracts/delta/seal.ts";
import type { Millis } from "../../contracts/instant.ts";
import { isRefusal } from "../../contracts/refusal.ts";
import { writeOwn } from "./own.ts";
import type { StreamStore } from "./store.ts";
import { UNITS_MAX } from "./take.ts";

/** Who sees what of the assets, which are another stream's: units by id, and by model. */
export type Sight = { readonly assets: Readonly<Record<string, readonly string[]>>; readonly models: Readonly<Record<string, readonly string[]>> };
export const NO_SIGHT: Sight = { assets: {}, models: {} };

/** What agreements name of the assets. */
export type Named = { readonly assets: readonly string[]; readonly models: readonly string[] };

/** Rows read at once. */
const PAGE = 500;

/** Units that an agreement is about, by its attributes, whoever sees it already. */
export function concernedBy(store: Pick<StreamStore, "readRow">, attributes: Readonly<Record<string, Json | undefined>>, sight: Sight): readonly string[] {
  const { customer, assets, models } = scopeOf(attributes);
  return unique([
    ...(customer === undefined ? [] : (store.readRow("customer", customer)?.units ?? [])),
    ...assets.flatMap((id) => sight.assets[id] ?? []),
    ...models.flatMap((model) => sight.models[model] ?? []),
  ]);
}

/** Units that see an agreement which counts its hours on that calendar. */
export function concernedByCalendar(store: StreamStore, id: string): readonly string[] {
  return unique([...living(store, "agreement")].flatMap(({ attributes, units }) => (calendarsOf(attributes).includes(id) ? units : [])));
}

/** Of all agreements, or of one as it is about to be written. */
export function namedBy(rows: Iterable<Readonly<Record<string, Json | undefined>>>): Named {
  const scopes = [...rows].map(scopeOf);
  return { assets: unique(scopes.flatMap(({ assets }) => assets)), models: unique(scopes.flatMap(({ models }) => models)) };
}

export function namedByAll(store: StreamStore): Named {
  return namedBy([...living(store, "agreement")].map(({ attributes }) => attributes));
}

/** Every agreement and calendar is made visible to whom it concerns and who does not see it yet; how many were. Inside a transaction. */
export function makeSeen(store: StreamStore, meaningOf: (entity: string) => Meaning | undefined, sight: Sight, now: Millis, random: RandomBytes): number {
  const byCalendar = new Map<string, string[]>();
  const agreements = [...living(store, "agreement")].map((row) => ({ ...row, concerned: concernedBy(store, row.attributes, sight) }));
  for (const { attributes, units, concerned } of agreements)
    for (const calendar of calendarsOf(attributes)) byCalendar.set(calendar, [...(byCalendar.get(calendar) ?? []), ...units, ...concerned]);
  const calendars = byCalendar.size === 0 ? [] : [...living(store, "calendar")].map((row) => ({ ...row, concerned: unique(byCalendar.get(row.id) ?? []) }));
  let seen = 0;
  for (const { entity, id, units, attributes, concerned } of [...agreements, ...calendars]) {
    const joining = concerned.filter((unit) => !units.includes(unit)).slice(0, Math.max(0, UNITS_MAX - units.length));
    const meaning = joining.length === 0 ? undefined : meaningOf(entity);
    const title = attributes["title"];
    if (meaning === undefined || title === undefined) continue;
    // Whoever joins hears the whole entity with a line about it: its title, as it is.
    const key = `concern/${entity}/${id}/${store.readState().head}`;
    const write = { key, stream: meaning.stream, entity, id, changes: { title }, units: joining, actor: "hub", reason: "it concerns what these units see" };
    if (!isRefusal(writeOwn(store, write, meaning, now, random))) seen += 1;
  }
  return seen;
}

type Living = {
  readonly entity: string;
  readonly id: string;
  readonly units: readonly string[];
  readonly attributes: Readonly<Record<string, Json | undefined>>;
};

function* living(store: StreamStore, entity: string): Generator<Living> {
  for (let after = ""; ;) {
    const rows = store.rowsAfter(null, entity, after, PAGE);
    for (const { id, units, record } of rows) {
      const attributes = entityOf(record);
      if (attributes !== null && attributes !== undefined) yield { entity, id, units, attributes };
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = `${last.entity}\n${last.id}`;
  }
}

function scopeOf(attributes: Readonly<Record<string, Json | undefined>>): Named & { readonly customer?: string } {
  const scope = partsOf(attributes["scope"]);
  const { customer } = scope;
  return { ...(typeof customer === "string" ? { customer } : {}), assets: texts(scope["assets"]), models: texts(scope["models"]) };
}

function calendarsOf(attributes: Readonly<Record<string, Json | undefined>>): readonly string[] {
  return Object.values(partsOf(attributes["responses"])).flatMap((one) => texts([partsOf(one)["calendar"] ?? null]));
}

function partsOf(value: Json | undefined): Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}
