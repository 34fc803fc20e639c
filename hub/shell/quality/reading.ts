/** What the tables say: the headline, promises kept or broken, drifts with the day since when, and the profiles that a scan looks at. */
import type { DocumentAnnotations } from "../../../contracts/annotation.ts";
import type { Millis } from "../../../contracts/instant.ts";
import type { Drift } from "../../quality/drift-finding.ts";
import { drift, ordinaryDistance } from "../../quality/drift.ts";
import type { Field } from "../../quality/field.ts";
import { DAY_MS, dayOf } from "../../quality/period.ts";
import { type Dated, sinceWhen } from "../../quality/since.ts";
import { writeSketch } from "../../quality/sketch-json.ts";
import { type Sketch, merge, present } from "../../quality/sketch.ts";
import { type Counts, type Kept as Promised, NOTHING, type Usable, addCounts, promisesOf, usableOf } from "../../quality/usable.ts";
import { type Setting, readBaselines, setBaseline } from "./baseline-tables.ts";
import { type Db, type Kept, readCounts, readKept } from "./period-tables.ts";

/** Days whose values are laid beside the baseline: four weeks, so that every week-day counts alike. */
const LIVE_DAYS = 28;

/** `reasons`: how many values could not be used, by the first reason of each. */
export type SubjectQuality = { readonly subject: string; readonly counts: Counts; readonly usable: Usable | null; readonly promises: readonly Promised[] };
export type Headline = { readonly fromAt: Millis; readonly usable: Usable | null; readonly subjects: readonly SubjectQuality[] };

/** Of everything that arrived in the last `days`, whole days of UTC, today's included. */
export function headlineOf(db: Db, qualityOf: (subject: string) => DocumentAnnotations["x-quality"], days: number, now: Millis): Headline {
  const fromAt = dayOf(now - (days - 1) * DAY_MS).fromAt;
  const bySubject = new Map<string, Counts>();
  for (const { subject, counts } of readCounts(db, fromAt)) bySubject.set(subject, addCounts(bySubject.get(subject) ?? NOTHING, counts));
  const subjects = [...bySubject].map(([subject, counts]) => ({
    subject,
    counts,
    usable: usableOf(counts),
    promises: promisesOf(counts, qualityOf(subject) ?? {}),
  }));
  return { fromAt, usable: usableOf([...bySubject.values()].reduce(addCounts, NOTHING)), subjects };
}

/** Makes what arrived in the last `days` the baseline of every field of a subject. Returns how many fields have one now. */
export function takeBaselines(db: Db, subject: string, setting: Setting, days: number): number {
  const live = liveOf(db, subject, days, setting.setAt);
  for (const [path, windows] of live) {
    const sketch = whole(windows);
    setBaseline(
      db,
      subject,
      path,
      sketch,
      setting,
      ordinaryDistance(
        sketch,
        windows.map((window) => window.sketch),
      ),
    );
  }
  return live.size;
}

export type FoundDrift = Drift & { readonly subject: string; readonly since: Millis | null };

/** The live values of the last four weeks beside their baselines, field by field; what was measured before the baseline was set is not looked at. */
export function driftsOf(db: Db, subject: string, fields: ReadonlyMap<string, Field>, now: Millis): readonly FoundDrift[] {
  const baselines = readBaselines(db, subject);
  return [...liveOf(db, subject, LIVE_DAYS, now)].flatMap(([path, all]): readonly FoundDrift[] => {
    const [baseline, field] = [baselines.get(path), fields.get(path)];
    if (baseline === undefined || field === undefined) return [];
    const windows = all.filter(({ fromAt }) => fromAt + DAY_MS > baseline.setAt);
    if (windows.length === 0) return [];
    return drift(baseline.sketch, whole(windows), field, baseline.ordinary).map((found) => ({
      ...found,
      subject,
      since: sinceWhen(found, baseline.sketch, windows, field, baseline.ordinary),
    }));
  });
}

/** What a scan wants to know of a field, in a form that goes through a call between objects. `sketch`: its JSON. */
export type Profile = { readonly path: string; readonly sketch: string; readonly present: number; readonly lastSetAt: Millis | null };

/** Of each field of a subject that was observed since `fromAt`. `lastSetAt`: the start of the last period in which it had a value. */
export function profilesOf(db: Db, subject: string, fromAt: Millis): readonly Profile[] {
  const byPath = new Map<string, Dated[]>();
  for (const kept of readKept(db, subject, fromAt)) append(byPath, kept);
  return [...byPath].map(([path, windows]) => {
    const sketch = whole(windows);
    const last = windows.findLast((window) => present(window.sketch) > 0);
    return { path, sketch: writeSketch(sketch), present: present(sketch), lastSetAt: last?.fromAt ?? null };
  });
}

function liveOf(db: Db, subject: string, days: number, now: Millis): ReadonlyMap<string, readonly Dated[]> {
  const byPath = new Map<string, Dated[]>();
  for (const kept of readKept(db, subject, dayOf(now - (days - 1) * DAY_MS).fromAt)) append(byPath, kept);
  return byPath;
}

function append(byPath: Map<string, Dated[]>, { path, period, sketch }: Kept): void {
  if (sketch === undefined) return;
  byPath.set(path, [...(byPath.get(path) ?? []), { fromAt: period.fromAt, sketch }]);
}

function whole(windows: readonly Dated[]): Sketch {
  const [first, ...rest] = windows.map(({ sketch }) => sketch);
  if (first === undefined) throw new Error("quality: no windows to lay together");
  return rest.reduce((sum, sketch) => merge(sum, sketch), first);
}
