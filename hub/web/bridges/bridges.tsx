/** All bridges by system, those of the packs among them, and the one that is chosen. */
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../edge/web/language.ts";
import type { BridgesAnswer } from "../../registry/api-bridge.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useShown } from "../parts/shown.ts";
import { useMayChange } from "../queries.ts";
import { bridgesWords } from "../words/bridges.ts";
import { useBridge, useBridges } from "./api.ts";
import { BridgeHead } from "./bridge-head.tsx";
import { Editor } from "./editor.tsx";
import { Mapping } from "./mapping.tsx";
import { TryValue } from "./try-value.tsx";

export function Bridges({ chosen }: { readonly chosen: string | undefined }) {
  const words = useWords(bridgesWords);
  const mayChange = useMayChange();
  const asked = useBridges();
  useShown(".subject", chosen ?? "", String(asked.isFetched));
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <Answered asked={asked}>
        {(answer) => (
          <div className="two-panes wider">
            <nav className="panel subjects" aria-label={words.list}>
              {groupsOf(answer).map(([system, bridges]) => (
                <div key={system} className="group">
                  <h2>{system}</h2>
                  <ul>
                    {bridges.map((one) => (
                      <li key={one.id}>
                        <Link
                          to="/hub/$section/$item"
                          params={{ section: "bridges", item: one.id }}
                          search={{}}
                          className="subject"
                          aria-current={one.id === chosen ? "page" : undefined}
                        >
                          <strong>
                            {one.subject} <span className="muted">{one.object}</span>
                          </strong>
                          <State line={one} />
                        </Link>
                      </li>
                    ))}
                  </ul>
                </div>
              ))}
            </nav>
            {chosen === undefined ? (
              <div className="stack">
                <p className="none">{words.choose}</p>
                {mayChange ? <Editor document={null} /> : null}
              </div>
            ) : (
              <One key={chosen} id={chosen} />
            )}
          </div>
        )}
      </Answered>
    </>
  );
}

function One({ id }: { readonly id: string }) {
  const mayChange = useMayChange();
  return (
    <Answered asked={useBridge(id)}>
      {(view) => (
        <div className="stack">
          <BridgeHead view={view} />
          <Mapping view={view} />
          <TryValue bridge={view.document} />
          {mayChange ? <Editor key={JSON.stringify(view.document)} document={view.document} /> : null}
        </div>
      )}
    </Answered>
  );
}

type Line = { readonly id: string; readonly subject: string; readonly object: string; readonly state: "published" | "draft" | "changed" | "ready" };

function State({ line: { state } }: { readonly line: Line }) {
  const words = useWords(bridgesWords);
  const shown = { published: "chip ok", changed: "chip slow", draft: "chip behind", ready: "chip" } as const;
  return <span className={shown[state]}>{words[state]}</span>;
}

/** Ours first within a system; what a pack has beside them is ready-made. */
function groupsOf({ bridges, packs }: BridgesAnswer): readonly (readonly [string, readonly Line[]])[] {
  const own = bridges.map(({ system, id, subject, object, made, published }) => {
    const state = published === undefined ? ("draft" as const) : published.at < made.at ? ("changed" as const) : ("published" as const);
    return { system, id, subject, object, state };
  });
  const kept = new Set(own.map(({ id }) => id));
  const ready = packs.flatMap(({ system, bridges: all }) => all.flatMap((one) => (kept.has(one.id) ? [] : [{ system, ...one, state: "ready" as const }])));
  return [...Map.groupBy([...own, ...ready], ({ system }) => system)];
}
