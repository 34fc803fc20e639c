/** A mapping that was proposed for a device's messages: a person says yes, it is part of the device's profile, and the decision says so. */
import { NOTHING, type Decided } from "../../contracts/effect.ts";
import type { Device } from "../../contracts/device.ts";
import type { Millis } from "../../contracts/instant.ts";
import { type AcceptMapping, type Mapping, Mapping as MappingSchema, type Route } from "../../contracts/mapping.ts";
import { isRefusal, malformed, refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { record } from "../decision/record.ts";
import { compileRoute } from "../ingest/mapping/compile.ts";
import type { UnitState } from "./unit-state.ts";

/** The scenario with this way of speaking in the device's profile. Refuses `unknown-device`, and `malformed` or `breaks-contract` with the field at fault. */
export function acceptRoute(
  { scenario, rules }: Pick<UnitState, "scenario" | "rules">,
  device: Device | undefined,
  { route }: AcceptMapping,
  by: string,
  now: Millis,
): { readonly scenario: Scenario; readonly decided: Decided; readonly profile: string } | Refusal {
  const profile = scenario.profiles.find(({ id }) => id === device?.profile);
  if (device === undefined || profile === undefined) return refuse("unknown-device", "a device of this unit", "look at the list of devices", "device");
  const compiled = compileRoute(route, profile);
  if (isRefusal(compiled)) return compiled;
  const joined = MappingSchema.safeParse(withRoute(profile.mapping, route));
  if (!joined.success) return malformed(joined.error, "take ways out that are not spoken any more");
  const mapped = { ...profile, mapping: joined.data };
  const snapshot = { rules, topics: route.topics, channels: route.values.map(({ channel }) => channel) };
  const told = { outcome: "mapped", snapshot, reasons: [{ code: "mapping-accepted", about: { by, device: device.id } }] };
  const because = [record({ at: now, type: "mapping", ref: device.id, actor: by }, "import", `profile:${profile.id}`, told)];
  const profiles = scenario.profiles.map((one) => (one.id === profile.id ? mapped : one));
  return { scenario: { ...scenario, profiles }, decided: { ...NOTHING, because }, profile: profile.id };
}

/** In place of the way that has the same topics: what is accepted again is mended. */
function withRoute(mapping: Mapping | undefined, route: Route): Mapping {
  const key = route.topics.join("\n");
  const others = mapping?.routes.filter(({ topics }) => topics.join("\n") !== key) ?? [];
  return { ...mapping, routes: [...others, route] };
}
