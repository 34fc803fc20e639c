/** Whom a change of a contract touches, before it is published: units, rules and models of scenarios, bridges, consumers; each with why. */
import { z } from "zod";
import type { Json } from "../../contracts/delta/json.ts";
import { Lens } from "../../contracts/delta/lens.ts";
import type { StreamName } from "../../contracts/delta/operation.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import type { Filter } from "../relay/filter.ts";
import { Document, InadmissibleShape, VerdictShape } from "./api.ts";
import { Subject } from "./contract.ts";
import { streamOf } from "./document.ts";
import { type TouchedField, touchedFields } from "./touched.ts";
import type { Schema } from "./walk.ts";

export const ImpactAsk = z.strictObject({
  subject: Subject,
  schema: Document,
  major: z.number().int().min(1).max(10_000).optional(),
  lens: Lens.optional(),
});
export type ImpactAsk = z.infer<typeof ImpactAsk>;

export const Touched = z.strictObject({
  kind: z.enum(["unit", "channel", "model", "rule", "bridge", "consumer"]),
  /** The unit, the bridge, the consumer; of a scenario `{where}/{what}`. */
  id: z.string(),
  why: z.string(),
});
export type Touched = z.infer<typeof Touched>;

/** `refused`: what publishing it would answer. `unknown`: who could not be asked. */
export const ImpactAnswer = z.strictObject({
  subject: Subject,
  fields: z.array(z.strictObject({ field: z.string(), how: z.enum(["added", "removed", "changed"]) })),
  touched: z.array(Touched),
  unknown: z.array(z.enum(["consumers"])),
  verdict: VerdictShape.optional(),
  refused: InadmissibleShape.optional(),
});
export type ImpactAnswer = z.infer<typeof ImpactAnswer>;

/** Everybody who may be touched. `of`: a unit's name or a template's. `ours`: the attribute paths that a bridge maps; `lacks`: what would block its publishing then. `filter`: nothing named means all. */
export type World = {
  readonly units: readonly { readonly unit: string; readonly major: number; readonly revision: number }[];
  readonly scenarios: readonly { readonly of: string; readonly scenario: Scenario }[];
  readonly bridges: readonly { readonly id: string; readonly subject: string; readonly ours: readonly string[]; readonly lacks: readonly string[] }[];
  readonly consumers: readonly { readonly id: string; readonly filter: Filter }[];
};

/** `breaking`: publishing it is refused, or needs a new major. */
export function impactOf(
  subject: string,
  before: Json | undefined,
  after: Json,
  breaking: boolean,
  world: World,
): { readonly fields: readonly TouchedField[]; readonly touched: readonly Touched[] } {
  const fields = touchedFields(before, after);
  const named = fields.filter(({ field }) => field !== "");
  const heads = new Set(named.map(({ field }) => field.split(/[.[]/, 1)[0] ?? field));
  if (fields.length === 0) return { fields, touched: [] };
  const touched = [
    ...world.units.map(({ unit, major, revision }): Touched => {
      const why = breaking ? "has to come along, or be read through a lens" : "goes on as it is";
      return { kind: "unit", id: unit, why: `speaks ${subject} ${major}.${revision} and ${why}` };
    }),
    ...world.scenarios.flatMap(({ of, scenario }) => [...scenarioByChannel(of, scenario, named), ...scenarioByWord(of, scenario, named)]),
    ...world.bridges
      .filter((bridge) => bridge.subject === subject)
      .flatMap(({ id, ours, lacks }): readonly Touched[] => {
        const met = ours.filter((path) => heads.has(path.split(/[./]/, 1)[0] ?? path));
        const why = [...(met.length === 0 ? [] : [`maps ${met.join(", ")}`]), ...lacks];
        return why.length === 0 ? [] : [{ kind: "bridge", id, why: why.join("; ") }];
      }),
    ...world.consumers.flatMap(({ id, filter }): readonly Touched[] => {
      const why = readsOf(filter, subject, streamOf(after), heads);
      return why === null ? [] : [{ kind: "consumer", id, why }];
    }),
  ];
  return { fields, touched };
}

/** What of the change a filter lets through; null: nothing. */
function readsOf({ streams, entities, attrs }: Filter, subject: string, stream: StreamName | null, heads: ReadonlySet<string>): string | null {
  if (entities !== undefined && !entities.includes(subject)) return null;
  if (streams !== undefined && (stream === null || !streams.includes(stream))) return null;
  if (attrs === undefined) return "reads every field";
  const met = [...heads].filter((head) => attrs.includes(head) || attrs.includes(`${subject}.${head}`));
  return met.length === 0 ? null : `reads ${met.join(", ")}`;
}

/** A field that is a channel of a device: with it come the model that reads it and the rules that speak of it. */
function scenarioByChannel(of: string, scenario: Scenario, fields: readonly TouchedField[]): readonly Touched[] {
  return scenario.profiles.flatMap((profile) =>
    profile.channels.flatMap((channel): readonly Touched[] => {
      const met = fields.find(({ field }) => field === channel.id || field.endsWith(`.${channel.id}`));
      if (met === undefined) return [];
      const uom = textOf(met.after, "x-uom");
      const apart = uom !== undefined && uom !== channel.uom ? `, which the contract would have in ${uom}` : "";
      const id = (what: string): string => `${of}/${what}`;
      return [
        { kind: "channel", id: id(channel.id), why: `profile ${profile.id} measures it in ${channel.uom}${apart}` },
        { kind: "model", id: id(profile.model), why: `scores ${channel.id} in ${channel.uom}${apart}` },
        ...scenario.faultModes
          .filter((mode) => mode.channels.includes(channel.id))
          .map((mode): Touched => ({ kind: "rule", id: id(mode.id), why: `fault mode ${mode.id} is chosen by evidence of ${channel.id}${apart}` })),
      ];
    }),
  );
}

/** Fields whose values a scenario's rules set. */
const WORDS = ["severity", "priority"] as const;

function scenarioByWord(of: string, scenario: Scenario, fields: readonly TouchedField[]): readonly Touched[] {
  return WORDS.flatMap((word) => {
    const met = fields.find(({ field }) => field === word);
    if (met === undefined) return [];
    const values = met.after.flatMap((schema) => (Array.isArray(schema["enum"]) ? schema["enum"] : []));
    const gone = (value: string): string =>
      met.how === "removed" || (values.length > 0 && !values.includes(value)) ? ", which would be no value any more" : "";
    const modes = scenario.faultModes.map((mode): Touched => ({
      kind: "rule",
      id: `${of}/${mode.id}`,
      why: `fault mode ${mode.id} sets ${word} ${mode[word]}${gone(mode[word])}`,
    }));
    const promises =
      word === "priority"
        ? Object.keys(scenario.sla).map((priority): Touched => ({
            kind: "rule",
            id: `${of}/sla.${priority}`,
            why: `the SLA table promises by priority ${priority}${gone(priority)}`,
          }))
        : [];
    return [...modes, ...promises];
  });
}

function textOf(schemas: readonly Schema[], keyword: string): string | undefined {
  return schemas.map((schema) => schema[keyword]).find((value) => typeof value === "string");
}
