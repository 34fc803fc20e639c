/** What changes between two documents, and what is wrong with one: each with its place and a plain sentence. */
import { useWords } from "../../../edge/web/language.ts";
import type { Change, Trouble } from "../answers.ts";
import { contractsWords } from "../words/contracts.ts";

export function Changes({ changes }: { readonly changes: readonly Change[] }) {
  const words = useWords(contractsWords).contracts;
  if (changes.length === 0) return <p className="muted">{words.noChanges}</p>;
  return (
    <ul className="changes">
      {changes.map(({ code, path, message, breaking }) => (
        <li key={`${code} ${path} ${message}`}>
          <span className={breaking ? "chip broken" : "chip ok"}>{breaking ? words.breaking : words.harmless}</span>
          <span lang="en">{message}</span>
          <code className="muted">{path === "" ? "/" : path}</code>
        </li>
      ))}
    </ul>
  );
}

export function Problems({ problems }: { readonly problems: readonly Trouble[] }) {
  if (problems.length === 0) return null;
  return (
    <ul className="changes">
      {problems.map(({ code, path, field, message }) => (
        <li key={`${code} ${path} ${message}`}>
          <span className="chip behind">{field ?? code}</span>
          <span lang="en">{message}</span>
          <code className="muted">{path === "" ? "/" : path}</code>
        </li>
      ))}
    </ul>
  );
}
