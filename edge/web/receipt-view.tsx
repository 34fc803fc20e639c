/** What an absence of the hub came to: when, how much, and that both sides hold the same again. */
import "./receipt.css";
import type { Conflict, ReceiptSummary } from "../../contracts/receipt.ts";
import { countOf, dayOf, spanOf, timeOf } from "./figures.ts";
import { useLanguage, useWords } from "./language.ts";
import { receiptWords } from "./words/receipt.ts";

type Props = { readonly receipt: ReceiptSummary; readonly conflicts?: readonly Conflict[]; readonly zone: string };

export function ReceiptView({ receipt, conflicts = [], zone }: Props) {
  const words = useWords(receiptWords);
  const { operations, heard, conflictCount, dead, lost, drill } = receipt;
  const figures: readonly (readonly [string, number, string])[] = [
    [words.sent, operations, ""],
    [words.heard, heard, ""],
    [words.conflicts, conflictCount, ""],
    [words.dead, dead, dead > 0 ? "warn" : ""],
    [words.lost, lost, lost > 0 ? "bad" : "good"],
  ];
  return (
    <div className="receipt">
      <Course receipt={receipt} zone={zone} />
      {drill ? <p className="receipt-drill">{words.drill}</p> : null}
      <dl className="receipt-figures">
        {figures.map(([name, count, tone]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={tone}>{countOf(count)}</dd>
          </div>
        ))}
      </dl>
      <Digests receipt={receipt} />
      {conflicts.length === 0 ? null : <Conflicts conflicts={conflicts} count={conflictCount} />}
    </div>
  );
}

/** Three instants on one line: how long it was away, how long it took to be in step again. */
function Course({ receipt: { awayAt, backAt, convergedAt }, zone }: Pick<Props, "receipt" | "zone">) {
  const language = useLanguage();
  const words = useWords(receiptWords);
  const steps = [
    [words.away, awayAt],
    [words.back, backAt],
    [words.converged, convergedAt],
  ] as const;
  return (
    <div className="receipt-course">
      <ol>
        {steps.map(([name, at]) => (
          <li key={name}>
            <span>{name}</span> <time title={dayOf(at, zone)}>{timeOf(at, zone)}</time>
          </li>
        ))}
      </ol>
      <p className="muted">
        {dayOf(awayAt, zone)} · {words.awayFor(spanOf(backAt - awayAt, language))} · {words.caughtUpIn(spanOf(convergedAt - backAt, language))}
      </p>
    </div>
  );
}

function Digests({ receipt: { digests, equal } }: Pick<Props, "receipt">) {
  const words = useWords(receiptWords);
  return (
    <table className="receipt-digests">
      <caption>{words.digests}</caption>
      <thead>
        <tr>
          <th scope="col">{words.stream}</th>
          <th scope="col">{words.ours}</th>
          <th scope="col">{words.theirs}</th>
          <th scope="col">
            <span className="unseen">{words.equal}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {digests.map(({ stream, ours, theirs }) => (
          <tr key={stream}>
            <th scope="row">{words.streams[stream]}</th>
            <td>
              <code>{ours}</code>
            </td>
            <td>
              <code>{theirs}</code>
            </td>
            <td className={ours === theirs ? "good" : "bad"}>
              <span aria-hidden="true">{ours === theirs ? "=" : "≠"}</span>
              <span className="unseen">{ours === theirs ? words.equal : words.differ}</span>
            </td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <td colSpan={4} className={equal ? "good" : "bad"}>
            <span aria-hidden="true">{equal ? "✓" : "✕"}</span> {equal ? words.allEqual : words.notEqual}
          </td>
        </tr>
      </tfoot>
    </table>
  );
}

function Conflicts({ conflicts, count }: { readonly conflicts: readonly Conflict[]; readonly count: number }) {
  const words = useWords(receiptWords);
  return (
    <section className="receipt-conflicts" aria-label={words.howEach}>
      <h3>{words.howEach}</h3>
      <ul>
        {conflicts.map(({ entity, id, attr, how, reason }, i) => (
          // The same attribute may have been in conflict more than once.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${entity} ${id} ${attr} ${i}`}>
            <b>
              {entity} · {attr}
            </b>
            <code className="muted">{id}</code>
            <span>
              {words.how[how]} <code className="muted">{reason}</code>
            </span>
          </li>
        ))}
      </ul>
      {count > conflicts.length ? <p className="muted">{words.more(countOf(count - conflicts.length))}</p> : null}
    </section>
  );
}
