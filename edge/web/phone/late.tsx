/** "I'm late": the engineer's own word for when they will be there, in one tap. The plan goes by it, and so does whoever waits. */
import { useState } from "react";
import type { Api } from "../api.ts";
import { unitNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { spanOf, timeOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { phoneWords } from "../words/phone.ts";
import { Trouble } from "./parts.tsx";

/** From now, in minutes: what people say on the telephone. */
const CHOICES = [15, 30, 60, 120] as const;
const MINUTE_MS = 60_000;

type Props = { readonly api: Api; readonly ticket: string; readonly zone: string; readonly refresh: () => Promise<void> };

export function Late({ api, ticket, zone, refresh }: Props) {
  const words = useWords(phoneWords);
  const language = useLanguage();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [said, setSaid] = useState<number | null>(null);
  const say = (minutes: number) => {
    const arriveAt = Math.round((unitNow() + minutes * MINUTE_MS) / MINUTE_MS) * MINUTE_MS;
    void command
      .run("late", () => api.late(ticket, arriveAt))
      .then(async (taken) => {
        if (!taken) return;
        setSaid(arriveAt);
        setOpen(false);
        await refresh();
      });
  };
  return (
    <section className="late">
      <Trouble problem={command.problem} />
      {said === null ? null : <p role="status">{words.lateSaid(timeOf(said, zone).slice(0, 5))}</p>}
      {open ? (
        <fieldset disabled={command.pending !== null}>
          <legend>{words.lateWhen}</legend>
          {CHOICES.map((minutes) => (
            <button key={minutes} type="button" onClick={() => say(minutes)}>
              {words.lateIn(spanOf(minutes * MINUTE_MS, language))}
            </button>
          ))}
        </fieldset>
      ) : (
        <button type="button" className="quiet" onClick={() => setOpen(true)}>
          {words.late}
        </button>
      )}
    </section>
  );
}
