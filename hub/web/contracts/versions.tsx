/** The versions of a contract: who published each, when and why, who speaks it, and its document. */
import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Subject } from "../answers.ts";
import * as api from "../api.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";

type Version = Subject["versions"][number];

export function Versions({ subject }: { readonly subject: Subject }) {
  const words = useWords(contractsWords).contracts;
  const newestFirst = subject.versions.toReversed();
  return (
    <section className="panel part">
      <h2>
        {subject.subject} · {words.versions}
      </h2>
      <ul className="versions">
        {newestFirst.map((version, i) => (
          <One key={nameOf(version)} name={subject.subject} version={version} newest={i === 0} />
        ))}
      </ul>
    </section>
  );
}

function One({ name, version, newest }: { readonly name: string; readonly version: Version; readonly newest: boolean }) {
  const words = useWords(contractsWords).contracts;
  const frame = useWords(frameWords);
  const mayChange = useMayChange();
  const queries = useQueryClient();
  const [shown, setShown] = useState(false);
  const now = useNow(60_000);
  const { state, made, retired, units, lens } = version;
  const label = nameOf(version);
  const retire = (why: string) => api.retire(name, label, why).then(() => queries.invalidateQueries({ queryKey: ["subject", name] }));
  return (
    <li>
      <div className="card-row">
        <p>
          <strong className="version">{label}</strong> <span className={state === "retired" ? "chip" : "chip ok"}>{words[state]}</span>{" "}
          {newest ? <span className="muted">{words.newest}</span> : null} {lens ? <span className="muted">{words.lens}</span> : null}
        </p>
        <div className="acts">
          <Button aria-expanded={shown} onClick={() => setShown(!shown)}>
            {words.showDocument}
          </Button>
          {!mayChange || newest || state === "retired" || units.length > 0 ? null : <WhyButton open={`${words.retire}…`} send={words.retire} run={retire} />}
        </div>
      </div>
      <p>
        {made.why}{" "}
        <span className="muted">
          {frame.by(made.by)}, {instantOf(made.at, now)}
        </span>
      </p>
      {retired === undefined ? null : (
        <p className="muted">
          {words.retired}: {retired.why}, {frame.by(retired.by)}, {instantOf(retired.at, now)}
        </p>
      )}
      <p className="muted">
        {words.spokenBy}: {units.length === 0 ? words.nobody : units.join(", ")}
      </p>
      {shown ? <Document name={name} label={label} /> : null}
    </li>
  );
}

function Document({ name, label }: { readonly name: string; readonly label: string }) {
  const words = useWords(contractsWords).contracts;
  const asked = useQuery({ queryKey: ["version", name, label], queryFn: () => api.version(name, label), staleTime: Infinity });
  return (
    <Answered asked={asked}>
      {({ schema }) => (
        <pre className="document" tabIndex={0} aria-label={`${words.document} ${name} ${label}`}>
          {JSON.stringify(schema, null, 2)}
        </pre>
      )}
    </Answered>
  );
}

export function nameOf({ major, revision }: Pick<Version, "major" | "revision">): string {
  return `${major}.${revision}`;
}
