/** What became of what models said, and how a candidate compares with the live one, as tables. */
import type { ProfileModels } from "../../../contracts/models-view.ts";
import { countOf, spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { modelWords } from "../words/models.ts";
import { Standing } from "./model-reasons.tsx";

/** What became of what each of them said. */
export function Records({ one, nameOf }: { readonly one: ProfileModels; readonly nameOf: (hash: string) => string }) {
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

export function Compared({ one: { comparison, canary } }: { readonly one: ProfileModels }) {
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
