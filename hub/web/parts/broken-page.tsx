/** What stands there when a part of the page can't be fetched or shown. */
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import { sharedWords } from "../../../edge/web/words/shared.ts";
import { explainAtHub } from "../words/problems.ts";

export function BrokenPage() {
  const language = useLanguage();
  const words = useWords(sharedWords);
  const { what, mend } = explainAtHub({ code: "unreadable" }, language);
  return (
    <main className="alone" role="alert">
      <section>
        <h1>{what}</h1>
        <p>{mend}</p>
      </section>
      <button type="button" className="plain" onClick={() => location.reload()}>
        {words.retry}
      </button>
    </main>
  );
}
