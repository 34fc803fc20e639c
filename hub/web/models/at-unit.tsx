/** One release at one unit: how far it is, what it and the live model found and got wrong there, and why it is not further. */
import type { Reason } from "../../../contracts/decision.ts";
import type { ModelRecord } from "../../../contracts/model-record.ts";
import type { ReleaseState } from "../../../contracts/release.ts";
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import { modelWords } from "../../../edge/web/words/models.ts";
import type { ReleaseAtUnit, ReleaseView } from "../../models/asked.ts";
import { instantOf } from "../parts/time.ts";
import { hubModelWords } from "../words/models.ts";
import { explainAtHub } from "../words/problems.ts";
import { Asks } from "./asks.tsx";

const CHIP: Readonly<Record<ReleaseState["state"], string>> = {
  waiting: "chip",
  fetching: "chip slow",
  refused: "chip broken",
  shadow: "chip slow",
  canary: "chip behind",
  live: "chip ok",
  ended: "chip",
};
const isOver = (state: ReleaseState["state"]): boolean => state === "refused" || state === "ended";

export function AtUnit({ one, release }: { readonly one: ReleaseAtUnit; readonly release: ReleaseView }) {
  const words = useWords(hubModelWords);
  const shared = useWords(modelWords);
  const now = useNow(1_000);
  const { unit, toldAt, state, record, live, comparison, canary } = one;
  const waiting = release.asks.filter(({ n, units }) => n > (state.answered ?? 0) && (units === undefined || units.includes(unit)));
  const reasons = isOver(state.state) ? (state.reasons ?? []) : [...(comparison?.refusal?.reasons ?? []), ...(canary?.refusal?.reasons ?? [])];
  return (
    <li className="card at-unit">
      <div className="card-row">
        <h3>
          {unit} <span className={CHIP[state.state]}>{words.state[state.state]}</span>
        </h3>
        <Asks id={release.id} states={[state.state]} unit={unit} />
      </div>
      <p className="muted">
        {words.stateWhy[state.state]} {state.fetched === undefined ? "" : words.fetched(countOf(state.fetched))} {words.told(instantOf(toldAt, now))}
      </p>
      {comparison === undefined ? null : (
        <div>
          <p>{shared.comparedOf(countOf(comparison.tickets), countOf(comparison.faults), comparison.assetDays.toFixed(1))}</p>
          <p>
            {words.compared(
              countOf(comparison.candidate.found),
              countOf(comparison.live.found),
              countOf(comparison.candidate.false),
              countOf(comparison.live.false),
            )}
          </p>
        </div>
      )}
      {reasons.length === 0 ? null : (
        <p>
          <b>{isOver(state.state) ? words.because : shared.notYet}</b>: {reasons.map((reason) => sentenceOf(shared, reason)).join("; ")}
        </p>
      )}
      <Refusal state={state} />
      {waiting.length === 0 ? null : (
        <p className="warn" role="status">
          {words.asked}: {waiting.map(({ type, by }) => words.askedBy(words.ask[type], by)).join("; ")}
        </p>
      )}
      {record === undefined ? null : <Figures record={record} live={live} />}
    </li>
  );
}

function Refusal({ state: { refusal } }: { readonly state: ReleaseState }) {
  const language = useLanguage();
  const words = useWords(hubModelWords);
  if (refusal === undefined) return null;
  const { refused, ...rest } = refusal;
  const { what, detail } = explainAtHub({ code: refused, ...rest } as Parameters<typeof explainAtHub>[0], language);
  return (
    <div className="trouble">
      <strong>
        {words.refusedTo}: {what}
      </strong>
      <div lang="en">{detail}</div>
    </div>
  );
}

function Figures({ record, live }: { readonly record: ModelRecord; readonly live: ModelRecord | undefined }) {
  const words = useWords(hubModelWords);
  const { figures } = useWords(modelWords);
  const percent = (value: number | undefined): string => (value === undefined ? "–" : `${Math.round(value * 100)} %`);
  const rows: readonly (readonly [string, (of: ModelRecord) => string])[] = [
    [figures.days, ({ assetDays }) => assetDays.toFixed(1)],
    [figures.verdicts, ({ verdicts }) => countOf(verdicts)],
    [figures.tickets, ({ tickets }) => countOf(tickets)],
    [figures.true, ({ found }) => countOf(found.true)],
    [figures.false, ({ found }) => countOf(found.false)],
    [figures.falseAlarmRate, ({ falseAlarmRate }) => percent(falseAlarmRate)],
    [figures.adoption, ({ adoption }) => percent(adoption)],
    [figures.corrections, ({ corrections }) => countOf(corrections)],
    [figures.failures, ({ failures }) => countOf(failures)],
  ];
  return (
    <table className="figures-table">
      <thead>
        <tr>
          <th scope="col">{words.figure}</th>
          <th scope="col">{words.this}</th>
          {live === undefined ? null : <th scope="col">{words.live}</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, read]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{read(record)}</td>
            {live === undefined ? null : <td>{read(live)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function sentenceOf(
  { reasons, how }: { readonly reasons: Readonly<Record<string, (about: Reason["about"]) => string>>; readonly how: Readonly<Record<string, string>> },
  { code, about }: Reason,
): string {
  // How it ended says more than that it did.
  if (code === "ended") return how[String(about["how"])] ?? String(about["how"]);
  return reasons[code]?.(about) ?? code;
}
