/** The pieces that an offer and a job share: what and where, the SLA clock, the parts, the last repairs, a problem in words. */
import { useEffect, useState } from "react";
import type { Asset } from "../../../contracts/asset.ts";
import type { Phone } from "../../../contracts/board.ts";
import type { Kit } from "../../../contracts/kit.ts";
import type { PartsCheck } from "../../../contracts/preflight.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import type { Api } from "../api.ts";
import type { Problem } from "../ask.ts";
import { useNow } from "../clock.ts";
import { clockOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { alternativeOf } from "../reasons.ts";
import { partsWords } from "../words/parts.ts";
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

type PartsProps = {
  readonly kit: Kit | undefined;
  readonly api: Api;
  readonly phone: Pick<Phone, "engineer" | "names">;
  readonly zone: string;
};

/** Which parts, where each of them is, and what can be done about those that are nowhere in time. */
export function Parts({ kit, api, phone, zone }: PartsProps) {
  const words = useWords(phoneWords);
  const shared = useWords(sharedWords);
  const told = useWords(partsWords);
  const names: Readonly<Record<string, string>> = phone.names;
  const asked = usePartsCheck(api, kit, phone.engineer.id);
  const check = asked !== null && isKnown(kit, asked) ? asked : null;
  const sourcesOf = (part: string) => check?.sources.filter((source) => source.part === part) ?? [];
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
                  {missing.has(part) ? <em>{`${words.kitMissing} ${missing.get(part) ?? 0}`} · </em> : null}
                  {sourcesOf(part).map(({ from, depot, quantity: of }) => (
                    <span key={`${from} ${depot ?? ""}`} className={`from-${from}`}>
                      {told.from[from](depot ?? "", of === quantity ? "" : String(of))} ·{" "}
                    </span>
                  ))}
                  × {quantity}
                </span>
              </li>
            ))}
          </ul>
          {check === null || check.alternatives.length === 0 ? null : (
            <>
              <h3>{told.alternatives}</h3>
              <ul className="why">
                {check.alternatives.map((one) => (
                  <li key={JSON.stringify(one)}>
                    {alternativeOf(one, (engineer) => names[engineer] ?? engineer, told)}{" "}
                    <span className="muted">{`${dayOf(one.arriveAt, zone).slice(5)} ${timeOf(one.arriveAt, zone).slice(0, 5)}`}</span>
                  </li>
                ))}
              </ul>
            </>
          )}
        </>
      )}
    </section>
  );
}

/** Nothing is said of parts before the warehouse has answered, or where nobody keeps books of them. */
function isKnown(kit: Kit | undefined, { outcome, sources }: PartsCheck): boolean {
  if (outcome !== "blocked") return true;
  return kit?.state === "short" || kit?.state === "reserved" || (kit?.state === "none" && sources.some(({ from }) => from !== "order"));
}

/** Asked again when the kit is another. Null until it is known, and where nobody keeps stock. */
function usePartsCheck(api: Api, kit: Kit | undefined, engineer: string): PartsCheck | null {
  const [check, setCheck] = useState<PartsCheck | null>(null);
  const ticket = kit === undefined || kit.lines.length === 0 ? undefined : kit.ticket;
  const version = kit === undefined ? "" : `${kit.state}${kit.attempts}${kit.lines.length}`;
  useEffect(() => {
    let isOver = false;
    if (ticket !== undefined && version !== "")
      api.parts(ticket, engineer).then(
        (answer) => (isOver ? undefined : setCheck(answer)),
        // The kit's own state stands; where its parts are is shown again with the next change.
        () => undefined,
      );
    return () => {
      isOver = true;
    };
  }, [api, ticket, engineer, version]);
  return check;
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
