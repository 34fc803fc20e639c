/** Everybody's day: who is expected where and when, what waits for a word, what nobody has; a timeline, and on a phone a list for each engineer. */
import { Button, Modal } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { Suspense, lazy, useMemo, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import type { Board } from "../../../contracts/board.ts";
import type { PlanView } from "../../../contracts/plan.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { problemOf } from "../ask.ts";
import { AwayForm } from "../away-form.tsx";
import { useCommand } from "../command.ts";
import { dayOf, nearTimeOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { explain } from "../words/problems.ts";
import { planWords } from "../words/plan.ts";
import { sharedWords } from "../words/shared.ts";
import { rowsOf, type Row } from "./day.ts";
import { useChoice } from "./choice.ts";
import { Moves } from "./moves.tsx";
import { PlanList } from "./plan-list.tsx";
import { useUnit, usePlan } from "./queries.ts";
import { Refused } from "./refused.tsx";
import "./plan.css";

const Timeline = lazy(() => import("./plan-timeline.tsx"));

type Props = { readonly board: Board; readonly scenario: Scenario };

export function PlanFloor({ board, scenario }: Props) {
  const language = useLanguage();
  const words = useWords(planWords);
  const shared = useWords(sharedWords);
  const plan = usePlan(useUnit());
  if (plan.data !== undefined) return <Shown plan={plan.data} board={board} scenario={scenario} />;
  const problem = plan.error === null ? null : explain(problemOf(plan.error), language);
  return (
    <main className="plan" id="ticket">
      <h1>{words.title}</h1>
      <p className="muted">{problem === null ? shared.loading : `${problem.what} ${problem.mend}`}</p>
    </main>
  );
}

function Shown({ plan, board, scenario }: Props & { readonly plan: PlanView }) {
  const language = useLanguage();
  const words = useWords(planWords);
  const isNarrow = useMediaQuery("(max-width: 760px)", undefined, { getInitialValueInEffect: false });
  const { chooseTicket } = useChoice();
  const [away, setAway] = useState<string | null>(null);
  // Positions come each second: they are no part of it.
  const { engineers, tickets, assets } = board;
  const rows = useMemo(() => rowsOf(plan, { engineers, tickets, assets }), [plan, engineers, tickets, assets]);
  const { source, factor, trips } = plan.travel;
  const waiting = plan.waiting.flatMap((id) => board.tickets.find((ticket) => ticket.id === id) ?? []);
  const zone = scenario.timeZone;
  return (
    <main className="plan" id="ticket">
      <div className="plan-head">
        <h1>{words.open}</h1>
        <span className="muted">
          {dayOf(plan.at, zone)} · {words.travelBy[source]}
          {factor === undefined || trips === undefined ? "" : ` ${words.learnt(factor.toFixed(2), String(trips))}`}
        </span>
        <span className="grow" />
        <Legend />
      </div>
      <Moves moves={plan.moves} board={board} zone={zone} />
      {waiting.length === 0 ? null : (
        <section className="panel plan-waiting" aria-label={words.waiting}>
          <h2>{words.waiting}</h2>
          <ul>
            {waiting.map((ticket) => (
              <li key={ticket.id}>
                <button type="button" className="chip" onClick={() => chooseTicket(ticket.id)}>
                  <span className={`tag ${ticket.priority}`}>{ticket.priority.toUpperCase()}</span>{" "}
                  {board.assets.find(({ id }) => id === ticket.asset)?.name ?? ticket.asset}{" "}
                  <span className="muted">{words.dueBy(nearTimeOf(ticket.respondBy, plan.at, zone, language))}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {isNarrow ? (
        <PlanList rows={rows} now={plan.at} scenario={scenario} choose={chooseTicket} askAway={setAway} />
      ) : (
        <section className="panel plan-day" aria-label={words.open}>
          <Suspense fallback={<p className="muted">…</p>}>
            <Timeline rows={rows} at={plan.at} zone={zone} language={language} choose={chooseTicket} askAway={setAway} />
          </Suspense>
        </section>
      )}
      <AwayModal row={rows.find(({ engineer }) => engineer === away)} zone={zone} close={() => setAway(null)} />
    </main>
  );
}

function Legend() {
  const { legend, hold } = useWords(planWords);
  return (
    <ul className="plan-legend muted" aria-hidden="true">
      <li className="leg">{legend.travel}</li>
      <li className="locked">{hold.locked}</li>
      <li className="accepted">{hold.accepted}</li>
      <li className="promised">{hold.promised}</li>
      <li className="due">{legend.due}</li>
      <li className="pause">{legend.pause}</li>
      <li className="duty">{legend.duty}</li>
      <li className="away">{legend.away}</li>
    </ul>
  );
}

function AwayModal({ row, zone, close }: { readonly row: Row | undefined; readonly zone: string; readonly close: () => void }) {
  const words = useWords(planWords).away;
  const board = useWords(boardWords);
  const { unit, api } = useUnit();
  const queries = useQueryClient();
  const command = useCommand();
  const run = (name: string, action: () => Promise<unknown>) =>
    void command.run(name, action).then(async (taken) => {
      await Promise.all([queries.invalidateQueries({ queryKey: [unit, "plan"] }), queries.invalidateQueries({ queryKey: [unit, "board"] })]);
      if (taken) close();
    });
  const at = (instant: number) => `${dayOf(instant, zone)} ${timeOf(instant, zone).slice(0, 5)}`;
  return (
    <>
      <Modal opened={row !== undefined} onClose={close} title={row === undefined ? "" : words.title(row.name)} closeButtonProps={{ "aria-label": board.close }}>
        {row === undefined ? null : (
          <>
            {row.away.length === 0 ? null : (
              <ul className="plan-absences">
                {row.away.map(({ from, until }) => (
                  <li key={from}>{words.listed(at(from), at(until))}</li>
                ))}
                <li>
                  <Button loading={command.pending === "back"} onClick={() => run("back", () => api.present(row.engineer))}>
                    {words.back}
                  </Button>
                </li>
              </ul>
            )}
            <AwayForm zone={zone} own={false} pending={command.pending !== null} send={(absence) => run("away", () => api.absent(row.engineer, absence))} />
          </>
        )}
      </Modal>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
