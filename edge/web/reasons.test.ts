import { expect, test } from "vitest";
import { Because, NotChosen } from "../../contracts/offer.ts";
import { RefusalCode } from "../../contracts/refusal.ts";
import { WhatIf } from "../../contracts/plan.ts";
import { whatIfPhrase, whyNotSentence, whySentences } from "./reasons.ts";
import { explain } from "./words/problems.ts";

const ZONE = "Asia/Shanghai";

test("W16 each reason for and against an engineer is a sentence in either language, with its figures", () => {
  const because = Because.parse({ distanceM: 4_180, travelMs: 489_000, queueMs: 0, skills: ["mechanical", "bearings"], positionAgeMs: 12_000 });
  expect(whySentences(because, "en").join(" ")).toBe(
    "4.2 km away, about 8 min by road. Nothing comes first. Has what it needs: mechanical, bearings. Position known 12 s ago.",
  );
  expect(whySentences({ ...because, queueMs: 600_000, skills: [] }, "zh").slice(1, 3)).toEqual(["需先完成已接的工作：10 分钟。", "无需特殊技能。"]);
  const more = { delays: [{ ticket: "t-1", byMs: 1_800_000 }], overtimeMs: 1_200_000, travel: { source: "great-circle", factor: 1.118, trips: 12 } };
  expect(whySentences(Because.parse({ ...because, ...more }), "en").slice(4)).toEqual([
    "Makes accepted work later: 1, by 30 min at most.",
    "Takes 20 min of overtime.",
    "Travel times × 1.12, learnt from 12 trips.",
  ]);
  const routed = (travel: object) => whySentences(Because.parse({ ...because, travel }), "en").at(-1);
  expect(routed({ source: "osrm", ageMs: 180_000 })).toBe("Travel times by OSRM, 3 min old.");
  expect(routed({ source: "valhalla", ageMs: 7_200_000, stale: true })).toBe("Travel times by Valhalla, 2 h old: it has not answered since.");
  const { positionAgeMs: _, ...unseen } = because;
  expect(whySentences(unseen, "en").at(-1)).toBe("Reckoned from home: no recent position.");
});

test("W16 every code of not being chosen has its sentence", () => {
  const all: readonly (readonly [object, string])[] = [
    [{ code: "lacks-skill", skill: "bearings" }, "lacks a skill: bearings."],
    [{ code: "lacks-skill", skill: "crane-licence" }, "lacks a skill: crane-licence."],
    [{ code: "off-shift", backAt: Date.UTC(2026, 0, 1, 23, 0) }, "is off shift until Fri 07:00."],
    [{ code: "off-shift" }, "is off shift."],
    [{ code: "declined" }, "was asked and declined."],
    [{ code: "no-answer" }, "was asked and did not answer in time."],
    [{ code: "has-offer", ticket: "t-1" }, "is being asked about another ticket."],
    [{ code: "had-it" }, "had accepted it and gave it back, or it was taken back."],
    [{ code: "on-it" }, "is on this job already."],
    [{ code: "absent", backAt: Date.UTC(2026, 0, 1, 23, 0) }, "is away until Fri 07:00."],
    [
      { code: "absent", from: Date.UTC(2026, 0, 1, 9, 0), backAt: Date.UTC(2026, 0, 1, 23, 0) },
      "is away from Thu 17:00 on until Fri 07:00: it would not be done by then.",
    ],
    [{ code: "outside-territory", distanceM: 12_400 }, "does not go there: 12 km outside of the territory."],
    [{ code: "lacks-part", part: "SEAL-45", quantity: 2 }, "lacks a part: SEAL-45 × 2."],
    [{ code: "shift-ends", endsAt: Date.UTC(2026, 0, 1, 9, 0), overMs: 1_800_000 }, "would end 30 min too late: work must end by 17:00."],
    [{ code: "misses-appointment", byMs: 900_000 }, "would miss the customer's appointment by 15 min."],
    [{ code: "breaks-appointment", ticket: "t-1" }, "would miss another customer's appointment for it."],
    [{ code: "break", byMs: 600_000 }, "would get to the break 10 min too late."],
    [{ code: "unreachable" }, "can't get there."],
    [
      { code: "costs-more", byMs: 900_000, term: "travel", termMs: 1_200_000, earlierMs: 300_000 },
      "would arrive 5 min earlier, but at a higher cost: more driving, 20 min more.",
    ],
    [{ code: "costs-more", byMs: 900_000, term: "overtime", termMs: 900_000, earlierMs: 0 }, "would cost the plan more: overtime, 15 min."],
    [{ code: "later", byMs: 640_000, travelMs: 529_000, queueMs: 0 }, "would arrive 11 min later: 9 min of travel."],
    [{ code: "later", byMs: 640_000, travelMs: 529_000, queueMs: 600_000 }, "would arrive 11 min later: 9 min of travel after 10 min of other work."],
  ];
  for (const [one, sentence] of all) expect(whyNotSentence(NotChosen.parse({ engineer: "li-wei", ...one }), "en", ZONE)).toBe(sentence);
});

test("W16 what would have chosen somebody is the end of a sentence in either language", () => {
  const all: readonly (readonly [object, string, string])[] = [
    [{ change: "closer", byMs: 1_200_000 }, "were 20 min closer", "再近 20 分钟车程"],
    [{ change: "shift-until", until: Date.UTC(2026, 0, 1, 10, 0), byMs: 3_600_000 }, "worked until 18:00, 1 h longer", "工作到 18:00（延长 1 小时）"],
    [{ change: "on-shift", until: Date.UTC(2026, 0, 1, 10, 0) }, "were on shift until 18:00", "当班到 18:00"],
    [{ change: "skill", skill: "bearings" }, "had the skill bearings", "具备“轴承”技能"],
    [{ change: "part", part: "SEAL-45", quantity: 1 }, "had SEAL-45 in the van", "车上有备件 SEAL-45"],
    [{ change: "job-gone", ticket: "t-1", workMs: 1 }, "did not have the job Pump 4 first", "手头没有工单“Pump 4”"],
    [{ change: "offer-answered", ticket: "t-1" }, "had answered the other offer", "已答复另一张工单的询问"],
    [{ change: "not-asked-yet" }, "had not been asked in this round", "本轮尚未被询问"],
    [{ change: "present" }, "were not away", "没有请假"],
    [{ change: "territory" }, "went there at all", "服务区域包括该处"],
    [{ change: "break-moved" }, "took the break at another time", "改在其他时间休息"],
    [{ change: "preferred" }, "were the preferred engineer of this machine", "是该设备的首选工程师"],
    [{ change: "priority", priority: "p1" }, "this ticket were P1", "本工单的优先级为 P1"],
  ];
  for (const [what, en, zh] of all) {
    expect(whatIfPhrase(WhatIf.parse(what), "en", ZONE, () => "Pump 4")).toBe(en);
    expect(whatIfPhrase(WhatIf.parse(what), "zh", ZONE, () => "Pump 4")).toBe(zh);
  }
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
  expect(explain({ code: "malformed", field: "partsUsed.0.quantity", rule: "too small" }, "zh").mend).toBe("“已用备件”不符合规则，请修改后重试。");
  expect(explain({ code: "too-late", field: "from" }, "en").mend).toMatch(/^From: /);
  expect(explain({ code: "malformed" }, "en").mend).toBe("Reload the page and try again.");
});
