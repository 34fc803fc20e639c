/** Why this engineer and why not each other one, as sentences. Pure: words and zone are arguments. */
import type { Because, NotChosen } from "../../contracts/offer.ts";
import type { WhatIf } from "../../contracts/plan.ts";
import type { PartsAlternative } from "../../contracts/preflight.ts";
import { dayTimeOf, distanceOf, spanOf, timeOf } from "./figures.ts";
import type { Language } from "./language.ts";
import type { PartsWords } from "./words/parts.ts";
import { sharedWords } from "./words/shared.ts";

/** Less is no difference that people see. */
const MINUTE_MS = 60_000;

export function whySentences(because: Because, language: Language): readonly string[] {
  const { why, and, ago } = sharedWords[language];
  const skills = because.skills.map((skill) => skillName(skill, language)).join(and);
  return [
    why.near(distanceOf(because.distanceM), spanOf(because.travelMs, language)),
    because.queueMs > 0 ? why.queue(spanOf(because.queueMs, language)) : why.free,
    skills === "" ? why.noSkills : why.skills(skills),
    because.positionAgeMs === undefined ? why.home : why.seen(ago(spanOf(because.positionAgeMs, language))),
    ...delaySentences(because, language),
    ...travelSentences(because, language),
  ];
}

const ROUTERS = { osrm: "OSRM", valhalla: "Valhalla" } as const;

function travelSentences({ travel }: Because, language: Language): string[] {
  const { why } = sharedWords[language];
  if (travel === undefined) return [];
  if (travel.source !== "great-circle") {
    const [by, age] = [ROUTERS[travel.source], spanOf(travel.ageMs ?? 0, language)];
    return [travel.stale === true ? why.routedStale(by, age) : why.routed(by, age)];
  }
  return travel.factor === undefined || travel.trips === undefined ? [] : [why.learnt(travel.factor.toFixed(2), String(travel.trips))];
}

function delaySentences({ delays = [], overtimeMs = 0 }: Because, language: Language): string[] {
  const { why } = sharedWords[language];
  const most = Math.max(0, ...delays.map(({ byMs }) => byMs));
  return [
    ...(most < MINUTE_MS ? [] : [why.delays(String(delays.length), spanOf(most, language))]),
    ...(overtimeMs < MINUTE_MS ? [] : [why.overtime(spanOf(overtimeMs, language))]),
  ];
}

/** A change that would have chosen somebody, as the end of "if they …". `jobName`: what a ticket is called on the page. */
export function whatIfPhrase(what: WhatIf, language: Language, zone: string, jobName: (ticket: string) => string): string {
  const { whatIf, priority } = sharedWords[language];
  const clock = (at: number): string => timeOf(at, zone).slice(0, 5);
  switch (what.change) {
    case "closer":
      return whatIf.closer(spanOf(what.byMs, language));
    case "shift-until":
      return whatIf["shift-until"](clock(what.until), spanOf(what.byMs, language));
    case "on-shift":
      return whatIf["on-shift"](clock(what.until));
    case "skill":
      return whatIf.skill(skillName(what.skill, language));
    case "part":
      return whatIf.part(what.part);
    case "job-gone":
      return whatIf["job-gone"](jobName(what.ticket));
    case "priority":
      return priority(what.priority.toUpperCase());
    case "offer-answered":
    case "not-asked-yet":
    case "present":
    case "territory":
    case "break-moved":
    case "preferred":
      return whatIf[what.change]();
  }
}

/** The sentence without its subject: the engineer's name stands before it. */
export function whyNotSentence(one: NotChosen, language: Language, zone: string): string {
  const { whyNot } = sharedWords[language];
  switch (one.code) {
    case "lacks-skill":
      return whyNot["lacks-skill"](skillName(one.skill, language));
    case "off-shift":
      return whyNot["off-shift"](one.backAt === undefined ? "" : dayTimeOf(one.backAt, zone, language));
    case "absent":
      return whyNot.absent(
        one.backAt === undefined ? "" : dayTimeOf(one.backAt, zone, language),
        one.from === undefined ? "" : dayTimeOf(one.from, zone, language),
      );
    case "outside-territory":
      return whyNot["outside-territory"](distanceOf(one.distanceM));
    case "lacks-part":
      return whyNot["lacks-part"](one.part, String(one.quantity));
    case "shift-ends":
      return whyNot["shift-ends"](timeOf(one.endsAt, zone).slice(0, 5), spanOf(one.overMs, language));
    case "misses-appointment":
    case "break":
      return whyNot[one.code](spanOf(one.byMs, language));
    case "costs-more": {
      const [term, by] = [whyNot.terms[one.term], spanOf(one.termMs, language)];
      return one.earlierMs >= MINUTE_MS ? whyNot.costsMore(spanOf(one.earlierMs, language), term, by) : whyNot.costsMoreSame(term, by);
    }
    case "breaks-appointment":
    case "unreachable":
    case "had-it":
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

/** A way out where parts would come too late. */
export function alternativeOf(one: PartsAlternative, nameOf: (engineer: string) => string, { alternative }: PartsWords): string {
  switch (one.type) {
    case "substitute":
      return alternative.substitute(one.part, one.by);
    case "depot":
      return alternative.depot(one.depots.join(", "));
    case "engineer":
      return alternative.engineer(nameOf(one.engineer));
    case "transfer":
      return alternative.transfer(nameOf(one.engineer));
    case "later":
      return alternative.later;
  }
}
