/** Lines of the log, the newest first: rows that open, or cards on a phone. */
import { useState } from "react";
import { spanOf } from "../../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { OperationLine } from "../../api/pages.ts";
import { useNarrow } from "../parts/narrow.ts";
import { preciseTime } from "../parts/time.ts";
import { logWords } from "../words/log.ts";
import { LineDetail } from "./line-detail.tsx";
import { shortValue } from "./value.ts";

/** A writer's clock that is further ahead of the hub's than this is said to be. */
const AHEAD_MS = 1_000;

type Props = { readonly operations: readonly OperationLine[]; readonly ofEntity: (entity: string, id: string) => void };

export function Lines({ operations, ofEntity }: Props) {
  const words = useWords(logWords).operations;
  const [open, setOpen] = useState<string | null>(null);
  const keyOf = ({ stream, hubSeq }: OperationLine): string => `${stream} ${hubSeq}`;
  const toggle = (line: OperationLine) => setOpen(open === keyOf(line) ? null : keyOf(line));
  if (useNarrow())
    return (
      <ol className="cards">
        {operations.map((line) => (
          <li key={keyOf(line)} className={`card line ${line.outcome}`}>
            <button type="button" className="card-head" aria-expanded={open === keyOf(line)} onClick={() => toggle(line)}>
              <span className="what">
                <b>{line.entity}</b> {line.attr === "" ? words.deleted : line.attr}
              </span>
              <Outcome line={line} />
              <span className="value">
                <Value line={line} />
              </span>
              <span className="muted">
                {line.id} · {preciseTime(line.appliedAt)} · {line.unit} · <Took line={line} />
              </span>
            </button>
            {open === keyOf(line) ? <LineDetail line={line} ofEntity={ofEntity} /> : null}
          </li>
        ))}
      </ol>
    );
  return (
    <div className="panel wide-table">
      <table className="lines">
        <thead>
          <tr>
            {(["taken", "latency", "outcome", "what", "value", "who"] as const).map((column) => (
              <th key={column} scope="col" className={column}>
                {words.columns[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {operations.map((line) => (
            <Row key={keyOf(line)} line={line} open={open === keyOf(line)} toggle={() => toggle(line)} ofEntity={ofEntity} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({
  line,
  open,
  toggle,
  ofEntity,
}: {
  readonly line: OperationLine;
  readonly open: boolean;
  readonly toggle: () => void;
  readonly ofEntity: Props["ofEntity"];
}) {
  const words = useWords(logWords).operations;
  return (
    <>
      <tr className={open ? `${line.outcome} open` : line.outcome}>
        <td className="taken">
          <time>{preciseTime(line.appliedAt)}</time>
        </td>
        <td className="latency">
          <Took line={line} />
        </td>
        <td className="outcome">
          <Outcome line={line} />
        </td>
        <th scope="row" className="what">
          <button type="button" className="row-open" aria-expanded={open} onClick={toggle}>
            <b>{line.entity}</b> {line.attr === "" ? words.deleted : line.attr} <span className="muted id">{line.id}</span>
          </button>
        </th>
        <td className="value">
          <Value line={line} />
        </td>
        <td className="who">
          {line.unit} <span className="muted">{line.actor}</span>
        </td>
      </tr>
      {open ? (
        <tr className="detail">
          <td colSpan={6}>
            <LineDetail line={line} ofEntity={ofEntity} />
          </td>
        </tr>
      ) : null}
    </>
  );
}

export function Outcome({ line: { outcome, redelivered } }: { readonly line: OperationLine }) {
  const words = useWords(logWords).operations;
  return (
    <span className={`chip ${outcome === "applied" ? "ok" : outcome === "lost" ? "slow" : "broken"}`}>
      {words.outcomesShort[outcome]}
      {redelivered === undefined ? "" : ` · ${words.redelivered}`}
    </span>
  );
}

function Took({ line: { at, appliedAt } }: { readonly line: OperationLine }) {
  const language = useLanguage();
  const words = useWords(logWords).operations;
  return at - appliedAt > AHEAD_MS ? <span className="warn">{words.ahead}</span> : <>{spanOf(appliedAt - at, language)}</>;
}

/** What stands; where it is not what was sent, both. */
function Value({ line: { op, attr, value, sent, personal, outcome } }: { readonly line: OperationLine }) {
  const words = useWords(logWords).operations;
  if (personal === true) return <span className="muted">{words.personal}</span>;
  if (op === "delete" || attr === "") return <span className="muted">{words.deleted}</span>;
  if (outcome === "applied" && sent === undefined)
    return value === undefined ? <span className="muted">{words.unset}</span> : <code>{shortValue(value, attr)}</code>;
  return (
    <>
      {sent === undefined ? null : (
        <>
          <code>{words.sent(shortValue(sent, attr))}</code>{" "}
        </>
      )}
      {value === undefined ? null : <code className="muted">{words.stands(shortValue(value, attr))}</code>}
    </>
  );
}
