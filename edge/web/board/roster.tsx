/** The roster for operations: which jobs of the coming weeks would wait too long, and the shifts that would close that, to be accepted by one word. */
import { Button, Drawer } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RosterView } from "../../../contracts/roster-view.ts";
import { problemOf } from "../ask.ts";
import { useCommand } from "../command.ts";
import { unitNow } from "../clock.ts";
import { countOf, dayTimeOf, timeOf } from "../figures.ts";
import { type Language, useLanguage, useWords } from "../language.ts";
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
  const queries = useQueryClient();
  const command = useCommand();
  const asked = useQuery({ queryKey: [unit, "roster"], queryFn: () => api.roster(DAYS), staleTime: 0, retry: false });
  if (asked.data === undefined) return <p className="muted">{asked.error === null ? shared.loading : explain(problemOf(asked.error), language).what}</p>;
  const { proposals } = asked.data;
  // Shifts are the plan's too.
  const again = () =>
    Promise.all([asked.refetch(), queries.invalidateQueries({ queryKey: [unit, "plan"] }), queries.invalidateQueries({ queryKey: [unit, "board"] })]);
  const accept = () => void command.run("accept", () => api.acceptShifts(proposals)).then(again);
  const drop = (shift: RosterView["accepted"][number]) => void command.run(shift.id, () => api.dropShift(shift)).then(again);
  return (
    <div className="roster">
      <Shown roster={asked.data} />
      {proposals.length === 0 ? null : (
        <Button variant="filled" loading={command.pending === "accept"} title={words.acceptWhy} onClick={accept}>
          {words.accept(countOf(proposals.length))}
        </Button>
      )}
      <Accepted roster={asked.data} pending={command.pending} drop={drop} />
      <History roster={asked.data} />
      <Refused problem={command.problem} close={command.clear} />
    </div>
  );
}

/** Shifts of their own dates that dispatch goes by; what has not begun can be taken back. */
function Accepted({
  roster: { accepted, names, timeZone },
  pending,
  drop,
}: {
  readonly roster: RosterView;
  readonly pending: string | null;
  readonly drop: (shift: RosterView["accepted"][number]) => void;
}) {
  const words = useWords(rosterWords);
  const language = useLanguage();
  if (accepted.length === 0) return null;
  return (
    <>
      <h3>{words.accepted}</h3>
      <ul>
        {accepted.map((shift) => (
          <li key={shift.id}>
            <span>
              <strong>{names[shift.engineer] ?? shift.engineer}</strong> {spanIn(shift.from, shift.until, timeZone, language)}{" "}
              {shift.kind === "on-call" ? words.onCall : null}
            </span>
            {shift.from <= unitNow() ? (
              <span className="muted">{words.begun}</span>
            ) : (
              <Button
                size="compact-xs"
                loading={pending === shift.id}
                aria-label={words.dropOf(names[shift.engineer] ?? shift.engineer, spanIn(shift.from, shift.until, timeZone, language))}
                onClick={() => drop(shift)}
              >
                {words.drop}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** Who accepted and took back what. */
function History({ roster: { history, names, timeZone } }: { readonly roster: RosterView }) {
  const language = useLanguage();
  const words = useWords(rosterWords);
  if (history.length === 0) return null;
  return (
    <details>
      <summary>{words.history}</summary>
      <ul>
        {history.map(({ at, by, engineer, outcome, shifts }) => (
          <li key={`${at} ${engineer} ${shifts[0]?.from ?? ""}`}>
            <span>
              {words.told[outcome](names[engineer] ?? engineer)} {shifts.map(({ from, until }) => spanIn(from, until, timeZone, language)).join(" · ")}
            </span>
            <span className="muted">
              {dayTimeOf(at, timeZone, language)} {by}
            </span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** With its weekday; the day once where it ends on the same. */
function spanIn(from: number, until: number, timeZone: string, language: Language): string {
  const day = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeZone, weekday: "short", month: "2-digit", day: "2-digit" });
  const clock = (at: number): string => timeOf(at, timeZone).slice(0, 5);
  const ends = day.format(until) === day.format(from) ? clock(until) : `${day.format(until)} ${clock(until)}`;
  return `${day.format(from)} ${clock(from)} – ${ends}`;
}

function Shown({ roster }: { readonly roster: RosterView }) {
  const language = useLanguage();
  const shared = useWords(sharedWords);
  const words = useWords(rosterWords);
  const { before, after, proposals, names, timeZone, respondMs } = roster;
  const span = (from: number, until: number): string => spanIn(from, until, timeZone, language);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  return (
    <>
      <p>
        {proposals.length === 0
          ? words.shareNow(percent(before.share), String(respondMs / HOUR_MS))
          : words.share(percent(before.share), percent(after.share), String(respondMs / HOUR_MS))}
      </p>
      <h3>{words.gaps}</h3>
      {before.gaps.length === 0 ? <p className="muted">{words.noGaps}</p> : null}
      <ul>
        {before.gaps.map(({ from, until, skills, cause }) => (
          <li key={`${from} ${skills.join()}`}>
            {span(from, until)}{" "}
            <span className="muted">{words.because(skills.map((skill) => skillName(skill, language)).join(shared.and), words.cause[cause])}</span>
          </li>
        ))}
      </ul>
      {before.more === 0 ? null : <p className="muted">{words.more(countOf(before.more))}</p>}
      {before.gaps.length === 0 ? null : <h3>{words.proposals}</h3>}
      {before.gaps.length > 0 && proposals.length === 0 ? <p className="muted">{words.none}</p> : null}
      <ul>
        {proposals.map(({ id, engineer, kind, from, until }) => (
          <li key={id}>
            <strong>{names[engineer] ?? engineer}</strong> {span(from, until)} {kind === "on-call" ? words.onCall : null}
          </li>
        ))}
      </ul>
    </>
  );
}
