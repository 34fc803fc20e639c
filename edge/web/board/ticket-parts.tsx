/** Beside the chain: who goes and why and why nobody else, what was repaired before, what is in the kit. */
import type { ReactNode } from "react";
import type { Advice } from "../../../contracts/advice.ts";
import type { Repair } from "../../../contracts/asset.ts";
import type { Engineer } from "../../../contracts/engineer.ts";
import type { Kit } from "../../../contracts/kit.ts";
import type { Offer } from "../../../contracts/offer.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { countOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { whyNotSentence, whySentences } from "../reasons.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { LineWhy } from "./advice.tsx";
import { WhyNotButton } from "./why-not.tsx";

export function Candidates({
  ticket,
  engineers,
  offers,
  zone,
  nameOf,
  jobName,
  isUndecided,
}: {
  readonly ticket: string;
  readonly engineers: readonly Engineer[];
  readonly offers: readonly Offer[];
  readonly zone: string;
  readonly nameOf: (engineer: string) => string;
  readonly jobName: (ticket: string) => string;
  /** Work has not begun: what would have chosen somebody else can still be asked. */
  readonly isUndecided: boolean;
}) {
  const language = useLanguage();
  const words = useWords(boardWords).ticket;
  const shared = useWords(sharedWords);
  const [latest, ...before] = offers.toSorted((a, b) => b.madeAt - a.madeAt);
  // Nobody is left out of the question: those of whom nothing was recorded can be asked about as well.
  const told = new Set<string>([...(latest?.notChosen ?? []), ...(latest === undefined ? [] : [latest])].map(({ engineer }) => engineer));
  const others = isUndecided ? engineers.filter(({ id }) => !told.has(id)) : [];
  return (
    <section className="part candidates" tabIndex={0} aria-label={words.who}>
      <h3>{words.who}</h3>
      {latest === undefined ? (
        <>
          <p className="muted">{words.nobody}</p>
          <ul>
            <Others ticket={ticket} engineers={others} zone={zone} jobName={jobName} />
          </ul>
        </>
      ) : (
        <>
          <p className="chosen-one">
            <strong>{nameOf(latest.engineer)}</strong> <span className={`step ${latest.state}`}>{shared.offerState[latest.state]}</span>{" "}
            <span className="muted">{words.asked(timeOf(latest.madeAt, zone))}</span>
          </p>
          <p>{whySentences(latest.because, language).join(" ")}</p>
          {latest.declineReason === undefined ? null : <p className="muted">“{latest.declineReason}”</p>}
          {latest.notChosen.length === 0 && others.length === 0 ? null : <h4>{words.whyNot}</h4>}
          <ul>
            {latest.notChosen.map((one) => (
              <li key={one.engineer}>
                <strong>{nameOf(one.engineer)}</strong> {whyNotSentence(one, language, zone)}{" "}
                {isUndecided ? (
                  <WhyNotButton
                    key={`${latest.id} ${one.engineer}`}
                    ticket={latest.ticket}
                    engineer={one.engineer}
                    name={nameOf(one.engineer)}
                    zone={zone}
                    jobName={jobName}
                    recorded={one.code}
                  />
                ) : null}
              </li>
            ))}
            <Others ticket={ticket} engineers={others} zone={zone} jobName={jobName} />
            {before.map((offer) => (
              <li key={offer.id} className="muted">
                <strong>{nameOf(offer.engineer)}</strong> {shared.offerState[offer.state]}, {words.asked(timeOf(offer.madeAt, zone))}
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}

type OthersProps = { readonly ticket: string; readonly engineers: readonly Engineer[]; readonly zone: string; readonly jobName: (ticket: string) => string };

function Others({ ticket, engineers, zone, jobName }: OthersProps) {
  return engineers.map(({ id, name }) => (
    <li key={id}>
      <strong>{name}</strong> <WhyNotButton ticket={ticket} engineer={id} name={name} zone={zone} jobName={jobName} />
    </li>
  ));
}

/** `children`: what is known besides, above it. */
export function RepairList({
  repairs,
  scenario,
  children,
}: {
  readonly repairs: readonly Repair[];
  readonly scenario: Scenario;
  readonly children?: ReactNode;
}) {
  const language = useLanguage();
  const words = useWords(boardWords).ticket;
  return (
    <section className="part" tabIndex={0} aria-label={words.repairs}>
      {children}
      <h3>{words.repairs}</h3>
      {repairs.length === 0 ? <p className="muted">{words.noRepairs}</p> : null}
      <ul className="repairs">
        {repairs.map((repair) => (
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

/** The parts first; `children`: how they stand; `below`: what was done besides the job. */
export function KitLines({
  kit,
  ticket,
  absorbed,
  advice,
  children,
  below,
}: {
  readonly kit: Kit;
  readonly ticket: Ticket;
  readonly absorbed: number;
  readonly advice: Advice | undefined;
  readonly children?: ReactNode;
  readonly below?: ReactNode;
}) {
  const words = useWords(boardWords).ticket;
  const shared = useWords(sharedWords);
  const missing = new Map(kit.missing?.map(({ part, quantity }) => [part, quantity]));
  const released = ticket.state === "cancelled" && kit.reservation !== undefined;
  const stateText = released ? words.released : kit.needsPerson === true ? shared.kitHeld : shared.kitState[kit.state];
  return (
    <section className="part" tabIndex={0} aria-label={words.kit}>
      <h3>
        {words.kit} <span className={`state kit-${kit.state}`}>{stateText}</span>
      </h3>
      {kit.lines.length === 0 ? <p className="muted">{words.noKit}</p> : null}
      <ul className="lines">
        {kit.lines.map(({ part, quantity }) => (
          <li key={part}>
            <code>{part}</code>
            <span>
              {missing.has(part) ? <em>{`${words.missing} ${missing.get(part) ?? 0}`} </em> : null}× {quantity}
            </span>
            <LineWhy advice={advice} part={part} />
          </li>
        ))}
      </ul>
      {kit.reservation === undefined ? null : (
        <p className="muted">
          {words.reservation} {kit.reservation}
          {kit.depot === undefined ? "" : `, ${words.depot} ${kit.depot}`}
        </p>
      )}
      {children}
      {below}
      {"action" in ticket ? (
        <>
          <h4>{words.report}</h4>
          <p>{ticket.action}</p>
          <p className="muted">{ticket.cause}</p>
        </>
      ) : null}
      {absorbed > 0 ? <p className="muted">{words.absorbed(countOf(absorbed))}</p> : null}
    </section>
  );
}
