import { expect, test } from "vitest";
import { Because, NotChosen } from "../../contracts/offer.ts";
import { RefusalCode } from "../../contracts/refusal.ts";
import { whyNotSentence, whySentences } from "./reasons.ts";
import { explain } from "./words/problems.ts";

const ZONE = "Asia/Shanghai";

test("W16 each reason for and against an engineer is a sentence in either language, with its figures", () => {
  const because = Because.parse({ distanceM: 4_180, travelMs: 489_000, queueMs: 0, skills: ["mechanical", "bearings"], positionAgeMs: 12_000 });
  expect(whySentences(because, "en").join(" ")).toBe(
    "4.2 km away, about 8 min by road. Nothing comes first. Has what it needs: mechanical, bearings. Position known 12 s ago.",
  );
  expect(whySentences({ ...because, queueMs: 600_000, skills: [] }, "zh").slice(1, 3)).toEqual(["需先完成已接的工作：10 分钟。", "无需特殊技能。"]);
  const { positionAgeMs: _, ...unseen } = because;
  expect(whySentences(unseen, "en").at(-1)).toBe("Reckoned from home: no recent position.");
});

test("W16 every code of not being chosen has its sentence", () => {
  const all: readonly (readonly [object, string])[] = [
    [{ code: "lacks-skill", skill: "bearings" }, "lacks a skill: bearings."],
    [{ code: "lacks-skill", skill: "crane-licence" }, "lacks a skill: crane-licence."],
    [{ code: "off-shift", backAt: Date.UTC(2026, 0, 1, 23, 0) }, "is off shift until 07:00."],
    [{ code: "off-shift" }, "is off shift."],
    [{ code: "declined" }, "was asked and declined."],
    [{ code: "no-answer" }, "was asked and did not answer in time."],
    [{ code: "has-offer", ticket: "t-1" }, "is being asked about another ticket."],
    [{ code: "later", byMs: 640_000, travelMs: 529_000, queueMs: 0 }, "would arrive 11 min later: 9 min of travel."],
    [{ code: "later", byMs: 640_000, travelMs: 529_000, queueMs: 600_000 }, "would arrive 11 min later: 9 min of travel after 10 min of other work."],
  ];
  for (const [one, sentence] of all) expect(whyNotSentence(NotChosen.parse({ engineer: "li-wei", ...one }), "en", ZONE)).toBe(sentence);
});

test("W6 every code that a unit can refuse with is told in both languages, with what to do", () => {
  for (const code of RefusalCode.options) {
    for (const language of ["en", "zh"] as const) {
      const { what, mend } = explain({ code }, language);
      expect(what.length * mend.length, `${code} ${language}`).toBeGreaterThan(0);
      if (language === "zh") expect(what).toMatch(/[\u4e00-\u9fff]/);
    }
  }
  expect(explain({ code: "malformed", field: "reason", rule: "too short", mend: "say why" }, "en").detail).toBe("reason · too short · say why");
});
