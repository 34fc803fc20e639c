/**
 * A table of another system against what the hub holds: what is new, what changes, what is refused and what may be somebody we know. Nothing
 * is written here. The plan is the dry run, and writing its `writes` is the import; the same table again then plans no write.
 *
 * ```
 * rows ─ cells by type ─┬─ id of ours ──────────────────────────┬─ lay over what stands ─ contract ─┬─ writes
 *                       └─ none: key ─ known? ─ matched surely? ┘                                   ├─ rejects
 *                                                             new ones ─ identity matching ─────────┴─ review
 * ```
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type Json, canonical, deeperThan, JSON_DEPTH_MAX } from "../../contracts/delta/json.ts";
import type { Family } from "../../contracts/entity.ts";
import { type Refusal, isRefusal, refuse } from "../../contracts/refusal.ts";
import { type Alias, resolve } from "./alias.ts";
import { COLUMNS_MAX, ROWS_MAX, type Row, type Table } from "./csv.ts";
import { type Judged, type MasterRecord, matchRecords } from "./identity.ts";
import { type Plan as Mapped, readMapping } from "./mapping.ts";
import type { Attributes, MasterFamily } from "./profile.ts";
import { type Reject, type Said, judgeRow, layOver, readRow, shown } from "./row.ts";
import { type EntityWrite, writesBetween } from "./write.ts";

/** Entities that an import is matched against: with rows and profiles they stay within the memory of an object. More are imported with `match: false`. */
export const KNOWN_MAX = 20_000;
/** Hexadecimal digits of an id made from a row's key: 80 bits, no two alike among millions. */
const KEY_DIGITS = 20;

/** What the hub holds. `aliasOf`: where an old id leads. `standsFor`: whether a reference to another family is known, and the id that it has today. */
export type Held = {
  readonly entities: readonly MasterRecord[];
  readonly aliasOf: (id: string) => string | undefined;
  readonly standsFor: (family: string, id: string) => string | undefined;
  /** Pairs that a person told apart. */
  readonly apart?: ReadonlySet<string>;
};

/** What one row comes to. `before` and `after` by attribute; none of them when the row changes nothing. */
export type Planned = {
  readonly line: number;
  readonly id: string;
  readonly outcome: "new" | "changed" | "unchanged";
  /** The row had no id of ours and was found to be this entity. */
  readonly matched?: true;
  readonly changes: readonly { readonly attr: string; readonly before?: Json; readonly after?: Json }[];
};
/** A new row and somebody it may be: `other` is an entity, or another new row. */
export type PossibleDuplicate = Omit<Judged, "a" | "b"> & { readonly line: number; readonly id: string; readonly other: string };

export type Counts = {
  readonly rows: number;
  readonly new: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Rows among the new ones that may be somebody we know. */
  readonly toReview: number;
};
export type ImportPlan = {
  readonly counts: Counts;
  readonly planned: readonly Planned[];
  readonly writes: readonly EntityWrite[];
  /** Keys of rows that were found to be somebody: so that the same row is known next time. */
  readonly aliases: readonly Alias[];
  readonly rejects: readonly Reject[];
  readonly review: readonly PossibleDuplicate[];
  /** Columns that no attribute was mapped to. */
  readonly unread: readonly string[];
};

/** A list of objects as a table: nested members become columns with points, `contact.phone`. Refuses `malformed` and `too-many`. */
export function readList(raw: unknown): Table | Refusal {
  if (!Array.isArray(raw)) return refuse("malformed", "a list of objects", "send a JSON array", "rows");
  if (raw.length > ROWS_MAX) return refuse("too-many", `at most ${ROWS_MAX} rows`, "send them in several parts", "rows");
  if (deeperThan(raw, JSON_DEPTH_MAX)) return refuse("malformed", `nested deeper than ${JSON_DEPTH_MAX}`, "flatten the rows", "rows");
  const flat: ReadonlyMap<string, Json>[] = [];
  for (const [i, row] of raw.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) return refuse("malformed", "a row is an object", "send attributes by name", `rows.${i}`);
    flat.push(new Map(flatten(row as Attributes, "")));
  }
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  if (columns.length > COLUMNS_MAX) return refuse("too-many", `at most ${COLUMNS_MAX} different members`, "leave out those that are not mapped", "rows");
  return { columns, rows: flat.map((row, i) => ({ line: i + 1, cells: columns.map((column) => row.get(column)) })) };
}

/** `match` false: rows are taken as they are, nobody is looked for. `autoMerge`: a row that is surely one known entity becomes it; otherwise a person decides. */
export type How = { readonly match?: boolean; readonly autoMerge?: boolean };

