/**
 * A profile's mapping made ready, once for each profile of a plan: paths and expressions compiled, tables and channels looked up. What can't
 * be compiled is a refusal that names its place in the scenario; until it is mended every message of such a device is refused with it.
 */
import type { ChannelId } from "../../../contracts/ids.ts";
import type { MappedField, Route, When } from "../../../contracts/mapping.ts";
import { isRefusal, type Refusal, refuse } from "../../../contracts/refusal.ts";
import type { Channel, DeviceProfile, Scenario } from "../../../contracts/scenario.ts";
import { convert } from "../../../contracts/uom.ts";
import { type CompiledExpression, compileExpression } from "./expression.ts";
import { type CompiledPath, compilePath, compilePaths } from "./path.ts";

export type CompiledField = {
  readonly channel: ChannelId;
  /** What refusals call it. */
  readonly name: string;
  readonly at: CompiledPath | null;
  readonly expression: CompiledExpression | null;
  readonly table: Readonly<Record<string, number>> | null;
  readonly scale: number;
  readonly offset: number;
  /** UCUM codes from and to, where they differ. */
  readonly uom: { readonly from: string; readonly to: string } | null;
};
export type CompiledRoute = {
  readonly topics: readonly (readonly string[])[];
  readonly sparkplug: boolean;
  readonly records: CompiledPath | null;
  readonly ts: (Pick<When, "form" | "timeZone"> & { readonly at: CompiledPath; readonly name: string }) | null;
  readonly seq: CompiledPath | null;
  readonly fields: readonly CompiledField[];
  readonly events: { readonly at: CompiledPath; readonly codes: Readonly<Record<string, string>> | null } | null;
  readonly position: { readonly lat: CompiledPath; readonly lon: CompiledPath } | null;
  /** Paths that look at every item of something. */
  readonly manyPaths: number;
};

const compiledOf = new WeakMap<DeviceProfile, readonly CompiledRoute[] | Refusal>();

/** No routes where the profile has no mapping. */
export function mappingOf(profile: DeviceProfile): readonly CompiledRoute[] | Refusal {
  const known = compiledOf.get(profile);
  if (known !== undefined) return known;
  const made = compileMapping(profile);
  compiledOf.set(profile, made);
  return made;
}

/** The first mapping of a scenario that can't be used, if any; for the door through which scenarios come. */
export function faultOfMappings({ profiles }: Pick<Scenario, "profiles">): Refusal | null {
  for (const [p, profile] of profiles.entries()) {
    const compiled = mappingOf(profile);
    if (isRefusal(compiled)) return { ...compiled, field: `profiles.${p}.${compiled.field ?? "mapping"}` };
  }
  return null;
}

/** Refuses `malformed` and `breaks-contract` with the field at fault. */
export function compileRoute(route: Route, profile: DeviceProfile, at = "route"): CompiledRoute | Refusal {
  const paths: CompiledPath[] = [];
  const found = compileParts(route, profile, (path) => {
    if (!isRefusal(path)) paths.push(path);
    return path;
  });
  if ("refusal" in found) return { ...found.refusal, field: `${at}.${found.field}` };
  return {
    ...found,
    topics: route.topics.map((topic) => topic.split("/")),
    sparkplug: route.payload === "sparkplug",
    manyPaths: paths.reduce((sum, { many }) => sum + many, 0),
  };
}

function compileMapping(profile: DeviceProfile): readonly CompiledRoute[] | Refusal {
  const routes: CompiledRoute[] = [];
  for (const [r, route] of (profile.mapping?.routes ?? []).entries()) {
    const compiled = compileRoute(route, profile, `mapping.routes.${r}`);
    if (isRefusal(compiled)) return compiled;
    routes.push(compiled);
  }
  return routes;
}

type Fault = { readonly field: string; readonly refusal: Refusal };
type Keep = (path: CompiledPath | Refusal) => CompiledPath | Refusal;

function compileParts(route: Route, profile: DeviceProfile, keep: Keep): Omit<CompiledRoute, "topics" | "sparkplug" | "manyPaths"> | Fault {
  const { records, ts, seq, events, position } = route;
  // What splits a payload into records is asked once, whatever the fields.
  const compiled = {
    records: records === undefined ? null : compilePath(records),
    ts: ts === undefined ? null : keep(compilePaths(ts.at)),
    seq: seq === undefined ? null : keep(compilePath(seq)),
    events: events === undefined ? null : keep(compilePath(events.at)),
    lat: position === undefined ? null : keep(compilePath(position.lat)),
    lon: position === undefined ? null : keep(compilePath(position.lon)),
  };
  if (isRefusal(compiled.records)) return { field: "records", refusal: compiled.records };
  if (isRefusal(compiled.ts)) return { field: "ts.at", refusal: compiled.ts };
  if (isRefusal(compiled.seq)) return { field: "seq", refusal: compiled.seq };
  if (isRefusal(compiled.events)) return { field: "events.at", refusal: compiled.events };
  if (isRefusal(compiled.lat)) return { field: "position.lat", refusal: compiled.lat };
  if (isRefusal(compiled.lon)) return { field: "position.lon", refusal: compiled.lon };
  const fields: CompiledField[] = [];
  for (const [f, field] of route.values.entries()) {
    const one = compileField(field, profile, keep);
    if ("refusal" in one) return { field: `values.${f}.${one.field}`, refusal: one.refusal };
    fields.push(one);
  }
  const strange = Object.entries(events?.codes ?? {}).find(([, code]) => !Object.hasOwn(profile.faultCodes, code));
  if (strange !== undefined)
    return {
      field: `events.codes.${strange[0]}`,
      refusal: refuse("breaks-contract", "unknown fault code", `add it to faultCodes of profile ${profile.id}: ${strange[1]}`),
    };
  return {
    records: compiled.records,
    ts:
      ts === undefined || compiled.ts === null
        ? null
        : { form: ts.form, ...(ts.timeZone === undefined ? {} : { timeZone: ts.timeZone }), at: compiled.ts, name: nameOf(ts.at) },
    seq: compiled.seq,
    fields,
    events: compiled.events === null ? null : { at: compiled.events, codes: events?.codes ?? null },
    position: compiled.lat === null || compiled.lon === null ? null : { lat: compiled.lat, lon: compiled.lon },
  };
}

function compileField(field: MappedField, profile: DeviceProfile, keep: Keep): CompiledField | Fault {
  const channel = profile.channels.find(({ id }) => id === field.channel);
  if (channel === undefined)
    return { field: "channel", refusal: refuse("breaks-contract", "unknown channel", `profile ${profile.id} knows ${listOf(profile.channels)}`) };
  const at = field.at === undefined ? null : keep(compilePaths(field.at));
  if (isRefusal(at)) return { field: "at", refusal: at };
  const expression = field.expression === undefined ? null : compileExpression(field.expression);
  if (isRefusal(expression)) return { field: "expression", refusal: expression };
  const { uom: from = channel.uom } = field;
  const tried = convert(1, from, channel.uom);
  if (isRefusal(tried)) return { field: "uom", refusal: tried };
  return {
    channel: channel.id,
    name: field.at === undefined ? `channels.${channel.id}` : nameOf(field.at),
    at,
    expression,
    table: field.enum ?? null,
    scale: field.scale ?? 1,
    offset: field.offset ?? 0,
    uom: from === channel.uom ? null : { from, to: channel.uom },
  };
}

function nameOf(places: string | readonly string[]): string {
  return typeof places === "string" ? places : places.join(" or ");
}

function listOf(channels: readonly Channel[]): string {
  return channels
    .map(({ id }) => id)
    .join(", ")
    .slice(0, 200);
}
