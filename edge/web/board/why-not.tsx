/** "Why not …?": the unit decides again with one thing changed, and says which change would have chosen them. */
import { useState } from "react";
import type { NotChosen } from "../../../contracts/offer.ts";
import type { WhatIf, WhyNot } from "../../../contracts/plan.ts";
import { useCommand } from "../command.ts";
import { useLanguage, useWords } from "../language.ts";
import { whatIfPhrase, whyNotSentence } from "../reasons.ts";
import { boardWords } from "../words/board.ts";
import { explain } from "../words/problems.ts";
import { useUnit } from "./queries.ts";

type Props = {
  readonly ticket: string;
  readonly engineer: string;
  readonly name: string;
  readonly zone: string;
  readonly jobName: (ticket: string) => string;
  /** The reason that was recorded, where one was: told again where another one keeps them by now. */
  readonly recorded?: NotChosen["code"];
};

export function WhyNotButton({ ticket, engineer, name, zone, jobName, recorded }: Props) {
  const words = useWords(boardWords).ticket;
  const language = useLanguage();
  const { api } = useUnit();
  const command = useCommand();
  const [answer, setAnswer] = useState<WhyNot | null>(null);
  const ask = () => void command.run("why-not", () => api.whyNot(ticket, engineer).then(setAnswer));
  const clause = (what: WhatIf): string => {
    const phrase = whatIfPhrase(what, language, zone, jobName);
    return what.change === "priority" ? phrase : words.they(phrase);
  };
  if (command.problem !== null) return <span className="what-if">{explain(command.problem, language).what}</span>;
  if (answer !== null)
    return (
      <span className="what-if" role="status" title={words.tried}>
        {answer.outcome === "would-be-chosen" || answer.why.code === recorded ? null : words.now(whyNotSentence(answer.why, language, zone))}
        {sentencesOf(answer, words, clause).join(" ")}
      </span>
    );
  return (
    <button type="button" className="ask-what-if" aria-label={words.whatIfOf(name)} disabled={command.pending !== null} onClick={ask}>
      {words.whatIf}
    </button>
  );
}

type Words = (typeof boardWords)["en"]["ticket"];

function sentencesOf(answer: WhyNot, words: Words, clause: (what: WhatIf) => string): string[] {
  switch (answer.outcome) {
    case "would-be-chosen":
      return [words.wouldNow];
    case "change":
      return [words.would(clause(answer.what)), ...(answer.others.length === 0 ? [] : [words.also(answer.others.map(clause).join(words.or))])];
    case "nothing-single": {
      const [one, other] = answer.together ?? [];
      return [words.nothingSingle, ...(one === undefined || other === undefined ? [] : [words.together(clause(one), clause(other))])];
    }
  }
}
