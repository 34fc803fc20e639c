import { expect, test } from "vitest";
import { pumpVibration } from "../catalogue/pump-vibration.ts";
import { TEMPLATES } from "../catalogue/templates.ts";
import { telemetrySubject } from "../../contracts/note.ts";
import { fieldsOf } from "../quality/field.ts";
import { judgeDocument } from "./document.ts";
import { Subject } from "./contract.ts";
import { documentOfProfile, profileOf } from "./telemetry.ts";

test("K9 what devices of each ready profile say is a contract as it stands, each channel with its uom and range", () => {
  const scenarios = [...TEMPLATES.values()];
  for (const [scenario, profile] of scenarios.flatMap((one) => one.profiles.map((of) => [one, of] as const))) {
    const subject = telemetrySubject(profile.id);
    expect(Subject.safeParse(subject).success).toBe(true);
    expect(profileOf(subject, [scenario, ...scenarios])).toBe(profile);
    const document = documentOfProfile(profile);
    expect(judgeDocument(document)).toEqual([]);
    const fields = fieldsOf(document);
    for (const { id, uom, min, max } of profile.channels) expect(fields.get(id)).toMatchObject({ uom, min, max, required: false });
  }
  expect(profileOf("telemetry-other", [pumpVibration])).toBeUndefined();
});
