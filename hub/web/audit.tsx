/** Whether the chains of the log are whole: walked on request, one stream after the other; and where each stream stands. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { StreamName } from "../../contracts/delta/operation.ts";
import { useCommand } from "../../edge/web/command.ts";
import { countOf, spanOf } from "../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../edge/web/language.ts";
import type { StreamStand, VerifyAnswer } from "../feed/view.ts";
import * as api from "./api.ts";
import { Refused } from "./parts/refused.tsx";
import { Answered, Head } from "./parts/section.tsx";
import { useStreams } from "./queries.ts";
import { frameWords } from "./words/frame.ts";
import { logWords } from "./words/log.ts";

const MIB = 1024 * 1024;
type Walked = NonNullable<VerifyAnswer["streams"][StreamName]>;
type Verified = { readonly ms: number; readonly streams: Readonly<Partial<Record<StreamName, Walked>>> };

export function Audit() {
  const language = useLanguage();
  const words = useWords(logWords).audit;
  const asked = useStreams();
  const command = useCommand();
  const [verified, setVerified] = useState<Verified | null>(null);
  const verify = () =>
    void command.run("verify", async () => {
      setVerified(null);
      const before = performance.now();
      const streams: Partial<Record<StreamName, Walked>> = {};
      for (const stream of StreamName.options) {
        const walk = (await api.verify(stream)).streams[stream];
        if (walk !== undefined) streams[stream] = walk;
        setVerified({ ms: performance.now() - before, streams: { ...streams } });
      }
    });
  const walked = Object.values(verified?.streams ?? {});
  const whole = walked.every(({ ok }) => ok);
  const all = walked.length === StreamName.options.length;
  return (
    <>
      <Head title={words.title} lead={words.lead}>
        <Button variant="filled" loading={command.pending !== null} onClick={verify}>
          {words.verify}
        </Button>
      </Head>
      <p className={all ? `verdict ${whole ? "good" : "bad"}` : "verdict muted"} role="status">
        {command.pending === null ? "" : words.verifying}
        {verified === null && command.pending === null ? words.notYet : null}
        {all && verified !== null ? (
          <>
            <strong>
              <span aria-hidden="true">{whole ? "✓" : "✕"}</span> {whole ? words.whole : words.broken}
            </strong>{" "}
            {words.lines(countOf(walked.reduce((sum, { lines }) => sum + lines, 0)))}, {words.took(spanOf(verified.ms, language))}
          </>
        ) : null}
      </p>
      <Refused command={command} />
      <Answered asked={asked}>
        {({ streams }) => (
          <ul className="cards two">
            {streams.map((stand) => (
              <Stand key={stand.stream} stand={stand} walked={verified?.streams[stand.stream]} />
            ))}
          </ul>
        )}
      </Answered>
    </>
  );
}

function Stand({ stand, walked }: { readonly stand: StreamStand; readonly walked: Walked | undefined }) {
  const words = useWords(logWords).audit;
  const frame = useWords(frameWords);
  const { stream, epoch, position, stable, horizon, restores, bytes } = stand;
  const rows: readonly (readonly [string, string])[] = [
    [words.position, countOf(position)],
    [words.epoch, `${epoch} · ${restores.length === 0 ? words.neverRestored : words.restores(String(restores.length))}`],
    [words.stable, stable === 0 ? words.noBackup : countOf(stable)],
    [words.horizon, countOf(horizon + 1)],
    [words.size, `${(bytes / MIB).toFixed(1)} MiB`],
  ];
  return (
    <li className="card">
      <div className="card-row">
        <h2>{frame.streams[stream]}</h2>
        {walked === undefined ? null : (
          <span className={walked.ok ? "chip ok" : "chip broken"}>
            {walked.ok ? words.ok : words.brokenAt(countOf(walked.brokenAt ?? 0))} · {words.lines(countOf(walked.lines))}
          </span>
        )}
      </div>
      <dl className="measures">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {walked === undefined ? null : (
          <div className="whole">
            <dt>{words.head}</dt>
            <dd>
              <code className="hash">{walked.head}</code>
            </dd>
          </div>
        )}
      </dl>
    </li>
  );
}