/** People are never merged without a person: three things are known of them, and two to four in a hundred that look sure are wrong. */
export const AUTO_FAMILIES: readonly MasterFamily[] = ["customer", "asset"];

/** Refuses what `readMapping` refuses, `too-many`, and `needs-person` for engineers that shall be merged by themselves. */
export function planImport(table: Table, rawMapping: unknown, held: Held, { match = true, autoMerge = false }: How = {}): ImportPlan | Refusal {
  const mapped = readMapping(rawMapping, table.columns);
  if (isRefusal(mapped)) return mapped;
  if (match && held.entities.length > KNOWN_MAX)
    return refuse("too-many", `rows are matched against at most ${KNOWN_MAX} entities`, "import without matching, and match in parts", "match");
  const { family, country } = mapped.mapping;
  if (autoMerge && !AUTO_FAMILIES.includes(family))
    return refuse("needs-person", "engineers are merged by a person only", "import without autoMerge, and decide the reviews", "autoMerge");
  const known = new Map(held.entities.map(({ id, attributes }) => [id, attributes]));
  const rejects: Reject[] = [];
  const read: Candidate[] = [];
  for (const row of table.rows) {
    const { said, rejects: faults } = readRow(row, table.columns, mapped);
    if (faults.length > 0) rejects.push(...faults);
    else read.push({ row, said: withReferences(said, held), ...identify(row, said, mapped, held, known) });
  }
  const fresh = match ? freshOf(read, mapped, held, known) : [];
  const options = { country, fresh: new Set(fresh.map(({ id }) => id)), ...(held.apart === undefined ? {} : { apart: held.apart }) };
  const pairs = fresh.length === 0 ? [] : matchRecords(family, [...held.entities, ...fresh], options).pairs;
  const adopted = autoMerge ? adopt(read, pairs, known) : new Map<string, string>();
  const settled = settle(read, adopted, mapped, held, known);
  const isNew = new Map(settled.planned.filter(({ outcome }) => outcome === "new").map(({ id, line }) => [id, line]));
  const review = reviewOf(pairs, isNew, known);
  const count = (outcome: Planned["outcome"]): number => settled.planned.filter((one) => one.outcome === outcome).length;
  const all = [...rejects, ...settled.rejects].toSorted((a, b) => a.line - b.line);
  return {
    counts: {
      rows: table.rows.length,
      new: count("new"),
      changed: count("changed"),
      unchanged: count("unchanged"),
      rejected: new Set(all.map(({ line }) => line)).size,
      toReview: new Set(review.map(({ line }) => line)).size,
    },
    planned: settled.planned,
    writes: settled.writes,
    aliases: settled.aliases,
    rejects: all,
    review,
    unread: table.columns.filter((column) => !mapped.fields.some(({ from }) => "column" in from && from.column === column)),
  };
}

/** `id`: of ours, or made from the key; `keyed` when it was made and nobody has it. */
type Candidate = { readonly row: Row; readonly said: Said; readonly id: string; readonly keyed: boolean };

function identify(
  row: Row,
  said: Said,
  { mapping, fields, keyAt }: Mapped,
  held: Held,
  known: ReadonlyMap<string, Attributes>,
): { readonly id: string; readonly keyed: boolean } {
  const field = fields.find(({ path }) => path === "id");
  const told = field === undefined ? undefined : said.get(field);
  if (told !== undefined) return { id: resolve(String(told), held.aliasOf), keyed: false };
  const key = canonical(keyAt.map((at) => row.cells[at] ?? null));
  const made = `${mapping.family}-${bytesToHex(sha256(utf8ToBytes(key))).slice(0, KEY_DIGITS)}`;
  const id = resolve(made, held.aliasOf);
  return { id, keyed: !known.has(id) };
}

/** A reference to an entity that was merged says the one that survived. */
function withReferences(said: Said, held: Held): Said {
  return new Map(
    [...said].map(([field, value]) => {
      const family = RELATIONS[field.path];
      return [field, family !== undefined && typeof value === "string" ? (held.standsFor(family, value) ?? value) : value];
    }),
  );
}

/** Attributes of master entities that name another one. */
const RELATIONS: Readonly<Record<string, Family>> = { customer: "customer" };

/**
 * Rows that nobody has yet, as the entities that they would become. Those that could not be written are not looked for either: every row that is
 * matched is then kept, as an entity or as an alias, and known the next time.
 */
function freshOf(read: readonly Candidate[], { mapping, fields }: Mapped, held: Held, known: ReadonlyMap<string, Attributes>): readonly MasterRecord[] {
  const byId = new Map(read.filter(({ id }) => !known.has(id)).map((one) => [one.id, one]));
  return [...byId.values()].flatMap(({ row, id, said }) => {
    const attributes = layOver(undefined, id, said);
    const faults = [...judgeRow(mapping.family, row.line, attributes, fields), ...judgeReferences(row.line, attributes, held)];
    return faults.length === 0 ? [{ id, attributes }] : [];
  });
}

