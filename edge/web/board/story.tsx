/** The ticket's whole story behind one button: who moved it, when and why; its team, steps, photographs, complaints, alarms and kin. */
import { Button, Drawer } from "@mantine/core";
import { useState } from "react";
import type { Board, Chain } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { countOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { lifeWords } from "../words/life.ts";
import { sharedWords } from "../words/shared.ts";
import { useUnit } from "./queries.ts";

type Props = {
  readonly ticket: Ticket;
  readonly chain: Chain;
  readonly board: Board;
  readonly scenario: Scenario;
  readonly nameOf: (engineer: string) => string;
  readonly choose: (ticket: string) => void;
};

export function StoryButton(props: Props) {
  const words = useWords(lifeWords);
  const { close } = useWords(boardWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.story}</Button>
      <Drawer opened={open} onClose={() => setOpen(false)} position="right" size={460} title={words.story} closeButtonProps={{ "aria-label": close }}>
        <Story {...props} choose={(id) => (setOpen(false), props.choose(id))} />
      </Drawer>
    </>
  );
}

/** A person's own words, or one of the codes by which the unit says why. */
function Why({ why }: { readonly why: string }) {
  const words = useWords(lifeWords);
  const said = words.whys[why] ?? (words.pauses as Readonly<Record<string, string>>)[why];
  return said === undefined ? <q>{why}</q> : <span>{said}</span>;
}

function Story({ ticket, chain, board, scenario, nameOf, choose }: Props) {
  const language = useLanguage();
  const words = useWords(lifeWords);
  const shared = useWords(sharedWords);
  const { unit } = useUnit();
  const zone = scenario.timeZone;
  const when = (at: number) => `${dayOf(at, zone)} ${timeOf(at, zone).slice(0, 5)}`;
  const modeOf = (id: string) => scenario.faultModes.find((mode) => mode.id === id)?.title[language] ?? id;
  const whoOf = (by: string, as: keyof typeof words.by) => (as === "engineer" ? nameOf(by) : as === "unit" ? words.by.unit : `${words.by[as]} · ${by}`);
  const { history = [], historyDropped, helpers = [], checklist = [], photos = [], complaints = [], source } = ticket;
  const alarms = [...(chain.alarm === undefined ? [] : [chain.alarm]), ...chain.alarms.filter(({ id }) => ticket.alarms?.includes(id) === true)];
  const known = [...(chain.alarm === undefined ? [] : [chain.alarm]), ...chain.alarms.filter(({ id }) => id !== chain.alarm?.id)];
  const channelOf = (id: string) => scenario.profiles.flatMap(({ channels }) => channels).find((channel) => channel.id === id)?.title[language] ?? id;
  const roleOf = (other: Ticket) =>
    ticket.parent === other.id ? "parent" : other.parent === ticket.id ? "child" : ticket.follows === other.id ? "follows" : "followed";
  return (
    <div className="story">
      {source === undefined ? null : (
        <p>
          {words.source[source]}
          {ticket.words === undefined ? "" : `: “${ticket.words}”`}
        </p>
      )}
      <ol aria-label={words.story}>
        {history.map((step, i) => (
          <li key={`${step.at} ${i}`}>
            <time className="muted">{when(step.at)}</time>
            <strong>{shared.ticketState[step.to]}</strong>
            <span>{whoOf(step.by, step.as)}</span>
            {step.why === undefined ? null : <Why why={step.why} />}
          </li>
        ))}
      </ol>
      {historyDropped === undefined ? null : <p className="muted">{words.dropped(countOf(historyDropped))}</p>}
      {ticket.crew === undefined ? null : (
        <section>
          <h3>{words.crew}</h3>
          <p className="muted">{words.crewNeeds(String(ticket.crew))}</p>
          <ul>
            {"to" in ticket ? <li>{nameOf(ticket.to)}</li> : null}
            {helpers.map(({ engineer, arrivedAt }) => (
              <li key={engineer}>
                {nameOf(engineer)} <span className="muted">{arrivedAt === undefined ? words.helperComing : words.helperHere}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {checklist.length === 0 ? null : (
        <section>
          <h3>{words.checklist}</h3>
          <ul>
            {checklist.map(({ id, title, before, doneAt }) => (
              <li key={id} className={doneAt === undefined ? "open-step" : "done-step"}>
                {doneAt === undefined ? "☐" : "☑"} {title[language]}{" "}
                <span className="muted">{doneAt === undefined ? (before === "working" ? words.safety : words.finally) : when(doneAt)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {photos.length === 0 ? null : (
        <section>
          <h3>{words.photos}</h3>
          <div className="photos">
            {photos.map(({ id, takenAt }, i) => {
              const path = `/api/u/${encodeURIComponent(unit)}/tickets/${encodeURIComponent(ticket.id)}/photos/${id}`;
              return (
                <a key={id} href={path} target="_blank" rel="noreferrer">
                  <img src={path} alt={`${words.photo(String(i + 1))}, ${when(takenAt)}`} loading="lazy" />
                </a>
              );
            })}
          </div>
        </section>
      )}
      {complaints.length === 0 ? null : (
        <section>
          <h3>{words.complaints}</h3>
          <ul>
            {complaints.map(({ id, at, words: said, alarms: linked }) => (
              <li key={id}>
                <time className="muted">{when(at)}</time> <q>{said}</q>{" "}
                {linked.length === 0 ? null : <span className="muted">{words.linked(countOf(linked.length))}</span>}
                <ul aria-label={words.linked(countOf(linked.length))}>
                  {known
                    .filter(({ id: one }) => linked.includes(one))
                    .map((alarm) => (
                      <li key={alarm.id}>
                        {modeOf(alarm.faultMode)} <time className="muted">{when(alarm.raisedAt)}</time>{" "}
                        <span className="muted">
                          {alarm.evidence.map(({ channel, share }) => `${channelOf(channel)} ${Math.round(share * 100)} %`).join(" · ")}
                        </span>
                      </li>
                    ))}
                </ul>
              </li>
            ))}
          </ul>
        </section>
      )}
      {alarms.length < 2 ? null : (
        <section>
          <h3>{words.alarms}</h3>
          <ul>
            {alarms.map(({ id, faultMode, raisedAt }) => (
              <li key={id}>
                {modeOf(faultMode)} <time className="muted">{when(raisedAt)}</time>
              </li>
            ))}
          </ul>
        </section>
      )}
      {chain.kin.length === 0 ? null : (
        <section>
          <h3>{words.kin}</h3>
          <ul>
            {chain.kin.map((other) => (
              <li key={other.id}>
                <span className="muted">{words.kinds[roleOf(other)]}</span>{" "}
                <button type="button" className="link" onClick={() => choose(other.id)}>
                  {board.assets.find(({ id }) => id === other.asset)?.name ?? other.asset}, {modeOf(other.faultMode)}
                </button>{" "}
                <span className={`step ${other.state}`}>{shared.ticketState[other.state]}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
