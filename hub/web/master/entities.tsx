/** One entity by its id, now or as it was; and which ones were written last. */
import { Button, TextInput } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { problemOf } from "../../../edge/web/ask.ts";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { OperationLine } from "../../api/pages.ts";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { useOperations } from "../queries.ts";
import { masterWords } from "../words/master.ts";
import { useEntity } from "./api.ts";
import { EntityView } from "./entity-view.tsx";

/** Lines of the log that are looked through for one page; a write is a line for each attribute. */
const LINES = "500";

export type Family = "customer" | "asset" | "engineer";

export function Entities({ family }: { readonly family: Family }) {
  const { id, asOf } = useSearch({ strict: false });
  return (
    <>
      <LookUp key={`${id ?? ""} ${asOf ?? ""}`} family={family} id={id} asOf={asOf} />
      {id === undefined ? <Recent family={family} /> : <One key={id} family={family} id={id} asOf={asOf} />}
    </>
  );
}

type Wanted = { readonly family: Family; readonly id: string; readonly asOf: string | undefined };

function LookUp({ family, id, asOf }: { readonly family: Family; readonly id: string | undefined; readonly asOf: string | undefined }) {
  const words = useWords(masterWords);
  const navigate = useNavigate();
  const [given, setGiven] = useState({ id: id ?? "", asOf: asOf ?? "" });
  const search = { id: given.id.trim(), ...(given.asOf.trim() === "" ? {} : { asOf: given.asOf.trim() }) };
  return (
    <form
      className="panel filters"
      aria-label={words.look}
      onSubmit={(event) => {
        event.preventDefault();
        void navigate({ to: "/hub/$section/$item", params: { section: "master", item: family }, search });
      }}
    >
      <TextInput label={words.id} value={given.id} maxLength={128} onChange={(event) => setGiven({ ...given, id: event.currentTarget.value })} />
      <TextInput
        className="wide"
        label={words.asOf}
        placeholder={words.asOfHint}
        value={given.asOf}
        maxLength={40}
        onChange={(event) => setGiven({ ...given, asOf: event.currentTarget.value })}
      />
      <div className="acts">
        <Button type="submit" variant="filled" disabled={given.id.trim() === ""}>
          {words.look}
        </Button>
      </div>
    </form>
  );
}

function One({ family, id, asOf }: Wanted) {
  const words = useWords(masterWords);
  const asked = useEntity(family, id, asOf);
  const nothing = asked.error !== null && problemOf(asked.error).code === "unknown-entity";
  if (nothing) return <p className="none">{words.nothing}</p>;
  return <Answered asked={asked}>{(entity) => <EntityView entity={entity} family={family} asOf={asOf} />}</Answered>;
}

function Recent({ family }: { readonly family: Family }) {
  const words = useWords(masterWords);
  const now = useNow(60_000);
  const [before, setBefore] = useState<string | null>(null);
  const asked = useOperations({ entity: family, outcome: "applied", limit: LINES, ...(before === null ? {} : { before }) }, false);
  return (
    <section className="panel part">
      <div className="card-row">
        <h2>
          {words.parts[family]} · {words.recent}
        </h2>
        <div className="acts">
          <Button disabled={(asked.data?.older ?? null) === null} onClick={() => setBefore(asked.data?.older ?? null)}>
            ‹ {words.older}
          </Button>
          <Button disabled={before === null} onClick={() => setBefore(null)}>
            {words.newest} »
          </Button>
        </div>
      </div>
      <p className="muted">{words.recentWhat}</p>
      <Answered asked={asked}>
        {({ operations }) =>
          operations.length === 0 ? (
            <p className="none">{words.noRecent}</p>
          ) : (
            <ul className="rows">
              {lastOf(operations).map(({ id, version, op, appliedAt, actor, unit }) => (
                <li key={id} className="row entity">
                  <Link to="/hub/$section/$item" params={{ section: "master", item: family }} search={{ id }} className="name">
                    {id}
                  </Link>
                  <span>{words.version(String(version))}</span>
                  {op === "delete" ? <span className="chip behind">{words.deleted}</span> : null}
                  <span className="muted">{words.wrote(actor, unit, instantOf(appliedAt, now))}</span>
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </section>
  );
}

/** The newest line of each entity, the newest entity first. */
function lastOf(operations: readonly OperationLine[]): readonly OperationLine[] {
  const newest = new Map<string, OperationLine>();
  for (const line of operations.toReversed()) if (!newest.has(line.id)) newest.set(line.id, line);
  return [...newest.values()];
}
