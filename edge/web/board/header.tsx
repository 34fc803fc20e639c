/** Where one is and what one may do to the whole: unit, simulated or not, the hub's lamp, the site's clock; demo and sandbox. */
import { Button, Tooltip } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { Board, Demo, HubLink, Me } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { LanguageSwitch } from "../alone.tsx";
import { useNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { planWords } from "../words/plan.ts";
import { sharedWords } from "../words/shared.ts";
import { useChoice } from "./choice.ts";
import { DrillButton } from "./drill.tsx";
import { InjectFault } from "./inject-fault.tsx";
import { ModelsButton } from "./models.tsx";
import { Phones } from "./phones.tsx";
import { usePlan, useUnit } from "./queries.ts";
import { RosterButton } from "./roster.tsx";
import { CloneButton } from "./sandbox.tsx";
import { Refused } from "./refused.tsx";

type Props = { readonly scenario: Scenario; readonly me: Me; readonly live: boolean; readonly hub: HubLink; readonly demo: Demo | null; readonly board: Board };

export function Header({ scenario, me, live, hub, demo, board }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const shared = useWords(sharedWords);
  const operations = me.role === "operations" || me.role === "admin";
  return (
    <header className="head">
      <img src="/mark.svg" alt="" width="26" height="26" />
      <div className="place">
        <strong>{scenario.site.name[language]}</strong>
        <span className="muted">
          {scenario.title[language]} · {board.unit}
        </span>
      </div>
      {demo === null ? null : (
        <Tooltip label={words.demo.simulatedWhy}>
          <span className="mark" tabIndex={0}>
            {shared.simulated}
          </span>
        </Tooltip>
      )}
      {scenario.kind === "sandbox" ? <span className="mark">{words.sandboxUnit}</span> : null}
      <span className="grow" />
      <HubLamp hub={hub} demo={demo} operations={operations} />
      {demo === null || !operations ? null : <InjectFault devices={board.devices} assets={board.assets} scenario={scenario} />}
      {demo === null || demo.phones.length === 0 ? null : <Phones demo={demo} engineers={board.engineers} offers={board.offers} />}
      <PlanButton />
      {operations ? <RosterButton /> : null}
      <ModelsButton me={me} />
      {operations && scenario.kind === "live" ? <CloneButton /> : null}
      <span className="now">
        <span className={live ? "link up" : "link"} role="status">
          {live ? words.live : words.notLive}
        </span>
        <SiteClock zone={scenario.timeZone} />
        <LanguageSwitch />
      </span>
    </header>
  );
}

/** To everybody's day and back; what waits for a word there is counted here. */
function PlanButton() {
  const words = useWords(planWords);
  const { isPlan, showPlan, showBoard } = useChoice();
  const moves = usePlan(useUnit()).data?.moves.length ?? 0;
  if (isPlan) return <Button onClick={showBoard}>{words.board}</Button>;
  return (
    <Button onClick={showPlan} className={moves > 0 ? "calling" : ""} {...(moves > 0 ? { title: words.movesCount(String(moves)) } : {})}>
      {words.title}
    </Button>
  );
}

function HubLamp({ hub, demo, operations }: { readonly hub: HubLink; readonly demo: Demo | null; readonly operations: boolean }) {
  const words = useWords(boardWords);
  const { unit, api } = useUnit();
  const queries = useQueryClient();
  const command = useCommand();
  const plugged = demo?.hub === "plugged";
  const toggle = () => command.run("hub", () => api.plugHub(!plugged)).then(() => queries.invalidateQueries({ queryKey: [unit, "demo"] }));
  return (
    <span className="hub">
      <span className={`lamp ${hub.state}`} aria-hidden="true" />
      <span>
        {words.hub.name} <span className="muted">{words.hub[hub.state]}</span>
      </span>
      {demo === null || !operations || hub.state === "off" ? null : (
        <Button variant={plugged ? "default" : "filled"} loading={command.pending !== null} onClick={() => void toggle()}>
          {plugged ? words.hub.unplug : words.hub.plugIn}
        </Button>
      )}
      {!operations || hub.state === "off" || hub.state === "never" ? null : <DrillButton />}
      {demo?.hubPage === undefined ? null : (
        <a href={demo.hubPage} target="_blank" rel="noreferrer">
          {words.demo.hubPage}
        </a>
      )}
      {demo?.crm === undefined ? null : (
        <a href={demo.crm} target="_blank" rel="noreferrer">
          {words.demo.crm}
        </a>
      )}
      <Refused problem={command.problem} close={command.clear} />
    </span>
  );
}

function SiteClock({ zone }: { readonly zone: string }) {
  const now = useNow();
  return <time className="clock">{timeOf(now, zone)}</time>;
}
