/** All tickets, the active ones first. */
import type { Alarm, Suppression } from "../../../contracts/alarm.ts";
import type { Asset } from "../../../contracts/asset.ts";
import type { Kit } from "../../../contracts/kit.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { lifeWords } from "../words/life.ts";
import { sharedWords } from "../words/shared.ts";
import { NewTicket } from "./new-ticket.tsx";
import { isActive, isAwaited, isCalling, toldOf, waitsOf } from "./picture.ts";
import { QuietList } from "./quiet-list.tsx";
import { RiskTag } from "./sla-promise.tsx";
import { Calls } from "./waits.tsx";

/** More than a person looks through; older ones are found by their address. */
const ROWS_MAX = 100;

type Props = {
  readonly alarms: readonly Alarm[];
  readonly suppressions: readonly Suppression[];
  readonly tickets: readonly Ticket[];
  readonly kits: readonly Kit[];
  readonly assets: readonly Asset[];
  readonly scenario: Scenario;
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
  /** False where they stand elsewhere. */
  readonly showsCalls: boolean;
};

export function TicketList({ alarms, suppressions, tickets, kits, assets, scenario, chosen, choose, showsCalls }: Props) {
  const language = useLanguage();
  const { tickets: words, waits: waiting } = useWords(boardWords);
  const shared = useWords(sharedWords);
  const { escalated } = useWords(lifeWords);
  const stateOf = (ticket: Ticket) => {
    const waits = waitsOf(
      ticket,
      kits.find(({ id }) => id === ticket.kit),
    );
    if (waits.length > 0) return waiting.title;
    return "escalatedAt" in ticket && ticket.escalatedAt !== undefined ? words.escalated : shared.ticketState[ticket.state];
  };
  const faultOf = (ticket: Ticket) => {
    const title = scenario.faultModes.find(({ id }) => id === ticket.faultMode)?.title[language] ?? ticket.faultMode;
    const told = isAwaited(ticket) ? toldOf(scenario, "unaccepted", ticket.priority, ticket.escalation?.level) : undefined;
    return told === undefined ? title : `${title} · ${escalated(told[language])}`;
  };
  return (
    <section className="panel tickets">
      <h2>
        {words.title}{" "}
        <span className="muted">
          {tickets.filter(isActive).length} {words.active}
        </span>
        <NewTicket assets={assets} scenario={scenario} asset={tickets.find(({ id }) => id === chosen)?.asset} choose={choose} />
      </h2>
      {tickets.length === 0 && !isCalling(alarms) ? <p className="muted none">{words.none}</p> : null}
      <div className="rows">
        {showsCalls ? <Calls alarms={alarms} assets={assets} scenario={scenario} /> : null}
        <QuietList alarms={alarms} suppressions={suppressions} assets={assets} scenario={scenario} />
        <ul>
          {tickets.slice(0, ROWS_MAX).map((ticket) => (
            <li key={ticket.id}>
              <button
                type="button"
                className={ticket.id === chosen ? "row chosen" : "row"}
                aria-current={ticket.id === chosen}
                onClick={() => choose(ticket.id)}
              >
                <span className={`tag ${isActive(ticket) ? ticket.priority : ""}`}>{ticket.priority.toUpperCase()}</span>
                <span className="what">
                  <strong>{assets.find(({ id }) => id === ticket.asset)?.name ?? ticket.asset}</strong>
                  <span className="muted">{faultOf(ticket)}</span>
                </span>
                <span className="when">
                  <RiskTag ticket={ticket} zone={scenario.timeZone} />
                  <span className={`step ${ticket.state}`}>{stateOf(ticket)}</span>
                  <time className="muted">{timeOf(ticket.openedAt, scenario.timeZone)}</time>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </section>
  );
}
