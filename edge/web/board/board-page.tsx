/** The whole board: who may see it, what it needs, and where each part stands. */
import { useMediaQuery } from "@mantine/hooks";
import { useEffect, useMemo } from "react";
import type { Board, Glances, Me } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { Broken } from "../alone.tsx";
import { apiOf } from "../api.ts";
import { problemOf } from "../ask.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { sharedWords } from "../words/shared.ts";
import { useChoice } from "./choice.ts";
import { DeviceChart } from "./device-chart.tsx";
import { Fleet } from "./fleet.tsx";
import { Header } from "./header.tsx";
import { MapPanel } from "./map.tsx";
import { RecurringFaults } from "./past.tsx";
import { isActive, isCalling, orderGlances, orderTickets, seeAssets, seeEngineers } from "./picture.ts";
import { PlanFloor } from "./plan.tsx";
import { UnitContext, useDemo, useGlances, useLiveBoard, useMe, useScenario } from "./queries.ts";
import { TicketPanel } from "./ticket.tsx";
import { TicketList } from "./ticket-list.tsx";
import { Tiles } from "./tiles.tsx";
import { Calls } from "./waits.tsx";

export function BoardPage() {
  const { unit } = useChoice();
  const here = useMemo(() => ({ unit, api: apiOf(unit) }), [unit]);
  const me = useMe(here);
  const desk = me.data !== undefined && me.data.role !== "engineer" && me.data.role !== "integrator";
  const scenario = useScenario(here, desk);
  const { board, error, live } = useLiveBoard(here, desk);
  const shared = useWords(sharedWords);
  const context = useMemo(() => ({ ...here, live }), [here, live]);
  if (me.data !== undefined && !desk) return <Broken problem={{ code: "not-permitted", rule: shared.wrongRole }} again={() => location.reload()} />;
  const wrong = me.error ?? scenario.error ?? (board === undefined ? error : null);
  if (wrong !== null) return <Broken problem={problemOf(wrong)} again={() => location.reload()} />;
  if (board === undefined || scenario.data === undefined || me.data === undefined)
    return (
      <main className="alone" aria-busy="true">
        {shared.loading}
      </main>
    );
  return (
    <UnitContext value={context}>
      <Shown board={board} scenario={scenario.data} me={me.data} live={live} />
    </UnitContext>
  );
}

const NO_GLANCES: Glances["devices"] = [];

function Shown({ board, scenario, me, live }: { readonly board: Board; readonly scenario: Scenario; readonly me: Me; readonly live: boolean }) {
  const words = useWords(boardWords);
  const { unit, api } = useMemo(() => ({ unit: board.unit, api: apiOf(board.unit) }), [board.unit]);
  const choice = useChoice();
  // One below the other, the tickets come last: what asks for somebody comes first.
  const isStacked = useMediaQuery("(max-width: 1180px)", undefined, { getInitialValueInEffect: false });
  const glances = useGlances({ unit, api });
  const demo = useDemo({ unit, api }).data ?? null;

  const devices = useMemo(() => orderGlances(glances.data?.devices ?? NO_GLANCES), [glances.data]);
  const tickets = useMemo(() => orderTickets(board.tickets), [board.tickets]);
  const assets = useMemo(() => seeAssets(board, devices), [board, devices]);
  const engineers = useMemo(() => seeEngineers(board), [board]);

  // Nobody has chosen: the newest ticket that is open, else the newest of all; its machine, else the one that looks worst.
  const ticket = choice.ticket === undefined ? (tickets.find(isActive) ?? tickets[0]) : board.tickets.find(({ id }) => id === choice.ticket);
  const device = choice.device ?? board.alarms.find(({ id }) => id === ticket?.alarm)?.device ?? devices[0]?.device;
  const language = useLanguage();
  const active = tickets.filter(isActive).length;
  useEffect(() => {
    document.title = `${active > 0 ? `(${active}) ` : ""}${scenario.site.name[language]} ${unit}`;
  }, [active, scenario, language, unit]);
  return (
    <div className="board">
      <a className="skip" href="#ticket">
        {words.skip}
      </a>
      <Header scenario={scenario} me={me} live={live} hub={board.hub} demo={demo} board={board} />
      {choice.isPlan ? (
        <PlanFloor board={board} scenario={scenario} />
      ) : (
        <main className="floor">
          <h1 className="unseen">{`${words.title} ${board.unit}`}</h1>
          {isStacked && isCalling(board.alarms) ? (
            <div className="calls">
              <Calls alarms={board.alarms} assets={board.assets} scenario={scenario} />
            </div>
          ) : null}
          <Tiles
            board={board}
            counters={glances.data?.counters}
            tickets={tickets}
            zone={scenario.timeZone}
            operations={me.role === "operations" || me.role === "admin"}
          />
          <div className="side">
            <TicketList
              suppressions={board.suppressions}
              alarms={board.alarms}
              tickets={tickets}
              kits={board.kits}
              assets={board.assets}
              scenario={scenario}
              chosen={ticket?.id}
              choose={choice.chooseTicket}
              showsCalls={!isStacked}
            />
            <Fleet devices={devices} assets={board.assets} onScore={scenario.judge.onScore} chosen={device} choose={choice.chooseDevice} />
            <RecurringFaults scenario={scenario} assets={board.assets} choose={choice.chooseTicket} />
          </div>
          <div className="views">
            <MapPanel assets={assets} engineers={engineers} scenario={scenario} ticket={ticket} chosen={device} choose={choice.chooseDevice} />
            <DeviceChart
              device={board.devices.find(({ id }) => id === device)}
              glance={devices.find((glance) => glance.device === device)}
              alarms={board.alarms}
              scenario={scenario}
            />
          </div>
          <TicketPanel ticketId={choice.ticket ?? ticket?.id} board={board} scenario={scenario} demo={demo !== null} />
        </main>
      )}
    </div>
  );
}
