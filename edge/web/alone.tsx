/** A page that says one thing instead of showing the unit: sign in first, or what went wrong. */
import type { Problem } from "./ask.ts";
import { chooseLanguage, useLanguage } from "./language.ts";
import { explain } from "./words/problems.ts";
import { sharedWords } from "./words/shared.ts";

/** In both languages at once: whoever stands here may not have chosen one. */
export function OpenYourLink() {
  return (
    <main className="alone">
      {(["zh", "en"] as const).map((language) => (
        <section key={language} lang={language === "zh" ? "zh-CN" : "en"}>
          <h1>{sharedWords[language].openYourLink}</h1>
          <p>{sharedWords[language].openYourLinkWhy}</p>
        </section>
      ))}
    </main>
  );
}

export function Broken({ problem, again }: { readonly problem: Problem; readonly again: () => void }) {
  const language = useLanguage();
  const { what, mend, detail } = explain(problem, language);
  if (problem.code === "not-signed-in") return <OpenYourLink />;
  return (
    <main className="alone" role="alert">
      <section>
        <h1>{what}</h1>
        <p>{mend}</p>
        {detail === "" ? null : <p lang="en">{detail}</p>}
      </section>
      <button type="button" className="plain" onClick={again}>
        {sharedWords[language].retry}
      </button>
    </main>
  );
}

export function LanguageSwitch() {
  const language = useLanguage();
  const other = language === "zh" ? "en" : "zh";
  return (
    <button type="button" className="language" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => chooseLanguage(other)}>
      {other === "zh" ? "中文" : "English"}
    </button>
  );
}
