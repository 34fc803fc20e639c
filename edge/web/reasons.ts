/** Why this engineer and why not each other one, as sentences. Pure: words and zone are arguments. */
import type { Because, NotChosen } from "../../contracts/offer.ts";
import { distanceOf, spanOf, timeOf } from "./figures.ts";
import type { Language } from "./language.ts";
import { sharedWords } from "./words/shared.ts";

export function whySentences(because: Because, language: Language): readonly string[] {
  const { why, and, ago } = sharedWords[language];
  const skills = because.skills.map((skill) => skillName(skill, language)).join(and);
  return [
    why.near(distanceOf(because.distanceM), spanOf(because.travelMs, language)),
    because.queueMs > 0 ? why.queue(spanOf(because.queueMs, language)) : why.free,
    skills === "" ? why.noSkills : why.skills(skills),
    because.positionAgeMs === undefined ? why.home : why.seen(ago(spanOf(because.positionAgeMs, language))),
  ];
}

/** The sentence without its subject: the engineer's name stands before it. */
export function whyNotSentence(one: NotChosen, language: Language, zone: string): string {
  const { whyNot } = sharedWords[language];
  switch (one.code) {
    case "lacks-skill":
      return whyNot["lacks-skill"](skillName(one.skill, language));
    case "off-shift":
      return whyNot["off-shift"](one.backAt === undefined ? "" : timeOf(one.backAt, zone).slice(0, 5));
    case "declined":
    case "no-answer":
    case "has-offer":
    case "on-it":
      return whyNot[one.code]();
    case "later": {
      const [by, travel] = [spanOf(one.byMs, language), spanOf(one.travelMs, language)];
      return one.queueMs > 0 ? whyNot.laterQueue(by, travel, spanOf(one.queueMs, language)) : whyNot.later(by, travel);
    }
  }
}

/** Skills are slugs that a scenario chooses; those of the shipped templates have names. */
export function skillName(skill: string, language: Language): string {
  const names: Readonly<Record<string, string>> = sharedWords[language].skills;
  return names[skill] ?? skill;
}
