/** Two versions side by side: what changed, and who can read whom. */
import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useWords } from "../../../edge/web/language.ts";
import type { Subject } from "../answers.ts";
import * as api from "../api.ts";
import { Answered } from "../parts/section.tsx";
import { contractsWords } from "../words/contracts.ts";
import { frameWords } from "../words/frame.ts";
import { Changes } from "./changes.tsx";
import { nameOf } from "./versions.tsx";

export function Difference({ subject: { subject: name, versions } }: { readonly subject: Subject }) {
  const words = useWords(contractsWords).contracts;
  const navigate = useNavigate();
  const search = useSearch({ strict: false });
  const labels = versions.map(nameOf);
  const [from, to] = [pick(labels, search.from, labels.at(-2)), pick(labels, search.to, labels.at(-1))];
  const choose = (given: { readonly from?: string; readonly to?: string }) =>
    void navigate({ to: "/hub/$section/$item", params: { section: "contracts", item: name }, search: { from, to, ...given } });
  return (
    <section className="panel part">
      <h2>{words.diff}</h2>
      {labels.length < 2 ? (
        <p className="muted">{words.oneVersion}</p>
      ) : (
        <>
          <div className="filters bare">
            <NativeSelect label={words.from} value={from} data={labels} onChange={(event) => choose({ from: event.currentTarget.value })} />
            <NativeSelect label={words.to} value={to} data={labels} onChange={(event) => choose({ to: event.currentTarget.value })} />
          </div>
          {from === to ? <p className="muted">{words.same}</p> : <Compared name={name} from={from} to={to} />}
        </>
      )}
    </section>
  );
}

function Compared({ name, from, to }: { readonly name: string; readonly from: string; readonly to: string }) {
  const words = useWords(contractsWords).contracts;
  const frame = useWords(frameWords);
  const asked = useQuery({ queryKey: ["difference", name, from, to], queryFn: () => api.difference(name, from, to), staleTime: Infinity });
  const said = (yes: boolean) => (
    <span className={yes ? "chip ok" : "chip broken"}>
      <span aria-hidden="true">{yes ? "✓" : "✕"}</span> {yes ? frame.yes : frame.no}
    </span>
  );
  return (
    <Answered asked={asked}>
      {({ backward, forward, changes }) => (
        <>
          <ul className="verdicts">
            <li>
              {said(backward)} {words.backward}
            </li>
            <li>
              {said(forward)} {words.forward}
            </li>
          </ul>
          <Changes changes={changes} />
        </>
      )}
    </Answered>
  );
}

function pick(labels: readonly string[], asked: string | undefined, otherwise: string | undefined): string {
  return asked !== undefined && labels.includes(asked) ? asked : (otherwise ?? "");
}
