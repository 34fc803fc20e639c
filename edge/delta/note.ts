/**
 * What a unit tells its hub beside its operations: channels that no profile of its scenario names, as its Intake refused them, and which
 * attributes its stages, models and pages read. Pure; `shell/hub-note.ts` says when.
 */
import type { Quarantined, Unread } from "../../contracts/board.ts";
import type { Json } from "../../contracts/delta/json.ts";
import type { EntityOf, Family } from "../../contracts/entity.ts";
import { NOTES_MAX, type Note, UNKNOWN_CHANNEL, type Used, telemetrySubject } from "../../contracts/note.ts";
import type { Scenario } from "../../contracts/scenario.ts";

type AttrOf<T> = T extends unknown ? Extract<keyof T, string> : never;

/** Attributes that stages decide by or pages show. A stage that begins to read another names it here: what nobody reads is proposed for removal. */
const READ: { readonly [F in Family]?: readonly AttrOf<EntityOf<F>>[] } = {
  asset: ["id", "name", "model", "position", "moves", "customer", "installedAt", "preferred"],
  device: ["id", "asset", "profile", "name", "baseline", "position"],
  repair: ["id", "asset", "ticket", "faultMode", "cause", "action", "parts", "engineer", "doneAt", "causeCode", "finding"],
  customer: ["id", "name", "preferred"],
  engineer: ["id", "name", "skills", "shifts", "home", "locatable", "overtimeMin", "territory", "breaks", "absences", "extraShifts", "roster"],
  alarm: [
    ...(["id", "asset", "device", "episode", "faultMode", "severity", "score", "evidence", "model", "since", "sampleAt", "raisedAt"] as const),
    ...(["acknowledgedAt", "clearedAt", "repeats", "absorbed", "ticket", "proposed", "joined", "settledAt"] as const),
    ...(["heardAt", "shelved", "suppressed", "escalation", "rule", "chance", "opensAt", "passed"] as const),
  ],
  ticket: [
    ...(["id", "state", "asset", "alarm", "episode", "faultMode", "severity", "priority", "skills", "repairs", "kit", "openedAt", "respondBy"] as const),
    ...(["resolveBy", "asked", "round", "hold", "appointment", "follows", "escalatedAt", "needsPerson", "to", "offer", "expiresAt"] as const),
    ...(["acceptedAt", "leftAt", "arrivedAt", "resolvedAt", "cause", "action", "partsUsed", "cancelledAt", "why"] as const),
    ...(["alarms", "source", "words", "parent", "complaints", "crew", "helpers", "checklist", "photos", "photosMin", "pauses"] as const),
    ...(["history", "historyDropped", "reopened", "escalation", "sla", "agreement", "countsOn", "payer", "risks", "pausedAt", "pause"] as const),
    ...(["causeCode", "finding", "closedAt", "wish", "wished", "chance", "wear"] as const),
  ],
  complaint: ["id", "asset", "words", "saidAt", "priority", "ticket", "answer"],
  offer: ["id", "ticket", "engineer", "as", "state", "madeAt", "expiresAt", "declineReason", "because", "notChosen"],
  assignment: ["id", "engineer", "offer", "acceptedAt"],
  kit: ["id", "ticket", "lines", "state", "reservation", "depot", "reservedAt", "missing", "attempts", "needsPerson", "why"],
};

/** Each attribute that is read, with how many entities there are to read it of; and each channel, by the devices whose model scores it. */
export function usedOf(scenario: Scenario, devices: readonly { readonly profile: string }[], countOf: (family: Family) => number): readonly Used[] {
  const families = (Object.keys(READ) as Family[]).flatMap((family): readonly Used[] => {
    const count = countOf(family);
    return count === 0 ? [] : (READ[family] ?? []).map((field) => ({ subject: family, field, count }));
  });
  const channels = scenario.profiles.flatMap(({ id, channels: of }): readonly Used[] => {
    const count = devices.filter(({ profile }) => profile === id).length;
    return count === 0 ? [] : of.map((channel) => ({ subject: telemetrySubject(id), field: channel.id, count }));
  });
  return [...families, ...channels].slice(0, NOTES_MAX);
}

/** How often each field was counted when it was told last, by `{subject}\n{field}`. */
export type Told = Readonly<Record<string, number>>;
export type Unknown = { readonly notes: readonly Note[]; readonly told: Told };

/**
 * Channels that came in since they were told last, those seen last first and at most `NOTES_MAX`; `told`: how often each was counted now.
 * A count that has fallen began anew. `profileOf`: of a device; one that is not known any more is passed over.
 */
export function unknownOf(refused: readonly Quarantined[], profileOf: (device: string) => string | undefined, told: Told): Unknown {
  const met = new Map<string, { readonly subject: string; readonly field: string; readonly count: number; readonly sample: Json | undefined }>();
  for (const { device, rule, field, count, sample } of refused.toSorted((a, b) => b.lastAt - a.lastAt)) {
    const profile = profileOf(device);
    if (rule !== UNKNOWN_CHANNEL || profile === undefined || !field.startsWith(CHANNELS)) continue;
    const one = { subject: telemetrySubject(profile), field: field.slice(CHANNELS.length) };
    if (one.field === "") continue;
    const key = `${one.subject}\n${one.field}`;
    const known = met.get(key);
    met.set(key, { ...one, count: (known?.count ?? 0) + count, sample: known?.sample ?? sampleOf(sample, one.field) });
  }
  const kept = [...met].slice(0, NOTES_MAX);
  const notes = kept.flatMap(([key, { count, sample, ...one }]): readonly Note[] => {
    const before = told[key] ?? 0;
    const more = count < before ? count : count - before;
    return more === 0 ? [] : [{ ...one, count: Math.min(more, COUNT_MAX), ...(sample === undefined ? {} : { sample }) }];
  });
  return { notes, told: Object.fromEntries(kept.map(([key, { count }]) => [key, count])) };
}

/** Of what others wrote so that this unit can't read it: each attribute at fault, with how many entities it is of. Values are not told: they are the hub's own. */
export function unreadOf(unread: readonly Unread[]): readonly Note[] {
  const counts = new Map<string, { readonly subject: string; readonly field: string; readonly count: number }>();
  for (const { family, attr } of unread) {
    // Said so that it is not taken for a field that nobody knows: of those the hub drops what its contracts have.
    const field = `${attr === "" ? "*" : attr} (unread)`;
    counts.set(`${family}\n${field}`, { subject: family, field, count: (counts.get(`${family}\n${field}`)?.count ?? 0) + 1 });
  }
  return [...counts.values()].toSorted((a, b) => (`${a.subject} ${a.field}` < `${b.subject} ${b.field}` ? -1 : 1));
}

const CHANNELS = "channels.";
/** As many as one note may say; what a device sends more often within a note's time is a flood. */
const COUNT_MAX = 1_000_000;

/** The value within the payload that was kept. One that was cut can't be read: then nothing is known but the name. */
function sampleOf(payload: string, channel: string): Json | undefined {
  try {
    const parsed = JSON.parse(payload) as unknown;
    for (const entry of Array.isArray(parsed) ? parsed : [parsed]) {
      const { channels } = entry as { readonly channels?: Readonly<Record<string, Json>> };
      if (channels !== undefined && Object.hasOwn(channels, channel)) return channels[channel];
    }
    return undefined;
  } catch {
    return undefined;
  }
}
