/** The job that somebody else holds and this engineer helps with: where, with whom, and the one thing to say, that they are there. */
import type { Phone } from "../../../contracts/board.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import type { Api } from "../api.ts";
import { useCommand } from "../command.ts";
import { useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import { phoneWords } from "../words/phone.ts";
import type { Job } from "./job.tsx";
import { Deadline, Headline, Trouble } from "./parts.tsx";
import { Checklist } from "./visit.tsx";

type Props = { readonly api: Api; readonly phone: Phone; readonly scenario: Scenario; readonly job: Job; readonly refresh: () => Promise<void> };

export function Along({ api, phone, scenario, job, refresh }: Props) {
  const words = useWords(phoneWords);
  const life = useWords(lifeWords);
  const command = useCommand();
  const asset = phone.assets.find(({ id }) => id === job.asset);
  const isHere = job.helpers?.find(({ engineer }) => engineer === phone.engineer.id)?.arrivedAt !== undefined;
  return (
    <>
      <section className="card">
        <p className="eyebrow calm-eyebrow">{life.along}</p>
        <Headline ticket={job} asset={asset} scenario={scenario} />
        <p>{isHere ? life.arrivedSaid : life.alongWhy(phone.names[job.to] ?? job.to)}</p>
        <div className="deadlines">
          <Deadline label={words.respondBy} by={job.respondBy} zone={scenario.timeZone} />
        </div>
        {asset === undefined || isHere ? null : (
          <a className="navigate" href={`geo:${asset.position.lat},${asset.position.lon}?q=${asset.position.lat},${asset.position.lon}`}>
            {words.navigate} <span aria-hidden="true">↗</span>
          </a>
        )}
      </section>
      <Checklist api={api} job={job} refresh={refresh} />
      {isHere ? null : (
        <footer className="answer">
          <Trouble problem={command.problem} />
          <div className="buttons">
            <button
              type="button"
              className="quiet"
              disabled={command.pending !== null}
              onClick={() => void command.run("leave", () => api.leave(job.id)).then(refresh)}
            >
              {life.leave}
            </button>
            <button
              type="button"
              className="main"
              disabled={command.pending !== null}
              onClick={() => void command.run("working", () => api.progress(job.id, { to: "working" })).then(refresh)}
            >
              {command.pending === null ? life.arrived : words.sending}
            </button>
          </div>
        </footer>
      )}
    </>
  );
}
