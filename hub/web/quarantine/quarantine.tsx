/** Fields that no contract names: who sent them, how often, what they look like; proposed in one step. */
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useNow } from "../../../edge/web/clock.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Unknown } from "../answers.ts";
import { Answered, Head } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { useQuarantine } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { ProposeDrawer } from "./propose-drawer.tsx";

export function Quarantine() {
  const words = useWords(contractsWords).quarantine;
  const asked = useQuarantine(true);
  const [proposed, setProposed] = useState<Unknown | null>(null);
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <Answered asked={asked}>
        {({ unknown }) =>
          unknown.length === 0 ? (
            <p className="none">{words.none}</p>
          ) : (
            <ul className="cards two">
              {unknown.map((one) => (
                <Field key={one.id} unknown={one} propose={() => setProposed(one)} />
              ))}
            </ul>
          )
        }
      </Answered>
      <ProposeDrawer unknown={proposed} close={() => setProposed(null)} />
    </>
  );
}

function Field({ unknown, propose }: { readonly unknown: Unknown; readonly propose: () => void }) {
  const words = useWords(contractsWords).quarantine;
  const now = useNow(60_000);
  const { unit, subject, field, count, firstAt, lastAt, type, longest, samples, draft } = unknown;
  return (
    <li className="card">
      <div className="card-row">
        <h2>
          <span className="muted">{subject}.</span>
          {field}
        </h2>
        <b>{words.times(countOf(count))}</b>
      </div>
      <p className="muted">
        {words.of(unit)} · {words.first} {instantOf(firstAt, now)} · {words.last} {instantOf(lastAt, now)}
      </p>
      <p>
        {words.type} <code>{[type].flat().join(" | ")}</code>
        {longest === 0 ? "" : `, ${words.longest(countOf(longest))}`}
      </p>
      <p>
        {words.looksLike}{" "}
        {samples.map((sample) => (
          <code key={sample} className="sample">
            {sample}
          </code>
        ))}
      </p>
      <div className="acts">
        {draft === undefined ? null : (
          <Link to="/hub/$section/$item" params={{ section: "contracts", item: subject }} search={{}} className="chip slow">
            {words.proposed} ›
          </Link>
        )}
        <Button variant={draft === undefined ? "filled" : "default"} onClick={propose}>
          {words.propose}
        </Button>
      </div>
    </li>
  );
}
