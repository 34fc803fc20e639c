/** What devices of a profile say, as a contract: the channels of a scenario with their uom and range. It does not travel; published, it gives each channel a meaning that all units share. */
import type { Json } from "../../contracts/delta/json.ts";
import { telemetrySubject } from "../../contracts/note.ts";
import type { DeviceProfile, Scenario } from "../../contracts/scenario.ts";

/** The profile that a subject was named after, of the first scenario that has one. */
export function profileOf(subject: string, scenarios: readonly Scenario[]): DeviceProfile | undefined {
  return scenarios.flatMap(({ profiles }) => profiles).find(({ id }) => telemetrySubject(id) === subject);
}

/** Only the device is promised: a message holds what was measured. */
export function documentOfProfile({ id, title, channels }: DeviceProfile): Json {
  const properties = channels.map((channel) => [
    channel.id,
    {
      type: "number",
      description: channel.title.en,
      minimum: channel.min,
      maximum: channel.max,
      "x-uom": channel.uom,
      "x-null": { policy: channel.nulls === "gap" ? "absent" : "refuse", sentinels: [] },
      "x-writers": "unit",
    },
  ]);
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: title.en,
    description: `What devices of the profile ${id} measure`,
    type: "object",
    properties: { device: { type: "string", pattern: DEVICE, "x-writers": "unit" }, ...Object.fromEntries(properties) },
    required: ["device"],
    additionalProperties: false,
    "x-key": { attr: "device", format: DEVICE, namespace: "device" },
    "x-relations": [{ attr: "device", subject: "device" }],
    "x-merge": { "*": "unit-wins" },
  };
}

/** As `DeviceId` has it. */
const DEVICE = "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$";
