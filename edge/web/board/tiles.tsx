/** The figures that are promised: response against its target, how far the hub is behind, what was absorbed, hub calls, what was refused. */
import { useState } from "react";
import type { Board, Counters } from "../../../contracts/board.ts";
import type { Ticket } from "../../../contracts/ticket.ts";
import { useNow } from "../clock.ts";
import { clockOf, countOf, spanOf } from "../figures.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { Meters } from "./meters.tsx";
import { Quarantine } from "./quarantine.tsx";
import { InStep } from "./receipt.tsx";

/** From the sample that completed the verdict to an engineer who accepted: 8.3 minutes. */
export const RESPONSE_TARGET_MS = 498_000;

type Props = {
  readonly board: Board;
  readonly counters: Counters | undefined;
  readonly tickets: readonly Ticket[];
  readonly zone: string;
  readonly operations: boolean;
};

export function Tiles({ board, counters, tickets, zone, operations }: Props) {
  const words = useWords(boardWords).tiles;
  const [quarantine, setQuarantine] = useState(false);
  const [meters, setMeters] = useState(false);
  const refused = counters?.refused ?? 0;
  return (
    <section className="tiles" aria-label={words.response}>
      <Response board={board} tickets={tickets} />
      <Behind board={board} zone={zone} />
      <button type="button" className="tile press" onClick={() => setMeters(true)}>
        <span className="name">{words.absorbed}</span>
        <span className="figure">{counters === undefined ? "–" : countOf(counters.duplicates + counters.reordered)}</span>
        <span className="about">{counters === undefined ? "" : `${words.absorbedOf(countOf(counters.duplicates), countOf(counters.reordered))} ›`}</span>
      </button>
      <Tile title={words.hubCalls} value={countOf(board.kpis.hubCalls)} about={words.hubCallsWhy} tone={board.kpis.hubCalls === 0 ? "good" : "bad"} />
      <Tile
        title={words.messages}
        value={counters === undefined ? "–" : countOf(counters.messages)}
        about={counters === undefined ? "" : words.samples(countOf(counters.scored))}
      />
      <button type="button" className="tile press" onClick={() => setQuarantine(true)}>
        <span className="name">{words.refused}</span>
        <span className={refused > 0 ? "figure warn" : "figure"}>{countOf(refused)}</span>
        <span className="about">{refused > 0 ? `${words.refusedOpen} ›` : words.refusedNone}</span>
      </button>
      <Quarantine open={quarantine} close={() => setQuarantine(false)} operations={operations} />
      <Meters open={meters} close={() => setMeters(false)} devices={board.devices} />
    </section>
  );
}

function Tile({
  title,
  value,
  about,
  tone = "",
}: {
  readonly title: string;
  readonly value: string;
  readonly about: string;
  readonly tone?: "" | "good" | "bad";
}) {
  return (
    <div className="tile">
      <span className="name">{title}</span>
      <span className={`figure ${tone}`}>{value}</span>
      <span className="about">{about}</span>
    </div>
  );
}

type Stretch = { readonly machineMs: number; readonly humanMs: number; readonly running: boolean };

/** While somebody is being asked the clock of that ticket runs; otherwise the mean of those accepted. */
function responseOf(board: Board, tickets: readonly Ticket[], now: number): Stretch | null {
  const waiting = tickets.find(({ state }) => state === "offered" || state === "open" || state === "reopened");
  if (waiting !== undefined) {
    const sampleAt = board.alarms.find(({ id }) => id === waiting.alarm)?.sampleAt ?? waiting.openedAt;
    const askedAt = board.offers.filter(({ ticket }) => ticket === waiting.id).reduce((first, { madeAt }) => Math.min(first, madeAt), now);
    return { machineMs: askedAt - sampleAt, humanMs: now - askedAt, running: true };
  }
  return board.kpis.accepted === 0 ? null : { machineMs: board.kpis.machineMs, humanMs: board.kpis.humanMs, running: false };
}

function Response({ board, tickets }: { readonly board: Board; readonly tickets: readonly Ticket[] }) {
  const language = useLanguage();
  const words = useWords(boardWords).tiles;
  const stretch = responseOf(board, tickets, useNow(500));
  const target = clockOf(RESPONSE_TARGET_MS);
  const share = (ms: number) => `${Math.min(100, (ms / RESPONSE_TARGET_MS) * 100)}%`;
  const total = stretch === null ? 0 : stretch.machineMs + stretch.humanMs;
  return (
    <div className="tile wide">
      <span className="name">
        {words.response} {words.responseAgainst(target)}
        <em>{stretch === null ? "" : stretch.running ? words.responseRunning : words.responseMean(countOf(board.kpis.accepted))}</em>
      </span>
      <span className={total > RESPONSE_TARGET_MS ? "figure bad" : "figure"}>{stretch === null ? "–:––" : clockOf(total)}</span>
      <span className="split">
        <span className="scale" aria-hidden="true">
          <i className="machine" style={{ width: `max(3px, ${share(stretch?.machineMs ?? 0)})` }} />
          <i className="human" style={{ width: share(stretch?.humanMs ?? 0) }} />
        </span>
        <span className="about">
          {stretch === null ? (
            words.responseNone
          ) : (
            <>
              <b className="machine">{words.machine}</b> {spanOf(stretch.machineMs, language)} <b className="human">{words.human}</b>{" "}
              {spanOf(stretch.humanMs, language)}
            </>
          )}
        </span>
      </span>
    </div>
  );
}

/** What the CRM has not confirmed; what waits for the hub is part of it. */
function Behind({ board, zone }: { readonly board: Board; readonly zone: string }) {
  const language = useLanguage();
  const words = useWords(boardWords).tiles;
  const now = useNow();
  const { state, pending, oldestPendingAt, crm, full, unread } = board.hub;
  const nobody = crm?.consumers === 0;
  const oldestAt = crm === undefined || nobody ? oldestPendingAt : crm.oldestAt;
  const about = [
    ...(full === true ? [words.behindFull] : []),
    ...(unread === undefined ? [] : [words.unread(countOf(unread.count), unread.first[0]?.family ?? "", unread.first[0]?.attr ?? "")]),
    ...(nobody ? [words.behindNobody] : crm?.behind === 0 ? [words.behindNone] : []),
    ...(pending === 0 && (nobody || crm?.behind === 0) ? [] : [words.behindHub(countOf(pending))]),
    ...(oldestAt === undefined ? [] : [words.behindOldest(spanOf(now - oldestAt, language))]),
  ];
  return (
    <div className="tile">
      <span className="name">
        <span className={`lamp ${state}`} aria-hidden="true" /> {words.behind}
      </span>
      <span className="figure">
        {nobody ? "–" : countOf(crm?.behind ?? pending)} <small>{words.operations}</small>
      </span>
      <span className="about" title={about.join(" · ")}>
        {about.join(" · ")}
      </span>
      <InStep hub={board.hub} zone={zone} />
    </div>
  );
}
