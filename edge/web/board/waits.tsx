/** What a person must let run: said where it cannot be missed, with the one button that lets it. */
import { Button } from "@mantine/core";
import type { Alarm } from "../../../contracts/alarm.ts";
import type { Asset } from "../../../contracts/asset.ts";
import type { Board } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { useCommand } from "../command.ts";
import { dayTimeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { lifeWords } from "../words/life.ts";
import { proposalsOf, toldOfAlarm, unseenOf, waitsOf } from "./picture.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

type Calling = { readonly alarms: readonly Alarm[]; readonly assets: readonly Asset[]; readonly scenario: Scenario };

/** Alarms that ask for somebody. */
export function Calls({ alarms, ...rest }: Calling) {
  return (
    <>
      <Unseen alarms={unseenOf(alarms)} {...rest} />
      <Proposals alarms={proposalsOf(alarms)} {...rest} />
    </>
  );
}

/** Alarms whose ticket a person opens. */
function Proposals({ alarms, assets, scenario }: Calling) {
  const language = useLanguage();
  const words = useWords(boardWords).waits;
  const chanceWords = useWords(boardWords).chain.chance;
  const { escalated } = useWords(lifeWords);
  const { api } = useUnit();
  const command = useCommand();
  return (
    <>
      {alarms.map(({ id, proposed, asset, faultMode, acknowledgedAt, escalation, chance }) => (
        <section key={id} className="waits" aria-label={words.title}>
          <p>
            <b className="step open">{words.title}</b>
            <strong>{assets.find((one) => one.id === asset)?.name ?? asset}</strong>
            <span className="muted">{scenario.faultModes.find((mode) => mode.id === faultMode)?.title[language] ?? faultMode}</span>
            {chance === undefined ? null : <small className="muted">{chanceWords(`${Math.round(chance.fault * 100)} %`, chance.visits)}</small>}
            {escalation === undefined || acknowledgedAt !== undefined ? null : (
              <span className="late">{escalated(toldOfAlarm(scenario, { faultMode, escalation })?.[language] ?? "")}</span>
            )}
          </p>
          <Button variant="filled" loading={command.pending === id} onClick={() => void command.run(id, () => api.confirm(proposed ?? ""))}>
            {words.open}
          </Button>
        </section>
      ))}
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

/** Alarms that nobody has looked at, told to somebody else by now: one tap says that somebody has. */
function Unseen({ alarms, assets, scenario }: Calling) {
  const language = useLanguage();
  const words = useWords(lifeWords);
  const { acknowledge } = useWords(boardWords).ticket;
  const { api } = useUnit();
  const command = useCommand();
  return (
    <>
      {alarms.map(({ id, asset, faultMode, raisedAt, escalation }) => {
        const mode = scenario.faultModes.find((one) => one.id === faultMode);
        const told = toldOfAlarm(scenario, { faultMode, escalation })?.[language] ?? "";
        return (
          <section key={id} className="waits" aria-label={words.escalated(told)}>
            <p>
              <b className="step open">{words.escalated(told)}</b>
              <strong>{assets.find((one) => one.id === asset)?.name ?? asset}</strong>
              <span className="muted">
                {mode?.title[language] ?? faultMode} · {words.unseenSince(dayTimeOf(raisedAt, scenario.timeZone, language))}
              </span>
            </p>
            <Button variant="filled" loading={command.pending === id} onClick={() => void command.run(id, () => api.acknowledge(id))}>
              {acknowledge}
            </Button>
          </section>
        );
      })}
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

/** Steps of a ticket that a person lets run, all of them by one word. */
export function TicketWaits({ ticket, board }: { readonly ticket: Ticket; readonly board: Board }) {
  const words = useWords(boardWords).waits;
  const { api } = useUnit();
  const command = useCommand();
  const kit = board.kits.find(({ id }) => id === ticket.kit);
  const waits = waitsOf(ticket, kit);
  if (waits.length === 0) return null;
  return (
    <section className="waits" aria-label={words.title}>
      <p>
        <b className="step open">{words.title}</b>
        {waits.map((step) => (
          <span key={step}>{step === "kit" ? words.kit(String(kit?.lines.length ?? 0)) : words.offer}</span>
        ))}
      </p>
      <Button variant="filled" loading={command.pending === "confirm"} onClick={() => void command.run("confirm", () => api.confirm(ticket.id))}>
        {words.confirm}
      </Button>
      <Refused problem={command.problem} close={command.clear} />
    </section>
  );
}
