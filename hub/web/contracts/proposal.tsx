/** A change tried before it is made: who would notice, what would break, and only then the button that publishes. */
import { Button, Textarea } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useCommand } from "../../../edge/web/command.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { ImpactAnswer, Subject } from "../answers.ts";
import * as api from "../api.ts";
import { Refused } from "../parts/refused.tsx";
import { WhyButton } from "../parts/why-button.tsx";
import { useMayChange } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { Changes, Problems } from "./changes.tsx";
import { nameOf } from "./versions.tsx";

/** Of those who would notice, so many of a kind are shown at once; more are behind their count. */
const OPEN_MAX = 6;

type Tried = { readonly schema: unknown; readonly impact: ImpactAnswer };

export function Proposal({ subject: { subject: name, versions } }: { readonly subject: Subject }) {
  const words = useWords(contractsWords).contracts;
  const queries = useQueryClient();
  const mayChange = useMayChange();
  const command = useCommand();
  const [text, setText] = useState("");
  const [tried, setTried] = useState<Tried | null>(null);
  const [told, setTold] = useState("");
  const newest = versions.findLast(({ state }) => state === "published");
  const schema = parse(text);

  const begin = () =>
    void command.run("begin", () =>
      api.version(name, newest === undefined ? "" : nameOf(newest)).then((version) => {
        setText(JSON.stringify(version.schema, null, 2));
        setTried(null);
      }),
    );
  const look = () => void command.run("look", () => api.impact(name, schema).then((impact) => setTried({ schema, impact })));
  const publish = (why: string) =>
    api.publish(name, tried?.schema, why).then(({ major, revision, same }) => {
      setTold(same ? words.sameAlready : words.publishedAs(`${major}.${revision}`));
      setTried(null);
      void queries.invalidateQueries({ queryKey: ["subject", name] });
      return queries.invalidateQueries({ queryKey: ["subjects"] });
    });

  return (
    <section className="panel part">
      <h2>{words.proposal}</h2>
      <p className="muted">{words.proposalWhat}</p>
      <Textarea
        label={words.schema}
        classNames={{ input: "code" }}
        value={text}
        rows={10}
        spellCheck={false}
        error={text.trim() !== "" && schema === undefined ? words.notJson : undefined}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setTried(null);
          setTold("");
        }}
      />
      <div className="acts">
        <Button variant="filled" disabled={schema === undefined} loading={command.pending === "look"} onClick={look}>
          {words.impact}
        </Button>
        {newest === undefined ? null : (
          <Button loading={command.pending === "begin"} onClick={begin}>
            {words.useNewest}
          </Button>
        )}
        {mayChange && tried !== null && tried.impact.refused === undefined && tried.impact.fields.length > 0 ? (
          <WhyButton open={words.publish} send={words.publishSend} run={publish} />
        ) : null}
      </div>
      <p className="told" role="status">
        {told}
      </p>
      <Refused command={command} />
      {tried === null ? null : <Impact impact={tried.impact} />}
    </section>
  );
}

function Impact({ impact: { touched, unknown, verdict, refused } }: { readonly impact: ImpactAnswer }) {
  const words = useWords(contractsWords).contracts;
  const changes = refused?.changes ?? verdict?.changes ?? [];
  return (
    <div className="impact">
      <p>
        <span className={refused === undefined ? "chip ok" : "chip broken"}>{refused === undefined ? words.publishable : words.refusedNow}</span>{" "}
        {refused === undefined ? null : <span lang="en">{refused.rule}</span>}
      </p>
      {refused === undefined || refused.problems.length === 0 ? null : (
        <>
          <h3>{words.problems}</h3>
          <Problems problems={refused.problems} />
        </>
      )}
      <h3>{words.changes}</h3>
      <Changes changes={changes} />
      <h3>{words.touched}</h3>
      {touched.length === 0 ? <p className="muted">{words.touchedNone}</p> : null}
      {[...Map.groupBy(touched, ({ kind }) => kind)].map(([kind, all]) => (
        <details key={kind} className="touched" open={all.length <= OPEN_MAX}>
          <summary>
            {words.kinds[kind]} <b>{all.length}</b>
          </summary>
          <ul>
            {all.map(({ id, why }) => (
              <li key={`${id} ${why}`}>
                <b>{id}</b>{" "}
                <span lang="en" className="muted">
                  {why}
                </span>
              </li>
            ))}
          </ul>
        </details>
      ))}
      {unknown.length === 0 ? null : <p className="warn">{words.touchedUnknown}</p>}
    </div>
  );
}

/** Undefined: not JSON, or not an object. */
function parse(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}
