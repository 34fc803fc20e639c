/** Entities that come in from outside: an import, a device that is added. Each is checked against what it refers to before anything is written. */
import { z } from "zod";
import { sameJson } from "../../contracts/delta/json.ts";
import type { Decided } from "../../contracts/effect.ts";
import { NOTHING } from "../../contracts/effect.ts";
import { FAMILIES, type Change, type Entity } from "../../contracts/entity.ts";
import { AssetId, CustomerId, DeviceId, ProfileId } from "../../contracts/ids.ts";
import type { Millis } from "../../contracts/instant.ts";
import { refuse, type Refusal } from "../../contracts/refusal.ts";
import type { Scenario } from "../../contracts/scenario.ts";
import { tenantKey, unitIdOf } from "../../contracts/unit-key.ts";
import { refuseWindows } from "../../contracts/window.ts";
import type { Entities } from "./entities.ts";

/** Entities in one import call. */
export const IMPORT_MAX = 2_000;
/**
 * Devices of one unit. All of them in commissioning at once, at 400 rows of 8 channels, hold 74 MB in its one Intake object, and 105 MB
 * while a checkpoint is made; the platform gives an object 128 MB.
 */
export const DEVICES_MAX = 1_000;

/** Who runs what was plugged in here: the site itself, until an import says otherwise. The name carries the unit's: customers are the tenant's. */
const OWN = "own";

const importable = ["asset", "device", "customer", "engineer", "repair", "agreement", "calendar"] as const;
export const Import = z.strictObject({
  entities: z
    .array(z.strictObject({ family: z.enum(importable), entity: z.unknown() }))
    .min(1)
    .max(IMPORT_MAX),
});
export type Import = z.infer<typeof Import>;

export const NewDevice = z.strictObject({
  device: DeviceId,
  asset: AssetId.optional(),
  profile: ProfileId.optional(),
  name: z.string().min(1).max(100).optional(),
});
export type NewDevice = z.infer<typeof NewDevice>;

/** What comes in, and whose. */
export type Coming<T> = { readonly unit: string; readonly scenario: Scenario; readonly given: T; readonly actor: string; readonly now: Millis };

export function importEntities(entities: Entities, { unit, scenario, given, actor, now }: Coming<Import>): Decided | Refusal {
  const changes: Change[] = [];
  const devices = new Set(entities.list("device").map((device) => device.id as string));
  for (const one of given.entities) if (one.family === "device") devices.add(idOf(one.entity));
  if (devices.size > DEVICES_MAX && given.entities.some((one) => one.family === "device")) return tooManyDevices();
  const assets = new Set(given.entities.filter((e) => e.family === "asset").map((e) => idOf(e.entity)));
  for (const [index, { family, entity }] of given.entities.entries()) {
    const parsed = FAMILIES[family].safeParse(entity);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return refuse(
        "malformed",
        issue?.message ?? "does not fit its schema",
        `see the schema of ${family}`,
        ["entities", index, "entity", ...(issue?.path ?? [])].join("."),
      );
    }
    const no =
      refuseWindows(family, parsed.data, "malformed", `entities.${index}.entity`) ??
      fits(entities, scenario, assets, family, parsed.data, index) ??
      (family === "device" ? judgeName(entities, unit, parsed.data.id, `entities.${index}.entity.id`) : null);
    if (no !== null) return no;
    changes.push({ family, id: parsed.data.id, after: parsed.data } as Change);
    // Who does not agree to be located any more is not.
    if (family === "engineer" && "locatable" in parsed.data && !parsed.data.locatable && entities.get("position", parsed.data.id) !== undefined)
      changes.push({ family: "position", id: parsed.data.id, after: null });
  }
  const because = {
    at: now,
    step: "import",
    trigger: { type: "import", ref: actor },
    subject: "import",
    snapshot: { entities: changes.length },
    reasons: [],
    outcome: "imported",
    autonomy: "act",
    actor,
  } as const;
  return { ...NOTHING, changes, because: [{ ...because, trigger: { ...because.trigger }, snapshot: { ...because.snapshot }, reasons: [] }] };
}

/**
 * A device that somebody plugs in: its asset is made for it unless it names one, or there is one of its name. What is made here is this unit's,
 * and called so: another unit's device of the same name is another machine of other people.
 */
