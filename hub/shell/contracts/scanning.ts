/** The scheduled look at every contract: when it is due, what it finds, what was found before. */
import type { StreamName } from "../../../contracts/delta/operation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal } from "../../../contracts/refusal.ts";
import { documentOf, fieldsOf } from "../../quality/field.ts";
import { type Reader, type Usage, scan } from "../../quality/scan.ts";
import { present } from "../../quality/sketch.ts";
import type { Scan, Schedule } from "../../registry/api-bridge.ts";
import { type KeptVersion, earlierOf, newestMajor, versionName } from "../../registry/contract.ts";
import { streamOf } from "../../registry/document.ts";
import type { Filter } from "../../relay/filter.ts";
import { sketchOf } from "../quality/period-tables.ts";
import { QUARTERLY, nextRun } from "../quality/schedule.ts";
import { readBridges } from "./bridge-tables.ts";
import type { Gathered, Live } from "./gathering.ts";
import { readScans, readSetting, writeScan, writeSetting } from "./scan-tables.ts";
import { readSpoken } from "./spoken-tables.ts";
import { type Db, readSubjects, readVersions } from "./tables.ts";
import { readUse } from "./unknown-tables.ts";

/** Units tell once a day what they read: what nobody told for so long nobody reads. */
const READ_LATELY_MS = 30 * 86_400_000;

export function readSchedule(db: Db): Schedule | null {
  const nextAt = readSetting(db, "nextScanAt");
  return nextAt === undefined
    ? null
    : { cron: readSetting(db, "cron") ?? QUARTERLY.cron, zone: readSetting(db, "zone") ?? QUARTERLY.zone, nextAt: Number(nextAt) };
}

/** Refuses `malformed` for an expression that can't be read, a zone that does not exist, and a day that never comes. */
export function schedule(db: Db, now: Millis, cron = QUARTERLY.cron, zone = QUARTERLY.zone): Schedule | Refusal {
  const nextAt = nextRun({ cron, zone }, now);
  if (isRefusal(nextAt)) return nextAt;
  writeSetting(db, "cron", cron);
  writeSetting(db, "zone", zone);
  writeSetting(db, "nextScanAt", String(nextAt));
  return { cron, zone, nextAt };
}

/** Subjects whose entities travel, with their streams. */
export function scanned(db: Db): readonly { readonly subject: string; readonly stream: StreamName }[] {
  return newestOf(db).flatMap(({ subject, schema }) => {
    const stream = streamOf(schema);
    return stream === null ? [] : [{ subject, stream }];
  });
}

/** Every subject's newest version. */
export function runScan(db: Db, gathered: Gathered, now: Millis): Scan {
  const subjects = newestOf(db).map((newest) => {
    const usage = usageOf(newest, gathered.live.get(newest.subject), readersOf(db, gathered, newest, now));
    const findings = scan(usage, newest.schema, now).map((finding) => ({ ...finding, params: { ...finding.params } }));
    return { subject: newest.subject, version: versionName(newest), findings };
  });
  const done: Scan = { at: now, subjects, ...(gathered.unasked.length === 0 ? {} : { unasked: [...gathered.unasked] }) };
  writeScan(db, now, JSON.stringify(done));
  return done;
}

export function scans(db: Db): readonly Scan[] {
  return readScans(db).map(({ report }) => JSON.parse(report) as Scan);
}

function newestOf(db: Db): readonly KeptVersion[] {
  return readSubjects(db).flatMap((subject) => {
    const versions = readVersions(db, subject);
    return earlierOf(versions, newestMajor(versions)).at(-1) ?? [];
  });
}

/** By attribute; null while it is not known who reads. */
type Readers = ((attr: string) => readonly Reader[]) | null;

/**
 * Units say what their rules and models read, bridges and listeners name it, followers of the feed read everything. Known once all of them
 * could be asked and a unit has told lately, where any speaks the subject.
 */
function readersOf(db: Db, { listeners, live, nameOf }: Gathered, { subject, schema }: KeptVersion, now: Millis): Readers {
  const told = new Set(readUse(db, subject).flatMap(({ field, lastAt }) => (now - lastAt <= READ_LATELY_MS ? [field] : [])));
  if (listeners === null || (told.size === 0 && readSpoken(db, subject).length > 0)) return null;
  const stream = streamOf(schema);
  const followers = (live.get(subject)?.followers ?? []).map((token): Reader => ({ kind: "consumer", name: nameOf(token) }));
  const bridges = readBridges(db).flatMap(({ published }) => (published?.document.ours.subject === subject ? [published.document] : []));
  return (attr) => [
    ...(told.has(attr) ? [{ kind: stream === null ? ("model" as const) : ("rule" as const), name: "units" }] : []),
    ...bridges
      .filter(({ fields, each }) => each === attr || fields.some(({ ours }) => headOf(ours) === attr))
      .map(({ id }): Reader => ({ kind: "bridge", name: id })),
    ...listeners.filter(({ filter }) => wants(filter, subject, stream, attr)).map(({ id }): Reader => ({ kind: "consumer", name: id })),
    ...followers,
  ];
}

function wants({ streams, entities, attrs }: Filter, subject: string, stream: StreamName | null, attr: string): boolean {
  if (stream === null || (streams !== undefined && !streams.includes(stream))) return false;
  if (entities !== undefined && !entities.includes(subject)) return false;
  return attrs === undefined || attrs.includes(attr) || attrs.includes(`${subject}.${attr}`);
}

/** Without a look at the data nothing is known of its use. */
function usageOf({ schema }: KeptVersion, live: Live | undefined, readers: Readers): readonly Usage[] {
  if (live === undefined) return [];
  const fields = fieldsOf(schema);
  const key = documentOf(schema)["x-key"]?.attr;
  const sketches = new Map(live.profiles.map(({ path, sketch }) => [path, sketchOf(sketch)]));
  const lastSetAt = new Map([...live.profiles, ...live.quiet].flatMap(({ path, lastSetAt: at }) => (at === null ? [] : [[path, at] as const])));
  const countOf = (path: string): number => {
    const sketch = sketches.get(path);
    return sketch === undefined ? 0 : present(sketch);
  };
  return [...fields.keys()].flatMap((path): readonly Usage[] => {
    const parent = parentOf(path);
    // What lies in a personal value is not looked at.
    if (parent !== null && fields.get(parent)?.personal !== false) return [];
    const entities = parent === null ? live.entities : countOf(parent);
    const filled = path === key ? entities : parent === null ? (live.filled[path] ?? 0) : Math.min(entities, countOf(path));
    const [sketch, at] = [sketches.get(path), lastSetAt.get(path)];
    return [
      {
        path,
        entities,
        filled,
        readers: readers === null ? null : readers(headOf(path)),
        ...(at === undefined ? {} : { lastSetAt: at }),
        ...(sketch === undefined ? {} : { sketch }),
      },
    ];
  });
}

/** `a.b` lies in `a`, `a[]` too, `a[].b` in `a[]`. */
function parentOf(path: string): string | null {
  const end = path.endsWith("[]") ? path.length - 2 : path.lastIndexOf(".");
  return end < 0 ? null : path.slice(0, end);
}

function headOf(path: string): string {
  return path.split(/[./[]/, 1)[0] ?? path;
}
