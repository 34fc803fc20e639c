/** Ready mappings for devices that speak ThingsBoard's device API, Sparkplug B, Tasmota, AWS-like shadows, or plain JSON of their own. */
import { FORMS, type ForeignForm, memberOf } from "../../contracts/foreign-form.ts";
import { Mapping } from "../../contracts/mapping.ts";

/**
 * The mapping of a form. `names`: what the devices call each channel; a name with dots in Tasmota stands below others, `ENERGY.Power`.
 * `options`: gateways that speak for the devices, and the zone of wall clocks.
 */
export function readyMapping(
  form: ForeignForm,
  names: Readonly<Record<string, string>>,
  options: { readonly via?: readonly string[]; readonly timeZone?: string } = {},
): Mapping {
  const { roots, ...route } = FORMS[form];
  const placeOf = (root: string, name: string): string =>
    form === "tasmota" ? name.split(".").reduce((path, level) => memberOf(path, level), root) : memberOf(root, name);
  const values = Object.entries(names).map(([channel, name]) => ({ channel, at: roots.map((root) => placeOf(root, name)) }));
  const ts = route.ts?.form === "local" && options.timeZone !== undefined ? { ...route.ts, timeZone: options.timeZone } : route.ts;
  return Mapping.parse({
    routes: [{ ...route, ...(ts === undefined ? {} : { ts }), values }],
    ...(options.via === undefined ? {} : { via: options.via }),
  });
}
