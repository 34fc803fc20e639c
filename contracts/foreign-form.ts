/**
 * Forms in which devices speak that many use: their topics, and where records and instants stand. What is left to say for a profile is which
 * value is which channel (`hub/catalogue/mappings.ts`).
 */
import type { Route } from "./mapping.ts";

export type ForeignForm = "thingsboard" | "sparkplug" | "tasmota" | "shadow" | "plain";

/** `roots`: where the value called `name` may stand; the first that has one counts. */
export type Form = Omit<Route, "values" | "events" | "position"> & { readonly roots: readonly string[] };

export const FORMS: Readonly<Record<ForeignForm, Form>> = {
  // https://thingsboard.io/docs/reference/mqtt-api/: { key: value }, { ts, values: { key: value } }, or an array of either; attributes are { key: value }.
  thingsboard: {
    topics: ["v1/devices/me/telemetry", "v1/devices/me/attributes"],
    ts: { at: "$.ts", form: "ms" },
    roots: ["$.values", "$"],
  },
  // Eclipse Sparkplug 3.0. An edge node that measures itself is a device as well.
  sparkplug: {
    topics: [
      "spBv1.0/{group}/NBIRTH/{device}",
      "spBv1.0/{group}/NDATA/{device}",
      "spBv1.0/{group}/NDEATH/{device}",
      "spBv1.0/{group}/DBIRTH/{node}/{device}",
      "spBv1.0/{group}/DDATA/{node}/{device}",
      "spBv1.0/{group}/DDEATH/{node}/{device}",
    ],
    payload: "sparkplug",
    ts: { at: "$.timestamp", form: "ms" },
    roots: ["$.metrics"],
  },
  // https://tasmota.github.io/docs/MQTT/: Time is the device's wall clock, of a zone that its owner sets.
  tasmota: {
    topics: ["tele/{device}/SENSOR", "tele/{device}/STATE"],
    ts: { at: "$.Time", form: "local" },
    roots: ["$"],
  },
  // What AWS IoT calls $aws/things/…: a name that begins with $ is the server's own, so that it is left away here. Instants are whole seconds.
  shadow: {
    topics: ["things/{device}/shadow/update", "things/{device}/shadow/name/{shadow}/update"],
    ts: { at: "$.timestamp", form: "s" },
    roots: ["$.state.reported"],
  },
  // JSON or CBOR of its own.
  plain: {
    topics: ["devices/{device}/telemetry"],
    ts: { at: ["$.ts", "$.timestamp"], form: "ms" },
    seq: "$.seq",
    roots: ["$"],
  },
};

/** The path to a member below another path, whatever its name is. */
export function memberOf(path: string, name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? `${path}.${name}` : `${path}['${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}']`;
}
