/** The scheduled look at every contract: when it is due, what it finds, what was found before. */
import { Cron } from "croner";
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, isRefusal, refuse } from "../../../contracts/refusal.ts";
import { type Reader, type Usage, scan } from "../../quality/scan.ts";
import type { Scan, Schedule } from "../../registry/api-bridge.ts";
import { attributesOf } from "../../registry/attribute.ts";
import { earlierOf, newestMajor, versionName } from "../../registry/contract.ts";
import { readBridges } from "./bridge-tables.ts";
import { readScans, readSetting, writeScan, writeSetting } from "./scan-tables.ts";
import { type Db, readSubjects, readVersions } from "./tables.ts";
import { readUse } from "./unknown-tables.ts";

/** Each quarter, at three in the morning of its first day. */
const CRON_DEFAULT = "0 3 1 1,4,7,10 *";
/** Where most of our sites are. */
const ZONE_DEFAULT = "Asia/Shanghai";

export function readSchedule(db: Db): Schedule | null {
  const nextAt = readSetting(db, "nextScanAt");
  return nextAt === undefined ? null : { cron: readSetting(db, "cron") ?? CRON_DEFAULT, zone: readSetting(db, "zone") ?? ZONE_DEFAULT, nextAt: Number(nextAt) };
}

/** Refuses `malformed` for an expression that can't be read, a zone that does not exist, and a day that never comes. */
export function schedule(db: Db, now: Millis, cron = CRON_DEFAULT, zone = ZONE_DEFAULT): Schedule | Refusal {
  const next = nextOf(cron, zone, now);
  if (isRefusal(next)) return next;
  writeSetting(db, "cron", cron);
  writeSetting(db, "zone", zone);
  writeSetting(db, "nextScanAt", String(next.at));
  return { cron, zone, nextAt: next.at };
}

/** Every subject's newest version. */
export function runScan(db: Db, now: Millis): Scan {
  const readers = readersOf(db);
  const subjects = readSubjects(db).flatMap((subject) => {
    const versions = readVersions(db, subject);
    const newest = earlierOf(versions, newestMajor(versions)).at(-1);
    if (newest === undefined) return [];
    const findings = scan(usageOf(db, subject, [...attributesOf(newest.schema).keys()], readers), newest.schema, now);
    return [{ subject, version: versionName(newest), findings: findings.map((finding) => ({ ...finding, params: { ...finding.params } })) }];
  });
  const done: Scan = { at: now, subjects };
  writeScan(db, now, JSON.stringify(done));
  return done;
}

export function scans(db: Db): readonly Scan[] {
  return readScans(db).map(({ report }) => JSON.parse(report) as Scan);
}

function nextOf(cron: string, zone: string, now: Millis): { readonly at: Millis } | Refusal {
  try {
    const at = new Cron(cron, { timezone: zone, mode: "5-part", paused: true }).nextRun(new Date(now));
    return at === null ? refuse("malformed", "that day never comes", "check day and month", "cron") : { at: at.getTime() };
  } catch (error) {
    const rule = error instanceof Error ? error.message : String(error);
    return refuse(
      "malformed",
      rule.slice(0, 200),
      "five parts: minute, hour, day, month, weekday; a zone of the IANA list",
      /zone/i.test(rule) ? "zone" : "cron",
    );
  }
}

/** Without any count of a subject nothing is known of its use. `field` "" counts entities. */
function usageOf(
  db: Db,
  subject: string,
  names: readonly string[],
  readers: readonly (Reader & { readonly path: string; readonly subject: string })[],
): readonly Usage[] {
  const used = new Map(readUse(db, subject).map((use) => [use.field, use]));
  const entities = used.get("")?.count;
  if (entities === undefined) return [];
  return names.map((path) => {
    const use = used.get(path);
    const reading = readers
      .filter((reader) => reader.subject === subject && reader.path.split(/[./]/, 1)[0] === path)
      .map(({ kind, name }) => ({ kind, name }));
    return {
      path,
      entities,
      filled: Math.min(entities, use?.count ?? 0),
      // Consumers read too, and are not asked: nobody is known to read only where somebody is.
      readers: reading.length === 0 ? null : reading,
      ...(use === undefined ? {} : { lastSetAt: use.lastAt }),
    };
  });
}

function readersOf(db: Db): readonly (Reader & { readonly path: string; readonly subject: string })[] {
  return readBridges(db).flatMap(({ published }) =>
    published === undefined
      ? []
      : published.document.fields.map((field) => ({
          kind: "bridge" as const,
          name: published.document.id,
          path: field.ours,
          subject: published.document.ours.subject,
        })),
  );
}
