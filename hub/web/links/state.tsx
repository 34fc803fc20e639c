/** A link's state as a chip, and its findings as sentences with what to do. */
import { Link } from "@tanstack/react-router";
import { spanOf } from "../../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { LinkHealth, LinkState } from "../../health/link-health.ts";
import { useMayChange } from "../queries.ts";
import { linksWords } from "../words/links.ts";

/** Told apart without colour too. */
const SIGN: Readonly<Record<LinkState, string>> = { ok: "✓", slow: "◔", behind: "◑", broken: "✕" };

export function StateChip({ state }: { readonly state: LinkState }) {
  const words = useWords(linksWords).states;
  return (
    <span className={`chip ${state}`}>
      <span aria-hidden="true">{SIGN[state]}</span> {words[state]}
    </span>
  );
}

export function Findings({ link: { kind, findings, lastError, state } }: { readonly link: LinkHealth }) {
  const language = useLanguage();
  const words = useWords(linksWords);
  const mayChange = useMayChange();
  const mends = kind === "feed" || kind === "consumer" ? { ...words.mend, ...words.mendReader } : words.mend;
  if (findings.length === 0) return null;
  return (
    <ul className="findings">
      {findings.map(({ code, state: grave, ms, count, why }) => (
        <li key={code} className={grave}>
          {words.finding[code](ms === undefined ? String(count ?? 0) : spanOf(ms, language))} <span className="muted">{mends[code]}</span>
          {code === "dead-letters" && mayChange ? (
            <>
              {" "}
              <Link to="/hub/$section" params={{ section: "dead" }} search={{}}>
                {words.look} ›
              </Link>
            </>
          ) : null}
          {why === undefined ? null : (
            <code lang="en" className="muted">
              {why}
            </code>
          )}
        </li>
      ))}
      {lastError === undefined || state === "ok" ? null : (
        <li className="muted">
          {words.lastError}: <code lang="en">{lastError}</code>
        </li>
      )}
    </ul>
  );
}
