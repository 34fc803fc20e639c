/** How each link fares, in order of what hangs on it: a table, or cards on a phone. */
import { Link } from "@tanstack/react-router";
import { useNow } from "../../../edge/web/clock.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { LinkHealth, LinksAnswer } from "../../health/link-health.ts";
import { useNarrow } from "../parts/narrow.ts";
import { Answered, Head } from "../parts/section.tsx";
import { useLinks } from "../queries.ts";
import { linksWords } from "../words/links.ts";
import { Complete, Consistent, Delay, Fresh, Queue } from "./measure.tsx";
import { Stakes } from "./stakes.tsx";
import { Findings, StateChip } from "./state.tsx";

const ORDER = ["broken", "behind", "slow", "ok"] as const;

export function Links() {
  const words = useWords(linksWords);
  const asked = useLinks();
  return (
    <>
      <Head title={words.title} lead={words.lead}>
        {asked.data === undefined ? null : <Summary answer={asked.data} />}
      </Head>
      <Answered asked={asked}>{({ links }) => (links.length === 0 ? <p className="none">{words.none}</p> : <Ranked links={links} />)}</Answered>
    </>
  );
}

function Summary({ answer: { links } }: { readonly answer: LinksAnswer }) {
  const words = useWords(linksWords);
  return (
    <p className="summary" role="status">
      <span>{words.summary(String(links.length))}</span>
      {ORDER.map((state) => {
        const count = links.filter((link) => link.state === state).length;
        return count === 0 ? null : (
          <span key={state} className={`chip ${state}`}>
            {words.states[state]} {count}
          </span>
        );
      })}
    </p>
  );
}

function Ranked({ links }: { readonly links: readonly LinkHealth[] }) {
  const words = useWords(linksWords);
  const now = useNow();
  if (useNarrow())
    return (
      <ol className="cards">
        {links.map((link) => (
          <li key={`${link.kind}/${link.id}`} className={`card link ${link.state}`}>
            <Name link={link} />
            <Findings link={link} />
            <Stakes link={link} />
            <dl className="measures">
              <dt>{words.columns.fresh}</dt>
              <dd>
                <Fresh link={link} now={now} />
              </dd>
              <dt>{words.columns.consistent}</dt>
              <dd>
                <Consistent link={link} now={now} />
              </dd>
              <dt>{words.columns.complete}</dt>
              <dd>
                <Complete link={link} />
              </dd>
              <dt>{words.columns.delay}</dt>
              <dd>
                <Delay link={link} />
              </dd>
              <dt>{words.columns.queue}</dt>
              <dd>
                <Queue link={link} now={now} />
              </dd>
            </dl>
          </li>
        ))}
      </ol>
    );
  return (
    <div className="panel wide-table">
      <table className="links-table">
        <thead>
          <tr>
            {(["link", "impact", "fresh", "consistent", "complete", "delay", "queue"] as const).map((column) => (
              <th key={column} scope="col">
                {words.columns[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {links.map((link) => (
            <tr key={`${link.kind}/${link.id}`} className={link.state}>
              <th scope="row">
                <Name link={link} />
                <Findings link={link} />
              </th>
              <td>
                <Stakes link={link} />
              </td>
              <td>
                <Fresh link={link} now={now} />
              </td>
              <td>
                <Consistent link={link} now={now} />
              </td>
              <td>
                <Complete link={link} />
              </td>
              <td>
                <Delay link={link} />
              </td>
              <td>
                <Queue link={link} now={now} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Name({ link }: { readonly link: LinkHealth }) {
  const words = useWords(linksWords);
  const { kind, name, unit, state, system } = link;
  return (
    <div className="link-name">
      <StateChip state={state} />
      <strong>
        {kind === "unit" ? (
          <Link to="/hub/$section" params={{ section: "operations" }} search={{ unit: name }}>
            {name}
          </Link>
        ) : (
          name
        )}
      </strong>
      <span className="muted">
        {system === undefined ? "" : `${system.toUpperCase()} · `}
        {words.kindAbout[kind]}
        {kind === "unit" || unit === undefined ? "" : ` · ${words.ofUnit(unit)}`}
      </span>
    </div>
  );
}
