/** The refusal of something that somebody tried, beside it. */
import type { Command } from "../../../edge/web/command.ts";
import { useLanguage } from "../../../edge/web/language.ts";
import { explainAtHub } from "../words/problems.ts";

export function Refused({ command }: { readonly command: Command }) {
  const language = useLanguage();
  if (command.problem === null) return null;
  const { what, mend, detail } = explainAtHub(command.problem, language);
  return (
    <div className="trouble" role="alert">
      <strong>{what}</strong> {mend}
      {detail === "" ? null : <div lang="en">{detail}</div>}
    </div>
  );
}