/** Rows without an id of ours that are surely one known entity, and no other. The first row to claim an entity has it. */
function adopt(read: readonly Candidate[], pairs: readonly Judged[], known: ReadonlyMap<string, Attributes>): ReadonlyMap<string, string> {
  const claimed = new Set(read.filter(({ keyed }) => !keyed).map(({ id }) => id));
  const sure = pairs.filter(({ decision }) => decision === "same").flatMap(({ a, b }) => [[a, b] as const, [b, a] as const]);
  const partners = Map.groupBy(
    sure.filter(([, other]) => known.has(other)),
    ([id]) => id,
  );
  const adopted = new Map<string, string>();
  for (const { id, keyed } of read) {
    if (!keyed || adopted.has(id)) continue;
    const others = (partners.get(id) ?? []).map(([, other]) => other);
    const [only] = others;
    if (only === undefined || others.length > 1 || claimed.has(only)) continue;
    claimed.add(only);
    adopted.set(id, only);
  }
  return adopted;
}

function settle(
  read: readonly Candidate[],
  adopted: ReadonlyMap<string, string>,
  { mapping: { family }, fields }: Mapped,
  held: Held,
  known: ReadonlyMap<string, Attributes>,
): Pick<ImportPlan, "planned" | "writes" | "aliases" | "rejects"> {
  const [planned, writes, aliases, rejects]: [Planned[], EntityWrite[], Alias[], Reject[]] = [[], [], [], []];
  const lineById = new Map<string, number>();
  for (const { row, said, id: told } of read) {
    const id = adopted.get(told) ?? told;
    const before = known.get(id);
    const earlier = lineById.get(id);
    const after = layOver(before, id, said);
    const faults = [...judgeRow(family, row.line, after, fields), ...judgeReferences(row.line, after, held)];
    if (faults.length === 0 && earlier !== undefined)
      faults.push({ line: row.line, column: "id", value: shown(id), rule: `line ${earlier} is the same ${family}`, mend: "keep one of the two lines" });
    if (faults.length > 0) {
      rejects.push(...faults);
      continue;
    }
    lineById.set(id, row.line);
    const changes = writesBetween(family, id, before, after);
    writes.push(...changes);
    if (adopted.has(told)) aliases.push({ entity: family, from: told, to: id });
    planned.push({
      line: row.line,
      id,
      outcome: before === undefined ? "new" : changes.length > 0 ? "changed" : "unchanged",
      ...(adopted.has(told) ? { matched: true as const } : {}),
      changes: changes.map(({ attr }) => ({ attr, ...valueOf("before", before, attr), ...valueOf("after", after, attr) })),
    });
  }
  return { planned, writes, aliases, rejects };
}

function judgeReferences(line: number, after: Attributes, held: Held): readonly Reject[] {
  return Object.entries(RELATIONS).flatMap(([attr, family]) => {
    const id = Object.hasOwn(after, attr) ? after[attr] : undefined;
    if (typeof id !== "string" || held.standsFor(family, id) !== undefined) return [];
    return [{ line, column: attr, value: shown(id), rule: `there is no ${family} ${shown(id)}`, mend: `import the ${family} first` }];
  });
}

/** Pairs of which at least one is a row that will be new; an entity that is there already comes second. */
function reviewOf(pairs: readonly Judged[], lineByNew: ReadonlyMap<string, number>, known: ReadonlyMap<string, Attributes>): readonly PossibleDuplicate[] {
  return pairs.flatMap(({ a, b, ...judged }) => {
    const id = lineByNew.has(a) ? a : b;
    const other = id === a ? b : a;
    const line = lineByNew.get(id);
    return line === undefined || !(known.has(other) || lineByNew.has(other)) ? [] : [{ line, id, other, ...judged }];
  });
}

function valueOf<K extends "before" | "after">(key: K, of: Attributes | undefined, attr: string): Partial<Record<K, Json>> {
  const value = of !== undefined && Object.hasOwn(of, attr) ? of[attr] : undefined;
  return value === undefined ? {} : ({ [key]: value } as Partial<Record<K, Json>>);
}

function flatten(row: Attributes, prefix: string): readonly (readonly [string, Json])[] {
  return Object.entries(row).flatMap(([name, value]) =>
    typeof value === "object" && value !== null && !Array.isArray(value) ? flatten(value, `${prefix}${name}.`) : [[`${prefix}${name}`, value] as const],
  );
}
