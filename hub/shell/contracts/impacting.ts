/** Whom a change would touch: the world as the tables know it, and the answer. */
import { TEMPLATES } from "../../catalogue/templates.ts";
import { type ImpactAnswer, type ImpactAsk, type World, impactOf } from "../../registry/impact.ts";
import { earlierOf, newestMajor } from "../../registry/contract.ts";
import { isAdmissible } from "../../registry/publish.ts";
import { readBridges } from "./bridge-tables.ts";
import { findingsOf } from "./bridging.ts";
import { judge } from "./publishing.ts";
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
      lacks: isAdmissible(judged) ? newlyBlocked(db, document, { subject, version: judged.major, schema }) : [],
    })),
    consumers: consumers ?? [],
  };
  const breaking = !isAdmissible(judged) || judged.major > newestMajor(versions);
  // A document that is no contract has no fields to compare.
  const broken = !isAdmissible(judged) && judged.problems.length > 0;
  const { fields, touched } = broken ? { fields: [], touched: [] } : impactOf(subject, newest?.schema, schema, breaking, world);
  return {
    subject,
    fields: fields.map(({ field, how }) => ({ field, how })),
    touched: [...touched],
    unknown: consumers === null ? ["consumers"] : [],
    ...(isAdmissible(judged)
      ? { verdict: { compatible: judged.verdict.compatible, changes: [...judged.verdict.changes] } }
      : { refused: { ...judged.refusal, problems: [...judged.problems], changes: [...judged.changes] } }),
  };
}

function newlyBlocked(db: Db, bridge: Parameters<typeof findingsOf>[1], instead: Parameters<typeof findingsOf>[2]): readonly string[] {
  const before = new Set(findingsOf(db, bridge).map(({ field, rule }) => `${field}: ${rule}`));
  return findingsOf(db, bridge, instead)
    .filter(({ blocks, field, rule }) => blocks && !before.has(`${field}: ${rule}`))
    .map(({ field, rule }) => `${field}: ${rule}`);
}
