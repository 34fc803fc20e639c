/** "I am away": from when until when; and "I am back". Nobody is asked why. */
import { useState } from "react";
import type { Phone } from "../../../contracts/board.ts";
import type { Api } from "../api.ts";
import { AwayForm } from "../away-form.tsx";
import { useNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { dayOf, timeOf } from "../figures.ts";
import { useWords } from "../language.ts";
import { phoneWords } from "../words/phone.ts";
import { planWords } from "../words/plan.ts";
import { Trouble } from "./parts.tsx";

type Props = { readonly api: Api; readonly engineer: Phone["engineer"]; readonly zone: string; readonly refresh: () => Promise<void> };

export function Away({ api, engineer, zone, refresh }: Props) {
  const words = useWords(planWords).away;
  const phone = useWords(phoneWords);
  const command = useCommand();
  const now = useNow(60_000);
  const [open, setOpen] = useState(false);
  const absences = (engineer.absences ?? []).filter(({ until }) => until > now);
  const at = (instant: number) => `${dayOf(instant, zone)} ${timeOf(instant, zone).slice(0, 5)}`;
  const run = (name: string, action: () => Promise<unknown>) =>
    void command.run(name, action).then(async (taken) => {
      if (taken) setOpen(false);
      await refresh();
    });
  return (
    <section className="late" aria-label={words.mine}>
      <Trouble problem={command.problem} />
      {absences.length === 0 ? null : (
        <div role="status">
          {absences.map(({ from, until }) => (
            <p key={from}>{words.listed(at(from), at(until))}</p>
          ))}
          <button type="button" className="quiet" disabled={command.pending !== null} onClick={() => run("back", () => api.present(engineer.id))}>
            {words.mineBack}
          </button>
        </div>
      )}
      {open ? (
        <div className="card">
          <h2>{words.mineTitle}</h2>
          <AwayForm zone={zone} own pending={command.pending !== null} send={(absence) => run("away", () => api.absent(engineer.id, absence))} />
          <button type="button" className="quiet" onClick={() => setOpen(false)}>
            {phone.back}
          </button>
        </div>
      ) : (
        <button type="button" className="quiet" onClick={() => setOpen(true)}>
          {words.mine}
        </button>
      )}
    </section>
  );
}
