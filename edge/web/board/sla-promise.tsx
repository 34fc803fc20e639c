/** A ticket's promise, explained: which agreement gave it, why, who pays, what stopped its clock, and whether it will be kept. */
import { useQuery } from "@tanstack/react-query";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { policyOf } from "../../../contracts/ticket-policy.ts";
import type { TicketPromise } from "../../../contracts/promise.ts";
import { dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { promiseWords } from "../words/promise.ts";
import { useUnit } from "./queries.ts";
import "./sla-promise.css";

/** How often a forecast is asked for again while nothing happens. */
const AGAIN_MS = 60_000;

type Props = { readonly ticket: Ticket; readonly scenario: Scenario };

export function PromisePart({ ticket, scenario }: Props) {
  const words = useWords(promiseWords);
  const { unit, api } = useUnit();
  const version = [ticket.state, ticket.priority, ticket.resolveBy, ticket.risks?.map(({ severity }) => severity).join(), ticket.sla?.stopped.length].join();
  const promise = useQuery({
    queryKey: [unit, "promise", ticket.id, version],
    queryFn: () => api.promise(ticket.id),
    refetchInterval: AGAIN_MS,
    placeholderData: (before) => (before?.ticket === ticket.id ? before : undefined),
  });
  if (promise.data === undefined) return null;
  return (
    <details className="promise">
      <summary>
        {words.title} <strong>{promise.data.agreement?.title ?? words.ownShort}</strong> <RiskTag ticket={ticket} zone={scenario.timeZone} />
      </summary>
      <div>
        <Said promise={promise.data} scenario={scenario} />
      </div>
    </details>
  );
}

/** The worst that was foreseen of a ticket's promises, with the instant of the breach. */
export function RiskTag({ ticket, zone }: { readonly ticket: Ticket; readonly zone: string }) {
  const words = useWords(promiseWords);
  const [worst] = (ticket.risks ?? []).toSorted((a, b) => ORDER.indexOf(b.severity) - ORDER.indexOf(a.severity) || a.by - b.by);
  if (worst === undefined) return null;
  return (
    <span className={`risk ${worst.severity}`}>
      {words.severity[worst.severity]} {timeOf(worst.by, zone).slice(0, 5)}
    </span>
  );
}

const ORDER = ["at-risk", "will-breach", "breached"];

function Said({ promise, scenario }: { readonly promise: TicketPromise; readonly scenario: Scenario }) {
  const language = useLanguage();
  const zone = scenario.timeZone;
  const causeOf = (code: string) => policyOf(scenario).causes.find((cause) => cause.code === code)?.title[language] ?? code;
  const words = useWords(promiseWords);
  const { agreement, calendar, payer, countsOn, sla, forecasts } = promise;
  const at = (instant: number): string => `${dayOf(instant, zone)} ${timeOf(instant, zone).slice(0, 5)}`;
  const open = sla?.resolvedAt === undefined ? sla?.stopped.find(({ until, reason }) => until === undefined && sla.stops.includes(reason)) : undefined;
  return (
    <>
      <p>
        {agreement === undefined ? (
          words.own
        ) : (
          <>
            <strong>{agreement.title}</strong> <span className="muted">{words.kind[agreement.kind]}</span>
          </>
        )}
      </p>
      <ul className="forecasts">
        {forecasts.map(({ promise: which, severity, by, percent, expectedAt }) => (
          <li key={which} className={severity}>
            {words.forecast(words.promises[which], words.severity[severity], at(by))}
            {severity === "at-risk" || severity === "will-breach" ? <small>{words.chance(String(percent), at(expectedAt))}</small> : null}
          </li>
        ))}
      </ul>
      {open === undefined ? null : <p className="stopped">{words.stopped(words.stops[open.reason], at(open.from))}</p>}
      {payer === undefined ? null : (
        <dl>
          {(["parts", "labour", "travel"] as const).map((item) => (
            <div key={item}>
              <dt>{words.items[item]}</dt>
              <dd>{words.payers[payer[item]]}</dd>
            </div>
          ))}
        </dl>
      )}
      <ul className="because muted">
        {calendar === undefined ? null : (
          <li>{calendar.known ? words.hours(calendar.title?.[language] ?? calendar.id, calendar.timeZone) : words.calendarLost(calendar.id)}</li>
        )}
        {countsOn === undefined ? null : <li>{words.counts}</li>}
        {sentencesOf(promise, words, causeOf).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </>
  );
}

function sentencesOf(
  { reasons, titles }: TicketPromise,
  { reasons: words }: (typeof promiseWords)["en"],
  causeOf: (code: string) => string,
): readonly string[] {
  return reasons.flatMap(({ code, about }) => {
    if (!isSaid(words, code)) return [];
    const agreement = String(about["agreement"] ?? "");
    return [words[code](titles[agreement] ?? agreement, causeOf(String(about["cause"] ?? "")))];
  });
}

function isSaid<T extends object>(words: T, code: string): code is Extract<keyof T, string> {
  return Object.hasOwn(words, code);
}