export function addDevice(entities: Entities, { unit, scenario, given, actor, now }: Coming<NewDevice>): Decided | Refusal {
  const profile = given.profile ?? scenario.profiles[0]?.id;
  if (profile === undefined || !scenario.profiles.some((p) => p.id === profile)) {
    return refuse("malformed", `a profile of this scenario: ${scenario.profiles.map((p) => p.id).join(", ")}`, "name one of them", "profile");
  }
  const known = entities.get("device", given.device);
  if (known === undefined && entities.list("device").length >= DEVICES_MAX) return tooManyDevices();
  const no = judgeName(entities, unit, given.device, "device");
  if (no !== null) return no;
  const here = AssetId.parse(given.device);
  const asset = given.asset ?? known?.asset ?? (entities.get("asset", here) === undefined ? AssetId.parse(tenantKey(unit, here) ?? here) : here);
  const changes: Change[] = [];
  if (entities.get("asset", asset) === undefined) {
    if (given.asset !== undefined) return refuse("unknown-asset", "no such asset in this unit", "import the asset first, or leave it out", "asset");
    const customer = CustomerId.parse(entities.get("customer", OWN) === undefined ? (tenantKey(unit, OWN) ?? unit) : OWN);
    if (entities.get("customer", customer) === undefined)
      changes.push({ family: "customer", id: customer, after: { id: customer, name: scenario.site.name[scenario.locale] } });
    const after = {
      id: asset,
      name: given.name ?? given.device,
      kind: "other" as const,
      model: "unknown",
      customer,
      position: scenario.site.place,
      moves: false,
      installedAt: now,
    };
    changes.push({ family: "asset", id: asset, after });
  }
  if (known === undefined)
    changes.push({ family: "device", id: given.device, after: { id: given.device, asset, profile, name: given.name ?? given.device, addedAt: now } });
  const because = {
    at: now,
    step: "import" as const,
    trigger: { type: "device", ref: given.device },
    subject: given.device,
    snapshot: {},
    reasons: [],
    outcome: known === undefined ? "added" : "new password",
    autonomy: "act" as const,
    actor,
  };
  return { ...NOTHING, changes, because: [because] };
}

/** Whether a device's name is free at the hub, where the unit's name goes before it. One that is here already keeps what it is called there. */
function judgeName(entities: Entities, unit: string, device: string, field: string): Refusal | null {
  if (entities.get("device", device) !== undefined) return null;
  const key = tenantKey(unit, device);
  if (key === null) return refuse("malformed", "the names of unit and device have at most 63 characters together", "give the device a shorter name", field);
  if (unitIdOf(unit, device) !== null || entities.get("device", key) !== undefined)
    return refuse("malformed", `at the hub a device of this unit is called ${key}`, `leave out ${unit}.`, field);
  return null;
}

function tooManyDevices(): Refusal {
  return refuse("quota-exceeded", `at most ${DEVICES_MAX} devices in a unit`, "split the scenario into two units");
}

/** Engineers who are others than they were, before it is written. */
export function peopleChanged(entities: Entities, { changes }: Decided): readonly string[] {
  return changes.flatMap(({ family, id, after }) => (family === "engineer" && !sameJson(entities.get(family, id) ?? null, after) ? [id] : []));
}

/** What refers to nothing that must be here: an agreement may speak of assets that other units have. */
const FREE: ReadonlySet<string> = new Set(["asset", "customer", "engineer", "agreement", "calendar"]);

function fits(
  entities: Entities,
  scenario: Scenario,
  assets: ReadonlySet<string>,
  family: (typeof importable)[number],
  entity: Entity,
  index: number,
): Refusal | null {
  if (FREE.has(family)) return null;
  const at = (field: string): string => `entities.${index}.entity.${field}`;
  const asset = "asset" in entity ? entity.asset : undefined;
  if (asset !== undefined && !assets.has(asset) && entities.get("asset", asset) === undefined) {
    return refuse("unknown-asset", `asset ${asset} is neither here nor in this import`, "put the asset into the same import", at("asset"));
  }
  if ("profile" in entity && !scenario.profiles.some((p) => p.id === entity.profile)) {
    return refuse("malformed", `a profile of this scenario: ${scenario.profiles.map((p) => p.id).join(", ")}`, "name one of them", at("profile"));
  }
  const width = "profile" in entity ? (scenario.profiles.find((p) => p.id === entity.profile)?.channels.length ?? 0) : 0;
  if (
    "baseline" in entity &&
    entity.baseline !== undefined &&
    [entity.baseline.mean, entity.baseline.scale, entity.baseline.floor].some((row) => row.length !== width)
  ) {
    return refuse("malformed", `a baseline has one number for each of the ${width} channels`, "give them in the order of the profile", at("baseline"));
  }
  return null;
}

function idOf(entity: unknown): string {
  const id = typeof entity === "object" && entity !== null && "id" in entity ? entity.id : "";
  return typeof id === "string" ? id : "";
}
