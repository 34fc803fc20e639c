import { expect, test } from "vitest";
import { atLeast, atMost, textOfSection } from "./verdict-section.ts";
import { benchVerdict } from "./verdict.ts";

test("R13 what is asked stands beside what is measured, and what is not reached says so", () => {
  const text = textOfSection({
    section: "one",
    title: "a title",
    asked: [atLeast("found", 95, 97, 0), atMost("false", 8, 8.4, 1, "(of 12)")],
    table: "a  b",
    figures: {},
  });
  expect(text.split("\n")).toEqual([
    "── one: a title",
    "  asked and measured",
    "  found  ≥ 95  97",
    "  false  ≤ 8   8.4 (of 12)  ← not reached",
    "",
    "  a  b",
    "",
  ]);
  expect(atLeast("found", 1, Number.NaN, 0).holds).toBe(false);
  expect(atMost("false", 1, Number.NaN, 0).holds).toBe(false);
});

test("R13 sections without their recordings are skipped, and say where they looked; a section that there is not is refused", async () => {
  const heard: string[] = [];
  const { sections } = await benchVerdict(
    { data: "/nowhere", only: ["skab", "pronostia"] },
    () => undefined,
    ({ section }) => heard.push(section),
  );
  expect(heard).toEqual(["skab", "pronostia"]);
  for (const section of sections) expect("skipped" in section ? section.skipped : "").toContain("/nowhere");
  expect(textOfSection(sections[0] ?? { section: "", title: "", skipped: "" })).toContain("skipped: there are no recordings at /nowhere/skab");
  await expect(
    benchVerdict(
      { only: ["nothing"] },
      () => undefined,
      () => undefined,
    ),
  ).rejects.toThrow("no section nothing");
});
