/** The models of a unit: what each kind of machine runs, how the candidate does against it, and the steps from shadow to live and back. */
import { Button, Drawer, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Me } from "../../../contracts/board.ts";
import type { Reason } from "../../../contracts/decision.ts";
import type { Drift } from "../../../contracts/model-binding.ts";
import { channelsOfCard } from "../../../contracts/model-card.ts";
import type { ModelShown, ModelsView, ProfileModels } from "../../../contracts/models-view.ts";
import { problemOf } from "../ask.ts";
import { type Command, useCommand } from "../command.ts";
import { countOf, spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { modelWords } from "../words/models.ts";
import { explain } from "../words/problems.ts";
import { sharedWords } from "../words/shared.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";
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

type Run = (name: string, action: () => Promise<unknown>) => void;
type Props = {
  readonly one: ProfileModels;
  readonly models: ModelsView["models"];
  readonly operations: boolean;
  readonly command: Command;
  readonly run: Run;
};

function Profile({ one, models, operations, command, run }: Props) {
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
      <Doings one={one} models={models} operations={operations} command={command} run={run} nameOf={nameOf} />
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

function Model({
  stage,
  name,
  shown,
  more = "",
}: {
  readonly stage: keyof typeof STAGES;
  readonly name: string;
  readonly shown: ModelShown | undefined;
  readonly more?: string;
}) {
  const words = useWords(modelWords);
  const card = shown?.card;
  return (
    <>
      <p className="one">
        <span className={`stage ${stage}`} title={words.stageWhy[stage]}>
          {words.stage[stage]}
        </span>
        <strong>{name}</strong>
        <span className="muted">{[...(shown === undefined ? [] : [shown.ships ? words.ships : words.came]), ...(more === "" ? [] : [more])].join(" · ")}</span>
      </p>
      <details>
        <summary>{words.card}</summary>
        {card === undefined ? (
          <p className="muted">{words.cardNone}</p>
        ) : (
          <dl lang="en">
            <dt>{card.name}</dt>
            <dd>{card.title}</dd>
            <dt>{words.cardFields.data}</dt>
            <dd>{card.data}</dd>
            {Object.keys(card.metrics).length === 0 ? null : (
              <>
                <dt>{words.cardFields.metrics}</dt>
                <dd>{figuresOf(card.metrics)}</dd>
              </>
            )}
            <dt>{words.cardFields.inputs}</dt>
            <dd>{(card.inputs["x"] ?? []).join(" × ")}</dd>
            {card.trainedWith === undefined ? null : (
              <>
                <dt>{words.cardFields.trainedWith}</dt>
                <dd>{card.trainedWith}</dd>
              </>
            )}
            {card.licence === undefined ? null : (
              <>
                <dt>{words.cardFields.licence}</dt>
                <dd>{card.licence}</dd>
              </>
            )}
            <dt>{words.cardFields.sha256}</dt>
            <dd>
              <code>{card.sha256.slice(0, 16)}…</code>
            </dd>
          </dl>
        )}
      </details>
    </>
  );
}

const STAGES = { shadow: 1, canary: 1, live: 1, retired: 1 } as const;

/** What became of what each of them said. */
function Records({ one, nameOf }: { readonly one: ProfileModels; readonly nameOf: (hash: string) => string }) {
  const words = useWords(modelWords);
  const { figures } = words;
  const percent = (share: number | undefined): string => (share === undefined ? "–" : `${Math.round(share * 100)} %`);
  const rows: readonly (readonly [string, (record: ProfileModels["records"][number]) => string])[] = [
    [figures.days, (r) => r.assetDays.toFixed(1)],
    [figures.verdicts, (r) => countOf(r.verdicts)],
    [figures.tickets, (r) => countOf(r.tickets)],
    [figures.true, (r) => countOf(r.found.true)],
    [figures.false, (r) => countOf(r.found.false)],
    [figures.unknown, (r) => countOf(r.found.unknown)],
    [figures.falseAlarmRate, (r) => percent(r.falseAlarmRate)],
    [figures.adoption, (r) => percent(r.adoption)],
    [figures.corrections, (r) => countOf(r.corrections)],
    [figures.failures, (r) => countOf(r.failures)],
  ];
  return (
    <div className="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">{words.title}</span>
            </th>
            {one.records.map(({ model, stage }) => (
              <th key={model} scope="col">
                {nameOf(model)} · {words.stage[stage]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, read]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {one.records.map((record) => (
                <td key={record.model}>{read(record)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Compared({ one: { comparison, canary } }: { readonly one: ProfileModels }) {
  const words = useWords(modelWords);
  const language = useLanguage();
  const lead = (ms: number | undefined): string => (ms === undefined ? "–" : spanOf(ms, language));
  return (
    <>
      {comparison === undefined ? null : (
        <>
          <h4>{words.compared}</h4>
          <p className="muted">{words.comparedOf(countOf(comparison.tickets), countOf(comparison.faults), comparison.assetDays.toFixed(1))}</p>
          <Two
            heads={[words.stage.live, words.stage.shadow]}
            rows={[
              [words.found, countOf(comparison.live.found), countOf(comparison.candidate.found)],
              [words.missed, countOf(comparison.live.missed), countOf(comparison.candidate.missed)],
              [words.false, countOf(comparison.live.false), countOf(comparison.candidate.false)],
              [words.lead, lead(comparison.live.leadMs), lead(comparison.candidate.leadMs)],
            ]}
          />
          <Standing reasons={comparison.refusal?.reasons ?? []} />
        </>
      )}
      {canary === undefined ? null : (
        <>
          <h4>{words.canary}</h4>
          <Two
            heads={[words.stage.canary, words.stage.live]}
            rows={[
              [words.alarms, countOf(canary.canary.alarms), countOf(canary.others.alarms)],
              [words.canaryDays, canary.canary.assetDays.toFixed(1), canary.others.assetDays.toFixed(1)],
              [words.figures.failures, countOf(canary.canary.failures), countOf(canary.others.failures)],
            ]}
          />
          <p className="muted">{words.chance((canary.chance * 100).toFixed(1))}</p>
          <Standing reasons={canary.refusal?.reasons ?? []} />
        </>
      )}
    </>
  );
}

function Two({ heads, rows }: { readonly heads: readonly [string, string]; readonly rows: readonly (readonly [string, string, string])[] }) {
  const words = useWords(modelWords);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">
            <span className="unseen">{words.compared}</span>
          </th>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, a, b]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{a}</td>
            <td>{b}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Standing({ reasons }: { readonly reasons: readonly Reason[] }) {
  const words = useWords(modelWords);
  return reasons.length === 0 ? (
    <p>{words.passes}</p>
  ) : (
    <>
      <p>{words.notYet}</p>
      <Reasons reasons={reasons} />
    </>
  );
}

function Reasons({ reasons }: { readonly reasons: readonly Reason[] }) {
  const words = useWords(modelWords);
  return reasons.length === 0 ? null : (
    <ul>
      {reasons.map((reason) => (
        <li key={reason.code}>{sentenceOf(words.reasons, reason)}</li>
      ))}
    </ul>
  );
}

function Doings({ one, models, operations, command, run, nameOf }: Props & { readonly nameOf: (hash: string) => string }) {
  const words = useWords(modelWords);
  const { api } = useUnit();
  const { profile, live, candidate, previous } = one.binding;
  const others = models.filter(({ hash, card }) => {
    const width = card === undefined ? null : channelsOfCard(card);
    return hash !== live && (card?.kind ?? "scores") === "scores" && (width === null || width === one.channels);
  });
  const [chosen, choose] = useState("");
  const [sure, ask] = useState(false);
  const hash = others.some((model) => model.hash === chosen) ? chosen : (others[0]?.hash ?? "");
  const button = (name: string, label: string, action: () => Promise<unknown>, filled = false) => (
    <Button {...(filled ? { variant: "filled" } : {})} loading={command.pending === `${profile} ${name}`} onClick={() => run(`${profile} ${name}`, action)}>
      {label}
    </Button>
  );
  const canGoBack = candidate?.stage === "canary" || previous !== undefined;
  const backTo = candidate?.stage === "canary" ? live : previous;
  return (
    <div className="doings">
      {!operations || candidate !== undefined ? null : others.length === 0 ? (
        <p className="muted">{words.startNone}</p>
      ) : (
        <>
          <NativeSelect
            aria-label={words.startWhich}
            value={hash}
            onChange={(event) => choose(event.currentTarget.value)}
            data={others.map((model) => ({ value: model.hash, label: nameIn(model, model.hash) }))}
          />
          {button("shadow", words.start, () => api.startShadow(profile, hash))}
        </>
      )}
      {operations && candidate?.stage === "shadow" ? button("canary", words.toCanary, () => api.ofModel(profile, "canary"), true) : null}
      {operations && candidate?.stage === "canary" ? button("promote", words.promote, () => api.ofModel(profile, "promote"), true) : null}
      {operations && candidate !== undefined ? button("stop", words.stop, () => api.ofModel(profile, "stop")) : null}
      {!canGoBack ? null : sure ? (
        button(
          "roll-back",
          `${words.sure} ${words.rollBackTo(backTo === undefined ? "" : nameOf(backTo))}`,
          () => api.ofModel(profile, "roll-back").finally(() => ask(false)),
          true,
        )
      ) : (
        <Button onClick={() => ask(true)}>{words.rollBack}</Button>
      )}
    </div>
  );
}

function nameIn(shown: ModelShown | undefined, hash: string): string {
  return shown === undefined ? hash.slice(0, 8) : `${shown.name}${shown.version === undefined ? "" : ` ${shown.version}`}`;
}

function sentenceOf(sentences: Readonly<Record<string, (about: Reason["about"]) => string>>, { code, about }: Reason): string {
  return sentences[code]?.(about) ?? code;
}

function figuresOf(metrics: Readonly<Record<string, unknown>>): string {
  return Object.entries(metrics)
    .filter(([, value]) => typeof value === "number" || typeof value === "string")
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(" · ");
}

function driftOf({ index, limit, channel }: Drift): Reason {
  return { code: "model-adrift", about: { index: round(index), limit: round(limit), ...(channel === undefined ? {} : { channel }) } };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
