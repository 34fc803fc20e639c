/** What was found, done and used: the history that the next engineer reads. */
import { useState } from "react";
import type { Kit } from "../../../contracts/kit.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { policyOf } from "../../../contracts/ticket-policy.ts";
import { Finding } from "../../../contracts/visit.ts";
import type { Progress } from "../api.ts";
import type { Command } from "../command.ts";
import { useLacks } from "../lacks.ts";
import { useLanguage, useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import { phoneWords } from "../words/phone.ts";
import { Lacking, marked } from "./lacking.tsx";
import { Trouble } from "./parts.tsx";

type Report = Required<Pick<Progress, "cause" | "causeCode" | "finding" | "action" | "partsUsed">> & Pick<Progress, "followUp">;
type Props = {
  readonly scenario: Scenario;
  readonly kit: Kit | undefined;
  readonly command: Command;
  readonly back: () => void;
  readonly send: (report: Report) => void;
};

/** A line of a kit holds at most this many of one part. */
const QUANTITY_MAX = 1_000;

export function CloseForm({ scenario, kit, command, back, send }: Props) {
  const language = useLanguage();
  const words = useWords(phoneWords);
  const life = useWords(lifeWords);
  const { causes } = policyOf(scenario);
  const [causeCode, setCauseCode] = useState("");
  const [finding, setFinding] = useState<Finding | null>(null);
  const [followUp, setFollowUp] = useState("");
  const [cause, setCause] = useState("");
  const [action, setAction] = useState("");
  const [used, setUsed] = useState(() => (kit?.lines ?? []).map((line) => ({ part: line.part, quantity: line.quantity })));
  const lacks = useLacks([
    ...(finding === null ? [{ name: "finding", label: life.finding, how: "choose" } as const] : []),
    ...(causeCode === "" ? [{ name: "causeCode", label: life.causeCode, how: "choose" } as const] : []),
    ...(cause.trim() === "" ? [{ name: "cause", label: words.cause, how: "fill" } as const] : []),
    ...(action.trim() === "" ? [{ name: "action", label: words.action, how: "fill" } as const] : []),
  ]);
  const change = (part: string, by: number) =>
    setUsed(used.map((line) => (line.part === part ? { ...line, quantity: Math.min(QUANTITY_MAX, Math.max(0, line.quantity + by)) } : line)));
  return (
    <form
      className="close"
      onSubmit={(event) => {
        event.preventDefault();
        if (!lacks.none() || finding === null) return;
        const more = followUp.trim() === "" ? {} : { followUp: followUp.trim() };
        send({ ...more, causeCode, finding, cause: cause.trim(), action: action.trim(), partsUsed: used.filter(({ quantity }) => quantity > 0) });
      }}
    >
      <section className="card">
        <fieldset className="found">
          <legend>{life.finding}</legend>
          {Finding.options.map((one) => (
            <label key={one} className={finding === one ? "choice chosen" : "choice"}>
              <input type="radio" name="finding" {...marked("finding", lacks)} checked={finding === one} onChange={() => setFinding(one)} />
              {life.findings[one]}
            </label>
          ))}
          <Lacking name="finding" lacks={lacks} />
        </fieldset>
        <label>
          <span>{life.causeCode}</span>
          <select name="causeCode" {...marked("causeCode", lacks)} value={causeCode} onChange={(event) => setCauseCode(event.target.value)}>
            <option value="">{life.choose}</option>
            {causes.map(({ code, title }) => (
              <option key={code} value={code}>
                {title[language]}
              </option>
            ))}
          </select>
        </label>
        <Lacking name="causeCode" lacks={lacks} />
        <label>
          <span>{words.cause}</span>
          <textarea
            name="cause"
            {...marked("cause", lacks)}
            rows={2}
            maxLength={500}
            placeholder={words.causeHint}
            value={cause}
            onChange={(event) => setCause(event.target.value)}
          />
        </label>
        <Lacking name="cause" lacks={lacks} />
        <label>
          <span>{words.action}</span>
          <textarea
            name="action"
            {...marked("action", lacks)}
            rows={3}
            maxLength={500}
            placeholder={words.actionHint}
            value={action}
            onChange={(event) => setAction(event.target.value)}
          />
        </label>
        <Lacking name="action" lacks={lacks} />
        {used.length === 0 ? null : (
          <fieldset className="used">
            <legend>{words.partsUsed}</legend>
            {used.map(({ part, quantity }) => (
              <div key={part}>
                <span>{part}</span>
                <button type="button" aria-label={words.fewer(part)} onClick={() => change(part, -1)}>
                  −
                </button>
                <output aria-label={part}>{quantity}</output>
                <button type="button" aria-label={words.more(part)} onClick={() => change(part, 1)}>
                  +
                </button>
              </div>
            ))}
          </fieldset>
        )}
        <label>
          <span>{life.followUp}</span>
          <textarea rows={1} maxLength={1000} value={followUp} onChange={(event) => setFollowUp(event.target.value)} />
        </label>
      </section>
      <footer className="answer">
        <Trouble problem={command.problem} />
        <p className="muted hint">{life.incomplete}</p>
        <div className="buttons">
          <button type="button" className="quiet" onClick={back}>
            {words.back}
          </button>
          <button type="submit" className="main" disabled={command.pending !== null}>
            {command.pending === null ? words.close : words.sending}
          </button>
        </div>
      </footer>
    </form>
  );
}
