/** Releases and models, and the one that is chosen: a model by its hash, a release by its name. */
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../edge/web/language.ts";
import type { KeptModel, ReleaseListed } from "../../models/asked.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useShown } from "../parts/shown.ts";
import { hubModelWords } from "../words/models.ts";
import { useModels, useReleases } from "./api.ts";
import { ModelView } from "./model-view.tsx";
import { ReleasePart } from "./release-part.tsx";

/** No release has a name of so many hexadecimal digits: they are made of a model's and a profile's. */
const HASH = /^[0-9a-f]{64}$/;

export function Models({ chosen }: { readonly chosen: string | undefined }) {
  const words = useWords(hubModelWords);
  const [models, releases] = [useModels(), useReleases()];
  useShown(".subject", chosen ?? "", String(models.isFetched && releases.isFetched));
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <div className="two-panes wider">
        <nav className="panel subjects" aria-label={words.list}>
          <div className="group">
            <h2>{words.releases}</h2>
            <Answered asked={releases}>
              {({ releases: all }) =>
                all.length === 0 ? (
                  <p className="muted part">{words.noReleases}</p>
                ) : (
                  <ul>
                    {all.map((one) => (
                      <ReleaseLine key={one.id} one={one} chosen={chosen} />
                    ))}
                  </ul>
                )
              }
            </Answered>
          </div>
          <div className="group">
            <h2>{words.models}</h2>
            <Answered asked={models}>
              {({ models: all }) =>
                all.length === 0 ? (
                  <p className="muted part">{words.noModels}</p>
                ) : (
                  <ul>
                    {all.map((one) => (
                      <ModelLine key={one.card.sha256} one={one} chosen={chosen} />
                    ))}
                  </ul>
                )
              }
            </Answered>
          </div>
        </nav>
        {chosen === undefined ? (
          <p className="none">{words.choose}</p>
        ) : HASH.test(chosen) ? (
          <ModelView key={chosen} hash={chosen} />
        ) : (
          <ReleasePart key={chosen} id={chosen} />
        )}
      </div>
    </>
  );
}

function ReleaseLine({ one, chosen }: { readonly one: ReleaseListed; readonly chosen: string | undefined }) {
  const words = useWords(hubModelWords);
  return (
    <li>
      <Link
        to="/hub/$section/$item"
        params={{ section: "models", item: one.id }}
        search={{}}
        className="subject"
        aria-current={one.id === chosen ? "page" : undefined}
      >
        <strong>{one.id}</strong>
        <span className={one.closed === undefined ? "chip ok" : "chip"}>{one.closed === undefined ? words.open : words.closed}</span>
      </Link>
    </li>
  );
}

function ModelLine({ one: { card }, chosen }: { readonly one: KeptModel; readonly chosen: string | undefined }) {
  return (
    <li>
      <Link
        to="/hub/$section/$item"
        params={{ section: "models", item: card.sha256 }}
        search={{}}
        className="subject"
        aria-current={card.sha256 === chosen ? "page" : undefined}
      >
        <strong>
          {card.name} {card.version}
        </strong>
        <code className="muted">{card.sha256.slice(0, 8)}</code>
      </Link>
    </li>
  );
}
