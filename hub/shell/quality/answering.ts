/** What a stream's object answers about the quality of its data; whatever waits in memory is laid down first. */
import type { Millis } from "../../../contracts/instant.ts";
import { type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { DriftFinding, ProfileAnswer, QualityAnswer, SubjectDrift, SubjectQuality } from "../../api/quality.ts";
import { unknownField } from "../../quality/field.ts";
import { DAY_MS, dayOf } from "../../quality/period.ts";
import { profileOf } from "../../quality/profile.ts";
import { type Sketch, merge, present } from "../../quality/sketch.ts";
import { type Counts, NOTHING, addCounts, usableOf } from "../../quality/usable.ts";
import { type Setting, readBaselines, readCompared, readHistory } from "./baseline-tables.ts";
import { type EntityUse, entityUseOf, quietOf } from "./entity-use.ts";
import { type Db, readKept } from "./period-tables.ts";
import { type Profile, driftsOf, headlineOf, profilesOf, takeBaselines } from "./reading.ts";
import type { Standard } from "./standard.ts";
import type { StreamQuality } from "./stream-quality.ts";

export type QualityAsk =
  | { readonly ask: "headline"; readonly days: number }
  | { readonly ask: "compared" }
  | { readonly ask: "drifts"; readonly subject: string }
  | { readonly ask: "baselines"; readonly subject: string; readonly days: number; readonly by: string; readonly why: string }
  | { readonly ask: "profile"; readonly subject: string; readonly path: string; readonly days: number }
  | { readonly ask: "use"; readonly subject: string };

/** What each ask is answered; the stream's name is known to whoever asks. */
export type QualityReply = {
  readonly headline: {
    readonly fromAt: Millis;
    readonly subjects: readonly (Omit<SubjectQuality, "stream" | "usable"> & { readonly counts: Counts })[];
    readonly uncounted: QualityAnswer["uncounted"];
  };
  /** Subjects that have a baseline. */
  readonly compared: readonly string[];
  readonly drifts: Omit<SubjectDrift, "stream">;
  readonly baselines: Setting & { readonly fields: number };
  readonly profile: Omit<ProfileAnswer, "stream">;
  readonly use: EntityUse & { readonly profiles: readonly Profile[]; readonly quiet: ReturnType<typeof quietOf> };
};

/** Days whose values a scan looks at. */
const SCAN_DAYS = 35;

type Asked = { readonly db: Db; readonly sql: SqlStorage; readonly standard: Standard; readonly quality: StreamQuality };

/** As JSON text: the `QualityReply` of the ask. Refuses `unknown-contract` and `wrong-state`. */
export function answerQuality(asked: Asked, ask: QualityAsk, now: Millis): string | Refusal {
  asked.quality.settle();
  const answer = answerOf(asked, ask, now);
  return "refused" in answer ? answer : JSON.stringify(answer);
}

function answerOf({ db, sql, standard, quality }: Asked, ask: QualityAsk, now: Millis): QualityReply[keyof QualityReply] | Refusal {
  switch (ask.ask) {
    case "headline": {
      const { fromAt, subjects } = headlineOf(db, standard.qualityOf, ask.days, now);
      const told = subjects.map(({ subject, counts, promises }) => ({ subject, counts, reasons: { ...counts.reasons }, promises: [...promises] }));
      return { fromAt, subjects: told, uncounted: quality.uncounted() } satisfies QualityReply["headline"];
    }
    case "compared":
      return readCompared(db) satisfies QualityReply["compared"];
    case "drifts":
      return drifts(db, standard, ask.subject, now);
    case "baselines":
      return baselines(db, ask, now);
    case "profile":
      return profile(db, standard, ask, now);
    case "use": {
      const profiles = profilesOf(db, ask.subject, now - SCAN_DAYS * DAY_MS);
      return { ...entityUseOf(db, sql, ask.subject, now), profiles, quiet: quietOf(db, ask.subject, profiles) } satisfies QualityReply["use"];
    }
  }
}

function drifts(db: Db, standard: Standard, subject: string, now: Millis): QualityReply["drifts"] | Refusal {
  const fields = standard.fieldsOf(subject);
  if (fields === undefined) return unknownSubject();
  const set = [...readBaselines(db, subject).values()].toSorted((a, b) => b.setAt - a.setAt);
  const [last] = set;
  if (last === undefined) return { subject, baseline: null, findings: [] };
  const findings = driftsOf(db, subject, fields, now).map((found): DriftFinding => {
    const { subject: _, params, ...rest } = found;
    return { path: String(params["path"]), ...rest, params: { ...params } };
  });
  return { subject, baseline: { setBy: last.setBy, setAt: last.setAt, why: last.why, fields: set.length }, findings };
}

function baselines(db: Db, { subject, days, by, why }: Extract<QualityAsk, { ask: "baselines" }>, now: Millis): QualityReply["baselines"] | Refusal {
  const setting: Setting = { setBy: by, setAt: now, why };
  const fields = db.transaction(() => takeBaselines(db, subject, setting, days));
  return fields === 0
    ? refuse("wrong-state", `nothing of ${subject} came in the last ${days} days`, "take a baseline once there are values to compare with", "subject")
    : { ...setting, fields };
}

function profile(db: Db, standard: Standard, { subject, path, days }: Extract<QualityAsk, { ask: "profile" }>, now: Millis): QualityReply["profile"] | Refusal {
  const field = standard.fieldsOf(subject)?.get(path);
  if (field === undefined && standard.fieldsOf(subject) !== undefined)
    return refuse("unknown-contract", `${subject} has no field ${path}`, "see its contract: GET /api/hub/contracts", "attr");
  const { fromAt } = dayOf(now - (days - 1) * DAY_MS);
  const kept = readKept(db, subject, fromAt, path);
  if (field === undefined && kept.length === 0) return unknownSubject();
  const sketch = kept.reduce<Sketch | null>((sum, { sketch: one }) => (one === undefined ? sum : sum === null ? one : merge(sum, one)), null);
  const counts = kept.reduce((sum, one) => addCounts(sum, one.counts ?? NOTHING), NOTHING);
  // Of what no contract names nothing is known: it may be about a person.
  const { personal } = field ?? unknownField(path);
  return {
    subject,
    path,
    personal,
    fromAt,
    usable: usableOf(counts),
    reasons: { ...counts.reasons },
    profile: sketch === null ? null : profileOf(sketch, { personal }),
    days: kept.map(({ period, counts: of, sketch: one }) => ({
      ...period,
      received: of?.received ?? 0,
      usable: of?.usable ?? 0,
      present: one === undefined ? 0 : present(one),
    })),
    baselines: [...readHistory(db, subject, path)],
  };
}

function unknownSubject(): Refusal {
  return refuse("unknown-contract", "no contract of that name", "see GET /api/hub/contracts", "subject");
}
