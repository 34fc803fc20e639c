/** Whether somebody is there, in words. */
import { useCallback } from "react";
import { dayOf, dayTimeOf, spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { planWords } from "../words/plan.ts";
import type { Row } from "./day.ts";

export function usePresence(zone: string): (row: Row) => string {
  const language = useLanguage();
  const words = useWords(planWords);
  return useCallback(
    ({ presence, overtimeMs }) => {
      const until = presence.until === undefined ? undefined : timeOf(presence.until, zone).slice(0, 5);
      const over = overtimeMs === 0 ? "" : ` · ${words.overtime(spanOf(overtimeMs, language))}`;
      switch (presence.state) {
        case "away":
          return words.awayUntil(`${dayOf(presence.until, zone).slice(5)} ${until ?? ""}`);
        case "on":
          return (until === undefined ? words.on : words.onUntil(until)) + over;
        case "on-call":
          return words.onCallUntil(until ?? "") + over;
        case "off":
          return (presence.until === undefined ? words.off : words.offUntil(dayTimeOf(presence.until, zone, language))) + over;
      }
    },
    [language, words, zone],
  );
}
