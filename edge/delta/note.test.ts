import { expect, test } from "vitest";
import type { Quarantined } from "../../contracts/board.ts";
import { contractOf } from "../../contracts/contract.ts";
import { FAMILIES, type Family } from "../../contracts/entity.ts";
import { NOTES_MAX, NoteAsk, UNKNOWN_CHANNEL, telemetrySubject } from "../../contracts/note.ts";
import { pumpVibration } from "../../hub/catalogue/pump-vibration.ts";
import { fieldsOf } from "../../hub/quality/field.ts";
import { unknownOf, usedOf, unreadOf } from "./note.ts";

const refused = (field: string, count: number, more: Partial<Quarantined> = {}): Quarantined => ({
  device: "p1",
  rule: UNKNOWN_CHANNEL,
  field,
  mend: "",
  count,
  lastAt: 1,
  sample: JSON.stringify({ ts: 1, channels: { noise: 41.5 } }),
  ...more,
});
const profileOf = (device: string): string | undefined => (device.startsWith("p") ? "pump" : undefined);

test("U33 a channel that no profile names is told with its count and one value; other refusals and strangers' are not", () => {
  const { notes } = unknownOf(
    [
      refused("channels.noise", 2),
      refused("channels.noise", 3, { device: "p2" }),
      refused("channels.flow", 1, { sample: '[{"ts":1},{"ts":2,"channels":{"flow":null}}]' }),
      refused("channels.cut", 1, { sample: '{"ts":1,"channels":{"cut":' }),
      refused("channels.none", 1, { sample: "null" }),
      refused("channels.pressure", 9, { rule: "range 0 to 10 bar" }),
      refused("events.0.code", 9),
      refused("channels.noise", 9, { device: "gone" }),
    ],
    profileOf,
    {},
  );
  expect(notes).toEqual([
    { subject: "telemetry-pump", field: "noise", count: 5, sample: 41.5 },
    { subject: "telemetry-pump", field: "flow", count: 1, sample: null },
    { subject: "telemetry-pump", field: "cut", count: 1 },
    { subject: "telemetry-pump", field: "none", count: 1 },
  ]);
});

test("U33 each is told once: what came since; a count that fell began anew", () => {
  const first = unknownOf([refused("channels.noise", 5)], profileOf, {});
  expect(unknownOf([refused("channels.noise", 5)], profileOf, first.told).notes).toEqual([]);
  expect(unknownOf([refused("channels.noise", 7)], profileOf, first.told).notes).toMatchObject([{ count: 2 }]);
  expect(unknownOf([refused("channels.noise", 3)], profileOf, first.told).notes).toMatchObject([{ count: 3 }]);
});

test("U33 of a flood of names the latest are told, as many as a call may hold", () => {
  const flood = Array.from({ length: NOTES_MAX + 100 }, (_, i) => refused(`channels.c${i}`, 1, { lastAt: i, device: `p${i}` }));
  const { notes, told } = unknownOf(flood, profileOf, {});
  expect([notes.length, notes[0]?.field, Object.keys(told).length]).toEqual([NOTES_MAX, `c${NOTES_MAX + 99}`, NOTES_MAX]);
  expect(NoteAsk.safeParse({ origin: "plant@1", key: "k", unknown: notes }).success).toBe(true);
  expect(unknownOf([refused("channels.x", 5_000_000)], profileOf, {}).notes[0]?.count).toBe(1_000_000);
});

test("U33 what is read are fields of the contracts and channels of the profiles, of as many as there are", () => {
  const devices = [{ profile: "pump-vibration" }, ...pumpVibration.profiles.map(({ id }) => ({ profile: id }))];
  const used = usedOf(pumpVibration, devices, (family) => (family === "kit" ? 0 : 3));
  const fieldsBy = new Map((Object.keys(FAMILIES) as Family[]).map((family) => [family as string, fieldsOf(contractOf(family).schema)]));
  const [channels, attributes] = [used.filter(({ subject }) => !fieldsBy.has(subject)), used.filter(({ subject }) => fieldsBy.has(subject))];
  expect(attributes.filter(({ subject, field }) => fieldsBy.get(subject)?.has(field) !== true)).toEqual([]);
  expect(attributes.some(({ subject }) => subject === "kit")).toBe(false);
  expect(attributes).toContainEqual({ subject: "engineer", field: "skills", count: 3 });
  expect(channels.map(({ subject, field }) => [subject, field])).toEqual(
    pumpVibration.profiles.flatMap(({ id, channels: of }) => of.map((channel) => [telemetrySubject(id), channel.id])),
  );
  expect(NoteAsk.safeParse({ origin: "plant@1", key: "k", used, scenario: pumpVibration }).success).toBe(true);
  // The key of the subject is one that a contract may have, however long the profile's name.
  expect(telemetrySubject("a".repeat(29) + "-b")).toMatch(/^[a-z][a-z0-9-]{0,38}[a-z0-9]$/);
});

test("U43 what can't be read is told by attribute, with how many entities it is of, and no values", () => {
  const one = { family: "customer", attr: "name" };
  expect(
    unreadOf([
      { ...one, id: "c-2" },
      { family: "asset", id: "a", attr: "" },
      { ...one, id: "c-1" },
    ]),
  ).toEqual([
    { subject: "asset", field: "* (unread)", count: 1 },
    { subject: "customer", field: "name (unread)", count: 2 },
  ]);
});
