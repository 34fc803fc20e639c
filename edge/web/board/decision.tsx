/** The record behind a step: what triggered it, why, what followed, under which model and rules, and that no hub was called. */
import { Drawer } from "@mantine/core";
import type { Decision } from "../../../contracts/decision.ts";
import { distanceOf, preciseTimeOf, spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords, type Language } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { decisionWords } from "../words/decisions.ts";

type Props = { readonly decision: Decision | undefined; readonly zone: string; readonly nameOf: (engineer: string) => string; readonly close: () => void };

export function DecisionDrawer({ decision, zone, nameOf, close }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const told = useWords(decisionWords);
  const named = (names: object, key: string) => (names as Readonly<Record<string, string>>)[key] ?? key;
  return (
    <Drawer
      opened={decision !== undefined}
      onClose={close}
      position="right"
      size="md"
      title={words.decision.title}
      closeButtonProps={{ "aria-label": words.close }}
    >
      {decision === undefined ? null : (
        <div className="decision">
          <p className="outcome">{named(told.outcomes, decision.outcome)}</p>
          <h3>{words.decision.reasons}</h3>
          <ul className="reasons">
            {decision.reasons.map(({ code, about }) => (
              <li key={code}>
                {named(told.codes, code)}
                <span className="muted">
                  {Object.entries(about)
                    .map(([key, value]) => `${named(told.figures, key)} ${key === "engineer" ? nameOf(String(value)) : figureOf(key, value, language, zone)}`)
                    .join(", ")}
                </span>
              </li>
            ))}
          </ul>
          <dl>
            <dt>{words.decision.at}</dt>
            <dd>{preciseTimeOf(decision.at, zone)}</dd>
            <dt>{words.decision.trigger}</dt>
            <dd>
              <code>
                {decision.trigger.type} {decision.trigger.ref}
              </code>
            </dd>
            <dt>{words.decision.autonomy}</dt>
            <dd>{words.decision.autonomies[decision.autonomy]}</dd>
            <dt>{words.decision.actor}</dt>
            <dd>{decision.actor === "unit" ? told.unit : nameOf(decision.actor)}</dd>
            {decision.model === undefined ? null : (
              <>
                <dt>{words.decision.model}</dt>
                <dd>
                  <code>{decision.model}</code>
                </dd>
              </>
            )}
            <dt>{words.decision.rules}</dt>
            <dd>
              <code>{decision.rules}</code>
            </dd>
            <dt>{words.decision.hubCalls}</dt>
            <dd>{decision.hubCalls}</dd>
          </dl>
          <details>
            <summary>{words.decision.snapshot}</summary>
            <pre tabIndex={0}>{JSON.stringify(decision.snapshot, null, 2)}</pre>
          </details>
        </div>
      )}
    </Drawer>
  );
}

/** The end of a figure's name says what it is. */
function figureOf(key: string, value: string | number | boolean, language: Language, zone: string): string {
  if (typeof value !== "number") return String(value);
  if (/ms$/i.test(key)) return spanOf(value, language);
  if (/(At|By)$|^again$/.test(key)) return timeOf(value, zone);
  if (key.endsWith("M")) return distanceOf(value);
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
