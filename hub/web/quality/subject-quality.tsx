/** The quality of one contract's live data: what could not be used and why, its promises, its drift, the scan's findings, its fields. */
import { NativeSelect } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { QualityAnswer } from "../../api/quality.ts";
import { namesOf } from "../../bridge/shape.ts";
import { REASONS } from "../../quality/usable.ts";
import * as api from "../api.ts";
import { Answered } from "../parts/section.tsx";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange, useSubject } from "../queries.ts";
import { frameWords } from "../words/frame.ts";
import { qualityWords } from "../words/quality.ts";
import { setBaseline, useDrift, useScans } from "./api.ts";
import { DriftPart } from "./drift-part.tsx";
import { FieldProfile } from "./field-profile.tsx";
import { ScanFindings } from "./scan-findings.tsx";
import { Headline, Promises } from "./share-bar.tsx";

type Props = { readonly subject: string; readonly answer: QualityAnswer; readonly days: string };

export function SubjectQualityView({ subject, answer, days }: Props) {
  const words = useWords(qualityWords);
  const frame = useWords(frameWords);
  const mayChange = useMayChange();
  const own = answer.subjects.filter((one) => one.subject === subject);
  const scans = useScans(mayChange);
  const last = scans.data?.scans.toSorted((a, b) => b.at - a.at)[0];
  return (
    <div className="stack">
      <p>
        <Link to="/hub/$section" params={{ section: "quality" }} search={{}}>
          ‹ {words.all}
        </Link>
      </p>
      {own.length === 0 ? <p className="none">{words.nothing}</p> : null}
      {own.map(({ stream, usable, reasons, promises }) => (
        <section key={stream} className="panel part" aria-label={frame.streams[stream]}>
          <Headline usable={usable} />
          <Promises promises={promises} />
          {Object.keys(reasons).length === 0 ? null : (
            <>
              <h3>{words.reasonsTitle}</h3>
              <ul className="legend">
                {REASONS.filter((reason) => (reasons[reason] ?? 0) > 0).map((reason) => (
                  <li key={reason}>
                    {words.reasons[reason]} <b>{countOf(reasons[reason] ?? 0)}</b>
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      ))}
      <Drifts subject={subject} />
      {last === undefined ? null : (
        <section className="panel part">
          <h2>{words.scan}</h2>
          <ScanFindings scan={last} subject={subject} />
        </section>
      )}
      <Fields subject={subject} days={days} />
    </div>
  );
}

function Drifts({ subject }: { readonly subject: string }) {
  const words = useWords(qualityWords);
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const asked = useDrift(subject);
  const [days, setDays] = useState("7");
  const [told, setTold] = useState("");
  const set = (why: string) =>
    setBaseline(subject, days, why).then(({ fields }) => {
      setTold(words.baselineSet(countOf(fields)));
      return queries.invalidateQueries({ queryKey: ["drift"] });
    });
  return (
    <section className="panel part">
      <div className="card-row">
        <h2>{words.drift}</h2>
        {mayChange ? (
          <WhyButton open={words.setBaseline} send={words.setBaselineSend} run={set}>
            <NativeSelect label={words.baselineDays} value={days} data={["1", "7", "14", "28"]} onChange={(event) => setDays(event.currentTarget.value)} />
          </WhyButton>
        ) : null}
      </div>
      <p className="muted">{words.driftWhat}</p>
      <p className="told" role="status">
        {told}
      </p>
      <Answered asked={asked}>
        {({ subjects }) => {
          const [drift] = subjects;
          return drift === undefined ? <p className="muted">{words.noBaseline}</p> : <DriftPart drift={drift} />;
        }}
      </Answered>
    </section>
  );
}

/** As the newest version of the contract names them. */
function Fields({ subject, days }: { readonly subject: string; readonly days: string }) {
  const words = useWords(qualityWords);
  const versions = useSubject(subject).data?.versions ?? [];
  const newest = versions.findLast(({ state }) => state === "published");
  const label = newest === undefined ? "" : `${newest.major}.${newest.revision}`;
  const asked = useQuery({ queryKey: ["version", subject, label], queryFn: () => api.version(subject, label), enabled: label !== "", staleTime: Infinity });
  if (label === "") return null;
  return (
    <section className="panel part">
      <h2>{words.fields}</h2>
      <p className="muted">{words.fieldsWhat}</p>
      <Answered asked={asked}>
        {({ schema }) => (
          <ul className="fields">
            {namesOf(schema).all.map((path) => (
              <li key={path}>
                <FieldProfile subject={subject} path={path} days={days} />
              </li>
            ))}
          </ul>
        )}
      </Answered>
    </section>
  );
}
