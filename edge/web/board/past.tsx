/** What the unit's earlier jobs tell by their words: those like the chosen one, and faults that come again and again. */
import { useQuery } from "@tanstack/react-query";
import type { Asset } from "../../../contracts/asset.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { countOf, dayOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { pastWords } from "../words/past.ts";
import { useUnit } from "./queries.ts";
import "./past.css";

/** What comes again does so over weeks: it is looked for this often. */
const RECURRING_MS = 5 * 60_000;
/** Jobs that were done change seldom. */
const SIMILAR_MS = 60_000;

/** `version`: changes with the words of the ticket. Nothing is shown until something is found. */
export function SimilarJobs({
  ticket,
  version,
  scenario,
  assets,
  choose,
}: {
  readonly ticket: string;
  readonly version: number;
  readonly scenario: Scenario;
  readonly assets: readonly Asset[];
  readonly choose: (ticket: string) => void;
}) {
  const language = useLanguage();
  const words = useWords(pastWords);
  const { unit, api } = useUnit();
  const similar = useQuery({ queryKey: [unit, "similar", ticket, version], queryFn: () => api.similar(ticket), staleTime: SIMILAR_MS }).data?.tickets ?? [];
  if (similar.length === 0) return null;
  return (
    <>
      <h3>{words.similar}</h3>
      <ul className="repairs past">
        {similar.map((one) => (
          <li key={one.ticket}>
            <p>
              <button type="button" className="link-like" onClick={() => choose(one.ticket)}>
                {one.action ?? one.cause ?? one.said ?? titleOf(scenario, one.faultMode, language)}
              </button>
              <time className="muted">{dayOf(one.at, scenario.timeZone)}</time>
            </p>
            {one.cause === undefined || one.action === undefined ? null : (
              <p>
                <span className="muted">{words.cause}</span> {one.cause}
              </p>
            )}
            {one.said === undefined || (one.action === undefined && one.cause === undefined) ? null : (
              <p>
                <span className="muted">{words.said}</span> {one.said}
              </p>
            )}
            <p className="muted">
              {nameOf(assets, one.asset)} · {titleOf(scenario, one.faultMode, language)} · {words.likeness(`${Math.round(one.likeness * 100)} %`)}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

export function RecurringFaults({
  scenario,
  assets,
  choose,
}: {
  readonly scenario: Scenario;
  readonly assets: readonly Asset[];
  readonly choose: (ticket: string) => void;
}) {
  const language = useLanguage();
  const words = useWords(pastWords);
  const { unit, api } = useUnit();
  const { data } = useQuery({ queryKey: [unit, "recurring"], queryFn: api.recurring, refetchInterval: RECURRING_MS, staleTime: RECURRING_MS });
  if (data === undefined || data.groups.length === 0) return null;
  return (
    <details className="panel recurring">
      <summary>
        <h2>{words.recurring}</h2> <span className="muted">{countOf(data.groups.length)}</span>
      </summary>
      <ul>
        {data.groups.map((group) => (
          <li key={group.tickets[0]}>
            <p>
              <strong>{titleOf(scenario, group.faultMode, language)}</strong>
              <span>{words.jobs(countOf(group.count), countOf(group.assets.length))}</span>
            </p>
            <p>
              <button type="button" className="link-like" onClick={() => choose(group.tickets[0] ?? "")}>
                {group.words}
              </button>
            </p>
            <p className="muted">
              {group.assets
                .slice(0, 3)
                .map((asset) => nameOf(assets, asset))
                .join(", ")}
              {group.assets.length > 3 ? " …" : ""} · {words.since(dayOf(group.firstAt, scenario.timeZone), dayOf(group.lastAt, scenario.timeZone))}
            </p>
          </li>
        ))}
      </ul>
      <p className="muted">{words.read(countOf(data.read))}</p>
    </details>
  );
}

function titleOf(scenario: Scenario, mode: string, language: "en" | "zh"): string {
  return scenario.faultModes.find(({ id }) => id === mode)?.title[language] ?? mode;
}

function nameOf(assets: readonly Asset[], id: string): string {
  return assets.find((asset) => asset.id === id)?.name ?? id;
}
