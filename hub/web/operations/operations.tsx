/** Every operation with its outcome and latency: the newest, those of one entity, or everything behind a cursor. */
import { Button, Switch } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { countOf, spanOf } from "../../../edge/web/figures.ts";
import { useLanguage, useWords } from "../../../edge/web/language.ts";
import type { OperationsAnswer } from "../../api/pages.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useOperations } from "../queries.ts";
import type { Filters } from "../routes.tsx";
import { logWords } from "../words/log.ts";
import { FilterForm } from "./filter-form.tsx";
import { latencyOf } from "./latency.ts";
import { Lines } from "./lines.tsx";

const SHOWN = "100";

export function Operations() {
  const words = useWords(logWords).operations;
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const filters = only(search, ["stream", "unit", "entity", "id", "outcome", "after", "before"]);
  const [live, setLive] = useState(true);
  const atNewest = filters.after === undefined && filters.before === undefined;
  const asked = useOperations({ ...filters, limit: SHOWN }, live && atNewest);
  const go = (search: Filters) => void navigate({ to: "/hub/$section", params: { section: "operations" }, search });
  const kept = only(search, ["stream", "unit", "entity", "id", "outcome"]);
  return (
    <>
      <Head title={words.title} lead={words.lead}>
        <Switch label={words.live} checked={live && atNewest} disabled={!atNewest} onChange={(event) => setLive(event.currentTarget.checked)} />
      </Head>
      <FilterForm key={JSON.stringify(filters)} filters={filters} choose={go} />
      <Answered asked={asked}>
        {(answer) => (
          <>
            <div className="pager">
              <LatencyLine answer={answer} />
              <span className="grow" />
              <Button disabled={answer.older === null} onClick={() => go({ ...kept, before: answer.older ?? "" })}>
                ‹ {words.older}
              </Button>
              <Button disabled={atNewest} onClick={() => go({ ...kept, after: answer.newer })}>
                {words.newer} ›
              </Button>
              <Button disabled={atNewest} onClick={() => go(kept)}>
                {words.newest} »
              </Button>
            </div>
            {answer.operations.length === 0 ? (
              <p className="none">{answer.older !== null && filters.after === undefined ? words.noneYet : words.none}</p>
            ) : (
              <Lines operations={answer.operations.toReversed()} ofEntity={(entity, id) => go({ entity, id })} />
            )}
          </>
        )}
      </Answered>
    </>
  );
}

function only(filters: Filters, names: readonly (keyof Filters)[]): Filters {
  return Object.fromEntries(names.flatMap((name) => (filters[name] === undefined ? [] : [[name, filters[name]]])));
}

function LatencyLine({ answer: { operations } }: { readonly answer: OperationsAnswer }) {
  const language = useLanguage();
  const words = useWords(logWords).operations;
  const latency = latencyOf(operations);
  if (latency === null) return null;
  return (
    <p className="muted" role="status">
      {words.summary(countOf(operations.length), spanOf(latency.medianMs, language), spanOf(latency.p99Ms, language))}
    </p>
  );
}
