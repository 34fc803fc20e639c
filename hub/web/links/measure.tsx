/** The measures of a link: each a figure and, under it, what it is made of. What was not measured says so. */
import { Tooltip } from "@mantine/core";
import { countOf, spanOf } from "../../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { LinkHealth } from "../../health/link-health.ts";
import { instantOf } from "../parts/time.ts";
import { frameWords } from "../words/frame.ts";
import { linksWords } from "../words/links.ts";
import { CompareButton } from "./compare-button.tsx";

type Timed = { readonly link: LinkHealth; readonly now: number };

export function Fresh({ link: { lastAt }, now }: Timed) {
  const language = useLanguage();
  const words = useWords(linksWords);
  const frame = useWords(frameWords);
  if (lastAt === undefined) return <span className="muted">{words.never}</span>;
  return (
    <>
      <b>{frame.ago(spanOf(now - lastAt, language))}</b>
      <small>{instantOf(lastAt, now)}</small>
    </>
  );
}

export function Consistent({ link, now }: Timed) {
  const { compared, kind } = link;
  const language = useLanguage();
  const words = useWords(linksWords);
  const frame = useWords(frameWords);
  if (compared === undefined)
    return kind === "feed" || kind === "consumer" ? (
      <>
        <span className="muted">{words.notCompared}</span>
        <CompareButton link={link} />
      </>
    ) : (
      <Tooltip label={words.notComparedWhy[kind]} multiline w={260}>
        <span className="muted" tabIndex={0}>
          {words.notCompared}
        </span>
      </Tooltip>
    );
  return (
    <>
      <b className={compared.equal ? "good" : "bad"}>
        <span aria-hidden="true">{compared.equal ? "=" : "≠"}</span> {compared.equal ? words.equal : words.unequal}
      </b>
      <small>{frame.ago(spanOf(now - compared.at, language))}</small>
    </>
  );
}

export function Complete({ link: { confirmed, known, dead, lost } }: { readonly link: LinkHealth }) {
  const words = useWords(linksWords);
  return (
    <>
      {confirmed === undefined || known === undefined ? (
        <span className="muted">{words.notMeasured}</span>
      ) : (
        <>
          <b>{shareOf(confirmed, known)}</b>
          <small>{words.share(countOf(confirmed), countOf(known))}</small>
        </>
      )}
      {dead === 0 ? null : <small className="warn">{words.dead(countOf(dead))}</small>}
      {lost === 0 ? null : <small className="bad">{words.lost(countOf(lost))}</small>}
    </>
  );
}

export function Delay({ link: { delayMs, typicalDelayMs } }: { readonly link: LinkHealth }) {
  const language = useLanguage();
  const words = useWords(linksWords);
  if (delayMs === undefined) return <span className="muted">{words.notMeasured}</span>;
  return (
    <>
      <b>{spanOf(delayMs, language)}</b>
      {typicalDelayMs === undefined ? null : <small>{words.typical(spanOf(typicalDelayMs, language))}</small>}
    </>
  );
}

export function Queue({ link: { depth, oldestAt, breaker }, now }: Timed) {
  const language = useLanguage();
  const words = useWords(linksWords);
  return (
    <>
      {depth === undefined || depth === 0 ? <span className="muted">{depth === 0 ? words.empty : words.notMeasured}</span> : <b>{countOf(depth)}</b>}
      {oldestAt === undefined ? null : <small>{words.oldest(spanOf(now - oldestAt, language))}</small>}
      {breaker === undefined ? null : <small className={breaker === "closed" ? "muted" : "bad"}>{words.breaker[breaker]}</small>}
    </>
  );
}

/** Never rounded up to all of it. */
function shareOf(part: number, whole: number): string {
  if (whole === 0 || part >= whole) return "100 %";
  const share = (part / whole) * 100;
  return share > 99.9 ? "> 99.9 %" : `${share.toFixed(share > 99 ? 1 : 0)} %`;
}
