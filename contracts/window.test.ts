import { expect, test } from "vitest";
import { refuseWindows } from "./window.ts";

test.each([
  ["ticket", { appointment: { from: 5, to: 4 } }, "changes.appointment.to"],
  [
    "engineer",
    {
      absences: [
        { from: 1, until: 2 },
        { from: 5_000, until: 1_000 },
      ],
    },
    "changes.absences.1.until",
  ],
  ["engineer", { extraShifts: [{ from: 3, until: 3, kind: "duty" }] }, "changes.extraShifts.0.until"],
] as const)("D32 of a %s, %j ends before it begins", (family, attrs, field) => {
  expect(refuseWindows(family, attrs, "breaks-contract", "changes")).toMatchObject({
    refused: "breaks-contract",
    rule: expect.stringContaining("ends after it begins"),
    mend: expect.any(String),
    field,
  });
});

test.each([
  ["ticket", { appointment: { from: 4, to: 5 } }],
  ["ticket", { appointment: { from: 4, to: 4 } }],
  ["ticket", { appointment: null, hold: { reason: "x" } }],
  ["engineer", { absences: [], extraShifts: [{ from: 1, until: 2, kind: "duty" }], name: "A" }],
  ["customer", { appointment: { from: 5, to: 4 } }],
])("D32 of a %s, %j may come in", (family, attrs) => {
  expect(refuseWindows(family, attrs, "malformed", "entity")).toBeNull();
});
