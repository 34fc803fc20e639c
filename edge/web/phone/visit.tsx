/** What a visit asks for besides the next step: steps to tick, photographs to take, and a reason when it stands still. */
import { useState } from "react";
import { PauseReason, PHOTO_BYTES_MAX } from "../../../contracts/visit.ts";
import type { Api } from "../api.ts";
import { unitNow } from "../clock.ts";
import { useCommand } from "../command.ts";
import { useLanguage, useWords } from "../language.ts";
import { lifeWords } from "../words/life.ts";
import type { Job } from "./job.tsx";
import { Trouble } from "./parts.tsx";
import { shrink } from "./picture.ts";

type Props = { readonly api: Api; readonly job: Job; readonly refresh: () => Promise<void> };

export function Checklist({ api, job, refresh }: Props) {
  const language = useLanguage();
  const words = useWords(lifeWords);
  const command = useCommand();
  const steps = job.checklist ?? [];
  if (steps.length === 0) return null;
  // Safety first; once work has begun the rest of it.
  const groups = [
    ["working", words.safety],
    ["resolved", words.finally],
  ] as const;
  return (
    <section className="card steps">
      <h2>{words.checklist}</h2>
      {groups.map(([before, title]) => {
        const shown = steps.filter((step) => step.before === before);
        return shown.length === 0 ? null : (
          <fieldset key={before} disabled={command.pending !== null}>
            <legend className="muted">{title}</legend>
            {shown.map(({ id, title: step, doneAt }) => (
              <label key={id} className={doneAt === undefined ? "choice" : "choice chosen"}>
                <input
                  type="checkbox"
                  checked={doneAt !== undefined}
                  onChange={() => void command.run(id, () => api.tick(job.id, id, doneAt === undefined)).then(refresh)}
                />
                {step[language]}
              </label>
            ))}
          </fieldset>
        );
      })}
      <Trouble problem={command.problem} />
    </section>
  );
}

export function Photos({ api, job, refresh }: Props) {
  const words = useWords(lifeWords);
  const command = useCommand();
  const photos = job.photos ?? [];
  const lacking = (job.photosMin ?? 0) - photos.length;
  if (job.state !== "working" && photos.length === 0) return null;
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    void command
      .run("photo", async () => {
        const picture = await shrink(file, PHOTO_BYTES_MAX);
        await api.photograph(job.id, picture, Math.min(file.lastModified, unitNow()));
      })
      .then(refresh);
  };
  return (
    <section className="card">
      <h2>
        {words.photos}
        {lacking > 0 ? <span className="state kit-short">{words.photosNeeded(String(lacking))}</span> : null}
      </h2>
      <div className="photos">
        {photos.map(({ id }, i) => (
          <img key={id} src={api.photoPath(job.id, id)} alt={words.photo(String(i + 1))} />
        ))}
        {job.state === "working" ? (
          <label className="take">
            <input
              type="file"
              accept="image/*"
              capture="environment"
              disabled={command.pending !== null}
              onChange={(event) => {
                take(event.target.files?.[0]);
                event.target.value = "";
              }}
            />
            <span>{words.photoAdd}</span>
          </label>
        ) : null}
      </div>
      <Trouble problem={command.problem} />
    </section>
  );
}

export function PauseCard({ api, job, refresh }: Props) {
  const words = useWords(lifeWords);
  const command = useCommand();
  const [open, setOpen] = useState(false);
  if (job.state === "paused") return <p className="card said">{words.pausedFor(words.pauses[job.pause.reason])}</p>;
  return (
    <section className="late">
      <Trouble problem={command.problem} />
      {open ? (
        <fieldset className="pauses" disabled={command.pending !== null}>
          <legend>{words.pauseWhy}</legend>
          {PauseReason.options.map((reason) => (
            <button key={reason} type="button" onClick={() => void command.run(reason, () => api.pause(job.id, reason, "")).then(refresh)}>
              {words.pauses[reason]}
            </button>
          ))}
        </fieldset>
      ) : (
        <button type="button" className="quiet" onClick={() => setOpen(true)}>
          {words.pause}
        </button>
      )}
    </section>
  );
}
