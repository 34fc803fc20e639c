/** The chosen ticket as a page about a decision: its clock, its chain, who goes and why, repairs, kit. */
import { Button } from "@mantine/core";
import { useCallback, useState } from "react";
import type { Board, Chain } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { problemOf } from "../ask.ts";
import { useCommand } from "../command.ts";
import { CustomerSaid } from "../customer-said.tsx";
import { timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { explain } from "../words/problems.ts";
import { sharedWords } from "../words/shared.ts";
import { Diagnosed } from "./advice.tsx";
import { CancelButton } from "./cancel.tsx";
import { ChanceLine } from "./chance.tsx";
import { ChainView } from "./chain.tsx";
import { DecisionDrawer } from "./decision.tsx";
import { useChoice } from "./choice.ts";
import { Besides, PartsStand } from "./kit.tsx";
import { LifeButtons } from "./life.tsx";
import { isActive, proposalsOf } from "./picture.ts";
import { TicketMoves } from "./moves.tsx";
import { SimilarJobs } from "./past.tsx";
import { useChain, useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";
import { SlaClock } from "./sla-clock.tsx";
import { PromisePart } from "./sla-promise.tsx";
import { StoryButton } from "./story.tsx";
import { Candidates, KitLines, RepairList } from "./ticket-parts.tsx";
import { TicketWaits } from "./waits.tsx";
import { WearLine } from "./wear.tsx";

type Props = { readonly ticketId: string | undefined; readonly board: Board; readonly scenario: Scenario; readonly demo: boolean };

export function TicketPanel({ ticketId, board, scenario, demo }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const shared = useWords(sharedWords);
  const chain = useChain(useUnit(), ticketId, versionOf(board, ticketId));
  if (ticketId === undefined) {
    const waiting = proposalsOf(board.alarms).length > 0;
    return (
      <section className="panel ticket empty" id="ticket">
        <h2>{waiting ? words.waits.title : words.ticket.empty}</h2>
        <p className="muted">{waiting ? words.waits.proposedWhy : words.ticket.emptyWhy}</p>
        {demo && !waiting ? <p>{words.ticket.emptyDemo}</p> : null}
      </section>
    );
  }
  if (chain.data !== undefined) return <Shown chain={chain.data} board={board} scenario={scenario} />;
  const problem = chain.error === null ? null : explain(problemOf(chain.error), language);
  return (
    <section className="panel ticket empty" id="ticket">
      <h2>{problem === null ? shared.loading : problem.what}</h2>
      {problem === null ? null : <p className="muted">{problem.mend}</p>}
    </section>
  );
}

function Shown({ chain, board, scenario }: { readonly chain: Chain; readonly board: Board; readonly scenario: Scenario }) {
  const language = useLanguage();
  const words = useWords(boardWords).ticket;
  const shared = useWords(sharedWords);
  const [decision, setDecision] = useState<string | null>(null);
  const { chooseTicket } = useChoice();
  const { asset, offers, kit } = chain;
  // The board is patched live, the chain asked for again: between the two the board is ahead.
  const ticket = board.tickets.find(({ id }) => id === chain.ticket.id) ?? chain.ticket;
  const nameOf = useCallback((engineer: string) => board.engineers.find(({ id }) => id === engineer)?.name ?? engineer, [board.engineers]);
  const jobName = (job: string) => {
    const other = board.tickets.find(({ id }) => id === job);
    return board.assets.find(({ id }) => id === other?.asset)?.name ?? job;
  };
  const mode = scenario.faultModes.find(({ id }) => id === ticket.faultMode);
  return (
    <section className="panel ticket" id="ticket" aria-labelledby="ticket-title">
      <div className="ticket-head">
        <span className={`tag ${ticket.priority}`}>{ticket.priority.toUpperCase()}</span>
        <h2 id="ticket-title">
          {asset.name} <span>{mode?.title[language] ?? ticket.faultMode}</span>
        </h2>
        <span className={`step ${ticket.state}`}>{shared.ticketState[ticket.state]}</span>
        <span className="grow" />
        {ticket.state === "cancelled" ? (
          <span className="muted said">{words.cancelledWhy(timeOf(ticket.cancelledAt, scenario.timeZone), ticket.why)}</span>
        ) : (
          <Clocks ticket={ticket} scenario={scenario} />
        )}
        <Buttons ticket={ticket} board={board} scenario={scenario} nameOf={nameOf} />
        <StoryButton ticket={ticket} chain={chain} board={board} scenario={scenario} nameOf={nameOf} choose={chooseTicket} />
      </div>
      {ticket.chance === undefined ? null : <ChanceLine chance={ticket.chance} />}
      <WearLine wear={ticket.wear} scenario={scenario} />
      <CustomerSaid ticket={ticket} zone={scenario.timeZone} />
      <TicketWaits ticket={ticket} board={board} />
      {UNDECIDED.has(ticket.state) ? <TicketMoves ticket={ticket.id} board={board} zone={scenario.timeZone} /> : null}
      <ChainView chain={chain} scenario={scenario} nameOf={nameOf} open={setDecision} />
      <div className="ticket-parts">
        <Candidates
          ticket={ticket.id}
          engineers={board.engineers}
          offers={offers}
          zone={scenario.timeZone}
          nameOf={nameOf}
          jobName={jobName}
          isUndecided={UNDECIDED.has(ticket.state)}
        />
        <RepairList repairs={ticket.repairs} scenario={scenario}>
          {chain.advice === undefined ? null : <Diagnosed advice={chain.advice} scenario={scenario} />}
          <SimilarJobs
            ticket={ticket.id}
            version={(ticket.complaints?.length ?? 0) + ("cause" in ticket ? 100 : 0)}
            scenario={scenario}
            assets={board.assets}
            choose={chooseTicket}
          />
        </RepairList>
        <KitLines kit={kit} ticket={ticket} absorbed={chain.alarm?.absorbed ?? 0} advice={chain.advice} below={<Besides chain={chain} />}>
          <PartsStand chain={chain} zone={scenario.timeZone} nameOf={nameOf} />
        </KitLines>
      </div>
      <PromisePart ticket={ticket} scenario={scenario} />
      <DecisionDrawer decision={chain.decisions.find(({ id }) => id === decision)} zone={scenario.timeZone} nameOf={nameOf} close={() => setDecision(null)} />
    </section>
  );
}

const UNDECIDED: ReadonlySet<Ticket["state"]> = new Set(["open", "reopened", "offered", "assigned"]);

function Clocks({ ticket, scenario }: { readonly ticket: Ticket; readonly scenario: Scenario }) {
  const words = useWords(boardWords).ticket;
  const from = ticket.openedAt;
  return (
    <>
      <SlaClock label={words.respond} from={from} by={ticket.respondBy} metAt={arrivedAt(ticket)} zone={scenario.timeZone} />
      <SlaClock
        label={words.resolve}
        from={from}
        by={ticket.resolveBy}
        metAt={"resolvedAt" in ticket ? ticket.resolvedAt : undefined}
        zone={scenario.timeZone}
      />
    </>
  );
}

type ButtonsProps = { readonly ticket: Ticket; readonly board: Board; readonly scenario: Scenario; readonly nameOf: (engineer: string) => string };

function Buttons({ ticket, board, scenario, nameOf }: ButtonsProps) {
  const language = useLanguage();
  const words = useWords(boardWords).ticket;
  const { api } = useUnit();
  const command = useCommand();
  const alarm = board.alarms.find(({ id }) => id === ticket.alarm);
  const jobName = (other: Ticket) => {
    const mode = scenario.faultModes.find(({ id }) => id === other.faultMode)?.title[language] ?? other.faultMode;
    return `${board.assets.find(({ id }) => id === other.asset)?.name ?? other.asset}, ${mode}, ${timeOf(other.openedAt, scenario.timeZone).slice(0, 5)}`;
  };
  const others = board.tickets.filter((other) => other.id !== ticket.id && (other.id === ticket.parent || (isActive(other) && other.parent !== ticket.id)));
  const cancellable = isActive(ticket) && ticket.state !== "working";
  return (
    <>
      {alarm === undefined || alarm.clearedAt !== undefined ? null : alarm.acknowledgedAt === undefined ? (
        <Button loading={command.pending === "acknowledge"} onClick={() => void command.run("acknowledge", () => api.acknowledge(alarm.id))}>
          {words.acknowledge}
        </Button>
      ) : (
        <span className="muted said">{words.acknowledged}</span>
      )}
      {cancellable ? <CancelButton key={ticket.id} ticket={ticket.id} /> : null}
      <LifeButtons key={`${ticket.id} life`} ticket={ticket} alarm={alarm} scenario={scenario} others={others} jobName={jobName} nameOf={nameOf} />
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

function arrivedAt(ticket: Ticket): number | undefined {
  return "arrivedAt" in ticket ? ticket.arrivedAt : undefined;
}

/** Changes when anything of the ticket does. */
function versionOf(board: Board, id: string | undefined): string {
  const ticket = board.tickets.find((one) => one.id === id);
  if (ticket === undefined) return "";
  const alarm = board.alarms.find((one) => one.id === ticket.alarm);
  const kit = board.kits.find((one) => one.id === ticket.kit);
  const offers = board.offers.filter((one) => one.ticket === id).map(({ id: offer, state }) => `${offer}${state}`);
  return [
    ticket.state,
    ticket.round,
    ...offers,
    alarm?.acknowledgedAt,
    alarm?.clearedAt,
    alarm?.repeats,
    kit?.state,
    kit?.attempts,
    kit?.needsPerson,
    "needsPerson" in ticket,
    ticket.history?.length,
    ticket.historyDropped,
    ticket.helpers?.length,
    ticket.crew,
    ticket.parent,
    ticket.complaints?.length,
    ticket.photos?.length,
    alarm?.shelved?.until,
    alarm?.suppressed?.until,
  ].join();
}
