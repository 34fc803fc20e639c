/** "Away": from when until when, in one tap for today, else on the site's clock; wrong entries are named beside their field. For both pages. */
import { useState } from "react";
import type { Absence } from "../../contracts/engineer.ts";
import { absenceOf, fieldOf, quickAway, type AwayEntry, type AwayProblem } from "./away.ts";
import { unitNow } from "./clock.ts";
import { useWords } from "./language.ts";
import { planWords } from "./words/plan.ts";
import "./away.css";

type Props = {
  readonly zone: string;
  /** Whose absence: the reader's own, or entered for somebody. */
  readonly own: boolean;
  readonly pending: boolean;
  readonly send: (absence: Absence) => void;
};

const FIELD = { from: "from", until: "until", order: "until", past: "until", long: "until" } as const;

export function AwayForm({ zone, own, pending, send }: Props) {
  const words = useWords(planWords).away;
  const [entry, setEntry] = useState<AwayEntry>(() => {
    const { from, until } = quickAway(unitNow(), zone, 0);
    return { from: fieldOf(from, zone), until: fieldOf(until, zone) };
  });
  const [problem, setProblem] = useState<AwayProblem | null>(null);
  const change = (more: Partial<AwayEntry>) => {
    setEntry({ ...entry, ...more });
    setProblem(null);
  };
  const field = (name: "from" | "until") => {
    const wrong = problem !== null && FIELD[problem] === name;
    return (
      <label>
        <span>{words[name]}</span>
        <input
          type="datetime-local"
          value={entry[name]}
          aria-invalid={wrong}
          aria-describedby={wrong ? `away-${name}` : undefined}
          onChange={(event) => change({ [name]: event.target.value })}
        />
        {wrong ? (
          <span className="wrong" role="alert" id={`away-${name}`}>
            {words.problems[problem]}
          </span>
        ) : null}
      </label>
    );
  };
  return (
    <form
      className="away-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const absence = absenceOf(entry, unitNow(), zone);
        if (typeof absence === "string") setProblem(absence);
        else send(absence);
      }}
    >
      <p className="muted">{words.why}</p>
      <div className="quick">
        <button type="button" disabled={pending} onClick={() => send(quickAway(unitNow(), zone, 0))}>
          {words.quick.today}
        </button>
        <button type="button" disabled={pending} onClick={() => send(quickAway(unitNow(), zone, 1))}>
          {words.quick.tomorrow}
        </button>
      </div>
      {field("from")}
      {field("until")}
      <button type="submit" className="main" disabled={pending}>
        {own ? words.mineSend : words.send}
      </button>
    </form>
  );
}
