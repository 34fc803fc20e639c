/** What the unit knew of a job: the fault with the entries that it follows from, similar repairs with why, and the reasons of each part. */
import type { Advice } from "../../../contracts/advice.ts";
import type { Reason } from "../../../contracts/decision.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { countOf, dayOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { type PartsWords, partsWords } from "../words/parts.ts";

export function Diagnosed({ advice, scenario }: { readonly advice: Advice; readonly scenario: Scenario }) {
  const language = useLanguage();
  const words = useWords(partsWords);
  const { diagnosis, cited, similar, actions } = advice;
  const titleOf = (mode: string): string => scenario.faultModes.find(({ id }) => id === mode)?.title[language] ?? mode;
  const cites = diagnosis?.cites.map(({ entry, version }) => cited.find((one) => one.entry === entry && one.version === version)) ?? [];
  const known = cites.flatMap((one) => one ?? []);
  return (
    <>
      {diagnosis === undefined ? null : (
        <>
          <h3>{words.diagnosis}</h3>
          <p>
            <strong>{titleOf(diagnosis.faultMode)}</strong> <span className="muted">{words.likely(shareOf(diagnosis.likelihood))}</span>
          </p>
          {diagnosis.undecided === true ? <p className="muted">{words.undecided}</p> : null}
          <ul className="cites" aria-label={words.cites}>
            {known.map(({ entry, version, title, source }) => (
              <li key={entry} title={entry}>
                {title[language]} <span className="muted">{source ?? (version === 0 ? words.ofScenario : words.version(countOf(version)))}</span>
              </li>
            ))}
          </ul>
          {diagnosis.others[0] === undefined ? null : (
            <p className="muted">
              {words.or}{" "}
              {diagnosis.others
                .slice(0, 2)
                .map((one) => `${titleOf(one.faultMode)} ${shareOf(one.likelihood)}`)
                .join(", ")}
            </p>
          )}
        </>
      )}
      {similar.length === 0 ? null : (
        <>
          <h3>{words.similar}</h3>
          <ul className="repairs">
            {similar.slice(0, 5).map((one) => (
              <li key={one.id}>
                <p>
                  <strong>{one.action === "" ? titleOf(one.faultMode) : one.action}</strong>
                  <time className="muted">{dayOf(one.doneAt, scenario.timeZone)}</time>
                </p>
                <p className="muted">{one.because.map((reason) => reasonOf(reason, words)).join(", ")}</p>
              </li>
            ))}
          </ul>
          {actions.slice(0, 2).map(({ action, held, proved }) => (
            <p key={action} className="muted">
              {action}: {proved === 0 ? words.unproved : words.held(countOf(held), countOf(proved))}
            </p>
          ))}
        </>
      )}
    </>
  );
}

/** Why a part is in the kit. */
export function LineWhy({ advice, part }: { readonly advice: Advice | undefined; readonly part: string }) {
  const words = useWords(partsWords);
  const line = advice?.lines.find((one) => one.part === part);
  if (line === undefined) return null;
  return (
    <details className="muted why">
      <summary>{words.why}</summary>
      <p>{line.because.map((reason) => reasonOf(reason, words)).join(" ")}</p>
    </details>
  );
}

/** A code without a sentence shows under its own name. */
export function reasonOf({ code, about }: Reason, { reasons }: PartsWords): string {
  const n = (key: string): string => countOf(Number(about[key] ?? 0));
  const share = (key: string): string => shareOf(Number(about[key] ?? 0));
  switch (code) {
    case "same-fault-mode":
    case "same-asset":
      return reasons[code];
    case "same-component":
      return reasons[code](String(about["component"] ?? ""));
    case "age":
      return reasons[code](n("days"));
    case "fault-mode-needs":
      return reasons[code](n("quantity"), share("probability"));
    case "in-bill":
      return reasons[code](n("quantity"));
    case "used-in-similar":
      return reasons[code](n("repairs"), n("of"));
    case "worth-carrying":
      return reasons[code](share("probability"), countOf(Math.round(Number(about["gainMin"] ?? 0))));
    case "not-worth-carrying":
      return reasons[code](share("probability"), share("threshold"));
    case "added-up":
    case "larger-of":
      return reasons[code](n("quantity"), String(about["faults"] ?? ""));
    case "kit-full":
      return reasons[code](n("lines"));
    default:
      return code;
  }
}

function shareOf(value: number): string {
  return `${Math.round(value * 100)} %`;
}
