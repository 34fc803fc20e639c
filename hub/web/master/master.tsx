/** Master data: entities of a family, an import, pairs before a person, merges. */
import { Link } from "@tanstack/react-router";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import { Head } from "../parts/section.tsx";
import { useShown } from "../parts/shown.ts";
import { usePending } from "../queries.ts";
import { masterWords } from "../words/master.ts";
import { Entities } from "./entities.tsx";
import { Import } from "./import.tsx";
import { Merges } from "./merges.tsx";
import { Reviews } from "./reviews.tsx";

const PARTS = ["customer", "asset", "engineer", "import", "reviews", "merges"] as const;
type Part = (typeof PARTS)[number];

export function Master({ part }: { readonly part: string | undefined }) {
  const words = useWords(masterWords);
  const pending = usePending(true).data?.pending ?? 0;
  const here = PARTS.find((one) => one === part) ?? "customer";
  useShown(".subject", here, String(pending));
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <div className="two-panes">
        <nav className="panel subjects" aria-label={words.list}>
          <ul>
            {PARTS.map((one) => (
              <li key={one}>
                <Link
                  to="/hub/$section/$item"
                  params={{ section: "master", item: one }}
                  search={{}}
                  className="subject"
                  aria-current={one === here ? "page" : undefined}
                >
                  <strong>{words.parts[one]}</strong>
                  {one === "reviews" && pending > 0 ? <b className="badge quiet">{countOf(pending)}</b> : null}
                </Link>
              </li>
            ))}
          </ul>
        </nav>
        <div className="stack">
          <One part={here} />
        </div>
      </div>
    </>
  );
}

function One({ part }: { readonly part: Part }) {
  switch (part) {
    case "customer":
    case "asset":
    case "engineer":
      return <Entities key={part} family={part} />;
    case "import":
      return <Import />;
    case "reviews":
      return <Reviews />;
    case "merges":
      return <Merges />;
  }
}
