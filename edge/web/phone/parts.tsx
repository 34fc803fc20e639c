/** The pieces that an offer and a job share: what and where, the SLA clock, the parts, the last repairs, a problem in words. */
import type { Asset } from "../../../contracts/asset.ts";
import type { Kit } from "../../../contracts/kit.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import type { Problem } from "../ask.ts";
import { useNow } from "../clock.ts";
import { clockOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { explain } from "../words/problems.ts";
import { phoneWords } from "../words/phone.ts";
import { sharedWords } from "../words/shared.ts";

export function Headline({ ticket, asset, scenario }: { readonly ticket: Ticket; readonly asset: Asset | undefined; readonly scenario: Scenario }) {
  const language = useLanguage();
  const shared = useWords(sharedWords);
  const mode = scenario.faultModes.find(({ id }) => id === ticket.faultMode);
  return (
    <div className="headline">
      <p className="tags">
        <span className={`tag ${ticket.priority}`}>{ticket.priority.toUpperCase()}</span>
        <span className="tag">{shared.severity[ticket.severity]}</span>
      </p>
      <h2>{asset?.name ?? ticket.asset}</h2>
      <p className="fault">{mode?.title[language] ?? ticket.faultMode}</p>
      {asset === undefined ? null : <p className="muted">{asset.model}</p>}
    </div>
  );
}

export function Deadline({ label, by, zone }: { readonly label: string; readonly by: number; readonly zone: string }) {
  const words = useWords(phoneWords);
  const left = by - useNow();
  return (
    <div className={left < 0 ? "deadline breached" : "deadline"}>
      <span className="muted">{left < 0 ? words.overdue : label}</span>
      <strong>{clockOf(Math.abs(left))}</strong>
      <span className="muted">{words.by(timeOf(by, zone).slice(0, 5))}</span>
    </div>
  );
}

export function Parts({ kit }: { readonly kit: Kit | undefined }) {
  const words = useWords(phoneWords);
  const shared = useWords(sharedWords);
  const missing = new Map(kit?.missing?.map(({ part, quantity }) => [part, quantity]));
  return (
    <section className="card">
      <h2>
        {words.kit}
        {kit === undefined || kit.lines.length === 0 ? null : (
          <span className={`state kit-${kit.state}`}>{kit.needsPerson === true ? shared.kitHeld : shared.kitState[kit.state]}</span>
        )}
      </h2>
      {kit === undefined || kit.lines.length === 0 ? (
        <p className="muted">{words.noParts}</p>
      ) : (
        <>
          {kit.depot === undefined ? null : <p>{words.kitAt(kit.depot, kit.reservation ?? "")}</p>}
          <ul className="lines">
            {kit.lines.map(({ part, quantity }) => (
              <li key={part}>
                <span>{part}</span>
                <span>
                  {missing.has(part) ? <em>{`${words.kitMissing} ${missing.get(part) ?? 0}`} · </em> : null}× {quantity}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

export function Repairs({ ticket, scenario }: { readonly ticket: Ticket; readonly scenario: Scenario }) {
  const language = useLanguage();
  const words = useWords(phoneWords);
  return (
    <section className="card">
      <h2>{words.repairs}</h2>
      {ticket.repairs.length === 0 ? <p className="muted">{words.noRepairs}</p> : null}
      <ul className="repairs">
        {ticket.repairs.map((repair) => (
          <li key={repair.id}>
            <p>
              <strong>{scenario.faultModes.find(({ id }) => id === repair.faultMode)?.title[language] ?? repair.faultMode}</strong>
              <time className="muted">{dayOf(repair.doneAt, scenario.timeZone)}</time>
            </p>
            <p>{repair.action}</p>
            <p className="muted">{repair.cause}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function Trouble({ problem }: { readonly problem: Problem | null }) {
  const language = useLanguage();
  if (problem === null) return null;
  const { what, mend, detail } = explain(problem, language);
  return (
    <div className="trouble" role="alert">
      <strong>{what}</strong>
      <p>{mend}</p>
      {detail === "" ? null : (
        <p lang="en" className="muted">
          {detail}
        </p>
      )}
    </div>
  );
}
