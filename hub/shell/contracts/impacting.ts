/** Whom a change would touch: the world as the tables know it, and the answer. */
import { TEMPLATES } from "../../catalogue/templates.ts";
import { type ImpactAnswer, type ImpactAsk, type World, impactOf } from "../../registry/impact.ts";
import { earlierOf, newestMajor } from "../../registry/contract.ts";
import { isAdmissible } from "../../registry/publish.ts";
import { readBridges } from "./bridge-tables.ts";
import { lacksOf } from "./bridging.ts";
import { judge, leftBehind } from "./publishing.ts";
import { readScenarios, readSpoken } from "./spoken-tables.ts";
import { type Db, readVersions } from "./tables.ts";

/** `consumers`: null when they could not be asked. */
export function impact(db: Db, ask: ImpactAsk, consumers: World["consumers"] | null): ImpactAnswer {
  const { subject, schema } = ask;
  const judged = judge(db, ask);
  const versions = readVersions(db, subject);
  const newest = earlierOf(versions, newestMajor(versions)).at(-1);
  const world: World = {
    units: readSpoken(db, subject),
    scenarios: [
      ...[...TEMPLATES].map(([name, scenario]) => ({ of: `template ${name}`, scenario })),
      ...readScenarios(db).map(({ unit, scenario }) => ({ of: unit, scenario })),
    ],
    bridges: readBridges(db).map(({ document }) => ({
      id: document.id,
      subject: document.ours.subject,
      ours: document.fields.map(({ ours }) => ours),
      // What it would lack then, beyond what it lacks now.
      lacks: isAdmissible(judged) ? lacksOf(db, document, { subject, version: judged.major, schema }).map(({ field, rule }) => `${field}: ${rule}`) : [],
    })),
    consumers: consumers ?? [],
  };
  const breaking = !isAdmissible(judged) || judged.major > newestMajor(versions);
  // A document that is no contract has no fields to compare.
  const broken = !isAdmissible(judged) && judged.problems.length > 0;
  const { fields, touched } = broken ? { fields: [], touched: [] } : impactOf(subject, newest?.schema, schema, breaking, world);
  const refused = isAdmissible(judged) ? leftBehind(db, ask, judged, []) : judged;
  return {
    subject,
    fields: fields.map(({ field, how }) => ({ field, how })),
    touched: [...touched],
    unknown: consumers === null ? ["consumers"] : [],
    ...(isAdmissible(judged) ? { verdict: { compatible: judged.verdict.compatible, changes: [...judged.verdict.changes] } } : {}),
    ...(refused === null ? {} : { refused: { ...refused.refusal, problems: [...refused.problems], changes: [...refused.changes] } }),
  };
}
