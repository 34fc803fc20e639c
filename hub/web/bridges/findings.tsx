/** What is wrong with a bridge, what blocks first: the field, the rule it breaks, the mend. */
import { useWords } from "../../../edge/web/language.ts";
import type { Finding } from "../../bridge/finding.ts";
import { bridgesWords } from "../words/bridges.ts";

export function Findings({ findings }: { readonly findings: readonly Finding[] }) {
  const words = useWords(bridgesWords);
  const blocking = findings.filter(({ blocks }) => blocks);
  const notes = findings.filter(({ blocks }) => !blocks);
  return (
    <>
      <List findings={blocking} />
      {notes.length === 0 ? null : (
        <details>
          <summary>
            {words.notes(String(notes.length))}: {[...new Set(notes.map(({ code }) => words.codes[code]))].join(", ")}
          </summary>
          <List findings={notes} />
        </details>
      )}
    </>
  );
}

function List({ findings }: { readonly findings: readonly Finding[] }) {
  const words = useWords(bridgesWords);
  if (findings.length === 0) return null;
  return (
    <ul className="changes">
      {findings.map(({ code, field, rule, mend, blocks }) => (
        <li key={`${code} ${field} ${rule}`}>
          <span className={blocks ? "chip broken" : "chip slow"}>{blocks ? words.blocks : words.note}</span>
          <span>
            <b>{words.codes[code]}</b> <code>{field}</code> <span lang="en">{rule}</span>
          </span>
          <span lang="en" className="muted">
            {mend}
          </span>
        </li>
      ))}
    </ul>
  );
}
