/** All that the log says of one operation. */
import { Button } from "@mantine/core";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { OperationLine } from "../../api/pages.ts";
import { preciseOf } from "../parts/time.ts";
import { frameWords } from "../words/frame.ts";
import { logWords } from "../words/log.ts";
import { explainReason } from "../words/reasons.ts";
import { textOf } from "./value.ts";

export function LineDetail({ line, ofEntity }: { readonly line: OperationLine; readonly ofEntity: (entity: string, id: string) => void }) {
  const words = useWords(logWords).operations;
  const frame = useWords(frameWords);
  const language = useLanguage();
  const { entity, id, stream, hubSeq, epoch, origin, seq, txId, contract, version, actor, reason, at, appliedAt, value, sent, personal, outcome } = line;
  const rows: readonly (readonly [string, string])[] = [
    [words.outcome, words.outcomes[outcome]],
    ...(reason === undefined || reason === ""
      ? []
      : [[words.reason, [explainReason(reason, language)?.what, reason].filter((part) => part !== undefined).join(" · ")] as const]),
    [words.written, preciseOf(at)],
    [words.appliedAt, preciseOf(appliedAt)],
    [words.position, `${frame.streams[stream]} ${hubSeq}${epoch > 1 ? ` · ${epoch}` : ""}`],
    [words.origin, `${origin} · ${seq}`],
    [words.transaction, txId],
    [words.contract, `${contract} · ${words.version(String(version))}`],
    [words.actor, actor],
  ];
  return (
    <div className="line-detail">
      <p>
        <b>{entity}</b> <code>{id}</code> <Button onClick={() => ofEntity(entity, id)}>{words.history}</Button>
      </p>
      <dl>
        {rows.map(([name, said]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{said}</dd>
          </div>
        ))}
      </dl>
      {personal === true ? <p className="muted">{words.personal}</p> : null}
      {sent === undefined ? null : <pre>{words.sent(textOf(sent))}</pre>}
      {value === undefined ? null : <pre>{sent === undefined ? textOf(value) : words.stands(textOf(value))}</pre>}
    </div>
  );
}
