/** All contracts, and the one that is chosen. */
import { Link } from "@tanstack/react-router";
import { useWords } from "../../../edge/web/language.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useShown } from "../parts/shown.ts";
import { useSubject, useSubjects } from "../queries.ts";
import { contractsWords } from "../words/contracts.ts";
import { Difference } from "./difference.tsx";
import { Drafts } from "./drafts.tsx";
import { ModePart } from "./mode.tsx";
import { Proposal } from "./proposal.tsx";
import { Versions } from "./versions.tsx";

export function Contracts({ subject }: { readonly subject: string | undefined }) {
  const words = useWords(contractsWords).contracts;
  const asked = useSubjects();
  useShown(".subject", subject ?? "", String(asked.isFetched));
  return (
    <>
      <Head title={words.title} lead={words.lead} />
      <Answered asked={asked}>
        {({ subjects }) =>
          subjects.length === 0 ? (
            <p className="none">{words.none}</p>
          ) : (
            <div className="two-panes">
              <nav className="panel subjects" aria-label={words.list}>
                <ul>
                  {subjects.map(({ subject: name, newest, drafts }) => (
                    <li key={name}>
                      <Link
                        to="/hub/$section/$item"
                        params={{ section: "contracts", item: name }}
                        search={{}}
                        className="subject"
                        aria-current={name === subject ? "page" : undefined}
                      >
                        <strong>{name}</strong>
                        <span className="muted">
                          {newest.major}.{newest.revision}
                        </span>
                        {drafts === 0 ? null : <b className="badge quiet">{drafts}</b>}
                      </Link>
                    </li>
                  ))}
                </ul>
              </nav>
              {subject === undefined ? <p className="none">{words.choose}</p> : <One key={subject} name={subject} />}
            </div>
          )
        }
      </Answered>
    </>
  );
}

function One({ name }: { readonly name: string }) {
  const asked = useSubject(name);
  return (
    <div className="stack">
      <Answered asked={asked}>
        {(subject) => (
          <>
            <Versions subject={subject} />
            <ModePart subject={subject} />
            <Drafts subject={subject} />
            <Difference subject={subject} />
            <Proposal subject={subject} />
          </>
        )}
      </Answered>
    </div>
  );
}
