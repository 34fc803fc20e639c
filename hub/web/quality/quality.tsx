/** Data quality: of everything, or of one contract. */
import { NativeSelect } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import { DAYS_DEFAULT, type QualityAnswer } from "../../api/quality.ts";
import { DAYS_KEPT } from "../../quality/period.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useMayChange } from "../queries.ts";
import { qualityWords } from "../words/quality.ts";
import { useDrift, useQuality } from "./api.ts";
import { DriftPart } from "./drift-part.tsx";
import { ScanPart } from "./scan-part.tsx";
import { Headline, SubjectLine } from "./share-bar.tsx";
import { SubjectQualityView } from "./subject-quality.tsx";

const PERIODS = ["1", "7", String(DAYS_DEFAULT), String(DAYS_KEPT)] as const;

export function Quality({ subject }: { readonly subject: string | undefined }) {
  const words = useWords(qualityWords);
  const [days, setDays] = useState(String(DAYS_DEFAULT));
  const asked = useQuality(days);
  return (
    <>
      <Head title={subject === undefined ? words.title : `${words.title} · ${subject}`} lead={words.lead}>
        <NativeSelect
          label={words.days}
          value={days}
          data={PERIODS.map((value) => ({ value, label: words.lastDays(value) }))}
          onChange={(event) => setDays(event.currentTarget.value)}
        />
      </Head>
      <Answered asked={asked}>
        {(answer) =>
          subject === undefined ? <Overview answer={answer} /> : <SubjectQualityView key={subject} subject={subject} answer={answer} days={days} />
        }
      </Answered>
    </>
  );
}

function Overview({ answer }: { readonly answer: QualityAnswer }) {
  const words = useWords(qualityWords);
  const mayChange = useMayChange();
  const drift = useDrift(undefined);
  const { usable, subjects, uncounted } = answer;
  return (
    <div className="stack">
      <section className="panel part">
        <Headline usable={usable} />
        {uncounted === 0 ? null : <p className="warn">{words.uncounted(countOf(uncounted))}</p>}
      </section>
      {subjects.length === 0 ? null : (
        <section className="panel part">
          <h2>{words.bySubject}</h2>
          <ul className="rows">
            {subjects.map((one) => (
              <SubjectLine key={`${one.subject} ${one.stream}`} quality={one} />
            ))}
          </ul>
        </section>
      )}
      <section className="panel part">
        <h2>{words.drift}</h2>
        <p className="muted">{words.driftWhat}</p>
        <Answered asked={drift}>
          {({ subjects: compared }) =>
            compared.length === 0 ? (
              <p>{words.noBaselines}</p>
            ) : (
              <ul className="versions">
                {compared.map((one) => (
                  <li key={one.subject}>
                    <h3>
                      <Link to="/hub/$section/$item" params={{ section: "quality", item: one.subject }} search={{}}>
                        {one.subject}
                      </Link>
                    </h3>
                    <DriftPart drift={one} />
                  </li>
                ))}
              </ul>
            )
          }
        </Answered>
      </section>
      {mayChange ? <ScanPart /> : null}
    </div>
  );
}
