/** What the values of one field are like, asked for once it is opened. */
import { useState } from "react";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Profile, ProfileAnswer } from "../../api/quality.ts";
import { Answered } from "../parts/section.tsx";
import { dayOnly } from "../parts/time.ts";
import { qualityWords } from "../words/quality.ts";
import { useProfile } from "./api.ts";
import { percentOf } from "./share.ts";

/** Of frequent texts so many are shown. */
const TEXTS_SHOWN = 8;

type Props = { readonly subject: string; readonly path: string; readonly days: string };

export function FieldProfile(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{props.path}</summary>
      {open ? <Asked {...props} /> : null}
    </details>
  );
}

function Asked({ subject, path, days }: Props) {
  return <Answered asked={useProfile(subject, path, days)}>{(answer) => <View answer={answer} />}</Answered>;
}

function View({ answer: { profile, personal, days, usable } }: { readonly answer: ProfileAnswer }) {
  const words = useWords(qualityWords);
  if (profile === null) return <p className="muted">{words.field.none}</p>;
  const { present, nulls, unset, types, distinct, numbers, texts, shapes, sentinels } = profile;
  const median = numbers?.quantiles.find(({ share }) => share === 0.5);
  const kinds = Object.entries(types).filter(([, count]) => count > 0);
  const rows: readonly (readonly [string, string])[] = [
    ...(usable === null ? [] : [[words.parts.usable, percentOf(usable.usable)] as const]),
    [words.field.present, countOf(present)],
    ...(nulls === 0 ? [] : [[words.field.nulls, countOf(nulls)] as const]),
    ...(unset === 0 ? [] : [[words.field.unset, countOf(unset)] as const]),
    ...(distinct === undefined ? [] : [[words.field.distinct, countOf(distinct)] as const]),
    [words.field.types, kinds.map(([type, count]) => (kinds.length === 1 ? type : `${type} ${countOf(count)}`)).join(", ")],
    ...(numbers === undefined ? [] : [[words.field.range, `${short(numbers.min)} … ${short(numbers.max)}`] as const]),
    ...(median === undefined ? [] : [[words.field.median, short((median.low + median.high) / 2)] as const]),
  ];
  return (
    <>
      {personal ? <p className="muted">{words.field.personal}</p> : null}
      <dl className="measures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Texts name={words.field.frequent} texts={texts} />
      <Texts name={words.field.sentinels} texts={sentinels} />
      {texts === undefined ? <Texts name={words.field.shapes} texts={shapes} /> : null}
      <Days days={days} />
    </>
  );
}

function Texts({ name, texts }: { readonly name: string; readonly texts: Profile["texts"] }) {
  if (texts === undefined || texts.counts.length === 0) return null;
  return (
    <p>
      {name}{" "}
      {texts.counts.slice(0, TEXTS_SHOWN).map(({ text, count }) => (
        <span key={text} className="sample">
          <code>{text}</code> {countOf(count)}
        </span>
      ))}
    </p>
  );
}

/** A column for each day: as high as what came, filled as far as it can be used. Told one by one for whoever does not see it. */
function Days({ days }: { readonly days: ProfileAnswer["days"] }) {
  const words = useWords(qualityWords).field;
  const most = Math.max(1, ...days.map(({ received }) => received));
  if (days.length < 2) return null;
  return (
    <>
      <h3>{words.days}</h3>
      <ul className="columns">
        {days.map(({ fromAt, received, usable }) => {
          const said = words.perDay(countOf(usable), countOf(received), dayOnly(fromAt));
          return (
            <li key={fromAt} title={said}>
              <span className="column" style={{ height: `${(received / most) * 100}%` }} aria-hidden="true">
                <span style={{ height: `${(usable / Math.max(1, received)) * 100}%` }} />
              </span>
              <span className="unseen">{said}</span>
            </li>
          );
        })}
      </ul>
    </>
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
