/** The models of a unit: what each kind of machine runs, how the candidate does against it, and the steps from shadow to live and back. */
import { Button, Drawer } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Me } from "../../../contracts/board.ts";
import type { Reason } from "../../../contracts/decision.ts";
import type { Drift } from "../../../contracts/model-binding.ts";
import type { ModelShown } from "../../../contracts/models-view.ts";
import { problemOf } from "../ask.ts";
import { useCommand } from "../command.ts";
import { countOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { modelWords } from "../words/models.ts";
import { explain } from "../words/problems.ts";
import { sharedWords } from "../words/shared.ts";
import { Model, nameIn } from "./model-card.tsx";
import { Compared, Records } from "./model-figures.tsx";
import { Reasons, sentenceOf } from "./model-reasons.tsx";
import { Steps, type StepProps } from "./model-steps.tsx";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";
import "./models.css";

import "./models.css";

/** What Intakes tell comes every half minute. */
const MODELS_MS = 10_000;

export function ModelsButton({ me }: { readonly me: Me }) {
  const words = useWords(modelWords);
  const { close } = useWords(boardWords);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{words.button}</Button>
      <Drawer opened={open} onClose={() => setOpen(false)} position="right" size={560} title={words.title} closeButtonProps={{ "aria-label": close }}>
        {open ? <Models operations={me.role === "operations" || me.role === "admin"} /> : null}
      </Drawer>
    </>
  );
}

function Models({ operations }: { readonly operations: boolean }) {
  const language = useLanguage();
  const shared = useWords(sharedWords);
  const words = useWords(modelWords);
  const { unit, api } = useUnit();
  const command = useCommand();
  const asked = useQuery({ queryKey: [unit, "models"], queryFn: api.models, staleTime: 0, refetchInterval: MODELS_MS, retry: false });
  if (asked.data === undefined) return <p className="muted">{asked.error === null ? shared.loading : explain(problemOf(asked.error), language).what}</p>;
  const run = (name: string, action: () => Promise<unknown>) => void command.run(name, action).then(() => asked.refetch());
  return (
    <div className="models">
      {operations ? null : <p className="muted">{words.onlyOperations}</p>}
      {asked.data.profiles.map((one) => (
        <Profile key={one.binding.profile} one={one} models={asked.data.models} operations={operations} command={command} run={run} />
      ))}
      <Refused problem={command.problem} close={command.clear} />
    </div>
  );
}

function Profile({ one, models, operations, command, run }: StepProps) {
  const language = useLanguage();
  const words = useWords(modelWords);
  const { live, release, candidate, previous, drift, parked = [], ended } = one.binding;
  const modelOf = (hash: string): ModelShown | undefined => models.find((model) => model.hash === hash);
  const nameOf = (hash: string): string => nameIn(modelOf(hash), hash);
  return (
    <section aria-label={one.title[language]}>
      <h3>
        {one.title[language]} <span className="muted">{words.devices(countOf(one.devices))}</span>
      </h3>
      <Model stage="live" name={nameOf(live)} shown={modelOf(live)} more={release === undefined ? "" : words.release(release)} />
      {drift === undefined ? null : (
        <p className="warn" role="status">
          {words.adrift}: {sentenceOf(words.reasons, driftOf(drift))}
        </p>
      )}
      {candidate === undefined ? null : (
        <Model
          stage={candidate.stage}
          name={nameOf(candidate.hash)}
          shown={modelOf(candidate.hash)}
          more={[
            ...(candidate.stage === "canary" ? [words.share(String(Math.round(candidate.share * 100)))] : []),
            ...(candidate.release === undefined ? [] : [words.release(candidate.release)]),
          ].join(" · ")}
        />
      )}
      {previous === undefined ? null : <Model stage="retired" name={nameOf(previous)} shown={modelOf(previous)} />}
      {parked.map(({ hash, why, count }) => (
        <p key={hash} className="warn">
          {words.parked}: {nameOf(hash)} · {words.parkedWhy[why]} × {countOf(count)}
        </p>
      ))}
      <Records one={one} nameOf={nameOf} />
      <Compared one={one} />
      <Steps one={one} models={models} operations={operations} command={command} run={run} nameOf={nameOf} />
      {ended === undefined ? null : (
        <>
          <h4>{words.ended}</h4>
          <p>
            {nameOf(ended.hash)} ({words.stage[ended.stage]}): {words.how[ended.how]} · {ended.by}
          </p>
          <Reasons reasons={ended.reasons} />
        </>
      )}
    </section>
  );
}

function driftOf({ index, limit, channel }: Drift): Reason {
  return { code: "model-adrift", about: { index: round(index), limit: round(limit), ...(channel === undefined ? {} : { channel }) } };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
