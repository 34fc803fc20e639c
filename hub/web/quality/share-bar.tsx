/** The share that can be used, of everything or of one contract: the figure, a bar of what is in the way, the promises beside. */
import { Link } from "@tanstack/react-router";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { QualityAnswer, SubjectQuality } from "../../api/quality.ts";
import { frameWords } from "../words/frame.ts";
import { qualityWords } from "../words/quality.ts";
import { percentOf } from "./share.ts";

type Usable = NonNullable<QualityAnswer["usable"]>;
const PARTS = ["usable", "invalid", "unmapped", "stale"] as const;

export function Headline({ usable }: { readonly usable: Usable | null }) {
  const words = useWords(qualityWords);
  if (usable === null) return <p className="none">{words.nothing}</p>;
  return (
    <>
      <p className="headline">
        <b>{percentOf(usable.usable)}</b> <span>{words.headline}</span> <span className="muted">{words.ofReceived(countOf(usable.received))}</span>
      </p>
      <Bar usable={usable} />
      <ul className="legend">
        {PARTS.map((one) => (
          <li key={one}>
            <span className={`swatch share-${one}`} aria-hidden="true" /> {words.parts[one]} <b>{percentOf(usable[one])}</b>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The figures stand beside it as text. */
function Bar({ usable }: { readonly usable: Usable }) {
  return (
    <div className="share-bar" aria-hidden="true">
      {PARTS.map((one) => (usable[one] === 0 ? null : <span key={one} className={`share-${one}`} style={{ flexGrow: usable[one] }} />))}
    </div>
  );
}

export function SubjectLine({ quality: { subject, stream, usable, promises } }: { readonly quality: SubjectQuality }) {
  const words = useWords(qualityWords);
  const frame = useWords(frameWords);
  return (
    <li className="row">
      <span className="name">
        {subject === "*" ? (
          <b>{words.unnamed}</b>
        ) : (
          <Link to="/hub/$section/$item" params={{ section: "quality", item: subject }} search={{}}>
            {subject}
          </Link>
        )}{" "}
        <span className="muted">{frame.streams[stream]}</span>
      </span>
      {usable === null ? (
        <span className="muted">{words.nothing}</span>
      ) : (
        <>
          <b className="figure">{percentOf(usable.usable)}</b>
          <Bar usable={usable} />
          <span className="muted">{words.received(countOf(usable.received))}</span>
        </>
      )}
      <Promises promises={promises} />
    </li>
  );
}

export function Promises({ promises }: Pick<SubjectQuality, "promises">) {
  const words = useWords(qualityWords);
  return (
    <span className="summary">
      {promises.map(({ promise, promised, measured, kept }) => (
        <span key={promise} className={kept ? "chip ok" : "chip broken"}>
          <span aria-hidden="true">{kept ? "✓" : "✕"}</span> {words.kept(words.promises[promise], percentOf(measured), percentOf(promised))}
        </span>
      ))}
    </span>
  );
}
