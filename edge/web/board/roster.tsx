/** The roster for operations: which jobs of the coming weeks would wait too long, and the shifts that would close that, to be accepted by one word. */
import { Button, Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { RosterView } from "../../../contracts/roster-view.ts";
import { problemOf } from "../ask.ts";
import { useCommand } from "../command.ts";
import { countOf, dayOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { skillName } from "../reasons.ts";
import { boardWords } from "../words/board.ts";
import { explain } from "../words/problems.ts";
import { rosterWords } from "../words/roster.ts";
import { sharedWords } from "../words/shared.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";
import "./roster.css";

const DAYS = 14;
const HOUR_MS = 3_600_000;

export function RosterButton() {
  const words = useWords(rosterWords);
  const { close } = useWords(boardWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.button}</Button>
      <Drawer opened={open} onClose={() => setOpen(false)} position="right" size={460} title={words.title} closeButtonProps={{ "aria-label": close }}>
        {open ? <Roster /> : null}
      </Drawer>
    </>
  );
}

function Roster() {
  const language = useLanguage();
  const shared = useWords(sharedWords);
  const words = useWords(rosterWords);
  const { unit, api } = useUnit();
  const command = useCommand();
  const asked = useQuery({ queryKey: [unit, "roster"], queryFn: () => api.roster(DAYS), staleTime: 0, retry: false });
  if (asked.data === undefined) return <p className="muted">{asked.error === null ? shared.loading : explain(problemOf(asked.error), language).what}</p>;
  const { proposals } = asked.data;
  const accept = () => void command.run("accept", () => api.acceptShifts(proposals).then(() => asked.refetch()));
  return (
    <div className="roster">
      <Shown roster={asked.data} />
      {proposals.length === 0 ? null : (
        <Button variant="filled" loading={command.pending === "accept"} title={words.acceptWhy} onClick={accept}>
          {words.accept(countOf(proposals.length))}
        </Button>
      )}
      <Refused problem={command.problem} close={command.clear} />
    </div>
  );
}

function Shown({ roster }: { readonly roster: RosterView }) {
  const language = useLanguage();
  const words = useWords(rosterWords);
  const { before, after, proposals, names, timeZone, respondMs } = roster;
  const at = (instant: number): string => `${dayOf(instant, timeZone)} ${timeOf(instant, timeZone).slice(0, 5)}`;
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return (
    <>
      <p>{words.share(percent(before.share), percent(after.share), String(respondMs / HOUR_MS))}</p>
      <h3>{words.gaps}</h3>
      {before.gaps.length === 0 ? <p className="muted">{words.noGaps}</p> : null}
      <ul>
        {before.gaps.map(({ from, until, skills, cause }) => (
          <li key={`${from} ${skills.join()}`}>
            {at(from)} – {at(until)}{" "}
            <span className="muted">
              {skills.map((skill) => skillName(skill, language)).join(", ")}: {words.cause[cause]}
            </span>
          </li>
        ))}
      </ul>
      {before.more === 0 ? null : <p className="muted">{words.more(countOf(before.more))}</p>}
      {before.gaps.length === 0 ? null : <h3>{words.proposals}</h3>}
      {before.gaps.length > 0 && proposals.length === 0 ? <p className="muted">{words.none}</p> : null}
      <ul>
        {proposals.map(({ id, engineer, kind, from, until }) => (
          <li key={id}>
            <strong>{names[engineer] ?? engineer}</strong> {at(from)} – {at(until)} {kind === "on-call" ? words.onCall : null}
          </li>
        ))}
      </ul>
    </>
  );
}
