/** The accepted job: where it stands, the next step as one button, and at the end what was found, done and used. */
import { useState } from "react";
import type { Phone } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import type { Api } from "../api.ts";
import { useCommand } from "../command.ts";
import { CustomerSaid } from "../customer-said.tsx";
import { useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import { phoneWords } from "../words/phone.ts";
import { Checklist, PauseCard, Photos } from "./visit.tsx";
import { CloseForm } from "./close-form.tsx";
import { Late } from "./late.tsx";
import { Deadline, Headline, Parts, Repairs, Trouble } from "./parts.tsx";

export type Job = Extract<Ticket, { state: "assigned" | "travelling" | "working" | "paused" }>;
type Props = {
  readonly api: Api;
  readonly phone: Phone;
  readonly scenario: Scenario;
  readonly job: Job;
  readonly refresh: () => Promise<void>;
  readonly closed: () => void;
};

const STEPS = ["assigned", "travelling", "working", "resolved"] as const;

export function JobCard({ api, phone, scenario, job, refresh, closed }: Props) {
  const words = useWords(phoneWords);
  const life = useWords(lifeWords);
  const command = useCommand();
  const [closing, setClosing] = useState(false);
  const asset = phone.assets.find(({ id }) => id === job.asset);
  const kit = phone.kits.find(({ ticket }) => ticket === job.id);
  const go = (to: "travelling" | "working") => void command.run(to, () => api.progress(job.id, { to })).then(refresh);
  // A paused job goes on where it stood: on the way, or at the machine.
  const stands = job.state === "paused" ? (job.arrivedAt === undefined ? (job.leftAt === undefined ? "assigned" : "travelling") : "working") : job.state;
  return (
    <>
      <section className="card">
        <p className="eyebrow calm-eyebrow">{words.yourJob}</p>
        <Headline ticket={job} asset={asset} scenario={scenario} />
        <CustomerSaid ticket={job} zone={scenario.timeZone} />
        <ol className="rail" aria-label={words.yourJob}>
          {STEPS.map((step) => (
            <li
              key={step}
              className={STEPS.indexOf(step) < STEPS.indexOf(stands) ? "past" : step === stands ? "here" : ""}
              aria-current={step === stands ? "step" : undefined}
            >
              {words.steps[step]}
            </li>
          ))}
        </ol>
        <div className="deadlines">
          {job.state === "working" ? null : <Deadline label={words.respondBy} by={job.respondBy} zone={scenario.timeZone} />}
          <Deadline label={words.resolveBy} by={job.resolveBy} zone={scenario.timeZone} />
        </div>
        {asset === undefined || job.state === "working" ? null : (
          <a className="navigate" href={`geo:${asset.position.lat},${asset.position.lon}?q=${asset.position.lat},${asset.position.lon}`}>
            {words.navigate} <span aria-hidden="true">↗</span>
          </a>
        )}
      </section>
      {closing ? (
        <CloseForm
          kit={kit}
          scenario={scenario}
          command={command}
          back={() => setClosing(false)}
          send={(report) =>
            void command
              .run("resolved", () => api.progress(job.id, { to: "resolved", ...report }))
              .then(async (taken) => {
                if (taken) closed();
                await refresh();
              })
          }
        />
      ) : (
        <>
          <Checklist api={api} job={job} refresh={refresh} />
          <Photos api={api} job={job} refresh={refresh} />
          <PauseCard key={job.state} api={api} job={job} refresh={refresh} />
          {stands === "working" || job.state === "paused" ? null : <Late key={job.id} api={api} ticket={job.id} zone={scenario.timeZone} refresh={refresh} />}
          <Parts api={api} phone={phone} zone={scenario.timeZone} kit={kit} />
          <Repairs ticket={job} scenario={scenario} />
          <footer className="answer">
            <Trouble problem={command.problem} />
            <div className="buttons">
              {job.state === "paused" ? (
                <button type="button" className="main" disabled={command.pending !== null} onClick={() => go(stands === "working" ? "working" : "travelling")}>
                  {command.pending === null ? life.resume : words.sending}
                </button>
              ) : job.state === "assigned" ? (
                <button type="button" className="main" disabled={command.pending !== null} onClick={() => go("travelling")}>
                  {command.pending === null ? words.goTravelling : words.sending}
                </button>
              ) : job.state === "travelling" ? (
                <button type="button" className="main" disabled={command.pending !== null} onClick={() => go("working")}>
                  {command.pending === null ? words.goWorking : words.sending}
                </button>
              ) : (
                <button type="button" className="main" onClick={() => setClosing(true)}>
                  {words.goResolved}
                </button>
              )}
            </div>
          </footer>
        </>
      )}
    </>
  );
}
