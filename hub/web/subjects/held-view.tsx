/** Everything that is held of a subject: each value with its purpose and its writer, and where else something of it lies. */
import { useState } from "react";
import type { z } from "zod";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { SubjectAnswer } from "../../feed/view.ts";
import { textOf } from "../operations/value.ts";
import { frameWords } from "../words/frame.ts";
import { contractsWords } from "../words/contracts.ts";
import { EraseButton } from "./erase-button.tsx";

export type HeldAnswer = z.infer<typeof SubjectAnswer>;

export function HeldView({ held }: { readonly held: HeldAnswer }) {
  const words = useWords(contractsWords).subjects;
  const frame = useWords(frameWords);
  const [told, setTold] = useState("");
  const { entity, id, erased, units, values, sealedLines, deadLetters } = held;
  return (
    <section className="panel subject-held" aria-label={`${entity} ${id}`}>
      <div className="card-row">
        <h2>
          {entity} <code>{id}</code>
        </h2>
        {erased ? <span className="chip slow">{words.erasedAlready}</span> : <EraseButton entity={entity} id={id} tell={setTold} />}
      </div>
      <p className="told" role="status">
        {told}
      </p>
      {values.length === 0 ? (
        <p className="none">{frame.nothing}</p>
      ) : (
        <ul className="values">
          {values.map(({ attr, value, origin, personal, purposes }) => (
            <li key={`${attr} ${origin} ${textOf(value)}`}>
              <div>
                <b>{attr}</b> <span className={personal ? "chip slow" : "chip"}>{personal ? words.personal : words.plain}</span>
              </div>
              <code className="value">{textOf(value)}</code>
              <p className="muted">
                {personal ? `${words.purposes}: ${purposes.join(", ")} · ` : ""}
                {words.from} {origin}
              </p>
            </li>
          ))}
        </ul>
      )}
      <p className="muted">
        {words.seenBy}: {units.length === 0 ? "–" : units.join(", ")}
      </p>
      {sealedLines === 0 ? null : <p className="muted">{words.sealed(countOf(sealedLines))}</p>}
      {deadLetters === 0 ? null : <p className="muted">{words.letters(countOf(deadLetters))}</p>}
    </section>
  );
}
