/** All tickets, the active ones first. */
import { Button } from "@mantine/core";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { Asset } from "../../../contracts/asset.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { useCommand } from "../command.ts";
import { timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { isActive } from "./picture.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

/** More than a person looks through; older ones are found by their address. */
const ROWS_MAX = 100;

type Props = {
  readonly alarms: readonly Alarm[];
  readonly tickets: readonly Ticket[];
  readonly assets: readonly Asset[];
  readonly scenario: Scenario;
  readonly chosen: string | undefined;
  readonly choose: (id: string) => void;
};

export function TicketList({ alarms, tickets, assets, scenario, chosen, choose }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords).tickets;
  const shared = useWords(sharedWords);
  return (
    <section className="panel tickets">
      <h2>
        {words.title}{" "}
        <span className="muted">
          {tickets.filter(isActive).length} {words.active}
        </span>
      </h2>
      <Proposed
        alarms={alarms.filter(({ proposed, ticket, clearedAt }) => proposed !== undefined && ticket === undefined && clearedAt === undefined)}
        assets={assets}
      />
      {tickets.length === 0 ? <p className="muted none">{words.none}</p> : null}
      <ul className="rows">
        {tickets.slice(0, ROWS_MAX).map((ticket) => (
          <li key={ticket.id}>
            <button type="button" className={ticket.id === chosen ? "row chosen" : "row"} aria-current={ticket.id === chosen} onClick={() => choose(ticket.id)}>
              <span className={`tag ${isActive(ticket) ? ticket.priority : ""}`}>{ticket.priority.toUpperCase()}</span>
              <span className="what">
                <strong>{assets.find(({ id }) => id === ticket.asset)?.name ?? ticket.asset}</strong>
                <span className="muted">{scenario.faultModes.find(({ id }) => id === ticket.faultMode)?.title[language] ?? ticket.faultMode}</span>
              </span>
              <span className="when">
                <span className={`step ${ticket.state}`}>
                  {ticket.state === "open" && ticket.escalatedAt !== undefined ? words.escalated : shared.ticketState[ticket.state]}
                </span>
                <time className="muted">{timeOf(ticket.openedAt, scenario.timeZone)}</time>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Alarms whose ticket waits for a person: the scenario lets nobody but a person open one. */
function Proposed({ alarms, assets }: { readonly alarms: readonly Alarm[]; readonly assets: readonly Asset[] }) {
  const words = useWords(boardWords).tickets;
  const { api } = useUnit();
  const command = useCommand();
  return (
    <>
      {alarms.map(({ id, proposed, asset }) => (
        <div key={id} className="proposed">
          <span>
            <strong>{assets.find((one) => one.id === asset)?.name ?? asset}</strong> <span className="step open">{words.proposed}</span>
          </span>
          <Button variant="filled" loading={command.pending === id} onClick={() => void command.run(id, () => api.confirm(proposed ?? ""))}>
            {words.open}
          </Button>
        </div>
      ))}
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
