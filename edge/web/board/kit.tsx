/** How the parts of a job stand: with whoever was asked last, with the warehouse; and what was done besides the job. */
import { Button } from "@mantine/core";
import type { Chain } from "../../../contracts/board.ts";
import { useCommand } from "../command.ts";
import { countOf, dayOf, spanOf, timeOf } from "../figures.ts";
import { type Language, useLanguage, useWords } from "../language.ts";
import { alternativeOf } from "../reasons.ts";
import { type PartsWords, partsWords } from "../words/parts.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

type Props = { readonly chain: Chain; readonly zone: string; readonly nameOf: (engineer: string) => string };

export function PartsStand({ chain: { parts, reservation, kit, ticket }, zone, nameOf }: Props) {
  const language = useLanguage();
  const words = useWords(partsWords);
  const { api } = useUnit();
  const command = useCommand();
  const waits = kit.state === "proposed" || kit.state === "unreachable";
  return (
    <>
      {parts === undefined ? null : (
        <p className={`parts-${waits && parts.outcome === "blocked" ? "waiting" : parts.outcome}`}>{checkOf(parts, waits, nameOf, words, language)}</p>
      )}
      {parts === undefined || waits || parts.alternatives.length === 0 ? null : (
        <>
          <h4>{words.alternatives}</h4>
          <ul className="ways-out">
            {parts.alternatives.map((one) => (
              <li key={JSON.stringify(one)}>
                {alternativeOf(one, nameOf, words)} <span className="muted">{whenOf(one.arriveAt, parts.arriveAt, zone)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
      {reservation?.rejected === undefined ? null : <p className="muted">{words.rejected(reservation.rejected.why)}</p>}
      {kit.state === "short" ? (
        <Button loading={command.pending === "again"} onClick={() => void command.run("again", () => api.askKitAgain(ticket.id))}>
          {words.again}
        </Button>
      ) : null}
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

/** One event's actions under one decision. */
export function Besides({ chain: { actions = [], ticket } }: Pick<Props, "chain">) {
  const words = useWords(partsWords);
  const { api } = useUnit();
  const command = useCommand();
  if (actions.length === 0) return null;
  return (
    <>
      <h4>{words.besides}</h4>
      <ul className="besides">
        {actions.map((one) => (
          <li key={one.key}>
            {words.action[one.action]} <span className={`muted action-${one.state}`}>{words.state[one.state]}</span>
            {one.state === "dead" ? <span className="muted"> {one.why}</span> : null}{" "}
            {one.state === "proposed" || one.state === "dead" ? (
              <Button
                size="compact-xs"
                loading={command.pending === one.key}
                onClick={() => void command.run(one.key, () => api.sayOfAction(ticket.id, one.key, one.state === "dead" ? "again" : "allow"))}
              >
                {one.state === "dead" ? words.tryAgain : words.allow}
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}

/** With its day where that is another one than that of going at once. */
function whenOf(at: number, direct: number, zone: string): string {
  const day = dayOf(at, zone);
  return day === dayOf(direct, zone) ? timeOf(at, zone) : `${day} ${timeOf(at, zone)}`;
}

function checkOf(parts: NonNullable<Chain["parts"]>, waits: boolean, nameOf: Props["nameOf"], { check }: PartsWords, language: Language): string {
  const name = nameOf(parts.engineer);
  switch (parts.outcome) {
    case "ready":
      return check.ready(name);
    case "depot":
      return check.depot(name, parts.stops.join(", "), spanOf(parts.extraMs, language));
    case "blocked": {
      if (waits) return check.waiting;
      const lacks = parts.sources.filter(({ from }) => from === "order").map(({ part, quantity }) => `${part} × ${countOf(quantity)}`);
      return `${check.blocked(name)} ${lacks.join(", ")}`;
    }
  }
}
